#include "CResampling.h"

#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { HALF = 1 << (CRESAMPLING_BITS - 1) };

/// One output pixel, sample by sample.
static void across_one(const uint8_t *row, int channels, cresampling_tap tap, const int16_t *weights,
                       uint8_t *result) {
  const uint8_t *input = row + (long)tap.first * channels;
  for (int channel = 0; channel < channels; channel++) {
    int32_t sum = HALF;
    for (int k = 0; k < tap.count; k++) {
      sum += weights[tap.start + k] * input[(long)k * channels + channel];
    }
    result[channel] = (uint8_t)(sum >> CRESAMPLING_BITS);
  }
}

#if defined(__SSE2__)

/// Four bytes as 16-bit numbers.
static __m128i load4(const uint8_t *bytes) {
  int32_t word;
  memcpy(&word, bytes, sizeof word);
  return _mm_unpacklo_epi8(_mm_cvtsi32_si128(word), _mm_setzero_si128());
}

/// Eight bytes.
static __m128i load8(const uint8_t *bytes) { return _mm_loadl_epi64((const __m128i *)bytes); }

/// Two weights, repeated.
static __m128i pair(int16_t first, int16_t second) {
  return _mm_set1_epi32((int32_t)((uint32_t)(uint16_t)first | (uint32_t)(uint16_t)second << 16));
}

/// One output pixel of three channels. Reads one byte behind the last input pixel.
static void across_three(const uint8_t *row, cresampling_tap tap, const int16_t *weights,
                         uint8_t *result) {
  const uint8_t *input = row + 3L * tap.first;
  const int16_t *weight = weights + tap.start;
  __m128i sum = _mm_set1_epi32(HALF);
  int k = 0;
  for (; k + 2 <= tap.count; k += 2) {
    __m128i both = _mm_unpacklo_epi16(load4(input + 3L * k), load4(input + 3L * k + 3));
    sum = _mm_add_epi32(sum, _mm_madd_epi16(both, pair(weight[k], weight[k + 1])));
  }
  if (k < tap.count) {
    __m128i one = _mm_unpacklo_epi16(load4(input + 3L * k), _mm_setzero_si128());
    sum = _mm_add_epi32(sum, _mm_madd_epi16(one, pair(weight[k], 0)));
  }
  sum = _mm_srai_epi32(sum, CRESAMPLING_BITS);
  sum = _mm_packus_epi16(_mm_packs_epi32(sum, sum), sum);
  int32_t word = _mm_cvtsi128_si32(sum);
  memcpy(result, &word, 3);
}

/// Eight bytes of an output row.
static void down_eight(const uint8_t *input, long length, int count, const int16_t *weight,
                       uint8_t *result) {
  const __m128i zero = _mm_setzero_si128();
  __m128i low = _mm_set1_epi32(HALF), high = low;
  int k = 0;
  for (; k < count; k += 2) {
    int isPair = k + 1 < count;
    __m128i first = _mm_unpacklo_epi8(load8(input + k * length), zero);
    __m128i second = isPair ? _mm_unpacklo_epi8(load8(input + (k + 1) * length), zero) : zero;
    __m128i weights = pair(weight[k], isPair ? weight[k + 1] : 0);
    low = _mm_add_epi32(low, _mm_madd_epi16(_mm_unpacklo_epi16(first, second), weights));
    high = _mm_add_epi32(high, _mm_madd_epi16(_mm_unpackhi_epi16(first, second), weights));
  }
  __m128i sums = _mm_packs_epi32(_mm_srai_epi32(low, CRESAMPLING_BITS),
                                 _mm_srai_epi32(high, CRESAMPLING_BITS));
  _mm_storel_epi64((__m128i *)result, _mm_packus_epi16(sums, sums));
}

#endif

void cresampling_across(const uint8_t *pixels, int height, int width, int channels,
                        const cresampling_tap *taps, const int16_t *weights, int new_width,
                        uint8_t *result) {
  for (int y = 0; y < height; y++) {
    const uint8_t *row = pixels + (long)y * width * channels;
    uint8_t *output = result + (long)y * new_width * channels;
    for (int x = 0; x < new_width; x++, output += channels) {
#if defined(__SSE2__)
      // The byte behind the last pixel of the last row is not part of the image.
      if (channels == 3 && (y + 1 < height || taps[x].first + taps[x].count < width)) {
        across_three(row, taps[x], weights, output);
        continue;
      }
#endif
      across_one(row, channels, taps[x], weights, output);
    }
  }
}

void cresampling_down(const uint8_t *pixels, int length, const cresampling_tap *taps,
                      const int16_t *weights, int new_height, uint8_t *result) {
  for (int y = 0; y < new_height; y++) {
    cresampling_tap tap = taps[y];
    const uint8_t *input = pixels + (long)tap.first * length;
    uint8_t *output = result + (long)y * length;
    int x = 0;
#if defined(__SSE2__)
    for (; x + 8 <= length; x += 8) {
      down_eight(input + x, length, tap.count, weights + tap.start, output + x);
    }
#endif
    for (; x < length; x++) {
      int32_t sum = HALF;
      for (int k = 0; k < tap.count; k++) {
        sum += weights[tap.start + k] * input[(long)k * length + x];
      }
      output[x] = (uint8_t)(sum >> CRESAMPLING_BITS);
    }
  }
}
