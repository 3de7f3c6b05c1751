/* SPDX-License-Identifier: Apache-2.0 */
#include "text/coverage.h"

#include "base/mem.h"

#include <stdlib.h>

void coverage_free(coverage *c)
{
    map_free(c->missing);
    map_free(c->seen);
    mem_free(c->counts);
    *c = (coverage){0};
}

static int add_word(coverage *c, const char *word, size_t n)
{
    c->words++;
    if (map_find(c->known, word, n) >= c->first) {
        c->covered++;
        return map_add(c->seen, word, n) < 0 ? -1 : 0;
    }
    int32_t before = map_size(c->missing), i = map_add(c->missing, word, n);
    if (i < 0)
        return -1;
    if (i == before) {
        if (mem_grow(&c->counts, &c->room, i + 1, sizeof *c->counts) < 0)
            return -1;
        c->counts[i] = 0;
    }
    c->counts[i]++;
    return 0;
}

int coverage_add(coverage *c, const record *r)
{
    walk w;
    uint32_t n;
    if ((!c->missing && !(c->missing = map_new())) || (!c->seen && !(c->seen = map_new())) ||
        record_strings(r, "tokens", &w, &n) < 0)
        return -1;
    while (n-- > 0) {
        const char *word;
        size_t length;
        if (walk_str(&w, &word, &length) < 0)
            return record_error(r, "tokens");
        if (add_word(c, word, length) < 0)
            return -1;
    }
    c->records++;
    return 0;
}

static int by_count(const void *a, const void *b)
{
    const missing_word *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return x->word < y->word ? -1 : 1;
}

missing_word *coverage_missing(const coverage *c)
{
    int32_t n = c->missing ? map_size(c->missing) : 0;
    missing_word *m = mem_array(n, sizeof *m);
    for (int32_t i = 0; m && i < n; i++)
        m[i] = (missing_word){i, c->counts[i]};
    if (m)
        qsort(m, n, sizeof *m, by_count);
    return m;
}
