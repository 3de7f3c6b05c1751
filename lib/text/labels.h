/* SPDX-License-Identifier: Apache-2.0 */
/* The codes that a model gives, in the order of its rows, each with a description (formats/labels.md).
 * In a file: code, tab, description, a line a label; a line without a tab is a code without description.
 *
 * A code is UTF-8, not empty, without tab, line feed, carriage return and NUL; a description
 * is UTF-8 and may hold tabs. Lines may end in CR LF. */
#ifndef ECAN_TEXT_LABELS_H
#define ECAN_TEXT_LABELS_H

#include "io/stream.h"

#include <stddef.h>
#include <stdint.h>

typedef struct labels labels;

/* NULL when memory is out. */
labels *labels_new(void);
void labels_free(labels *l); /* NULL is fine */

/* NULL with path, line and reason: a code that is empty or there already, bytes that are not UTF-8. */
labels *labels_read(const char *path);
/* The close is checked. 0 or -1. */
int labels_write(const labels *l, const char *path);

/* The index of a code, which is added if it is new; one that is there keeps its description. description is
 * NUL-ended and copied, NULL means "". -1 with the message set for what is no code or description, or
 * when memory is out. */
int32_t labels_add(labels *l, const char *code, size_t n, const char *description);

/* The codes as a field of a scored stream's header: `labels`. */
void labels_pack(pack *fields, const labels *l);

/* Adds the codes of a scored stream's header to l, which is empty. 0, or -1: none there, one that is no code
 * or is there twice. */
int labels_from_header(labels *l, const record *header);

/* Whether it is a code: 0, or -1 with the message set. */
int labels_check_code(const char *code, size_t n);

/* The index of a code, -1 where it is not there. */
int32_t labels_index(const labels *l, const char *code, size_t n);

int32_t labels_count(const labels *l);

/* Of label i, NUL-ended; "" where there is no description. Borrowed until labels_add or labels_free. */
const char *labels_code(const labels *l, int32_t i);
const char *labels_description(const labels *l, int32_t i);

#endif
