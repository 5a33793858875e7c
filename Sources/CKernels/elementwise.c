#include "clones.h"

CK_CLONES void ck_relu(float *restrict x, size_t count) {
  // Written so that NaN, which compares false, is kept: a diverged training must show itself.
  for (size_t i = 0; i < count; i++) x[i] = x[i] < 0 ? 0 : x[i];
}

CK_CLONES void ck_relu_gradient(const float *restrict y, float *restrict dy, size_t count) {
  for (size_t i = 0; i < count; i++) dy[i] = y[i] > 0 ? dy[i] : 0;
}

CK_CLONES void ck_add_rows(float *restrict x, const float *restrict bias, size_t rows,
                           size_t columns) {
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++) x[r * columns + c] += bias[c];
}

CK_CLONES void ck_sum_rows(float *restrict sums, const float *restrict x, size_t rows,
                           size_t columns) {
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++) sums[c] += x[r * columns + c];
}

CK_CLONES void ck_momentum_step(float *restrict w, float *restrict v,
                                const float *restrict gradients, size_t parts, size_t stride,
                                size_t count, float momentum, float rate, float decay) {
  enum { block = 512 };
  float sum[block];
  for (size_t first = 0; first < count; first += block) {
    size_t n = count - first < block ? count - first : block;
    for (size_t i = 0; i < n; i++) sum[i] = gradients[first + i];
    for (size_t part = 1; part < parts; part++)
      for (size_t i = 0; i < n; i++) sum[i] += gradients[part * stride + first + i];
    for (size_t i = 0; i < n; i++) {
      float step = momentum * v[first + i] + rate * (sum[i] + decay * w[first + i]);
      v[first + i] = step;
      w[first + i] -= step;
    }
  }
}

CK_CLONES void ck_dropout(float *restrict x, size_t count, uint32_t key0, uint32_t key1,
                          uint64_t position, uint64_t lane, uint64_t threshold, float scale) {
  // Sixteen counters at a time, so that the rounds vectorise over them.
  enum { width = 16 };
  uint32_t words[4][width];
  for (size_t first = 0; first < count; first += 4 * width) {
    for (size_t i = 0; i < width; i++) {
      uint64_t at = position + first / 4 + i;
      uint32_t c0 = (uint32_t)at, c1 = (uint32_t)(at >> 32);
      uint32_t c2 = (uint32_t)lane, c3 = (uint32_t)(lane >> 32);
      uint32_t k0 = key0, k1 = key1;
      for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)c0 * 0xD2511F53u, p1 = (uint64_t)c2 * 0xCD9E8D57u;
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c0 = n0, c1 = (uint32_t)p1, c2 = n2, c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
      }
      words[0][i] = c0, words[1][i] = c1, words[2][i] = c2, words[3][i] = c3;
    }
    size_t n = count - first < 4 * width ? count - first : 4 * width;
    for (size_t i = 0; i < n; i++)
      x[first + i] = words[i & 3][i >> 2] < threshold ? 0 : x[first + i] * scale;
  }
}

CK_CLONES void ck_clip(float *restrict x, size_t count, float limit) {
  for (size_t i = 0; i < count; i++) {
    const float positive = x[i] < 0 ? 0 : x[i];
    x[i] = positive > limit ? limit : positive;
  }
}

CK_CLONES void ck_clip_gradient(const float *restrict y, float *restrict dy, size_t count,
                                float limit) {
  for (size_t i = 0; i < count; i++) dy[i] = ((y[i] > 0) & (y[i] < limit)) ? dy[i] : 0;
}

CK_CLONES void ck_leak(float *restrict x, size_t count, float slope) {
  for (size_t i = 0; i < count; i++) x[i] = x[i] < 0 ? slope * x[i] : x[i];
}

CK_CLONES void ck_leak_gradient(const float *restrict y, float *restrict dy, size_t count,
                                float slope) {
  for (size_t i = 0; i < count; i++) dy[i] = y[i] < 0 ? slope * dy[i] : dy[i];
}

// eˣ by 2ⁿ · eʳ with |r| ≤ ln 2 / 2 and a polynomial, within 2 units of the last place. Not of the C library, whose bits
// differ between versions.
CK_INLINE float exponential(float x) {
  const float bounded = x >= -87 ? (x > 88 ? 88 : x) : -87;
  // Adding and taking away 1.5 · 2²³ rounds to a whole number.
  const float n = (bounded * 1.44269504f + 12582912.0f) - 12582912.0f;
  const float r = (bounded - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1;
  union { int32_t bits; float value; } power = {((int32_t)n + 127) << 23};
  const float result = p * power.value;
  return x != x ? x : result;
}

CK_CLONES void ck_sigmoid(float *y, const float *x, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = 1 / (1 + exponential(-x[i]));
}

CK_CLONES void ck_sigmoid_gradient(const float *restrict y, float *restrict dy, size_t count) {
  for (size_t i = 0; i < count; i++) dy[i] *= y[i] * (1 - y[i]);
}

CK_CLONES void ck_sigmoid_linear(float *restrict y, const float *restrict x, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = x[i] / (1 + exponential(-x[i]));
}

CK_CLONES void ck_sigmoid_linear_gradient(float *restrict dx, const float *restrict dy,
                                          const float *restrict x, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const float s = 1 / (1 + exponential(-x[i]));
    dx[i] = dy[i] * (s * (1 + x[i] * (1 - s)));
  }
}

CK_CLONES void ck_multiply_rows(float *restrict x, const float *restrict factors, size_t rows,
                                size_t columns) {
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++) x[r * columns + c] *= factors[c];
}

CK_CLONES void ck_copy_rows(float *restrict to, size_t to_stride, const float *restrict from,
                            size_t from_stride, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++) to[r * to_stride + c] = from[r * from_stride + c];
}

void ck_transpose(float *restrict to, const float *restrict from, size_t rows, size_t columns) {
  for (size_t c = 0; c < columns; c++)
    for (size_t r = 0; r < rows; r++) to[c * rows + r] = from[r * columns + c];
}
