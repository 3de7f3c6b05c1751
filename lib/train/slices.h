/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters that each rank updates (ranks.h): a range of the rows of the embedding, a part of the
 * shared tensors, and the rows of a range of labels in U, W and b. Each rank keeps Adam's moments and the
 * average of the weights of its slice only. One rank has all.
 *
 * The shared tensors are divided into bands, and each rank has a part of each band. So each rank has a part
 * of each block, and all ranks can send and receive while the next block is computed. */
#ifndef ECAN_TRAIN_SLICES_H
#define ECAN_TRAIN_SLICES_H

#include "model/params.h"
#include "train/ranks.h"

enum {
    SLICE_UNITS = 64, /* slices are made of units, each a 64th of the rows and of the shared tensors */
    SLICE_GROUPS = 8, /* and of groups of labels, at most 8 */
    SLICE_BANDS = 8,  /* of 8 units that follow each other */
    SLICE_LABELS = 3, /* ranges of labels: the rows of U, W and b */
    SLICE_RANGES = SLICE_BANDS + SLICE_LABELS
};

/* Slice r has rows rows[r] .. rows[r + 1] - 1, and so on, and of each band the units part[r] ..
 * part[r + 1] - 1. */
typedef struct slices {
    size_t unit[RANKS_MOST + 1], part[RANKS_MOST + 1], group[RANKS_MOST + 1];
    size_t rows[RANKS_MOST + 1], labels[RANKS_MOST + 1]; /* unit: of the rows */
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

/* The part of a band that a rank has. */
slice_range slices_band(const params *p, const slices *s, size_t rank, size_t band);
/* The elements of labels first .. end-1 in data. */
void slices_label_ranges(slice_range ranges[SLICE_LABELS], const params *p, size_t first, size_t end);
/* All elements in the slice of this rank, without the rows of the embedding. */
void slices_ranges(slice_range ranges[SLICE_RANGES], const params *p);

/* Gathers data, which has the layout of p->data, from the slices of all ranks. */
void slices_gather(const params *p, float *data, bool rows);
void slices_gather_labels(const params *p, float *data);
/* The same for rank 0 only, and the reverse. */
void slices_gather_first(const params *p, float *data);
void slices_scatter(const params *p, float *data);

#endif
