#include "clones.h"

#include <math.h>
#include <string.h>

size_t ck_lrn_scratch(const ck_lrn *lrn) {
  return (size_t)(lrn->channels + lrn->size) + 2 * (size_t)lrn->channels;
}

// sums[c] = Σ padded[c ..< c + size], from the first to the last.
CK_INLINE void neighbour_sums(float *restrict sums, const float *restrict padded,
                                  size_t channels, size_t size) {
  if (size == 5) {
    for (size_t c = 0; c < channels; c++)
      sums[c] = (((padded[c] + padded[c + 1]) + padded[c + 2]) + padded[c + 3]) + padded[c + 4];
    return;
  }
  for (size_t c = 0; c < channels; c++) sums[c] = padded[c];
  for (size_t j = 1; j < size; j++)
    for (size_t c = 0; c < channels; c++) sums[c] += padded[c + j];
}

// powers[c] = (k + α/size · sums[c])^β; scales[c] the base.
CK_INLINE void scale_powers(float *restrict powers, float *restrict scales, size_t channels,
                                const ck_lrn *lrn) {
  for (size_t c = 0; c < channels; c++)
    scales[c] = lrn->k + lrn->alpha_over_size * scales[c];
  if (lrn->beta == 0.75f) {
    // The usual β needs no call of pow: s^¾ = √s · √√s.
    for (size_t c = 0; c < channels; c++) {
      // Not sqrtf, whose errno keeps the loop from being vectorised.
      const float root = __builtin_elementwise_sqrt(scales[c]);
      powers[c] = root * __builtin_elementwise_sqrt(root);
    }
  } else {
    for (size_t c = 0; c < channels; c++) powers[c] = powf(scales[c], lrn->beta);
  }
}

CK_CLONES void ck_lrn_forward(float *restrict y, const float *restrict x, size_t places,
                              const ck_lrn *lrn, float *restrict scratch) {
  const size_t channels = lrn->channels, half = lrn->size / 2;
  float *restrict padded = scratch;
  float *restrict scales = padded + channels + lrn->size;
  float *restrict powers = scales + channels;
  memset(padded, 0, sizeof(float) * (channels + lrn->size));
  for (size_t place = 0; place < places; place++, x += channels, y += channels) {
    for (size_t c = 0; c < channels; c++) padded[half + c] = x[c] * x[c];
    neighbour_sums(scales, padded, channels, lrn->size);
    scale_powers(powers, scales, channels, lrn);
    for (size_t c = 0; c < channels; c++) y[c] = x[c] / powers[c];
  }
}

CK_CLONES void ck_lrn_gradient(float *restrict dx, const float *restrict dy,
                               const float *restrict x, size_t places, const ck_lrn *lrn,
                               float *restrict scratch) {
  const size_t channels = lrn->channels, half = lrn->size / 2;
  const float factor = 2 * lrn->alpha_over_size * lrn->beta;
  float *restrict padded = scratch;
  float *restrict scales = padded + channels + lrn->size;
  float *restrict powers = scales + channels;
  memset(padded, 0, sizeof(float) * (channels + lrn->size));
  for (size_t place = 0; place < places; place++, x += channels, dx += channels, dy += channels) {
    for (size_t c = 0; c < channels; c++) padded[half + c] = x[c] * x[c];
    neighbour_sums(scales, padded, channels, lrn->size);
    scale_powers(powers, scales, channels, lrn);
    // dxᵢ = dyᵢ / sᵢ^β − 2αβ/size · xᵢ · Σⱼ dyⱼ xⱼ / (sⱼ^β sⱼ), j over the neighbours of i.
    for (size_t c = 0; c < channels; c++)
      padded[half + c] = dy[c] * x[c] / (powers[c] * scales[c]);
    neighbour_sums(scales, padded, channels, lrn->size);
    for (size_t c = 0; c < channels; c++)
      dx[c] = dy[c] / powers[c] - factor * x[c] * scales[c];
  }
}

// Rows that are summed in float before their sum is added in double.
enum { run = 32 };

CK_CLONES void ck_channel_moments(double *restrict means, double *restrict squares,
                                  const float *restrict x, size_t rows, size_t channels,
                                  float *restrict scratch) {
  float *restrict sums = scratch, *restrict mean = scratch + channels;
  for (size_t c = 0; c < channels; c++) means[c] = squares[c] = 0;
  for (size_t first = 0; first < rows; first += run) {
    const size_t end = rows - first < run ? rows : first + run;
    for (size_t c = 0; c < channels; c++) sums[c] = 0;
    for (size_t r = first; r < end; r++)
      for (size_t c = 0; c < channels; c++) sums[c] += x[r * channels + c];
    for (size_t c = 0; c < channels; c++) means[c] += (double)sums[c];
  }
  for (size_t c = 0; c < channels; c++) {
    means[c] /= (double)rows;
    mean[c] = (float)means[c];
  }
  for (size_t first = 0; first < rows; first += run) {
    const size_t end = rows - first < run ? rows : first + run;
    for (size_t c = 0; c < channels; c++) sums[c] = 0;
    for (size_t r = first; r < end; r++)
      for (size_t c = 0; c < channels; c++) {
        const float difference = x[r * channels + c] - mean[c];
        sums[c] += difference * difference;
      }
    for (size_t c = 0; c < channels; c++) squares[c] += (double)sums[c];
  }
  // The mean was rounded: Σ (x − mean)² is less than that around the rounded one.
  for (size_t c = 0; c < channels; c++) {
    const double rounding = means[c] - (double)mean[c];
    squares[c] -= (double)rows * rounding * rounding;
    if (squares[c] < 0) squares[c] = 0;
  }
}

CK_CLONES void ck_normalize(float *restrict y, const float *restrict x, const float *restrict mean,
                            const float *restrict scale, const float *restrict shift, size_t rows,
                            size_t channels, int32_t rectifies) {
  if (rectifies) {
    for (size_t r = 0; r < rows; r++, x += channels, y += channels)
      for (size_t c = 0; c < channels; c++) {
        const float value = scale[c] * (x[c] - mean[c]) + shift[c];
        y[c] = value < 0 ? 0 : value;
      }
    return;
  }
  for (size_t r = 0; r < rows; r++, x += channels, y += channels)
    for (size_t c = 0; c < channels; c++) y[c] = scale[c] * (x[c] - mean[c]) + shift[c];
}

CK_CLONES void ck_normalize_sums(double *restrict dy_sums, double *restrict products,
                                 const float *restrict dy, const float *restrict y,
                                 const float *restrict x, const float *restrict mean, size_t rows,
                                 size_t channels, float *restrict scratch) {
  float *restrict sums = scratch, *restrict own = scratch + channels;
  for (size_t first = 0; first < rows; first += run) {
    const size_t end = rows - first < run ? rows : first + run;
    for (size_t c = 0; c < channels; c++) sums[c] = own[c] = 0;
    for (size_t r = first; r < end; r++) {
      const float *restrict d = dy + r * channels, *restrict v = x + r * channels;
      if (y) {
        const float *restrict given = y + r * channels;
        for (size_t c = 0; c < channels; c++) {
          const float gradient = given[c] > 0 ? d[c] : 0;
          sums[c] += gradient;
          own[c] += gradient * (v[c] - mean[c]);
        }
      } else {
        for (size_t c = 0; c < channels; c++) {
          sums[c] += d[c];
          own[c] += d[c] * (v[c] - mean[c]);
        }
      }
    }
    for (size_t c = 0; c < channels; c++) {
      dy_sums[c] += (double)sums[c];
      products[c] += (double)own[c];
    }
  }
}

CK_CLONES void ck_normalize_gradient(float *dx, const float *dy, const float *y,
                                     const float *restrict x, const float *restrict mean,
                                     const float *restrict scale, const float *restrict offset,
                                     const float *restrict slope, size_t rows, size_t channels) {
  for (size_t r = 0; r < rows; r++, x += channels, dx += channels, dy += channels) {
    if (y) {
      _Pragma("clang loop vectorize(assume_safety)")
      for (size_t c = 0; c < channels; c++) {
        const float gradient = y[c] > 0 ? dy[c] : 0;
        dx[c] = scale[c] * (gradient - offset[c] - slope[c] * (x[c] - mean[c]));
      }
      y += channels;
    } else {
      _Pragma("clang loop vectorize(assume_safety)")
      for (size_t c = 0; c < channels; c++)
        dx[c] = scale[c] * (dy[c] - offset[c] - slope[c] * (x[c] - mean[c]));
    }
  }
}
