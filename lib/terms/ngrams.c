/* SPDX-License-Identifier: Apache-2.0 */
#include "terms/ngrams.h"

#include "base/err.h"
#include "terms/pair_map.h"

#include <string.h>

#define MOST_SLOTS ((size_t)1 << 26)

typedef struct counted {
    uint64_t key;
    uint32_t df : 31;    /* 0: free */
    uint32_t marked : 1; /* the beginning of a marked phrase */
    int32_t last;        /* the last encounter with it, from 1; after counting, its number, or -1 */
} counted;

typedef struct level {
    counted *slots;
    size_t n_slots;
    uint64_t passes, pass;
    int32_t doc;
    bool number; /* counting is done, and the n-grams get numbers */
} level;

/* 0 or -1. */
static int find_marked(ngrams *g)
{
    const term_phrases *p = &g->c->phrases;
    if (p->n && !(g->marked = mem_array(g->c->text_at[g->c->n], sizeof *g->marked)))
        return -1;
    for (size_t i = 0; i < p->n; i++)
        if (g->marked[p->of[i].at] < p->of[i].words)
            g->marked[p->of[i].at] = (unsigned char)p->of[i].words;
    return 0;
}

int ngrams_begin(ngrams *g, const term_corpus *c)
{
    const size_t words = c->text_at[c->n];
    *g = (ngrams){.c = c,
                  .starts = mem_array(words, sizeof *g->starts),
                  .longer = mem_array(words, sizeof *g->longer),
                  .frequent = mem_array((size_t)map_size(c->forms), sizeof *g->frequent),
                  .forms = mem_array(c->longest, sizeof *g->forms),
                  .at = mem_array(c->longest, sizeof *g->at)};
    return g->starts && g->longer && g->frequent && g->forms && g->at && !find_marked(g) ? 0 : -1;
}

void ngrams_free(ngrams *g)
{
    mem_free(g->df);
    mem_free(g->starts);
    mem_free(g->longer);
    mem_free(g->frequent);
    mem_free(g->marked);
    mem_free(g->forms);
    mem_free(g->at);
    *g = (ngrams){0};
}

static counted *find(const level *v, uint64_t key, uint64_t hash)
{
    size_t i = (size_t)hash & (v->n_slots - 1);
    while (v->slots[i].df && v->slots[i].key != key)
        i = (i + 1) & (v->n_slots - 1);
    return &v->slots[i];
}

static void see(const ngrams *g, level *v, uint64_t key, size_t at, bool marked)
{
    const uint64_t hash = pair_hash(key);
    if ((hash >> 32) % v->passes != v->pass)
        return;
    counted *s = find(v, key, hash);
    if (v->number) {
        g->longer[at] = s->last;
        return;
    }
    if (s->last != v->doc + 1)
        *s = (counted){key, s->df + 1, s->marked, v->doc + 1};
    s->marked |= marked;
}

/* Visits every position where an n-gram of this length can start. With slots it counts the n-gram;
 * without, it counts the positions. */
static size_t walk_corpus(const ngrams *g, level *v)
{
    size_t places = 0;
    for (size_t doc = 0; doc < g->c->n; doc++) {
        const size_t n = term_corpus_words(g->c, doc, g->forms, g->at);
        v->doc = (int32_t)doc;
        for (size_t k = 0; k + (size_t)g->length < n; k++) {
            const int32_t shorter = g->starts[g->at[k]], last = g->forms[k + (size_t)g->length];
            if (shorter < 0 || last < 0 || (g->length > 0 && !g->frequent[last]))
                continue;
            places++;
            if (v->slots)
                see(g, v, pair_key(shorter, last), g->at[k], g->marked && g->marked[g->at[k]] > g->length);
        }
    }
    return places;
}

/* Numbers the frequent n-grams, in the order of the slots. */
static int number_slots(ngrams *g, const level *v, int min_df)
{
    for (size_t i = 0; i < v->n_slots; i++) {
        counted *s = &v->slots[i];
        if ((int32_t)s->df < min_df && !s->marked) {
            s->last = -1;
            continue;
        }
        if (g->n == INT32_MAX)
            return err_set("more than %d n-grams", INT32_MAX);
        if ((size_t)g->n == g->df_room && mem_grow(&g->df, &g->df_room, (size_t)g->n + 1, sizeof *g->df))
            return -1;
        g->df[g->n] = (int32_t)s->df;
        s->last = g->n++;
    }
    return 0;
}

static void mark_frequent_words(const ngrams *g)
{
    const term_phrases *p = &g->c->phrases;
    for (size_t i = 0; i < p->n; i++)
        for (size_t at = p->of[i].at, end = at + (size_t)p->of[i].words; at < end; at++) {
            const int32_t form = g->c->words.of[g->c->text[at]].form;
            if (form == TERM_DROPPED)
                end++;
            else
                g->frequent[form] = true;
        }
    for (size_t doc = 0; doc < g->c->n; doc++) {
        const size_t n = term_corpus_words(g->c, doc, g->forms, g->at);
        for (size_t k = 0; k < n; k++)
            if (g->forms[k] >= 0 && g->starts[g->at[k]] >= 0)
                g->frequent[g->forms[k]] = true;
    }
}

static int count_and_number(ngrams *g, level *v, int min_df)
{
    memset(v->slots, 0, v->n_slots * sizeof *v->slots);
    v->number = false;
    walk_corpus(g, v);
    if (number_slots(g, v, min_df))
        return -1;
    v->number = true;
    walk_corpus(g, v);
    return 0;
}

int ngrams_next(ngrams *g, int min_df)
{
    level v = {.n_slots = 1024};
    const size_t places = walk_corpus(g, &v), words = g->c->text_at[g->c->n];
    while (v.n_slots < MOST_SLOTS && v.n_slots / 4 * 3 < places)
        v.n_slots *= 2;
    v.passes = places / (v.n_slots / 4 * 3) + 1;
    if (!(v.slots = mem_room(v.n_slots, sizeof *v.slots)))
        return -1;
    memset(g->longer, -1, words * sizeof *g->longer);
    g->n = 0;
    int result = 0;
    for (; !result && v.pass < v.passes; v.pass++)
        result = count_and_number(g, &v, min_df);
    mem_free(v.slots);
    int32_t *const longer = g->longer;
    g->longer = g->starts;
    g->starts = longer;
    if (g->length++ == 0)
        mark_frequent_words(g);
    return result;
}
