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
    int32_t
        *sequence; /* [n] forms of the record's words that are not dropped; TERM_UNKNOWN between two notes */
    int32_t *at;   /* [n] their indices among the words of the record */
    size_t n, sequence_room, at_room;
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
    if (w->best && w->found && w->seen && (w->scopes || !m->scopes))
        return w;
    matcher_work_free(w);
    return NULL;
}

void matcher_work_free(matcher_work *w)
{
    if (!w)
        return;
    mem_free(w->sequence);
    mem_free(w->at);
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
    __builtin_prefetch(&m->rows[m->row[x.node]]);
    return 0;
}

/* Keeps those of n places whose nodes have rows. 0 or -1. */
static int add_places(const matcher *m, matcher_work *w, place *x, size_t n, const unsigned char *marks)
{
    for (size_t i = 0; i < n; i++) {
        if (m->row[x[i].node] == m->row[x[i].node + 1])
            continue;
        if (marks)
            x[i].marks = scopes_of_words(marks, (size_t)x[i].first, (size_t)x[i].last);
        if (add_place(m, w, x[i]))
            return -1;
    }
    return 0;
}

/* Sets w->sequence and w->at. 0, or -1 with record and reason. */
static int read_words(const matcher *m, matcher_work *w, seen_words *words)
{
    const unsigned char *spans;
    if (term_words_spans(words->record, words->T, &spans))
        return -1;
    if (term_words_find(words, m->forms, m->form) ||
        mem_grow(&w->sequence, &w->sequence_room, 2 * (size_t)words->T, sizeof *w->sequence) ||
        mem_grow(&w->at, &w->at_room, 2 * (size_t)words->T, sizeof *w->at))
        return record_error(words->record, NULL);
    w->n = 0;
    for (uint32_t t = 0; t < words->T; t++) {
        const int32_t form = words->of[words->at[t]].form;
        if (term_words_border(spans, t))
            w->sequence[w->n++] = TERM_UNKNOWN;
        if (form == TERM_DROPPED)
            continue;
        w->sequence[w->n] = form;
        w->at[w->n++] = (int32_t)t;
    }
    return 0;
}

/* The node of word i as the first word of terms, or -1. */
static int32_t node_at(const matcher *m, const matcher_work *w, size_t i)
{
    return i < w->n && w->sequence[i] >= 0 ? m->single[w->sequence[i]] : -1;
}

/* False: no term has the words of the node and then word i. True: one may have. */
static bool can_follow(const matcher *m, const matcher_work *w, int32_t node, size_t i)
{
    if (i >= w->n || w->sequence[i] < 0)
        return false;
    const size_t bit = matcher_pair_bit(m, pair_key(node + 1, w->sequence[i]));
    return m->pairs[bit / 64] >> bit % 64 & 1;
}

/* Prefetches what find_places() reads for words after i: each step reads what an earlier one has prefetched.
 */
static void look_ahead(const matcher *m, const matcher_work *w, size_t i)
{
    enum { STEP = 8 };
    const size_t next = i + STEP, after = next + STEP, last = after + STEP;
    if (last < w->n && w->sequence[last] >= 0)
        __builtin_prefetch(&m->single[w->sequence[last]]);
    int32_t node = node_at(m, w, after);
    if (node >= 0) {
        __builtin_prefetch(&m->row[node]);
        __builtin_prefetch(&w->seen[node], 1);
    }
    node = node_at(m, w, next);
    if (node >= 0 && can_follow(m, w, node, next + 1))
        pair_map_prefetch(&m->nodes, node + 1, w->sequence[next + 1]);
}

/* The places of the record's nodes that have rows, in order of their first place. What is known about a node
 * is prefetched, and read when some more nodes have been found. 0 or -1. */
static int find_places(const matcher *m, matcher_work *w, const unsigned char *marks)
{
    enum { TOGETHER = 32 };
    place found[TOGETHER];
    size_t n = 0;
    for (size_t i = 0; i < w->n; i++) {
        int32_t node = node_at(m, w, i);
        look_ahead(m, w, i);
        for (size_t j = i; node >= 0; node = pair_map_find(&m->nodes, node + 1, w->sequence[j])) {
            if (n == TOGETHER) {
                if (add_places(m, w, found, n, marks))
                    return -1;
                n = 0;
            }
            found[n++] = (place){node, w->at[i], w->at[j] + 1, 0};
            __builtin_prefetch(&m->row[node]);
            __builtin_prefetch(&w->seen[node], 1);
            if (!can_follow(m, w, node, ++j))
                break;
        }
    }
    return add_places(m, w, found, n, marks);
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
    for (size_t k = 0; k < w->n_places; k++) {
        const place *p = &w->places[k];
        for (size_t i = m->row[p->node]; i < m->row[p->node + 1]; i++) {
            best *b = &w->best[m->rows[i].label];
            const float weight = weight_at(m, m->rows[i].weight, p->marks);
            if (!better(m, weight, b))
                continue;
            if (!b->last)
                w->found[n++] = m->rows[i].label;
            *b = (best){weight, p->first, p->last, p->marks};
        }
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

const matches *matcher_match(const matcher *m, matcher_work *w, seen_words *words)
{
    const unsigned char *marks = NULL;
    if (read_words(m, w, words) || (w->scopes && !(marks = scopes_mark(w->scopes, words))))
        return NULL;
    next_record(m, w);
    w->out.has_marks = marks != NULL;
    if (find_places(m, w, marks) || collect(w, match_places(m, w))) {
        record_error(words->record, NULL);
        return NULL;
    }
    return &w->out;
}
