/* SPDX-License-Identifier: Apache-2.0 */
/* safetensors: named tensors in one file (formats/model.md). The file is mapped: nothing is copied,
 * and pages are read from disk when they are used.
 *
 *     8 bytes  N, little-endian
 *
 *     N bytes  JSON {"name": {"dtype": "F32", "shape": [..], "data_offsets": [a, b]}, ..}
 *
 * Then the data follows. Offsets count from its first byte. */
#ifndef ECAN_IO_SAFETENSORS_H
#define ECAN_IO_SAFETENSORS_H

#include <stddef.h>
#include <stdio.h>

#define SAFETENSORS_DIMS 4

typedef enum safetensor_type {
    SAFETENSOR_F32,
    SAFETENSOR_I8,
    SAFETENSOR_U8,
    SAFETENSOR_U32,
    SAFETENSOR_U64
} safetensor_type;

typedef struct safetensor {
    const char *name;
    safetensor_type type;
    int ndim;
    size_t shape[SAFETENSORS_DIMS], count;
    const void *data; /* borrowed from the mapping or the caller; aligned to the size of a number */
} safetensor;

size_t safetensor_number_size(safetensor_type type); /* in bytes */

typedef struct safetensors {
    int n;
    safetensor *tensors; /* in the order of their data */
    void *map;           /* private: the mapping */
    size_t map_size;
} safetensors;

/* Maps the file at path. s is filled; close it with safetensors_close(). Returns 0, or -1 with path,
 * tensor and reason. Errors are a header that is not JSON, or is longer than the file or than 16 MiB; a dtype
 * that is not a safetensor_type; a shape that does not match the length of the data; data that is not
 * aligned. Also errors are data ranges that overlap or are outside the file, and gaps between them. The
 * format forbids gaps, and its reference reader rejects them. */
int safetensors_open(safetensors *s, const char *path);
/* The same for an open file, which stays open; path is for messages. */
int safetensors_open_fd(safetensors *s, int fd, const char *path);
void safetensors_close(safetensors *s);
/* The tensor of this name and type; NULL if there is none. safetensors_find: of type F32. */
const safetensor *safetensors_find_type(const safetensors *s, const char *name, safetensor_type type);
const safetensor *safetensors_find(const safetensors *s, const char *name);

/* Writes tensors (borrowed) in the order given. The header is padded with spaces so that the first tensor
 * begins at a multiple of 64 bytes. The others follow without gaps, so those with larger numbers come first.
 * Equal tensors give bit-identical files. Names must be distinct and UTF-8. Checks the close and syncs to
 * disk. Returns 0 or -1. */
int safetensors_write(const char *path, const safetensor *tensors, int n);
/* The same to an open file, which is flushed and synced, and stays open. The message has no path. */
int safetensors_write_file(FILE *f, const safetensor *tensors, int n);

#endif
