// Between filters and the domain: U and dW of Winograd.h.
#pragma once

#include "winograd_transforms.h"

// A domain of filters above this size does not stay in cache until it is multiplied. 37.8 MB of 512 × 512 filters are written in
// 4.1 ms by streams, in 15 without; 19.3 MB in 1.4 instead of 6.
static const size_t streamed_filters = 4 << 20;

// G w Gᵀ for 16 filters or channels at a time: taps × 16 to points, `stride` floats apart.
CK_INLINE void transform_filter(ck_table t, int n, int r, const float (*taps)[16], float *to,
                                size_t stride, size_t lanes, int streams) {
  vec x[8], y[8], half[8][8];
  float edge[16];
  for (int l = 0; l < 16; l += LANES) {
    for (int j = 0; j < r; j++) {
      UNROLL for (int i = 0; i < 8; i++) if (i < r) x[i] = load(&taps[i * r + j][l]);
      apply(t, n, r, 0, x, y);
      UNROLL for (int i = 0; i < 8; i++) if (i < n) half[i][j] = y[i];
    }
    for (int i = 0; i < n; i++) {
      apply(t, n, r, 0, half[i], y);
      UNROLL for (int j = 0; j < 8; j++) {
        if (j >= n) continue;
        float *point = to + (i * n + j) * stride;
        if (lanes == 16 && streams) {
          stream(point + l, y[j]);
        } else if (lanes == 16) {
          store(point + l, y[j]);
        } else {
          store(edge, y[j]);
          for (int e = 0; e < LANES; e++)
            if (l + e < (int)lanes) point[l + e] = edge[e];
        }
      }
    }
  }
}

// Weights stand as filters × r × r × channels. Vectors run over channels for the backward
// panels and over filters for the forward ones: to transpose the taps and transform them twice is
// cheaper than to transpose the points, of which there are many more.
CK_INLINE void filter_to_domain(ck_table t, int n, int r, const ck_winograd *w, float *forward,
                                float *backward, const float *weights, size_t first) {
  const size_t depth = w->input.group_channels, filters = w->output.group_channels;
  const size_t forward_stride = ck_filter_stride(depth, filters);
  const size_t backward_stride = ck_filter_stride(filters, depth);
  const size_t count = filters - first < 16 ? filters - first : 16;
  const int streams = n * n * forward_stride * sizeof(float) > streamed_filters &&
                      (!forward || can_stream(forward)) && (!backward || can_stream(backward));
  float rows[16][25][16];     // filters × taps × channels
  float columns[16][25][16];  // channels × taps × filters
  memset(rows, 0, sizeof rows);
  memset(columns, 0, sizeof columns);
  for (size_t start = 0; start < depth; start += 16) {
    const size_t lanes = depth - start < 16 ? depth - start : 16;
    for (size_t f = 0; f < count; f++) {
      const float *from = weights + (first + f) * r * r * depth + start;
      for (int p = 0; p < r * r; p++)
        for (size_t c = 0; c < lanes; c++)
          rows[f][p][c] = columns[c][p][f] = from[p * depth + c];
    }
    for (size_t c = 0; forward && c < lanes; c++)
      transform_filter(t, n, r, columns[c],
                       forward + (first / 32 * depth + start + c) * 32 + first % 32,
                       forward_stride, count, streams);
    if (!backward) continue;
    for (size_t f = 0; f < count; f++)
      transform_filter(t, n, r, rows[f],
                       backward + (start / 32 * filters + first + f) * 32 + start % 32,
                       backward_stride, lanes, streams);
  }
  if (streams) end_streams();
}

CK_INLINE void filter_from_domain(ck_table t, int n, int r, const ck_winograd *w, float *gradient,
                                  const float *du, size_t parts, size_t part_stride,
                                  size_t filter) {
  const size_t depth = w->input.group_channels, blocks = ck_blocks(&w->input);
  const size_t stride = ck_gradient_stride(w);
  float tile[25][16];
  vec x[8], y[8], half[8][8];
  for (size_t start = 0; start < depth; start += 16) {
    const size_t lanes = depth - start < 16 ? depth - start : 16;
    const float *from = du + filter * blocks * 16 + start;
    for (int l = 0; l < 16; l += LANES) {
      for (int i = 0; i < n; i++) {
        UNROLL for (int j = 0; j < 8; j++) {
          if (j >= n) continue;
          const float *part = from + l + (i * n + j) * stride;
          x[j] = load(part);
          for (size_t p = 1; p < parts; p++) x[j] += load(part + p * part_stride);
        }
        apply_adjoint(t, n, r, 0, x, y);
        UNROLL for (int j = 0; j < 8; j++) if (j < r) half[j][i] = y[j];
      }
      for (int j = 0; j < r; j++) {
        apply_adjoint(t, n, r, 0, half[j], y);
        UNROLL for (int i = 0; i < 8; i++) if (i < r) store(&tile[i * r + j][l], y[i]);
      }
    }
    for (int p = 0; p < r * r; p++)
      memcpy(gradient + p * depth + start, tile[p], sizeof(float) * lanes);
  }
}
