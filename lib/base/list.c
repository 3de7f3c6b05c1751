/* SPDX-License-Identifier: Apache-2.0 */
#include "base/list.h"

#include <string.h>

bool list_next(const char **list, const char **item, size_t *n)
{
    if (!*list)
        return false;
    *item = *list;
    *n = strcspn(*list, ",");
    *list = (*item)[*n] ? *item + *n + 1 : NULL;
    return true;
}
