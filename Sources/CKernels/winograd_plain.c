#define KERNELS ck_winograd_plain
#define LANES 4
#define HAS_FMA 0
#define ROWS 3
#define VECTORS 4
#define OUTER_ROWS 2
#define OUTER_VECTORS 4
#define EACH_ROWS EACH_ROWS_3

#include "winograd_kernels.h"
