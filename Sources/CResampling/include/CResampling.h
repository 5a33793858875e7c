// The inner loops of resampling with a filter of whole numbers: results are the same on every machine.

#ifndef CRESAMPLING_H
#define CRESAMPLING_H

#include <stdint.h>

/// What contributes to one output pixel of a line: input pixels from `first`, with `count` weights from `start`.
typedef struct {
  int32_t first, start, count;
} cresampling_tap;

enum {
  CRESAMPLING_BITS = 14,
  /// The weights of a tap are followed by zeros, up to a multiple of this number.
  CRESAMPLING_GROUP = 4
};

/// Resamples every row.
///
/// pixels: height × width × channels.
/// taps: one for each of `new_width` output pixels, inside of a row.
/// weights: in units of 2⁻¹⁴; none is negative, and those of a tap sum to one.
/// result: height × new_width × channels.
void cresampling_across(const uint8_t *pixels, int height, int width, int channels,
                        const cresampling_tap *taps, const int16_t *weights, int new_width,
                        uint8_t *result);

/// Resamples every column: the same for rows of `length` bytes.
void cresampling_down(const uint8_t *pixels, int length, const cresampling_tap *taps,
                      const int16_t *weights, int new_height, uint8_t *result);

#endif
