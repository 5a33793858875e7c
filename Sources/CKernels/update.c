// Steps of update rules other than Caffe's momentum (elementwise.c). In each, g is the sum of partial gradients, taken
// in order: first in a block on the stack, since a second pass over memory would cost more than the arithmetic.
#include <math.h>

#include "clones.h"

enum { block = 512 };

CK_INLINE void sum_parts(float *restrict sum, const float *restrict gradients, size_t parts,
                         size_t stride, size_t n) {
  for (size_t i = 0; i < n; i++) sum[i] = gradients[i];
  for (size_t part = 1; part < parts; part++)
    for (size_t i = 0; i < n; i++) sum[i] += gradients[part * stride + i];
}

CK_CLONES void ck_nesterov_step(float *restrict w, float *restrict v,
                                const float *restrict gradients, size_t parts, size_t stride,
                                size_t count, float momentum, float rate, float decay) {
  float sum[block];
  for (size_t first = 0; first < count; first += block) {
    size_t n = count - first < block ? count - first : block;
    sum_parts(sum, gradients + first, parts, stride, n);
    for (size_t i = 0; i < n; i++) {
      float old = v[first + i];
      float new = momentum * old + rate * (sum[i] + decay * w[first + i]);
      v[first + i] = new;
      w[first + i] -= (1 + momentum) * new - momentum * old;
    }
  }
}

CK_CLONES void ck_pytorch_step(float *restrict w, float *restrict v,
                               const float *restrict gradients, size_t parts, size_t stride,
                               size_t count, float momentum, float rate, float decay,
                               int32_t nesterov) {
  float sum[block];
  // The step is ahead·g + behind·v.
  float ahead = nesterov ? 1 : 0, behind = nesterov ? momentum : 1;
  for (size_t first = 0; first < count; first += block) {
    size_t n = count - first < block ? count - first : block;
    sum_parts(sum, gradients + first, parts, stride, n);
    for (size_t i = 0; i < n; i++) {
      float g = sum[i] + decay * w[first + i];
      float new = momentum * v[first + i] + g;
      v[first + i] = new;
      w[first + i] -= rate * (ahead * g + behind * new);
    }
  }
}

CK_CLONES void ck_adam_step(float *restrict w, float *restrict m, float *restrict v,
                            const float *restrict gradients, size_t parts, size_t stride,
                            size_t count, const ck_adam *adam) {
  float sum[block];
  const ck_adam a = *adam;
  for (size_t first = 0; first < count; first += block) {
    size_t n = count - first < block ? count - first : block;
    sum_parts(sum, gradients + first, parts, stride, n);
    for (size_t i = 0; i < n; i++) {
      float g = sum[i] + a.decay * w[first + i];
      float mean = m[first + i] + (1 - a.beta1) * (g - m[first + i]);
      float square = a.beta2 * v[first + i] + (1 - a.beta2) * g * g;
      m[first + i] = mean;
      v[first + i] = square;
      w[first + i] = a.shrink * w[first + i] - a.rate * mean / (sqrtf(square) * a.correction + a.epsilon);
    }
  }
}

// Gradients of a whole step, gathered before weights move.

CK_CLONES void ck_gather(float *restrict sum, const float *restrict gradients, size_t parts,
                         size_t stride, size_t count, int32_t adds) {
  if (!adds)
    for (size_t i = 0; i < count; i++) sum[i] = gradients[i];
  for (size_t part = adds ? 0 : 1; part < parts; part++)
    for (size_t i = 0; i < count; i++) sum[i] += gradients[part * stride + i];
}

CK_CLONES double ck_sum_of_squares(const float *restrict x, size_t count) {
  // Sixteen sums side by side, added in order: the same bits in every clone.
  enum { width = 16 };
  double sums[width] = {0};
  size_t whole = count / width * width;
  for (size_t first = 0; first < whole; first += width)
    for (size_t i = 0; i < width; i++) {
      double value = x[first + i];
      sums[i] += value * value;
    }
  for (size_t i = whole; i < count; i++) {
    double value = x[i];
    sums[i - whole] += value * value;
  }
  double sum = 0;
  for (size_t i = 0; i < width; i++) sum += sums[i];
  return sum;
}

CK_CLONES void ck_scale(float *restrict x, size_t count, float factor) {
  for (size_t i = 0; i < count; i++) x[i] *= factor;
}

CK_CLONES void ck_add_difference(float *restrict x, const float *restrict a,
                                 const float *restrict b, size_t count, float factor) {
  for (size_t i = 0; i < count; i++) x[i] += factor * (a[i] - b[i]);
}

CK_CLONES void ck_approach(float *restrict x, const float *restrict target, size_t count,
                           float factor) {
  for (size_t i = 0; i < count; i++) x[i] += factor * (target[i] - x[i]);
}
