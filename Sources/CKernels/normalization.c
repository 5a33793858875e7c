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
