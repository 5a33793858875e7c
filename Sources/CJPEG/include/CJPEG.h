// Decodes JPEG images with libjpeg-turbo, through its older interface.
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
  /// The problem of the image, if it cannot be decoded completely.
  char message[CJPEG_MESSAGE_LENGTH];
} cjpeg_image;

/// Reads an image's header. Returns whether it could be read.
///
/// wants_gray: requests only luma; a CMYK image is decoded to 4 channels nevertheless.
int cjpeg_read_header(const uint8_t *bytes, size_t length, int wants_gray, cjpeg_image *image);

/// Decodes an image whose header has been read. Returns whether all of its pixels were decoded.
///
/// pixels: room for height × width × channels bytes.
int cjpeg_decode(const uint8_t *bytes, size_t length, int wants_gray, uint8_t *pixels,
                 cjpeg_image *image);

#endif
