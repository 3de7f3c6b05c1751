/* SPDX-License-Identifier: Apache-2.0 */
/* Heat maps of tensors, for ecan-show --image. */
#ifndef ECAN_BIN_IMAGES_H
#define ECAN_BIN_IMAGES_H

#include "base/mem.h"
#include "io/stream.h"

/* The first picture is written to path, the second to path with -2 before its extension, and so on. */
typedef struct images {
    const char *path;
    int n; /* written so far */
} images;

/* Draws a tensor of shape [ndim]. Rows are the first dimension, columns all others; one dimension is one row.
 * Returns 0 or -1. */
int images_tensor(images *p, const float *v, int ndim, const size_t *shape);
/* Draws every tensor in the object data[0 .. n): a tensor or an array of tensors. Returns 0 or -1. */
int images_value(images *p, const unsigned char *data, size_t n);

#endif
