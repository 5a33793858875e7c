#include "BFloat16.h"
#include "clones.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#pragma clang attribute push(__attribute__((target("amx-tile,amx-bf16,avx512f"))), apply_to = function)

typedef struct {
  uint8_t palette, first_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
} tile_configuration;

// Eight tiles of 16 rows of 64 bytes.
CK_INLINE void configure(void) {
  tile_configuration all = {.palette = 1};
  for (int tile = 0; tile < 8; tile++) {
    all.row_bytes[tile] = 64;
    all.rows[tile] = 16;
  }
  _tile_loadconfig(&all);
}

// 16 or 32 rows and columns of C: tiles 0 and 1 above 2 and 3, from A in 4 and 5 and B in 6 and 7.
CK_INLINE void multiply_block(const ck_bf16_product *p, size_t row, const int has_lower,
                              const int is_wide) {
  float *const c = p->c + row * p->c_row, *const below = c + 16 * p->c_row;
  const size_t c_row = p->c_row * 4, a_row = p->a_row * 2, b_pair = p->b_pair * 2;
  if (p->adds) {
    _tile_loadd(0, c, c_row);
    if (is_wide) _tile_loadd(1, c + 16, c_row);
    if (has_lower) _tile_loadd(2, below, c_row);
    if (has_lower && is_wide) _tile_loadd(3, below + 16, c_row);
  } else {
    _tile_zero(0);
    if (is_wide) _tile_zero(1);
    if (has_lower) _tile_zero(2);
    if (has_lower && is_wide) _tile_zero(3);
  }
  for (size_t run = 0; run < p->runs; run++) {
    const uint16_t *a = p->a + p->a_runs[run] + row * p->a_row, *b = p->b + run * p->b_run;
    for (size_t chunk = 0; chunk < p->chunks; chunk++) {
      _tile_loadd(4, a, a_row);
      _tile_loadd(6, b, b_pair);
      _tile_dpbf16ps(0, 4, 6);
      if (is_wide) {
        _tile_loadd(7, b + 32, b_pair);
        _tile_dpbf16ps(1, 4, 7);
      }
      if (has_lower) {
        _tile_loadd(5, a + 16 * p->a_row, a_row);
        _tile_dpbf16ps(2, 5, 6);
        if (is_wide) _tile_dpbf16ps(3, 5, 7);
      }
      a += 32;
      b += 16 * p->b_pair;
    }
  }
  _tile_stored(0, c, c_row);
  if (is_wide) _tile_stored(1, c + 16, c_row);
  if (has_lower) _tile_stored(2, below, c_row);
  if (has_lower && is_wide) _tile_stored(3, below + 16, c_row);
}

CK_INLINE void multiply_rows(const ck_bf16_product *p, const int is_wide) {
  size_t row = 0;
  for (; row + 16 < p->rows; row += 32) multiply_block(p, row, 1, is_wide);
  if (row < p->rows) multiply_block(p, row, 0, is_wide);
}

void ck_bf16_multiply_amx(const ck_bf16_product *product) {
  configure();
  if (product->columns > 16) {
    multiply_rows(product, 1);
  } else {
    multiply_rows(product, 0);
  }
  _tile_release();
}

#pragma clang attribute pop

// Whether the processor has AMX and the system lets the process use it, which each must ask for.
int ck_bf16_has_amx(void) {
  enum { request_permission = 0x1023, tile_data = 18 };
  if (!__builtin_cpu_supports("amx-bf16") || !__builtin_cpu_supports("avx512f")) return 0;
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}
#endif
