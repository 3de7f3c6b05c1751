/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of formats/ for records. known_keys() loops over the table of keys (kinds.h). The rules for the
 * values of a key are in check_values.c. */
#include "io/check.h"

#include "base/err.h"
#include "io/check_private.h"

#include <inttypes.h>
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

/* ---- sizes and shapes ---- */

/* Checks a size that must be the same in other keys or records. */
static int agree(check *c, check_size size, size_t n)
{
    static const char *const names[SIZES] = {
        "the number of words (T)", "the number of words that the model reads (T)",
        "the embedding size (E)",  "the number of labels (L)",
        "the width of V (S)",      "the number of matches",
        "the number of blocks"};
    const uint64_t found = n;
    int64_t *known = &c->sizes[size];
    if (*known == UNKNOWN && found <= INT64_MAX)
        *known = (int64_t)found;
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

/* ---- documents ---- */

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
        if (mem_grow(&c->length, &c->length_cap, i + 1, sizeof *c->length) < 0 ||
            mem_grow(&c->read, &c->read_cap, i + 1, sizeof *c->read) < 0 ||
            document_length(c, &w, &c->length[i]) < 0)
            return err_prefix("document %u: ", (unsigned)i + 1);
    c->n_documents = n;
    return 0;
}

/* ---- keys ---- */

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

static int check_count(const field *f)
{
    walk w = open_field(f);
    int64_t n;
    if (walk_int(&w, &n) < 0)
        return -1;
    return n >= 0 ? 0 : err_set("expected 0 or more");
}

/* Checks that block i has the same width in all records of the segment. first: this is the first record
 * with blocks and defines the widths. */
static int check_width(check *c, uint32_t i, size_t width, bool first)
{
    if (mem_grow(&c->D, &c->D_cap, i + 1, sizeof *c->D) < 0)
        return -1;
    if (first)
        c->D[i] = width;
    return c->D[i] == width ? 0
                            : err_set("the width (D) is %zu, but %zu in an earlier record", width, c->D[i]);
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
