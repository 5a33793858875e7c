// Vectors of the width that the including file asks for with LANES, as operators on arrays of floats
// that need no alignment. Included by the files of one instruction set each.
#pragma once

#include <string.h>

#include "clones.h"
#include "winograd_tables.h"

#define UNROLL _Pragma("clang loop unroll(full)")

typedef float vec __attribute__((vector_size(LANES * 4)));
typedef int32_t mask __attribute__((vector_size(LANES * 4)));
typedef float unaligned_vec __attribute__((vector_size(LANES * 4), aligned(4), may_alias));

CK_INLINE vec load(const float *from) { return *(const unaligned_vec *)from; }
CK_INLINE void store(float *to, vec x) { *(unaligned_vec *)to = x; }

// Past the caches, for what is read so much later that it would be gone from them: an ordinary store reads the line first, from
// memory. Only a whole line at a time is worth it; halves of lines at many places take three times as long as ordinary stores.
// `end_streams` follows before another thread may read.
CK_INLINE int can_stream(const float *to) { return LANES == 16 && (uintptr_t)to % 64 == 0; }
CK_INLINE void stream(float *to, vec x) { __builtin_nontemporal_store(x, (vec *)to); }
CK_INLINE void end_streams(void) {
#if defined(__x86_64__)
  __builtin_ia32_sfence();
#endif
}

CK_INLINE vec splat(float x) { return x - (vec){0}; }

// a · b + c, rounded once where the instruction set can.
CK_INLINE vec multiply_add(vec a, vec b, vec c) {
#if HAS_FMA
  return __builtin_elementwise_fma(a, b, c);
#else
  return a * b + c;
#endif
}

// At most the limit; NaN stays NaN.
CK_INLINE vec clipped(vec x, vec limit) {
  const mask above = (mask)(x > limit);
  return (vec)(((mask)x & ~above) | ((mask)limit & above));
}

// 0 where x is negative; NaN stays NaN.
CK_INLINE vec rectified(vec x) { return (vec)((mask)x & ~(mask)(x < (vec){0})); }
