// Included at the beginning of every kernel file.
#pragma once

#include "CKernels.h"

// The clone is chosen while the program is loaded, before the run-time libraries of the sanitizers are ready: instrumented
// code would crash there. Builds with a sanitizer therefore have one version of each kernel, with the same bits.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CK_SANITIZED
#endif
#endif

#if defined(__x86_64__) && !defined(CK_SANITIZED)
#define CK_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CK_CLONES
#endif

// Helpers are inlined into each clone that calls them.
#define CK_INLINE static inline __attribute__((always_inline))

// The AVX2 and AVX-512 clones may not fuse a multiplication with an addition: bits must not depend
// on the clone.
#pragma STDC FP_CONTRACT OFF
