/* Evidence: for each code predicted, the words of the source notes that spoke for it most
 * (formats/evidence.md).
 *
 * Equation 8 takes the word with the largest attention weight over all blocks, the peak, and the n-gram
 * around it that the block's kernel covers: (K-1)/2 words before it and K/2 behind it. A passage stays within
 * one note.
 *
 *     explainer *x = explainer_new("model", -1);
 *     explainer_header(x, header) for each segment;  explainer_find(x, record, &e) for each encounter */
#ifndef ECAN_EVAL_EVIDENCE_H
#define ECAN_EVAL_EVIDENCE_H

#include "io/json.h"
#include "io/stream.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct explainer explainer;

/* model: the folder whose labels.tsv has the descriptions and whose config.json has the kernels; NULL: no
 * descriptions, and window must be given. window: words on either side of the peak; -1: as the kernel covers.
 * NULL with the message set. */
explainer *explainer_new(const char *model, int window);
void explainer_free(explainer *x); /* NULL is fine */

/* Codes that are explained whether predicted or not, a comma between two. Borrowed. */
void explainer_ask(explainer *x, const char *codes);

/* The header of a segment: its labels must be the model's, and the codes asked for among them. 0 or -1. */
int explainer_header(explainer *x, const record *header);

/* A stretch of one note. Offsets are code points of its text, end exclusive; bytes are of the same text. */
typedef struct passage {
    size_t note;
    size_t begin, end, begin_byte, end_byte;
    size_t peak, peak_end, peak_byte, peak_end_byte; /* the word with the largest weight */
    float weight;                                    /* of the peak */
    int block;                                       /* that it belongs to, from 0 */
} passage;

typedef struct note {
    walk_value id;                  /* WALK_NIL where it has none; a string or a whole number */
    const char *type, *date, *text; /* "" where there is none; not NUL-ended */
    size_t type_size, date_size, text_size;
} note;

/* One code, and its passages, passages[first .. first+n) of the encounter, strongest first. None: the
 * encounter has no words. */
typedef struct explained {
    const char *code, *description; /* NUL-ended, borrowed from the explainer */
    float score;
    bool predicted; /* false: only asked for */
    size_t first, n;
} explained;

typedef struct evidence {
    const char *id;
    note *notes;
    explained *codes; /* those predicted, best first, then those asked for */
    passage *passages;
    size_t n_notes, n_codes, n_passages;
    size_t notes_cap, codes_cap, passages_cap;
    buf scratch[4]; /* tensors that were not aligned */
} evidence;

/* The evidence in r, into e, which is zeroed before its first use, reused, and borrows from r and x.
 * 0, or -1: the record is bad. */
int explainer_find(const explainer *x, const record *r, evidence *e);
void evidence_free(evidence *e);

/* {"id", "codes": [{"code", "description", "score", "predicted", "evidence": [...]}]}. New reference; NULL
 * when memory is out. */
json_t *evidence_json(const evidence *e);

#endif
