#include "clones.h"

extern const ck_winograd_kernels ck_winograd_avx512, ck_winograd_avx2, ck_winograd_plain;
void ck_bf16_multiply_amx(const ck_bf16_product *product);
void ck_bf16_multiply_avx512(const ck_bf16_product *product);
void ck_bf16_multiply_avx2(const ck_bf16_product *product);
void ck_bf16_multiply_plain(const ck_bf16_product *product);
int ck_bf16_has_amx(void);

// Whether the processor has the instructions of a level.
static int has_level(int32_t level) {
  if (level <= 0) return 1;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (level == 1) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
#else
  return 0;
#endif
}

const ck_winograd_kernels *ck_winograd_level(int32_t level) {
  if (!has_level(level)) return NULL;
#if defined(__x86_64__)
  if (level > 0) return level == 1 ? &ck_winograd_avx2 : &ck_winograd_avx512;
#endif
  return &ck_winograd_plain;
}

ck_bf16_multiply ck_bf16_level(int32_t level) {
  if (!has_level(level)) return NULL;
#if defined(__x86_64__)
  if (level == 3) return ck_bf16_has_amx() ? ck_bf16_multiply_amx : NULL;
  if (level > 0) return level == 1 ? ck_bf16_multiply_avx2 : ck_bf16_multiply_avx512;
#endif
  return ck_bf16_multiply_plain;
}
