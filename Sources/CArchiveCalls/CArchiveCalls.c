#include "CArchiveCalls.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>

// X(result, name, parameters, arguments): those that need an archive, or an entry, of the library.
#define CALLS(X) \
  X(mode_t, archive_entry_filetype, (struct archive_entry *a), (a)) \
  X(void, archive_entry_free, (struct archive_entry *a), (a)) \
  X(const char *, archive_entry_hardlink, (struct archive_entry *a), (a)) \
  X(const char *, archive_entry_hardlink_utf8, (struct archive_entry *a), (a)) \
  X(const char *, archive_entry_pathname, (struct archive_entry *a), (a)) \
  X(const char *, archive_entry_pathname_utf8, (struct archive_entry *a), (a)) \
  X(void, archive_entry_set_filetype, (struct archive_entry *a, unsigned int b), (a, b)) \
  X(void, archive_entry_set_mtime, (struct archive_entry *a, time_t b, long c), (a, b, c)) \
  X(void, archive_entry_set_pathname, (struct archive_entry *a, const char *b), (a, b)) \
  X(void, archive_entry_set_perm, (struct archive_entry *a, mode_t b), (a, b)) \
  X(void, archive_entry_set_size, (struct archive_entry *a, la_int64_t b), (a, b)) \
  X(la_int64_t, archive_entry_size, (struct archive_entry *a), (a)) \
  X(int, archive_entry_size_is_set, (struct archive_entry *a), (a)) \
  X(const char *, archive_entry_symlink, (struct archive_entry *a), (a)) \
  X(const char *, archive_entry_symlink_utf8, (struct archive_entry *a), (a)) \
  X(int, archive_errno, (struct archive *a), (a)) \
  X(const char *, archive_error_string, (struct archive *a), (a)) \
  X(la_int64_t, archive_filter_bytes, (struct archive *a, int b), (a, b)) \
  X(int, archive_filter_count, (struct archive *a), (a)) \
  X(int, archive_format, (struct archive *a), (a)) \
  X(int, archive_read_data_block, (struct archive *a, const void **b, size_t *c, la_int64_t *d), (a, b, c, d)) \
  X(int, archive_read_free, (struct archive *a), (a)) \
  X(int, archive_read_next_header, (struct archive *a, struct archive_entry **b), (a, b)) \
  X(int, archive_read_open1, (struct archive *a), (a)) \
  X(int, archive_read_set_callback_data, (struct archive *a, void *b), (a, b)) \
  X(int, archive_read_set_read_callback, (struct archive *a, archive_read_callback *b), (a, b)) \
  X(int, archive_read_set_seek_callback, (struct archive *a, archive_seek_callback *b), (a, b)) \
  X(int, archive_read_set_skip_callback, (struct archive *a, archive_skip_callback *b), (a, b)) \
  X(int, archive_read_support_filter_bzip2, (struct archive *a), (a)) \
  X(int, archive_read_support_filter_compress, (struct archive *a), (a)) \
  X(int, archive_read_support_filter_gzip, (struct archive *a), (a)) \
  X(int, archive_read_support_filter_lz4, (struct archive *a), (a)) \
  X(int, archive_read_support_filter_lzma, (struct archive *a), (a)) \
  X(int, archive_read_support_filter_xz, (struct archive *a), (a)) \
  X(int, archive_read_support_filter_zstd, (struct archive *a), (a)) \
  X(int, archive_read_support_format_7zip, (struct archive *a), (a)) \
  X(int, archive_read_support_format_cpio, (struct archive *a), (a)) \
  X(int, archive_read_support_format_empty, (struct archive *a), (a)) \
  X(int, archive_read_support_format_iso9660, (struct archive *a), (a)) \
  X(int, archive_read_support_format_rar, (struct archive *a), (a)) \
  X(int, archive_read_support_format_rar5, (struct archive *a), (a)) \
  X(int, archive_read_support_format_raw, (struct archive *a), (a)) \
  X(int, archive_read_support_format_tar, (struct archive *a), (a)) \
  X(int, archive_read_support_format_zip, (struct archive *a), (a)) \
  X(int, archive_write_close, (struct archive *a), (a)) \
  X(la_ssize_t, archive_write_data, (struct archive *a, const void *b, size_t c), (a, b, c)) \
  X(int, archive_write_fail, (struct archive *a), (a)) \
  X(int, archive_write_free, (struct archive *a), (a)) \
  X(int, archive_write_header, (struct archive *a, struct archive_entry *b), (a, b)) \
  X(int, archive_write_open2, \
    (struct archive *a, void *b, archive_open_callback *c, archive_write_callback *d, archive_close_callback *e, archive_free_callback *f), (a, b, c, d, e, f)) \
  X(int, archive_write_set_bytes_in_last_block, (struct archive *a, int b), (a, b)) \
  X(int, archive_write_set_format_pax_restricted, (struct archive *a), (a)) \
  X(int, archive_write_set_option, (struct archive *a, const char *b, const char *c, const char *d), (a, b, c, d))

// The same for those that begin with nothing, and return nothing without the library.
#define BEGINNINGS(X) \
  X(struct archive *, archive_read_new) \
  X(struct archive *, archive_write_new) \
  X(struct archive_entry *, archive_entry_new) \
  X(const char *, archive_version_details)

static struct {
#define POINTER(result, name, parameters, arguments) __typeof__(&name) name;
#define PLAIN_POINTER(result, name) __typeof__(&name) name;
  CALLS(POINTER)
  BEGINNINGS(PLAIN_POINTER)
} library;

static char problem[512];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void *found(void *handle, const char *name) {
  void *function = problem[0] ? NULL : dlsym(handle, name);
  if (!function && !problem[0]) snprintf(problem, sizeof problem, "%s", dlerror());
  return function;
}

static void load(void) {
  void *handle = dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    snprintf(problem, sizeof problem, "%s", dlerror());
    return;
  }
#define FIND(result, name, parameters, arguments) library.name = (__typeof__(&name))found(handle, #name);
#define FIND_PLAIN(result, name) library.name = (__typeof__(&name))found(handle, #name);
  CALLS(FIND)
  BEGINNINGS(FIND_PLAIN)
}

const char *cambium_archive_problem(void) {
  pthread_once(&once, load);
  return problem[0] ? problem : NULL;
}

// Whoever has an archive or an entry has loaded the library.
#define CALL(result, name, parameters, arguments) \
  result name parameters { return library.name arguments; }
CALLS(CALL)

#define BEGIN(result, name) \
  result name(void) { return cambium_archive_problem() ? NULL : library.name(); }
BEGINNINGS(BEGIN)

const void *cambium_archive_address(void) {
  return cambium_archive_problem() ? NULL : (const void *)library.archive_read_new;
}
