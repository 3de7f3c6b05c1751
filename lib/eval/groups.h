/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of codes: by their first characters, by the chapters of ICD, or by a table of the user
 * (formats/groups.md). Every code is in one group. Codes that match no entry are in a group without a
 * name. */
#ifndef ECAN_EVAL_GROUPS_H
#define ECAN_EVAL_GROUPS_H

#include <stddef.h>
#include <stdint.h>

typedef struct groups groups;

/* Groups by the first n characters; points are not counted. NULL when memory is out. */
groups *groups_prefix(int n);

#define GROUPS_CHAPTERS "icd10|icd9"
/* Groups by the chapters of "icd10" (WHO and ICD-10-CM; codes of ICD-10-PCS are one more group) or "icd9"
 * (ICD-9-CM and its procedures). NULL when memory is out, or for another name. */
groups *groups_chapters(const char *classification);

/* Groups by a table of lines: code, tab, group. A range (A00-B99) or a pattern (E11*) can replace the
 * code. NULL with path, line and reason. */
groups *groups_read(const char *path);

void groups_free(groups *g); /* g may be NULL */

/* What the groups are made by: "prefix 3", "chapters icd10", "table". Borrowed. */
const char *groups_by(const groups *g);

/* The group of a code. -1 when memory is out. */
int32_t groups_of(groups *g, const char *code);

/* Number of groups so far. The name of the group without a name is "". Names are borrowed until groups_of. */
int32_t groups_count(const groups *g);
const char *groups_name(const groups *g, int32_t i);

/* order[groups_count]: the order in which they are shown. Groups of a table keep its order, others are
 * sorted by name. */
void groups_order(const groups *g, int32_t *order);

#endif
