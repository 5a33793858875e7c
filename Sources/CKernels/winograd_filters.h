// Between filters and the domain: U and dW of Winograd.h.
#pragma once

#include "winograd_transforms.h"

// Weights stand as filters × r × r × channels of a group.
CK_INLINE void filter_to_domain(ck_table t, int n, int r, const ck_winograd *w, float *forward,
                                float *backward, const float *weights, size_t group,
                                size_t first) {
  const size_t depth = w->input.group_channels, filters = w->output.group_channels;
  const size_t forward_panels = (filters + 31) / 32, backward_panels = (depth + 31) / 32;
  const size_t forward_size = forward_panels * depth * 32;
  const size_t backward_size = backward_panels * filters * 32;
  const size_t count = filters - first < 16 ? filters - first : 16;
  float staged[64][16][16];  // points × filters × channels
  float tile[25][16];
  vec x[8], y[8], half[8][8];
  for (size_t start = 0; start < depth; start += 16) {
    const size_t lanes = depth - start < 16 ? depth - start : 16;
    for (size_t f = 0; f < count; f++) {
      const float *from = weights + (group * filters + first + f) * r * r * depth + start;
      memset(tile, 0, sizeof tile);
      for (int p = 0; p < r * r; p++) memcpy(tile[p], from + p * depth, sizeof(float) * lanes);
      for (int l = 0; l < 16; l += LANES) {
        for (int j = 0; j < r; j++) {
          UNROLL for (int i = 0; i < 8; i++) if (i < r) x[i] = load(&tile[i * r + j][l]);
          apply(t, n, r, 0, x, y);
          UNROLL for (int i = 0; i < 8; i++) if (i < n) half[i][j] = y[i];
        }
        for (int i = 0; i < n; i++) {
          apply(t, n, r, 0, half[i], y);
          UNROLL for (int j = 0; j < 8; j++) if (j < n) store(&staged[i * n + j][f][l], y[j]);
        }
      }
    }
    for (int point = 0; point < n * n; point++) {
      float *to = forward + (point * w->groups + group) * forward_size +
                  (first / 32 * depth + start) * 32 + first % 32;
      for (size_t c = 0; c < lanes; c++)
        for (size_t f = 0; f < count; f++) to[c * 32 + f] = staged[point][f][c];
      if (!backward) continue;
      to = backward + (point * w->groups + group) * backward_size +
           (start / 32 * filters + first) * 32 + start % 32;
      for (size_t f = 0; f < count; f++)
        for (size_t c = 0; c < lanes; c++) to[f * 32 + c] = staged[point][f][c];
    }
  }
}

CK_INLINE void filter_from_domain(ck_table t, int n, int r, const ck_winograd *w, float *gradient,
                                  const float *du, size_t parts, size_t part_stride, size_t group,
                                  size_t filter) {
  const size_t depth = w->input.group_channels, filters = w->output.group_channels;
  const size_t blocks = ck_blocks(&w->input);
  const size_t stride = w->groups * filters * blocks * 16;
  float tile[25][16];
  vec x[8], y[8], half[8][8];
  for (size_t start = 0; start < depth; start += 16) {
    const size_t lanes = depth - start < 16 ? depth - start : 16;
    const float *from = du + (group * filters + filter) * blocks * 16 + start;
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
