/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters that each rank updates (ranks.h): a range of the rows of the embedding, a range of the
 * shared tensors, and the rows of a range of labels in U, W and b. Each rank keeps Adam's moments and the
 * average of the weights of its slice only. One rank has all. */
#ifndef ECAN_TRAIN_SLICES_H
#define ECAN_TRAIN_SLICES_H

#include "model/params.h"
#include "train/ranks.h"

enum {
    SLICE_UNITS = 64, /* slices are made of units, each a 64th of the rows and of the shared tensors */
    SLICE_GROUPS = 8, /* and of groups of labels, at most 8 */
    SLICE_RANGES = 4  /* the shared tensors, and the rows of U, W and b */
};

/* Slice r has rows rows[r] .. rows[r + 1] - 1, and so on. */
typedef struct slices {
    size_t unit[RANKS_MOST + 1], group[RANKS_MOST + 1];
    size_t rows[RANKS_MOST + 1], shared[RANKS_MOST + 1],
        labels[RANKS_MOST + 1]; /* shared: elements of data */
} slices;

slices slices_of(const params *p);

/* Unit u begins with this row, and this element of data. Group g begins with this label. */
size_t slices_row(const params *p, size_t unit);
size_t slices_shared(const params *p, size_t unit);
size_t slices_label(const params *p, size_t group);
size_t slices_groups(const params *p);

typedef struct slice_range {
    size_t begin, n; /* elements of data */
} slice_range;

/* The elements of shared tensors from .. to-1, and of labels first .. end-1, in data. */
void slices_ranges(slice_range ranges[SLICE_RANGES], const params *p, size_t from, size_t to, size_t first,
                   size_t end);

/* Gathers data, which has the layout of p->data, from the slices of all ranks. */
void slices_gather(const params *p, float *data, bool rows);
void slices_gather_labels(const params *p, float *data);
/* The same for rank 0 only, and the reverse. */
void slices_gather_first(const params *p, float *data);
void slices_scatter(const params *p, float *data);

#endif
