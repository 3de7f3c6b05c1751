/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing the stages of a model with records of any kind: match, embed, encode, attend, score, predict. What
 * a stage makes of a record that passes the checks, passes them too. embed, encode, attend and score, one
 * after another, give the scores of predict. */
#include "fuzz.h"

#include "common/model.h"
#include "io/check.h"
#include "io/kinds.h"
#include "predict/model_stage.h"

#include <string.h>

typedef int stage_fn(void *context, int worker, const record *in, pack *out);

static model_stage stage;

static void open_stage(void)
{
    matcher *terms = matcher_new(NULL, (term_form){0}, 3, false);
    int words;
    CHECK(terms && matcher_add(terms, "toux", 1, 1.5f, &words) == 1 &&
          matcher_add(terms, "fièvre toux", 2, -1, &words) == 1 && matcher_finish(terms) == 0);
    CHECK(model_stage_open(&stage, fuzz_model(), 1) == 0 && model_stage_use_terms(&stage, terms) == 0);
    stage.weights = true;
}

/* One record written as a stream of the kind and read again, with all checks. out is filled. */
static void check_written(const char *kind, const record *in, const pack *fields, record *out)
{
    fuzz_file copy = fuzz_file_new("", 0);
    const char *path = copy.path;
    pack header = {0};
    if (strcmp(kind, "scored") == 0)
        CHECK(model_stage_header(&stage, &header) == 0);
    stream_out *s = stream_create(path, false);
    CHECK(s && stream_begin(s, kind, "fuzz", NULL, NULL, &header) == 0);
    CHECK(stream_write(s, in, NULL, fields) == 0 && stream_end(s) == 0);
    stream_in *again = stream_open(&path, 1, &(stream_options){.unchecked = true});
    check *c = check_new(false);
    CHECK(again && c && check_header(c, stream_header(again)) == 0);
    CHECK(stream_read(again, out) == 1 && check_record(c, out) == 0);
    check_free(c);
    stream_close(again);
    out->file = NULL;
    pack_free(&header);
    fuzz_file_close(&copy);
}

/* 1: the record after the stage is in out. 0: it was rejected. */
static int apply(stage_fn *fn, const char *kind, const record *in, record *out)
{
    pack fields = {0};
    const int accepted = fn(&stage, 0, in, &fields) == 0;
    if (accepted)
        check_written(kind, in, &fields, out);
    else
        CHECK_MESSAGE();
    pack_free(&fields);
    return accepted;
}

static void check_same_scores(const record *a, const record *b)
{
    tensor one, two;
    CHECK(record_tensor(a, "scores", 'f', 1, &one) == 0 && record_tensor(b, "scores", 'f', 1, &two) == 0);
    CHECK(one.count == two.count && memcmp(one.data, two.data, 4 * one.count) == 0);
}

/* tokens: the four stages, and predict. */
static void run_tokens(const record *r)
{
    record step[4], predicted = {0}, matched = {0};
    memset(step, 0, sizeof step);
    const int predicts = apply(model_stage_predict, "scored", r, &predicted);
    const bool all = apply(model_stage_embed, "embedded", r, &step[0]) &&
                     apply(model_stage_encode, "encoded", &step[0], &step[1]) &&
                     apply(model_stage_attend, "attended", &step[1], &step[2]) &&
                     apply(model_stage_score, "scored", &step[2], &step[3]);
    if (predicts && all)
        check_same_scores(&predicted, &step[3]);
    (void)apply(model_stage_match, "tokens", r, &matched);
    for (int i = 0; i < 4; i++)
        record_free(&step[i]);
    record_free(&predicted);
    record_free(&matched);
}

/* Keys of later kinds are not checked (formats/stream.md), but passed on: then the checks of the result can
 * fail. */
static bool has_later_keys(const char *kind, const record *r)
{
    for (const record_key *k = record_keys; k->name; k++)
        if (!record_key_is_of(k, record_kind_named(kind, strlen(kind))) && record_find(r, k->name))
            return true;
    return false;
}

static void run_record(const char *kind, const record *r)
{
    if (!record_kind_named(kind, strlen(kind)) || has_later_keys(kind, r))
        return;
    record out = {0};
    if (strcmp(kind, "tokens") == 0)
        run_tokens(r);
    else if (strcmp(kind, "embedded") == 0)
        (void)apply(model_stage_encode, "encoded", r, &out);
    else if (strcmp(kind, "encoded") == 0)
        (void)apply(model_stage_attend, "attended", r, &out);
    else if (strcmp(kind, "attended") == 0)
        (void)apply(model_stage_score, "scored", r, &out);
    record_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_begin();
    if (!stage.m)
        open_stage();
    fuzz_file file = fuzz_file_new(data, n);
    const char *path = file.path;
    record r = {0};
    stream_in *in = stream_open(&path, 1, NULL);
    if (!in)
        CHECK_MESSAGE();
    else
        (void)model_stage_check(&stage, stream_header(in));
    for (int got; in && (got = stream_read(in, &r)) != 0;) {
        if (got < 0 && !stream_recoverable(in))
            break;
        if (got > 0)
            run_record(stream_kind(in), &r);
    }
    stream_close(in);
    record_free(&r);
    fuzz_file_close(&file);
    return 0;
}
