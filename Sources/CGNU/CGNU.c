#define _GNU_SOURCE
#include "CGNU.h"

#include <fcntl.h>

FILE *cgnu_open_stream(void *context, cgnu_read read) {
  cookie_io_functions_t functions = {.read = (cookie_read_function_t *)read};
  return fopencookie(context, "r", functions);
}

int cgnu_begin_writing(int descriptor, long offset, long length) {
  return sync_file_range(descriptor, offset, length, SYNC_FILE_RANGE_WRITE);
}
