/* SPDX-License-Identifier: Apache-2.0 */
/* Declarations that the files of step.h share: step.c has the memory and the order of the work, step_plan.c
 * divides a batch, step_documents.c and step_labels.c compute the gradients of documents, step_regions.c and
 * step_sum.c add them up, and step_exchange.c sends them to other ranks. */
#ifndef ECAN_TRAIN_STEP_PRIVATE_H
#define ECAN_TRAIN_STEP_PRIVATE_H

#include "model/attend.h"
#include "model/encode.h"
#include "train/slices.h"
#include "train/step.h"
#include "train/sum_tree.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    STEP_PARTS = SUM_TREE_LEAVES / STEP_SLOTS, /* maximum number of parts of a slot */
    STEP_CHUNKS = 24,                          /* by labels: maximum number of chunks of tiles */
    STEP_REGIONS = CONFIG_BLOCKS + 2           /* maximum number of regions */
};

/* The gradients are divided into regions, in the order in which a backward pass completes them: region 0 has
 * dQ and db of the labels, region 1 `same`, and the others the blocks, from the last to the first. Each
 * region has arrays and a sum of its own, so that its exchange begins as soon as it is complete. */
typedef struct step_region {
    sum_tree sum;
    size_t begin, n;             /* elements of data; region 0: begin is 0 */
    atomic_size_t left;          /* leaves of this rank that are not added yet */
    float *received[RANKS_MOST]; /* the slice of this rank, from each node of another rank */
} step_region;

/* The buffers of one thread. */
typedef struct step_worker {
    encoding e;
    dropout drop; /* dropout of the document in e */
    encoding_grad g;
    attend_train_work a;
    unsigned char *gold; /* [L] gold labels of the current document */
    float *partial;      /* by labels: dH of the current document from a chunk of labels, [T][S] */
    size_t partial_cap;
    float *rows;        /* [STEP_SLOTS][E] sums of a row of the embedding */
    attend_mark *marks; /* of the current document and tile */
    size_t marks_cap;
    int failed;
} step_worker;

/* How the documents of a batch are divided. A part has documents that follow each other in `document`, and
 * is a leaf of the sum. Part i belongs to slot i / STEP_PARTS. */
typedef struct step_plan {
    size_t *document;                  /* [B] in the order of the parts */
    size_t *part;                      /* [B] the part of document[i] */
    size_t *at;                        /* [B] first row of document[i] in dX */
    size_t first[SUM_TREE_LEAVES + 1]; /* part i has document[first[i]] .. document[first[i + 1] - 1] */
    uint64_t parts;                    /* the parts that have documents, a bit each */
    size_t order[SUM_TREE_LEAVES], n;  /* those of this rank, in the order in which they are started */
    size_t words;
    size_t cap;     /* capacity in documents */
    size_t *memory; /* owned */
} step_plan;

/* The places of each word in a batch. */
typedef struct step_rows {
    int32_t *index;       /* [words] position in `row`; -1: not in the batch */
    int32_t *row;         /* [n] the distinct rows of the embedding, without row 0 */
    size_t *first;        /* [n + 1] row i has place[first[i]] .. place[first[i + 1] - 1] */
    size_t *place;        /* words in the order of the parts: rows of dX */
    unsigned char *slot;  /* the slot of each place */
    unsigned char *slots; /* [n] the slots that have the row, a bit each */
    size_t n, slots_cap, row_cap, first_cap, place_cap, slot_cap;
} step_rows;

/* The labels of a batch, if they are sampled. */
typedef struct step_sample {
    int32_t *label; /* [n] in ascending order */
    int32_t *index; /* [L] position in label; -1: not in the sample */
    float *weight;  /* [n] how many labels each stands for; 1 without sampling */
    float *rate;    /* [L] */
    size_t n;
    float *U, *W, *b;    /* [n][d_l], [n][S], [n] copies of the parameters */
    float *dU, *dW, *db; /* their gradients */
    float *memory;       /* owned */
    size_t capacity;
} step_sample;

struct step {
    params with_winograd_weights; /* the parameters of the caller, with U */
    const params *p;              /* points to with_winograd_weights */
    const params *all;            /* the parameters of the caller; p has those of sampled labels */
    winograd_weights U, transposed;
    pool *threads;
    size_t workers;
    bool by_label;
    size_t S, L, tiles; /* L: labels of the batch */
    step_sample sample;
    params grad;
    unsigned char *in_batch; /* [words] */
    float *Q;
    step_worker *worker;

    step_region region[STEP_REGIONS]; /* by labels, all parts of a slot are added to the same dQ and db */
    size_t regions;

    size_t proj_begin, proj; /* range of the gradients of proj in data */
    float *proj_sums;        /* [groups of labels][proj] */

    /* the batch */
    const step_options *o;
    const example *const *batch;
    size_t B;
    step_plan plan;
    step_rows rows;
    float *dX; /* [words][E] */
    size_t dX_cap;
    float *received; /* rows of other ranks; also what is sent to them */
    size_t received_cap;
    float *slices; /* of the regions, received from other ranks */
    size_t slices_cap;
    struct row_sum *row_sums; /* step_rows.c */
    size_t row_sums_cap;
    double *loss; /* [B] of document[i] */
    size_t loss_cap;

    /* by labels: the documents group .. group_end-1 are in the buffers of the threads */
    size_t group, group_end, current; /* current: the document whose labels are processed */
    size_t chunks, chunk;             /* of tiles; the first chunk of the current wave */
    double chunk_loss[STEP_CHUNKS];
    float *label_array;                               /* dQ and db of the current slot */
    float *part_array[SUM_TREE_LEAVES][STEP_REGIONS]; /* of the parts that are begun */
    float scale;
};

/* Number of labels of a tile. */
static inline size_t step_tile_size(const step *s, size_t tile)
{
    const size_t left = s->L - tile * ATTEND_TRAIN_TILE;
    return left < ATTEND_TRAIN_TILE ? left : ATTEND_TRAIN_TILE;
}

/* Whether document[i] is the first of its part (n = 1) or slot (n = STEP_PARTS); or the last. */
static inline bool step_begins(const step *s, size_t i, size_t n)
{
    return i == 0 || s->plan.part[i] / n != s->plan.part[i - 1] / n;
}

static inline bool step_ends(const step *s, size_t i, size_t n)
{
    return i + 1 == s->B || s->plan.part[i] / n != s->plan.part[i + 1] / n;
}

/* Whether memory was out for a thread. */
static inline bool step_failed(const step *s)
{
    for (size_t k = 0; k < s->workers; k++)
        if (s->worker[k].failed)
            return true;
    return false;
}

/* Divides the batch, of which this rank processes the parts `own`, a bit each. 0 or -1. */
int step_plan_make(step_plan *plan, const example *const *batch, size_t B, uint64_t own, size_t threads);
void step_plan_free(step_plan *plan);

/* Finds the places of the words of the batch. 0 or -1. */
int step_rows_init(step_rows *r, size_t words);
int step_rows_find(step_rows *r, const step_plan *plan, const example *const *batch, size_t B);
void step_rows_free(step_rows *r);

/* Documents first .. end-1 of the plan are those of a rank. */
static inline size_t step_first_of(const step *s, size_t rank)
{
    return s->plan.first[ranks_begin_of(STEP_SLOTS, rank) * STEP_PARTS];
}

/* The tensors of the view in the range begin .. end-1 of data are in the array instead. */
void step_view(params *view, size_t begin, size_t end, float *array);

/* ---- regions ---- */

void step_regions_init(step *s);
void step_regions_free(step *s);
/* Sets the size of dQ and db. */
void step_regions_resize(step *s);
/* Begins the sums of a batch. */
void step_regions_begin(step *s);
/* Fills arrays[regions] with arrays for a leaf, without region 0. 0, or -1: out of memory. */
int step_regions_arrays(step *s, float **arrays);
/* Adds the array of a leaf of the plan. The last leaf of this rank begins the exchange of the region. Regions
 * of a leaf are added in order. */
void step_region_add(step *s, size_t region, size_t leaf, float *array);

/* ---- one document, with the buffers of one thread ---- */

void step_forward(step *s, step_worker *k, size_t i);
/* Adds to the gradients of the shared tensors in arrays[regions]. If the document is the last of its part and
 * `add` is set, each region is added to the sum as soon as it is complete. */
void step_backward(step *s, step_worker *k, size_t i, float **arrays, bool add);
/* Tiles from .. to-1 for the document d in e. Adds the gradients to dH[a], dQ and db, or sets them (adds).
 * Returns the loss. */
double step_attend(step *s, step_worker *k, const encoding *e, float *const *dH, const example *d,
                   const unsigned char *gold, float *dQ, attend_adds adds, size_t from, size_t to);
void step_mark_gold(const step *s, unsigned char *gold, const example *d, unsigned char value);

/* ---- all documents ---- */

/* Compute the loss and the gradients of all documents, by documents or by labels. */
void step_by_documents(step *s);
void step_by_labels(step *s);

/* ---- sampled labels ---- */

/* For L labels at most. 0 or -1. */
int step_sample_init(step_sample *x, size_t L);
void step_sample_free(step_sample *x);
/* Chooses the labels of the batch, and makes s->p their parameters. `all` has those of all labels. 0 or -1.
 */
int step_sample_begin(step *s, const params *all);
/* Makes U, W and b of the view those of the gradients of the sample. */
void step_sample_view(const step *s, params *grad);
/* Sets the gradients of all labels from those of the sample. */
void step_sample_end(step *s);

/* Sets the gradients of this rank's slice to the sums over the parts of all ranks, and shares the losses. 0
 * or -1. */
int step_sum(step *s);

/* ---- ranks ---- */

/* The slots of a rank, and the parts of slots, a bit each. */
uint64_t step_slots_of(size_t rank);
uint64_t step_parts_of(uint64_t slots);
/* The slots below a node. */
uint64_t step_slots_below(sum_tree_node node);
/* The nodes that a rank completes. Returns their number. */
size_t step_tops_of(const step *s, sum_tree_node tops[SUM_TREE_TOPS], size_t rank);

/* Begins to receive the slice of this rank of all regions. 0 or -1. */
int step_exchange_begin(step *s);
/* Begins to send the sums of this rank's leaves. */
void step_exchange_send(step *s, size_t region);

/* Elements of the arrays of a region. */
typedef struct step_piece {
    size_t begin, n;
} step_piece;

enum { STEP_PIECES = SLICE_BANDS };

/* The pieces of a region that are in the slice of a rank. Those of region 0 are from dQ and db. Returns their
 * number. */
size_t step_pieces(const step *s, size_t region, size_t rank, step_piece pieces[STEP_PIECES]);
/* The sum over all ranks of elements that are in a piece of this rank, after the exchange. It is made in
 * place: each element only once. */
const float *step_sum_of(const step *s, size_t region, size_t begin, size_t n);
/* Gets the rows of the embedding that this rank's documents need. 0 or -1. */
int step_fetch_rows(step *s);
/* Sums the gradients of this rank's rows. Waits for all that is sent and received. 0 or -1. */
int step_sum_rows(step *s);

#endif
