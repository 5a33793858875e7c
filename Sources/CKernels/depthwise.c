#include "clones.h"

// Channels whose sums are held in registers at once.
enum { block = 64, narrow = 16, most_taps = 49 };

// Taps i ..< end of a window that begins at `start` lie in the image.
CK_INLINE int32_t first_tap(int32_t start) { return start < 0 ? -start : 0; }
CK_INLINE int32_t last_tap(int32_t start, int32_t kernel, int32_t extent) {
  return start + kernel > extent ? extent - start : kernel;
}

CK_INLINE void place_sums(float *restrict y, const float *restrict x, const float *restrict taps,
                          const float *restrict biases, const ck_window *w, int32_t top,
                          int32_t left, size_t start, size_t n) {
  const size_t channels = w->channels;
  const int32_t i_end = last_tap(top, w->kernel, w->height);
  const int32_t j_end = last_tap(left, w->kernel, w->width);
  float sums[block];
  for (size_t c = 0; c < n; c++) sums[c] = biases ? biases[start + c] : 0;
  for (int32_t i = first_tap(top); i < i_end; i++)
    for (int32_t j = first_tap(left); j < j_end; j++) {
      const float *restrict from = x + ((size_t)(top + i) * w->width + left + j) * channels + start;
      const float *restrict tap = taps + (size_t)(i * w->kernel + j) * channels + start;
      for (size_t c = 0; c < n; c++) sums[c] += from[c] * tap[c];
    }
  for (size_t c = 0; c < n; c++) y[start + c] = sums[c];
}

CK_CLONES void ck_depthwise(float *restrict y, const float *restrict x, const float *restrict taps,
                            const float *restrict biases, const ck_window *w) {
  const size_t channels = w->channels;
  for (int32_t row = 0; row < w->out_height; row++)
    for (int32_t column = 0; column < w->out_width; column++, y += channels) {
      const int32_t top = row * w->stride - w->padding, left = column * w->stride - w->padding;
      size_t start = 0;
      // A count that the compiler knows keeps the sums in registers.
      for (; start + block <= channels; start += block)
        place_sums(y, x, taps, biases, w, top, left, start, block);
      for (; start + narrow <= channels; start += narrow)
        place_sums(y, x, taps, biases, w, top, left, start, narrow);
      if (start < channels) place_sums(y, x, taps, biases, w, top, left, start, channels - start);
    }
}

CK_INLINE void gradient_sums(float *restrict dx, const float *restrict dy,
                             const float *restrict taps, const ck_window *w, int32_t y, int32_t z,
                             size_t start, size_t n) {
  const size_t channels = w->channels;
  float sums[block];
  for (size_t c = 0; c < n; c++) sums[c] = 0;
  for (int32_t i = 0; i < w->kernel; i++) {
    const int32_t row = y + w->padding - i;
    if (row < 0 || row % w->stride || row / w->stride >= w->out_height) continue;
    for (int32_t j = 0; j < w->kernel; j++) {
      const int32_t column = z + w->padding - j;
      if (column < 0 || column % w->stride || column / w->stride >= w->out_width) continue;
      const float *restrict from =
          dy + ((size_t)(row / w->stride) * w->out_width + column / w->stride) * channels + start;
      const float *restrict tap = taps + (size_t)(i * w->kernel + j) * channels + start;
      for (size_t c = 0; c < n; c++) sums[c] += from[c] * tap[c];
    }
  }
  for (size_t c = 0; c < n; c++) dx[start + c] = sums[c];
}

CK_CLONES void ck_depthwise_gradient(float *restrict dx, const float *restrict dy,
                                     const float *restrict taps, const ck_window *w) {
  const size_t channels = w->channels;
  for (int32_t y = 0; y < w->height; y++)
    for (int32_t z = 0; z < w->width; z++, dx += channels) {
      size_t start = 0;
      for (; start + block <= channels; start += block)
        gradient_sums(dx, dy, taps, w, y, z, start, block);
      for (; start + narrow <= channels; start += narrow)
        gradient_sums(dx, dy, taps, w, y, z, start, narrow);
      if (start < channels) gradient_sums(dx, dy, taps, w, y, z, start, channels - start);
    }
}

CK_INLINE void tap_sums(float *restrict sums, const float *restrict dy, const float *restrict x,
                        const ck_window *w, size_t start, size_t n) {
  const size_t channels = w->channels;
  const int32_t kernel = w->kernel;
  float own[most_taps][narrow];
  for (int32_t t = 0; t < kernel * kernel; t++)
    for (size_t c = 0; c < n; c++) own[t][c] = 0;
  for (int32_t row = 0; row < w->out_height; row++)
    for (int32_t column = 0; column < w->out_width; column++) {
      const int32_t top = row * w->stride - w->padding, left = column * w->stride - w->padding;
      const int32_t i_end = last_tap(top, kernel, w->height);
      const int32_t j_end = last_tap(left, kernel, w->width);
      const float *restrict gradient = dy + ((size_t)row * w->out_width + column) * channels + start;
      for (int32_t i = first_tap(top); i < i_end; i++)
        for (int32_t j = first_tap(left); j < j_end; j++) {
          const float *restrict from =
              x + ((size_t)(top + i) * w->width + left + j) * channels + start;
          float *restrict sum = own[i * kernel + j];
          for (size_t c = 0; c < n; c++) sum[c] += from[c] * gradient[c];
        }
    }
  for (int32_t t = 0; t < kernel * kernel; t++)
    for (size_t c = 0; c < n; c++) sums[(size_t)t * channels + start + c] += own[t][c];
}

CK_CLONES void ck_depthwise_tap_gradients(float *restrict sums, const float *restrict dy,
                                          const float *restrict x, const ck_window *w) {
  const size_t channels = w->channels;
  size_t start = 0;
  for (; start + narrow <= channels; start += narrow) tap_sums(sums, dy, x, w, start, narrow);
  if (start < channels) tap_sums(sums, dy, x, w, start, channels - start);
}
