/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/gemm.h"

#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

/* BLIS's header is not written for our warnings. */
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

/* BLIS finds its kernels by the processor's family, and falls back to portable C, five times slower, on a
 * family that is younger than the library (Zen 4 and Zen 5 for BLIS 0.9) or of another maker. What the
 * kernels need is the instructions, so for those we name the set by the instructions there are. */
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

static void name_kernels(void)
{
    unsigned a, b, c, d;
    if (getenv("BLIS_ARCH_TYPE") || !__get_cpuid(0, &a, &b, &c, &d) || b == signature_INTEL_ebx)
        return;
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
    else if (avx2 && !(amd && family <= 0x19)) /* BLIS knows AMD up to Zen 3 by itself */
        set = BLIS_ARCH_HASWELL;
    if (set < 0)
        return;
    char number[16];
    snprintf(number, sizeof number, "%d", set);
    named = setenv("BLIS_ARCH_TYPE", number, 0) == 0;
}
#else
static void name_kernels(void)
{
}
#endif

static void init(void)
{
    name_kernels();
    bli_init();
    arch = bli_arch_query_id();
    if (named) /* the environment is the host program's, and that of its children */
        unsetenv("BLIS_ARCH_TYPE");
}

void gemm_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init);
}

const char *gemm_kernels(void)
{
    gemm_init();
    return bli_arch_string(arch);
}

bool gemm_is_generic(void)
{
    gemm_init();
    return arch == BLIS_ARCH_GENERIC;
}

/* Where the elements of B's columns are adjacent, BLIS multiplies small matrices in place, by kernels of dot
 * products that reach three quarters of the others' rate. It is told to copy B into their order first, which
 * pays unless A has few rows. (A wide C it goes through the other way round, and a copy makes that slower.)
 */
static bool pays_to_pack(const_matrix A, const_matrix B)
{
    return B.rs == 1 && A.rows >= 64 && 2 * A.rows >= B.cols;
}

static void check_shapes(matrix C, const_matrix A, const_matrix B)
{
    assert(A.rows == C.rows && B.cols == C.cols && A.cols == B.rows);
    (void)C, (void)A, (void)B;
}

/* BLIS does not write to a factor, but does not say so. */
static float *not_const(const float *data)
{
    return (float *)(uintptr_t)data;
}

void gemm(matrix C, float beta, float alpha, const_matrix A, const_matrix B)
{
    check_shapes(C, A, B);
    if (C.rows == 0 || C.cols == 0)
        return;
    gemm_init();
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
