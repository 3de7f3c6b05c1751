/* SPDX-License-Identifier: Apache-2.0 */
#include "base/idset.h"
#include "base/err.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 20000 };

static int add_all(idset *set, int expected)
{
    char text[32];
    int right = 1;
    for (int i = 0; i < MANY; i++) {
        int n = snprintf(text, sizeof text, "encounter-%d", i);
        right &= idset_add(set, text, (size_t)n) == expected;
    }
    return right;
}

int main(void)
{
    idset set = {0};
    ok(idset_add(&set, "a", 1) == 1 && idset_add(&set, "a", 1) == 0, "new, then seen");
    ok(idset_add(&set, "", 0) == 1 && idset_add(&set, "", 0) == 0, "the empty id, whose hash is zero");
    ok(idset_add(&set, "a\0", 2) == 1 && idset_add(&set, "a", 1) == 0, "NULs count");
    ok(add_all(&set, 1), "%d new ids", MANY);
    ok(add_all(&set, 0) && set.n == MANY + 3, "seen, every one");
    ok(set.n_slots < 3 * set.n, "at most 48 bytes an id (%zu slots for %zu)", set.n_slots, set.n);
    idset_free(&set);
    ok(set.n == 0 && idset_add(&set, "a", 1) == 1, "empty after idset_free, and usable");
    idset_free(&set);

    set.most = 1024;
    ok(add_all(&set, 1), "%d new ids in a small table and files", MANY);
    ok(add_all(&set, 0) && set.n_slots == 1024 && set.n < 768, "seen, every one, in bounded memory");
    ok(idset_add(&set, "", 0) == 1 && idset_add(&set, "", 0) == 0, "the empty id");
    idset_free(&set);

    set.most = 1024;
    setenv("TMPDIR", "/nowhere/else", 1);
    int added = 0, got;
    char id[32];
    while ((got = idset_add(&set, id, (size_t)snprintf(id, sizeof id, "%d", added))) == 1)
        added++;
    ok(got == -1 && added == 768 && set.n == 768 && strstr(err_message(), "/nowhere/else"),
       "no folder for temporary files: %s", err_message());
    ok(idset_add(&set, "5", 1) == -1 && set.n == 768, "the set is as before");
    setenv("TMPDIR", "/tmp", 1);
    ok(idset_add(&set, "5", 1) == 0 && idset_add(&set, id, strlen(id)) == 1, "and works again");
    idset_free(&set);
    return tap_done();
}
