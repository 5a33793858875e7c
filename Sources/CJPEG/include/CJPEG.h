// Decodes and encodes JPEG images with libjpeg-turbo, through its older interface.
//
// The newer interface, TurboJPEG, reports only the first warning about an image, and not which one it was. Here,
// each warning is examined: some do not affect the pixels, others mean that pixels are missing.

#ifndef CJPEG_H
#define CJPEG_H

#include <stddef.h>
#include <stdint.h>

enum { CJPEG_MESSAGE_LENGTH = 200 };

typedef struct {
  int height, width;
  /// Bytes per decoded pixel: 1 for grey, 3 for red, green and blue, 4 for CMYK.
  int channels;
  /// Harmless warnings, such as those about bytes between two segments.
  long warnings;
  /// Whether decoding was stopped on request.
  int stopped;
  /// The problem of the image, if it cannot be decoded completely.
  char message[CJPEG_MESSAGE_LENGTH];
} cjpeg_image;

/// Reads an image's header. Returns whether it could be read.
///
/// wants_gray: requests only luma; a CMYK image is decoded to 4 channels nevertheless.
int cjpeg_read_header(const uint8_t *bytes, size_t length, int wants_gray, cjpeg_image *image);

/// Reads the header for decoding at a reduced size, of `eighths` eighths of height and width: 1, 2, 4 or 8.
int cjpeg_read_header_reduced(const uint8_t *bytes, size_t length, int wants_gray, int eighths,
                              cjpeg_image *image);

/// Whether decoding is to stop; asked every few rows of each scan.
typedef int (*cjpeg_stop)(const void *context);

/// Decodes at a reduced size, for which the inverse transform itself is smaller.
///
/// pixels: room for what `cjpeg_read_header_reduced` said.
int cjpeg_decode_reduced(const uint8_t *bytes, size_t length, int wants_gray, int eighths,
                         uint8_t *pixels, cjpeg_stop should_stop, const void *context,
                         cjpeg_image *image);

/// Decodes an image of known size. Returns whether it has that size and number of channels, and all pixels were
/// decoded without a warning.
///
/// channels: 1 or 3.
int cjpeg_decode_exactly(const uint8_t *bytes, size_t length, int height, int width, int channels,
                         uint8_t *pixels, cjpeg_image *image);

/// Encodes an image, with chroma at full resolution and Huffman codes made for it. Returns its length in bytes, or 0
/// with a message in `image`.
///
/// quality: 1 to 100, as in libjpeg.
/// bytes: receives memory that `cjpeg_free` frees; to be called in any case.
size_t cjpeg_encode(const uint8_t *pixels, int height, int width, int channels, int quality,
                    uint8_t **bytes, cjpeg_image *image);

void cjpeg_free(uint8_t *bytes);

#endif
