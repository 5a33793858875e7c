// The matrix products of the domain. An output value is one chain of multiply-adds, from the first
// depth to the last, whatever the tile of registers it is computed in.
//
// Register tiles are as large as the register file allows: with 32 registers 14 × 2 sums, two of
// the columns, and the broadcast operand read from memory. That reaches 108 to 117 of an EPYC (Zen 4)
// core's 117 GFLOP/s; nothing is packed but U, which is packed once a step.
#pragma once

#include "winograd_transforms.h"

#define CK_NOINLINE static __attribute__((noinline))

// What a product reads ahead of the one that follows it, from memory into the second-level cache: with each run of the depth
// so many cache lines, from places `run` floats apart. One line at a time, since a burst of them holds up the sums.
typedef struct {
  const float *from;
  size_t run;
  size_t lines;
} ahead;

// C ← the sums of some rows and columns, plus a bias for each column, finished.
CK_INLINE void put_finished(int rows, int vectors, vec (*sums)[VECTORS], float *c, size_t c_block,
                            size_t c_row, const float *bias, const ck_finish *finish,
                            ptrdiff_t added) {
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

// `rows` × (vectors · LANES) of C ← A·B or C + A·B, A being in blocks of `run`; see
// ck_winograd_kernels.
CK_INLINE void multiply_tile(int rows, int vectors, int run, float *c, size_t c_block,
                             size_t c_row, const float *a, size_t a_block, const float *b,
                             ahead next, size_t depth, int accumulates,
                             const float *bias, const ck_finish *finish, ptrdiff_t added) {
  vec sums[ROWS][VECTORS];
  UNROLL for (int r = 0; r < rows; r++)
    UNROLL for (int v = 0; v < vectors; v++) sums[r][v] = (vec){0};
  for (size_t start = 0; start < depth; start += run, a += a_block, next.from += next.run) {
    const size_t n = depth - start < (size_t)run ? depth - start : (size_t)run;
    for (size_t k = 0; k < n; k++, b += 32) {
      if (k < next.lines) __builtin_prefetch(next.from + k * 16, 0, 2);
      if (k + run < next.lines) __builtin_prefetch(next.from + (k + run) * 16, 0, 2);
      vec columns[VECTORS];
      UNROLL for (int v = 0; v < vectors; v++) columns[v] = load(b + v * LANES);
      UNROLL for (int r = 0; r < rows; r++) {
        const vec value = splat(a[r * run + k]);
        UNROLL for (int v = 0; v < vectors; v++)
          sums[r][v] = multiply_add(value, columns[v], sums[r][v]);
      }
    }
  }
  if (accumulates || !finish)
    UNROLL for (int r = 0; r < rows; r++)
      UNROLL for (int v = 0; v < vectors; v++) {
        float *to = c + v * LANES / 16 * c_block + r * c_row + v * LANES % 16;
        if (accumulates) sums[r][v] = load(to) + sums[r][v];
        if (!finish) store(to, sums[r][v]);
      }
  if (finish) put_finished(rows, vectors, sums, c, c_block, c_row, bias, finish, added);
}

// What a call of multiply_tile for some rows needs.
typedef struct {
  int narrow, wide_runs, accumulates;
  float *c;
  size_t c_block, c_row;
  const float *a;
  size_t a_block;
  const float *b;
  ahead next;
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

// `rows` of some columns, at most VECTORS · LANES, for all rows; p holds what they have in common. Each part of the rows
// reads ahead: its share of the next panel of B or, where A is the larger operand, its own rows of the depth that
// follows in A.
CK_INLINE void multiply_columns(product p, int run, float *c, const float *a, size_t rows) {
  const size_t parts = (rows + ROWS - 1) / ROWS, runs = (p.depth + run - 1) / run;
  const float *const next_panel = p.next.from;
  // Rows are divided evenly: a remainder of a few would run at a fraction of the speed.
  for (size_t part = 0; part < parts; part++) {
    const size_t row = part * rows / parts, end = (part + 1) * rows / parts;
    p.c = c + row * p.c_row;
    p.a = a + row * run;
    if (p.wide_runs) {
      p.next = (ahead){p.a + runs * p.a_block, p.a_block, (end - row) * run / 16};
    } else {
      const size_t lines = (2 * run + parts - 1) / parts;
      p.next = (ahead){next_panel + part * runs * lines * 16, lines * 16, lines};
    }
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
    p.next.from = p.b + 32 * depth;
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
    p.next.from = p.b + b_panel;
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

// OUTER_ROWS filters × (vectors · LANES) channels of C ← C + Σ over tiles of dM Vᵀ. `next`, one array after the other, is
// read ahead.
CK_INLINE void outer_tile(int rows, int vectors, float *c, size_t c_row, const float *dm,
                          const float *v, size_t v_block, size_t tiles, int accumulates,
                          const ck_ahead *next) {
  const size_t lines = next->first_lines + next->second_lines;
  vec sums[OUTER_ROWS][OUTER_VECTORS];
  UNROLL for (int r = 0; r < rows; r++)
    UNROLL for (int i = 0; i < vectors; i++)
      sums[r][i] = accumulates ? load(c + r * c_row + i * LANES) : (vec){0};
  for (size_t tile = 0; tile < tiles; tile++, dm += 16, v += 16) {
    if (tile < lines) {
      const size_t rest = tile - next->first_lines;
      __builtin_prefetch(
          tile < next->first_lines ? next->first + tile * 16 : next->second + rest * 16, 0, 2);
    }
    vec columns[OUTER_VECTORS];
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
                           int32_t accumulates, const ck_ahead *ahead) {
  const size_t wide = OUTER_VECTORS * LANES >= 32 ? 2 : 1;
  const size_t steps = (rows + OUTER_ROWS - 1) / OUTER_ROWS * ((blocks + wide - 1) / wide);
  ck_ahead next = {0};
  if (ahead) {
    next = *ahead;
    next.first_lines = (next.first_lines + steps - 1) / steps;
    next.second_lines = (next.second_lines + steps - 1) / steps;
  }
  for (size_t block = 0, width; block < blocks; block += width) {
    const size_t left = blocks - block;
    width = left < wide ? left : wide;
    // The last three at once: a single one would run at half the speed.
    if (left == 3 && OUTER_VECTORS * LANES >= 48) width = 3;
    const float *const columns = v + block * v_block;
    for (size_t row = 0; row < rows; row += OUTER_ROWS) {
      const float *const values = dm + row / 16 * dm_block + row % 16;
      float *const to = c + row * c_row + block * 16;
      if (rows - row < OUTER_ROWS) {
        for (size_t r = 0; r < rows - row; r++)
          for (size_t b = 0; b < width; b++)
            outer_tile(1, 16 / LANES, to + r * c_row + b * 16, c_row, values + r,
                       columns + b * v_block, v_block, tiles, accumulates, &next);
      } else if (width == 1) {
        outer_tile(OUTER_ROWS, 16 / LANES, to, c_row, values, columns, v_block, tiles, accumulates,
                   &next);
#if OUTER_VECTORS * LANES >= 32
      } else if (width == 2) {
        outer_tile(OUTER_ROWS, 32 / LANES, to, c_row, values, columns, v_block, tiles, accumulates,
                   &next);
#endif
#if OUTER_VECTORS * LANES >= 48
      } else {
        outer_tile(OUTER_ROWS, 48 / LANES, to, c_row, values, columns, v_block, tiles, accumulates,
                   &next);
#endif
      }
      next.first += next.first_lines * 16;
      next.second += next.second_lines * 16;
    }
  }
}
