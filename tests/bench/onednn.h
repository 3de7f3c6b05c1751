/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix products by oneDNN, in one thread, to compare with. It takes part where its header was found. */
#ifndef ECAN_BENCH_ONEDNN_H
#define ECAN_BENCH_ONEDNN_H

#include "tensor/matrix.h"

#include <stdbool.h>

typedef enum onednn_kind {
    ONEDNN_F32,  /* dnnl_sgemm() */
    ONEDNN_BF16, /* a matmul of factors that are in bfloat16 already, in the order of the floats */
    ONEDNN_ROUND /* the same, after rounding the factors from floats into the order that oneDNN prefers */
} onednn_kind;

typedef struct onednn onednn;

/* Prepares C := beta C + A B, beta 0 or 1. Rows of A that overlap, as those of a convolution, become rows
 * that do not, because oneDNN has no such matrices. NULL: oneDNN is missing or has no such product. */
onednn *onednn_new(onednn_kind kind, matrix C, float beta, const_matrix A, const_matrix B);
void onednn_run(onednn *x);
void onednn_free(onednn *x);

#endif
