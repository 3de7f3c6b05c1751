/* Matrix products. The only door to BLIS (gemm.c includes blis.h).
 *
 *     C := beta C + alpha A B        A[M][K]  B[K][N]  C[M][N]
 *
 * Element (i, j) of A stands at A[i*rsa + j*csa], so a transpose is an exchange of the strides, and
 * a convolution over words is a product whose left matrix has overlapping rows (rsa < K). C's columns are
 * adjacent; its rows stand rsc apart. Nothing may overlap C. M, N, K may be 0 (then C := beta C).
 * beta == 0 overwrites: what stood in C, NaN too, is not read.
 *
 * A call runs in the calling thread alone: ecan's threads work on different documents or labels.
 * The same shapes and numbers give the same bytes. Cannot fail. */
#ifndef ECAN_TENSOR_GEMM_H
#define ECAN_TENSOR_GEMM_H

#include <stdbool.h>
#include <stddef.h>

void gemm(size_t M, size_t N, size_t K, float alpha, const float *A, ptrdiff_t rsa, ptrdiff_t csa,
          const float *B, ptrdiff_t rsb, ptrdiff_t csb, float beta, float *C, ptrdiff_t rsc);

/* The same by three loops in double precision: the oracle of the tests. */
void gemm_naive(size_t M, size_t N, size_t K, float alpha, const float *A, ptrdiff_t rsa, ptrdiff_t csa,
                const float *B, ptrdiff_t rsb, ptrdiff_t csb, float beta, float *C, ptrdiff_t rsc);

/* Picks the kernels for this processor; called by gemm() too. Call it before threads start: it may set
 * BLIS_ARCH_TYPE for this process (see gemm.c). */
void gemm_init(void);

/* Name of BLIS's kernel set in use ("skx", "haswell", "zen3", "generic", ...), and whether it is the
 * portable one, which is several times slower than the processor. */
const char *gemm_kernels(void);
bool gemm_is_generic(void);

#endif
