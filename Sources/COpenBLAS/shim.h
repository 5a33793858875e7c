#include <cblas.h>

// The types of the functions that Cambium calls. It looks them up itself instead of linking the library:
// loaded with the program, OpenBLAS starts a thread for each processor core, which spins for tens of
// milliseconds, even if a command never multiplies anything.
typedef __typeof__(cblas_sgemm) *CambiumSgemm;
typedef __typeof__(cblas_dgemm) *CambiumDgemm;
typedef __typeof__(openblas_set_num_threads) *CambiumSetNumThreads;
typedef __typeof__(openblas_get_config) *CambiumGetText;

// Exported by the library but not in its header: allocate a buffer for the duration of a multiplication.
typedef void *(*CambiumTakeBuffer)(int);
typedef void (*CambiumGiveBuffer)(void *);

// LAPACK's, which the library contains: eigenvectors of a symmetric matrix, the Cholesky factor of a positive one. Fortran passes
// the lengths of texts last.
typedef void (*CambiumDsyevd)(const char *job, const char *triangle, const blasint *n, double *a, const blasint *stride,
                              double *values, double *work, const blasint *workCount, blasint *integers,
                              const blasint *integerCount, blasint *info, size_t, size_t);
typedef void (*CambiumDpotrf)(const char *triangle, const blasint *n, double *a, const blasint *stride, blasint *info,
                              size_t);
