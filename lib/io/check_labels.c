/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of the header of a segment, with its codes and thresholds, and of the predicted codes of records. */
#include "base/err.h"
#include "base/mem.h"
#include "io/check_private.h"

#include <string.h>

/* ---- predicted ---- */

/* Reads one {"code", "score"} of predicted. */
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
    return seen == 3 ? 0 : err_set("expected the keys code and score");
}

/* Checks that the code is one of the labels and was not predicted before, and that its score equals the
 * one in scores. */
static int check_code(check *c, const char *code, size_t n, double score)
{
    int32_t j = c->codes ? map_find(c->codes, code, n) : UNKNOWN;
    if (!c->codes)
        return 0;
    if (j < 0)
        return err_set("the code is not among the header's labels");
    if (c->seen[j] == c->r->number)
        return err_set("duplicate code");
    c->seen[j] = c->r->number;
    if ((size_t)j < c->scores.count && check_float_at(&c->scores, j) != (float)score)
        return err_set("the score differs from the one in scores");
    return 0;
}

int check_predicted(check *c, const field *f)
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
            result = err_set("expected a score from 0 to 1");
        if (result == 0 && score > last)
            result = err_set("the score is higher than the previous one: expected descending order");
        if (result < 0 || check_code(c, code, length, score) < 0)
            return err_prefix("prediction %u: ", (unsigned)i + 1);
        last = score;
    }
    return 0;
}

/* ---- headers ---- */

/* Checks one {"program", "version"[, "model"]} of history. */
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
        if (program || version || model ? check_text(w, &s, &length) < 0 : walk_skip(w) != 1)
            return -1;
    }
    return seen == 3 ? 0 : err_set("expected the keys program and version");
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

/* Reads the header's codes into c->codes. They must be distinct. */
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
        int32_t added = check_text(&w, &s, &length) < 0 ? -1 : map_add(c->codes, s, length);
        if (added < 0)
            return err_prefix("label %u: ", (unsigned)j + 1);
        if (added != (int32_t)j)
            return err_set("label %u: duplicate label", (unsigned)j + 1);
    }
    c->sizes[SIZE_L] = n;
    return 0;
}

static int check_threshold(const field *f)
{
    walk w = open_field(f);
    double threshold;
    if (walk_double(&w, &threshold) < 0)
        return -1;
    return threshold >= 0 && threshold <= 1 ? 0 : err_set("expected a threshold from 0 to 1");
}

/* Checks that there is one threshold for each label. */
static int check_thresholds(check *c, const field *f)
{
    walk w = open_field(f);
    tensor t;
    return check_tensor(c, &w, 'f', "L", &t) < 0 ? -1 : check_probabilities(&t);
}

/* Checks the thresholds of a scored stream, above which labels were predicted. */
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

/* Checks the whole header. */
static int check_whole(check *c, const record *header)
{
    const bool scored = c->kind && strcmp(c->kind->name, "scored") == 0;
    if (check_values(header) < 0)
        return -1;
    if (!c->kind) {
        err_set("expected tokens, embedded, encoded, attended or scored");
        return record_error(header, "kind");
    }
    if (check_history(header) < 0)
        return record_error(header, "history");
    const field *f = record_find(header, "labels");
    if (!f && scored)
        err_set("missing");
    else if (!f || read_codes(c, f) == 0)
        return scored ? check_cuts(c, header) : 0;
    return record_error(header, "labels");
}

/* Reads the number of labels. */
static int count_labels(check *c, const record *header)
{
    const field *f = record_find(header, "labels");
    uint32_t n;
    if (!f)
        return 0;
    walk w = open_field(f);
    if (walk_array(&w, &n) < 0)
        return record_error(header, "labels");
    c->sizes[SIZE_L] = n;
    return 0;
}

int check_header(check *c, const record *header)
{
    walk w = open_field(record_find(header, "kind"));
    const char *kind;
    size_t n;
    c->header = header;
    for (int i = 0; i < SIZES; i++)
        c->sizes[i] = UNKNOWN;
    map_free(c->codes);
    c->codes = NULL;
    c->kind = walk_str(&w, &kind, &n) < 0 ? NULL : record_kind_named(kind, n);
    return c->every_value ? check_whole(c, header) : count_labels(c, header);
}
