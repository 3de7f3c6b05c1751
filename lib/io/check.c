/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of formats/ for records. known_keys() loops over the table of keys (kinds.h). Keys with
 * special rules for their values have a function each. */
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

/* ---- helpers ---- */

int check_text(walk *w, const char **s, size_t *n)
{
    if (walk_str(w, s, n) < 0)
        return -1;
    return *n > 0 ? 0 : err_set("expected a string that is not empty");
}

/* Checks an array of non-empty strings and sets *n to their number. */
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

/* Checks a size that must be the same in other keys or records. */
static int agree(check *c, check_size size, size_t n)
{
    static const char *const names[SIZES] = {
        "the number of words (T)", "the number of words that the model reads (T)",
        "the embedding size (E)",  "the number of labels (L)",
        "the width of V (S)",      "the number of matches",
        "the number of blocks"};
    int64_t *known = &c->sizes[size];
    if (*known == UNKNOWN && n <= INT64_MAX)
        *known = (int64_t)n;
    return *known == (int64_t)n
               ? 0
               : err_set("%s is %zu, but %" PRId64 " in an earlier key or record", names[size], n, *known);
}

/* Checks one dimension. letter: see record_key.shape (kinds.h). */
static int check_dimension(check *c, char letter, size_t n)
{
    static const char letters[] = "TtELSn";
    const char *at = strchr(letters, letter);
    if (at)
        return agree(c, (check_size)(at - letters), n);
    if (letter != '*' && n != (size_t)(letter - '0'))
        return err_set("the last dimension is %zu, expected %c", n, letter);
    return 0;
}

int check_tensor(check *c, walk *w, char type, const char *shape, tensor *t)
{
    const int ndim = (int)strlen(shape);
    if (tensor_read(w, t) < 0)
        return -1;
    if (t->type != type || t->ndim != ndim)
        return err_set("expected %c4 of %d dimensions, found %c4 of %d", type, ndim, t->type, t->ndim);
    for (int d = ndim - 1; d >= 0; d--) /* from last to first: checks constants first */
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

/* ---- documents and words ---- */

static size_t code_points(const char *s, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)s[i] & 0xc0) != 0x80;
    return count;
}

/* Reads the string at w. Checks its UTF-8 only if c->every_value. */
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

/* Reads a document, the map at w. Sets *length to the number of code points of its text. */
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
            return err_prefix("key of a document: ");
        if (n != 4 || memcmp(s, "text", 4) != 0) {
            if (walk_skip(w) != 1)
                return err_set("unexpected end of data within an object");
            continue;
        }
        if (found)
            return err_set("text: duplicate key");
        if (document_text(c, w, &s, &n) < 0)
            return err_prefix("text: ");
        found = true;
        *length = code_points(s, n);
    }
    return found ? 0 : err_set("text: missing key");
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

static int check_count(const field *f)
{
    walk w = open_field(f);
    int64_t n;
    if (walk_int(&w, &n) < 0)
        return -1;
    return n >= 0 ? 0 : err_set("expected 0 or more");
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

/* Checks that block i has the same width in all records of the segment. first: this is the first record
 * with blocks and defines the widths. */
static int check_width(check *c, uint32_t i, size_t width, bool first)
{
    if (mem_grow(&c->D, &c->D_cap, (size_t)i + 1, sizeof *c->D) < 0)
        return -1;
    if (first)
        c->D[i] = width;
    return c->D[i] == width ? 0
                            : err_set("the width (D) is %zu, but %zu in an earlier record", width, c->D[i]);
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

/* Checks H, a tensor for each block, or A, a tensor for each attention. */
static int check_tensors(check *c, const record_key *k, const field *f)
{
    walk w = open_field(f);
    const bool blocks = k->rule == RULE_BLOCKS, first = c->sizes[SIZE_BLOCKS] == UNKNOWN;
    uint32_t n;
    tensor t;
    if (walk_array(&w, &n) < 0)
        return -1;
    if (blocks && n == 0)
        return err_set("expected at least one block");
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
        err_set("expected a string that is not empty");
    else {
        int new = idset_add(&c->ids, r->id, strlen(r->id));
        if (new != 0)
            return new < 0 ? -1 : 0;
        err_set("duplicate: an earlier record has the same id");
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
