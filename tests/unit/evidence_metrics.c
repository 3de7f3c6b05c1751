/* SPDX-License-Identifier: Apache-2.0 */
/* Each metric of a few pairs, computed by hand; both units; invalid lines. */
#include "eval/evidence_metrics.h"

#include "base/err.h"
#include "tap.h"
#include "text/gold_spans.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static json_t *json(const char *text)
{
    json_t *v = ecan_json_parse(text, strlen(text));
    ok(v != NULL, "JSON");
    return v;
}

/* "aa bb cc dd ee ff", a word at 0, 3, 6, 9, 12, 15; and a second note "gg" that is tokenized first, after a
 * marker. */
static void words_of(record *r)
{
    static const int32_t spans[8][3] = {{1, 0, 0}, {1, 0, 2},  {0, 0, 2},   {0, 3, 5},
                                        {0, 6, 8}, {0, 9, 11}, {0, 12, 14}, {0, 15, 17}};
    pack p = {0};
    pack_key(&p, "id");
    pack_str(&p, "e1");
    pack_key(&p, "documents");
    pack_array(&p, 2);
    for (int i = 0; i < 2; i++) {
        pack_map(&p, 2);
        pack_str(&p, "id");
        i ? pack_int(&p, 7) : pack_str(&p, "n");
        pack_str(&p, "text");
        pack_str(&p, i ? "gg" : "aa bb cc dd ee ff");
    }
    pack_key(&p, "spans");
    pack_i4(&p, spans[0], 2, (const size_t[]){8, 3});
    ok(!record_from_fields(r, &p), "record");
    pack_free(&p);
}

static const record *give(void *context, const char *id)
{
    ok(strcmp(id, "e1") == 0, "the words of e1");
    return context;
}

static bool near(double a, double b)
{
    return (isnan(a) && isnan(b)) || fabs(a - b) < 1e-12;
}

static void is(const evidence_metrics *a, evidence_metrics_scope s, evidence_metrics_mean m,
               const double want[8])
{
    evidence_metrics_results f;
    double got[8];
    evidence_metrics_of(a, s, m, &f);
    memcpy(got, &f, sizeof got);
    for (int i = 0; i < 8; i++)
        ok(near(got[i], want[i]), "%s %s %d: %g is %g", evidence_metrics_scope_names[s],
           evidence_metrics_mean_names[m], i, got[i], want[i]);
}

static const char gold[] =
    "{\"id\": \"e1\", \"notes\": [{\"note_id\": \"n\", \"annotations\": ["
    "{\"begin\": 0, \"end\": 5, \"code\": \"A\", \"code_system\": \"X\"}, " /* aa bb */
    "{\"begin\": 10, \"end\": 13, \"code\": \"A\"}, "                       /* dd ee, in part */
    "{\"begin\": 5, \"end\": 6, \"code\": \"A\"}, "                         /* a blank: no word */
    "{\"begin\": 4, \"end\": 4, \"code\": \"A\"}, "                         /* empty, within bb */
    "{\"begin\": 15, \"end\": 17, \"code\": \"B\"}, "                       /* ff */
    "{\"begin\": 15, \"end\": 17, \"code\": \"C\", \"code_system\": \"Y\"}]}, "
    "{\"note_id\": 7, \"annotations\": [{\"begin\": 0, \"end\": 2, \"code\": \"D\"}]}]}"; /* gg */
static const char evidence[] = "{\"id\": \"e1\", \"codes\": [{\"code\": \"A\", \"predicted\": true, "
                               "\"evidence\": [{\"document\": \"n\", \"begin\": 3, \"end\": 8}, " /* bb cc */
                               "{\"document\": \"n\", \"begin\": 9, \"end\": 14}]}, "             /* dd ee */
                               "{\"code\": \"D\", \"predicted\": false, \"evidence\": [{\"document\": 7, "
                               "\"begin\": 0, \"end\": 2}]}, {\"code\": \"E\", \"predicted\": true, "
                               "\"evidence\": [{\"document\": \"n\", \"begin\": 0, \"end\": 2}]}, {\"code\": "
                               "\"F\", \"predicted\": false, \"evidence\": []}]}";

static evidence_metrics *compared(evidence_metrics_unit unit)
{
    record r = {0};
    evidence_metrics *a = evidence_metrics_new(unit);
    json_t *g = json(gold), *e = json(evidence);
    words_of(&r);
    ok(!evidence_metrics_gold(a, g, "X"), "gold");
    ok(evidence_metrics_gold(a, g, "X") == -1 && strstr(err_message(), "duplicate"), "twice: %s",
       err_message());
    ok(!evidence_metrics_add(a, e, give, &r), "evidence");
    json_decref(g);
    json_decref(e);
    record_free(&r);
    return a;
}

/* A: P = {bb cc dd ee}, G = {aa bb dd ee}. B: nothing against {ff}. C: of another system. D: the same, not
 * predicted. E: predicted, no gold. F: asked for, no gold: not counted anywhere. */
static void words(void)
{
    evidence_metrics *a = compared(EVIDENCE_METRICS_WORDS);
    evidence_metrics_totals t;
    evidence_metrics_counts c;
    evidence_metrics_totals_of(a, &t);
    ok(t.encounters == 1 && t.without_gold == 0 && t.spans_unseen == 2, "two spans hold no word");
    evidence_metrics_sum(a, EVIDENCE_METRICS_GOLD, &c);
    ok(c.n_compared == 3 && c.shown == 5 && c.gold_spans == 6 && c.both == 4 && c.spans == 4 &&
           c.passages == 3,
       "A, B, D");
    is(a, EVIDENCE_METRICS_GOLD, EVIDENCE_METRICS_MICRO,
       (double[]){4. / 5, 4. / 6, 8. / 11, 4. / 7, 1, 3. / 4, 2. / 3, 2. / 4});
    is(a, EVIDENCE_METRICS_GOLD, EVIDENCE_METRICS_MEAN,
       (double[]){1.75 / 3, 1.75 / 3, 1.75 / 3, 1.6 / 3, 2. / 3, 2. / 3, 1.5 / 3, 1.5 / 3});
    is(a, EVIDENCE_METRICS_GOLD, EVIDENCE_METRICS_MACRO,
       (double[]){1.75 / 3, 1.75 / 3, 1.75 / 3, 1.6 / 3, 2. / 3, 2. / 3, 1.5 / 3, 1.5 / 3});
    is(a, EVIDENCE_METRICS_EXPLAINED, EVIDENCE_METRICS_MICRO,
       (double[]){4. / 5, 4. / 5, 8. / 10, 4. / 6, 1, 1, 2. / 3, 2. / 3});
    is(a, EVIDENCE_METRICS_PREDICTED, EVIDENCE_METRICS_MICRO,
       (double[]){3. / 4, 3. / 4, 3. / 4, 3. / 5, 1, 1, 1. / 2, 1. / 2});
    is(a, EVIDENCE_METRICS_ALL, EVIDENCE_METRICS_MICRO,
       (double[]){4. / 6, 4. / 6, 8. / 12, 4. / 8, 3. / 4, 3. / 4, 2. / 4, 2. / 4});
    is(a, EVIDENCE_METRICS_ALL, EVIDENCE_METRICS_MEAN,
       (double[]){1.75 / 4, 1.75 / 4, 1.75 / 4, 1.6 / 4, .5, .5, 1.5 / 4, 1.5 / 4});
    evidence_metrics_free(a);
}

/* A: P = 3..8 and 9..14, G = 0..6 (two spans) and 10..13. */
static void characters(void)
{
    evidence_metrics *a = compared(EVIDENCE_METRICS_CHARACTERS);
    is(a, EVIDENCE_METRICS_PREDICTED, EVIDENCE_METRICS_MICRO,
       (double[]){6. / 10, 6. / 9, 12. / 19, 6. / 13, 1, 1, 0, 0});
    evidence_metrics_free(a);
}

static void nothing(void)
{
    evidence_metrics *a = evidence_metrics_new(EVIDENCE_METRICS_CHARACTERS);
    json_t *e = json(evidence);
    evidence_metrics_totals t;
    ok(!evidence_metrics_add(a, e, NULL, NULL), "an encounter without gold");
    evidence_metrics_totals_of(a, &t);
    ok(t.encounters == 0 && t.without_gold == 1, "is counted apart");
    is(a, EVIDENCE_METRICS_ALL, EVIDENCE_METRICS_MICRO, (double[]){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN});
    is(a, EVIDENCE_METRICS_ALL, EVIDENCE_METRICS_MEAN, (double[]){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN});
    json_decref(e);
    evidence_metrics_free(a);
}

static void refused(const char *text, const char *why)
{
    gold_spans m = {0};
    json_t *v = json(text);
    ok(gold_spans_read(&m, v, NULL) == -1 && strstr(err_message(), why), "%s: %s", text, err_message());
    json_decref(v);
    gold_spans_free(&m);
}

static void bad_lines(void)
{
    refused("[]", "object");
    refused("{\"notes\": []}", "id");
    refused("{\"id\": \"\", \"notes\": []}", "id");
    refused("{\"id\": 1.5, \"notes\": []}", "id");
    refused("{\"id\": 1}", "expected an array notes or codes");
    refused("{\"id\": 1, \"notes\": [3]}", "note_id");
    refused("{\"id\": 1, \"notes\": [{\"note_id\": 1}]}", "annotations");
    refused("{\"id\": 1, \"notes\": [{\"note_id\": 1, \"annotations\": [{\"begin\": 0, \"end\": 1}]}]}",
            "code");
    refused("{\"id\": 1, \"notes\": [{\"note_id\": 1, \"annotations\": [{\"code\": \"\", \"begin\": 0, "
            "\"end\": 1}]}]}",
            "code");
    refused("{\"id\": 1, \"notes\": [{\"note_id\": 1, \"annotations\": [{\"code\": \"A\\tB\", \"begin\": 0, "
            "\"end\": 1}]}]}",
            "tab");
    refused("{\"id\": 1, \"notes\": [{\"note_id\": 1, \"annotations\": [{\"code\": \"A\", \"begin\": -1, "
            "\"end\": 1}]}]}",
            "begin");
    refused("{\"id\": 1, \"notes\": [{\"note_id\": 1, \"annotations\": [{\"code\": \"A\", \"begin\": 2, "
            "\"end\": 1}]}]}",
            "ends");
    refused("{\"id\": 1, \"notes\": [{\"note_id\": 1, \"annotations\": [{\"code\": \"A\", \"begin\": 1, "
            "\"end\": 4294967297}]}]}",
            "end");
    refused("{\"id\": 1, \"codes\": [{\"code\": \"A\"}]}", "evidence");
    refused("{\"id\": 1, \"codes\": [{\"code\": \"A\", \"evidence\": [{\"begin\": 0, \"end\": 1}]}]}",
            "document");
}

/* Decisions of the page: spans of accepted codes only, and of these those that a coder selected. */
static void decisions(void)
{
    gold_spans m = {0};
    size_t n;
    json_t *v = json("{\"id\": \"e\", \"codes\": [{\"code\": \"A\", \"decision\": \"accepted\", "
                     "\"evidence\": [{\"document\": \"n\", \"begin\": 1, \"end\": 2, \"by\": "
                     "\"model\"},{\"document\": \"n\", \"begin\": 3, \"end\": 4, \"by\": "
                     "\"coder\"}]},{\"code\": \"B\", \"decision\": \"accepted\", \"evidence\": "
                     "[{\"document\": \"n\", \"begin\": 5, \"end\": 6, \"by\": \"model\"}]},{\"code\": "
                     "\"C\", \"decision\": \"rejected\", \"evidence\": [{\"document\": \"n\", \"begin\": 7, "
                     "\"end\": 8, \"by\": \"model\"}]},{\"code\": \"D\", \"decision\": null, \"evidence\": "
                     "[{\"document\": \"n\", \"begin\": 9, \"end\": 10, \"by\": \"model\"}]}]}");
    ok(!gold_spans_read(&m, v, NULL) && m.n == 2, "two spans");
    const gold_spans_span *a = gold_spans_of(&m, map_find(m.codes, "A", 1), &n);
    ok(n == 1 && a->begin == 3 && a->end == 4, "what the coder selected");
    const gold_spans_span *b = gold_spans_of(&m, map_find(m.codes, "B", 1), &n);
    ok(n == 1 && b->begin == 5, "what the model shows, if the coder selected nothing");
    json_decref(v);
    gold_spans_free(&m);
    refused("{\"id\": 1, \"codes\": [{\"code\": \"A\", \"decision\": \"rejected\", \"evidence\": ["
            "{\"document\": \"n\", \"begin\": 3, \"end\": 2}]}]}",
            "ends");
}

int main(void)
{
    words();
    characters();
    nothing();
    bad_lines();
    decisions();
    return tap_done();
}
