/* SPDX-License-Identifier: Apache-2.0 */
/* Which kernels are fast on a processor. The choice depends on its model only, and not on a measurement, so
 * that a machine always gives the same roundings. */
#ifndef ECAN_TENSOR_PROCESSOR_H
#define ECAN_TENSOR_PROCESSOR_H

#include <stdbool.h>

typedef enum processor_vendor { PROCESSOR_OTHER, PROCESSOR_INTEL, PROCESSOR_AMD } processor_vendor;

typedef struct processor {
    processor_vendor vendor;
    unsigned family, model;
    char name[49]; /* "Intel(R) Xeon(R) Silver 4110 CPU @ 2.10GHz"; virtual machines may have shorter ones */
    bool avx2;     /* and FMA */
    bool avx512;   /* F, BW, VL and DQ */
    bool bf16;     /* AVX512-BF16 */
} processor;

/* This processor. Everything is 0 if it does not have the 64-bit instructions of x86. Takes some microseconds
 * in a virtual machine. */
processor processor_here(void);

/* avx512 and bf16 of this processor, at once. */
bool processor_has_avx512(void);
bool processor_has_bf16(void);

typedef enum kernels {
    KERNELS_OF_BLIS, /* those that BLIS chooses */
    KERNELS_AVX2,
    KERNELS_AVX512
} kernels;
kernels processor_kernels(const processor *p);

/* Whether products of matrices are faster in bfloat16 than in floats. */
bool processor_prefers_bf16(const processor *p);

#endif
