/* SPDX-License-Identifier: Apache-2.0 */
/* Heat maps of tensors, for ecan-show --image. */
#ifndef ECAN_BIN_IMAGES_H
#define ECAN_BIN_IMAGES_H

#include "base/mem.h"
#include "io/stream.h"

/* The first goes to path, the second, where there are more, to path with -2 before its ending, and so on. */
typedef struct images {
    const char *path;
    int n; /* written so far */
} images;

/* Of shape [ndim]: rows are the first dimension, columns all others; one dimension is one row. 0 or -1. */
int images_tensor(images *p, const float *v, int ndim, const size_t *shape);
/* Of every tensor in the object data[0 .. n): a tensor, or an array of them; of anything else none. 0 or -1.
 */
int images_value(images *p, const unsigned char *data, size_t n);

#endif
