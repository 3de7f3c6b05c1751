/* SPDX-License-Identifier: Apache-2.0 */
#include "text/copied.h"

#include "base/err.h"
#include "base/map.h"
#include "base/mem.h"

#include <string.h>

void copied_free(copied *c)
{
    map_free(c->words);
    mem_free(c->name);
    mem_free(c->next);
    mem_free(c->order);
    mem_free(c->sorted);
    mem_free(c->count);
    *c = (copied){0};
}

static int make_room(copied *c, size_t T)
{
    if (T >= INT32_MAX)
        return err_set("an encounter of %d words or more is not supported", INT32_MAX);
    return mem_grow(&c->name, &c->room[0], T, sizeof *c->name) < 0 ||
                   mem_grow(&c->next, &c->room[1], T, sizeof *c->next) < 0 ||
                   mem_grow(&c->order, &c->room[2], T, sizeof *c->order) < 0 ||
                   mem_grow(&c->sorted, &c->room[3], T, sizeof *c->sorted) < 0 ||
                   mem_grow(&c->count, &c->room[4], T + 1, sizeof *c->count) < 0
               ? -1
               : 0;
}

/* Sets name[i] to the number of word i. Returns the number of distinct words, or -1. */
static int32_t name_words(copied *c, const tokens *w)
{
    if (!c->words && !(c->words = map_new()))
        return -1;
    map_clear(c->words);
    for (size_t i = 0; i < w->T; i++) {
        size_t n;
        const char *word = tokens_word(w, i, &n);
        c->name[i] = map_add(c->words, word, n);
        if (c->name[i] < 0)
            return -1;
    }
    return map_size(c->words);
}

/* to := the positions 0 .. M-1 in the order of from (NULL: their own), and above that by key[position], 0 ..
 * names-1. */
static void sort_by(const int32_t *key, const int32_t *from, int32_t *to, size_t M, int32_t *count,
                    int32_t names)
{
    memset(count, 0, ((size_t)names + 1) * sizeof *count);
    for (size_t i = 0; i < M; i++)
        count[key[i] + 1]++;
    for (int32_t v = 0; v < names; v++)
        count[v + 1] += count[v];
    for (size_t i = 0; i < M; i++) {
        int32_t position = from ? from[i] : (int32_t)i;
        to[count[key[position]]++] = position;
    }
}

/* From names of the runs that begin at i to those of runs that are `step` words longer, of which there are M:
 * by the pairs name[i], name[i+step]. How many names. */
static int32_t name_longer(copied *c, size_t step, size_t M, int32_t names)
{
    sort_by(c->name + step, NULL, c->order, M, c->count, names);
    sort_by(c->name, c->order, c->sorted, M, c->count, names);
    int32_t n = 0;
    for (size_t i = 0; i < M; i++) {
        const int32_t *here = c->name + c->sorted[i], *before = i > 0 ? c->name + c->sorted[i - 1] : NULL;
        if (before && (here[0] != before[0] || here[step] != before[step]))
            n++;
        c->next[c->sorted[i]] = n;
    }
    memcpy(c->name, c->next, M * sizeof *c->name);
    return n + 1;
}

/* Goes through the runs of N words in order. first[name]: the note that had the run first. */
static int64_t mark(copied *c, const size_t *starts, size_t n, size_t N, int32_t names, bool *is)
{
    int32_t *first = c->count;
    int64_t found = 0;
    memset(first, -1, names * sizeof *first);
    for (size_t k = 0; k < n; k++) {
        size_t until = starts[k]; /* end of the copied runs seen so far: the words before it are copied */
        for (size_t i = starts[k]; i < starts[k + 1]; i++) {
            if (starts[k + 1] - i >= N) {
                int32_t *seen = &first[c->name[i]];
                if (*seen < 0)
                    *seen = (int32_t)k;
                else if (*seen < (int32_t)k)
                    until = i + N;
            }
            is[i] = i < until;
            found += is[i];
        }
    }
    return found;
}

int64_t copied_find(copied *c, const tokens *w, const size_t *starts, size_t n, size_t N, bool *is)
{
    size_t T = w->T;
    memset(is, 0, T * sizeof *is);
    if (T < N || n < 2)
        return 0;
    int32_t names = make_room(c, T) < 0 ? -1 : name_words(c, w);
    if (names < 0)
        return -1;
    for (size_t m = 1; m < N;) {
        size_t step = m < N - m ? m : N - m;
        m += step;
        names = name_longer(c, step, T - m + 1, names);
    }
    return mark(c, starts, n, N, names, is);
}
