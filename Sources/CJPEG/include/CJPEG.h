// Decoding JPEG images with libjpeg-turbo, by its older interface.
//
// Its newer one, TurboJPEG, reports only the first warning about an image, and not which it was. Here
// each warning is looked at: some are of no consequence for the pixels, others mean that some are missing.

#ifndef CJPEG_H
#define CJPEG_H

#include <stddef.h>
#include <stdint.h>

enum { CJPEG_MESSAGE_LENGTH = 200 };

typedef struct {
  int height, width;
  /// Bytes of a decoded pixel: 1 for grey, 3 for red, green and blue, 4 for CMYK.
  int channels;
  /// Warnings that mean no harm, such as of bytes between two segments.
  long warnings;
  /// What is wrong with the image, where it cannot be decoded, or not without damage.
  char message[CJPEG_MESSAGE_LENGTH];
} cjpeg_image;

/// Reads an image's header. Returns whether it could be read.
///
/// wants_gray: asks for brightness alone; an image in CMYK comes with 4 channels all the same.
int cjpeg_read_header(const uint8_t *bytes, size_t length, int wants_gray, cjpeg_image *image);

/// Decodes an image whose header has been read. Returns whether all of its pixels are there.
///
/// pixels: room for height × width × channels bytes.
int cjpeg_decode(const uint8_t *bytes, size_t length, int wants_gray, uint8_t *pixels,
                 cjpeg_image *image);

#endif
