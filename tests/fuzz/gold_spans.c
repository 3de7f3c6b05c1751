/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing spans that coders marked (MDACE) and evidence. Parts: lines of gold spans, lines of evidence, a
 * stream with the words; without it characters are compared. Spans that are accepted are sorted and within
 * the codes and notes of the line; metrics of evidence are within 0 and 1. */
#include "fuzz.h"

#include "eval/evidence_metrics.h"
#include "io/stream.h"
#include "text/gold_spans.h"
#include "text/lines.h"

#include <math.h>
#include <string.h>

static void check_spans(const gold_spans *m)
{
    size_t found = 0;
    CHECK(m->id);
    for (size_t i = 0; i < m->n; i++) {
        const gold_spans_span *s = &m->spans[i];
        CHECK(s->code >= 0 && s->code < map_size(m->codes) && s->note >= 0 && s->note < map_size(m->notes));
        CHECK(s->begin >= 0 && s->begin <= s->end && (i == 0 || s->code >= s[-1].code));
    }
    for (int32_t code = 0; code < map_size(m->codes); code++) {
        size_t n;
        (void)gold_spans_of(m, code, &n);
        found += n;
    }
    CHECK(found == m->n);
}

static bool undefined_or_share(double x)
{
    return isnan(x) || (x >= 0 && x <= 1);
}

static void check_metrics(const evidence_metrics *a)
{
    for (int scope = 0; scope < EVIDENCE_METRICS_SCOPES; scope++) {
        evidence_metrics_counts c;
        evidence_metrics_sum(a, (evidence_metrics_scope)scope, &c);
        CHECK(c.both <= c.shown && c.both <= c.gold_spans && c.exact <= c.passages && c.exact <= c.spans);
        CHECK(c.passages_touched <= c.passages && c.spans_touched <= c.spans);
        for (int mean = 0; mean < EVIDENCE_METRICS_MEANS; mean++) {
            evidence_metrics_results x;
            evidence_metrics_of(a, (evidence_metrics_scope)scope, (evidence_metrics_mean)mean, &x);
            CHECK(undefined_or_share(x.precision) && undefined_or_share(x.recall) &&
                  undefined_or_share(x.f1) && undefined_or_share(x.iou) &&
                  undefined_or_share(x.exact_precision));
        }
    }
    json_t *o = evidence_metrics_json(a);
    CHECK(o);
    json_decref(o);
    fuzz_file out = fuzz_file_new("", 0);
    FILE *f = fopen(out.path, "w");
    evidence_metrics_table(f, a);
    evidence_metrics_lines(f, a);
    CHECK(fclose(f) == 0);
    fuzz_file_close(&out);
}

/* The record with that id. context: the path of the stream. */
static const record *words_of(void *context, const char *id)
{
    static record r;
    const char *path = context;
    stream_in *in = stream_open(&path, 1, NULL);
    int got = in ? 1 : -1;
    while (got > 0 && (got = stream_read(in, &r)) > 0 && strcmp(r.id, id) != 0)
        ;
    if (got == 0)
        err_set("no words of the encounter");
    stream_close(in);
    r.file = NULL;
    return got > 0 ? &r : NULL;
}

static void read_lines(evidence_metrics *a, const fuzz_part *part, bool gold, char *words)
{
    fuzz_file in = fuzz_file_new(part->data, part->n);
    gold_spans m = {0};
    lines l;
    CHECK(lines_open(&l, in.path, 0) == 0);
    while (lines_next(&l) > 0) {
        json_t *o = ecan_json_parse_line(l.text, l.n);
        const char *system = l.number % 2 ? NULL : "ICD-10";
        if (!o)
            continue;
        if (gold_spans_read(&m, o, system) == 0)
            check_spans(&m);
        else
            CHECK_MESSAGE();
        if (gold ? evidence_metrics_gold(a, o, system)
                 : evidence_metrics_add(a, o, words ? words_of : NULL, words))
            CHECK_MESSAGE();
        json_decref(o);
    }
    gold_spans_free(&m);
    lines_close(&l);
    fuzz_file_close(&in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_part part[3];
    fuzz_begin();
    const bool words = fuzz_parts(data, n, part, 3) == 3;
    fuzz_file stream = fuzz_file_new(part[2].data, part[2].n);
    evidence_metrics *a = evidence_metrics_new(words ? EVIDENCE_METRICS_WORDS : EVIDENCE_METRICS_CHARACTERS);
    CHECK(a);
    read_lines(a, &part[0], true, NULL);
    read_lines(a, &part[1], false, words ? stream.path : NULL);
    check_metrics(a);
    evidence_metrics_free(a);
    fuzz_file_close(&stream);
    return 0;
}
