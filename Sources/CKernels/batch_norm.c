#include "clones.h"

// Batch norm, over rows of channels. A pass goes through `together` runs of rows, and through their channels by as many
// as registers hold: with a number of channels that the compiler does not know, sums went through memory, and maps
// reloaded what belongs to a channel for every row. That took up to four times as long with 16 to 96 channels.
enum { run = 32, together = 4, wide = 64, medium = 32, narrow = 16 };

// Calls f(first channel, channels, runs at once) for the channels of some rows.
#define FOR_CHANNELS(channels, f)                                  \
  do {                                                             \
    size_t c = 0;                                                  \
    for (; c + wide <= (channels); c += wide) f(c, wide, 1);       \
    for (; c + medium <= (channels); c += medium) f(c, medium, 2); \
    for (; c + narrow <= (channels); c += narrow) f(c, narrow, 4); \
    if (c < (channels)) f(c, (channels) - c, 1);                   \
  } while (0)

// MARK: - Moments

typedef enum { values, squares_about_mean } summand;

// sums[u][c] ← Σ over the rows of run u, from the first to the last, in float.
CK_INLINE void run_moments(float *restrict sums, const float *restrict x,
                           const float *restrict mean, summand kind, size_t runs, size_t rows,
                           size_t channels, size_t n) {
  float own[wide], about[wide];
  for (size_t i = 0; i < runs * n; i++) own[i] = 0;
  if (kind == squares_about_mean)
    for (size_t c = 0; c < n; c++) about[c] = mean[c];
  for (size_t r = 0; r < rows; r++)
    for (size_t u = 0; u < runs; u++) {
      const float *restrict row = x + (u * run + r) * channels;
      for (size_t c = 0; c < n; c++) {
        const float value = kind == values ? row[c] : row[c] - about[c];
        own[u * n + c] += kind == values ? value : value * value;
      }
    }
  for (size_t i = 0; i < runs * n; i++) sums[i] = own[i];
}

// to ← to + the sums of the runs, in order, in double.
CK_INLINE void add_moments(double *restrict to, const float *restrict x, const float *restrict mean,
                           summand kind, size_t rows, size_t channels, size_t n, size_t runs) {
  float sums[wide];
  size_t first = 0;
  for (; first + runs * run <= rows; first += runs * run) {
    run_moments(sums, x + first * channels, mean, kind, runs, run, channels, n);
    for (size_t u = 0; u < runs; u++)
      for (size_t c = 0; c < n; c++) to[c] += (double)sums[u * n + c];
  }
  for (; first < rows; first += run) {
    const size_t rest = rows - first < run ? rows - first : run;
    run_moments(sums, x + first * channels, mean, kind, 1, rest, channels, n);
    for (size_t c = 0; c < n; c++) to[c] += (double)sums[c];
  }
}

CK_INLINE void all_moments(double *restrict to, const float *restrict x, const float *restrict mean,
                           summand kind, size_t rows, size_t channels) {
  for (size_t first = 0; first < rows; first += together * run) {
    const size_t count = rows - first < together * run ? rows - first : together * run;
    const float *restrict from = x + first * channels;
#define F(c, n, runs) add_moments(to + c, from + c, mean + c, kind, count, channels, n, runs)
    FOR_CHANNELS(channels, F);
#undef F
  }
}

CK_CLONES void ck_channel_moments(double *restrict means, double *restrict squares,
                                  const float *restrict x, size_t rows, size_t channels,
                                  float *restrict scratch) {
  float *restrict mean = scratch;
  for (size_t c = 0; c < channels; c++) means[c] = squares[c] = 0;
  all_moments(means, x, mean, values, rows, channels);
  for (size_t c = 0; c < channels; c++) {
    means[c] /= (double)rows;
    mean[c] = (float)means[c];
  }
  all_moments(squares, x, mean, squares_about_mean, rows, channels);
  // The mean was rounded: Σ (x − mean)² is less than that around the rounded one.
  for (size_t c = 0; c < channels; c++) {
    const double rounding = means[c] - (double)mean[c];
    squares[c] -= (double)rows * rounding * rounding;
    if (squares[c] < 0) squares[c] = 0;
  }
}

// MARK: - Normalisation

CK_INLINE void finish_rows(float *y, const float *x, const ck_finish *f, int normalizes, int adds,
                           ck_rectification kind, size_t rows, size_t channels) {
  const float *restrict mean = f->mean, *restrict scale = f->scale, *restrict shift = f->shift;
  const float *added = f->added, limit = f->limit;
  for (size_t r = 0; r < rows; r++, x += channels, y += channels, added += adds ? channels : 0) {
    // x and y may be the same.
    _Pragma("clang loop vectorize(assume_safety)")
    for (size_t c = 0; c < channels; c++) {
      float value = x[c];
      if (normalizes) value = scale[c] * (value - mean[c]) + shift[c];
      if (adds) value += added[c];
      if (kind != ck_not_rectified) value = value < 0 ? 0 : value;
      if (kind == ck_clipped) value = value > limit ? limit : value;
      y[c] = value;
    }
  }
}

CK_INLINE void finish_any(float *y, const float *x, const ck_finish *f, int normalizes, int adds,
                          size_t rows, size_t channels) {
#define ROWS_OF(kind)                                                       \
  if (channels == narrow)                                                   \
    finish_rows(y, x, f, normalizes, adds, kind, rows, narrow);             \
  else                                                                      \
    finish_rows(y, x, f, normalizes, adds, kind, rows, channels);           \
  break
  switch (f->rectification) {
    case ck_not_rectified: ROWS_OF(ck_not_rectified);
    case ck_rectified: ROWS_OF(ck_rectified);
    case ck_clipped: ROWS_OF(ck_clipped);
  }
#undef ROWS_OF
}

CK_CLONES void ck_finish_rows(float *y, const float *x, const ck_finish *f, size_t rows,
                              size_t channels) {
  if (f->scale && f->added)
    finish_any(y, x, f, 1, 1, rows, channels);
  else if (f->scale)
    finish_any(y, x, f, 1, 0, rows, channels);
  else if (f->added)
    finish_any(y, x, f, 0, 1, rows, channels);
  else if (f->rectification != ck_not_rectified || x != y)
    finish_any(y, x, f, 0, 0, rows, channels);
}

// MARK: - Gradients

// What passes the rectification of scale · (x − mean) + shift back: everything, or dy where that is positive, and below
// the limit. It is computed again as it was forward, to the bit: that takes less time than reading it.
CK_INLINE float passed(float dy, float difference, float scale, float shift, ck_rectification kind,
                       float limit) {
  if (kind == ck_not_rectified) return dy;
  const float y = scale * difference + shift;
  if (kind == ck_rectified) return y > 0 ? dy : 0;
  return ((y > 0) & (y < limit)) ? dy : 0;
}

// Two sums of each channel: of dy, and of dy · (x − mean).
CK_INLINE void run_gradients(float *restrict sums, float *restrict products,
                             const float *restrict dy, const float *restrict x,
                             const ck_finish *restrict f, size_t first, ck_rectification kind,
                             size_t runs, size_t rows, size_t channels, size_t n) {
  float own[wide], with[wide], mean[wide], scale[wide], shift[wide];
  const float limit = f->limit;
  for (size_t i = 0; i < runs * n; i++) own[i] = with[i] = 0;
  for (size_t c = 0; c < n; c++) {
    mean[c] = f->mean[first + c];
    scale[c] = f->scale[first + c];
    shift[c] = f->shift[first + c];
  }
  for (size_t r = 0; r < rows; r++)
    for (size_t u = 0; u < runs; u++) {
      const size_t row = (u * run + r) * channels;
      const float *restrict d = dy + row, *restrict v = x + row;
      for (size_t c = 0; c < n; c++) {
        const float difference = v[c] - mean[c];
        const float gradient = passed(d[c], difference, scale[c], shift[c], kind, limit);
        own[u * n + c] += gradient;
        with[u * n + c] += gradient * difference;
      }
    }
  for (size_t i = 0; i < runs * n; i++) sums[i] = own[i], products[i] = with[i];
}

CK_INLINE void add_gradients(double *restrict to, double *restrict products_to,
                             const float *restrict dy, const float *restrict x,
                             const ck_finish *restrict f, size_t channel, ck_rectification kind,
                             size_t rows, size_t channels, size_t n, size_t runs) {
  float sums[wide], products[wide];
  size_t first = 0;
  for (; first + runs * run <= rows; first += runs * run) {
    const size_t at = first * channels;
    run_gradients(sums, products, dy + at, x + at, f, channel, kind, runs, run, channels, n);
    for (size_t u = 0; u < runs; u++)
      for (size_t c = 0; c < n; c++) {
        to[c] += (double)sums[u * n + c];
        products_to[c] += (double)products[u * n + c];
      }
  }
  for (; first < rows; first += run) {
    const size_t at = first * channels, rest = rows - first < run ? rows - first : run;
    run_gradients(sums, products, dy + at, x + at, f, channel, kind, 1, rest, channels, n);
    for (size_t c = 0; c < n; c++) {
      to[c] += (double)sums[c];
      products_to[c] += (double)products[c];
    }
  }
}

CK_INLINE void all_gradients(double *restrict to, double *restrict products,
                             const float *restrict dy, const float *restrict x,
                             const ck_finish *restrict f, ck_rectification kind, size_t rows,
                             size_t channels) {
  for (size_t first = 0; first < rows; first += together * run) {
    const size_t count = rows - first < together * run ? rows - first : together * run;
    const size_t at = first * channels;
#define F(c, n, runs)                                                                         \
  add_gradients(to + c, products + c, dy + at + c, x + at + c, f, c, kind, count, channels, n, \
                runs)
    FOR_CHANNELS(channels, F);
#undef F
  }
}

CK_CLONES void ck_normalize_sums(double *restrict dy_sums, double *restrict products,
                                 const float *restrict dy, const float *restrict x,
                                 const ck_finish *f, size_t rows, size_t channels) {
  switch (f->rectification) {
    case ck_not_rectified:
      all_gradients(dy_sums, products, dy, x, f, ck_not_rectified, rows, channels);
      break;
    case ck_rectified:
      all_gradients(dy_sums, products, dy, x, f, ck_rectified, rows, channels);
      break;
    case ck_clipped:
      all_gradients(dy_sums, products, dy, x, f, ck_clipped, rows, channels);
      break;
  }
}

CK_INLINE void gradient_rows(float *dx, const float *dy, const float *restrict x,
                             const ck_finish *restrict f, const float *restrict offset,
                             const float *restrict slope, ck_rectification kind, size_t rows,
                             size_t channels) {
  const float *restrict mean = f->mean, *restrict scale = f->scale, *restrict shift = f->shift;
  const float limit = f->limit;
  for (size_t r = 0; r < rows; r++, x += channels, dx += channels, dy += channels) {
    // dx and dy may be the same.
    _Pragma("clang loop vectorize(assume_safety)")
    for (size_t c = 0; c < channels; c++) {
      const float difference = x[c] - mean[c];
      const float gradient = passed(dy[c], difference, scale[c], shift[c], kind, limit);
      dx[c] = scale[c] * (gradient - offset[c] - slope[c] * difference);
    }
  }
}

CK_INLINE void normalize_gradient(float *dx, const float *dy, const float *restrict x,
                                  const ck_finish *restrict f, const float *restrict offset,
                                  const float *restrict slope, ck_rectification kind, size_t rows,
                                  size_t channels) {
  if (channels == narrow)
    gradient_rows(dx, dy, x, f, offset, slope, kind, rows, narrow);
  else
    gradient_rows(dx, dy, x, f, offset, slope, kind, rows, channels);
}

CK_CLONES void ck_normalize_gradient(float *dx, const float *dy, const float *restrict x,
                                     const ck_finish *f, const float *restrict offset,
                                     const float *restrict slope, size_t rows, size_t channels) {
  switch (f->rectification) {
    case ck_not_rectified:
      normalize_gradient(dx, dy, x, f, offset, slope, ck_not_rectified, rows, channels);
      break;
    case ck_rectified:
      normalize_gradient(dx, dy, x, f, offset, slope, ck_rectified, rows, channels);
      break;
    case ck_clipped:
      normalize_gradient(dx, dy, x, f, offset, slope, ck_clipped, rows, channels);
      break;
  }
}
