// The matrix products of the domain. An output value is one chain of multiply-adds, from the first
// depth to the last, whatever the tile of registers it is computed in.
//
// Register tiles are as large as the register file allows: with 32 registers 14 × 2 sums, two of
// the columns, and the broadcast operand read from memory. That reaches 108 to 117 of an EPYC (Zen 4)
// core's 117 GFLOP/s; nothing is packed but U, which is packed once a step.
#pragma once

#include "winograd_transforms.h"

#define CK_NOINLINE static __attribute__((noinline))

// `rows` × (vectors · LANES) of C ← A·B or C + A·B, A being in blocks of `run`; see
// ck_winograd_kernels. `next`, as long as b, is what will be read next: it is prefetched.
CK_INLINE void multiply_tile(int rows, int vectors, int run, float *c, size_t c_block,
                             size_t c_row, const float *a, size_t a_block, const float *b,
                             const float *next, size_t depth, int accumulates,
                             const float *bias, const ck_finish *finish, ptrdiff_t added) {
  vec sums[ROWS][VECTORS];
  UNROLL for (int r = 0; r < rows; r++)
    UNROLL for (int v = 0; v < vectors; v++) sums[r][v] = (vec){0};
  for (size_t start = 0; start < depth; start += run, a += a_block) {
    const size_t n = depth - start < (size_t)run ? depth - start : (size_t)run;
    for (size_t k = 0; k < n; k++, b += 32, next += 32) {
      __builtin_prefetch(next, 0, 2);
      __builtin_prefetch(next + 16, 0, 2);
      vec columns[VECTORS];
      UNROLL for (int v = 0; v < vectors; v++) columns[v] = load(b + v * LANES);
      UNROLL for (int r = 0; r < rows; r++) {
        const vec value = splat(a[r * run + k]);
        UNROLL for (int v = 0; v < vectors; v++)
          sums[r][v] = multiply_add(value, columns[v], sums[r][v]);
      }
    }
  }
  UNROLL for (int r = 0; r < rows; r++)
    UNROLL for (int v = 0; v < vectors; v++) {
      float *to = c + v * LANES / 16 * c_block + r * c_row + v * LANES % 16;
      if (accumulates) sums[r][v] = load(to) + sums[r][v];
      store(to, sums[r][v]);
    }
  if (!finish) return;
  const vec limit = splat(finish->limit);
  UNROLL for (int v = 0; v < vectors; v++) {
    const size_t first = v * LANES;
    vec base = {0}, mean = {0}, scale = {0}, shift = {0};
    if (bias) base = load(bias + first);
    if (finish->scale) {
      mean = load(finish->mean + first);
      scale = load(finish->scale + first);
      shift = load(finish->shift + first);
    }
    UNROLL for (int r = 0; r < rows; r++) {
      float *to = c + v * LANES / 16 * c_block + r * c_row + v * LANES % 16;
      vec value = sums[r][v];
      if (bias) value += base;
      if (finish->scale) value = scale * (value - mean) + shift;
      if (finish->added) value += load(to + added);
      if (finish->rectification != ck_not_rectified) value = rectified(value);
      if (finish->rectification == ck_clipped) value = clipped(value, limit);
      store(to, value);
    }
  }
}

// What a call of multiply_tile for some rows needs.
typedef struct {
  int narrow, wide_runs, accumulates;
  float *c;
  size_t c_block, c_row;
  const float *a;
  size_t a_block;
  const float *b, *next;
  size_t depth;
  // Those of the columns; `added` floats from C to what is added to it.
  const float *bias;
  const ck_finish *finish;
  ptrdiff_t added;
} product;

#define MULTIPLY_ROWS(rows)                                                                \
  CK_NOINLINE void multiply_##rows(const product *p) {                                     \
    if (p->wide_runs)                                                                      \
      multiply_tile(rows, VECTORS, 32, p->c, p->c_block, p->c_row, p->a, p->a_block, p->b, \
                    p->next, p->depth, p->accumulates, NULL, NULL, 0);                     \
    else if (!p->finish && p->narrow)                                                      \
      multiply_tile(rows, 16 / LANES, 16, p->c, p->c_block, p->c_row, p->a, p->a_block,    \
                    p->b, p->next, p->depth, p->accumulates, NULL, NULL, 0);               \
    else if (!p->finish)                                                                   \
      multiply_tile(rows, VECTORS, 16, p->c, p->c_block, p->c_row, p->a, p->a_block, p->b, \
                    p->next, p->depth, p->accumulates, NULL, NULL, 0);                     \
    else if (p->narrow)                                                                    \
      multiply_tile(rows, 16 / LANES, 16, p->c, p->c_block, p->c_row, p->a, p->a_block,    \
                    p->b, p->next, p->depth, p->accumulates, p->bias, p->finish, p->added); \
    else                                                                                   \
      multiply_tile(rows, VECTORS, 16, p->c, p->c_block, p->c_row, p->a, p->a_block, p->b, \
                    p->next, p->depth, p->accumulates, p->bias, p->finish, p->added);      \
  }

#define EACH_ROWS_3(M) M(1) M(2) M(3)
#define EACH_ROWS_6(M) EACH_ROWS_3(M) M(4) M(5) M(6)
#define EACH_ROWS_14(M) EACH_ROWS_6(M) M(7) M(8) M(9) M(10) M(11) M(12) M(13) M(14)

EACH_ROWS(MULTIPLY_ROWS)

#define MULTIPLY_CASE(rows) \
  case rows:                \
    multiply_##rows(&p);    \
    break;

// `rows` of some columns, at most VECTORS · LANES, for all rows; p holds what they have in common.
CK_INLINE void multiply_columns(product p, int run, float *c, const float *a, size_t rows) {
  const size_t parts = (rows + ROWS - 1) / ROWS;
  // Rows are divided evenly: a remainder of a few would run at a fraction of the speed.
  for (size_t part = 0; part < parts; part++) {
    const size_t row = part * rows / parts, end = (part + 1) * rows / parts;
    p.c = c + row * p.c_row;
    p.a = a + row * run;
    switch (end - row) { EACH_ROWS(MULTIPLY_CASE) }
  }
}

CK_INLINE void multiply_runs(int wide_runs, float *c, size_t c_block, const float *a,
                             size_t a_block, const float *b, size_t rows, size_t depth,
                             size_t columns, int32_t accumulates) {
  product p = {.wide_runs = wide_runs, .accumulates = accumulates, .c_block = c_block,
               .c_row = 16, .a_block = a_block, .depth = depth};
  for (size_t column = 0; column < columns; column += VECTORS * LANES) {
    p.b = b + column / 32 * 32 * depth + column % 32;
    p.next = p.b + 32 * depth;
    p.narrow = columns - column <= 16;
    multiply_columns(p, wide_runs ? 32 : 16, c + column / 16 * c_block, a, rows);
  }
}

static void multiply(float *c, size_t c_block, const float *a, size_t a_block, const float *b,
                     size_t rows, size_t depth, size_t columns, int32_t accumulates) {
  multiply_runs(0, c, c_block, a, a_block, b, rows, depth, columns, accumulates);
}

static void multiply_into_rows(float *c, size_t c_row, const float *a, size_t a_block,
                               const float *b, size_t b_panel, size_t rows, size_t depth,
                               size_t columns, int32_t accumulates, const float *bias,
                               const ck_finish *finish) {
  product p = {.accumulates = accumulates, .c_block = 16, .c_row = c_row, .a_block = a_block,
               .depth = depth};
  ck_finish own;
  if (finish && finish->added) p.added = finish->added - c;
  for (size_t column = 0; column < columns; column += VECTORS * LANES) {
    p.b = b + column / 32 * b_panel + column % 32;
    p.next = p.b + b_panel;
    p.narrow = columns - column <= 16;
    const size_t width = p.narrow ? 16 : VECTORS * LANES;
    if (columns - column >= width) {
      p.bias = bias ? bias + column : NULL;
      if (finish) {
        own = *finish;
        if (own.scale) own.mean += column, own.scale += column, own.shift += column;
        p.finish = &own;
      }
      multiply_columns(p, 16, c + column, a, rows);
      continue;
    }
    // The last columns are fewer than a tile has.
    p.bias = NULL, p.finish = NULL;
    const size_t rest = columns - column;
    float edge[ROWS * VECTORS * LANES];
    for (size_t row = 0; row < rows; row += ROWS) {
      const size_t n = rows - row < ROWS ? rows - row : ROWS;
      product tile = p;
      tile.c_row = width;
      float *const to = c + row * c_row + column;
      if (accumulates)
        for (size_t r = 0; r < n; r++)
          for (size_t i = 0; i < rest; i++) edge[r * width + i] = to[r * c_row + i];
      multiply_columns(tile, 16, edge, a + row * 16, n);
      for (size_t r = 0; r < n; r++)
        for (size_t i = 0; i < rest; i++) {
          float value = edge[r * width + i];
          if (bias) value += bias[column + i];
          to[r * c_row + i] =
              finish ? finished(value, finish, column + i, to + r * c_row + i - c) : value;
        }
    }
  }
}

static void multiply_panels(float *c, size_t c_block, const float *a, size_t a_block,
                            const float *b, size_t rows, size_t depth, int32_t accumulates) {
  multiply_runs(1, c, c_block, a, a_block, b, rows, depth, 32, accumulates);
}

// OUTER_ROWS filters × (vectors · LANES) channels of C ← C + Σ over tiles of dM Vᵀ.
CK_INLINE void outer_tile(int rows, int vectors, float *c, size_t c_row, const float *dm,
                          const float *v, size_t v_block, size_t tiles, int accumulates) {
  vec sums[OUTER_ROWS][VECTORS];
  UNROLL for (int r = 0; r < rows; r++)
    UNROLL for (int i = 0; i < vectors; i++)
      sums[r][i] = accumulates ? load(c + r * c_row + i * LANES) : (vec){0};
  for (size_t tile = 0; tile < tiles; tile++, dm += 16, v += 16) {
    vec columns[VECTORS];
    UNROLL for (int i = 0; i < vectors; i++)
      columns[i] = load(v + i * LANES / 16 * v_block + i * LANES % 16);
    UNROLL for (int r = 0; r < rows; r++) {
      const vec value = splat(dm[r]);
      UNROLL for (int i = 0; i < vectors; i++)
        sums[r][i] = multiply_add(value, columns[i], sums[r][i]);
    }
  }
  UNROLL for (int r = 0; r < rows; r++)
    UNROLL for (int i = 0; i < vectors; i++) store(c + r * c_row + i * LANES, sums[r][i]);
}

static void multiply_outer(float *c, size_t c_row, const float *dm, size_t dm_block, const float *v,
                           size_t v_block, size_t tiles, size_t rows, size_t blocks,
                           int32_t accumulates) {
  const size_t width = VECTORS * LANES / 16;
  for (size_t row = 0; row < rows; row += OUTER_ROWS) {
    const float *values = dm + row / 16 * dm_block + row % 16;
    for (size_t block = 0; block < blocks; block += width) {
      float *to = c + row * c_row + block * 16;
      const float *columns = v + block * v_block;
      const int narrow = blocks - block < width;
      if (rows - row < OUTER_ROWS) {
        for (size_t r = 0; r < rows - row; r++)
          for (size_t b = block; b < blocks && b < block + width; b++)
            outer_tile(1, 16 / LANES, c + (row + r) * c_row + b * 16, c_row, values + r,
                       v + b * v_block, v_block, tiles, accumulates);
      } else if (narrow) {
        outer_tile(OUTER_ROWS, 16 / LANES, to, c_row, values, columns, v_block, tiles,
                   accumulates);
      } else {
        outer_tile(OUTER_ROWS, VECTORS, to, c_row, values, columns, v_block, tiles, accumulates);
      }
    }
  }
}
