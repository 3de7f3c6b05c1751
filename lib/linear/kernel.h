/* SPDX-License-Identifier: Apache-2.0 */
/* The dot products of texts (linear kernel). The training texts are stored by feature, so a product takes
 * time only for the features that both texts have:
 *
 *     k[i] = x_i . x       K[i][j] = x_i . x_j */
#ifndef ECAN_LINEAR_KERNEL_H
#define ECAN_LINEAR_KERNEL_H

#include "linear/grams.h"

#include "base/pool.h"

#include <stddef.h>
#include <stdint.h>

/* The features of each text that are in few texts: those of text i are from start[i] on. The arrays are
 * owned. */
typedef struct rare_features {
    size_t *start; /* [n + 1] */
    int32_t *at;
    float *x;
    size_t at_room, x_room;
} rare_features;

typedef struct kernel {
    size_t n, features; /* number of texts, of features */
    size_t *start;      /* [features + 1] feature f has the texts text[start[f] .. start[f + 1]), in ascending
                           order; owned */
    uint32_t *text;     /* [start[features]] owned */
    float *x;           /* [start[features]] value of the feature in each text; owned */
    int32_t *common;    /* [features] row in `rows` of a feature that many texts have, otherwise -1; owned */
    float *rows;        /* [n_common][n] values in every text, for vector code; owned */
    size_t n_common;
    rare_features rare; /* only for kernel_matrix() */
} kernel;

/* Stores the texts of d, from which grams_learn() made g. 0, or -1: out of memory. Free k with kernel_free()
 * in both cases. */
int kernel_make(kernel *k, const grams *g, const dataset *d);
void kernel_free(kernel *k);
/* Frees what only kernel_matrix() needs. */
void kernel_forget_texts(kernel *k);
/* A step of kernel_make(), for a kernel whose other arrays come from a file: makes common and rows. 0,
 * or -1: out of memory. */
int kernel_spread(kernel *k);

/* products[i] = x_i . x for texts i = from .. n-1. Elements before `from` do not change. Cannot fail. */
void kernel_row(float *products, const kernel *k, const sparse *x, size_t from);

/* Fills K[n][n] on and above the diagonal. Elements below are undefined. Cannot fail. */
void kernel_matrix(float *K, const kernel *k, pool *threads);

#endif
