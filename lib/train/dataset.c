/* SPDX-License-Identifier: Apache-2.0 */
#include "train/dataset.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "io/stream.h"
#include "text/tokenized.h"

#include <math.h>
#include <string.h>

/* Adds the distinct codes of a record. A record has few codes, so a linear search is fast. */
static int read_gold(dataset *d, const record *r, labels *l, bool grow)
{
    walk w;
    uint32_t n;
    if (record_strings(r, "labels", &w, &n))
        return -1;
    const size_t first = d->n_codes;
    if (mem_grow(&d->codes, &d->codes_capacity, first + n + 1, sizeof *d->codes))
        return -1;
    for (uint32_t i = 0; i < n; i++) {
        const char *code;
        size_t size;
        if (walk_str(&w, &code, &size))
            return record_error(r, "labels");
        int32_t label = labels_index(l, code, size);
        if (label < 0 && grow && (label = labels_add(l, code, size, NULL)) < 0)
            return record_error(r, "labels");
        if (label < 0) {
            if (map_add(d->unknown, code, size) < 0)
                return record_error(r, "labels");
            d->gold_unknown++;
            continue;
        }
        size_t j = first;
        while (j < d->n_codes && d->codes[j] != label)
            j++;
        if (j == d->n_codes)
            d->codes[d->n_codes++] = label;
    }
    return 0;
}

static int read_words(dataset *d, const record *r, vocab *words, bool grow, size_t max_words)
{
    const size_t first = d->ids.n;
    size_t cut;
    uint64_t cut_before, notes_cut;
    if (word_ids_add(&d->ids, r, words, grow, max_words, &cut) || unread_words_of(&cut_before, r) ||
        unread_notes_of(&notes_cut, r))
        return -1;
    for (size_t t = first; t < d->ids.n; t++)
        d->words_unknown += d->ids.ids[t] == VOCAB_UNK;
    d->words += d->ids.n - first;
    unread_add(&d->unread, cut_before + cut, notes_cut);
    return 0;
}

static int read_marks(dataset *d, const record *r, const labels *l, const term_spans *spans)
{
    const size_t ids = d->ids_at[d->n], codes = d->codes_at[d->n];
    const example document = {.T = d->ids.n - ids, .gold = d->codes + codes, .n_gold = d->n_codes - codes};
    return span_marks_add(&d->marks, &document, r, l, spans);
}

static int read_record(dataset *d, const record *r, vocab *words, labels *l, unsigned grow, size_t max_words,
                       const term_spans *spans)
{
    if (!record_find(r, "labels")) {
        err_set("no labels: training and evaluation need encounters with gold codes (key labels)");
        return record_error(r, NULL);
    }
    if (mem_grow(&d->ids_at, &d->at_capacity, d->n + 2, sizeof *d->ids_at) ||
        mem_grow(&d->codes_at, &d->codes_at_capacity, d->n + 2, sizeof *d->codes_at) ||
        mem_grow(&d->marks_at, &d->marks_at_capacity, d->n + 2, sizeof *d->marks_at) ||
        mem_grow(&d->texts, &d->texts_capacity, d->n + 1, sizeof *d->texts))
        return -1;
    d->ids_at[d->n] = d->ids.n;
    d->codes_at[d->n] = d->n_codes;
    d->marks_at[d->n] = d->marks.n;
    if (read_words(d, r, words, grow & DATASET_WORDS, max_words) ||
        read_gold(d, r, l, grow & DATASET_LABELS) || (spans && read_marks(d, r, l, spans)))
        return -1;
    const field *tokens = record_find(r, "tokens"); /* which read_words() found */
    hash128(d->texts[d->n], tokens->value, tokens->size);
    d->n++;
    d->ids_at[d->n] = d->ids.n;
    d->codes_at[d->n] = d->n_codes;
    d->marks_at[d->n] = d->marks.n;
    return 0;
}

static int read_all(dataset *d, stream_in *in, record *r, vocab *words, labels *l, unsigned grow,
                    size_t max_words, const term_spans *spans)
{
    int got;
    while ((got = stream_read(in, r)) > 0) {
        const int32_t number = map_add(d->encounters, r->id, strlen(r->id));
        if (number < 0)
            return -1;
        if ((size_t)number < d->n) {
            err_set("duplicate id");
            return record_error(r, NULL);
        }
        if (read_record(d, r, words, l, grow, max_words, spans))
            return -1;
    }
    return got;
}

/* All segments of the stream must have the settings of the first. */
static int load_tokenizer(void *context, const record *header)
{
    dataset *d = context;
    json_t *settings;
    if (tokenized_with(&settings, header))
        return -1;
    if (!d->has_tokenizer) {
        d->tokenizer = settings;
        d->has_tokenizer = true;
        return 0;
    }
    const bool same = settings ? json_equal(settings, d->tokenizer) : !d->tokenizer;
    json_decref(settings);
    if (same)
        return 0;
    err_set("tokenized with other settings than previous records of the stream");
    return record_error(header, NULL);
}

/* Adds the marks to the hash. Without marks it is that of earlier versions. */
static void hash_marks(dataset *d)
{
    uint64_t h[6] = {d->hash}, all[2];
    if (d->marks.n == 0)
        return;
    hash128(h + 2, d->marks.of, d->marks.n * sizeof *d->marks.of);
    hash128(h + 4, d->marks_at, (d->n + 1) * sizeof *d->marks_at);
    hash128(all, h, sizeof h);
    d->hash = all[0];
}

/* Makes the documents, which point into ids, codes and marks. These must not move any more. */
static int finish(dataset *d)
{
    d->docs = mem_array(d->n, sizeof *d->docs);
    if (!d->docs)
        return -1;
    for (size_t i = 0; i < d->n; i++)
        d->docs[i] = (example){.ids = d->ids.ids + d->ids_at[i],
                               .T = d->ids_at[i + 1] - d->ids_at[i],
                               .gold = d->codes + d->codes_at[i],
                               .n_gold = d->codes_at[i + 1] - d->codes_at[i],
                               .marks = d->marks.of + d->marks_at[i],
                               .n_marks = d->marks_at[i + 1] - d->marks_at[i]};
    d->gold = d->n_codes + d->gold_unknown;
    uint64_t h[8], all[2];
    hash128(h, d->ids.ids, d->ids.n * sizeof *d->ids.ids);
    hash128(h + 2, d->codes, d->n_codes * sizeof *d->codes);
    hash128(h + 4, d->ids_at, d->n ? (d->n + 1) * sizeof *d->ids_at : 0);
    hash128(h + 6, d->codes_at, d->n ? (d->n + 1) * sizeof *d->codes_at : 0);
    hash128(all, h, sizeof h);
    d->hash = all[0];
    hash_marks(d);
    return 0;
}

int dataset_read(dataset *d, const char *path, vocab *words, labels *l, unsigned grow, size_t max_words,
                 const term_spans *spans)
{
    *d = (dataset){0};
    stream_in *in = stream_open(&path, 1, &(stream_options){.on_header = load_tokenizer, .context = d});
    record r = {0};
    const int result = in && (d->unknown = map_new()) && (d->encounters = map_new()) &&
                               !stream_expect(in, "tokens") &&
                               !read_all(d, in, &r, words, l, grow, max_words, spans) && !finish(d)
                           ? 0
                           : -1;
    record_free(&r);
    stream_close(in);
    if (result)
        dataset_free(d);
    return result;
}

void dataset_renumber(dataset *d, const int32_t *to)
{
    for (size_t i = 0; i < d->n_codes; i++)
        d->codes[i] = to[d->codes[i]];
    for (size_t i = 0; i < d->n; i++)
        span_marks_renumber(d->marks.of + d->marks_at[i], d->docs[i].n_marks, to);
}

void dataset_counts(const dataset *d, float *counts, size_t L)
{
    memset(counts, 0, L * sizeof *counts);
    for (size_t i = 0; i < d->n_codes; i++)
        counts[d->codes[i]]++;
}

void dataset_log_odds(const dataset *d, float *b, size_t L)
{
    dataset_counts(d, b, L);
    for (size_t j = 0; j < L; j++)
        b[j] = logf((b[j] + 0.5f) / ((float)d->n - b[j] + 0.5f));
}

void dataset_free(dataset *d)
{
    mem_free(d->docs);
    mem_free(d->ids.ids);
    mem_free(d->codes);
    mem_free(d->ids_at);
    mem_free(d->codes_at);
    mem_free(d->marks_at);
    span_marks_free(&d->marks);
    map_free(d->unknown);
    map_free(d->encounters);
    mem_free(d->texts);
    json_decref(d->tokenizer);
    *d = (dataset){0};
}
