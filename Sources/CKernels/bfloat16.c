#include "BFloat16.h"

#include "clones.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// The bits of a float, rounded to its upper half. NaN stays NaN.
CK_INLINE uint32_t rounded(float x) {
  uint32_t bits;
  __builtin_memcpy(&bits, &x, 4);
  const uint32_t magnitude = bits & 0x7fffffffu;
  const uint32_t nearest = (bits + 0x7fffu + (bits >> 16 & 1)) >> 16;
  const uint32_t quiet = bits >> 16 | 0x40u;
  const uint32_t sign = bits >> 16 & 0x8000u;
  return magnitude > 0x7f800000u ? quiet : magnitude < 0x00800000u ? sign : nearest;
}

CK_INLINE void round_row(uint16_t *restrict to, const float *restrict from, size_t count) {
  for (size_t i = 0; i < count; i++) to[i] = (uint16_t)rounded(from[i]);
}

CK_CLONES static void round_rows(uint16_t *to, size_t to_row, const float *from, size_t from_row,
                                 size_t rows, size_t columns) {
  for (size_t row = 0; row < rows; row++) {
    round_row(to + row * to_row, from + row * from_row, columns);
  }
}

#if defined(__x86_64__)
// By the instruction for it, which rounds and flushes as above; measured at a third of the time.
__attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16"))) static void round_rows_by_instruction(
    uint16_t *to, size_t to_row, const float *from, size_t from_row, size_t rows, size_t columns) {
  for (size_t row = 0; row < rows; row++) {
    uint16_t *const line = to + row * to_row;
    const float *const values = from + row * from_row;
    size_t i = 0;
    for (; i + 32 <= columns; i += 32) {
      _mm512_storeu_si512(line + i,
                          (__m512i)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(values + i + 16),
                                                       _mm512_loadu_ps(values + i)));
    }
    for (; i < columns; i += 16) {
      const __mmask16 mask = columns - i < 16 ? (__mmask16)((1u << (columns - i)) - 1) : 0xffff;
      _mm256_mask_storeu_epi16(
          line + i, mask, (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, values + i)));
    }
  }
}
#endif

void ck_bf16_round_rows(uint16_t *to, size_t to_row, const float *from, size_t from_row,
                        size_t rows, size_t columns, size_t padded) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl")) {
    round_rows_by_instruction(to, to_row, from, from_row, rows, columns);
  } else {
    round_rows(to, to_row, from, from_row, rows, columns);
  }
#else
  round_rows(to, to_row, from, from_row, rows, columns);
#endif
  for (size_t row = 0; row < rows && columns < padded; row++) {
    for (size_t column = columns; column < padded; column++) to[row * to_row + column] = 0;
  }
}

CK_CLONES void ck_bf16_pair_rows(uint16_t *to, size_t to_row, const uint16_t *from,
                                 size_t from_row, size_t rows, size_t columns) {
  for (size_t row = 0; row < rows; row += 2) {
    const uint16_t *restrict const first = from + row * from_row;
    const uint16_t *restrict const second = first + from_row;
    uint16_t *restrict const line = to + row / 2 * to_row;
    if (row + 1 < rows) {
      for (size_t i = 0; i < columns; i++) {
        const uint32_t word = (uint32_t)second[i] << 16 | first[i];
        __builtin_memcpy(line + 2 * i, &word, 4);
      }
    } else {
      for (size_t i = 0; i < columns; i++) {
        const uint32_t word = first[i];
        __builtin_memcpy(line + 2 * i, &word, 4);
      }
    }
  }
}

typedef uint32_t line __attribute__((vector_size(64)));
typedef uint32_t unaligned_line __attribute__((vector_size(64), aligned(2), may_alias));

// 16 × 16 words: pairs of rows change their words of one bit of the column after the other.
CK_INLINE void transpose_square(uint16_t *to, size_t to_row, const uint16_t *from, size_t from_row) {
  line x[16], y[16];
  for (int i = 0; i < 16; i++) x[i] = *(const unaligned_line *)(from + i * from_row);
  for (int i = 0; i < 8; i++) {
    y[2 * i] = __builtin_shufflevector(x[i], x[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    y[2 * i + 1] = __builtin_shufflevector(x[i], x[i + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  }
  for (int i = 0; i < 8; i++) {
    x[2 * i] = __builtin_shufflevector(y[i], y[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    x[2 * i + 1] = __builtin_shufflevector(y[i], y[i + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  }
  for (int i = 0; i < 8; i++) {
    y[2 * i] = __builtin_shufflevector(x[i], x[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    y[2 * i + 1] = __builtin_shufflevector(x[i], x[i + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  }
  for (int i = 0; i < 8; i++) {
    *(unaligned_line *)(to + 2 * i * to_row) = __builtin_shufflevector(y[i], y[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    *(unaligned_line *)(to + (2 * i + 1) * to_row) = __builtin_shufflevector(y[i], y[i + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  }
}

CK_CLONES void ck_bf16_transpose_words(uint16_t *to, size_t to_row, const uint16_t *from,
                                       size_t from_row, size_t rows, size_t words) {
  for (size_t row = 0; row < rows; row += 16) {
    for (size_t word = 0; word < words; word += 16) {
      if (row + 16 <= rows && word + 16 <= words) {
        transpose_square(to + word * to_row + 2 * row, to_row, from + row * from_row + 2 * word,
                         from_row);
        continue;
      }
      for (size_t r = row; r < rows && r < row + 16; r++) {
        for (size_t w = word; w < words && w < word + 16; w++) {
          __builtin_memcpy(to + w * to_row + 2 * r, from + r * from_row + 2 * w, 4);
        }
      }
    }
  }
}

CK_INLINE float finished(float x, ck_rectification rectification, float limit) {
  if (rectification == ck_not_rectified) return x;
  const float positive = x < 0 ? 0 : x;
  return rectification == ck_clipped && positive > limit ? limit : positive;
}

CK_INLINE void write_row(float *restrict to, const float *restrict from, size_t columns,
                         const float *restrict bias, ck_rectification rectification, float limit) {
  for (size_t i = 0; i < columns; i++) {
    to[i] = finished(bias ? from[i] + bias[i] : from[i], rectification, limit);
  }
}

CK_CLONES void ck_bf16_write_rows(float *to, size_t to_row, const float *from, size_t from_row,
                                  size_t rows, size_t columns, const float *bias,
                                  ck_rectification rectification, float limit) {
  for (size_t row = 0; row < rows; row++) {
    float *const line = to + row * to_row;
    const float *const values = from + row * from_row;
    // Whole panels are the rule.
    if (columns == 32 && rectification == ck_rectified && bias) {
      write_row(line, values, 32, bias, ck_rectified, 0);
    } else if (columns == 32 && rectification == ck_not_rectified && !bias) {
      write_row(line, values, 32, NULL, ck_not_rectified, 0);
    } else {
      write_row(line, values, columns, bias, rectification, limit);
    }
  }
}
