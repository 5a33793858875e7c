// The products of BFloat16.h by fused multiply-adds of floats. The including file defines MULTIPLY, LANES and ROWS.
#include <string.h>

#include "BFloat16.h"
#include "clones.h"

#define UNROLL _Pragma("clang loop unroll(full)")

typedef float vec __attribute__((vector_size(LANES * 4)));
typedef uint32_t words __attribute__((vector_size(LANES * 4)));
typedef float unaligned_vec __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef uint32_t unaligned_words __attribute__((vector_size(LANES * 4), aligned(2), may_alias));

// The numbers in the lower and the upper halves of words, as floats.
CK_INLINE vec lower(words w) { return (vec)(w << 16); }
CK_INLINE vec upper(words w) { return (vec)(w & 0xffff0000u); }

// One chunk for ROWS rows and LANES columns.
CK_INLINE void multiply_chunk(float *c, size_t c_row, const uint16_t *a, size_t a_row,
                              const uint16_t *b, size_t b_pair, int rows) {
  vec even[ROWS], odd[ROWS];
  UNROLL for (int row = 0; row < rows; row++) even[row] = odd[row] = (vec){0};
  for (int pair = 0; pair < 16; pair++) {
    const words right = *(const unaligned_words *)(b + pair * b_pair);
    UNROLL for (int row = 0; row < rows; row++) {
      uint32_t word;
      memcpy(&word, a + row * a_row + 2 * pair, 4);
      const words left = word - (words){0};
      even[row] = __builtin_elementwise_fma(lower(left), lower(right), even[row]);
      odd[row] = __builtin_elementwise_fma(upper(left), upper(right), odd[row]);
    }
  }
  UNROLL for (int row = 0; row < rows; row++) {
    unaligned_vec *const sum = (unaligned_vec *)(c + row * c_row);
    *sum = *sum + (even[row] + odd[row]);
  }
}

static void multiply_all(const ck_bf16_product *p) {
  const size_t rows = (p->rows + 15) / 16 * 16;
  if (!p->adds) {
    for (size_t row = 0; row < rows; row++) memset(p->c + row * p->c_row, 0, p->columns * 4);
  }
  for (size_t run = 0; run < p->runs; run++) {
    for (size_t chunk = 0; chunk < p->chunks; chunk++) {
      const uint16_t *const a = p->a + p->a_runs[run] + chunk * 32;
      const uint16_t *const b = p->b + run * p->b_run + chunk * 16 * p->b_pair;
      for (int32_t column = 0; column < p->columns; column += LANES) {
        for (size_t row = 0; row < rows; row += ROWS) {
          multiply_chunk(p->c + row * p->c_row + column, p->c_row, a + row * p->a_row, p->a_row,
                         b + column * 2, p->b_pair, ROWS);
        }
      }
    }
  }
}

void MULTIPLY(const ck_bf16_product *product) {
#if defined(__x86_64__)
  // Numbers too small for a normal float count as 0, as in AMX.
  const unsigned mode = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(mode | 0x8040);
  multiply_all(product);
  __builtin_ia32_ldmxcsr(mode);
#else
  multiply_all(product);
#endif
}
