#define MULTIPLY ck_bf16_multiply_plain
#define LANES 4
#define ROWS 4

#include "bfloat16_products.h"
