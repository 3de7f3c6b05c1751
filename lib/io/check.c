/* The rules of formats/, one function a key. */
#include "io/check.h"

#include "base/err.h"
#include "base/idset.h"
#include "base/map.h"
#include "io/utf8check.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define UNKNOWN (-1)

struct check {
    idset ids;
    const record *header; /* of the segment; borrowed */
    map *codes;           /* the header's labels; NULL where it has none */
    uint64_t *seen;       /* [L]: number of the record that predicted the label last */
    size_t seen_cap;

    /* What the records of a segment have in common; UNKNOWN until one has it. */
    int64_t E, L, S, n_blocks;
    size_t *D; /* [n_blocks] */
    size_t D_cap;

    /* Of the record at hand. */
    const record *r;
    int64_t T, T_kept; /* tokens; those within max_words */
    int64_t n_documents;
    size_t *length; /* [n_documents], in code points */
    bool *read;     /* [n_documents]: whether a span of it was seen */
    size_t length_cap, read_cap;
    tensor scores; /* count 0: none */
};

check *check_new(void)
{
    return mem_array(1, sizeof(check));
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

static walk open_field(const field *f)
{
    return (walk){f->value, f->value + f->size};
}

/* A string that is not empty. */
static int text(walk *w, const char **s, size_t *n)
{
    if (walk_str(w, s, n) < 0)
        return -1;
    return *n > 0 ? 0 : err_set("an empty string");
}

/* An array of strings that are not empty; *n counts them. */
static int texts(const field *f, uint32_t *n)
{
    walk w = open_field(f);
    const char *s;
    size_t length;
    if (walk_array(&w, n) < 0)
        return -1;
    for (uint32_t i = 0; i < *n; i++)
        if (text(&w, &s, &length) < 0)
            return err_prefix("string %u: ", (unsigned)i + 1);
    return 0;
}

static int read_tensor(walk *w, char type, int ndim, tensor *t)
{
    if (tensor_read(w, t) < 0)
        return -1;
    if (t->type != type || t->ndim != ndim)
        return err_set("expected %c4 of %d dimensions, found %c4 of %d", type, ndim, t->type, t->ndim);
    return 0;
}

static int field_tensor(const field *f, char type, int ndim, tensor *t)
{
    walk w = open_field(f);
    return read_tensor(&w, type, ndim, t);
}

static int32_t int_at(const tensor *t, size_t i)
{
    int32_t n;
    memcpy(&n, t->data + 4 * i, 4);
    return n;
}

static float float_at(const tensor *t, size_t i)
{
    float f;
    memcpy(&f, t->data + 4 * i, 4);
    return f;
}

/* A size that other keys or records have too. */
static int agree(int64_t *known, size_t n, const char *name)
{
    if (*known == UNKNOWN && n <= INT64_MAX)
        *known = (int64_t)n;
    return *known == (int64_t)n ? 0 : err_set("%s is %zu here, and %" PRId64 " elsewhere", name, n, *known);
}

static int probabilities(const tensor *t)
{
    for (size_t i = 0; i < t->count; i++) {
        float p = float_at(t, i);
        if (!(p >= 0 && p <= 1))
            return err_set("number %zu is not within 0 and 1", i + 1);
    }
    return 0;
}

/* ---- any value ---- */

static int all_finite(const tensor *t)
{
    for (size_t i = 0; t->type == 'f' && i < t->count; i++)
        if (!isfinite(float_at(t, i)))
            return err_set("number %zu of a tensor is NaN or infinite", i + 1);
    return 0;
}

/* Moves past one value: strings are UTF-8, numbers of tensors are finite. */
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

/* ---- keys of a record ---- */

static int check_labels(check *c, const field *f)
{
    uint32_t n;
    (void)c;
    return texts(f, &n);
}

/* The code points of a document's text, from the map at w. */
static int document_length(walk *w, size_t *length)
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
        if (walk_str(w, &s, &n) < 0)
            return err_prefix("text: ");
        found = true;
        *length = 0;
        for (size_t k = 0; k < n; k++)
            *length += ((unsigned char)s[k] & 0xc0) != 0x80;
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
            document_length(&w, &c->length[i]) < 0)
            return err_prefix("document %u: ", (unsigned)i + 1);
    c->n_documents = n;
    return 0;
}

static int check_tokens(check *c, const field *f)
{
    uint32_t n;
    if (texts(f, &n) < 0)
        return -1;
    c->T = n;
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
        return err_set("not a document, a start and an end behind it");
    if (c->n_documents != UNKNOWN && span[0] >= c->n_documents)
        return err_set("document %d of %" PRId64, span[0], c->n_documents);
    if (c->n_documents != UNKNOWN && (size_t)span[2] > c->length[span[0]])
        return err_set("it ends at %d, in a text of %zu code points", span[2], c->length[span[0]]);
    if (!before || span[0] != before[0])
        return begin_document(c, span[0]);
    return span[1] < before[1] || span[2] < before[2] ? err_set("before the span before it") : 0;
}

static int check_spans(check *c, const field *f)
{
    tensor t;
    if (field_tensor(f, 'i', 2, &t) < 0)
        return -1;
    if (t.shape[1] != 3)
        return err_set("rows of %zu, not of 3", t.shape[1]);
    if (agree(&c->T, t.shape[0], "T") < 0)
        return -1;
    if (c->n_documents > 0)
        memset(c->read, 0, (size_t)c->n_documents * sizeof *c->read);
    int32_t before[3], span[3];
    for (size_t i = 0; i < t.shape[0]; i++) {
        for (size_t k = 0; k < 3; k++)
            span[k] = int_at(&t, 3 * i + k);
        if (check_span(c, span, i > 0 ? before : NULL) < 0)
            return err_prefix("span %zu: ", i + 1);
        memcpy(before, span, sizeof before);
    }
    return 0;
}

/* Words that do not stand right behind the word before them. */
static int check_gaps(check *c, const field *f)
{
    tensor t;
    if (field_tensor(f, 'i', 1, &t) < 0)
        return -1;
    for (size_t i = 0; i < t.count; i++) {
        int32_t word = int_at(&t, i), before = i > 0 ? int_at(&t, i - 1) : 0;
        if (word <= before)
            return err_set("number %zu is not above the one before it, or 0", i + 1);
        if (c->T != UNKNOWN && word >= c->T)
            return err_set("number %zu: word %d of %" PRId64, i + 1, word, c->T);
    }
    return 0;
}

static int check_words_cut(check *c, const field *f)
{
    walk w = open_field(f);
    int64_t n;
    (void)c;
    if (walk_int(&w, &n) < 0)
        return -1;
    return n >= 0 ? 0 : err_set("below 0");
}

static int check_ids(check *c, const field *f)
{
    tensor t;
    if (field_tensor(f, 'i', 1, &t) < 0)
        return -1;
    if (c->T != UNKNOWN && t.count > (size_t)c->T)
        return err_set("%zu ids for %" PRId64 " tokens", t.count, c->T);
    for (size_t i = 0; i < t.count; i++)
        if (int_at(&t, i) < 0)
            return err_set("number %zu is negative", i + 1);
    return agree(&c->T_kept, t.count, "T");
}

static int check_X(check *c, const field *f)
{
    tensor t;
    if (field_tensor(f, 'f', 2, &t) < 0)
        return -1;
    return agree(&c->T_kept, t.shape[0], "T") < 0 ? -1 : agree(&c->E, t.shape[1], "E");
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

static int check_H(check *c, const field *f)
{
    walk w = open_field(f);
    uint32_t n;
    tensor t;
    bool first = c->n_blocks == UNKNOWN;
    if (walk_array(&w, &n) < 0)
        return -1;
    if (n == 0)
        return err_set("no blocks");
    if (!first && agree(&c->n_blocks, n, "the number of blocks") < 0)
        return -1;
    for (uint32_t i = 0; i < n; i++)
        if (read_tensor(&w, 'f', 2, &t) < 0 || agree(&c->T_kept, t.shape[0], "T") < 0 ||
            check_width(c, i, t.shape[1], first) < 0)
            return err_prefix("block %u: ", (unsigned)i + 1);
    c->n_blocks = n;
    return 0;
}

static int check_V(check *c, const field *f)
{
    tensor t;
    if (field_tensor(f, 'f', 2, &t) < 0)
        return -1;
    return agree(&c->L, t.shape[0], "L") < 0 ? -1 : agree(&c->S, t.shape[1], "S");
}

/* A block and a word for each label; -1 and -1 where there was no word to look at. */
static int check_peaks(check *c, const field *f)
{
    tensor t;
    if (field_tensor(f, 'i', 2, &t) < 0)
        return -1;
    if (t.shape[1] != 2)
        return err_set("rows of %zu, not of 2", t.shape[1]);
    if (agree(&c->L, t.shape[0], "L") < 0)
        return -1;
    for (size_t j = 0; j < t.shape[0]; j++) {
        int32_t block = int_at(&t, 2 * j), word = int_at(&t, 2 * j + 1);
        bool none = block == -1 && word == -1;
        if (none ? c->T_kept > 0 : block < 0 || word < 0)
            return err_set("label %zu: block %d, word %d", j + 1, block, word);
        if (c->T_kept != UNKNOWN && word >= c->T_kept)
            return err_set("label %zu: word %d of %" PRId64, j + 1, word, c->T_kept);
        if (c->n_blocks != UNKNOWN && block >= c->n_blocks)
            return err_set("label %zu: block %d of %" PRId64, j + 1, block, c->n_blocks);
    }
    return 0;
}

static int check_peak_weights(check *c, const field *f)
{
    tensor t;
    if (field_tensor(f, 'f', 1, &t) < 0 || agree(&c->L, t.count, "L") < 0)
        return -1;
    return probabilities(&t);
}

static int check_A(check *c, const field *f)
{
    walk w = open_field(f);
    uint32_t n;
    tensor t;
    if (walk_array(&w, &n) < 0)
        return -1;
    for (uint32_t i = 0; i < n; i++)
        if (read_tensor(&w, 'f', 2, &t) < 0 || agree(&c->L, t.shape[0], "L") < 0 ||
            agree(&c->T_kept, t.shape[1], "T") < 0 || probabilities(&t) < 0)
            return err_prefix("attention %u: ", (unsigned)i + 1);
    return 0;
}

static int check_scores(check *c, const field *f)
{
    tensor t;
    if (field_tensor(f, 'f', 1, &t) < 0 || agree(&c->L, t.count, "L") < 0 || probabilities(&t) < 0)
        return -1;
    c->scores = t;
    return 0;
}

/* One {"code", "score"} of predicted. */
static int read_prediction(walk *w, const char **code, size_t *n, double *score)
{
    uint32_t n_members;
    unsigned seen = 0;
    if (walk_map(w, &n_members) < 0)
        return -1;
    for (uint32_t i = 0; i < n_members; i++) {
        const char *key;
        size_t length;
        if (walk_str(w, &key, &length) < 0)
            return -1;
        unsigned which = length == 4 && memcmp(key, "code", 4) == 0    ? 1
                         : length == 5 && memcmp(key, "score", 5) == 0 ? 2
                                                                       : 0;
        if (which & seen)
            return err_set("duplicate key");
        seen |= which;
        int result = which == 1   ? walk_str(w, code, n)
                     : which == 2 ? walk_double(w, score)
                                  : walk_skip(w) - 1;
        if (result < 0)
            return -1;
    }
    return seen == 3 ? 0 : err_set("without code or score");
}

/* The code is one of the labels, was not predicted before, and its score is the one in scores. */
static int check_code(check *c, const char *code, size_t n, double score)
{
    int32_t j = c->codes ? map_find(c->codes, code, n) : UNKNOWN;
    if (!c->codes)
        return 0;
    if (j < 0)
        return err_set("a code that is not among the header's labels");
    if (c->seen[j] == c->r->number)
        return err_set("a code for the second time");
    c->seen[j] = c->r->number;
    if ((size_t)j < c->scores.count && float_at(&c->scores, (size_t)j) != (float)score)
        return err_set("another score than in scores");
    return 0;
}

static int check_predicted(check *c, const field *f)
{
    walk w = open_field(f);
    uint32_t n;
    double last = 1;
    if (walk_array(&w, &n) < 0)
        return -1;
    for (uint32_t i = 0; i < n; i++) {
        const char *code;
        size_t length;
        double score;
        int result = read_prediction(&w, &code, &length, &score);
        if (result == 0 && !(score >= 0 && score <= 1))
            result = err_set("a score that is not within 0 and 1");
        if (result == 0 && score > last)
            result = err_set("not in order, the best first");
        if (result < 0 || check_code(c, code, length, score) < 0)
            return err_prefix("prediction %u: ", (unsigned)i + 1);
        last = score;
    }
    return 0;
}

/* In an order in which those come first that say how long the others are. */
static const struct {
    const char *key;
    int (*check)(check *, const field *);
} keys[] = {{"labels", check_labels},
            {"documents", check_documents},
            {"tokens", check_tokens},
            {"spans", check_spans},
            {"gaps", check_gaps},
            {"words_cut", check_words_cut},
            {"ids", check_ids},
            {"X", check_X},
            {"H", check_H},
            {"V", check_V},
            {"peaks", check_peaks},
            {"A", check_A},
            {"peak_weights", check_peak_weights},
            {"scores", check_scores},
            {"predicted", check_predicted}};

/* What the records of a kind cannot be without. */
static const struct {
    const char *kind, *keys[4];
} kinds[] = {{"tokens", {"tokens"}},
             {"embedded", {"ids", "X"}},
             {"encoded", {"ids", "H"}},
             {"attended", {"V", "peaks", "peak_weights"}},
             {"scored", {"scores", "predicted"}}};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The row of kinds for a header, whose kind is a string; -1 for a kind that is not known. */
static int kind_of(const record *header)
{
    walk w = open_field(record_find(header, "kind"));
    const char *s;
    size_t n;
    if (walk_str(&w, &s, &n) < 0)
        return -1;
    for (size_t k = 0; k < COUNT(kinds); k++)
        if (strlen(kinds[k].kind) == n && memcmp(kinds[k].kind, s, n) == 0)
            return (int)k;
    return err_set("none of tokens, embedded, encoded, attended, scored");
}

static int all_values(const record *r)
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

static int required_keys(const check *c, const record *r)
{
    int k = kind_of(c->header);
    for (int i = 0; k >= 0 && kinds[k].keys[i]; i++)
        if (!record_find(r, kinds[k].keys[i])) {
            err_set("missing");
            return record_error(r, kinds[k].keys[i]);
        }
    return 0;
}

static int known_keys(check *c, const record *r)
{
    for (size_t i = 0; i < COUNT(keys); i++) {
        const field *f = record_find(r, keys[i].key);
        if (f && keys[i].check(c, f) < 0)
            return record_error(r, keys[i].key);
    }
    return 0;
}

int check_record(check *c, const record *r)
{
    c->r = r;
    c->T = c->T_kept = c->n_documents = UNKNOWN;
    c->scores.count = 0;
    if (!*r->id) {
        err_set("an empty string");
        return record_error(r, "id");
    }
    int new = idset_add(&c->ids, r->id, strlen(r->id));
    if (new < 0)
        return -1;
    if (new == 0) {
        err_set("a record before has the same id");
        return record_error(r, "id");
    }
    return all_values(r) < 0 || required_keys(c, r) < 0 ? -1 : known_keys(c, r);
}

/* ---- headers ---- */

/* One {"program", "version"[, "model"]}. */
static int check_entry(walk *w)
{
    uint32_t n_members;
    unsigned seen = 0;
    if (walk_map(w, &n_members) < 0)
        return -1;
    for (uint32_t i = 0; i < n_members; i++) {
        const char *key, *s;
        size_t n, length;
        if (walk_str(w, &key, &n) < 0)
            return -1;
        bool program = n == 7 && memcmp(key, "program", 7) == 0,
             version = n == 7 && memcmp(key, "version", 7) == 0;
        bool model = n == 5 && memcmp(key, "model", 5) == 0;
        seen |= (unsigned)program | (unsigned)version << 1;
        if (program || version || model ? text(w, &s, &length) < 0 : walk_skip(w) != 1)
            return -1;
    }
    return seen == 3 ? 0 : err_set("without program or version");
}

static int check_history(const record *header)
{
    const field *f = record_find(header, "history");
    if (!f)
        return err_set("missing");
    walk w = open_field(f);
    uint32_t n;
    if (walk_array(&w, &n) < 0)
        return -1;
    for (uint32_t i = 0; i < n; i++)
        if (check_entry(&w) < 0)
            return err_prefix("entry %u: ", (unsigned)i + 1);
    return 0;
}

/* The header's codes go into c->codes; they are distinct. */
static int read_codes(check *c, const field *f)
{
    walk w = open_field(f);
    uint32_t n;
    if (walk_array(&w, &n) < 0)
        return -1;
    c->codes = map_new();
    if (!c->codes || mem_grow(&c->seen, &c->seen_cap, n, sizeof *c->seen) < 0)
        return -1;
    if (c->seen)
        memset(c->seen, 0, c->seen_cap * sizeof *c->seen);
    for (uint32_t j = 0; j < n; j++) {
        const char *s;
        size_t length;
        int32_t added = text(&w, &s, &length) < 0 ? -1 : map_add(c->codes, s, length);
        if (added < 0)
            return err_prefix("label %u: ", (unsigned)j + 1);
        if (added != (int32_t)j)
            return err_set("duplicate label, number %u", (unsigned)j + 1);
    }
    c->L = n;
    return 0;
}

static int check_threshold(const field *f)
{
    walk w = open_field(f);
    double threshold;
    if (walk_double(&w, &threshold) < 0)
        return -1;
    return threshold >= 0 && threshold <= 1 ? 0 : err_set("not within 0 and 1");
}

/* One a label. */
static int check_thresholds(check *c, const field *f)
{
    tensor t;
    return field_tensor(f, 'f', 1, &t) < 0 || agree(&c->L, t.count, "L") < 0 || probabilities(&t) < 0 ? -1
                                                                                                      : 0;
}

/* Above which score the labels of a scored stream were predicted. */
static int check_cuts(check *c, const record *header)
{
    const field *f = record_find(header, "threshold");
    if (f && check_threshold(f) < 0)
        return record_error(header, "threshold");
    f = record_find(header, "thresholds");
    if (f && check_thresholds(c, f) < 0)
        return record_error(header, "thresholds");
    return 0;
}

int check_header(check *c, const record *header)
{
    c->header = header;
    c->E = c->L = c->S = c->n_blocks = UNKNOWN;
    map_free(c->codes);
    c->codes = NULL;
    if (all_values(header) < 0)
        return -1;
    int kind = kind_of(header);
    if (kind < 0)
        return record_error(header, "kind");
    if (check_history(header) < 0)
        return record_error(header, "history");
    const field *f = record_find(header, "labels");
    if (!f && strcmp(kinds[kind].kind, "scored") == 0)
        err_set("missing");
    else if (!f || read_codes(c, f) == 0)
        return strcmp(kinds[kind].kind, "scored") == 0 ? check_cuts(c, header) : 0;
    return record_error(header, "labels");
}
