#include "clones.h"

#include <string.h>

// Short runs are commoner than long ones here, and a call of memcpy costs more than they do.
CK_INLINE void copy(float *restrict to, const float *restrict from, size_t n) {
  for (size_t i = 0; i < n; i++) to[i] = from[i];
}

CK_INLINE void clear(float *to, size_t n) {
  for (size_t i = 0; i < n; i++) to[i] = 0;
}

CK_INLINE void add(float *restrict to, const float *restrict from, size_t n) {
  for (size_t i = 0; i < n; i++) to[i] += from[i];
}

CK_CLONES void ck_lower(float *restrict columns, const float *restrict image,
                        const ck_window *window, int32_t first_channel, int32_t group_channels,
                        int32_t first_row, int32_t last_row) {
  const int32_t kernel = window->kernel, width = window->width;
  const size_t channels = window->channels, group = group_channels;
  const int whole = group == channels;
  for (int32_t row = first_row; row < last_row; row++) {
    for (int32_t place = 0; place < window->out_width; place++) {
      const int32_t left = place * window->stride - window->padding;
      const int32_t skip = left < 0 ? -left : 0;
      const int32_t end = left + kernel > width ? width - left : kernel;
      for (int32_t i = 0; i < kernel; i++, columns += kernel * group) {
        const int32_t y = row * window->stride - window->padding + i;
        if (y < 0 || y >= window->height || end <= skip) {
          clear(columns, kernel * group);
          continue;
        }
        clear(columns, skip * group);
        const float *from = image + ((size_t)y * width + left + skip) * channels + first_channel;
        if (whole) {
          copy(columns + skip * group, from, (end - skip) * group);
        } else {
          for (int32_t j = skip; j < end; j++, from += channels)
            copy(columns + j * group, from, group);
        }
        clear(columns + end * group, (kernel - end) * group);
      }
    }
  }
}

CK_CLONES void ck_raise(float *restrict image, const float *restrict columns,
                        const ck_window *window, int32_t first_channel, int32_t group_channels,
                        int32_t first_row, int32_t last_row) {
  const int32_t kernel = window->kernel, width = window->width;
  const size_t channels = window->channels, group = group_channels;
  const int whole = group == channels;
  for (int32_t row = first_row; row < last_row; row++) {
    for (int32_t place = 0; place < window->out_width; place++) {
      const int32_t left = place * window->stride - window->padding;
      const int32_t skip = left < 0 ? -left : 0;
      const int32_t end = left + kernel > width ? width - left : kernel;
      for (int32_t i = 0; i < kernel; i++, columns += kernel * group) {
        const int32_t y = row * window->stride - window->padding + i;
        if (y < 0 || y >= window->height || end <= skip) continue;
        float *to = image + ((size_t)y * width + left + skip) * channels + first_channel;
        if (whole) {
          add(to, columns + skip * group, (end - skip) * group);
        } else {
          for (int32_t j = skip; j < end; j++, to += channels)
            add(to, columns + j * group, group);
        }
      }
    }
  }
}

CK_CLONES void ck_lower_blocks(float *restrict blocks, size_t block, const float *restrict image,
                               const ck_window *window, int32_t first_row, int32_t last_row) {
  const int32_t kernel = window->kernel, stride = window->stride, places = window->out_width;
  const size_t channels = window->channels;
  for (int32_t i = 0; i < kernel; i++)
    for (int32_t j = 0; j < kernel; j++)
      for (size_t c = 0; c < channels; c += 16, blocks += block) {
        float *restrict to = blocks;
        for (int32_t row = first_row; row < last_row; row++) {
          const int32_t y = row * stride - window->padding + i;
          const int inside = y >= 0 && y < window->height;
          const float *restrict from = image + (ptrdiff_t)y * window->width * (ptrdiff_t)channels + c;
          for (int32_t place = 0; place < places; place++, to += 16) {
            const int32_t x = place * stride - window->padding + j;
            if (inside && x >= 0 && x < window->width)
              copy(to, from + x * (ptrdiff_t)channels, 16);
            else
              clear(to, 16);
          }
        }
      }
}

CK_CLONES void ck_block_rows(float *restrict blocks, size_t block, const float *restrict from,
                             size_t stride, size_t rows, size_t columns) {
  const size_t whole = columns / 16, rest = columns % 16;
  for (size_t row = 0; row < rows; row++, from += stride, blocks += 16) {
    for (size_t b = 0; b < whole; b++) copy(blocks + b * block, from + b * 16, 16);
    if (rest == 0) continue;
    float *restrict last = blocks + whole * block;
    for (size_t c = 0; c < 16; c++) last[c] = c < rest ? from[whole * 16 + c] : 0;
  }
}

CK_CLONES void ck_pack_panel(float *restrict panel, const float *restrict rows, size_t stride,
                             size_t count, size_t depth) {
  // Sixteen columns of the rows at a time, which then stay in cache.
  for (size_t start = 0; start < depth; start += 16) {
    const size_t n = depth - start < 16 ? depth - start : 16;
    for (size_t k = start; k < start + n; k++)
      for (size_t j = 0; j < 32; j++) panel[k * 32 + j] = j < count ? rows[j * stride + k] : 0;
  }
}

// Runs of stride × channels floats, such as 12, are short: copied by fours.
CK_CLONES void ck_space_to_depth(float *restrict to, const float *restrict image,
                                 const ck_window *window, int32_t rows, int32_t columns) {
  const int32_t stride = window->stride, channels = window->channels, width = window->width;
  const int32_t run = stride * channels;
  for (int32_t row = 0; row < rows; row++) {
    for (int32_t column = 0; column < columns; column++) {
      const int32_t x = column * stride - window->padding;
      const int32_t skip = x < 0 ? (-x < stride ? -x : stride) * channels : 0;
      const int32_t end = x + stride > width ? (x < width ? width - x : 0) * channels : run;
      for (int32_t i = 0; i < stride; i++, to += run) {
        const int32_t y = row * stride - window->padding + i;
        if (y < 0 || y >= window->height || end <= skip) {
          clear(to, run);
          continue;
        }
        const float *restrict from = image + ((ptrdiff_t)y * width + x) * channels;
        for (int32_t c = 0; c < skip; c++) to[c] = 0;
        _Pragma("clang loop vectorize_width(4) interleave_count(1)")
        for (int32_t c = skip; c < end; c++) to[c] = from[c];
        for (int32_t c = end; c < run; c++) to[c] = 0;
      }
    }
  }
}

CK_CLONES void ck_depth_to_space(float *restrict image, const float *restrict from,
                                 const ck_window *window, int32_t rows, int32_t columns) {
  const int32_t stride = window->stride, channels = window->channels, width = window->width;
  clear(image, (size_t)window->height * width * channels);
  for (int32_t row = 0; row < rows; row++) {
    for (int32_t column = 0; column < columns; column++) {
      for (int32_t i = 0; i < stride; i++, from += stride * channels) {
        const int32_t y = row * stride - window->padding + i;
        if (y < 0 || y >= window->height) continue;
        for (int32_t j = 0; j < stride; j++) {
          const int32_t x = column * stride - window->padding + j;
          if (x >= 0 && x < width)
            copy(image + ((ptrdiff_t)y * width + x) * channels, from + j * channels, channels);
        }
      }
    }
  }
}
