/* SPDX-License-Identifier: Apache-2.0 */
/* Comma-separated lists: "date,type". */
#ifndef ECAN_BASE_LIST_H
#define ECAN_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* Sets *item and *n to the next item of *list (borrowed, not NUL-terminated) and moves *list past it. *list
 * is NULL after the last item. Returns false if *list is NULL.
 *
 * Items may be empty: "" has one item, "a," has two. Blanks are part of an item. */
bool list_next(const char **list, const char **item, size_t *n);

#endif
