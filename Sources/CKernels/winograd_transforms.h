// Between maps and the domain: V, dX, Y and dM of Winograd.h. A tile of 16 channels is transformed
// along its columns, then along its rows, by tables that the compiler knows, so that zeros and ones
// cost nothing.
#pragma once

#include "winograd_vector.h"

// Whether a sum may begin with a term without multiplying.
CK_INLINE int is_unit(float factor) { return factor == 1 || factor == -1; }

// Σ over columns first, first + step, … of row[j] · x[j]; the first unit begins.
CK_INLINE vec dot(const float *row, int columns, int first, int step, const vec *x) {
  vec sum = {0};
  int begun = 0, unit = -1;
  UNROLL for (int j = 0; j < 8; j++) {
    if (begun || j >= columns || j < first || (j - first) % step || !is_unit(row[j])) continue;
    sum = row[j] * x[j];
    begun = 1, unit = j;
  }
  UNROLL for (int j = 0; j < 8; j++) {
    if (j >= columns || j < first || (j - first) % step || row[j] == 0 || j == unit) continue;
    sum = begun ? multiply_add(splat(row[j]), x[j], sum) : row[j] * x[j];
    begun = 1;
  }
  return sum;
}

// y ← T x, T having n rows, `pairs` pairs of opposite ones after the first.
CK_INLINE void apply(ck_table t, int n, int columns, int pairs, const vec *x, vec *y) {
  y[0] = dot(t[0], columns, 0, 1, x);
  UNROLL for (int p = 1; p < 8; p += 2) {
    if (p > 2 * pairs) continue;
    const vec even = dot(t[p], columns, 0, 2, x), odd = dot(t[p], columns, 1, 2, x);
    y[p] = even + odd;
    y[p + 1] = even - odd;
  }
  UNROLL for (int i = 1; i < 8; i++)
    if (i > 2 * pairs && i < n) y[i] = dot(t[i], columns, 0, 1, x);
}

// y ← Tᵀ x
CK_INLINE void apply_adjoint(ck_table t, int n, int columns, int pairs, const vec *x, vec *y) {
  vec sums[4], differences[4];
  UNROLL for (int p = 0; p < 4; p++) {
    if (p >= pairs) continue;
    sums[p] = x[2 * p + 1] + x[2 * p + 2];
    differences[p] = x[2 * p + 1] - x[2 * p + 2];
  }
  UNROLL for (int j = 0; j < 8; j++) {
    if (j >= columns) continue;
    vec sum = {0};
    int begun = 0, unit = -1;
    // The last point, infinity, always comes last.
    UNROLL for (int i = 0; i < 8; i++) {
      const int paired = i >= 1 && i <= 2 * pairs;
      if (begun || i >= n - 1 || (paired && i % 2 == 0) || !is_unit(t[i][j])) continue;
      sum = t[i][j] * (!paired ? x[i] : j % 2 ? differences[i / 2] : sums[i / 2]);
      begun = 1, unit = i;
    }
    UNROLL for (int i = 0; i < 8; i++) {
      const int paired = i >= 1 && i <= 2 * pairs;
      if (i >= n || (paired && i % 2 == 0) || t[i][j] == 0 || i == unit) continue;
      const vec term = !paired ? x[i] : j % 2 ? differences[i / 2] : sums[i / 2];
      sum = begun ? multiply_add(splat(t[i][j]), term, sum) : t[i][j] * term;
      begun = 1;
    }
    y[j] = sum;
  }
}

// A transform along one dimension of a tile: `extent` values to `rows` points. A smaller tile of a division lacks so many
// spare points.
typedef struct {
  const float (*table)[8];
  int rows, extent, pairs;
  int lacked;
} transform;

CK_INLINE int point_of(transform t, int row) {
  return row == t.rows - 1 ? row + t.lacked : row;
}

// The numbers of a tile among those of a domain's point: of any; of a spare column; of a spare row; of both.
typedef struct {
  size_t tile[2][2];
} numbers;

CK_INLINE numbers numbers_of(const ck_winograd *w, const ck_position *at) {
  numbers result;
  for (int row = 0; row < 2; row++)
    for (int column = 0; column < 2; column++)
      result.tile[row][column] = ck_tiles_before(w, at, row, column);
  return result;
}

// Those after the numbers of the first tile.
CK_INLINE numbers numbers_since(const ck_winograd *w, const ck_position *at, const numbers *first) {
  numbers result = numbers_of(w, at);
  for (int row = 0; row < 2; row++)
    for (int column = 0; column < 2; column++)
      result.tile[row][column] -= first->tile[row][column];
  return result;
}

// Calls f(transform of the rows, of the columns) with those of a tile's size.
#define FOR_SIZES(w, at, large, small, f)                                 \
  do {                                                                    \
    const int tall_ = !(small).table || (at).row < (w)->large_rows;       \
    const int wide_ = !(small).table || (at).column < (w)->large_columns; \
    if (tall_ && wide_) f(large, large);                                  \
    else if (tall_) f(large, small);                                      \
    else if (wide_) f(small, large);                                      \
    else f(small, small);                                                 \
  } while (0)

// The position of a tile, or of a part of it, in its map, and what of it is inside the map.
typedef struct {
  ptrdiff_t offset;  // floats from the first image to the tile's first value
  int top, bottom, left, right;
  int whole;
} place;

// The first value of a row or column of tiles, of which so many are large.
CK_INLINE int first_of(const ck_winograd *w, int index, int large) {
  const int smaller = index > large ? index - large : 0;
  return index * w->tile - smaller * ck_spare_points(w->tile, w->kernel);
}

// ⌈a / b⌉, b being 1 for most maps; a division would take as long as a row of a transform.
CK_INLINE int quotient_above(int a, int b) { return b == 1 ? a : (a + b - 1) / b; }

CK_INLINE place place_of(const ck_winograd *w, const ck_map *map, int height, int width,
                         const ck_position *at, int part) {
  const int stride = map->stride;
  const int part_row = stride == 1 ? 0 : part / stride;
  const int y = first_of(w, at->row, w->large_rows) * stride + map->origin + part_row;
  const int x = first_of(w, at->column, w->large_columns) * stride + map->origin + part -
                part_row * stride;
  place p;
  p.offset = (((ptrdiff_t)at->image * map->height + y) * map->width + x) * map->channels;
  p.top = y < 0 ? quotient_above(-y, stride) : 0;
  p.left = x < 0 ? quotient_above(-x, stride) : 0;
  const int bottom = quotient_above(map->height - y, stride);
  const int right = quotient_above(map->width - x, stride);
  p.bottom = bottom < height ? bottom : height;
  p.right = right < width ? right : width;
  p.whole = p.top == 0 && p.left == 0 && p.bottom == height && p.right == width;
  return p;
}

// Where the channels of a block stand in a map.
typedef struct {
  place place;
  ptrdiff_t offset;  // floats from the first image
  int lanes;
} block_place;

// Blocks of one tile are asked for one after the other.
CK_INLINE void next_block(block_place *b, const ck_winograd *w, const ck_map *map, int height,
                          int width, const ck_position *at, int block) {
  if (map->stride == 1) {
    if (block == 0) b->place = place_of(w, map, height, width, at, 0);
    const int start = block * 16;
    b->lanes = map->group_channels - start < 16 ? map->group_channels - start : 16;
    b->offset = b->place.offset + start;
  } else {
    const int start = block * 16, part = start / map->channels;
    if (start % map->channels == 0) b->place = place_of(w, map, height, width, at, part);
    b->lanes = 16;
    b->offset = b->place.offset + start % map->channels;
  }
}

CK_INLINE int is_between(int i, int first, int end) { return i >= first && i < end; }

// A domain of so many floats is not in the second-level cache, whose lines for the next block are fetched while one is computed:
// stores alone have too few under way. That takes 25 to 35 % less time.
static const size_t far_domain = 256 << 10;

// Fetches the lines of the tile after one, from a column on, into the second-level cache. Maps of a batch are not in cache, and a
// tile is short runs of lines in several rows, which the processor does not foresee: with this, resnet20's outputs and small32's
// inputs take a quarter to a third less time. Fetched into the first-level cache, they take as long as before.
CK_INLINE void fetch_next(const ck_winograd *w, const ck_map *map, const float *maps,
                          const ck_position *at, size_t block, int height, int first_column,
                          int width) {
  ck_position next = *at;
  ck_advance(w, &next);
  const float *const from =
      maps + place_of(w, map, height, width, &next, 0).offset + block * 16;
  const size_t channels = map->channels, row = map->width * channels;
  for (int i = 0; i < height; i++)
    for (int j = first_column; j < width; j++)
      __builtin_prefetch(from + i * row + j * channels, 0, 2);
}

// How points are written: past the caches; into them; with a fetch of the lines of the next block.
typedef enum { are_streamed, are_stored, are_stored_far } writing;

// A row of points ← y; those of spare columns have other places.
CK_INLINE void put_points(transform across, int n, int spare, float *to, float *spare_to,
                          size_t stride, size_t pitch, writing writing, const vec *y) {
#define EACH_POINT(f)                                                           \
  UNROLL for (int j = 0; j < 8; j++) {                                          \
    if (j >= across.rows) continue;                                             \
    const int point = point_of(across, j);                                      \
    float *const value = (ck_is_spare(point, n, spare) ? spare_to : to) + point * stride; \
    f;                                                                          \
  }
  if (writing == are_streamed) {
    EACH_POINT(stream(value, y[j]))
    return;
  }
  EACH_POINT(store(value, y[j]))
  if (writing == are_stored_far) {
    EACH_POINT(__builtin_prefetch(value + pitch * 16, 0, 2))
  }
#undef EACH_POINT
}

static const float outside[16] __attribute__((aligned(64)));

// domain ← T tile Tᵀ for every block of a tile. What is outside is 0.
CK_INLINE void tile_to_domain(transform down, transform across, int spare, int n,
                              const ck_winograd *w, const ck_map *map, float *domain, size_t pitch,
                              int streams, int fetches, const float *maps,
                              const ck_position *at, const numbers *numbers) {
  const size_t stride = ck_point_stride(map, pitch);
  const size_t channels = (size_t)map->stride * map->channels;
  const int blocks = (int)ck_blocks(map), height = down.extent, width = across.extent;
  const int is_far = n * n * stride > far_domain;
  float edge[64 * 16];
  vec x[8], y[8], half[8][8];
  block_place b;
  for (int block = 0; block < blocks; block++) {
    next_block(&b, w, map, height, width, at, block);
    const place p = b.place;
    // Tiles overlap.
    if (fetches && map->stride == 1)
      fetch_next(w, map, maps, at, block, height, w->kernel - 1, width);
    const float *from = maps + b.offset;
    size_t row = map->width * channels, column = channels;
    int whole = p.whole;
    if (b.lanes < 16) {
      memset(edge, 0, sizeof(float) * 16 * height * width);
      for (int i = p.top; i < p.bottom; i++)
        for (int j = p.left; j < p.right; j++)
          for (int l = 0; l < b.lanes; l++)
            edge[(i * width + j) * 16 + l] = from[i * row + j * column + l];
      from = edge, row = 16 * width, column = 16, whole = 1;
    }
    float *to = domain + block * pitch * 16;
    for (int l = 0; l < 16; l += LANES) {
      for (int j = 0; j < width; j++) {
        const float *const first = from + l + j * column;
        if (whole) {
          UNROLL for (int i = 0; i < 8; i++) if (i < height) x[i] = load(first + i * row);
        } else if (is_between(j, p.left, p.right)) {
          UNROLL for (int i = 0; i < 8; i++)
            if (i < height) x[i] = load(is_between(i, p.top, p.bottom) ? first + i * row : outside);
        } else {
          UNROLL for (int i = 0; i < 8; i++) if (i < down.rows) half[i][j] = (vec){0};
          continue;
        }
        apply(down.table, down.rows, height, down.pairs, x, y);
        UNROLL for (int i = 0; i < 8; i++) if (i < down.rows) half[i][j] = y[i];
      }
      const writing writing =
          streams ? are_streamed : is_far && l == 0 ? are_stored_far : are_stored;
      for (int i = 0; i < down.rows; i++) {
        const int point = point_of(down, i);
        const size_t *const tiles = numbers->tile[ck_is_spare(point, n, spare)];
        apply(across.table, across.rows, width, across.pairs, half[i], y);
        float *const points = to + l + point * n * stride;
        put_points(across, n, spare, points + tiles[0] * 16, points + tiles[1] * 16, stride, pitch,
                   writing, y);
      }
    }
  }
}

// domain ← T tile Tᵀ for every tile, by the transforms of large tiles and of small ones.
CK_INLINE void to_domain(transform large, transform small, int n, const ck_winograd *w,
                         const ck_map *map, float *domain, size_t pitch, int streams,
                         int fetches, const float *maps, size_t first, size_t count) {
  ck_position at = ck_position_of(w, first);
  const numbers before = numbers_of(w, &at);
  for (size_t tile = 0; tile < count; tile++, ck_advance(w, &at)) {
    const numbers numbers = numbers_since(w, &at, &before);
#define F(down, across)                                                                        \
  tile_to_domain(down, across, small.lacked, n, w, map, domain, pitch, streams, fetches, maps, &at, \
                 &numbers)
    FOR_SIZES(w, at, large, small, F);
#undef F
  }
  if (streams) end_streams();
}

// What the values of a tile become for some channels: a copy of what ck_finish says, which the compiler keeps in registers.
typedef struct {
  int normalizes, adds_other;
  ck_rectification rectification;
  vec bias, mean, scale, shift, limit;
  ptrdiff_t added;  // floats from the map to the one that is added to it
} ending;

// Those of a gradient are added; those of an output are finished, most of them only by a bias and a rectifier.
typedef enum { are_added, are_rectified, are_finished } destiny;

CK_INLINE void put(float *to, vec x, destiny destiny, const ending *e) {
  if (destiny == are_added) {
    store(to, load(to) + x);
    return;
  }
  vec value = x + e->bias;
  if (destiny == are_rectified) {
    store(to, e->rectification ? rectified(value) : value);
    return;
  }
  if (e->normalizes) value = e->scale * (value - e->mean) + e->shift;
  if (e->adds_other) value += load(to + e->added);
  if (e->rectification != ck_not_rectified) value = rectified(value);
  if (e->rectification == ck_clipped) value = clipped(value, e->limit);
  store(to, value);
}

CK_INLINE float finished(float value, const ck_finish *f, size_t channel, ptrdiff_t place) {
  if (f->scale) value = f->scale[channel] * (value - f->mean[channel]) + f->shift[channel];
  if (f->added) value += f->added[place];
  if (f->rectification != ck_not_rectified) value = value < 0 ? 0 : value;
  if (f->rectification == ck_clipped) value = value > f->limit ? f->limit : value;
  return value;
}

// tile ← Tᵀ domain T for every block of a tile, either added to the map or, with a bias, written.
CK_INLINE void tile_from_domain(transform down, transform across, int spare, int n,
                                const ck_winograd *w, const ck_map *map, float *maps,
                                const float *domain, size_t pitch, destiny destiny,
                                const float *bias, const ck_finish *finish, const ck_position *at,
                                const numbers *numbers) {
  const size_t stride = ck_point_stride(map, pitch);
  const size_t channels = (size_t)map->stride * map->channels;
  const size_t row = map->width * channels, column = channels;
  const int blocks = (int)ck_blocks(map), height = down.extent, width = across.extent;
  const int adds = destiny == are_added;
  float edge[64 * 16];
  vec x[8], y[8], half[8][8];
  block_place b;
  for (int block = 0; block < blocks; block++) {
    next_block(&b, w, map, height, width, at, block);
    const place p = b.place;
    if (!adds) fetch_next(w, map, maps, at, block, height, 0, width);
    const size_t channel = block * 16;
    float *const to = maps + b.offset;
    const float *from = domain + block * pitch * 16;
    for (int l = 0; l < 16; l += LANES) {
      for (int i = 0; i < down.rows; i++) {
        const int point = point_of(down, i);
        const size_t *const tiles = numbers->tile[ck_is_spare(point, n, spare)];
        const float *const points = from + l + point * n * stride;
        const float *const any = points + tiles[0] * 16, *const spares = points + tiles[1] * 16;
        UNROLL for (int j = 0; j < 8; j++) {
          if (j >= across.rows) continue;
          const int other = point_of(across, j);
          x[j] = load((ck_is_spare(other, n, spare) ? spares : any) + other * stride);
        }
        apply_adjoint(across.table, across.rows, width, across.pairs, x, y);
        UNROLL for (int j = 0; j < 8; j++) if (j < width) half[j][i] = y[j];
      }
      ending end = {0};
      if (!adds) {
        end.rectification = finish->rectification;
        end.adds_other = finish->added != NULL;
        end.bias = load(bias + block * 16 + l);
        end.limit = splat(finish->limit);
        if (finish->added) end.added = finish->added - maps;
        end.normalizes = b.lanes == 16 && finish->scale;
        if (end.normalizes) {
          end.mean = load(finish->mean + channel + l);
          end.scale = load(finish->scale + channel + l);
          end.shift = load(finish->shift + channel + l);
        }
      }
      for (int j = 0; j < width; j++) {
        apply_adjoint(down.table, down.rows, height, down.pairs, half[j], y);
        if (b.lanes < 16) {
          UNROLL for (int i = 0; i < 8; i++)
            if (i < height) store(edge + (i * width + j) * 16 + l, y[i]);
        } else if (p.whole) {
          UNROLL for (int i = 0; i < 8; i++)
            if (i < height) put(to + l + i * row + j * column, y[i], destiny, &end);
        } else if (is_between(j, p.left, p.right)) {
          UNROLL for (int i = 0; i < 8; i++)
            if (i < height && is_between(i, p.top, p.bottom))
              put(to + l + i * row + j * column, y[i], destiny, &end);
        }
      }
    }
    if (b.lanes == 16) continue;
    for (int i = p.top; i < p.bottom; i++)
      for (int j = p.left; j < p.right; j++)
        for (int l = 0; l < b.lanes; l++) {
          float *value = to + i * row + j * column + l;
          const float found = edge[(i * width + j) * 16 + l];
          if (adds) {
            *value += found;
          } else {
            *value = finished(found + bias[block * 16 + l], finish, channel + l, value - maps);
          }
        }
  }
}

// tile ← Tᵀ domain T for every tile, by the transforms of large tiles and of small ones.
CK_INLINE void from_domain(transform large, transform small, int n, const ck_winograd *w,
                           const ck_map *map, float *maps, const float *domain, size_t pitch,
                           destiny destiny, const float *bias, const ck_finish *finish,
                           size_t first, size_t count) {
  ck_position at = ck_position_of(w, first);
  const numbers before = numbers_of(w, &at);
  for (size_t tile = 0; tile < count; tile++, ck_advance(w, &at)) {
    const numbers numbers = numbers_since(w, &at, &before);
#define F(down, across)                                                                        \
  tile_from_domain(down, across, small.lacked, n, w, map, maps, domain, pitch, destiny, bias, \
                   finish, &at, &numbers)
    FOR_SIZES(w, at, large, small, F);
#undef F
  }
}
