#include "clones.h"

#include <string.h>

// The part of a window that lies in the image, in image coordinates, and Caffe's divisor.
typedef struct {
  int32_t top, bottom, left, right;  // clipped to the image
  int32_t first_row, first_column;   // of the window, before clipping
  float area;                        // clipped to the padded image only
} span;

CK_INLINE span window_span(const ck_window *w, int32_t row, int32_t column) {
  const int32_t y = row * w->stride - w->padding, x = column * w->stride - w->padding;
  const int32_t y_end = y + w->kernel, x_end = x + w->kernel;
  const int32_t y_limit = w->height + w->padding, x_limit = w->width + w->padding;
  const int32_t bottom = y_end < y_limit ? y_end : y_limit;
  const int32_t right = x_end < x_limit ? x_end : x_limit;
  span s;
  s.first_row = y, s.first_column = x;
  // A window that is wholly outside has nothing to divide, but must not divide by zero.
  s.area = bottom > y && right > x ? (float)((bottom - y) * (right - x)) : 1;
  s.top = y > 0 ? y : 0, s.left = x > 0 ? x : 0;
  s.bottom = bottom < w->height ? bottom : w->height;
  s.right = right < w->width ? right : w->width;
  return s;
}

// Channels whose running maxima and positions are held in registers or first-level cache. Positions
// are 32 bits wide meanwhile, as wide as the values: mixed widths do not vectorise.
enum { pool_block = 64 };

CK_CLONES void ck_max_pool(float *restrict y, uint16_t *restrict chosen, const float *restrict x,
                           const ck_window *window) {
  const size_t channels = window->channels;
  float best[pool_block];
  int32_t position[pool_block];
  for (int32_t row = 0; row < window->out_height; row++) {
    for (int32_t column = 0; column < window->out_width; column++) {
      const span s = window_span(window, row, column);
      for (size_t start = 0; start < channels; start += pool_block) {
        const size_t n = channels - start < pool_block ? channels - start : pool_block;
        // With a stride above the kernel, rounding up can place a window wholly outside: it yields
        // 0, and its recorded position, outside as well, matches nothing on the way back.
        for (size_t c = 0; c < n; c++) best[c] = 0, position[c] = UINT16_MAX;
        int first = 1;
        for (int32_t i = s.top; i < s.bottom; i++) {
          for (int32_t j = s.left; j < s.right; j++) {
            const float *restrict from = x + ((size_t)i * window->width + j) * channels + start;
            const int32_t here = (i - s.first_row) * window->kernel + j - s.first_column;
            if (first) {
              for (size_t c = 0; c < n; c++) best[c] = from[c], position[c] = here;
              first = 0;
            } else if (chosen) {
              for (size_t c = 0; c < n; c++) {
                const int keeps = from[c] <= best[c];
                best[c] = keeps ? best[c] : from[c];
                position[c] = keeps ? position[c] : here;
              }
            } else {
              for (size_t c = 0; c < n; c++) best[c] = from[c] <= best[c] ? best[c] : from[c];
            }
          }
        }
        for (size_t c = 0; c < n; c++) y[start + c] = best[c];
        if (chosen)
          for (size_t c = 0; c < n; c++) chosen[start + c] = (uint16_t)position[c];
      }
      y += channels;
      if (chosen) chosen += channels;
    }
  }
}

CK_CLONES void ck_max_pool_gradient(float *restrict dx, const float *restrict dy,
                                    const uint16_t *restrict chosen, const ck_window *window) {
  const size_t channels = window->channels;
  memset(dx, 0, sizeof(float) * channels * window->height * window->width);
  for (int32_t row = 0; row < window->out_height; row++) {
    for (int32_t column = 0; column < window->out_width; column++) {
      const span s = window_span(window, row, column);
      for (int32_t i = s.top; i < s.bottom; i++) {
        for (int32_t j = s.left; j < s.right; j++) {
          float *to = dx + ((size_t)i * window->width + j) * channels;
          const uint16_t position =
              (uint16_t)((i - s.first_row) * window->kernel + j - s.first_column);
          for (size_t c = 0; c < channels; c++) to[c] += chosen[c] == position ? dy[c] : 0;
        }
      }
      dy += channels, chosen += channels;
    }
  }
}

CK_CLONES void ck_average_pool(float *restrict y, const float *restrict x,
                               const ck_window *window) {
  const size_t channels = window->channels;
  for (int32_t row = 0; row < window->out_height; row++) {
    for (int32_t column = 0; column < window->out_width; column++, y += channels) {
      const span s = window_span(window, row, column);
      for (size_t c = 0; c < channels; c++) y[c] = 0;
      for (int32_t i = s.top; i < s.bottom; i++)
        for (int32_t j = s.left; j < s.right; j++) {
          const float *from = x + ((size_t)i * window->width + j) * channels;
          for (size_t c = 0; c < channels; c++) y[c] += from[c];
        }
      for (size_t c = 0; c < channels; c++) y[c] /= s.area;
    }
  }
}

CK_CLONES void ck_average_pool_gradient(float *restrict dx, const float *restrict dy,
                                        const ck_window *window) {
  const size_t channels = window->channels;
  memset(dx, 0, sizeof(float) * channels * window->height * window->width);
  for (int32_t row = 0; row < window->out_height; row++) {
    for (int32_t column = 0; column < window->out_width; column++, dy += channels) {
      const span s = window_span(window, row, column);
      for (int32_t i = s.top; i < s.bottom; i++)
        for (int32_t j = s.left; j < s.right; j++) {
          float *to = dx + ((size_t)i * window->width + j) * channels;
          for (size_t c = 0; c < channels; c++) to[c] += dy[c] / s.area;
        }
    }
  }
}

// Part i of n of an extent.
CK_INLINE int32_t part_start(int32_t i, int32_t extent, int32_t n) {
  return (int32_t)((int64_t)i * extent / n);
}
CK_INLINE int32_t part_end(int32_t i, int32_t extent, int32_t n) {
  return (int32_t)((((int64_t)i + 1) * extent + n - 1) / n);
}

CK_CLONES void ck_average_parts(float *restrict y, const float *restrict x, int32_t height,
                                int32_t width, int32_t channel_count, int32_t size) {
  const size_t channels = channel_count;
  for (int32_t row = 0; row < size; row++) {
    const int32_t top = part_start(row, height, size), bottom = part_end(row, height, size);
    for (int32_t column = 0; column < size; column++, y += channels) {
      const int32_t left = part_start(column, width, size), right = part_end(column, width, size);
      for (size_t c = 0; c < channels; c++) y[c] = 0;
      for (int32_t i = top; i < bottom; i++)
        for (int32_t j = left; j < right; j++) {
          const float *from = x + ((size_t)i * width + j) * channels;
          for (size_t c = 0; c < channels; c++) y[c] += from[c];
        }
      const float area = (float)((bottom - top) * (right - left));
      for (size_t c = 0; c < channels; c++) y[c] /= area;
    }
  }
}

CK_CLONES void ck_average_parts_gradient(float *restrict dx, const float *restrict dy,
                                         int32_t height, int32_t width, int32_t channel_count,
                                         int32_t size) {
  const size_t channels = channel_count;
  memset(dx, 0, sizeof(float) * channels * height * width);
  for (int32_t row = 0; row < size; row++) {
    const int32_t top = part_start(row, height, size), bottom = part_end(row, height, size);
    for (int32_t column = 0; column < size; column++, dy += channels) {
      const int32_t left = part_start(column, width, size), right = part_end(column, width, size);
      const float area = (float)((bottom - top) * (right - left));
      for (int32_t i = top; i < bottom; i++)
        for (int32_t j = left; j < right; j++) {
          float *to = dx + ((size_t)i * width + j) * channels;
          for (size_t c = 0; c < channels; c++) to[c] += dy[c] / area;
        }
    }
  }
}
