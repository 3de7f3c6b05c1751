/* SPDX-License-Identifier: Apache-2.0 */
#include "base/list.h"
#include "tap.h"

#include <string.h>

/* The items of a list, each in brackets. */
static void check(const char *list, const char *expected)
{
    char found[64] = "";
    const char *rest = list, *item;
    size_t n;
    while (list_next(&rest, &item, &n))
        snprintf(found + strlen(found), sizeof found - strlen(found), "[%.*s]", (int)n, item);
    ok(strcmp(found, expected) == 0, "%s: %s", list ? list : "NULL", found);
}

int main(void)
{
    check(NULL, "");
    check("", "[]");
    check("date", "[date]");
    check("a,bc, d", "[a][bc][ d]");
    check("a,", "[a][]");
    check(",a", "[][a]");
    return tap_done();
}
