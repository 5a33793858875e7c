// Products of bfloat16 numbers, summed in single precision.
//
// A bfloat16 has the sign and exponent of a float and 7 bits of its fraction. AMX (Intel, from Sapphire Rapids on) multiplies
// tiles of 16 rows of 32 such numbers. Measured on one thread of an Emerald Rapids: 2,100 GFLOP/s, against 190 of OpenBLAS's
// products in single precision by AVX-512.
//
// Bits. Every level gives those of AMX: the depth of a product is divided into chunks of 32. Within a chunk, products of
// even positions are one chain of fused multiply-adds from 0, and those of odd positions another; their sum is added to the output.
// Numbers too small for a normal float count as 0, before and after every operation.
//
// Layouts. A *pair* is two numbers of successive positions of the depth, in one 32-bit word, the first in the lower half.
// The left operand is rows of numbers along the depth; the right operand is rows of pairs, one for each column.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "Winograd.h"

// C ← A·B, or C + A·B if `adds`, over a depth of runs × chunks × 32.
//
// Rows of A are `a_row` numbers apart, and run r begins `a_runs[r]` numbers after A. Rows of pairs of B are `b_pair`
// numbers apart, and runs of B `b_run`. Rows of C are `c_row` floats apart. Rows are computed 16 at a time: there must be
// memory for whole tiles of A and C.
typedef struct {
  const uint16_t *a, *b;
  float *c;
  size_t a_row, b_pair, b_run, c_row;
  const ptrdiff_t *a_runs;
  size_t runs, chunks;
  size_t rows;
  int32_t columns;  // 16 or 32
  int32_t adds;
} ck_bf16_product;

typedef void (*ck_bf16_multiply)(const ck_bf16_product *product);

// The product of a level: 3 for AMX, 2 for AVX-512, 1 for AVX2 and FMA, 0 for any; NULL where the processor lacks it or
// the system does not grant it.
ck_bf16_multiply ck_bf16_level(int32_t level);

// to ← from, rounded to the nearest, ties to even; what is too small for a normal number becomes 0. Rows of `columns` are
// `to_row` numbers and `from_row` floats apart; numbers up to `padded` columns are 0.
void ck_bf16_round_rows(uint16_t *to, size_t to_row, const float *from, size_t from_row,
                        size_t rows, size_t columns, size_t padded);
// Pairs of rows: word w of row r of `to` ← number w of rows 2r and 2r + 1; the one after the last row counts as 0.
// Rows of `to` are `to_row` numbers apart.
void ck_bf16_pair_rows(uint16_t *to, size_t to_row, const uint16_t *from, size_t from_row,
                       size_t rows, size_t columns);
// to[word][row] ← from[row][word] for 32-bit words; distances in numbers. Both in multiples of 16 words are the fastest.
void ck_bf16_transpose_words(uint16_t *to, size_t to_row, const uint16_t *from, size_t from_row,
                             size_t rows, size_t words);

// to ← `rows` rows of `columns` floats plus a bias for each column, if `bias` is not NULL, then rectified.
void ck_bf16_write_rows(float *to, size_t to_row, const float *from, size_t from_row, size_t rows,
                        size_t columns, const float *bias, ck_rectification rectification,
                        float limit);
