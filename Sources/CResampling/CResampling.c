#include "CResampling.h"

#include <string.h>

enum { HALF = 1 << (CRESAMPLING_BITS - 1), GROUP = CRESAMPLING_GROUP };

// Without AVX2, sample by sample: the same sums of whole numbers.

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

static void down_plain(const uint8_t *input, long length, long from, cresampling_tap tap,
                       const int16_t *weights, uint8_t *output) {
  for (long x = from; x < length; x++) {
    int32_t sum = HALF;
    for (int k = 0; k < tap.count; k++) sum += weights[tap.start + k] * input[k * length + x];
    output[x] = (uint8_t)(sum >> CRESAMPLING_BITS);
  }
}

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

/// Sixteen bytes of each of two rows, in the halves of a register.
AVX2 static __m256i two_rows(const uint8_t *place, long row_length) {
  __m128i first = _mm_loadu_si128((const __m128i *)place);
  __m128i second = _mm_loadu_si128((const __m128i *)(place + row_length));
  return _mm256_inserti128_si256(_mm256_castsi128_si256(first), second, 1);
}

/// Two weights, in all places.
AVX2 static __m256i two_weights(const int16_t *weights) {
  int32_t both;
  memcpy(&both, weights, sizeof both);
  return _mm256_set1_epi32(both);
}

/// Four rows, two in each register, and of each four input pixels of three channels at a time.
AVX2 static void across_four_avx2(const uint8_t *rows, long row_length, const uint8_t *end,
                                  const cresampling_tap *taps, const int16_t *weights, int new_width,
                                  uint8_t *output) {
  // Pairs of one channel's samples, widened to 16 bits: of the first two pixels, and of the others.
  const __m256i front = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1));
  const __m256i back = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1));
  const __m256i half = _mm256_set1_epi32(HALF);
  const long output_length = 3L * new_width;
  for (int x = 0; x < new_width; x++, output += 3) {
    cresampling_tap tap = taps[x];
    const uint8_t *input = rows + 3L * tap.first;
    int groups = (tap.count + GROUP - 1) / GROUP;
    // The last group may reach beyond the image.
    if (end - (input + 3 * row_length) < 3L * GROUP * (groups - 1) + 16) {
      for (int row = 0; row < 4; row++) {
        across_one(rows + row * row_length, 3, tap, weights, output + row * output_length);
      }
      continue;
    }
    __m256i sums[2] = {half, half};
    for (int group = 0; group < groups; group++) {
      const int16_t *four = weights + tap.start + GROUP * group;
      __m256i first = two_weights(four), last = two_weights(four + 2);
      for (int pair = 0; pair < 2; pair++) {
        __m256i bytes = two_rows(input + 2 * pair * row_length + 3L * GROUP * group, row_length);
        __m256i sum = _mm256_madd_epi16(_mm256_shuffle_epi8(bytes, front), first);
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_shuffle_epi8(bytes, back), last));
        sums[pair] = _mm256_add_epi32(sums[pair], sum);
      }
    }
    __m256i words = _mm256_packs_epi32(_mm256_srai_epi32(sums[0], CRESAMPLING_BITS),
                                       _mm256_srai_epi32(sums[1], CRESAMPLING_BITS));
    words = _mm256_packus_epi16(words, words);
    __m128i even = _mm256_castsi256_si128(words), odd = _mm256_extracti128_si256(words, 1);
    int32_t results[4] = {_mm_cvtsi128_si32(even), _mm_cvtsi128_si32(odd),
                          _mm_extract_epi32(even, 1), _mm_extract_epi32(odd, 1)};
    for (int row = 0; row < 4; row++) {
      uint8_t *place = output + row * output_length;
      // A fourth byte belongs to the next pixel, which is written later.
      if (x + 1 < new_width) {
        memcpy(place, &results[row], 4);
      } else {
        memcpy(place, &results[row], 3);
      }
    }
  }
}

/// Sixteen bytes of a row at a time. Returns how many were done.
AVX2 static long down_avx2(const uint8_t *input, long length, cresampling_tap tap,
                           const int16_t *weights, uint8_t *output) {
  const int16_t *weight = weights + tap.start;
  long x = 0;
  for (; x + 16 <= length; x += 16) {
    __m256i low = _mm256_set1_epi32(HALF), high = low;
    for (int k = 0; k < tap.count; k += 2) {
      const uint8_t *place = input + k * length + x;
      __m128i first = _mm_loadu_si128((const __m128i *)place);
      // Weights behind the last are zero.
      __m128i second = k + 1 < tap.count ? _mm_loadu_si128((const __m128i *)(place + length)) : first;
      int32_t both;
      memcpy(&both, weight + k, sizeof both);
      __m256i factors = _mm256_set1_epi32(both);
      __m256i pairs = _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(first, second));
      low = _mm256_add_epi32(low, _mm256_madd_epi16(pairs, factors));
      pairs = _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(first, second));
      high = _mm256_add_epi32(high, _mm256_madd_epi16(pairs, factors));
    }
    // Packing works within halves: their middle quarters are exchanged.
    __m256i words = _mm256_packs_epi32(_mm256_srai_epi32(low, CRESAMPLING_BITS),
                                       _mm256_srai_epi32(high, CRESAMPLING_BITS));
    words = _mm256_permute4x64_epi64(words, 0xd8);
    __m128i bytes = _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    _mm_storeu_si128((__m128i *)(output + x), bytes);
  }
  return x;
}

static int has_avx2(void) { return __builtin_cpu_supports("avx2"); }

#else

static int has_avx2(void) { return 0; }
static void across_four_avx2(const uint8_t *rows, long row_length, const uint8_t *end,
                             const cresampling_tap *taps, const int16_t *weights, int new_width,
                             uint8_t *output) {
  (void)rows, (void)row_length, (void)end, (void)taps, (void)weights, (void)new_width, (void)output;
}
static long down_avx2(const uint8_t *input, long length, cresampling_tap tap, const int16_t *weights,
                      uint8_t *output) {
  (void)input, (void)length, (void)tap, (void)weights, (void)output;
  return 0;
}

#endif

void cresampling_across(const uint8_t *pixels, int height, int width, int channels,
                        const cresampling_tap *taps, const int16_t *weights, int new_width,
                        uint8_t *result) {
  const long row_length = (long)width * channels;
  const uint8_t *end = pixels + height * row_length;
  const int is_fast = channels == 3 && has_avx2();
  int y = 0;
  for (; is_fast && y + 4 <= height; y += 4) {
    across_four_avx2(pixels + y * row_length, row_length, end, taps, weights, new_width,
                     result + 3L * y * new_width);
  }
  for (; y < height; y++) {
    uint8_t *output = result + (long)y * new_width * channels;
    for (int x = 0; x < new_width; x++, output += channels) {
      across_one(pixels + y * row_length, channels, taps[x], weights, output);
    }
  }
}

void cresampling_down(const uint8_t *pixels, int length, const cresampling_tap *taps,
                      const int16_t *weights, int new_height, uint8_t *result) {
  int is_fast = has_avx2();
  for (int y = 0; y < new_height; y++) {
    const uint8_t *input = pixels + (long)taps[y].first * length;
    uint8_t *output = result + (long)y * length;
    long done = is_fast ? down_avx2(input, length, taps[y], weights, output) : 0;
    down_plain(input, length, done, taps[y], weights, output);
  }
}
