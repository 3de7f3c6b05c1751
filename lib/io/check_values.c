/* SPDX-License-Identifier: Apache-2.0 */
/* The rules for values: strings, and the numbers of tensors, by the rule of their key (kinds.h). */
#include "base/err.h"
#include "base/little_endian.h"
#include "io/check_private.h"
#include "io/utf8check.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

int check_text(walk *w, const char **s, size_t *n)
{
    if (walk_str(w, s, n) < 0)
        return -1;
    return *n > 0 ? 0 : err_set("expected a string that is not empty");
}

static int32_t int_at(const tensor *t, size_t i)
{
    return (int32_t)load_le32(t->data + 4 * i);
}

float check_float_at(const tensor *t, size_t i)
{
    float f;
    copy_le32(&f, t->data + 4 * i, 1);
    return f;
}

int check_probabilities(const tensor *t)
{
    for (size_t i = 0; i < t->count; i++) {
        float p = check_float_at(t, i);
        if (!(p >= 0 && p <= 1))
            return err_set("number %zu: expected a probability, 0 to 1", i + 1);
    }
    return 0;
}

/* ---- every value ---- */

static int all_finite(const tensor *t)
{
    for (size_t i = 0; t->type == 'f' && i < t->count; i++)
        if (!isfinite(check_float_at(t, i)))
            return err_set("number %zu of a tensor is NaN or infinite: expected a finite number", i + 1);
    return 0;
}

/* Checks one value and moves past it. */
static int any_value(walk *w)
{
    walk at = *w;
    walk_value v;
    tensor t;
    size_t bad;
    if (walk_next(w, &v) != 1)
        return err_set("unexpected end of data within an object");
    if (v.type == WALK_STR && !utf8_check(v.data, v.size, &bad))
        return err_set("invalid UTF-8 at byte %zu of a string", bad);
    if (v.type == WALK_MAP && v.size >= 4 && tensor_read(&at, &t) == 0) {
        *w = at;
        return all_finite(&t);
    }
    uint64_t children = v.type == WALK_ARRAY ? v.size : v.type == WALK_MAP ? 2 * (uint64_t)v.size : 0;
    for (uint64_t i = 0; i < children; i++)
        if (any_value(w) < 0)
            return -1;
    return 0;
}

int check_values(const record *r)
{
    for (size_t i = 0; i < r->n; i++) {
        walk w = open_field(&r->fields[i]);
        if (any_value(&w) == 0)
            continue;
        char *key = mem_strndup(r->fields[i].key, r->fields[i].key_len);
        int result = record_error(r, key);
        mem_free(key);
        return result;
    }
    return 0;
}

/* ---- words ---- */

/* Called for the first span of each group of spans of one document. Fails if the document already had such
 * a group. */
static int begin_document(check *c, int32_t document)
{
    if (c->n_documents == UNKNOWN)
        return 0;
    if (c->read[document])
        return err_set("the spans of document %d are not consecutive", document);
    c->read[document] = true;
    return 0;
}

/* Checks that a span lies within the text of its document, and does not come before the previous span of
 * that document. before: the previous span, NULL for the first. */
static int check_span(check *c, const int32_t span[3], const int32_t before[3])
{
    if (span[0] < 0 || span[1] < 0 || span[2] < span[1])
        return err_set("expected a document, a start, and an end not before the start, all 0 or more");
    if (c->n_documents != UNKNOWN && span[0] >= c->n_documents)
        return err_set("document %d does not exist: the record has %" PRId64, span[0], c->n_documents);
    if (c->n_documents != UNKNOWN && (size_t)span[2] > c->length[span[0]])
        return err_set("the end is %d, but the text has only %zu code points", span[2], c->length[span[0]]);
    if (!before || span[0] != before[0])
        return begin_document(c, span[0]);
    return span[1] < before[1] || span[2] < before[2] ? err_set("starts or ends before the previous span")
                                                      : 0;
}

static int check_spans(check *c, const tensor *t)
{
    if (c->n_documents > 0)
        memset(c->read, 0, c->n_documents * sizeof *c->read);
    int32_t before[3], span[3];
    for (size_t i = 0; i < t->shape[0]; i++) {
        copy_le32(span, t->data + i * sizeof span, 3);
        if (check_span(c, span, i > 0 ? before : NULL) < 0)
            return err_prefix("span %zu: ", i + 1);
        memcpy(before, span, sizeof before);
    }
    return 0;
}

/* Checks gaps: the numbers of the words that do not directly follow the previous word in the note. */
static int check_gaps(check *c, const tensor *t)
{
    const int64_t T = c->sizes[SIZE_TOKENS];
    for (size_t i = 0; i < t->count; i++) {
        int32_t word = int_at(t, i), before = i > 0 ? int_at(t, i - 1) : 0;
        if (word <= before)
            return err_set("number %zu: expected a number above 0 and above the previous one", i + 1);
        if (T != UNKNOWN && word >= T)
            return err_set("number %zu: word %d does not exist: the number of tokens is %" PRId64, i + 1,
                           word, T);
    }
    return 0;
}

/* Labels and words of the record. */
static int check_matches(const check *c, const tensor *t)
{
    const int64_t T = c->sizes[SIZE_TOKENS], L = c->sizes[SIZE_L];
    for (size_t i = 0; i < t->shape[0]; i++) {
        const int32_t label = int_at(t, 3 * i), first = int_at(t, 3 * i + 1), end = int_at(t, 3 * i + 2);
        if (label < 0)
            return err_set("match %zu: label %" PRId32, i + 1, label);
        if (L != UNKNOWN && label >= L)
            return err_set("match %zu: label %" PRId32 " of %" PRId64, i + 1, label, L);
        if (first < 0 || end <= first || (T != UNKNOWN && end > T))
            return err_set("match %zu: words %" PRId32 " to %" PRId32 " of %" PRId64, i + 1, first, end, T);
    }
    return 0;
}

static int check_marks(const tensor *t)
{
    for (size_t i = 0; i < t->count; i++)
        if (int_at(t, i) < 0 || int_at(t, i) >= 1 << MATCH_MARKS)
            return err_set("match %zu: expected marks from 0 to %d, got %" PRId32, i + 1,
                           (1 << MATCH_MARKS) - 1, int_at(t, i));
    return 0;
}

/* ---- keys that model stages write ---- */

static int check_ids(check *c, const tensor *t)
{
    const int64_t T = c->sizes[SIZE_TOKENS];
    if (T != UNKNOWN && t->count > (size_t)T)
        return err_set("%zu ids, but only %" PRId64 " tokens", t->count, T);
    for (size_t i = 0; i < t->count; i++)
        if (int_at(t, i) < 0)
            return err_set("number %zu is negative", i + 1);
    return 0;
}

/* Checks the block and the word of each label. Both are -1 if the document has no words. */
static int check_peaks(check *c, const tensor *t)
{
    const int64_t T = c->sizes[SIZE_READ], blocks = c->sizes[SIZE_BLOCKS];
    for (size_t j = 0; j < t->shape[0]; j++) {
        int32_t block = int_at(t, 2 * j), word = int_at(t, 2 * j + 1);
        bool none = block == -1 && word == -1;
        if (none ? T > 0 : block < 0 || word < 0)
            return err_set("label %zu: unexpected block %d, word %d", j + 1, block, word);
        if (T != UNKNOWN && word >= T)
            return err_set("label %zu: word %d does not exist: the number of words is %" PRId64, j + 1, word,
                           T);
        if (blocks != UNKNOWN && block >= blocks)
            return err_set("label %zu: block %d does not exist: the number of blocks is %" PRId64, j + 1,
                           block, blocks);
    }
    return 0;
}

/* ---- by rule ---- */

int check_tensor_values(check *c, key_rule rule, const tensor *t)
{
    switch (rule) {
    case RULE_SPANS:
        return check_spans(c, t);
    case RULE_GAPS:
        return check_gaps(c, t);
    case RULE_MATCHES:
        return check_matches(c, t);
    case RULE_MARKS:
        return check_marks(t);
    case RULE_IDS:
        return check_ids(c, t);
    case RULE_PEAKS:
        return check_peaks(c, t);
    case RULE_SCORES:
        c->scores = *t;
        return c->every_value ? check_probabilities(t) : 0;
    case RULE_PROBABILITIES:
        return c->every_value ? check_probabilities(t) : 0;
    default:
        return 0;
    }
}
