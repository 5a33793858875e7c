// Included at the beginning of every kernel file.
#pragma once

#include "CKernels.h"

#if defined(__x86_64__)
#define CK_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CK_CLONES
#endif

// Helpers are inlined into each clone that calls them.
#define CK_INLINE static inline __attribute__((always_inline))

// The AVX2 and AVX-512 clones may not fuse a multiplication with an addition: bits must not depend
// on the clone.
#pragma STDC FP_CONTRACT OFF
