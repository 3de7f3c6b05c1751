/* SPDX-License-Identifier: Apache-2.0 */
/* The table of terms. matcher_match.c finds them. */
#include "terms/matcher.h"

#include "base/err.h"
#include "base/mem.h"
#include "terms/matcher_private.h"

#include <stdlib.h>
#include <string.h>

matcher *matcher_new(const json_t *settings, term_form form, int32_t n_labels, bool largest)
{
    matcher *m = mem_array(1, sizeof *m);
    if (!m)
        return NULL;
    *m = (matcher){.form = form,
                   .labels = n_labels,
                   .largest = largest,
                   .forms = map_new(),
                   .split = tokenizer_from_settings(settings)};
    if (m->forms && m->split)
        return m;
    matcher_free(m);
    return NULL;
}

/* Frees what only matcher_add() needs. */
static void free_text(matcher *m)
{
    tokens_free(&m->text);
    seen_words_free(&m->seen);
}

void matcher_free(matcher *m)
{
    if (!m)
        return;
    tokenizer_free(m->split);
    free_text(m);
    if (m->forms)
        map_free(m->forms);
    pair_map_free(&m->nodes);
    mem_free(m->rows);
    mem_free(m->row);
    mem_free(m->single);
    mem_free(m->pairs);
    scopes_free(m->own_scopes);
    mem_free(m);
}

static int push(matcher *m, term r)
{
    if (m->n >= UINT32_MAX)
        return err_set("more than %u terms", UINT32_MAX);
    if (m->n == m->room && mem_grow(&m->rows, &m->room, m->n + 1, sizeof *m->rows))
        return -1;
    r.order = m->added;
    m->rows[m->n++] = r;
    return 0;
}

/* Splits the text of a term into m->text. 0 or -1. */
static int split_text(matcher *m, const tokenizer *split, const char *text)
{
    tokens_clear(&m->text);
    return tokenize(split, text, strlen(text), 0, &m->text);
}

/* The number of the form of word i of the text; TERM_DROPPED; or TERM_UNKNOWN with the message set. */
static int32_t form_of(matcher *m, size_t i)
{
    size_t n;
    const char *s = tokens_word(&m->text, i, &n);
    const int32_t word = seen_words_add(&m->seen, s, n);
    return word < 0 || term_words_add(&m->seen, m->forms, m->form) ? TERM_UNKNOWN : m->seen.of[word].form;
}

/* Adds the words that one tokenizer makes of a term. */
static int add_words(matcher *m, const tokenizer *split, const char *text, int32_t label, float weight,
                     int *words)
{
    int32_t node = -1; /* the root */
    *words = 0;
    if (split_text(m, split, text))
        return -1;
    for (size_t i = 0; i < m->text.T; i++) {
        const int32_t form = form_of(m, i);
        if (form == TERM_DROPPED)
            continue;
        if (form < 0 || (node = pair_map_add(&m->nodes, node + 1, form)) < 0)
            return -1;
        ++*words;
    }
    if (node < 0)
        return 0;
    return push(m, (term){.node = node, .label = label, .weight = weight}) ? -1 : 1;
}

/* A term can be in a note of any language. Rows with the same words are one, by matcher_finish(). */
int matcher_add(matcher *m, const char *text, int32_t label, float weight, int *words)
{
    const language_list *l = tokenizer_languages(m->split);
    int result = l ? 0 : add_words(m, m->split, text, label, weight, words);
    for (int i = 0; l && result >= 0 && i < l->n; i++) {
        const int added = add_words(m, tokenizer_of(m->split, l->of[i]), text, label, weight, words);
        result = added < 0 ? -1 : result | added;
    }
    m->added += result > 0;
    return result;
}

int matcher_length(matcher *m, const char *text)
{
    int words = 0;
    if (split_text(m, m->split, text))
        return -1;
    for (size_t i = 0; i < m->text.T; i++) {
        const int32_t form = form_of(m, i);
        if (form == TERM_UNKNOWN)
            return -1;
        words += form >= 0;
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

/* Removes rows with the same node and label, except the last, and sets the first row of each node. */
static void unite_rows(matcher *m)
{
    size_t kept = 0;
    int32_t next = 0;
    if (m->n > 0)
        qsort(m->rows, m->n, sizeof *m->rows, by_node_and_label);
    for (size_t i = 0; i < m->n; i++) {
        while (next <= m->rows[i].node)
            m->row[next++] = (uint32_t)kept;
        if (i + 1 == m->n || m->rows[i + 1].node != m->rows[i].node ||
            m->rows[i + 1].label != m->rows[i].label)
            m->rows[kept++] = m->rows[i];
    }
    m->n = kept;
    while (next <= m->nodes.n)
        m->row[next++] = (uint32_t)kept;
}

int matcher_finish(matcher *m)
{
    const size_t forms = (size_t)map_size(m->forms);
    free_text(m);
    m->row = mem_array((size_t)m->nodes.n + 1, sizeof *m->row);
    m->single = mem_array(forms, sizeof *m->single);
    m->pair_bits = 6;
    while ((size_t)1 << m->pair_bits < 8 * (size_t)m->nodes.n)
        m->pair_bits++;
    m->pairs = mem_array((size_t)1 << m->pair_bits >> 6, sizeof *m->pairs);
    if (!m->row || !m->single || !m->pairs)
        return -1;
    unite_rows(m);
    for (size_t i = 0; i < forms; i++)
        m->single[i] = pair_map_find(&m->nodes, 0, (int32_t)i);
    for (size_t i = 0; i < m->nodes.n_slots; i++) {
        const pair_slot *s = &m->nodes.slots[i];
        if (s->value < 0 || !pair_first(s->key))
            continue;
        const size_t bit = matcher_pair_bit(m, s->key);
        m->pairs[bit / 64] |= (uint64_t)1 << bit % 64;
    }
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
