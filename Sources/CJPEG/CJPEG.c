#include "CJPEG.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>
#include <jerror.h>

typedef struct {
  struct jpeg_error_mgr base;
  jmp_buf escape;
  cjpeg_image *image;
} handler;

/// Warnings after which all pixels of the image are still correct.
static int is_harmless(int code) {
  switch (code) {
  case JWRN_EXTRANEOUS_DATA:    // stray bytes before a marker
  case JWRN_ADOBE_XFORM:        // an unknown colour transform, assumed to be the usual one
  case JWRN_JFIF_MAJOR:         // an unknown version
  case JWRN_NOT_SEQUENTIAL:     // a range of coefficients only valid in progressive images
  case JWRN_BOGUS_PROGRESSION:  // scans in an unusual order
    return 1;
  default: return 0;
  }
}

static void fail(j_common_ptr info) {
  handler *own = (handler *)info->err;
  char text[JMSG_LENGTH_MAX];
  info->err->format_message(info, text);
  snprintf(own->image->message, CJPEG_MESSAGE_LENGTH, "%s", text);
  longjmp(own->escape, 1);
}

static void note(j_common_ptr info, int level) {
  if (level >= 0) return;
  if (!is_harmless(info->err->msg_code)) fail(info);
  ((handler *)info->err)->image->warnings++;
}

static void keep_quiet(j_common_ptr info) { (void)info; }

/// Asked by the library as it progresses, at least once a row. Whether to stop is asked only now and then: it takes a microsecond,
/// as the row of a small image does.
typedef struct {
  struct jpeg_progress_mgr base;
  cjpeg_stop should_stop;
  const void *context;
  /// The number of rows from one question to the next, and until the next.
  int interval, left;
} watch;

enum { PIXELS_BETWEEN_QUESTIONS = 1 << 15 };

static void look_whether_to_stop(j_common_ptr info) {
  watch *own = (watch *)info->progress;
  if (--own->left > 0) return;
  own->left = own->interval;
  if (!own->should_stop(own->context)) return;
  handler *errors = (handler *)info->err;
  errors->image->stopped = 1;
  longjmp(errors->escape, 1);
}

static void prepare(struct jpeg_decompress_struct *info, handler *own, cjpeg_image *image) {
  info->err = jpeg_std_error(&own->base);
  own->base.error_exit = fail;
  own->base.emit_message = note;
  own->base.output_message = keep_quiet;
  own->image = image;
  image->warnings = 0;
  image->stopped = 0;
  image->message[0] = 0;
}

static void read_header(struct jpeg_decompress_struct *info, const uint8_t *bytes, size_t length,
                        int wants_gray, cjpeg_image *image) {
  jpeg_create_decompress(info);
  jpeg_mem_src(info, (unsigned char *)bytes, length);
  jpeg_read_header(info, TRUE);
  int is_cmyk = info->jpeg_color_space == JCS_CMYK || info->jpeg_color_space == JCS_YCCK;
  info->out_color_space = is_cmyk ? JCS_CMYK : wants_gray ? JCS_GRAYSCALE : JCS_RGB;
  // With these settings, every build of the library produces the same pixels.
  info->dct_method = JDCT_ISLOW;
  info->do_fancy_upsampling = TRUE;
  image->height = (int)info->image_height;
  image->width = (int)info->image_width;
  image->channels = is_cmyk ? 4 : wants_gray ? 1 : 3;
}

// Reads the header and, unless `pixels` is NULL, the image, reduced to some eighths of its size. An image that is not
// as `expected` is not decoded.
static int read_image(const uint8_t *bytes, size_t length, int wants_gray, int eighths,
                      const cjpeg_image *expected, uint8_t *pixels, cjpeg_stop should_stop,
                      const void *context, cjpeg_image *image) {
  struct jpeg_decompress_struct info = {0};
  handler own;
  watch progress = {.should_stop = should_stop, .context = context};
  progress.base.progress_monitor = look_whether_to_stop;
  prepare(&info, &own, image);
  if (setjmp(own.escape)) {
    jpeg_destroy_decompress(&info);
    return 0;
  }
  read_header(&info, bytes, length, wants_gray, image);
  if (eighths != 8) {
    info.scale_num = (unsigned)eighths;
    info.scale_denom = 8;
    jpeg_calc_output_dimensions(&info);
    image->height = (int)info.output_height;
    image->width = (int)info.output_width;
  }
  if (expected && (image->height != expected->height || image->width != expected->width ||
                   image->channels != expected->channels)) {
    snprintf(image->message, CJPEG_MESSAGE_LENGTH, "it has another size than the others");
    jpeg_destroy_decompress(&info);
    return 0;
  }
  if (pixels) {
    if (should_stop) {
      progress.interval = PIXELS_BETWEEN_QUESTIONS / (int)info.image_width;
      info.progress = &progress.base;
    }
    jpeg_start_decompress(&info);
    size_t stride = (size_t)info.output_width * (size_t)image->channels;
    while (info.output_scanline < info.output_height) {
      JSAMPROW row = pixels + info.output_scanline * stride;
      jpeg_read_scanlines(&info, &row, 1);
    }
    // The data after the last pixel may still cause a warning.
    jpeg_finish_decompress(&info);
  }
  jpeg_destroy_decompress(&info);
  return 1;
}

int cjpeg_read_header(const uint8_t *bytes, size_t length, int wants_gray, cjpeg_image *image) {
  return read_image(bytes, length, wants_gray, 8, NULL, NULL, NULL, NULL, image);
}

int cjpeg_read_header_reduced(const uint8_t *bytes, size_t length, int wants_gray, int eighths,
                              cjpeg_image *image) {
  return read_image(bytes, length, wants_gray, eighths, NULL, NULL, NULL, NULL, image);
}

int cjpeg_decode_reduced(const uint8_t *bytes, size_t length, int wants_gray, int eighths,
                         uint8_t *pixels, cjpeg_stop should_stop, const void *context,
                         cjpeg_image *image) {
  return read_image(bytes, length, wants_gray, eighths, NULL, pixels, should_stop, context, image);
}

int cjpeg_decode_exactly(const uint8_t *bytes, size_t length, int height, int width, int channels,
                         uint8_t *pixels, cjpeg_image *image) {
  cjpeg_image expected = {.height = height, .width = width, .channels = channels};
  return read_image(bytes, length, channels == 1, 8, &expected, pixels, NULL, NULL, image) &&
         image->warnings == 0;
}

size_t cjpeg_encode(const uint8_t *pixels, int height, int width, int channels, int quality,
                    uint8_t **bytes, cjpeg_image *image) {
  struct jpeg_compress_struct info = {0};
  unsigned long length = 0;
  handler own;
  info.err = jpeg_std_error(&own.base);
  own.base.error_exit = fail;
  own.base.emit_message = note;
  own.base.output_message = keep_quiet;
  own.image = image;
  image->message[0] = 0;
  *bytes = NULL;
  if (setjmp(own.escape)) {
    jpeg_destroy_compress(&info);
    // Memory may have run out while the library exchanged the buffer: the pointer is not to be trusted.
    *bytes = NULL;
    return 0;
  }
  jpeg_create_compress(&info);
  jpeg_mem_dest(&info, bytes, &length);
  info.image_height = (JDIMENSION)height;
  info.image_width = (JDIMENSION)width;
  info.input_components = channels;
  info.in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  // With these settings, every build of the library writes the same bytes.
  info.dct_method = JDCT_ISLOW;
  // Tables made for each image would save a twentieth of the bytes, and take twice as long as everything else here.
  info.optimize_coding = FALSE;
  for (int i = 0; i < info.num_components; i++) {
    info.comp_info[i].h_samp_factor = 1;
    info.comp_info[i].v_samp_factor = 1;
  }
  jpeg_start_compress(&info, TRUE);
  size_t stride = (size_t)width * (size_t)channels;
  while (info.next_scanline < info.image_height) {
    JSAMPROW row = (JSAMPROW)pixels + info.next_scanline * stride;
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  return length;
}

void cjpeg_free(uint8_t *bytes) { free(bytes); }
