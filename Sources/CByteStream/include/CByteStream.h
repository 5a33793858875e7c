// Streams of the C library whose bytes come from a function. Swift does not see the GNU extension that makes them.

#ifndef CBYTESTREAM_H
#define CBYTESTREAM_H

#include <stddef.h>
#include <stdio.h>

/// Writes up to `count` bytes to `buffer`. Returns their number, 0 at the end, -1 if reading fails.
typedef long (*cbytestream_read)(void *context, char *buffer, size_t count);

/// Opens a stream for reading; NULL if memory is short. `fclose` closes it.
FILE *cbytestream_open(void *context, cbytestream_read read);

#endif
