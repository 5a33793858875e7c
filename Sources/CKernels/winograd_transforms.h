// Between maps and the domain: V, dX, Y and dM of Winograd.h. A tile of 16 channels is transformed
// along its columns, then along its rows, by tables that the compiler knows, so that zeros and ones
// cost nothing.
#pragma once

#include "winograd_vector.h"

// Σ over columns first, first + step, … of row[j] · x[j].
CK_INLINE vec dot(const float *row, int columns, int first, int step, const vec *x) {
  vec sum = {0};
  int begun = 0;
  UNROLL for (int j = 0; j < 8; j++) {
    if (j >= columns || j < first || (j - first) % step || row[j] == 0) continue;
    sum = begun ? multiply_add(splat(row[j]), x[j], sum) : row[j] * x[j];
    begun = 1;
  }
  return sum;
}

// y ← T x, T having n rows, `pairs` pairs of opposite ones after the first.
CK_INLINE void apply(ck_table t, int n, int columns, int pairs, const vec *x, vec *y) {
  y[0] = dot(t[0], columns, 0, 1, x);
  UNROLL for (int p = 1; p < 8; p += 2) {
    if (p > 2 * pairs) continue;
    const vec even = dot(t[p], columns, 0, 2, x), odd = dot(t[p], columns, 1, 2, x);
    y[p] = even + odd;
    y[p + 1] = even - odd;
  }
  UNROLL for (int i = 1; i < 8; i++)
    if (i > 2 * pairs && i < n) y[i] = dot(t[i], columns, 0, 1, x);
}

// y ← Tᵀ x
CK_INLINE void apply_adjoint(ck_table t, int n, int columns, int pairs, const vec *x, vec *y) {
  vec sums[4], differences[4];
  UNROLL for (int p = 0; p < 4; p++) {
    if (p >= pairs) continue;
    sums[p] = x[2 * p + 1] + x[2 * p + 2];
    differences[p] = x[2 * p + 1] - x[2 * p + 2];
  }
  UNROLL for (int j = 0; j < 8; j++) {
    if (j >= columns) continue;
    vec sum = {0};
    int begun = 0;
    UNROLL for (int i = 0; i < 8; i++) {
      const int paired = i >= 1 && i <= 2 * pairs;
      if (i >= n || (paired && i % 2 == 0) || t[i][j] == 0) continue;
      const vec term = !paired ? x[i] : j % 2 ? differences[i / 2] : sums[i / 2];
      sum = begun ? multiply_add(splat(t[i][j]), term, sum) : t[i][j] * term;
      begun = 1;
    }
    y[j] = sum;
  }
}

// The position of a tile in its map, and the part inside the map.
typedef struct {
  ptrdiff_t offset;  // floats from the first image to the tile's first value
  int top, bottom, left, right;
  int whole;
} place;

CK_INLINE place place_of(const ck_winograd *w, const ck_map *map, int extent, size_t tile) {
  const size_t tiles = (size_t)w->tile_rows * w->tile_columns;
  const int rest = (int)(tile % tiles);
  const int y = rest / w->tile_columns * w->tile + map->origin;
  const int x = rest % w->tile_columns * w->tile + map->origin;
  place p;
  p.offset = (((ptrdiff_t)(tile / tiles) * map->height + y) * map->width + x) * map->channels;
  p.top = y < 0 ? -y : 0, p.left = x < 0 ? -x : 0;
  p.bottom = y + extent > map->height ? map->height - y : extent;
  p.right = x + extent > map->width ? map->width - x : extent;
  p.whole = p.top == 0 && p.left == 0 && p.bottom == extent && p.right == extent;
  return p;
}

// domain ← T tile Tᵀ for every tile and block; tiles are `extent` wide. What is outside is 0.
CK_INLINE void to_domain(ck_table t, int n, int extent, int pairs, const ck_winograd *w,
                         const ck_map *map, float *domain, size_t pitch, const float *maps,
                         size_t first, size_t count) {
  const size_t stride = ck_point_stride(w, map, pitch), channels = map->channels;
  const int blocks = (int)ck_blocks(map);
  float edge[64 * 16];
  vec x[8], y[8], half[8][8];
  for (size_t tile = 0; tile < count; tile++) {
    const place p = place_of(w, map, extent, first + tile);
    for (int block = 0; block < w->groups * blocks; block++) {
      const int start = block % blocks * 16;
      const int lanes = map->group_channels - start < 16 ? map->group_channels - start : 16;
      const float *from =
          maps + (p.offset + block / blocks * map->group_channels + start);
      size_t row = map->width * channels, column = channels;
      if (!p.whole || lanes < 16) {
        memset(edge, 0, sizeof(float) * 16 * extent * extent);
        for (int i = p.top; i < p.bottom; i++)
          for (int j = p.left; j < p.right; j++) {
            float *to = edge + (i * extent + j) * 16;
            const float *value = from + i * row + j * column;
            if (lanes == 16)
              UNROLL for (int l = 0; l < 16; l += LANES) store(to + l, load(value + l));
            else
              for (int l = 0; l < lanes; l++) to[l] = value[l];
          }
        from = edge, row = 16 * extent, column = 16;
      }
      float *to = domain + (block * pitch + tile) * 16;
      for (int l = 0; l < 16; l += LANES) {
        for (int j = 0; j < extent; j++) {
          UNROLL for (int i = 0; i < 8; i++)
            if (i < extent) x[i] = load(from + l + i * row + j * column);
          apply(t, n, extent, pairs, x, y);
          UNROLL for (int i = 0; i < 8; i++) if (i < n) half[i][j] = y[i];
        }
        for (int i = 0; i < n; i++) {
          apply(t, n, extent, pairs, half[i], y);
          UNROLL for (int j = 0; j < 8; j++)
            if (j < n) store(to + l + (i * n + j) * stride, y[j]);
        }
      }
    }
  }
}

// tile ← Tᵀ domain T for every tile and block, either added to the map or, with a bias, written.
CK_INLINE void from_domain(ck_table t, int n, int extent, int pairs, const ck_winograd *w,
                           const ck_map *map, float *maps, const float *domain, size_t pitch,
                           const float *bias, int rectifies, size_t first, size_t count) {
  const size_t stride = ck_point_stride(w, map, pitch), channels = map->channels;
  const int blocks = (int)ck_blocks(map);
  float edge[64 * 16];
  vec x[8], y[8], half[8][8];
  for (size_t tile = 0; tile < count; tile++) {
    const place p = place_of(w, map, extent, first + tile);
    for (int block = 0; block < w->groups * blocks; block++) {
      const int start = block % blocks * 16;
      const int lanes = map->group_channels - start < 16 ? map->group_channels - start : 16;
      float *const inside =
          maps + (p.offset + block / blocks * map->group_channels + start);
      const int direct = p.whole && lanes == 16;
      float *to = direct ? inside : edge;
      const size_t row = direct ? map->width * channels : 16 * (size_t)extent;
      const size_t column = direct ? channels : 16;
      const float *from = domain + (block * pitch + tile) * 16;
      for (int l = 0; l < 16; l += LANES) {
        for (int i = 0; i < n; i++) {
          UNROLL for (int j = 0; j < 8; j++)
            if (j < n) x[j] = load(from + l + (i * n + j) * stride);
          apply_adjoint(t, n, extent, pairs, x, y);
          UNROLL for (int j = 0; j < 8; j++) if (j < extent) half[j][i] = y[j];
        }
        const vec shift = bias ? load(bias + block * 16 + l) : (vec){0};
        for (int j = 0; j < extent; j++) {
          apply_adjoint(t, n, extent, pairs, half[j], y);
          UNROLL for (int i = 0; i < 8; i++) {
            if (i >= extent) continue;
            float *value = to + l + i * row + j * column;
            if (bias) {
              vec sum = y[i] + shift;
              store(value, rectifies ? rectified(sum) : sum);
            } else {
              store(value, direct ? load(value) + y[i] : y[i]);
            }
          }
        }
      }
      if (direct) continue;
      for (int i = p.top; i < p.bottom; i++)
        for (int j = p.left; j < p.right; j++) {
          float *value = inside + i * map->width * channels + j * channels;
          const float *found = edge + (i * extent + j) * 16;
          if (bias)
            for (int l = 0; l < lanes; l++) value[l] = found[l];
          else
            for (int l = 0; l < lanes; l++) value[l] += found[l];
        }
    }
  }
}
