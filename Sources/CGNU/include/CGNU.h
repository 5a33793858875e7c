// Functions of the GNU C library that Swift does not see, since they are declared as extensions.

#ifndef CGNU_H
#define CGNU_H

#include <stddef.h>
#include <stdio.h>

/// Writes up to `count` bytes to `buffer`. Returns their number, 0 at the end, -1 if reading fails.
typedef long (*cgnu_read)(void *context, char *buffer, size_t count);

/// Opens a stream whose bytes come from a function; NULL if memory is short. `fclose` closes it.
FILE *cgnu_open_stream(void *context, cgnu_read read);

/// Begins to write a range of a file from memory to its disk, without waiting. Returns 0, or -1 where the file system cannot.
int cgnu_begin_writing(int descriptor, long offset, long length);

#endif
