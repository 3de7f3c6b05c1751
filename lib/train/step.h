/* SPDX-License-Identifier: Apache-2.0 */
/* Forward and backward for one batch of documents: the loss, and the gradient of every parameter.
 *
 * Documents are concatenated and not padded. A batch is divided into up to 8 slots with about equal numbers
 * of words, and a slot into up to 8 parts, which are usually single documents. The division depends only on
 * the lengths of the documents. The gradients of the parts are added in a binary tree (sum_tree.h). So the
 * result is bit-identical for any number of threads, and for any number of processes that have some of the
 * slots each.
 *
 * With few labels a thread takes a part, and processes its documents from the word vectors to the labels and
 * back. With many labels, a gradient of U and W for each part would not fit the cache, nor perhaps the
 * memory. Then documents are processed in groups of one document for each thread. They are encoded in
 * parallel. Attention processes one document after the other, with chunks of labels divided among the
 * threads. There is one gradient of U and W for each slot. The backward pass through the encoder is parallel
 * over documents again. The number of labels that is many depends only on the network. */
#ifndef ECAN_TRAIN_STEP_H
#define ECAN_TRAIN_STEP_H

#include "base/pool.h"
#include "model/attend_marks.h"
#include "model/params.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A document with its gold labels. The arrays are borrowed. */
typedef struct example {
    const int32_t *ids; /* [T] rows of the embedding */
    size_t T;
    const int32_t *gold; /* [n_gold] distinct labels */
    size_t n_gold;
    const attend_mark *marks; /* [n_marks] sorted by label: words that coders marked for gold labels; those of
                                 a label do not overlap */
    size_t n_marks;
} example;

typedef struct step step;

enum { STEP_SLOTS = 8 };

/* How the work of a batch is divided. */
typedef enum step_division {
    STEP_AUTO,      /* chosen by the number of labels */
    STEP_DOCUMENTS, /* parts are sets of documents */
    STEP_LABELS     /* parts are sets of labels */
} step_division;

/* p and threads are borrowed and must outlive the step. NULL with a message: out of memory. */
step *step_new(const params *p, pool *threads, step_division division);
void step_free(step *s);

/* Sets the relative rates [L], above 0, at which labels are sampled; without it they are equal. Copied. */
void step_label_rates(step *s, const float *rates);

typedef struct step_options {
    float gamma;                                 /* of the focal loss; 0: binary cross entropy */
    float dropout, word_dropout, hidden_dropout; /* probabilities (model/dropout.h) */
    uint64_t seed, number; /* dropout depends on (seed, number, index of the document in the batch) */
    bool frozen;           /* the gradient of the word vectors is not computed */
    size_t label_sample;   /* mean number of sampled labels besides the gold labels of the batch
                              (step_sample.c); 0:   all labels */
    float mark_weight;     /* of marks in the loss (attend_marks.h) */
} step_options;

/* Fills *loss, the mean over the B documents and the labels (section 3.5). step_grad() has the gradients
 * until the next call. 0, or -1: out of memory. */
int step_run(step *s, const example *const *batch, size_t B, const step_options *o, double *loss);

/* The gradients, in the layout of the parameters. Borrowed. */
const params *step_grad(const step *s);
/* [words] which rows of the embedding have a gradient: those of words in the batch; none if frozen. Borrowed.
 */
const unsigned char *step_in_batch(const step *s);

#endif
