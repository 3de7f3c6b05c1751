/* SPDX-License-Identifier: Apache-2.0 */
/* Internal declarations of export_source.c and export_line.c. */
#ifndef ECAN_CORPUS_EXPORT_SOURCE_H
#define ECAN_CORPUS_EXPORT_SOURCE_H

#include "base/map.h"
#include "corpus/export.h"
#include "text/labels.h"
#include "text/lines.h"

struct export_source {
    const char *const *files;
    int n_files, next; /* next: the file that is opened next */
    const export_options *o;
    left_out *left_out;
    bool open, failed;
    lines lines;
    stream_in *stream; /* NULL: the file has lines */
    record r;
    unsigned segment;
    labels *labels; /* of the segment */
    pack fields;
    int32_t *order;
    float *thresholds;

    export_notes *notes; /* NULL: those of the lines, if they have any */
    json_t *line;        /* the current encounter */
    json_t *kept;        /* strings that are made of its numbers */
    map *seen;           /* its codes, and then the ids of its notes */
    idset ids;           /* of all encounters so far */
};

/* Reads id and codes of in->line. 0, or -1 with the key in the message. */
int export_read_codes(export_source *in, export_encounter *e);
/* Reads notes and patient of an encounter. 0 or -1. */
int export_read_notes(export_source *in, const json_t *object, export_encounter *e);

#endif
