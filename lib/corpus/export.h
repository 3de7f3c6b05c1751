/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the codes of encounters in other formats: what ecan-convert reads (convert.h).
 *
 *     in = export_source_open(files, n, &options, &left_out);
 *     export_open(&x, &options, &left_out, f);
 *     while ((got = export_next(in, &e)) > 0)
 *         export_fhir(&x, &e);                       or export_csv, export_brat
 *     export_fhir_end(&x);
 *     export_close(&x);
 *
 * A code is proposed by a model, accepted by a coder, or both. One encounter is in memory. */
#ifndef ECAN_CORPUS_EXPORT_H
#define ECAN_CORPUS_EXPORT_H

#include "base/idset.h"
#include "base/mem.h"
#include "corpus/left_out.h"
#include "io/json.h"
#include "io/stream.h"
#include "text/offsets.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct export_string {
    const char *s; /* NULL: absent. Followed by NUL, except the text of a passage */
    size_t n;
} export_string;

typedef struct export_note {
    export_string id, type, date, language, text; /* text is present */
} export_note;

typedef struct export_passage {
    export_string note, text; /* the id of the note; the text as the evidence has it, NULL: unknown */
    size_t begin, end;        /* code points, or the unit that the format writes after export_place() */
    bool by_coder;
} export_passage;

typedef struct export_code {
    export_string code, description;
    double score;            /* NAN: none */
    bool proposed, accepted; /* by a model; by a coder */
    bool principal;          /* diagnosis; the codes begin with it, and continue in the order of the coder */
    int64_t order;           /* the place in that order, from 1; 0: none */
    export_string admission; /* present on admission, as in formats/decisions.md; absent: unknown */
    size_t first, n;         /* passages */
    size_t read;             /* position in the line */
} export_code;

/* All is borrowed until the next encounter. */
typedef struct export_encounter {
    export_string id, patient; /* patient: absent if unknown */
    export_code *codes;        /* [n_codes] without duplicates */
    export_passage *passages;  /* [n_passages] */
    export_note *notes;        /* [n_notes], if has_notes */
    size_t n_codes, n_passages, n_notes, cap_codes, cap_passages, cap_notes;
    bool has_notes;
    const record *header; /* of the stream that the encounter came from; NULL: from a line */
} export_encounter;

typedef struct export_options {
    const char *const *notes; /* files with the notes, encounters in the order of the codes */
    int n_notes;
    const char *patient; /* the key of the patient */
    double threshold;    /* export proposed codes with a score above it; NAN: the predicted codes */
    size_t max_record;   /* bytes of a line or record */

    const char *code_system; /* FHIR: a URI; brat: a name. NULL: none */
    offset_unit unit;        /* of offsets */
    bool passages;           /* CSV: a row for each passage, not for each code */
    bool with_notes;         /* FHIR: the notes are in the bundle */
    bool server_ids;         /* FHIR: ids are those of resources on a server */
    const char *coder;       /* FHIR: a reference, such as Practitioner/7, or a name. NULL: "coder" */
    const char *recorded;    /* FHIR: the time of the Provenance */
    const char *folder;      /* brat */
} export_options;

/* ---- input ---- */

typedef struct export_source export_source;

/* files: JSON Lines of ecan predict, ecan-explain, the page, ecan-convert (labels or spans); or scored
 * streams. All is borrowed. NULL with the message set. */
export_source *export_source_open(const char *const *files, int n, const export_options *o, left_out *l);
void export_source_close(export_source *in); /* NULL is fine */

/* 1: *e is the next encounter. 0: the end. -1: an error, which names file and line or record; the next call
 * continues after it, unless export_source_failed(). */
int export_next(export_source *in, export_encounter *e) __attribute__((warn_unused_result));
bool export_source_failed(const export_source *in);
void export_encounter_free(export_encounter *e);

/* The notes of encounters (export_notes.c): reads forward to the encounter with that id. 1: *object is its
 * line, borrowed until the next call. -1 with the message set: also if it is not found. */
typedef struct export_notes export_notes;
export_notes *export_notes_open(const char *const *files, int n, size_t max_line);
void export_notes_close(export_notes *n);
int export_notes_find(export_notes *n, export_string id, const json_t **object);

/* ---- output ---- */

typedef struct export
{
    const export_options *o;
    left_out *left_out;
    FILE *f;
    const char *model; /* fingerprint of the model that proposed the codes; NULL: unknown */

    uint64_t codes, no_patient; /* codes written; encounters with codes and without a patient */

    bool begun; /* private, like the members below */
    idset devices;
    char *folder; /* brat: the folder that is written */
    buf line;
}
export;

/* f: the output; NULL for brat, which writes a folder. */
void export_open(export *x, const export_options *o, left_out *l, FILE *f);
void export_close(export *x); /* without the end, nothing appears in a folder */

/* Each writes an encounter; the offsets of its passages change. 0 or -1. A write error of f is left in its
 * state. */
int export_csv(export *x, export_encounter *e);
int export_fhir(export *x, export_encounter *e);
int export_brat(export *x, export_encounter *e);

/* Ends the output. It is an error if there was no code. 0 or -1. */
int export_csv_end(export *x);
int export_fhir_end(export *x);
int export_brat_end(export *x);

/* ---- for the writers ---- */

/* Extensions of FHIR, and the types of marks of brat whose codes have no place. ecan-convert reads them. */
#define EXPORT_PASSAGE        "urn:ecan:passage"
#define EXPORT_SCORE          "urn:ecan:score"
#define EXPORT_PRINCIPAL      "urn:ecan:principal"
#define EXPORT_ORDER          "urn:ecan:order"
#define EXPORT_ADMISSION      "urn:ecan:present-on-admission"
#define EXPORT_NO_PLACE(type) type "-without-place"

/* Converts the offsets of the passages to a unit. Passages that are not in their notes, or that have another
 * text there, are left out and counted. 0, or -1: the notes are needed and unknown. */
int export_place(export *x, export_encounter *e, offset_unit unit);

/* Fails if no code was written. 0 or -1. */
int export_check(const export *x);

/* NULL: no such note. */
const export_note *export_find_note(const export_encounter *e, export_string id);

#endif
