#include <archive.h>
#include <archive_entry.h>

// libarchive's functions that Cambium calls, each of which calls the library's own. It is loaded with the first of them
// instead of being linked: with the program it would load nine other libraries, one of them of 30 MB, which takes a
// millisecond and a half of every command, and most commands read no archive.

// Why the library cannot be used; null if it can.
const char *cambium_archive_problem(void);
// An address within the library; null if it cannot be used.
const void *cambium_archive_address(void);
