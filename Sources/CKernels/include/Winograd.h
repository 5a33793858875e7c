// Convolution of stride 1 by Winograd's minimal filtering, in C for the reason that CKernels.h gives.
//
// An output tile of m × m values needs an input tile of n × n, n = m + r − 1, and an r × r filter
// (Winograd 1980; Lavin and Gray, *Fast algorithms for convolutional neural networks*, 2015):
//
//   Y = Aᵀ [ Σ over channels (G w Gᵀ) ⊙ (B X Bᵀ) ] A
//
// Both tile and filter become n² numbers, the points of the domain; at each point the sum over the
// channels is a matrix product over all tiles. m² · r² multiplications become n². The map is
// linear in each factor, so gradients go through the transposed maps, exactly:
//
//   dM = A dY Aᵀ;  dV = Uᵀ dM, dX = Σ over tiles of Bᵀ dV B;  dU = dM Vᵀ, dW = Gᵀ dU G
//
// Layouts. Maps: images × height × width × channels. What follows is of one group of them, which functions treat as a
// convolution of its own, given a pointer to its first channel, its first filter and so on. A side of the domain: points ×
// blocks × tiles × 16, where a block is 16 channels (the last one padded with zeros). U: points × panels × depth × 32,
// a panel being 32 columns of the product. dU: points × filters × blocks × 16. Points are an odd number of cache lines apart: with a power of two, all points of
// a tile or a filter would compete for a few sets of the cache.
#pragma once

#include <stddef.h>
#include <stdint.h>

// One side of a convolution: maps of `channels`, of which a group has `group_channels`.
//
// With a stride above 1, the values of a tile are `stride` pixels apart, and every pixel within stride × stride is a part of
// the domain's channels: group_channels = stride² · channels, part by part, row by row; `channels` is then a multiple of
// 16. A strided convolution is one of stride 1 over such parts.
typedef struct {
  int32_t height, width, channels, group_channels;
  int32_t origin;  // the row and column of the first tile
  int32_t stride;
} ck_map;

// What replaces negative values by 0, and those above a limit by the limit.
typedef enum { ck_not_rectified, ck_rectified, ck_clipped } ck_rectification;

// What becomes of the sums of an output, in this order: scale · (x − mean) + shift, each for every channel; the values of
// another map at the same places are added; it is rectified. NULL for what is left out, for the first three together.
typedef struct {
  const float *mean, *scale, *shift;
  const float *added;
  ck_rectification rectification;
  float limit;
} ck_finish;

typedef struct {
  int32_t tile, kernel;  // m and r: (4, 2), (2, 3), (4, 3), (5, 3), (6, 3), (4, 4), (2, 5) or (4, 5)
  int32_t tile_rows, tile_columns;
  // The rows and columns of tiles that are of size m. Those after them are smaller: of 4 beside (5, 3) and (6, 3), of 3 beside
  // (4, 2). They are at some points of F(m, r), so that both have the same U.
  int32_t large_rows, large_columns;
  ck_map input, output;
} ck_winograd;

// The rows and columns, of n, of points that only large tiles have: so many before infinity. The domain has tiles one after the
// other at each point, so fewer there.
static inline int32_t ck_spare_points(int32_t tile, int32_t kernel) {
  return kernel == 2 ? 1 : tile - 4;
}
static inline int32_t ck_is_spare(int32_t point, int32_t n, int32_t spare) {
  return point < n - 1 && point >= n - 1 - spare;
}

// Which tile of which image.
typedef struct {
  size_t image;
  int32_t row, column;
} ck_position;

static inline ck_position ck_position_of(const ck_winograd *w, size_t tile) {
  const size_t per_image = (size_t)w->tile_rows * w->tile_columns, rest = tile % per_image;
  const ck_position result = {tile / per_image, (int32_t)(rest / w->tile_columns),
                              (int32_t)(rest % w->tile_columns)};
  return result;
}

static inline void ck_advance(const ck_winograd *w, ck_position *at) {
  if (++at->column < w->tile_columns) return;
  at->column = 0;
  if (++at->row < w->tile_rows) return;
  at->row = 0;
  at->image++;
}

// The tiles before one that have points of a row, of a column, or of both: all, or those that are large in that direction.
static inline size_t ck_tiles_before(const ck_winograd *w, const ck_position *at,
                                     int32_t row_is_spare, int32_t column_is_spare) {
  const size_t height = row_is_spare ? w->large_rows : w->tile_rows;
  const size_t width = column_is_spare ? w->large_columns : w->tile_columns;
  const size_t row = at->row, column = at->column;
  const size_t before =
      row < height ? row * width + (column < width ? column : width) : height * width;
  return at->image * height * width + before;
}

// Blocks of 16 channels.
static inline size_t ck_blocks(const ck_map *map) { return ((size_t)map->group_channels + 15) / 16; }

static inline size_t ck_odd_lines(size_t floats) { return ((floats + 15) / 16 | 1) * 16; }

// Floats from one point to the next: of a side with room for so many tiles; of U, for products of this
// depth and so many columns; of dU.
static inline size_t ck_point_stride(const ck_map *map, size_t tiles) {
  return ck_odd_lines(ck_blocks(map) * tiles * 16);
}
static inline size_t ck_filter_stride(size_t depth, size_t columns) {
  return ck_odd_lines(depth * ((columns + 31) / 32 * 32));
}
static inline size_t ck_gradient_stride(const ck_winograd *w) {
  return ck_odd_lines((size_t)w->output.group_channels * ck_blocks(&w->input) * 16);
}

// Two arrays, in cache lines, that are read after a product. It prefetches them evenly, so that memory is read while the
// processor multiplies. Nothing depends on them: they may reach beyond what there is.
typedef struct {
  const float *first, *second;
  size_t first_lines, second_lines;
} ck_ahead;

// A row of windows over an image of few channels, with a border: windows begin `step` floats apart; each is `runs` runs of `run`
// floats, `pitch` floats apart.
typedef struct {
  size_t count, step, runs, run, pitch;
} ck_windows;

// The kernels of one instruction set; the products serve dense layers as well. AVX-512 and AVX2 give the same bits: every output is one
// chain of fused multiply-adds in the same order. The plain level, without fused ones, differs.
//
// Tiles are numbered through a run of images, image by image, row by row; functions treat `count` of
// them from `first` on, and those are the first of a domain that has room for `pitch`.
typedef struct {
  // V ← B X Bᵀ, past the caches if `streams`.
  void (*input)(const ck_winograd *w, float *v, size_t pitch, int32_t streams, const float *maps,
                size_t first, size_t count);
  // maps ← maps + Bᵀ dV B
  void (*input_adjoint)(const ck_winograd *w, float *maps, const float *dv, size_t pitch,
                        size_t first, size_t count);
  // maps ← Aᵀ M A + bias, finished. A bias for each channel of each block.
  void (*output)(const ck_winograd *w, float *maps, const float *m, size_t pitch,
                 const float *bias, const ck_finish *finish, size_t first, size_t count);
  // dM ← A dY Aᵀ
  void (*output_adjoint)(const ck_winograd *w, float *dm, size_t pitch, const float *maps,
                         size_t first, size_t count);
  // U ← G w Gᵀ for 16 filters, as columns (`forward`) and as depth (`backward`) of the products, each if
  // not NULL. Panels' columns beyond the last are left as they are.
  void (*filter)(const ck_winograd *w, float *forward, float *backward, const float *weights,
                 size_t first);
  // gradient ← Gᵀ (Σ dU) G of one filter; the sum is of `parts` arrays `stride` floats apart, in order.
  void (*filter_adjoint)(const ck_winograd *w, float *gradient, const float *du, size_t parts,
                         size_t stride, size_t filter);
  // C ← A·B, or C + A·B if `accumulates`: A is rows × depth and C rows × columns, both in blocks of 16
  // columns, `a_block` and `c_block` floats apart; B in panels.
  void (*multiply)(float *c, size_t c_block, const float *a, size_t a_block, const float *b,
                   size_t rows, size_t depth, size_t columns, int32_t accumulates);
  // The same into rows of C that lie `c_row` floats apart; panels of B lie `b_panel` floats apart. What C becomes is
  // finished, if `finish` is not NULL, after a bias for each column, if that is not NULL.
  void (*multiply_into_rows)(float *c, size_t c_row, const float *a, size_t a_block, const float *b,
                             size_t b_panel, size_t rows, size_t depth, size_t columns,
                             int32_t accumulates, const float *bias, const ck_finish *finish);
  // C ← A·B or C + A·B for one panel of B, A being in blocks of 32.
  void (*multiply_panels)(float *c, size_t c_block, const float *a, size_t a_block, const float *b,
                          size_t rows, size_t depth, int32_t accumulates);
  // C ← Σ over tiles of dM Vᵀ, added to C if `accumulates`: `rows` × `blocks` of 16, the rows of C being
  // `c_row` floats apart. `ahead` may be NULL.
  void (*multiply_outer)(float *c, size_t c_row, const float *dm, size_t dm_block, const float *v,
                         size_t v_block, size_t tiles, size_t rows, size_t blocks,
                         int32_t accumulates, const ck_ahead *ahead);
  // C ← windows·B, plus a bias for each column if not NULL, finished: rows of C lie `c_row` floats apart; B in panels. Columns
  // are a multiple of 16.
  void (*multiply_windows)(const ck_windows *w, float *c, size_t c_row, const float *a,
                           const float *b, size_t columns, const float *bias,
                           const ck_finish *finish);
  // C ← C + Σ over the windows of their values times dY: values of a window × columns, rows of C being `c_row` floats apart.
  void (*add_window_gradients)(const ck_windows *w, float *c, size_t c_row, const float *a,
                               const float *dy, size_t columns);
} ck_winograd_kernels;

// The kernels of an instruction set, 2 for AVX-512, 1 for AVX2 and FMA, 0 for any; NULL where the
// processor lacks it.
const ck_winograd_kernels *ck_winograd_level(int32_t level);
