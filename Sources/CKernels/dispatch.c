#include "clones.h"

extern const ck_winograd_kernels ck_winograd_avx512, ck_winograd_avx2, ck_winograd_plain;

const ck_winograd_kernels *ck_winograd_level(int32_t level) {
  if (level <= 0) return &ck_winograd_plain;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (level == 1)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &ck_winograd_avx2
                                                                           : NULL;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    return &ck_winograd_avx512;
#endif
  return NULL;
}
