/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing evidence: a scored stream, with and without a model. Passages are within their notes; evidence as
 * lines and as MDACE is JSON that can be read again. The page and the attention on a terminal are written. */
#include "fuzz.h"

#include "common/model.h"
#include "eval/evidence.h"
#include "eval/highlight.h"
#include "eval/page.h"
#include "io/utf8check.h"
#include "text/gold_spans.h"

#include <string.h>

static model_stage stage;

static void check_evidence(const evidence *e)
{
    for (size_t i = 0; i < e->n_codes; i++) {
        const explained *c = &e->codes[i];
        CHECK(c->code && c->first + c->n <= e->n_passages);
        for (size_t k = 0; k < c->n; k++) {
            const passage *p = &e->passages[c->first + k];
            size_t bad;
            CHECK(p->note < e->n_notes && p->begin <= p->peak && p->peak < p->peak_end &&
                  p->peak_end <= p->end);
            const evidence_note *note = &e->notes[p->note];
            CHECK(p->begin_byte <= p->end_byte && p->end_byte <= note->text_size);
            CHECK(utf8_check((const unsigned char *)note->text + p->begin_byte, p->end_byte - p->begin_byte,
                             &bad));
            CHECK(p->first_word <= p->word && p->word < p->end_word);
        }
    }
}

/* The reader of gold spans accepts the JSON or gives a message: notes can lack ids. */
static void check_json(json_t *o)
{
    gold_spans m = {0};
    CHECK(o);
    char *text = ecan_json_text(o);
    CHECK(text);
    json_t *again = ecan_json_parse(text, strlen(text));
    CHECK(again);
    if (gold_spans_read(&m, again, NULL) < 0)
        CHECK_MESSAGE();
    gold_spans_free(&m);
    json_decref(again);
    json_decref(o);
    free(text);
}

static void explain(const char *path, explainer *x)
{
    fuzz_file page = fuzz_file_new("", 0);
    FILE *f = fopen(page.path, "w");
    record r = {0};
    evidence e = {0};
    stream_in *in = stream_open(&path, 1, NULL);
    bool good = in && explainer_header(x, stream_header(in)) == 0; /* otherwise attention is shown only */
    unsigned segment = good ? stream_segment(in) : 0;
    CHECK(f);
    page_begin(f);
    for (int got; in && (got = stream_read(in, &r)) != 0;) {
        if (got < 0 && !stream_recoverable(in))
            break;
        if (got < 0)
            continue;
        if (good && stream_segment(in) != segment)
            good = explainer_header(x, stream_header(in)) == 0;
        segment = stream_segment(in);
        buf text = {0};
        if (highlight_record(&text, &r, r.number % 3, 3, r.number % 2) < 0)
            CHECK_MESSAGE();
        buf_free(&text);
        if (!good || explainer_find(x, 0, &r, &e) < 0) {
            CHECK_MESSAGE();
            continue;
        }
        check_evidence(&e);
        check_json(evidence_json(&e));
        check_json(evidence_mdace(&e, "ICD-10"));
        page_encounter(f, &e, r.number);
    }
    page_end(f);
    CHECK(fclose(f) == 0);
    evidence_free(&e);
    record_free(&r);
    stream_close(in);
    fuzz_file_close(&page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_begin();
    if (!stage.m)
        CHECK(model_stage_open(&stage, fuzz_model(), 1) == 0);
    const explainer_options how = {.by = (evidence_by)(n % 3),
                                   .top = (int)(n / 3 % 3),
                                   .ngram = (int)(n / 8 % 4),
                                   .codes = n / 4 % 2 ? "J45" : NULL,
                                   .gold = true};
    fuzz_file in = fuzz_file_new(data, n);
    model_stage *const stages[] = {NULL, &stage};
    for (int i = 0; i < 2; i++) {
        explainer *x = explainer_new(stages[i], &how);
        CHECK(x);
        explain(in.path, x);
        explainer_free(x);
    }
    fuzz_file_close(&in);
    return 0;
}
