/* SPDX-License-Identifier: Apache-2.0 */
/* The terms of a record: the best place of each term, then the best term of each label. */
#include "base/mem.h"
#include "terms/matcher.h"
#include "terms/matcher_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Where the words of a node are in the record. */
typedef struct place {
    int32_t node, first, last, marks;
} place;

typedef struct best {
    float weight;
    int32_t first, last; /* first and last word of the match; last 0: no match */
    int32_t marks;
} best;

struct matcher_work {
    term_words words;
    best *best;     /* [labels] best match of each */
    int32_t *found; /* [labels] the labels that have a match */
    place *places;  /* [n_places] the best place of each node with rows that the record has */
    size_t n_places, places_room;
    uint32_t *seen;  /* [nodes] above `before`: the number of the node's place, from before + 1 */
    uint32_t before; /* number of places of earlier records */
    scopes_work *scopes;
    matches out;
};

matcher_work *matcher_work_new(const matcher *m)
{
    matcher_work *w = mem_array(1, sizeof *w);
    if (!w)
        return NULL;
    w->best = mem_array((size_t)m->labels, sizeof *w->best);
    w->found = mem_array((size_t)m->labels, sizeof *w->found);
    w->seen = mem_array((size_t)m->nodes.n, sizeof *w->seen);
    w->scopes = m->scopes ? scopes_work_new(m->scopes) : NULL;
    if (w->best && w->found && w->seen && (w->scopes || !m->scopes) &&
        !term_words_init(&w->words, m->forms, m->words.form))
        return w;
    matcher_work_free(w);
    return NULL;
}

void matcher_work_free(matcher_work *w)
{
    if (!w)
        return;
    term_words_free(&w->words);
    mem_free(w->best);
    mem_free(w->found);
    mem_free(w->places);
    mem_free(w->seen);
    scopes_work_free(w->scopes);
    matches_free(&w->out);
    mem_free(w);
}

static bool better(const matcher *m, float weight, const best *than)
{
    if (!than->last)
        return true;
    return m->largest || weight > 0 ? weight > than->weight : than->weight <= 0 && weight < than->weight;
}

/* Keeps the best place of a node. 0 or -1. */
static int add_place(const matcher *m, matcher_work *w, place x)
{
    uint32_t *seen = &w->seen[x.node];
    if (*seen > w->before) {
        place *had = &w->places[*seen - w->before - 1];
        if (had->marks && (!x.marks || m->effects[x.marks] > m->effects[had->marks]))
            *had = x;
        return 0;
    }
    if (w->n_places == w->places_room &&
        mem_grow(&w->places, &w->places_room, w->n_places + 1, sizeof *w->places))
        return -1;
    w->places[w->n_places++] = x;
    *seen = w->before + (uint32_t)w->n_places;
    return 0;
}

/* The places of the record's nodes, in order of their first place. 0 or -1. */
static int find_places(const matcher *m, matcher_work *w, const unsigned char *marks)
{
    const term_words *words = &w->words;
    for (size_t i = 0; i < words->n; i++) {
        int32_t node = -1;
        for (size_t j = i; j < words->n && words->sequence[j] >= 0; j++) {
            node = pair_map_find(&m->nodes, node + 1, words->sequence[j]);
            if (node < 0)
                break;
            if (m->at[node] == m->at[node + 1])
                continue;
            place x = {node, words->at[i], words->at[j] + 1, 0};
            if (marks)
                x.marks = scopes_of_words(marks, (size_t)x.first, (size_t)x.last);
            if (add_place(m, w, x))
                return -1;
        }
    }
    return 0;
}

/* A place without marks has the weight of the row. */
static float weight_at(const matcher *m, float weight, int32_t marks)
{
    if (!marks)
        return weight;
    if (m->largest)
        return weight + m->effects[marks];
    return weight > 0 ? fmaxf(weight + m->effects[marks], 0) : weight;
}

/* Matches the rows of each place. Returns the number of labels that have a match. */
static size_t match_places(const matcher *m, matcher_work *w)
{
    size_t n = 0;
    for (const place *p = w->places; p < w->places + w->n_places; p++)
        for (size_t i = m->at[p->node]; i < m->at[p->node + 1]; i++) {
            best *b = &w->best[m->rows[i].label];
            const float weight = weight_at(m, m->rows[i].weight, p->marks);
            if (!better(m, weight, b))
                continue;
            if (!b->last)
                w->found[n++] = m->rows[i].label;
            *b = (best){weight, p->first, p->last, p->marks};
        }
    return n;
}

static void next_record(const matcher *m, matcher_work *w)
{
    w->before += (uint32_t)w->n_places;
    w->n_places = 0;
    if (w->before <= UINT32_MAX - (uint32_t)m->nodes.n)
        return;
    memset(w->seen, 0, (size_t)m->nodes.n * sizeof *w->seen);
    w->before = 0;
}

static int ascending(const void *a, const void *b)
{
    const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return x < y ? -1 : x > y;
}

/* Collects the matches of n labels, and clears them for the next record. */
static int collect(matcher_work *w, size_t n)
{
    matches *out = &w->out;
    out->n = 0;
    if (matches_reserve(out, n))
        return -1;
    qsort(w->found, n, sizeof *w->found, ascending);
    for (; out->n < n; out->n++) {
        best *b = &w->best[w->found[out->n]];
        out->at[out->n][0] = w->found[out->n];
        out->at[out->n][1] = b->first;
        out->at[out->n][2] = b->last;
        out->weights[out->n] = b->weight;
        out->marks[out->n] = b->marks;
        b->last = 0;
    }
    return 0;
}

const matches *matcher_match(const matcher *m, matcher_work *w, const record *r)
{
    if (term_words_read(&w->words, r))
        return NULL;
    const unsigned char *marks = NULL;
    size_t T;
    if (w->scopes && !(marks = scopes_mark(w->scopes, r, &T)))
        return NULL;
    next_record(m, w);
    w->out.has_marks = marks != NULL;
    if (find_places(m, w, marks) || collect(w, match_places(m, w))) {
        record_error(r, NULL);
        return NULL;
    }
    return &w->out;
}
