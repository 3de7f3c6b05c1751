/* SPDX-License-Identifier: Apache-2.0 */
/* The codes of a model in the order of its rows, each with a description (formats/labels.md). A file has
 * one label per line: code, tab, description. A line without a tab is a code without description.
 *
 * A code is UTF-8, not empty, without tab, line feed, carriage return and NUL. It does not begin with U+FEFF.
 * A description is UTF-8 and may contain tabs. Lines may end with CR LF. */
#ifndef ECAN_TEXT_LABELS_H
#define ECAN_TEXT_LABELS_H

#include "io/stream.h"

#include <stddef.h>
#include <stdint.h>

typedef struct labels labels;

/* NULL if memory is out. */
labels *labels_new(void);
void labels_free(labels *l); /* NULL is fine */

/* NULL with path, line and reason: a code is empty or a duplicate, or bytes are not UTF-8. */
labels *labels_read(const char *path);
/* The same from an open file, which stays open; path is for messages. */
labels *labels_read_fd(int fd, const char *path);
/* Checks the close. 0 or -1. */
int labels_write(const labels *l, const char *path);

/* Returns the index of a code and adds the code if it is new. An existing code keeps its description.
 * description is NUL-terminated and copied; NULL means "". Returns -1 with the message set if the code or
 * description is invalid or memory is out. */
int32_t labels_add(labels *l, const char *code, size_t n, const char *description);

/* Packs the codes as the field `labels` of a scored stream's header. */
void labels_pack(pack *fields, const labels *l);

/* Adds the codes of a scored stream's header to l, which must be empty. Returns 0, or -1 if there are
 * none, or one is invalid or a duplicate. */
int labels_from_header(labels *l, const record *header);

/* Returns 0 if the code is valid, or -1 with the message set. */
int labels_check_code(const char *code, size_t n);

/* Returns the index of a code, or -1 if there is none. */
int32_t labels_index(const labels *l, const char *code, size_t n);

int32_t labels_count(const labels *l);

/* The code or description of label i, NUL-terminated; "" without a description. Borrowed until labels_add
 * or labels_free. */
const char *labels_code(const labels *l, int32_t i);
const char *labels_description(const labels *l, int32_t i);

#endif
