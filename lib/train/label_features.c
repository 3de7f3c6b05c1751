/* SPDX-License-Identifier: Apache-2.0 */
#include "train/label_features.h"

#include "base/err.h"
#include "base/list.h"
#include "base/map.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

typedef struct entry {
    int32_t label, column;
    float weight;
} entry;

/* Elements of a matrix with a row for each label, in order of rows. */
typedef struct list {
    entry *e;
    size_t n, capacity;
    int32_t columns;
} list;

static int put(list *l, int32_t label, int32_t column, float weight)
{
    if (mem_grow(&l->e, &l->capacity, l->n + 1, sizeof *l->e))
        return -1;
    l->e[l->n++] = (entry){label, column, weight};
    return 0;
}

void label_features_free(label_features *x)
{
    mem_free(x->row);
    mem_free(x->column);
    mem_free(x->in_row);
    mem_free(x->in_column);
    *x = (label_features){0};
}

static const char *description(const labels *l, int32_t i)
{
    const char *d = labels_description(l, i);
    return *d ? d : labels_code(l, i);
}

/* Names (prefixes of codes, or words) and the labels that have them, without duplicates. */
typedef struct named {
    map *names;
    list has; /* a column for each name; weights are 1 */
} named;

static int add_name(named *x, int32_t label, const char *s, size_t n)
{
    const int32_t name = map_add(x->names, s, n);
    if (name < 0)
        return -1;
    for (size_t i = x->has.n; i > 0 && x->has.e[i - 1].label == label; i--)
        if (x->has.e[i - 1].column == name)
            return 0;
    return put(&x->has, label, name, 1);
}

static bool ends_character(const char *end)
{
    return ((unsigned char)*end & 0xC0) != 0x80;
}

/* The prefixes of codes. A prefix that ends in a separator equals the one without it, and is skipped. */
static int add_prefixes(named *x, const labels *l)
{
    for (int32_t i = 0; i < labels_count(l); i++) {
        const char *code = labels_code(l, i);
        const size_t n = strlen(code);
        for (size_t end = 1; end <= n; end++) {
            if (!ends_character(code + end) || strchr(".-/ ", code[end - 1]))
                continue;
            if (add_name(x, i, code, end))
                return -1;
        }
    }
    return 0;
}

/* The words of the description of a label. */
static int add_description(named *x, int32_t label, const char *d, const tokenizer *t, tokens *w)
{
    tokens_clear(w);
    int result = tokenize_valid(t, d, strlen(d), 0, w);
    for (size_t k = 0; !result && k < w->T; k++) {
        size_t n;
        const char *word = tokens_word(w, k, &n);
        result = add_name(x, label, word, n);
    }
    return result;
}

/* The typical words of the training texts of a label. */
static int add_typical(named *x, int32_t label, const label_words *f, const vocab *words)
{
    int result = 0;
    for (int k = 0; !result && k < LABEL_WORDS && f->words[label][k] != VOCAB_PAD; k++) {
        size_t n;
        const char *word = vocab_word(words, f->words[label][k], &n);
        result = add_name(x, label, word, n);
    }
    return result;
}

static int add_words(named *x, const labels *l, const tokenizer *t, const label_words *f, const vocab *words)
{
    tokens w = {0};
    int result = 0;
    for (int32_t i = 0; !result && i < labels_count(l); i++) {
        result = add_description(x, i, description(l, i), t, &w);
        if (!result && f)
            result = add_typical(x, i, f, words);
    }
    tokens_free(&w);
    return result;
}

/* The number of labels that have each name: [map_size]. NULL: out of memory. */
static int32_t *count(const named *x)
{
    int32_t *n = mem_array(map_size(x->names) + 1, sizeof *n);
    for (size_t i = 0; n && i < x->has.n; i++)
        n[x->has.e[i].column]++;
    return n;
}

/* Scales the elements from .. n-1, which belong to one label, to length 1. */
static void normalize(list *to, size_t from)
{
    double sum = 0;
    for (size_t i = from; i < to->n; i++)
        sum += (double)to->e[i].weight * (double)to->e[i].weight;
    const float s = sum > 0 ? (float)(1 / sqrt(sum)) : 0;
    for (size_t i = from; i < to->n; i++)
        to->e[i].weight *= s;
}

/* A column for each name that at least two labels have, but not all. */
static int names_to_features(list *to, const named *x, int32_t L, bool by_rarity)
{
    int32_t *n = count(x), *column = mem_array(map_size(x->names) + 1, sizeof *column);
    int result = n && column ? 0 : -1;
    for (int32_t i = 0; !result && i < map_size(x->names); i++)
        column[i] = n[i] >= 2 && n[i] < L ? to->columns++ : -1;
    for (size_t i = 0; !result && i < x->has.n;) {
        const int32_t label = x->has.e[i].label;
        const size_t from = to->n;
        for (; !result && i < x->has.n && x->has.e[i].label == label; i++) {
            const int32_t name = x->has.e[i].column;
            if (column[name] >= 0)
                result = put(to, label, column[name], by_rarity ? (float)log((double)L / n[name]) : 1);
        }
        normalize(to, from);
    }
    mem_free(n);
    mem_free(column);
    return result;
}

/* The weighted mean of the word vectors of each label: E columns. */
static int mean_vectors(list *to, const named *x, int32_t L, const vocab *words, const float *embed, size_t E)
{
    int32_t *n = count(x);
    float *mean = mem_array(E, sizeof *mean);
    int result = n && mean ? 0 : -1;
    for (size_t i = 0; !result && i < x->has.n;) {
        const int32_t label = x->has.e[i].label;
        const size_t from = to->n;
        memset(mean, 0, E * sizeof *mean);
        for (; i < x->has.n && x->has.e[i].label == label; i++) {
            size_t size;
            const char *word = map_key(x->names, x->has.e[i].column, &size);
            const int32_t row = vocab_id(words, word, size);
            const float weight = (float)log(1 + (double)L / n[x->has.e[i].column]);
            if (row != VOCAB_UNK)
                for (size_t k = 0; k < E; k++)
                    mean[k] += weight * embed[row * E + k];
        }
        for (size_t k = 0; !result && k < E; k++)
            result = put(to, label, to->columns + (int32_t)k, mean[k]);
        normalize(to, from);
    }
    to->columns += (int32_t)E;
    mem_free(n);
    mem_free(mean);
    return result;
}

static int by_codes(list *to, named *x, const labels *l)
{
    return add_prefixes(x, l) || names_to_features(to, x, labels_count(l), false) ? -1 : 0;
}

static int by_words(list *to, named *x, const label_features_kinds *kinds, const labels *l,
                    const tokenizer *t, const label_words *f, const vocab *words, const float *embed,
                    size_t E)
{
    if (add_words(x, l, t, f, words) || (kinds->words && names_to_features(to, x, labels_count(l), true)))
        return -1;
    return kinds->vectors ? mean_vectors(to, x, labels_count(l), words, embed, E) : 0;
}

/* Sorts the elements by rows or by columns (counting sort). */
static int sort_elements(size_t *begin, feature_weight *to, const list *l, size_t lines, bool rows)
{
    size_t *next = mem_array(lines + 1, sizeof *next);
    if (!next)
        return -1;
    for (size_t i = 0; i < l->n; i++)
        begin[(rows ? l->e[i].label : l->e[i].column) + 1]++;
    for (size_t i = 0; i < lines; i++)
        begin[i + 1] += begin[i];
    memcpy(next, begin, (lines + 1) * sizeof *next);
    for (size_t i = 0; i < l->n; i++) {
        const entry *e = &l->e[i];
        to[next[rows ? e->label : e->column]++] = (feature_weight){rows ? e->column : e->label, e->weight};
    }
    mem_free(next);
    return 0;
}

static int assemble(label_features *x, const list *all, int32_t L)
{
    *x = (label_features){.labels = L,
                          .n = all->columns,
                          .row = mem_array(L + 1, sizeof *x->row),
                          .column = mem_array(all->columns + 1, sizeof *x->column),
                          .in_row = mem_array(all->n, sizeof *x->in_row),
                          .in_column = mem_array(all->n, sizeof *x->in_column)};
    if (!x->row || !x->column || !x->in_row || !x->in_column)
        return -1;
    return sort_elements(x->row, x->in_row, all, L, true) ||
                   sort_elements(x->column, x->in_column, all, x->n, false)
               ? -1
               : 0;
}

int label_features_make(label_features *x, const label_features_kinds *kinds, const labels *l,
                        const tokenizer *t, const label_words *f, const vocab *words, const float *embed,
                        size_t E)
{
    list all = {0};
    named codes = {.names = map_new()}, described = {.names = map_new()};
    *x = (label_features){0};
    int result = codes.names && described.names ? 0 : -1;
    if (!result && kinds->codes)
        result = by_codes(&all, &codes, l);
    if (!result && (kinds->words || kinds->vectors))
        result = by_words(&all, &described, kinds, l, t, f, words, embed, E);
    if (!result)
        result = assemble(x, &all, labels_count(l));
    map_free(codes.names);
    mem_free(codes.has.e);
    map_free(described.names);
    mem_free(described.has.e);
    mem_free(all.e);
    return result;
}

static bool *kind_named(label_features_kinds *kinds, const char *s, size_t n)
{
    const struct {
        const char *name;
        bool *is;
    } names[] = {{"codes", &kinds->codes},
                 {"words", &kinds->words},
                 {"vectors", &kinds->vectors},
                 {"texts", &kinds->texts}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i].name) == n && memcmp(names[i].name, s, n) == 0)
            return names[i].is;
    return NULL;
}

int label_features_parse(label_features_kinds *kinds, const char *names)
{
    *kinds = (label_features_kinds){0};
    if (strcmp(names, "none") == 0)
        return 0;
    const char *name;
    size_t n;
    while (list_next(&names, &name, &n)) {
        bool *kind = kind_named(kinds, name, n);
        if (kind)
            *kind = true;
        else if (n > 0)
            return err_set("invalid value '%.*s': choose from codes, words, vectors, texts, or none", (int)n,
                           name);
    }
    if (kinds->texts && !kinds->words && !kinds->vectors)
        return err_set("texts requires words or vectors: add one of them to the list");
    return 0;
}
