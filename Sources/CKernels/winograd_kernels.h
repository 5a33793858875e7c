// The table of kernels of one instruction set: the including file defines KERNELS (its name), LANES,
// HAS_FMA, the register tiles ROWS (with EACH_ROWS), VECTORS, OUTER_ROWS and
// OUTER_VECTORS.
#pragma once

#include "window_products.h"
#include "winograd_filters.h"

// Calls f(input table, output table, filter table, n, m, r, input pairs, output pairs, input and output table of small
// tiles or NULL) for the tile and kernel of w, so that each has code of its own.
#define FOR_FAMILY(w, f)                                                  \
  switch ((w)->tile * 8 + (w)->kernel) {                                  \
    case 2 * 8 + 3: f(f2x3_input, f2x3_output, f2x3_filter, 4, 2, 3, 1, 1, NULL, NULL); break; \
    case 4 * 8 + 3: f(f4x3_input, f4x3_output, f4x3_filter, 6, 4, 3, 2, 2, NULL, NULL); break; \
    case 4 * 8 + 2:                                                       \
      f(f4x2_input, f4x2_output, f4x2_filter, 5, 4, 2, 0, 1, f4x2_small_input, f4x2_small_output); \
      break;                                                              \
    case 4 * 8 + 4: f(f5x3_input, f4x4_output, f4x4_filter, 7, 4, 4, 0, 2, NULL, NULL); break; \
    case 5 * 8 + 3:                                                       \
      f(f5x3_input, f5x3_output, f5x3_filter, 7, 5, 3, 0, 2, f5x3_small_input, f5x3_small_output); \
      break;                                                              \
    case 6 * 8 + 3:                                                       \
      f(f6x3_input, f6x3_output, f6x3_filter, 8, 6, 3, 3, 3, f6x3_small_input, f6x3_small_output); \
      break;                                                              \
    case 2 * 8 + 5: f(f4x3_input, f2x5_output, f2x5_filter, 6, 2, 5, 2, 2, NULL, NULL); break; \
    case 4 * 8 + 5: f(f4x5_input, f4x5_output, f4x5_filter, 8, 4, 5, 3, 3, NULL, NULL); break; \
    default: __builtin_trap();                                            \
  }

#define LARGE(table, n, extent, pairs) ((transform){table, n, extent, pairs, 0})
// Without the spare points of F(m, r); with two pairs of points unless the large tiles have fewer.
#define SMALL(table, n, extent, m, r, pairs)                                        \
  ((transform){table, n - ck_spare_points(m, r), extent - ck_spare_points(m, r),    \
               pairs < 2 ? pairs : 2, table ? ck_spare_points(m, r) : 0})

static void input(const ck_winograd *w, float *v, size_t pitch, int32_t streams, const float *maps,
                  size_t first, size_t count) {
  const int passes_caches = streams && can_stream(v);
#define F(b, a, g, n, m, r, input_pairs, output_pairs, small_b, small_a)                \
  to_domain(LARGE(b, n, n, input_pairs), SMALL(small_b, n, n, m, r, input_pairs), n, w, \
            &w->input, v, pitch, passes_caches, 1, maps, first, count)
  FOR_FAMILY(w, F)
#undef F
}

static void input_adjoint(const ck_winograd *w, float *maps, const float *dv, size_t pitch,
                          size_t first, size_t count) {
#define F(b, a, g, n, m, r, input_pairs, output_pairs, small_b, small_a)                  \
  from_domain(LARGE(b, n, n, input_pairs), SMALL(small_b, n, n, m, r, input_pairs), n, w, \
              &w->input, maps, dv, pitch, are_added, NULL, NULL, first, count)
  FOR_FAMILY(w, F)
#undef F
}

static void output(const ck_winograd *w, float *maps, const float *domain, size_t pitch,
                   const float *bias, const ck_finish *finish, size_t first, size_t count) {
#define F(b, a, g, n, m, r, input_pairs, output_pairs, small_b, small_a)                    \
  from_domain(LARGE(a, n, m, output_pairs), SMALL(small_a, n, m, m, r, output_pairs), n, w, \
              &w->output, maps, domain, pitch, destiny, bias, finish, first, count)
  if (finish->scale || finish->added || finish->rectification == ck_clipped) {
    enum { destiny = are_finished };
    FOR_FAMILY(w, F)
  } else {
    enum { destiny = are_rectified };
    FOR_FAMILY(w, F)
  }
#undef F
}

static void output_adjoint(const ck_winograd *w, float *dm, size_t pitch, const float *maps,
                           size_t first, size_t count) {
#define F(b, a, g, n, m, r, input_pairs, output_pairs, small_b, small_a)                  \
  to_domain(LARGE(a, n, m, output_pairs), SMALL(small_a, n, m, m, r, output_pairs), n, w, \
            &w->output, dm, pitch, 0, 0, maps, first, count)
  FOR_FAMILY(w, F)
#undef F
}

static void filter(const ck_winograd *w, float *forward, float *backward, const float *weights,
                   size_t first) {
#define F(b, a, g, n, m, r, input_pairs, output_pairs, small_b, small_a) \
  filter_to_domain(g, n, r, w, forward, backward, weights, first)
  FOR_FAMILY(w, F)
#undef F
}

static void filter_adjoint(const ck_winograd *w, float *gradient, const float *du, size_t parts,
                           size_t stride, size_t index) {
#define F(b, a, g, n, m, r, input_pairs, output_pairs, small_b, small_a) \
  filter_from_domain(g, n, r, w, gradient, du, parts, stride, index)
  FOR_FAMILY(w, F)
#undef F
}

const ck_winograd_kernels KERNELS = {input,  input_adjoint,  output,   output_adjoint,
                                     filter, filter_adjoint, multiply, multiply_into_rows,
                                     multiply_panels, multiply_outer, multiply_windows,
                                     add_window_gradients};
