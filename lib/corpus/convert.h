/* SPDX-License-Identifier: Apache-2.0 */
/* Converts notes and codes of other formats to encounters as JSON Lines (formats/encounters.md).
 *
 *     convert_open(&v, &options);
 *     convert_csv(&v, path);                 or convert_text, convert_brat, convert_fhir: any number of files
 *     convert_labels(&v, path);              codes from a separate table
 *     convert_write(&v, file);
 *     convert_close(&v);
 * The notes of an encounter can come in any order: they are gathered in a collection (collection.h). */
#ifndef ECAN_CORPUS_CONVERT_H
#define ECAN_CORPUS_CONVERT_H

#include "base/idset.h"
#include "base/mem.h"
#include "corpus/collection.h"
#include "corpus/left_out.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Where a brat file has the codes: in normalizations (N), in notes of annotators (#), or in the types of
 * spans. */
typedef enum convert_brat_codes { BRAT_NORMALIZATIONS, BRAT_NOTES, BRAT_TYPES } convert_brat_codes;

typedef struct convert_options {
    const char *encoding; /* NULL: UTF-8. A byte order mark has priority */
    bool skip_bad;
    /* Called with a message about a bad row, file or resource that was skipped, or with another warning. */
    void (*tell)(const char *message);

    const char *id, *text, *codes, *note, *type, *date, *language,
        *patient;        /* CSV: names of columns; NULL: the default */
    char separator;      /* CSV: separator of fields; 0: detected from the header row */
    const char *between; /* separator of codes; NULL: ";" */
    bool other_codes;    /* CSV: codes are in a separate table (convert_labels) */
    bool spans;          /* the places of codes are written, too (convert_write_spans) */

    const char *system;            /* FHIR, brat: only codes of systems whose name contains this; NULL: all */
    const char *const *converters; /* FHIR: "application/pdf=pdftotext - -" */
    int n_converters;
    convert_brat_codes brat;
    bool folders; /* brat: a folder is an encounter, and its texts are the notes */
} convert_options;

typedef struct convert_spans convert_spans;

typedef struct convert {
    convert_options o;
    collection *c;
    convert_spans *spans;         /* NULL: they are not written */
    collection_labelled labelled; /* whether codes are known, so that an encounter without codes has none */
    uint64_t notes_read, bad;
    left_out left_out;

    idset notes, note_ids; /* private, like the members below */
    buf key;
} convert;

typedef struct convert_slice {
    const char *s; /* NULL: it is absent */
    size_t n;
} convert_slice;

/* options are borrowed. 0 or -1. */
int convert_open(convert *v, const convert_options *options);
void convert_close(convert *v);

/* Each reads a file ("-" is standard input). text and brat can also read the files of a folder. 0, or -1
 * with path and reason. */
int convert_csv(convert *v, const char *path);
int convert_text(convert *v, const char *path);
int convert_brat(convert *v, const char *path);

/* Reads the resources of all files together, because they refer to each other. */
int convert_fhir(convert *v, const char *const *paths, int n);

/* Reads a table of encounters and codes. Must be called last. */
int convert_labels(convert *v, const char *path);

/* Writes all encounters. It is an error if there are none. A write error is left in the state of f. 0 or
 * -1. */
int convert_write(convert *v, FILE *f);

/* ---- for the readers ---- */

/* Adds a note to the encounter with that id. Empty parts are left out, except the text. Returns 1 if the
 * note is new; 0 if there is already a note that is the same in every part, which then counts once; or -1
 * with the message set. *e: the encounter. */
typedef struct convert_note {
    convert_slice id, type, date, language, text;
} convert_note;
int convert_add_note(convert *v, convert_slice encounter, const convert_note *note, int32_t *e);

/* Calls on_code for each code of the text. Codes are separated by --between; blanks around them are
 * removed. */
int convert_each_code(const convert *v, convert_slice codes, int (*on_code)(void *, const char *, size_t),
                      void *context);

/* Checks that it is a valid id: 0 or -1. */
int convert_check_id(convert_slice id);

/* Reports a bad record, whose message is set. Returns 0 if it is to be skipped, otherwise -1. */
int convert_bad(convert *v);

/* Counts something that was left out. Both texts must remain valid. */
void convert_left_out(convert *v, const char *noun, const char *why, uint64_t n);
void convert_tell(const convert *v, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The slice without the blanks around it. */
convert_slice convert_trim(convert_slice s);

#endif
