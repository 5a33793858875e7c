#if defined(__x86_64__)
#define MULTIPLY ck_bf16_multiply_avx512
#define LANES 16
#define ROWS 8

#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,fma"))), \
                             apply_to = function)
#include "bfloat16_products.h"
#pragma clang attribute pop
#endif
