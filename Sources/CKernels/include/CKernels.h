// Hot loops over float buffers, compiled for several instruction sets and dispatched at run time.
//
// Why C: SwiftPM compiles Swift for baseline x86-64 (SSE2) and Swift has no run-time dispatch, so the
// same loops in Swift run at a quarter to a sixteenth of the width of an AVX-512 machine. Measured on
// an EPYC (Zen 4), a 16-wide multiply-add in Swift without ISA flags runs at 0.7 to 32 GFLOP/s, the
// clone of the same C loop at 118. A C target gets there without unsafe flags, by `target_clones`.
//
// Bits: every file sets FP_CONTRACT OFF and every sum is taken in a written order, element by element
// or channel by channel, never re-associated. So results do not depend on the clone that is picked.
// The kernels of Winograd.h, which need fused multiply-adds, say what theirs depend on.
//
// Layouts: feature maps are height × width × channels (one image), contiguous, channels last.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "BFloat16.h"
#include "Winograd.h"

// A window that slides over one image.
typedef struct {
  int32_t height, width, channels;
  int32_t kernel, stride, padding;
  int32_t out_height, out_width;
} ck_window;

// Tells the processor that this is a waiting loop.
static inline void ck_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// MARK: - Element by element (elementwise.c)


// x ← max(x, 0); NaN stays NaN.
void ck_relu(float *x, size_t count);
// dy ← 0 where y ≤ 0.
void ck_relu_gradient(const float *y, float *dy, size_t count);
// x ← x + bias in every row.
void ck_add_rows(float *x, const float *bias, size_t rows, size_t columns);
// sums ← sums + Σ rows, from the first row to the last.
void ck_sum_rows(float *sums, const float *x, size_t rows, size_t columns);
// Caffe's rule over `count` values, the gradient being the sum of `parts` partial gradients, `stride`
// floats apart, in order:  v ← momentum·v + rate·(g + decay·w);  w ← w − v.
void ck_momentum_step(float *w, float *v, const float *gradients, size_t parts, size_t stride,
                      size_t count, float momentum, float rate, float decay);
// Nesterov's momentum as Caffe has it: v' ← momentum·v + rate·(g + decay·w);  w ← w − (1 + momentum)·v' + momentum·v.
void ck_nesterov_step(float *w, float *v, const float *gradients, size_t parts, size_t stride,
                      size_t count, float momentum, float rate, float decay);
// PyTorch's SGD: g ← g + decay·w;  v ← momentum·v + g;  w ← w − rate·v, or with Nesterov's momentum
// w ← w − rate·(g + momentum·v).
void ck_pytorch_step(float *w, float *v, const float *gradients, size_t parts, size_t stride,
                     size_t count, float momentum, float rate, float decay, int32_t nesterov);

// The factors of a step of Adam, those that depend on the number of the step included.
typedef struct {
  float beta1, beta2, epsilon;
  // Of the gradient, for weight decay that is part of it.
  float decay;
  // Of the weights, for weight decay that is not: 1 − rate·decay.
  float shrink;
  // rate / (1 − beta1^t) and 1 / √(1 − beta2^t).
  float rate, correction;
} ck_adam;

// g ← g + decay·w;  m ← m + (1 − beta1)·(g − m);  v ← beta2·v + (1 − beta2)·g²;
// w ← shrink·w − rate·m / (√v·correction + epsilon).
void ck_adam_step(float *w, float *m, float *v, const float *gradients, size_t parts,
                  size_t stride, size_t count, const ck_adam *adam);

// Gradients of a whole step: sum ← partial gradients, in order; after what is there if it `adds`.
void ck_gather(float *sum, const float *gradients, size_t parts, size_t stride, size_t count,
               int32_t adds);
// In double precision.
double ck_sum_of_squares(const float *x, size_t count);
void ck_scale(float *x, size_t count, float factor);
// x ← x + factor·(a − b)
void ck_add_difference(float *x, const float *a, const float *b, size_t count, float factor);
// x ← x + factor·(target − x)
void ck_approach(float *x, const float *target, size_t count, float factor);

// Drops values: value i (of `count`) belongs to word i mod 4 of Philox4x32-10 at counter
// (position + i / 4, lane); it becomes 0 where the word is below `threshold`, else x · scale.
void ck_dropout(float *x, size_t count, uint32_t key0, uint32_t key1, uint64_t position,
                uint64_t lane, uint64_t threshold, float scale);

// x ← min(max(x, 0), limit); NaN stays NaN. The gradient: dy ← 0 where y is not between 0 and the limit.
void ck_clip(float *x, size_t count, float limit);
void ck_clip_gradient(const float *y, float *dy, size_t count, float limit);
// x ← slope · x where x < 0, and dy ← slope · dy where y < 0.
void ck_leak(float *x, size_t count, float slope);
void ck_leak_gradient(const float *y, float *dy, size_t count, float slope);
// y = 1 / (1 + e⁻ˣ), x and y being perhaps the same; dy ← dy · y · (1 − y).
void ck_sigmoid(float *y, const float *x, size_t count);
void ck_sigmoid_gradient(const float *y, float *dy, size_t count);
// y = x / (1 + e⁻ˣ), and dx from dy and x.
void ck_sigmoid_linear(float *y, const float *x, size_t count);
void ck_sigmoid_linear_gradient(float *dx, const float *dy, const float *x, size_t count);
// x ← x · factors in every row.
void ck_multiply_rows(float *x, const float *factors, size_t rows, size_t columns);
// Rows × columns of `to` ← those of `from`, rows lying so many floats apart.
void ck_copy_rows(float *to, size_t to_stride, const float *from, size_t from_stride, size_t rows,
                  size_t columns);
// to[column][row] ← from[row][column]
void ck_transpose(float *to, const float *from, size_t rows, size_t columns);

// MARK: - Lowering and packing (lowering.c)

// Copies the windows of output rows first_row ..< last_row into rows of `columns`: one row a place,
// kernel × kernel × group_channels floats of the channels from first_channel on; zeros outside.
void ck_lower(float *columns, const float *image, const ck_window *window, int32_t first_channel,
              int32_t group_channels, int32_t first_row, int32_t last_row);
// The adjoint: adds rows of `columns` to the places of the image that they came from.
void ck_raise(float *image, const float *columns, const ck_window *window, int32_t first_channel,
              int32_t group_channels, int32_t first_row, int32_t last_row);

// The windows of output rows first_row ..< last_row, of all channels, a multiple of 16, as blocks of 16 columns (blocks × places ×
// 16, `block` floats apart).
void ck_lower_blocks(float *blocks, size_t block, const float *image, const ck_window *window,
                     int32_t first_row, int32_t last_row);

// Blocks of 16 columns (blocks × rows × 16, `block` floats apart) ← rows of `columns` floats, `stride` floats apart; columns
// of the last block beyond the last are zeros.
void ck_block_rows(float *blocks, size_t block, const float *from, size_t stride, size_t rows,
                   size_t columns);
// A panel of 32 columns (depth × 32) ← `count` rows of `depth` floats, `stride` floats apart, and zeros.
void ck_pack_panel(float *panel, const float *rows, size_t stride, size_t count, size_t depth);

// Rearranges stride × stride pixels into one of stride² · channels: to[row][column] holds the image's rows
// row · stride − padding on, each `stride` pixels; zeros outside.
void ck_space_to_depth(float *to, const float *image, const ck_window *window, int32_t rows,
                       int32_t columns);
// The adjoint; the image is overwritten.
void ck_depth_to_space(float *image, const float *from, const ck_window *window, int32_t rows,
                       int32_t columns);

// MARK: - Depthwise convolution (depthwise.c)

// Each channel with a filter of its own; taps stand as kernel × kernel × channels, kernels of 7 at most.
// y = Σ taps · x (+ biases, if not NULL), finished.
void ck_depthwise(float *y, const float *x, const float *taps, const float *biases,
                  const ck_window *window, const ck_finish *finish);
// dx ← gradient; dx is overwritten.
void ck_depthwise_gradient(float *dx, const float *dy, const float *taps, const ck_window *window);
// sums ← sums + the gradient of the taps.
void ck_depthwise_tap_gradients(float *sums, const float *dy, const float *x,
                                const ck_window *window);

// MARK: - Pooling (pooling.c)

// The greatest value of each window; `chosen`, if not NULL, gets its position in the window
// (row · kernel + column), the first of equals.
void ck_max_pool(float *y, uint16_t *chosen, const float *x, const ck_window *window);
// dx ← gradient; dx is overwritten.
void ck_max_pool_gradient(float *dx, const float *dy, const uint16_t *chosen,
                          const ck_window *window);
// The sum of each window over its area, the area being clipped to the padded image (Caffe's rule).
void ck_average_pool(float *y, const float *x, const ck_window *window);
// dx ← gradient; dx is overwritten.
void ck_average_pool_gradient(float *dx, const float *dy, const ck_window *window);

// The mean of each of size × size parts of a map: part i of n of an extent reaches from ⌊i · extent / n⌋ to
// ⌈(i + 1) · extent / n⌉. The gradient overwrites dx.
void ck_average_parts(float *y, const float *x, int32_t height, int32_t width, int32_t channels,
                      int32_t size);
void ck_average_parts_gradient(float *dx, const float *dy, int32_t height, int32_t width,
                               int32_t channels, int32_t size);

// MARK: - Normalisation (normalization.c)

typedef struct {
  int32_t channels, size;
  float k, alpha_over_size, beta;
} ck_lrn;

// The floats of scratch that the two functions below need.
size_t ck_lrn_scratch(const ck_lrn *lrn);
// y = x / (k + α/size · Σ x²)^β over `places` pixels.
void ck_lrn_forward(float *y, const float *x, size_t places, const ck_lrn *lrn, float *scratch);
// dx from x and dy.
void ck_lrn_gradient(float *dx, const float *dy, const float *x, size_t places, const ck_lrn *lrn,
                     float *scratch);

// MARK: - Batch norm (batch_norm.c)

// Over rows of `channels`. Sums are taken in float over a few rows, and those in double.
//
// means ← the mean of the rows; squares ← Σ (x − mean)². `scratch` has `channels` floats.
void ck_channel_moments(double *means, double *squares, const float *x, size_t rows,
                        size_t channels, float *scratch);
// y ← x, finished; NaN stays NaN. x and y may be the same.
void ck_finish_rows(float *y, const float *x, const ck_finish *finish, size_t rows, size_t channels);
// dy_sums ← dy_sums + Σ dy;  products ← products + Σ dy · (x − mean). dy counts where scale · (x − mean) + shift was not
// changed by being rectified: where it is positive, and below the limit. `finish` adds nothing.
void ck_normalize_sums(double *dy_sums, double *products, const float *dy, const float *x,
                       const ck_finish *finish, size_t rows, size_t channels);
// dx = scale · (dy − offset − slope · (x − mean)); dy counts as before. dx and dy may be the same.
void ck_normalize_gradient(float *dx, const float *dy, const float *x, const ck_finish *finish,
                           const float *offset, const float *slope, size_t rows, size_t channels);
