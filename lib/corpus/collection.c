/* SPDX-License-Identifier: Apache-2.0 */
#include "corpus/collection.h"

#include "base/err.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/tempfile.h"
#include "corpus/collection_parts.h"
#include "io/utf8check.h"
#include "text/labels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const collection_split_name[COLLECTION_SPLITS] = {"train", "dev", "test"};

collection *collection_new(bool documents)
{
    collection *c = mem_array(1, sizeof *c);
    if (!c)
        return NULL;
    c->documents = documents;
    c->ids = map_new();
    c->codes = map_new();
    c->patients = map_new();
    c->spool = tempfile_open();
    if (!c->ids || !c->codes || !c->patients || !c->spool) {
        collection_free(c);
        return NULL;
    }
    return c;
}

void collection_free(collection *c)
{
    if (!c)
        return;
    map_free(c->ids);
    map_free(c->codes);
    map_free(c->patients);
    if (c->spool)
        fclose(c->spool);
    mem_free(c->encounters);
    mem_free(c->texts);
    mem_free(c->labels);
    mem_free(c->description);
    mem_free(c->kept);
    mem_free(c->rank);
    buf_free(&c->descriptions);
    mem_free(c);
}

int32_t collection_add(collection *c, const char *id, size_t n, int split)
{
    const int32_t there = map_find(c->ids, id, n);
    if (there >= 0)
        return there;
    if (n == 0)
        return err_set("an empty id");
    const int32_t e = map_add(c->ids, id, n);
    if (e < 0 || mem_grow(&c->encounters, &c->cap_encounters, e + 1, sizeof *c->encounters))
        return -1;
    c->encounters[e] = (collection_encounter){.split = split, .patient = -1};
    return e;
}

int collection_patient(collection *c, int32_t e, const char *patient, size_t n)
{
    int32_t *known = &c->encounters[e].patient;
    if (*known < 0)
        *known = map_add(c->patients, patient, n);
    return *known < 0 ? -1 : 0;
}

void collection_codes_known(collection *c, int32_t e)
{
    c->encounters[e].codes_known = true;
}

int32_t collection_find(const collection *c, const char *id, size_t n)
{
    return map_find(c->ids, id, n);
}

const char *collection_id(const collection *c, int32_t e, size_t *n)
{
    return map_key(c->ids, e, n);
}

int collection_split(const collection *c, int32_t e)
{
    return c->encounters[e].split;
}

void collection_set_split(collection *c, int32_t e, int split)
{
    c->encounters[e].split = split;
}

void collection_order(collection *c, int32_t e, int64_t first, int64_t second)
{
    c->encounters[e].order[0] = first;
    c->encounters[e].order[1] = second;
}

int32_t collection_count(const collection *c)
{
    return map_size(c->ids);
}

int collection_text(collection *c, int32_t e, int32_t order, const char *json, size_t n)
{
    if (c->encounters[e].texts == INT32_MAX || c->n_texts == INT32_MAX)
        return err_set("too many notes");
    c->encounters[e].texts++;
    if (c->encounters[e].split == COLLECTION_NO_SPLIT)
        return 0;
    if (n > INT32_MAX)
        return err_set("a text of more than 2 GiB");
    if (mem_grow(&c->texts, &c->cap_texts, c->n_texts + 1, sizeof *c->texts))
        return -1;
    if (fwrite(json, 1, n, c->spool) != n)
        return err_set("%s: writing the temporary file failed: is the disk full?", tempfile_folder());
    c->texts[c->n_texts] = (collection_piece){.encounter = e,
                                              .order = order,
                                              .arrival = (int32_t)c->n_texts,
                                              .size = (int32_t)n,
                                              .offset = c->spooled};
    c->n_texts++;
    c->spooled += (int64_t)n;
    return 0;
}

int32_t collection_texts(const collection *c, int32_t e)
{
    return c->encounters[e].texts;
}

int collection_label(collection *c, int32_t e, const char *code, size_t n)
{
    int32_t index = map_find(c->codes, code, n);
    if (index < 0) {
        if (labels_check_code(code, n))
            return -1;
        index = map_add(c->codes, code, n);
        if (index < 0 || mem_grow(&c->description, &c->cap_description, index + 1, sizeof *c->description))
            return -1;
        c->description[index] = SIZE_MAX;
    }
    if (mem_grow(&c->labels, &c->cap_labels, c->n_labels + 1, sizeof *c->labels))
        return -1;
    c->labels[c->n_labels++] = (collection_pair){e, index};
    return 0;
}

int collection_describe(collection *c, const char *code, size_t n, const char *description, size_t size)
{
    const int32_t index = map_find(c->codes, code, n);
    size_t bad;
    if (index < 0 || c->description[index] != SIZE_MAX)
        return 0;
    if ((size > 0 && memchr(description, '\0', size)) ||
        !utf8_check((const unsigned char *)description, size, &bad))
        return err_set("the description of a code has a NUL byte, or is not UTF-8");
    c->description[index] = c->descriptions.len;
    if (buf_add(&c->descriptions, description, size) || buf_add(&c->descriptions, "", 1))
        return -1;
    for (char *s = (char *)c->descriptions.data + c->description[index]; *s; s++)
        if (*s == '\n' || *s == '\r' || *s == '\t')
            *s = ' ';
    return 0;
}

/* ---- choosing labels ---- */

static int by_encounter(const void *a, const void *b)
{
    const collection_pair *x = a, *y = b;
    return x->encounter != y->encounter ? (x->encounter > y->encounter) - (x->encounter < y->encounter)
                                        : (x->code > y->code) - (x->code < y->code);
}

static bool is_repeated(const collection *c, size_t i)
{
    return i > 0 && by_encounter(&c->labels[i], &c->labels[i - 1]) == 0;
}

typedef struct frequency {
    int32_t code, n;
} frequency;

/* Sorts by descending frequency; equally frequent codes by order of arrival. */
static int by_frequency(const void *a, const void *b)
{
    const frequency *x = a, *y = b;
    return x->n != y->n ? (x->n < y->n) - (x->n > y->n) : (x->code > y->code) - (x->code < y->code);
}

static void count_codes(const collection *c, bool rows, frequency *count)
{
    for (int32_t i = 0; i < map_size(c->codes); i++)
        count[i] = (frequency){i, 0};
    for (size_t i = 0; i < c->n_labels; i++)
        count[c->labels[i].code].n +=
            c->encounters[c->labels[i].encounter].texts > 0 && (rows || !is_repeated(c, i));
}

/* Sets kept[code] for the codes that are chosen. */
static void choose_codes(collection *c, const collection_choice *how, frequency *count)
{
    const int32_t codes = map_size(c->codes);
    count_codes(c, how->count_rows, count);
    if (how->top > 0)
        qsort(count, codes, sizeof *count, by_frequency);
    for (int32_t i = 0; i < codes; i++)
        c->kept[count[i].code] =
            count[i].n > 0 && count[i].n >= how->min_count && (how->top <= 0 || i < how->top);
}

/* Keeps the chosen codes only, each once for each encounter. */
static void drop_labels(collection *c)
{
    size_t n = 0;
    for (size_t i = 0, last = SIZE_MAX; i < c->n_labels; i++) {
        const collection_pair p = c->labels[i];
        const bool repeated = last != SIZE_MAX && by_encounter(&p, &c->labels[last]) == 0;
        if (!c->kept[p.code] || repeated)
            continue;
        last = n;
        c->labels[n++] = p;
        c->encounters[p.encounter].labels++;
    }
    c->n_labels = n;
}

static void count_all(collection *c, collection_counts *counts)
{
    size_t n_labels = 0, encounters = 0;
    *counts = (collection_counts){0};
    memset(c->kept, 0, map_size(c->codes) * sizeof *c->kept);
    for (int32_t e = 0; e < collection_count(c); e++) {
        const collection_encounter *at = &c->encounters[e];
        if (at->split == COLLECTION_NO_SPLIT)
            continue;
        counts->unlabelled += at->texts > 0 && at->labels == 0;
        counts->textless += at->texts == 0 && at->labels > 0;
        counts->encounters[at->split] += collection_is_written(at);
        n_labels += collection_is_written(at) ? (size_t)at->labels : 0;
        encounters += collection_is_written(at);
    }
    for (size_t i = 0; i < c->n_labels; i++)
        if (collection_is_written(&c->encounters[c->labels[i].encounter]))
            c->kept[c->labels[i].code] = true;
    for (int32_t i = 0; i < map_size(c->codes); i++)
        counts->labels += c->kept[i];
    counts->labels_each = encounters ? (double)n_labels / (double)encounters : 0;
}

int collection_choose(collection *c, const collection_choice *how, collection_counts *counts)
{
    const size_t codes = map_size(c->codes);
    frequency *count = mem_array(codes, sizeof *count);
    c->kept = mem_array(codes, sizeof *c->kept);
    if (!count || !c->kept) {
        mem_free(count);
        return -1;
    }
    if (c->n_labels)
        qsort(c->labels, c->n_labels, sizeof *c->labels, by_encounter);
    choose_codes(c, how, count);
    drop_labels(c);
    count_all(c, counts);
    mem_free(count);
    return collection_sort(c);
}
