/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence: for each predicted code, the words of the source notes that support it most
 * (formats/evidence.md).
 *
 * For a code, each of the T words has a weight within 0 .. 1. It is computed from the attentions A_a [T] of
 * the code in the n attended blocks, and from the gradient of its logit z with respect to the word vectors x:
 *
 *     EVIDENCE_PEAK       max_a A_a[t]      equation 8: the largest weight of all blocks
 *     EVIDENCE_SUM        sum_a A_a[t] / n  the mean over the blocks; over the words it adds up to 1
 *     EVIDENCE_ATTINGRAD  sqrt(sum_a A_a[t] / n) max(0, x_t . dz/dx_t), scaled so that it adds up to 1
 *
 * The peak of a passage is the word with the largest weight. The passage is the part of its phrase
 * (text/phrases.h) that has enough weight. Or, if options->ngram is given, it has (n-1)/2 words before and
 * n/2 words after the peak. The next passage is that of the word with the largest weight that is in no
 * passage yet, and so on. Passages that overlap are joined. A passage stays within one note. A marker, whose
 * span is empty, cannot be a peak. Other places with the same words are passages, too, unless ngram is given.
 *
 * If the record has a match of a term of the code (formats/terms.md) with a positive weight w, the first
 * passage is the words of the term, with the weight sigmoid(w). The other passages do not overlap it.
 *
 * The attentions are those of the record if it has them (A: ecan-attend --weights). Otherwise the model reads
 * the words again and computes the attentions of the codes that are explained. The one peak of equation 8
 * needs no attentions if ngram is given: the record has it. Gradients need the model.
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
#include <stdint.h>

typedef enum evidence_by { EVIDENCE_PEAK, EVIDENCE_SUM, EVIDENCE_ATTINGRAD } evidence_by;
#define EVIDENCE_BY "peak|sum|attingrad"

typedef struct explainer_options {
    evidence_by by;
    int top;           /* maximum number of passages of a code, not counting repeats; 0: 1 */
    int ngram;         /* words of a passage; 0: a phrase */
    float above;       /* a peak has a larger weight than this */
    const char *codes; /* also explain these, "A,B", even if not predicted; borrowed, can be NULL */
    bool gold;         /* also explain the gold codes of the record that the model has */
} explainer_options;

typedef struct explainer explainer;

/* stage: of the model that made the scores, borrowed. NULL: there are no descriptions, only the attentions of
 * the records are used. EVIDENCE_ATTINGRAD needs it. Returns NULL when memory is out. */
explainer *explainer_new(model_stage *stage, const explainer_options *options);
void explainer_free(explainer *x); /* x may be NULL */

/* Reads the header of a segment. Its labels must be those of the model, and must contain options->codes. 0 or
 * -1. */
int explainer_header(explainer *x, const record *header);

/* A part of one note. Offsets are code points of its text, end exclusive; *_byte are offsets in bytes. */
typedef struct passage {
    size_t note;
    size_t begin, end, begin_byte, end_byte;
    size_t peak, peak_end, peak_byte, peak_end_byte; /* the peak; a term: all its words */
    float weight;                                    /* of the peak, 0 .. 1 */
    int block;                         /* that gives the peak its largest weight, from 0; -1: a term */
    int marks;                         /* of a term: SCOPE_... of text/scopes.h */
    bool repeat;                       /* another place with the words of a passage before it */
    size_t word, first_word, end_word; /* the peak and the passage as words of the record, end exclusive */
} passage;

typedef struct evidence_note {
    walk_value id; /* WALK_NIL: it has none; otherwise a string or a whole number */
    /* borrowed, not NUL-terminated; "" if there is none */
    const char *type, *date, *author, *text, *description;
    size_t type_size, date_size, author_size, text_size, description_size;
} evidence_note;

/* One code. Its passages are passages[first .. first+n) of the evidence: a term first, then by descending
 * weight. n is 0 if the encounter has no words, or no weight is above options->above. */
typedef struct explained {
    const char *code, *description; /* NUL-terminated, borrowed from the explainer */
    float score;
    bool predicted; /* false: only requested, or gold */
    size_t first, n;
    bool gold;     /* one of the record's labels */
    int32_t label; /* its index in the header */
} explained;

/* A part of a note that the model did not read: from begin to end, in bytes. */
typedef struct unread_range {
    size_t note, begin, end;
} unread_range;

typedef struct evidence {
    const char *id;
    uint64_t words_cut, notes_cut; /* words, and notes of other types, that the model did not read */
    unread_range *unread;          /* [n_unread], by note and begin; none if both numbers are 0 */
    size_t n_unread, unread_cap;
    evidence_note *notes;
    explained *codes; /* predicted codes, best first; then requested codes; then gold codes */
    passage *passages;
    size_t n_notes, n_codes, n_passages;
    size_t notes_cap, codes_cap, passages_cap;
    bool gold_known; /* the record has labels */
    const int32_t
        *only; /* set by the caller, borrowed. NULL, or: explain these n_only labels and no others */
    size_t n_only;
    evidence_by by;
    struct evidence_work *work; /* private */
} evidence;

/* Fills e with the evidence in r. e is zeroed before its first use, can be reused, and borrows from r and x.
 * worker: a worker of the stage that no other thread uses at the same time. 0, or -1: the record is invalid.
 */
int explainer_find(explainer *x, int worker, const record *r, evidence *e);
void evidence_free(evidence *e);

/* {"id", "by", "codes": [{"code", "description", "score", "predicted", "evidence": [...]}]}, with words_cut
 * and notes_cut if they are not 0. New reference; NULL when memory is out. */
json_t *evidence_json(const evidence *e);
/* The passages of code i of e, as in the value of "evidence". */
json_t *evidence_passages_json(const evidence *e, size_t i);

/* The same in the format of MDACE (formats/mdace.md): {"id" or "hadm_id", "notes": [{"note_id", "category",
 * "description", "annotations": [{"begin", "end", "code", ...}]}]}. code_system: that of all codes; NULL: it
 * is left out. */
json_t *evidence_mdace(const evidence *e, const char *code_system);

#endif
