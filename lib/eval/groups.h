/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of codes: by their first characters, by the chapters of ICD, by a table of one's own
 * (formats/groups.md). Every code is in one group; in that without a name where nothing says another. */
#ifndef ECAN_EVAL_GROUPS_H
#define ECAN_EVAL_GROUPS_H

#include <stddef.h>
#include <stdint.h>

typedef struct groups groups;

/* By the first n characters, points not counted. NULL when memory is out. */
groups *groups_prefix(int n);

#define GROUPS_CHAPTERS "icd10|icd9"
/* By the chapters of "icd10" (that of the WHO and ICD-10-CM; codes of ICD-10-PCS are one group more) or
 * "icd9" (ICD-9-CM, and those of its procedures). NULL when memory is out, or for another name. */
groups *groups_chapters(const char *classification);

/* By a table: code, tab, group. Instead of a code there may be a range (A00-B99) or a pattern (E11*). NULL
 * with path, line and reason. */
groups *groups_read(const char *path);

void groups_free(groups *g); /* NULL is fine */

/* What they are groups by: "prefix 3", "chapters icd10", "table". Borrowed. */
const char *groups_by(const groups *g);

/* The group of a code. -1 when memory is out. */
int32_t groups_of(groups *g, const char *code);

/* Groups there are so far; "" is the name of that without one. Names are borrowed until groups_of. */
int32_t groups_count(const groups *g);
const char *groups_name(const groups *g, int32_t i);

/* order[groups_count]: how they are shown, those of a table in its order, others in order of their names. */
void groups_order(const groups *g, int32_t *order);

#endif
