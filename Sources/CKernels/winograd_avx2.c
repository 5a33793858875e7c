#if defined(__x86_64__)
#define KERNELS ck_winograd_avx2
#define LANES 8
#define HAS_FMA 1
#define ROWS 6
#define VECTORS 2
#define OUTER_ROWS 4
#define OUTER_VECTORS 2
#define EACH_ROWS EACH_ROWS_6

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "winograd_kernels.h"
#pragma clang attribute pop
#endif
