/* SPDX-License-Identifier: Apache-2.0 */
#include "terms/matcher.h"

#include "base/err.h"
#include "base/mem.h"
#include "terms/pair_map.h"
#include "text/tokenize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct term {
    int32_t node, label;
    float weight;
    uint32_t order; /* the order in which rows were added */
} term;

struct matcher {
    tokenizer *split; /* splits terms into words */
    term_words words; /* the words of the terms */
    map *forms;
    pair_map nodes; /* (node + 1, word) -> node; the root is 0 */
    term *rows;
    size_t n, room;
    size_t *at; /* [nodes.n + 1]: first row of each node; made by matcher_finish() */
    int32_t labels;
    bool largest;
    tokens text;
    const scopes *scopes; /* NULL: places have no marks */
    scopes *own_scopes;
    mark_effects marks;
    float effects[1 << SCOPE_KINDS]; /* of each set of marks */
};

/* ---- the table ---- */

matcher *matcher_new(const json_t *settings, term_form form, int32_t n_labels, bool largest)
{
    matcher *m = mem_array(1, sizeof *m);
    if (!m)
        return NULL;
    *m = (matcher){.labels = n_labels,
                   .largest = largest,
                   .forms = map_new(),
                   .split = tokenizer_from_settings(settings)};
    if (m->forms && m->split && !term_words_init(&m->words, m->forms, form))
        return m;
    matcher_free(m);
    return NULL;
}

void matcher_free(matcher *m)
{
    if (!m)
        return;
    tokenizer_free(m->split);
    term_words_free(&m->words);
    if (m->forms)
        map_free(m->forms);
    pair_map_free(&m->nodes);
    mem_free(m->rows);
    mem_free(m->at);
    tokens_free(&m->text);
    scopes_free(m->own_scopes);
    mem_free(m);
}

static int push(matcher *m, term r)
{
    if (m->n >= UINT32_MAX)
        return err_set("more than %u terms", UINT32_MAX);
    if (m->n == m->room && mem_grow(&m->rows, &m->room, m->n + 1, sizeof *m->rows))
        return -1;
    r.order = (uint32_t)m->n;
    m->rows[m->n++] = r;
    return 0;
}

/* Splits the text of a term into m->text. 0 or -1. */
static int split_text(matcher *m, const char *text)
{
    tokens_clear(&m->text);
    return tokenize(m->split, text, strlen(text), 0, &m->text);
}

/* The form of its word i (term_words.h). */
static int32_t form_of(matcher *m, size_t i)
{
    size_t n;
    const char *s = tokens_word(&m->text, i, &n);
    return term_words_add(&m->words, s, n);
}

int matcher_add(matcher *m, const char *text, int32_t label, float weight, int *words)
{
    int32_t node = -1; /* the root */
    *words = 0;
    if (split_text(m, text))
        return -1;
    for (size_t i = 0; i < m->text.T; i++) {
        const int32_t word = form_of(m, i);
        if (word == TERM_DROPPED)
            continue;
        if (word < 0 || (node = pair_map_add(&m->nodes, node + 1, word)) < 0)
            return -1;
        ++*words;
    }
    if (node < 0)
        return 0;
    return push(m, (term){.node = node, .label = label, .weight = weight}) ? -1 : 1;
}

int matcher_length(matcher *m, const char *text)
{
    int words = 0;
    if (split_text(m, text))
        return -1;
    for (size_t i = 0; i < m->text.T; i++) {
        const int32_t word = form_of(m, i);
        if (word == TERM_FAILED)
            return -1;
        words += word >= 0;
    }
    return words;
}

static int by_node_and_label(const void *a, const void *b)
{
    const term *x = a, *y = b;
    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    if (x->label != y->label)
        return x->label < y->label ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

int matcher_finish(matcher *m)
{
    if (!(m->at = mem_array((size_t)m->nodes.n + 1, sizeof *m->at)))
        return -1;
    if (m->n > 0)
        qsort(m->rows, m->n, sizeof *m->rows, by_node_and_label);
    size_t kept = 0;
    for (size_t i = 0; i < m->n; i++) {
        const term *next = i + 1 < m->n ? &m->rows[i + 1] : NULL;
        if (next && next->node == m->rows[i].node && next->label == m->rows[i].label)
            continue;
        m->rows[kept++] = m->rows[i];
        m->at[m->rows[i].node + 1] = kept;
    }
    m->n = kept;
    for (int32_t i = 0; i < m->nodes.n; i++) /* nodes without rows */
        if (!m->at[i + 1])
            m->at[i + 1] = m->at[i];
    return 0;
}

typedef struct terms_loader {
    terms_reader file;
    const json_t *tokenizer;
    matcher *m;
} terms_loader;

static int begin(terms_loader *r)
{
    if (!r->m)
        r->m = matcher_new(r->tokenizer, r->file.form, labels_count(r->file.labels), false);
    return r->m ? 0 : -1;
}

static int add_row(void *context, const terms_row *row)
{
    terms_loader *r = context;
    int words;
    if (!row->has_weight)
        return err_set("a term without a weight: ecan-terms --table gives it one");
    return begin(r) || matcher_add(r->m, row->term, row->label, row->weight, &words) < 0 ? -1 : 0;
}

static matcher *read_table(int fd, const char *path, const labels *l, const json_t *settings)
{
    terms_loader r = {.file = {.labels = l, .on_row = add_row}, .tokenizer = settings};
    r.file.context = &r;
    const int result = fd >= 0 ? terms_file_read_fd(&r.file, fd, path) : terms_file_read(&r.file, path);
    if (!result && !begin(&r) && !matcher_finish(r.m)) {
        r.m->marks = r.file.marks;
        return r.m;
    }
    matcher_free(r.m);
    return NULL;
}

matcher *matcher_read(const char *path, const labels *l, const json_t *settings)
{
    return read_table(-1, path, l, settings);
}

matcher *matcher_read_fd(int fd, const char *path, const labels *l, const json_t *settings)
{
    return read_table(fd, path, l, settings);
}

size_t matcher_rows(const matcher *m)
{
    return m->n;
}

size_t matcher_row(const matcher *m, size_t i)
{
    return m->rows[i].order;
}

void matcher_use_scopes(matcher *m, const scopes *s, const mark_effects *marks)
{
    m->scopes = s;
    m->marks = *marks;
    for (int set = 0; set < 1 << SCOPE_KINDS; set++) {
        m->effects[set] = 0;
        for (int k = 0; k < SCOPE_KINDS; k++)
            m->effects[set] += set >> k & 1 ? marks->of[k] : 0;
    }
}

const mark_effects *matcher_marks(const matcher *m)
{
    return &m->marks;
}

void matcher_own_scopes(matcher *m, scopes *s)
{
    const mark_effects marks = m->marks;
    scopes_free(m->own_scopes);
    m->own_scopes = s;
    matcher_use_scopes(m, s, &marks);
}

/* ---- matching ---- */

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
