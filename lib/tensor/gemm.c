/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/gemm.h"

#include "base/err.h"
#include "tensor/gemm_avx512.h"
#include "tensor/processor.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

/* blis.h does not compile without these warnings. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wundef"
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include <blis.h>
#pragma GCC diagnostic pop

static arch_t arch;
static bool named; /* BLIS_ARCH_TYPE was set here */
static bool own;   /* products by gemm_avx512() instead of the same kernels of BLIS */

/* Makes BLIS use the kernels that are fast here, if it would choose others. 0 or -1. */
static int name_kernels(void)
{
    const processor here = processor_here();
    const kernels fast = processor_kernels(&here);
    if (fast == KERNELS_OF_BLIS || getenv("BLIS_ARCH_TYPE"))
        return 0;
    char number[16];
    snprintf(number, sizeof number, "%d", (int)(fast == KERNELS_AVX512 ? BLIS_ARCH_SKX : BLIS_ARCH_HASWELL));
    named = setenv("BLIS_ARCH_TYPE", number, 0) == 0;
    return named ? 0 : err_memory("out of memory");
}

int gemm_init(void)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static atomic_bool done;
    if (atomic_load_explicit(&done, memory_order_acquire))
        return 0;
    pthread_mutex_lock(&mutex);
    const int result = done ? 0 : name_kernels();
    if (!done && !result) {
        bli_init();
        arch = bli_arch_query_id();
        own = arch == BLIS_ARCH_SKX && gemm_avx512_is_possible();
        if (named) /* the host program and its children share the environment */
            unsetenv("BLIS_ARCH_TYPE");
        atomic_store_explicit(&done, true, memory_order_release);
    }
    pthread_mutex_unlock(&mutex);
    return result;
}

const char *gemm_kernels(void)
{
    (void)gemm_init();
    return bli_arch_string(arch);
}

bool gemm_is_generic(void)
{
    (void)gemm_init();
    return arch == BLIS_ARCH_GENERIC;
}

/* If the elements of each column of B are adjacent, BLIS multiplies small matrices without packing, with
 * kernels of dot products. These reach three quarters of the rate of the kernels for packed matrices. So BLIS
 * is told to pack B first, which is faster unless A has few rows. For a wide C BLIS exchanges the operands,
 * and packing would be slower. */
static bool pays_to_pack(const_matrix A, const_matrix B)
{
    return B.rs == 1 && A.rows >= 64 && 2 * A.rows >= B.cols;
}

static void check_shapes(matrix C, const_matrix A, const_matrix B)
{
    assert(A.rows == C.rows && B.cols == C.cols && A.cols == B.rows);
    (void)C, (void)A, (void)B;
}

/* BLIS does not write to A and B, but its parameters are not const. */
static float *not_const(const float *data)
{
    return (float *)(uintptr_t)data;
}

void gemm(matrix C, float beta, float alpha, const_matrix A, const_matrix B)
{
    check_shapes(C, A, B);
    if (C.rows == 0 || C.cols == 0)
        return;
    (void)gemm_init();
    if (own && A.cols > 0 && (B.cs == 1 || B.rs == 1))
        gemm_avx512(C, beta, alpha, A, B);
    else
        gemm_blis(C, beta, alpha, A, B);
}

void gemm_blis(matrix C, float beta, float alpha, const_matrix A, const_matrix B)
{
    check_shapes(C, A, B);
    if (C.rows == 0 || C.cols == 0)
        return;
    (void)gemm_init();
    rntm_t one_thread = BLIS_RNTM_INITIALIZER;
    bli_rntm_set_num_threads(1, &one_thread);
    bli_rntm_set_pack_b(pays_to_pack(A, B), &one_thread);
    bli_sgemm_ex(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, C.rows, C.cols, A.cols, &alpha, not_const(A.data),
                 A.rs, A.cs, not_const(B.data), B.rs, B.cs, &beta, C.data, C.ld, 1, NULL, &one_thread);
}

static double element(const_matrix m, size_t i, size_t j)
{
    return (double)m.data[i * m.rs + j * m.cs];
}

void gemm_naive(matrix C, float beta, float alpha, const_matrix A, const_matrix B)
{
    check_shapes(C, A, B);
    for (size_t i = 0; i < C.rows; i++)
        for (size_t j = 0; j < C.cols; j++) {
            double sum = 0;
            for (size_t k = 0; k < A.cols; k++)
                sum += element(A, i, k) * element(B, k, j);
            float *c = C.data + i * C.ld + j;
            *c = (float)(alpha * sum + (beta != 0 ? beta * (double)*c : 0));
        }
}
