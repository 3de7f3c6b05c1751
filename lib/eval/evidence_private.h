/* SPDX-License-Identifier: Apache-2.0 */
/* Internal declarations of evidence.c, evidence_view.c, evidence_codes.c and evidence_weights.c. Letters:
 * T words that the model read, L labels of the header. */
#ifndef ECAN_EVAL_EVIDENCE_PRIVATE_H
#define ECAN_EVAL_EVIDENCE_PRIVATE_H

#include "eval/evidence.h"
#include "eval/passage.h"
#include "terms/matches.h"
#include "text/labels.h"

struct explainer {
    explainer_options o;
    model_stage *stage; /* borrowed; NULL: there is no model */
    labels *labels;     /* of the header, owned; NULL before it */
};

/* Memory that is reused from one encounter to the next. Owned by its evidence. */
typedef struct evidence_work {
    places places;
    seen_words seen_words;
    matches matches;
    weighed *words;      /* [T] the weights */
    int32_t *heap;       /* [T] */
    unsigned char *seen; /* [T] */
    size_t words_cap, heap_cap, seen_cap;
    buf scratch[6], row; /* copies of tensors whose data is not aligned */
} evidence_work;

/* ---- one record (evidence_view.c) ---- */

/* The parts of a record that evidence needs, checked against each other. All arrays are borrowed from the
 * record or from the evidence_work. */
typedef struct evidence_view {
    const record *r;
    const int32_t *spans, *ids, *peaks; /* [T][3], [T], [L][2]; ids and peaks can be NULL */
    const float *peak_weights, *scores; /* [L], [L]; weights within 0 .. 1, scores are probabilities */
    size_t T, L, words;                 /* T: number of words that the model read, of `words` */

    int attentions;          /* 0: none yet */
    bool computed;           /* the attentions are those of the model, not of the record */
    tensor A[CONFIG_BLOCKS]; /* [attentions], each [L][T]: those of the record, if it has any */
    float *const *made; /* [attentions], each [group of codes][T]: those that the model computed, or NULL */
    size_t made_for, made_end; /* indices in evidence.codes: the group is made_for .. made_end - 1 */
} evidence_view;

/* Fills v from r, whose notes are in e->notes, and the places and matches of e->work. 0, or -1: the record
 * is invalid. */
int evidence_view_open(evidence_view *v, const explainer *x, const record *r, evidence *e);

/* Fills e->words_cut, e->notes_cut and e->unread (evidence_unread.c). 0, or -1: the record is invalid, or
 * memory is out. */
int evidence_find_unread(const evidence_view *v, evidence *e);

/* Whether the string key[n] is `name`. */
bool evidence_key_is(const char *key, size_t n, const char *name);

/* ---- the codes of the evidence (evidence_codes.c) ---- */

/* Fills e->codes: the predicted codes, the requested codes, the gold codes. 0, or -1: the record is
 * invalid, or memory is out. */
int evidence_add_codes(const explainer *x, const evidence_view *v, evidence *e);

/* ---- weights of words (evidence_weights.c) ---- */

/* Allocates the arrays of T words. 0 or -1. */
int evidence_weights_room(evidence_work *w, size_t T);

/* Lets the model read the words, if the record has no attentions or gradients are needed. Call it before
 * evidence_weigh. 0 or -1. */
int evidence_weights_begin(explainer *x, int worker, evidence_view *v);

/* Fills e->work->words with the weights (evidence.h) of the words for code i of e->codes. The model
 * computes attentions for a group of codes at a time, from i on: call it with i in ascending order. 0 or -1.
 */
int evidence_weigh(explainer *x, int worker, evidence_view *v, const evidence *e, size_t i);

#endif
