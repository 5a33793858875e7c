#if defined(__x86_64__)
#define MULTIPLY ck_bf16_multiply_avx2
#define LANES 8
#define ROWS 4

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "bfloat16_products.h"
#pragma clang attribute pop
#endif
