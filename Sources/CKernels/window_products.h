// The products of a convolution whose image has few channels. A window's row of kernel × channels values is one run of an image
// with a border, so that windows are read where they stand: no lowered matrix, and no blocks of 16 channels of which most are
// zeros. A 3 × 3 window of 3 channels takes 27 multiplications for an output; a block in Winograd's domain takes 36, and transforms.
#pragma once

#include "winograd_products.h"

// `rows` × (vectors · LANES) of C. Windows begin `step` floats apart.
CK_INLINE void window_tile(int rows, int vectors, size_t step, const ck_windows *w, float *c,
                           size_t c_row, const float *a, const float *b, const float *bias,
                           const ck_finish *finish, ptrdiff_t added) {
  vec sums[ROWS][VECTORS];
  UNROLL for (int r = 0; r < rows; r++)
    UNROLL for (int v = 0; v < vectors; v++) sums[r][v] = (vec){0};
  for (size_t i = 0; i < w->runs; i++, a += w->pitch)
    for (size_t k = 0; k < w->run; k++, b += 32) {
      vec columns[VECTORS];
      UNROLL for (int v = 0; v < vectors; v++) columns[v] = load(b + v * LANES);
      UNROLL for (int r = 0; r < rows; r++) {
        const vec value = splat(a[r * step + k]);
        UNROLL for (int v = 0; v < vectors; v++)
          sums[r][v] = multiply_add(value, columns[v], sums[r][v]);
      }
    }
  put_finished(rows, vectors, sums, c, 16, c_row, bias, finish, added);
}

// Steps that are known to the compiler are parts of addresses: of one or three channels, one or two pixels apart.
#define FOR_STEP(step, f)  \
  switch (step) {          \
    case 1: f(1); break;   \
    case 2: f(2); break;   \
    case 3: f(3); break;   \
    case 6: f(6); break;   \
    default: f(step);      \
  }

CK_INLINE void window_columns(int vectors, size_t step, const ck_windows *w, float *c, size_t c_row,
                              const float *a, const float *b, const float *bias,
                              const ck_finish *finish, ptrdiff_t added) {
  size_t row = 0;
#define ROWS_OF(n)                                                                              \
  for (; row + n <= w->count; row += n)                                                         \
    window_tile(n, vectors, step, w, c + row * c_row, c_row, a + row * step, b, bias, finish, added)
#if ROWS >= 8
  ROWS_OF(8);
#endif
#if ROWS >= 4
  ROWS_OF(4);
#endif
  ROWS_OF(2);
  ROWS_OF(1);
#undef ROWS_OF
}

static void multiply_windows(const ck_windows *w, float *c, size_t c_row, const float *a,
                             const float *b, size_t columns, const float *bias,
                             const ck_finish *finish) {
  const size_t depth = w->runs * w->run;
  const ptrdiff_t added = finish->added ? finish->added - c : 0;
  for (size_t column = 0, width; column < columns; column += width) {
    width = columns - column < VECTORS * LANES ? 16 : VECTORS * LANES;
    ck_finish own = *finish;
    if (own.scale) own.mean += column, own.scale += column, own.shift += column;
    const float *const panel = b + column / 32 * 32 * depth + column % 32;
    const float *const base = bias ? bias + column : NULL;
#define F(step)                                                                                \
  if (width == 16) window_columns(16 / LANES, step, w, c + column, c_row, a, panel, base, &own, added); \
  else window_columns(VECTORS, step, w, c + column, c_row, a, panel, base, &own, added)
    FOR_STEP(w->step, F)
#undef F
  }
}

// The most taps of a tile of gradients: a run of 3 × 3 windows of three channels.
enum { most_taps = 9 };

// `taps` × (vectors · LANES) of C ← C + Σ over the windows of their values at some taps times dY.
CK_INLINE void window_gradient_tile(int taps, int vectors, size_t step, size_t count, float *c,
                                    size_t c_row, const float *a, const float *dy, size_t dy_row) {
  vec sums[most_taps][OUTER_VECTORS];
  UNROLL for (int t = 0; t < taps; t++)
    UNROLL for (int v = 0; v < vectors; v++) sums[t][v] = (vec){0};
  for (size_t row = 0; row < count; row++, a += step, dy += dy_row) {
    vec columns[OUTER_VECTORS];
    UNROLL for (int v = 0; v < vectors; v++) columns[v] = load(dy + v * LANES);
    UNROLL for (int t = 0; t < taps; t++) {
      const vec value = splat(a[t]);
      UNROLL for (int v = 0; v < vectors; v++)
        sums[t][v] = multiply_add(value, columns[v], sums[t][v]);
    }
  }
  UNROLL for (int t = 0; t < taps; t++)
    UNROLL for (int v = 0; v < vectors; v++) {
      float *const to = c + t * c_row + v * LANES;
      store(to, load(to) + sums[t][v]);
    }
}

CK_INLINE void window_gradient_columns(int vectors, const ck_windows *w, float *c, size_t c_row,
                                       const float *a, const float *dy, size_t dy_row) {
  for (size_t i = 0; i < w->runs; i++, a += w->pitch) {
    size_t tap = 0;
#define TAPS_OF(n)                                                                               \
  for (; tap + n <= w->run; tap += n, c += n * c_row)                                            \
    window_gradient_tile(n, vectors, w->step, w->count, c, c_row, a + tap, dy, dy_row)
#if OUTER_ROWS >= 8
    TAPS_OF(most_taps);
    TAPS_OF(5);
#endif
#if OUTER_ROWS >= 4
    TAPS_OF(3);
#endif
    TAPS_OF(1);
#undef TAPS_OF
  }
}

static void add_window_gradients(const ck_windows *w, float *c, size_t c_row, const float *a,
                                 const float *dy, size_t columns) {
  for (size_t column = 0, width; column < columns; column += width) {
    width = columns - column < 32 || OUTER_VECTORS * LANES < 32 ? 16 : 32;
#if OUTER_VECTORS * LANES >= 32
    if (width == 32) {
      window_gradient_columns(32 / LANES, w, c + column, c_row, a, dy + column, columns);
      continue;
    }
#endif
    window_gradient_columns(16 / LANES, w, c + column, c_row, a, dy + column, columns);
  }
}
