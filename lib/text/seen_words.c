/* SPDX-License-Identifier: Apache-2.0 */
#include "text/seen_words.h"

#include "text/utf8.h"

#include <string.h>

enum { TOGETHER = 16 }; /* words that are read together */

void seen_words_free(seen_words *w)
{
    if (w->words)
        map_free(w->words);
    mem_free(w->of);
    mem_free(w->at);
    buf_free(&w->plain);
    buf_free(&w->scratch[0]);
    buf_free(&w->scratch[1]);
    *w = (seen_words){0};
}

static int begin(seen_words *w)
{
    if (!w->words)
        return (w->words = map_new()) ? 0 : -1;
    if (w->keep_all || map_size(w->words) < SEEN_MOST)
        return 0;
    map_clear(w->words);
    memset(w->known, 0, sizeof w->known);
    w->plain.len = 0;
    w->n_plain = 0;
    return 0;
}

/* The number of a word, for which there is room in w->of. */
static int32_t add(seen_words *w, uint64_t hash, const char *word, size_t n)
{
    const int32_t i = map_add_hashed(w->words, hash, word, n);
    if (i >= 0 && (size_t)i >= w->of_room && mem_grow(&w->of, &w->of_room, (size_t)i + 1, sizeof *w->of))
        return -1;
    return i;
}

/* Reads the next `few` words at once, so that what is read in the table was prefetched. 0, or -1 with the
 * message set. */
static int read_some(seen_words *w, walk *at, uint32_t first, uint32_t few)
{
    struct {
        const char *s;
        size_t n;
        uint64_t hash;
    } word[TOGETHER];
    for (uint32_t k = 0; k < few; k++) {
        if (walk_str(at, &word[k].s, &word[k].n))
            return -1;
        word[k].hash = map_hash(word[k].s, word[k].n);
        map_prefetch(w->words, word[k].hash);
    }
    for (uint32_t k = 0; k < few; k++) {
        const int32_t i = add(w, word[k].hash, word[k].s, word[k].n);
        if (i < 0)
            return -1;
        w->at[first + k] = i;
        __builtin_prefetch(&w->of[i]);
    }
    return 0;
}

int seen_words_read(seen_words *w, const record *r)
{
    walk at;
    w->record = r;
    if (record_strings(r, "tokens", &at, &w->T))
        return -1;
    if (begin(w) || mem_grow(&w->at, &w->at_room, w->T, sizeof *w->at))
        return record_error(r, "tokens");
    for (uint32_t t = 0, few; t < w->T; t += few) {
        few = w->T - t < TOGETHER ? w->T - t : TOGETHER;
        if (read_some(w, &at, t, few))
            return record_error(r, "tokens");
    }
    return 0;
}

int32_t seen_words_add(seen_words *w, const char *word, size_t n)
{
    return w->words || !begin(w) ? add(w, map_hash(word, n), word, n) : -1;
}

/* Appends the next plain word. 0 or -1. */
static int add_plain(seen_words *w)
{
    size_t n;
    const char *word = map_key(w->words, w->n_plain, &n);
    const bool is_mark = n > 0 && word[0] == '<'; /* <num>, <note:letter> */
    const size_t from = w->plain.len;
    if ((!is_mark && utf8_form(&w->plain, word, n, UTF8_FOLD | UTF8_STRIP, w->scratch)) ||
        buf_add(&w->plain, "", 1))
        return -1;
    w->of[w->n_plain++].plain = from;
    return 0;
}

const char *seen_words_plain(seen_words *w, int32_t i, size_t *n)
{
    while (w->n_plain <= i)
        if (add_plain(w))
            return NULL;
    const size_t end = i + 1 < w->n_plain ? w->of[i + 1].plain : w->plain.len;
    *n = end - w->of[i].plain - 1;
    return (const char *)w->plain.data + w->of[i].plain;
}
