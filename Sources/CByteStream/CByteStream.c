#define _GNU_SOURCE
#include "CByteStream.h"

FILE *cbytestream_open(void *context, cbytestream_read read) {
  cookie_io_functions_t functions = {.read = (cookie_read_function_t *)read};
  return fopencookie(context, "r", functions);
}
