/* SPDX-License-Identifier: Apache-2.0 */
/* What ecan-show does beside writing records as text: pictures, neighbours, coverage, attention. Each writes
 * to out what it found in one operand, and returns 0, or 1 after a message. */
#ifndef ECAN_BIN_INSPECT_H
#define ECAN_BIN_INSPECT_H

#include "base/mem.h"
#include "io/stream.h"

#include <stdint.h>
#include <stdio.h>

/* A line for each of the words, commas between them: its k nearest in the vectors or the model at path. */
int inspect_nearest(FILE *out, const char *path, const char *words, int k);

/* A line: how much of the tokens in `files` the vectors or the model at path know, and the k most frequent
 * words that they do not know. */
int inspect_coverage(FILE *out, const char *path, const char *const *files, int n, size_t max_record, int k);

/* Heat maps of tensors. The first goes to path, the second, where there are more, to path with -2 before its
 * ending, and so on. */
typedef struct inspect_has_images {
    const char *path;
    int n; /* written so far */
} inspect_has_images;

/* Of shape [ndim]: rows are the first dimension, columns all others; one dimension is one row. 0 or -1. */
int inspect_tensor(inspect_has_images *p, const float *v, int ndim, const size_t *shape);
/* Of every tensor in the object data[0 .. n): a tensor, or an array of them; of anything else none. 0 or -1.
 */
int inspect_value(inspect_has_images *p, const unsigned char *data, size_t n);

/* Of each of the codes, commas between them, a line with id, code and score, and the notes of r with the
 * code's attention marked. header: the segment's. 0 or -1. */
int inspect_attention(FILE *out, const record *r, const record *header, const char *codes, bool colour);

#endif
