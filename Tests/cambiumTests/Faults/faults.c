// A library that stands between a program and the C library (LD_PRELOAD): it makes calls fail, and writes
// down what a program does to the disk. Told what to do by its environment:
//
//   CAMBIUM_FAULT=<call>:<first>:<count>:<errno>   which calls of a kind fail, from 1 on, and how;
//                                                  errno 0 makes reading and writing do half of it
//   CAMBIUM_FAULT_COUNTS=<path>                    where to write how often each call was made
//   CAMBIUM_FAULT_JOURNAL=<path>                   where to write what was done to the disk
//
// What the loader does before the program starts, and what the C library asks of the system by itself, does
// not pass through here.

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

// MARK: - What fails

#define CALLS(X) \
  X(open) X(openat) X(close) X(read) X(pread) X(write) X(pwrite) X(fsync) X(ftruncate) X(lseek) \
  X(stat) X(lstat) X(fstat) X(fstatat) X(opendir) X(readdir) X(mkdir) X(rmdir) X(unlink) X(rename) \
  X(link) X(utimensat) X(fchmod) X(mmap) X(munmap) X(pthread_create) X(getrandom) X(dlopen) \
  X(readlink) X(statvfs) X(uname) X(gethostname) X(isatty) X(ioctl) X(fopen) \
  X(getcwd) X(sched_getaffinity)

#define ENUMERATOR(name) call_##name,
#define NAME(name) #name,
enum call { CALLS(ENUMERATOR) call_count };
static const char *const names[] = {CALLS(NAME)};

static atomic_long counts[call_count];
static int failing = -1;
static long first_failure, failures;
static int failure;
static bool is_ready;
static const char *counts_path;

static bool strikes(enum call call) {
  if (!is_ready) return false;
  long number = atomic_fetch_add(&counts[call], 1) + 1;
  if ((int)call != failing || number < first_failure || number - first_failure >= failures) return false;
  errno = failure;
  return true;
}

// The C library's own function of the name.
#define REAL(name) \
  static __typeof__(&name) real; \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

// MARK: - What is written down

enum operation {
  op_open = 1, op_close, op_write, op_truncate, op_sync, op_rename, op_link, op_unlink, op_mkdir,
  op_rmdir, op_unknown,
};

struct entry {
  uint32_t operation;
  int32_t file;
  int64_t number;  // an offset or a size; for an opened file, whether it was created (1) and emptied (2)
  uint32_t first_length, second_length;
};

static int journal = -1;
static pthread_mutex_t journal_lock = PTHREAD_MUTEX_INITIALIZER;

static void put(const void *bytes, size_t length) {
  const char *rest = bytes;
  while (length > 0) {
    long written = syscall(SYS_write, journal, rest, length);
    if (written <= 0) abort();
    rest += written;
    length -= (size_t)written;
  }
}

static void note(
    enum operation operation, int file, int64_t number, const void *first, size_t first_length,
    const void *second, size_t second_length) {
  struct entry entry = {operation, file, number, (uint32_t)first_length, (uint32_t)second_length};
  put(&entry, sizeof entry);
  put(first, first_length);
  put(second, second_length);
}

static void absolute(const char *path, char *result) {
  if (path[0] == '/') {
    snprintf(result, PATH_MAX, "%s", path);
  } else {
    char folder[PATH_MAX];
    if (syscall(SYS_getcwd, folder, sizeof folder) < 0) abort();
    snprintf(result, PATH_MAX, "%.2000s/%.2000s", folder, path);
  }
}

static void note_paths(
    enum operation operation, int file, int64_t number, const char *first, const char *second) {
  char a[PATH_MAX], b[PATH_MAX] = "";
  absolute(first, a);
  if (second) absolute(second, b);
  note(operation, file, number, a, strlen(a), b, strlen(b));
}

// One operation after the other, so that the journal has the order of what was done.
static void begin(void) {
  if (journal >= 0) pthread_mutex_lock(&journal_lock);
}

static void end(void) {
  int kept = errno;
  if (journal >= 0) pthread_mutex_unlock(&journal_lock);
  errno = kept;
}

static bool is_regular(int file) {
  struct stat entry;
  return syscall(SYS_fstat, file, &entry) == 0 && S_ISREG(entry.st_mode);
}

// MARK: - Start and end

__attribute__((constructor)) static void prepare(void) {
  counts_path = getenv("CAMBIUM_FAULT_COUNTS");
  const char *path = getenv("CAMBIUM_FAULT_JOURNAL");
  if (path) journal = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const char *fault = getenv("CAMBIUM_FAULT");
  char name[64];
  if (fault && sscanf(fault, "%63[^:]:%ld:%ld:%d", name, &first_failure, &failures, &failure) == 4) {
    for (int call = 0; call < call_count; call++)
      if (strcmp(names[call], name) == 0) failing = call;
    if (failing < 0) abort();
  }
  is_ready = true;
}

__attribute__((destructor)) static void finish(void) {
  is_ready = false;
  if (!counts_path) return;
  FILE *file = fopen(counts_path, "w");
  if (!file) abort();
  for (int call = 0; call < call_count; call++)
    fprintf(file, "%s %ld\n", names[call], atomic_load(&counts[call]));
  fclose(file);
}

// MARK: - Calls that only fail

#define FAILS(name, type, failed, parameters, arguments) \
  type name parameters { \
    REAL(name); \
    if (strikes(call_##name)) return failed; \
    return real arguments; \
  }

FAILS(lseek, off_t, -1, (int f, off_t o, int w), (f, o, w))
FAILS(stat, int, -1, (const char *restrict p, struct stat *restrict s), (p, s))
FAILS(lstat, int, -1, (const char *restrict p, struct stat *restrict s), (p, s))
FAILS(fstat, int, -1, (int f, struct stat *s), (f, s))
FAILS(fstatat, int, -1, (int f, const char *restrict p, struct stat *restrict s, int g), (f, p, s, g))
FAILS(opendir, DIR *, NULL, (const char *p), (p))
FAILS(readdir, struct dirent *, NULL, (DIR * d), (d))
FAILS(utimensat, int, -1, (int f, const char *p, const struct timespec t[2], int g), (f, p, t, g))
FAILS(fchmod, int, -1, (int f, mode_t m), (f, m))
FAILS(munmap, int, -1, (void *a, size_t l), (a, l))
FAILS(getrandom, ssize_t, -1, (void *b, size_t l, unsigned g), (b, l, g))
FAILS(dlopen, void *, NULL, (const char *p, int g), (p, g))
FAILS(readlink, ssize_t, -1, (const char *restrict p, char *restrict b, size_t l), (p, b, l))
FAILS(statvfs, int, -1, (const char *restrict p, struct statvfs *restrict s), (p, s))
FAILS(uname, int, -1, (struct utsname * u), (u))
FAILS(gethostname, int, -1, (char *n, size_t l), (n, l))
FAILS(isatty, int, 0, (int f), (f))
FAILS(fopen, FILE *, NULL, (const char *restrict p, const char *restrict m), (p, m))
FAILS(getcwd, char *, NULL, (char *b, size_t l), (b, l))
FAILS(sched_getaffinity, int, -1, (pid_t p, size_t l, cpu_set_t *s), (p, l, s))
FAILS(
    pthread_create, int, failure,
    (pthread_t *restrict t, const pthread_attr_t *restrict a, void *(*b)(void *), void *restrict c),
    (t, a, b, c))

int ioctl(int file, unsigned long request, ...) {
  REAL(ioctl);
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  if (strikes(call_ioctl)) return -1;
  return real(file, request, argument);
}

void *mmap(void *address, size_t length, int protection, int flags, int file, off_t offset) {
  REAL(mmap);
  if (strikes(call_mmap)) return MAP_FAILED;
  if (journal >= 0 && protection & PROT_WRITE && flags & MAP_SHARED && !(flags & MAP_ANONYMOUS))
    note(op_unknown, file, 0, "mmap", 4, NULL, 0);
  return real(address, length, protection, flags, file, offset);
}

ssize_t read(int file, void *buffer, size_t length) {
  REAL(read);
  if (strikes(call_read)) {
    if (failure) return -1;
    length = (length + 1) / 2;
  }
  return real(file, buffer, length);
}

ssize_t pread(int file, void *buffer, size_t length, off_t offset) {
  REAL(pread);
  if (strikes(call_pread)) {
    if (failure) return -1;
    length = (length + 1) / 2;
  }
  return real(file, buffer, length, offset);
}

// MARK: - Calls that change the disk

static int opened(int file, const char *path, int flags, bool existed) {
  if (file >= 0 && journal >= 0) {
    int64_t how = (flags & O_CREAT && !existed ? 1 : 0) | (flags & O_TRUNC ? 2 : 0);
    note_paths(op_open, file, how, path, NULL);
  }
  return file;
}

int open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  if (strikes(call_open)) return -1;
  begin();
  bool existed = syscall(SYS_access, path, F_OK) == 0;
  int file = opened((int)syscall(SYS_openat, AT_FDCWD, path, flags, mode), path, flags, existed);
  end();
  return file;
}

int openat(int folder, const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  if (strikes(call_openat)) return -1;
  begin();
  int file = (int)syscall(SYS_openat, folder, path, flags, mode);
  if (file >= 0 && journal >= 0 && flags & (O_WRONLY | O_RDWR)) note(op_unknown, file, 0, "openat", 6, NULL, 0);
  end();
  return file;
}

int close(int file) {
  // Whatever it answers, the file is closed.
  bool is_struck = strikes(call_close);
  begin();
  int result = (int)syscall(SYS_close, file);
  if (result == 0 && journal >= 0) note(op_close, file, 0, NULL, 0, NULL, 0);
  end();
  if (!is_struck) return result;
  errno = failure;
  return -1;
}

ssize_t write(int file, const void *buffer, size_t length) {
  if (strikes(call_write)) {
    if (failure) return -1;
    length = (length + 1) / 2;
  }
  begin();
  ssize_t written = syscall(SYS_write, file, buffer, length);
  if (written > 0 && journal >= 0 && is_regular(file)) {
    int64_t end = syscall(SYS_lseek, file, 0, SEEK_CUR);
    note(op_write, file, end - written, buffer, (size_t)written, NULL, 0);
  }
  end();
  return written;
}

ssize_t pwrite(int file, const void *buffer, size_t length, off_t offset) {
  if (strikes(call_pwrite)) {
    if (failure) return -1;
    length = (length + 1) / 2;
  }
  begin();
  ssize_t written = syscall(SYS_pwrite64, file, buffer, length, offset);
  if (written > 0 && journal >= 0) note(op_write, file, offset, buffer, (size_t)written, NULL, 0);
  end();
  return written;
}

#define CHANGES(name, parameters, performed, noted) \
  int name parameters { \
    if (strikes(call_##name)) return -1; \
    begin(); \
    int result = (int)(performed); \
    if (result == 0 && journal >= 0) noted; \
    end(); \
    return result; \
  }

CHANGES(fsync, (int f), syscall(SYS_fsync, f), note(op_sync, f, 0, NULL, 0, NULL, 0))
CHANGES(ftruncate, (int f, off_t l), syscall(SYS_ftruncate, f, l), note(op_truncate, f, l, NULL, 0, NULL, 0))
CHANGES(mkdir, (const char *p, mode_t m), syscall(SYS_mkdir, p, m), note_paths(op_mkdir, -1, 0, p, NULL))
CHANGES(rmdir, (const char *p), syscall(SYS_rmdir, p), note_paths(op_rmdir, -1, 0, p, NULL))
CHANGES(unlink, (const char *p), syscall(SYS_unlink, p), note_paths(op_unlink, -1, 0, p, NULL))
CHANGES(rename, (const char *a, const char *b), syscall(SYS_rename, a, b), note_paths(op_rename, -1, 0, a, b))
CHANGES(link, (const char *a, const char *b), syscall(SYS_link, a, b), note_paths(op_link, -1, 0, a, b))
