#include "clones.h"

// Channels are gone through as vectors, in a tile of four whose sums are registers. They are written as vectors: of the
// same loops over arrays the compiler left some unvectorised, at a sixth of the speed.
enum { width = 16, tile = 4, most_kernel = 7 };

typedef float lanes __attribute__((vector_size(width * 4), aligned(4), may_alias));
typedef int32_t integers __attribute__((vector_size(width * 4), aligned(4), may_alias));

// Not functions: vectors wider than the baseline's registers are no arguments of its functions.
#define AT(place) (*(lanes *)(place))
#define FROM(place) (*(const lanes *)(place))

// MARK: - Sums over windows

// A part of a window: rows × columns values of x, so many floats apart, and as many taps.
typedef struct {
  const float *x, *taps;
  ptrdiff_t row, column, tap_row, tap_column;
  int32_t rows, columns;
} part;

// y ← Σ taps · x (+ biases, if not NULL), row by row, for `vectors` vectors of channels from `start` on.
CK_INLINE void sum_vectors(float *restrict y, const float *restrict biases, const part *p,
                           int32_t columns, size_t start, size_t vectors,
                            const ck_finish *finish) {
  lanes sums[tile];
  for (size_t v = 0; v < vectors; v++)
    sums[v] = biases ? FROM(biases + start + v * width) : (lanes){0};
  for (int32_t i = 0; i < p->rows; i++) {
    const float *x = p->x + i * p->row + start, *taps = p->taps + i * p->tap_row + start;
    for (int32_t j = 0; j < columns; j++, x += p->column, taps += p->tap_column)
      for (size_t v = 0; v < vectors; v++) sums[v] += FROM(x + v * width) * FROM(taps + v * width);
  }
  for (size_t v = 0; v < vectors; v++) {
    lanes value = sums[v];
    if (finish) {
      const size_t c = start + v * width;
      if (finish->scale)
        value = FROM(finish->scale + c) * (value - FROM(finish->mean + c)) + FROM(finish->shift + c);
      if (finish->rectification != ck_not_rectified) {
        const integers below = value < 0;
        value = (lanes)((integers)value & ~below);
      }
      if (finish->rectification == ck_clipped) {
        const lanes limit = finish->limit - (lanes){0};
        const integers above = value > limit;
        value = (lanes)(((integers)value & ~above) | ((integers)limit & above));
      }
    }
    AT(y + start + v * width) = value;
  }
}

CK_INLINE void sum_channels(float *restrict y, const float *restrict biases, const part *p,
                            int32_t columns, size_t channels, const ck_finish *finish) {
  size_t start = 0;
  for (; start + tile * width <= channels; start += tile * width)
    sum_vectors(y, biases, p, columns, start, tile, finish);
  for (; start + width <= channels; start += width)
    sum_vectors(y, biases, p, columns, start, 1, finish);
  for (; start < channels; start++) {
    float sum = biases ? biases[start] : 0;
    for (int32_t i = 0; i < p->rows; i++)
      for (int32_t j = 0; j < columns; j++)
        sum += p->x[i * p->row + j * p->column + start] *
               p->taps[i * p->tap_row + j * p->tap_column + start];
    if (finish && finish->scale)
      sum = finish->scale[start] * (sum - finish->mean[start]) + finish->shift[start];
    if (finish && finish->rectification != ck_not_rectified) sum = sum < 0 ? 0 : sum;
    if (finish && finish->rectification == ck_clipped)
      sum = sum > finish->limit ? finish->limit : sum;
    y[start] = sum;
  }
}

// A number of columns that the compiler knows is unrolled: those of inner windows of 3 × 3, and of their gradients.
CK_INLINE void sum_part(float *restrict y, const float *restrict biases, const part *p,
                        size_t channels, const ck_finish *finish) {
  switch (p->columns) {
    case 1: sum_channels(y, biases, p, 1, channels, finish); break;
    case 2: sum_channels(y, biases, p, 2, channels, finish); break;
    case 3: sum_channels(y, biases, p, 3, channels, finish); break;
    default: sum_channels(y, biases, p, p->columns, channels, finish);
  }
}

// Positions first ..< end of a window that begins at `start` lie in an extent.
typedef struct {
  int32_t first, end;
} taps_inside;

CK_INLINE taps_inside inside(int32_t start, int32_t kernel, int32_t extent) {
  return (taps_inside){start < 0 ? -start : 0, start + kernel > extent ? extent - start : kernel};
}

CK_CLONES void ck_depthwise(float *restrict y, const float *restrict x, const float *restrict taps,
                            const float *restrict biases, const ck_window *w,
                            const ck_finish *finish) {
  const ptrdiff_t channels = w->channels, line = w->width * channels;
  part p = {.row = line, .column = channels, .tap_row = w->kernel * channels,
            .tap_column = channels};
  for (int32_t row = 0; row < w->out_height; row++) {
    const int32_t top = row * w->stride - w->padding;
    const taps_inside i = inside(top, w->kernel, w->height);
    p.rows = i.end - i.first;
    for (int32_t column = 0; column < w->out_width; column++, y += channels) {
      const int32_t left = column * w->stride - w->padding;
      const taps_inside j = inside(left, w->kernel, w->width);
      p.columns = j.end - j.first;
      p.x = x + (top + i.first) * line + (left + j.first) * channels;
      p.taps = taps + i.first * p.tap_row + j.first * channels;
      sum_part(y, biases, &p, channels, finish);
    }
  }
}

// The taps that an image's row or column at `place` reaches outputs by: tap, tap + stride, …, `count` of them, the first
// reaching output `from`, the next the one before.
typedef struct {
  int32_t tap, from, count;
} reach;

CK_INLINE reach reach_of(int32_t place, const ck_window *w, int32_t outputs) {
  const int32_t shifted = place + w->padding;
  int32_t tap = shifted % w->stride, from = shifted / w->stride;
  if (from >= outputs) {
    tap += (from - outputs + 1) * w->stride;
    from = outputs - 1;
  }
  const int32_t by_taps = tap < w->kernel ? (w->kernel - tap + w->stride - 1) / w->stride : 0;
  return (reach){tap, from, by_taps < from + 1 ? by_taps : from + 1};
}

CK_CLONES void ck_depthwise_gradient(float *restrict dx, const float *restrict dy,
                                     const float *restrict taps, const ck_window *w) {
  const ptrdiff_t channels = w->channels, line = w->out_width * channels;
  part p = {.row = -line, .column = -channels, .tap_row = w->stride * w->kernel * channels,
            .tap_column = w->stride * channels};
  for (int32_t row = 0; row < w->height; row++) {
    const reach i = reach_of(row, w, w->out_height);
    for (int32_t column = 0; column < w->width; column++, dx += channels) {
      const reach j = reach_of(column, w, w->out_width);
      p.rows = j.count > 0 ? i.count : 0;
      p.columns = i.count > 0 ? j.count : 0;
      p.x = dy + i.from * line + j.from * channels;
      p.taps = taps + (i.tap * w->kernel + j.tap) * channels;
      sum_part(dx, NULL, &p, channels, NULL);
    }
  }
}

// MARK: - Gradients of taps

// sums[j] ← sums[j] + Σ over output columns of dy · x, for one row of taps and one vector of channels. x is the image's
// row that these taps reach from the output's row.
CK_INLINE void add_row(lanes *restrict sums, const float *restrict dy, const float *restrict x,
                       const ck_window *w, int32_t kernel) {
  const ptrdiff_t channels = w->channels;
  lanes own[most_kernel];
  for (int32_t j = 0; j < kernel; j++) own[j] = sums[j];
  for (int32_t column = 0; column < w->out_width; column++) {
    const int32_t left = column * w->stride - w->padding;
    const lanes gradient = FROM(dy + column * channels);
    const float *from = x + left * channels;
    if (left >= 0 && left + kernel <= w->width) {
      for (int32_t j = 0; j < kernel; j++) own[j] += FROM(from + j * channels) * gradient;
    } else {
      const taps_inside inner = inside(left, kernel, w->width);
      for (int32_t j = 0; j < kernel; j++)
        if (j >= inner.first && j < inner.end) own[j] += FROM(from + j * channels) * gradient;
    }
  }
  for (int32_t j = 0; j < kernel; j++) sums[j] = own[j];
}

// Of `count` vectors of channels; an image's row is gone through once for all of them.
CK_INLINE void add_taps(float *restrict sums, const float *restrict dy, const float *restrict x,
                        const ck_window *w, size_t count) {
  const ptrdiff_t channels = w->channels;
  const int32_t kernel = w->kernel;
  lanes own[tile][most_kernel * most_kernel];
  for (size_t v = 0; v < count; v++)
    for (int32_t t = 0; t < kernel * kernel; t++) own[v][t] = (lanes){0};
  for (int32_t row = 0; row < w->out_height; row++) {
    const int32_t top = row * w->stride - w->padding;
    const taps_inside i = inside(top, kernel, w->height);
    for (size_t v = 0; v < count; v++)
      for (int32_t tap = i.first; tap < i.end; tap++) {
        const float *from = x + (top + tap) * w->width * channels + v * width;
        const float *gradient = dy + row * w->out_width * channels + v * width;
        if (kernel == 3)
          add_row(own[v] + tap * 3, gradient, from, w, 3);
        else
          add_row(own[v] + tap * kernel, gradient, from, w, kernel);
      }
  }
  for (size_t v = 0; v < count; v++)
    for (int32_t t = 0; t < kernel * kernel; t++) {
      float *to = sums + t * channels + v * width;
      AT(to) = FROM(to) + own[v][t];
    }
}

CK_CLONES void ck_depthwise_tap_gradients(float *restrict sums, const float *restrict dy,
                                          const float *restrict x, const ck_window *w) {
  const size_t channels = w->channels;
  size_t start = 0;
  for (; start + tile * width <= channels; start += tile * width)
    add_taps(sums + start, dy + start, x + start, w, tile);
  for (; start + width <= channels; start += width)
    add_taps(sums + start, dy + start, x + start, w, 1);
  for (; start < channels; start++)
    for (int32_t i = 0; i < w->kernel; i++)
      for (int32_t j = 0; j < w->kernel; j++) {
        float sum = 0;
        for (int32_t row = 0; row < w->out_height; row++)
          for (int32_t column = 0; column < w->out_width; column++) {
            const int32_t y = row * w->stride - w->padding + i;
            const int32_t z = column * w->stride - w->padding + j;
            if (y < 0 || y >= w->height || z < 0 || z >= w->width) continue;
            sum += x[((size_t)y * w->width + z) * channels + start] *
                   dy[((size_t)row * w->out_width + column) * channels + start];
          }
        sums[(size_t)(i * w->kernel + j) * channels + start] += sum;
      }
}
