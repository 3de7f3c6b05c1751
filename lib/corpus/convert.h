/* SPDX-License-Identifier: Apache-2.0 */
/* Notes and codes of other formats -> encounters as JSON Lines (formats/encounters.md).
 *
 *     convert_open(&v, &options);
 *     convert_csv(&v, path);                 or convert_text, convert_brat, convert_fhir: any number of files
 *     convert_labels(&v, path);              codes from a table of their own
 *     convert_write(&v, file);
 *     convert_close(&v);
 *
 * The notes of an encounter can come in any order: they are gathered in a collection (collection.h). */
#ifndef ECAN_CORPUS_CONVERT_H
#define ECAN_CORPUS_CONVERT_H

#include "base/idset.h"
#include "base/mem.h"
#include "corpus/collection.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Where the codes of a brat file are: normalizations (N), notes of annotators (#), or the types of spans. */
typedef enum convert_brat_codes { BRAT_NORMALIZATIONS, BRAT_NOTES, BRAT_TYPES } convert_brat_codes;

typedef struct convert_options {
    const char *output;   /* what will be written to; NULL: standard output */
    const char *encoding; /* NULL: UTF-8. A byte order mark has priority */
    bool skip_bad;
    /* A bad row, file or resource is passed over with this message, and anything that the user should know.
     */
    void (*tell)(const char *message);

    const char *id, *text, *codes, *note, *type, *date; /* CSV: names of columns; NULL: the default */
    char separator;                                     /* CSV: of fields; 0: the header row tells */
    const char *between;                                /* of codes; NULL: ";" */
    bool other_codes; /* CSV: codes are in a table of their own (convert_labels) */

    const char *system;            /* FHIR, brat: only codes of systems that contain this; NULL: all */
    const char *const *converters; /* FHIR: "application/pdf=pdftotext - -" */
    int n_converters;
    convert_brat_codes brat;
} convert_options;

/* What was left out, and why: "3 attachments left out: ..." */
typedef struct convert_count {
    const char *noun, *why;
    uint64_t n;
} convert_count;

enum { CONVERT_COUNTS = 32 };

typedef struct convert {
    convert_options o;
    collection *c;
    bool labelled; /* codes are known: encounters without one have none */
    uint64_t notes_read, bad;
    convert_count left_out[CONVERT_COUNTS];
    int n_left_out;

    idset notes, note_ids; /* private, as what follows */
    buf key;
} convert;

typedef struct convert_slice {
    const char *s; /* NULL where there is none */
    size_t n;
} convert_slice;

/* options are borrowed. 0 or -1. */
int convert_open(convert *v, const convert_options *options);
void convert_close(convert *v);

/* Each reads a file ("-": standard input), or for text and brat also the files of a folder. 0, or -1 with
 * path and reason. */
int convert_csv(convert *v, const char *path);
int convert_text(convert *v, const char *path);
int convert_brat(convert *v, const char *path);

/* Resources of all files together, as they refer to each other. */
int convert_fhir(convert *v, const char *const *paths, int n);

/* A table of encounter and code. It comes last. */
int convert_labels(convert *v, const char *path);

/* All encounters. Without any it is an error. A failed write stays with f. 0 or -1. */
int convert_write(convert *v, FILE *f);

/* ---- for the readers ---- */

/* Adds a note to the encounter of that id. Empty parts are left out, except the text. 1: a new one; 0: a note
 * that is the same in every part, which counts once; -1 with the message set. *e: the encounter. */
int convert_add_note(convert *v, convert_slice encounter, convert_slice id, convert_slice type,
                     convert_slice date, convert_slice text, int32_t *e);

/* Calls take for each code of the text, with --between between them and without the blanks around them. */
int convert_each_code(const convert *v, convert_slice codes, int (*on_code)(void *, const char *, size_t),
                      void *context);

/* Whether it can be an id: 0 or -1. */
int convert_check_id(convert_slice id);

/* Whether the file is the output. */
struct stat;
bool convert_is_output(const convert *v, const struct stat *file);

/* A bad record whose message is set: 0 where it is to be passed over, otherwise -1. */
int convert_bad(convert *v);

/* Counts what was left out; both texts must last. */
void convert_left_out(convert *v, const char *noun, const char *why, uint64_t n);
void convert_tell(const convert *v, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Without the blanks around it. */
convert_slice convert_trim(convert_slice s);

#endif
