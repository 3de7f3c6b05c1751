/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence: for each code predicted, the words of the source notes that spoke for it most
 * (formats/evidence.md).
 *
 * Every word has a weight for a code, within 0 .. 1, made of the attentions A_a [T] of the code over the T
 * words:
 *
 *     EVIDENCE_PEAK    max_a A_a[t]      equation 8: the largest over all blocks
 *     EVIDENCE_SUM     sum_a A_a[t] / n  summed over the n blocks that are attended; over the words it adds
 * up to 1
 *
 * A passage is the word with the largest weight, its peak, and the n-gram around it: n words, or as many as
 * the kernel covers of the block that weighs the peak most, (n-1)/2 words before it and n/2 behind it. The
 * next passage is that of the heaviest word which no passage has yet, and so on; those that overlap are then
 * one. A passage stays within one note. A word that stands nowhere (a marker, whose span is empty) is no
 * peak.
 *
 * If the record has a match of a term of the code (formats/terms.md) with a positive weight w, the first
 * passage is the words of the term, with the weight sigmoid(w). The other passages do not overlap it.
 *
 * Where the record has the attentions (A: ecan-attend --weights) they are taken from there; else the model
 * goes over the words again, and attends for the codes at hand alone. The one peak of equation 8 needs
 * neither: the record has it.
 *
 *     explainer *x = explainer_new(&stage, &options);
 *     explainer_header(x, header) for each segment;  explainer_find(x, 0, record, &e) for each encounter */
#ifndef ECAN_EVAL_EVIDENCE_H
#define ECAN_EVAL_EVIDENCE_H

#include "io/json.h"
#include "io/stream.h"
#include "predict/model_stage.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum evidence_by { EVIDENCE_PEAK, EVIDENCE_SUM } evidence_by;
#define EVIDENCE_BY "peak|sum"

typedef struct explainer_options {
    evidence_by by;
    int top;           /* passages of a code at most; 0: 1 */
    int ngram;         /* words of a passage; 0: as the kernel covers, which only a model tells */
    float above;       /* peaks weigh more than this */
    const char *codes; /* explained whether predicted or not, "A,B"; borrowed, may be NULL */
    bool gold;         /* so are the record's own labels, as far as the model has them */
} explainer_options;

typedef struct explainer explainer;

/* stage: of the model that made the scores, borrowed; NULL: no descriptions, no attention but what the
 * records have, and options->ngram must be given. NULL when memory is out. */
explainer *explainer_new(model_stage *stage, const explainer_options *options);
void explainer_free(explainer *x); /* NULL is fine */

/* The header of a segment: its labels must be the model's, and the codes asked for among them. 0 or -1. */
int explainer_header(explainer *x, const record *header);

/* A stretch of one note. Offsets are code points of its text, end exclusive; bytes are of the same text. */
typedef struct passage {
    size_t note;
    size_t begin, end, begin_byte, end_byte;
    size_t peak, peak_end, peak_byte, peak_end_byte; /* the word with the largest weight; a term: all of it */
    float weight;                                    /* of the peak */
    int block;                                       /* that weighs it most, from 0; -1: a term */
    size_t word, first_word, end_word; /* the peak, and the stretch, as words of the record, end exclusive */
} passage;

typedef struct evidence_note {
    walk_value id; /* WALK_NIL where it has none; a string or a whole number */
    /* "" where there is none; not NUL-ended */
    const char *type, *date, *text, *description;
    size_t type_size, date_size, text_size, description_size;
} evidence_note;

/* One code, and its passages, passages[first .. first+n) of the encounter, a term first, then by weight.
 * None: the encounter has no words, or none is heavy enough. */
typedef struct explained {
    const char *code, *description; /* NUL-ended, borrowed from the explainer */
    float score;
    bool predicted; /* false: only asked for, or gold */
    size_t first, n;
    bool gold;     /* one of the record's labels */
    int32_t label; /* its index in the header */
} explained;

typedef struct evidence {
    const char *id;
    evidence_note *notes;
    explained *codes; /* those predicted, best first, then those asked for, then those that are gold */
    passage *passages;
    size_t n_notes, n_codes, n_passages;
    size_t notes_cap, codes_cap, passages_cap;
    bool gold_known; /* the record has labels */
    evidence_by by;
    struct evidence_work *work; /* private */
} evidence;

/* The evidence in r, into e, which is zeroed before its first use, reused, and borrows from r and x.
 * worker: one of the stage's, each in one call at a time. 0, or -1: the record is bad. */
int explainer_find(explainer *x, int worker, const record *r, evidence *e);
void evidence_free(evidence *e);

/* {"id", "by", "codes": [{"code", "description", "score", "predicted", "evidence": [...]}]}. New reference;
 * NULL when memory is out. */
json_t *evidence_json(const evidence *e);

/* The same as MDACE has it (formats/mdace.md): {"id" or "hadm_id", "notes": [{"note_id", "category",
 * "description", "annotations": [{"begin", "end", "code", ...}]}]}. code_system: what all codes belong to;
 * NULL: not said. */
json_t *evidence_mdace(const evidence *e, const char *code_system);

#endif
