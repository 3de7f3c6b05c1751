/* SPDX-License-Identifier: Apache-2.0 */
/* Lists separated by commas, as in options. */
#ifndef ECAN_BIN_WORD_LIST_H
#define ECAN_BIN_WORD_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Removes the next item, n bytes at *item, from *list. Returns false at the end. */
static inline bool next_item(const char **list, const char **item, size_t *n)
{
    if (!*list)
        return false;
    *item = *list;
    *n = strcspn(*list, ",");
    *list += *n;
    *list = **list ? *list + 1 : NULL;
    return true;
}

#endif
