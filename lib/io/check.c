/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of formats/ for records: a loop over the table of keys (kinds.h), with a function for the values
 * of each key that has rules of its own. */
#include "io/check.h"

#include "base/err.h"
#include "io/check_private.h"
#include "io/utf8check.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

check *check_new(bool every_value)
{
    check *c = mem_array(1, sizeof *c);
    if (c)
        c->every_value = every_value;
    return c;
}

void check_free(check *c)
{
    if (!c)
        return;
    idset_free(&c->ids);
    map_free(c->codes);
    mem_free(c->seen);
    mem_free(c->D);
    mem_free(c->length);
    mem_free(c->read);
    mem_free(c);
}

/* ---- pieces ---- */

int check_text(walk *w, const char **s, size_t *n)
{
    if (walk_str(w, s, n) < 0)
        return -1;
    return *n > 0 ? 0 : err_set("an empty string");
}

/* An array of strings that are not empty; *n counts them. */
static int check_texts(const check *c, const field *f, uint32_t *n)
{
    walk w = open_field(f);
    const char *s;
    size_t length;
    if (walk_array(&w, n) < 0)
        return -1;
    for (uint32_t i = 0; c->every_value && i < *n; i++)
        if (check_text(&w, &s, &length) < 0)
            return err_prefix("string %u: ", (unsigned)i + 1);
    return 0;
}

static int32_t int_at(const tensor *t, size_t i)
{
    int32_t n;
    memcpy(&n, t->data + 4 * i, 4);
    return n;
}

float check_float_at(const tensor *t, size_t i)
{
    float f;
    memcpy(&f, t->data + 4 * i, 4);
    return f;
}

/* A size that other keys or records have too. */
static int agree(check *c, check_size size, size_t n)
{
    static const char *const names[SIZES] = {
        "T", "T", "E", "L", "S", "the number of matches", "the number of blocks"};
    int64_t *known = &c->sizes[size];
    if (*known == UNKNOWN && n <= INT64_MAX)
        *known = (int64_t)n;
    return *known == (int64_t)n
               ? 0
               : err_set("%s is %zu here, and %" PRId64 " elsewhere", names[size], n, *known);
}

/* One dimension, by its letter. */
static int check_dimension(check *c, char letter, size_t n)
{
    static const char letters[] = "TtELSn";
    const char *at = strchr(letters, letter);
    if (at)
        return agree(c, (check_size)(at - letters), n);
    if (letter != '*' && n != (size_t)(letter - '0'))
        return err_set("rows of %zu, not of %c", n, letter);
    return 0;
}

int check_tensor(check *c, walk *w, char type, const char *shape, tensor *t)
{
    const int ndim = (int)strlen(shape);
    if (tensor_read(w, t) < 0)
        return -1;
    if (t->type != type || t->ndim != ndim)
        return err_set("expected %c4 of %d dimensions, found %c4 of %d", type, ndim, t->type, t->ndim);
    for (int d = ndim - 1; d >= 0; d--) /* the last one first: a constant, if there is any */
        if (shape[d] >= '0' && shape[d] <= '9' && check_dimension(c, shape[d], t->shape[d]) < 0)
            return -1;
    for (int d = 0; d < ndim; d++)
        if (check_dimension(c, shape[d], t->shape[d]) < 0)
            return -1;
    return 0;
}

int check_probabilities(const tensor *t)
{
    for (size_t i = 0; i < t->count; i++) {
        float p = check_float_at(t, i);
        if (!(p >= 0 && p <= 1))
            return err_set("number %zu is not within 0 and 1", i + 1);
    }
    return 0;
}

/* ---- any value ---- */

static int all_finite(const tensor *t)
{
    for (size_t i = 0; t->type == 'f' && i < t->count; i++)
        if (!isfinite(check_float_at(t, i)))
            return err_set("number %zu of a tensor is NaN or infinite", i + 1);
    return 0;
}

/* Moves past one value. */
static int any_value(walk *w)
{
    walk at = *w;
    walk_value v;
    tensor t;
    size_t bad;
    if (walk_next(w, &v) != 1)
        return err_set("the bytes stop within an object");
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

/* ---- documents and words ---- */

static size_t code_points(const char *s, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)s[i] & 0xc0) != 0x80;
    return count;
}

/* The string at w, whose UTF-8 is only looked at where every value is. */
static int document_text(const check *c, walk *w, const char **s, size_t *n)
{
    walk_value v;
    walk at = *w;
    if (c->every_value || walk_next(&at, &v) != 1 || v.type != WALK_STR)
        return walk_str(w, s, n);
    *w = at;
    *s = (const char *)v.data;
    *n = v.size;
    return 0;
}

/* The code points of a document's text, from the map at w. */
static int document_length(const check *c, walk *w, size_t *length)
{
    uint32_t n_members;
    bool found = false;
    if (walk_map(w, &n_members) < 0)
        return -1;
    for (uint32_t i = 0; i < n_members; i++) {
        const char *s;
        size_t n;
        if (walk_str(w, &s, &n) < 0)
            return err_prefix("a key: ");
        if (n != 4 || memcmp(s, "text", 4) != 0) {
            if (walk_skip(w) != 1)
                return err_set("the bytes stop within an object");
            continue;
        }
        if (found)
            return err_set("text: duplicate key");
        if (document_text(c, w, &s, &n) < 0)
            return err_prefix("text: ");
        found = true;
        *length = code_points(s, n);
    }
    return found ? 0 : err_set("text: missing");
}

static int check_documents(check *c, const field *f)
{
    walk w = open_field(f);
    uint32_t n;
    if (walk_array(&w, &n) < 0)
        return -1;
    for (uint32_t i = 0; i < n; i++)
        if (mem_grow(&c->length, &c->length_cap, (size_t)i + 1, sizeof *c->length) < 0 ||
            mem_grow(&c->read, &c->read_cap, (size_t)i + 1, sizeof *c->read) < 0 ||
            document_length(c, &w, &c->length[i]) < 0)
            return err_prefix("document %u: ", (unsigned)i + 1);
    c->n_documents = n;
    return 0;
}

/* Whether a span that is the first, or of another document than the one before it, is the first of its
 * document. */
static int begin_document(check *c, int32_t document)
{
    if (c->n_documents == UNKNOWN)
        return 0;
    if (c->read[document])
        return err_set("document %d for the second time", document);
    c->read[document] = true;
    return 0;
}

/* One span: in its document's text, and not before the span before it in the same document. before: NULL for
 * the first. */
static int check_span(check *c, const int32_t span[3], const int32_t before[3])
{
    if (span[0] < 0 || span[1] < 0 || span[2] < span[1])
        return err_set("not a document, a start and an end that is not before it");
    if (c->n_documents != UNKNOWN && span[0] >= c->n_documents)
        return err_set("document %d of %" PRId64, span[0], c->n_documents);
    if (c->n_documents != UNKNOWN && (size_t)span[2] > c->length[span[0]])
        return err_set("it ends at %d, in a text of %zu code points", span[2], c->length[span[0]]);
    if (!before || span[0] != before[0])
        return begin_document(c, span[0]);
    return span[1] < before[1] || span[2] < before[2] ? err_set("before the span before it") : 0;
}

static int check_spans(check *c, const tensor *t)
{
    if (c->n_documents > 0)
        memset(c->read, 0, (size_t)c->n_documents * sizeof *c->read);
    int32_t before[3], span[3];
    for (size_t i = 0; i < t->shape[0]; i++) {
        memcpy(span, t->data + i * sizeof span, sizeof span);
        if (check_span(c, span, i > 0 ? before : NULL) < 0)
            return err_prefix("span %zu: ", i + 1);
        memcpy(before, span, sizeof before);
    }
    return 0;
}

/* Words that do not come right after the word before them. */
static int check_gaps(check *c, const tensor *t)
{
    const int64_t T = c->sizes[SIZE_TOKENS];
    for (size_t i = 0; i < t->count; i++) {
        int32_t word = int_at(t, i), before = i > 0 ? int_at(t, i - 1) : 0;
        if (word <= before)
            return err_set("number %zu is not above the one before it, or 0", i + 1);
        if (T != UNKNOWN && word >= T)
            return err_set("number %zu: word %d of %" PRId64, i + 1, word, T);
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

static int check_count(const field *f)
{
    walk w = open_field(f);
    int64_t n;
    if (walk_int(&w, &n) < 0)
        return -1;
    return n >= 0 ? 0 : err_set("below 0");
}

/* ---- what models make ---- */

static int check_ids(check *c, const tensor *t)
{
    const int64_t T = c->sizes[SIZE_TOKENS];
    if (T != UNKNOWN && t->count > (size_t)T)
        return err_set("%zu ids for %" PRId64 " tokens", t->count, T);
    for (size_t i = 0; i < t->count; i++)
        if (int_at(t, i) < 0)
            return err_set("number %zu is negative", i + 1);
    return 0;
}

/* The width of block i, which is the same in all records of the segment; first: this is the record that says
 * it. */
static int check_width(check *c, uint32_t i, size_t width, bool first)
{
    if (mem_grow(&c->D, &c->D_cap, (size_t)i + 1, sizeof *c->D) < 0)
        return -1;
    if (first)
        c->D[i] = width;
    return c->D[i] == width ? 0 : err_set("D is %zu here, and %zu elsewhere", width, c->D[i]);
}

/* A block and a word for each label; -1 and -1 where there was no word to look at. */
static int check_peaks(check *c, const tensor *t)
{
    const int64_t T = c->sizes[SIZE_READ], blocks = c->sizes[SIZE_BLOCKS];
    for (size_t j = 0; j < t->shape[0]; j++) {
        int32_t block = int_at(t, 2 * j), word = int_at(t, 2 * j + 1);
        bool none = block == -1 && word == -1;
        if (none ? T > 0 : block < 0 || word < 0)
            return err_set("label %zu: block %d, word %d", j + 1, block, word);
        if (T != UNKNOWN && word >= T)
            return err_set("label %zu: word %d of %" PRId64, j + 1, word, T);
        if (blocks != UNKNOWN && block >= blocks)
            return err_set("label %zu: block %d of %" PRId64, j + 1, block, blocks);
    }
    return 0;
}

/* ---- keys ---- */

static int check_tensor_values(check *c, key_rule rule, const tensor *t)
{
    switch (rule) {
    case RULE_SPANS:
        return check_spans(c, t);
    case RULE_GAPS:
        return check_gaps(c, t);
    case RULE_MATCHES:
        return check_matches(c, t);
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

static int check_one_tensor(check *c, const record_key *k, const field *f)
{
    walk w = open_field(f);
    tensor t;
    return check_tensor(c, &w, k->type, k->shape, &t) < 0 ? -1 : check_tensor_values(c, k->rule, &t);
}

/* H and A: a tensor for each block; for each attention. */
static int check_tensors(check *c, const record_key *k, const field *f)
{
    walk w = open_field(f);
    const bool blocks = k->rule == RULE_BLOCKS, first = c->sizes[SIZE_BLOCKS] == UNKNOWN;
    uint32_t n;
    tensor t;
    if (walk_array(&w, &n) < 0)
        return -1;
    if (blocks && n == 0)
        return err_set("no blocks");
    if (blocks && !first && agree(c, SIZE_BLOCKS, n) < 0)
        return -1;
    for (uint32_t i = 0; i < n; i++)
        if (check_tensor(c, &w, k->type, k->shape, &t) < 0 ||
            (blocks && check_width(c, i, t.shape[1], first) < 0) || check_tensor_values(c, k->rule, &t) < 0)
            return err_prefix("%s %u: ", blocks ? "block" : "attention", (unsigned)i + 1);
    return blocks ? agree(c, SIZE_BLOCKS, n) : 0;
}

static int check_key(check *c, const record_key *k, const field *f)
{
    uint32_t n;
    if (k->form == KEY_TENSOR)
        return check_one_tensor(c, k, f);
    if (k->form == KEY_TENSORS)
        return check_tensors(c, k, f);
    switch (k->rule) {
    case RULE_DOCUMENTS:
        return check_documents(c, f);
    case RULE_TOKENS:
        return check_texts(c, f, &n) < 0 ? -1 : agree(c, SIZE_TOKENS, n);
    case RULE_STRINGS:
        return check_texts(c, f, &n);
    case RULE_COUNT:
        return check_count(f);
    default:
        return c->every_value ? check_predicted(c, f) : 0;
    }
}

static int required_keys(const check *c, const record *r)
{
    for (int i = 0; c->kind && c->kind->required[i]; i++)
        if (!record_find(r, c->kind->required[i])) {
            err_set("missing");
            return record_error(r, c->kind->required[i]);
        }
    return 0;
}

static int known_keys(check *c, const record *r)
{
    for (const record_key *k = record_keys; k->name; k++) {
        const field *f = c->every_value || record_key_is_of(k, c->kind) ? record_find(r, k->name) : NULL;
        if (f && check_key(c, k, f) < 0)
            return record_error(r, k->name);
    }
    return 0;
}

static int check_id(check *c, const record *r)
{
    if (!*r->id)
        err_set("an empty string");
    else {
        int new = idset_add(&c->ids, r->id, strlen(r->id));
        if (new != 0)
            return new < 0 ? -1 : 0;
        err_set("a record before has the same id");
    }
    return record_error(r, "id");
}

int check_record(check *c, const record *r)
{
    c->r = r;
    c->sizes[SIZE_TOKENS] = c->sizes[SIZE_READ] = c->sizes[SIZE_MATCHES] = c->n_documents = UNKNOWN;
    c->scores.count = 0;
    if (c->every_value && (check_id(c, r) < 0 || check_values(r) < 0))
        return -1;
    if (!c->kind)
        return 0;
    return c->every_value && required_keys(c, r) < 0 ? -1 : known_keys(c, r);
}
