#if defined(__x86_64__)
#define KERNELS ck_winograd_avx512
#define LANES 16
#define HAS_FMA 1
#define ROWS 14
#define VECTORS 2
#define OUTER_ROWS 8
#define OUTER_VECTORS 3
#define EACH_ROWS EACH_ROWS_14

#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,fma"))), \
                             apply_to = function)
#include "winograd_kernels.h"
#pragma clang attribute pop
#endif
