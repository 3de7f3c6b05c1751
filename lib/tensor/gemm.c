/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/gemm.h"

#include "base/err.h"
#include "tensor/gemm_avx512.h"

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

/* BLIS chooses its kernels by the family of the processor. On a family that is newer than the library (Zen 4
 * and Zen 5 for BLIS 0.9), or of another vendor, it uses portable C code, which is five times slower. The
 * kernels only need certain instructions. So on such processors the set of kernels is chosen by the supported
 * instructions. A library of 32 bits has only portable code. */
#ifdef __x86_64__
#include <cpuid.h>

static int name_kernels(void)
{
    unsigned a, b, c, d;
    if (getenv("BLIS_ARCH_TYPE") || !__get_cpuid(0, &a, &b, &c, &d) || b == signature_INTEL_ebx)
        return 0;
    const bool amd = b == signature_AMD_ebx;
    __get_cpuid(1, &a, &b, &c, &d);
    const unsigned family = ((a >> 8) & 15) + ((a >> 20) & 255);

    __builtin_cpu_init();
    const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    int set = -1;
    if (avx512)
        set = BLIS_ARCH_SKX;
    else if (avx2 && !(amd && family <= 0x19)) /* BLIS detects AMD families up to Zen 3 */
        set = BLIS_ARCH_HASWELL;
    if (set < 0)
        return 0;
    char number[16];
    snprintf(number, sizeof number, "%d", set);
    named = setenv("BLIS_ARCH_TYPE", number, 0) == 0;
    return named ? 0 : err_memory("out of memory");
}
#else
static int name_kernels(void)
{
    return 0;
}
#endif

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
