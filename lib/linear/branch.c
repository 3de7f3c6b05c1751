/* SPDX-License-Identifier: Apache-2.0 */
#include "linear/branch.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/minmax.h"
#include "linear/low_rank.h"
#include "tensor/ops.h"
#include "text/vocab.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ID = VOCAB_UNK + 1 }; /* of the forms, as ids of a dataset */

/* A feature of the regression and its key. */
typedef struct keyed {
    uint64_t key;
    int32_t feature;
} keyed;

static int compare_keyed(const void *a, const void *b)
{
    const uint64_t x = ((const keyed *)a)->key, y = ((const keyed *)b)->key;
    return x < y ? -1 : x > y;
}

/* Fills order[features] with the features in ascending order of their keys. */
static int list_features(keyed *order, const grams *g, const map *forms)
{
    for (int32_t f = 0; f < g->chars.n; f++)
        order[g->n_words + f] = (keyed){g->chars.keys[f], g->n_words + f};
    for (size_t i = 0; i < g->n_slots; i++) {
        const gram *s = &g->slots[i];
        if (!s->key || s->feature < 0)
            continue;
        uint64_t hashes[2] = {0, 0};
        const int32_t ids[2] = {(int32_t)(s->key >> 32), (int32_t)(s->key & UINT32_MAX)};
        for (int k = 0; k < 2 && (k == 0 || ids[k]); k++) {
            size_t n;
            const char *form = map_key(forms, ids[k] - FIRST_ID, &n);
            hashes[k] = linear_branch_hash(form, n);
        }
        order[s->feature] = (keyed){linear_branch_key(hashes[0], hashes[1]), s->feature};
    }
    qsort(order, g->n, sizeof *order, compare_keyed);
    for (int32_t i = 1; i < g->n; i++)
        if (order[i].key == order[i - 1].key)
            return err_set("two words, bigrams or character n-grams have the same hash");
    return 0;
}

/* ---- A ---- */

typedef struct rounding {
    branch *b;
    const linear_fit *fit;
    const keyed *order; /* [features] */
    const float *C;     /* [n][rank] */
    float *rows;        /* [workers][rank] */
    float length;       /* of the words and bigrams of a text, times sqrt 2: it is 1 in a linear_branch */
} rounding;

enum { FEATURES_OF_TASK = 1024 };

/* bytes[n] := row / scale, rounded. Returns the scale. */
static float round_row(int8_t *bytes, const float *row, size_t n)
{
    float largest = 0;
    for (size_t k = 0; k < n; k++)
        largest = fmaxf(largest, fabsf(row[k]));
    for (size_t k = 0; k < n; k++)
        bytes[k] = largest > 0 ? (int8_t)lrintf(row[k] / largest * INT8_MAX) : 0;
    return largest / INT8_MAX;
}

/* row[rank] = sum_i x_i[f] C[i] */
static void weights_of(float *row, const rounding *r, size_t f)
{
    const kernel *k = &r->fit->kernel;
    const size_t rank = r->b->model.rank;
    memset(row, 0, rank * sizeof *row);
    for (size_t p = k->start[f]; p < k->start[f + 1]; p++)
        ops_axpy(row, k->x[p], r->C + k->text[p] * rank, rank);
}

static void round_features(void *context, size_t task, size_t worker)
{
    const rounding *r = context;
    branch *b = r->b;
    const size_t rank = b->model.rank, end = (task + 1) * FEATURES_OF_TASK;
    float *row = r->rows + worker * rank;
    for (size_t i = task * FEATURES_OF_TASK; i < end && i < b->model.features; i++) {
        weights_of(row, r, r->order[i].feature);
        b->keys[i] = r->order[i].key;
        b->idf[i] = r->fit->grams.idf[r->order[i].feature];
        b->scale[i] = round_row(b->A + i * rank, row, rank) * r->length;
    }
}

static int fill(branch *b, const linear_fit *fit, const float *C, const map *forms, pool *threads)
{
    const size_t F = fit->grams.n, rank = b->model.rank;
    keyed *order = mem_array(F, sizeof *order);
    rounding r = {b,
                  fit,
                  order,
                  C,
                  mem_array(pool_size(threads), rank * sizeof *r.rows),
                  fit->grams.chars.n ? 1 : sqrtf(2)};
    b->keys = mem_array(F, sizeof *b->keys);
    b->idf = mem_array(F, sizeof *b->idf);
    b->scale = mem_array(F, sizeof *b->scale);
    b->A = mem_array(F, rank);
    int result = order && r.rows && b->keys && b->idf && b->scale && b->A ? 0 : -1;
    if (!result && !(result = list_features(order, &fit->grams, forms)))
        pool_run(threads, round_features, &r, (F + FEATURES_OF_TASK - 1) / FEATURES_OF_TASK);
    mem_free(order);
    mem_free(r.rows);
    return result;
}

/* ---- training ---- */

/* B := P, rounded, and C := alpha P', or C := alpha if there is no B. */
static int compress(branch *b, const linear_fit *fit, const dataset *d, const map *forms, pool *threads)
{
    const size_t n = d->n, L = fit->ridge.L, rank = min_size(min_size(n, L), BRANCH_RANK);
    const float *C = fit->ridge.alpha;
    float *projected = NULL;
    b->model = (linear_branch){.features = fit->grams.n, .rank = rank, .labels = L};
    if (rank < L) {
        b->label_scale = mem_array(rank, sizeof *b->label_scale);
        b->B = mem_array(rank, L);
        float *P = mem_array(rank, L * sizeof *P);
        projected = mem_array(n, rank * sizeof *projected);
        const int failed = !b->label_scale || !b->B || !P || !projected ||
                           low_rank(P, rank, &fit->ridge, fit->about.lambda, d, threads);
        if (!failed) {
            low_rank_product(projected, const_rows(C, n, L), transpose(const_rows(P, rank, L)), threads);
            for (size_t k = 0; k < rank; k++)
                b->label_scale[k] = round_row(b->B + k * L, P + k * L, L);
        }
        mem_free(P);
        if (failed) {
            mem_free(projected);
            return -1;
        }
        C = projected;
    }
    const int result = fill(b, fit, C, forms, threads);
    mem_free(projected);
    return result;
}

static void finish(branch *b, const linear_fit *fit)
{
    b->about = fit->about;
    b->platt = fit->platt;
    b->model.keys = b->keys;
    b->model.idf = b->idf;
    b->model.scale = b->scale;
    b->model.first_words = fit->grams.first_words;
    b->model.A = b->A;
    b->model.label_scale = b->label_scale;
    b->model.B = b->B;
}

/* The number of encounters that are used. */
static size_t texts_of(const term_corpus *c, size_t most)
{
    const size_t pairs = c->n_labels ? (size_t)BRANCH_PAIRS / c->n_labels : 0;
    return min_size(c->n, min_size(most, pairs));
}

/* forms_of[words]: the number of the form of each word of the corpus in forms, or TERM_DROPPED. 0 or -1. */
static int find_forms(int32_t *forms_of, map *forms, term_corpus *c)
{
    for (int32_t i = 0; i < seen_words_count(&c->words); i++) {
        size_t n;
        const char *plain = seen_words_plain(&c->words, i, &n);
        n = plain ? term_form_length((term_form){0}, plain, n) : 0;
        forms_of[i] = n ? map_add(forms, plain, n) : TERM_DROPPED;
        if (!plain || forms_of[i] == -1)
            return -1;
    }
    return 0;
}

/* d->n encounters of the corpus, at equal distances, as a dataset of the forms of their words, without the
 * words that are dropped; VOCAB_UNK is between two notes. Only what linear_fit_make() reads is filled.
 * ids[c->text_at[c->n]] is the memory of its texts. Returns the number of gold labels that can be learnt. */
static size_t fill_dataset(dataset *d, int32_t *ids, const int32_t *forms, const term_corpus *c)
{
    size_t gold = 0;
    for (size_t k = 0; k < d->n; k++) {
        const size_t i = k * c->n / d->n;
        example *text = &d->docs[k];
        *text = (example){
            .ids = ids, .gold = c->gold + c->gold_at[i], .n_gold = c->gold_at[i + 1] - c->gold_at[i]};
        for (size_t t = c->text_at[i]; t < c->text_at[i + 1]; t++) {
            const int32_t form = c->text[t] < 0 ? TERM_UNKNOWN : forms[c->text[t]];
            if (form != TERM_DROPPED)
                ids[text->T++] = form == TERM_UNKNOWN ? VOCAB_UNK : form + FIRST_ID;
        }
        ids += text->T;
        gold += text->n_gold;
    }
    d->gold = gold + c->unknown * d->n / c->n;
    return gold;
}

static linear_options options_of(const branch_features *features, const map *forms)
{
    static const double lambdas[] = {BRANCH_LAMBDA};
    return (linear_options){.lambdas = lambdas,
                            .n_lambdas = 1,
                            .min_df = 3,
                            .max_features = BRANCH_FEATURES,
                            .bigrams = true,
                            .first_words = features->first_words,
                            .words = features->chars ? forms : NULL};
}

/* The leave-one-out micro-F1 with some of the features of g; below 0: an error. */
static double micro_f1_of(const branch_features *features, const grams *g, const dataset *d, size_t L,
                          pool *threads)
{
    const linear_options options = options_of(features, NULL);
    linear_fit fit = {.grams = *g};
    if (!features->chars)
        grams_drop_chars(&fit.grams);
    const double result = linear_fit_features(&fit, d, L, &options, threads) ? -1 : fit.about.micro_f1;
    fit.grams = (grams){0}; /* borrowed */
    linear_fit_free(&fit);
    return result;
}

/* Fills *best with the features that have the best leave-one-out micro-F1; of equal ones the first. 0 or -1.
 */
static int choose(branch_features *best, const dataset *d, const map *forms, size_t L, pool *threads)
{
    static const branch_features choices[] = {
        {true, 0}, {true, BRANCH_FIRST_WORDS}, {false, 0}, {false, BRANCH_FIRST_WORDS}};
    const linear_options all = options_of(&choices[0], forms);
    grams g;
    double most = -1;
    int result = grams_learn(&g, d, all.words, all.min_df, all.bigrams, all.max_features);
    for (size_t i = 0; !result && i < sizeof choices / sizeof *choices; i++) {
        const double micro_f1 = micro_f1_of(&choices[i], &g, d, L, threads);
        result = micro_f1 < 0 ? -1 : 0;
        if (micro_f1 > most) {
            most = micro_f1;
            *best = choices[i];
        }
    }
    grams_free(&g);
    return result;
}

/* choose() with at most BRANCH_CHOICE texts, at equal distances. */
static int choose_from(branch_features *best, const dataset *d, const map *forms, size_t L, pool *threads)
{
    dataset some = {.n = min_size(d->n, BRANCH_CHOICE)};
    some.docs = mem_array(some.n, sizeof *some.docs);
    for (size_t i = 0; some.docs && i < some.n; i++) {
        some.docs[i] = d->docs[i * d->n / some.n];
        some.gold += some.docs[i].n_gold;
    }
    const int result = some.docs ? choose(best, &some, forms, L, threads) : -1;
    mem_free(some.docs);
    return result;
}

static int train(branch *b, const dataset *d, const branch_features *features, const map *forms, size_t L,
                 pool *threads)
{
    const linear_options options = options_of(features, forms);
    linear_fit fit;
    int result = linear_fit_make(&fit, d, L, &options, threads) ? -1 : fit.grams.n > 0;
    if (result > 0 && compress(b, &fit, d, forms, threads))
        result = -1;
    if (result > 0)
        finish(b, &fit);
    linear_fit_free(&fit);
    return result;
}

int branch_train(branch *b, term_corpus *c, size_t most, const branch_features *features, pool *threads)
{
    branch_features chosen = {0};
    const size_t n = texts_of(c, most);
    *b = (branch){0};
    if (n == 0)
        return 0;
    map *forms = map_new();
    int32_t *ids = mem_array(c->text_at[c->n], sizeof *ids),
            *forms_of = mem_array(seen_words_count(&c->words), sizeof *forms_of);
    dataset d = {.docs = mem_array(n, sizeof *d.docs), .n = n};
    int result = forms && ids && forms_of && d.docs ? find_forms(forms_of, forms, c) : -1;
    if (!result && fill_dataset(&d, ids, forms_of, c)) {
        if (features)
            chosen = *features;
        else
            result = choose_from(&chosen, &d, forms, c->n_labels, threads);
        if (!result)
            result = train(b, &d, &chosen, forms, c->n_labels, threads);
    }
    mem_free(d.docs);
    mem_free(ids);
    mem_free(forms_of);
    if (forms)
        map_free(forms);
    if (result <= 0)
        branch_free(b);
    return result;
}

branch_features branch_features_of(const linear_branch *b)
{
    branch_features of = {.first_words = b->first_words};
    for (size_t f = 0; f < b->features && !of.chars; f++)
        of.chars = b->keys[f] & 1;
    return of;
}

void branch_scale(branch *b, double factor)
{
    float *scale = b->B ? b->label_scale : b->scale;
    const size_t n = b->B ? b->model.rank : b->model.features;
    for (size_t i = 0; i < n; i++)
        scale[i] = (float)(factor * (double)scale[i]);
}

void branch_free(branch *b)
{
    linear_branch_close(&b->model);
    mem_free(b->keys);
    mem_free(b->idf);
    mem_free(b->scale);
    mem_free(b->A);
    mem_free(b->label_scale);
    mem_free(b->B);
    *b = (branch){0};
}
