/* SPDX-License-Identifier: Apache-2.0 */
/* Lists with commas, as options have them. */
#ifndef ECAN_BIN_WORD_LIST_H
#define ECAN_BIN_WORD_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Takes the next item off *list, n bytes at *item: true, or false at its end. */
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
