/* SPDX-License-Identifier: Apache-2.0 */
/* safetensors: named float32 tensors in one file (formats/model.md). Read by mapping it: nothing is
 * copied, and pages come from disk as they are used.
 *
 *     8 bytes  N, little-endian         N bytes  JSON {"name": {"dtype": "F32", "shape": [..],
 * "data_offsets": [a, b]}, ..} then the data; offsets count from its first byte. */
#ifndef ECAN_IO_SAFETENSORS_H
#define ECAN_IO_SAFETENSORS_H

#include <stddef.h>

#define SAFETENSORS_DIMS 4

typedef struct safetensor {
    const char *name;
    int ndim;
    size_t shape[SAFETENSORS_DIMS], count;
    const float *data; /* aligned to 4 bytes at least */
} safetensor;

typedef struct safetensors {
    int n;
    safetensor *tensors; /* in order of their data */
    void *map;           /* private: the mapping */
    size_t map_size;
} safetensors;

/* 0, or -1 with path, tensor and reason: a header longer than the file or than 16 MiB, not JSON, a dtype
 * other than F32, a shape whose product is not the length, ranges that overlap, leave the file, or leave
 * bytes between them or at the end that belong to no tensor (the format forbids these, and its own reader
 * refuses them). */
int safetensors_open(safetensors *s, const char *path);
void safetensors_close(safetensors *s);
const safetensor *safetensors_find(const safetensors *s, const char *name); /* NULL: not there */

/* Writes tensors in the order given, the header padded with spaces so that the first begins at a multiple of
 * 64 bytes; the others follow without gaps, aligned to 4. Same tensors, same bytes. Names are distinct and
 * UTF-8. The close is checked and the data are synced to disk. 0 or -1. */
int safetensors_write(const char *path, const safetensor *tensors, int n);

#endif
