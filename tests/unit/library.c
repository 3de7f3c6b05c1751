/* SPDX-License-Identifier: Apache-2.0 */
/* The public library by its header; lib's own calls only make the models. Installed, it is tested by
 * tests/library. */
#include "ecan.h"

#include "base/err.h"
#include "io/file.h"
#include "model/model.h"
#include "tap.h"
#include "text/text_settings.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* {"tokenizer": the settings that have these options} */
static json_t *make_about(const notes_options *notes)
{
    pack p = {0};
    tokenizer *t = tokenizer_new(&(tokenize_options){.language = LANGUAGE_FR});
    notes_rules *rules = notes_rules_new(notes);
    json_t *about = json_object();
    text_settings_pack(&p, t, rules);
    ecan_json_set(about, "tokenizer", ecan_json_from_msgpack(p.body.data, p.body.len));
    pack_free(&p);
    notes_rules_free(rules);
    tokenizer_free(t);
    return about;
}

static int model_words = 3500; /* max_words */

/* A model of labels a, b and c with 4 words, in a new folder. about is taken. linear can be NULL. */
static void write_linear_model(char *folder, json_t *about, float bias, float weight,
                               const linear_branch *linear)
{
    config c = config_default();
    params p = {0};
    vocab *words = vocab_new();
    labels *l = labels_new();
    c.embedding_size = 3;
    c.max_words = model_words;
    c.blocks = 2;
    c.channels[0] = c.channels[1] = c.label_size = 4;
    c.kernels[0] = c.kernels[1] = 3;
    vocab_add(words, "un", 2);
    vocab_add(words, "deux", 4);
    labels_add(l, "a", 1, "an \xc3\xa9tat");
    labels_add(l, "b", 1, NULL);
    labels_add(l, "c", 1, "third");
    ok(mkdtemp(folder) && !config_check(&c) && !params_init(&p, &c, 4, 3), "model made");
    params_start(&p, 1);
    for (size_t i = 3; i < 12; i++)
        p.embed[i] = (float)i - 7;
    for (int i = 0; i < 3; i++)
        p.b[i] = bias * (float)(i + 1);
    p.W[0] = weight;
    ok(!model_write(folder,
                    &(model_parts){.p = &p, .words = words, .labels = l, .linear = linear, .about = about}),
       "model written");
    params_free(&p);
    vocab_free(words);
    labels_free(l);
    json_decref(about);
}

static void write_model(char *folder, json_t *about, float bias, float weight)
{
    write_linear_model(folder, about, bias, weight, NULL);
}

static bool says(const char *what)
{
    return strstr(ecan_error_message(), what) != NULL;
}

static ecan_status give(ecan_predictor *p, const char *json)
{
    return ecan_predict_json(p, json, strlen(json));
}

/* ---- errors ---- */

static ecan_status option(ecan_model *m, ecan_options o)
{
    ecan_predictor *p = (ecan_predictor *)&o;
    const ecan_status status = ecan_predictor_new(m, &o, &p);
    ok(!status == (p != NULL), "a predictor or an error: %s", status ? ecan_error_message() : "none");
    ecan_predictor_free(p);
    return status;
}

static void errors_of_models(const char *folder)
{
    ecan_model *m;
    ok(ecan_model_open("/no/such/folder", &m) == ECAN_ERROR_IO && !m && says("/no/such/folder"), "no folder");
    ok(ecan_model_open("/tmp", &m) == ECAN_ERROR_IO && says("config.json"), "not a model: %s",
       ecan_error_message());
    ok(ecan_model_open(NULL, &m) == ECAN_ERROR_INPUT && ecan_model_open("x", NULL) == ECAN_ERROR_INPUT,
       "NULL");

    char without[] = "/tmp/ecan-library-XXXXXX", later[] = "/tmp/ecan-library-XXXXXX";
    write_model(without, json_object(), 1, 0);
    ok(ecan_model_open(without, &m) == ECAN_ERROR_MODEL && says("tokenizer"), "%s", ecan_error_message());
    json_t *about = make_about(&(notes_options){0});
    ecan_json_set(json_object_get(about, "tokenizer"), "phonetic", json_true());
    write_model(later, about, 1, 0);
    ok(ecan_model_open(later, &m) == ECAN_ERROR_MODEL && says("phonetic"), "%s", ecan_error_message());
    char *path = file_join(without, "labels.tsv");
    FILE *f = fopen(path, "w");
    fputs("a\nb\n", f);
    fclose(f);
    ok(ecan_model_open(without, &m) == ECAN_ERROR_MODEL, "labels of another model: %s", ecan_error_message());
    free(path);
    folder_remove(without, model_files);
    folder_remove(later, model_files);

    ok(!ecan_model_open(folder, &m), "opens");
    ok(option(m, (ecan_options){0}) == ECAN_ERROR_INPUT && says("size"), "no size");
    ok(option(m, (ecan_options){.size = sizeof(ecan_options), .threads = -1}) == ECAN_ERROR_INPUT, "threads");
    ok(option(m, (ecan_options){.size = sizeof(ecan_options), .by = 7}) == ECAN_ERROR_INPUT, "by");
    ok(option(m, (ecan_options){.size = sizeof(ecan_options), .above = 2}) == ECAN_ERROR_INPUT, "above");
    ok(option(m, (ecan_options){.size = sizeof(ecan_options), .codes = "a,x"}) == ECAN_ERROR_INPUT &&
           says("x"),
       "a code that the model does not have");
    ok(option(m, (ecan_options){.size = sizeof(size_t) + sizeof(int), .threads = 2, .by = 7}) == ECAN_OK,
       "options of an earlier version: the others are not read");
    struct {
        ecan_options o;
        int more;
    } more = {.o = {.size = sizeof more}};
    ecan_predictor *p = NULL;
    ok(ecan_predictor_new(m, &more.o, &p) == ECAN_OK, "options of a later version, not used");
    ecan_predictor_free(p);
    more.more = 1;
    ok(ecan_predictor_new(m, &more.o, &p) == ECAN_ERROR_INPUT && says("version"), "and used");
    ecan_model_close(m);
}

static void bad_encounter(ecan_predictor *p, const char *json, const char *why)
{
    const char *text;
    ok(give(p, json) == ECAN_ERROR_INPUT && says(why) && !says("secret"), "refused: %s",
       ecan_error_message());
    ok(ecan_predictor_codes(p) == 0 && !ecan_predictor_code(p, 0) && !ecan_predictor_passage(p, 0, 0) &&
           !ecan_predictor_scores(p) && ecan_predictor_json(p, &text) == ECAN_ERROR_INPUT && !text,
       "and there is no result");
}

static void errors_of_encounters(const char *folder)
{
    ecan_model *m;
    ecan_predictor *p = NULL;
    const char *bad[] = {"un", "\xff"};
    ok(!ecan_model_open(folder, &m) && !ecan_predictor_new(m, NULL, &p), "opens");
    bad_encounter(p, "", "byte 1");
    bad_encounter(p, "{\"id\": 1, \"text\": \"secret", "byte 26: ends");
    bad_encounter(p, "{\"text\": \"secret\"}", "missing key id");
    bad_encounter(p, "{\"id\": \"1\", \"text\": \"secret\", \"scores\": 1}", "key scores");
    ok(ecan_predict_texts(p, NULL, 2, bad, NULL, NULL, NULL) == ECAN_ERROR_INPUT &&
           says("document 2: key text:"),
       "%s", ecan_error_message());
    ok(ecan_predict_texts(p, "", 1, bad, NULL, NULL, NULL) == ECAN_ERROR_INPUT && says("id"), "an empty id");
    ok(ecan_predict_texts(p, "e", 2, (const char *[]){"un", "un"}, (const char *[]){"x", "x"}, NULL, NULL) ==
               ECAN_ERROR_INPUT &&
           says("id"),
       "two notes of an id");
    ok(ecan_predict_texts(p, "e", 1, NULL, NULL, NULL, NULL) == ECAN_ERROR_INPUT &&
           ecan_predict_json(NULL, "", 0) == ECAN_ERROR_INPUT &&
           ecan_predict_json(p, NULL, 0) == ECAN_ERROR_INPUT,
       "NULL");
    ok(!give(p, "{\"id\": 1, \"text\": \"un\"}") && ecan_predictor_scores(p), "and then a good one");
    ecan_predictor_free(p);
    ecan_model_close(m);

    char nan[] = "/tmp/ecan-library-XXXXXX";
    write_model(nan, make_about(&(notes_options){0}), 1, NAN);
    ok(!ecan_model_open(nan, &m) && !ecan_predictor_new(m, NULL, &p), "opens");
    ok(give(p, "{\"id\": 1, \"text\": \"un\"}") == ECAN_ERROR_MODEL && says("not a number"), "%s",
       ecan_error_message());
    ecan_predictor_free(p);
    ecan_model_close(m);
    folder_remove(nan, model_files);
}

/* ---- results ---- */

static void results(const char *folder)
{
    ecan_model *m;
    ecan_predictor *p = NULL;
    const ecan_options o = {
        .size = sizeof o, .threads = 3, .passages = 9, .words = 1, .threshold = .5f, .codes = "b"};
    const char *json;
    ok(!ecan_model_open(folder, &m) && !ecan_predictor_new(m, &o, &p), "opens");
    ok(ecan_model_codes(m) == 3 && !strcmp(ecan_model_code(m, 2), "c") && !ecan_model_code(m, 3) &&
           !strcmp(ecan_model_description(m, 0), "an \xc3\xa9tat") && !*ecan_model_description(m, 1),
       "codes of the model");
    ecan_model_close(m); /* the predictor keeps it */

    ok(ecan_predictor_codes(p) == 0 && !ecan_predictor_scores(p), "no result yet");
    ok(!ecan_predict_texts(p, "e", 2, (const char *[]){"\xf0\x9f\xa9\xba un", "deux \"\n\x01"}, NULL,
                           (const char *[]){NULL, "letter"}, (const char *[]){"2024", NULL}),
       "texts");
    const float *scores = ecan_predictor_scores(p);
    const size_t n = ecan_predictor_codes(p);
    bool asked = false;
    ok(n >= 1, "%zu codes", n);
    for (size_t i = 0; i < n; i++) {
        const ecan_code *c = ecan_predictor_code(p, i);
        ok(c->score == scores[c->index] && (c->score > .5f) == (c->predicted != 0) && c->passages == 2,
           "code %s: %f", c->code, (double)c->score);
        asked |= !strcmp(c->code, "b");
        for (size_t k = 0; k < c->passages; k++) {
            const ecan_passage *e = ecan_predictor_passage(p, i, k);
            ok(e->note == 0
                   ? e->begin == 2 && e->end == 4 && e->text_size == 2 && !memcmp(e->text, "un", 2)
                   : e->begin == 0 && e->end == 4 && e->text_size == 4 && !memcmp(e->text, "deux", 4),
               "code points, and the text");
            ok(e->peak_begin == e->begin && e->peak_end == e->end && e->weight > 0 && e->weight <= 1, "peak");
        }
        ok(!ecan_predictor_passage(p, i, c->passages), "no more");
    }
    ok(asked && !ecan_predictor_code(p, n), "the code asked for is one of them");
    ok(!ecan_predictor_json(p, &json) && !strncmp(json, "{\"id\": \"e\"", 10), "as JSON");

    char first[4000];
    snprintf(first, sizeof first, "%s", json);
    ok(!give(p, "{\"id\": \"e\", \"documents\": [{\"id\": \"1\", \"text\": \"\xf0\x9f\xa9\xba un\"}, "
                "{\"id\": \"2\", \"text\": \"deux\"}]}") &&
           !ecan_predictor_json(p, &json) && !strcmp(first, json),
       "the same as JSON");
    ok(!ecan_predict_texts(p, NULL, 0, NULL, NULL, NULL, NULL) && ecan_predictor_scores(p),
       "no notes at all");
    ecan_predictor_free(p);
}

/* ---- rules for notes are the model's ---- */

static void rules(void)
{
    char folder[] = "/tmp/ecan-library-XXXXXX";
    ecan_model *m;
    ecan_predictor *p = NULL;
    const notes_options all = {.order = "date,-type",
                               .types = "letter,a\\,b",
                               .drop_duplicates = true,
                               .mark_types = true,
                               .copied = 4,
                               .max_words = 5,
                               .cut = CUT_HEAD_TAIL};
    model_words = 3;
    write_model(folder, make_about(&all), 9, 0);
    model_words = 3500;
    ok(!ecan_model_open(folder, &m), "every rule is read back: %s", ecan_error_message());
    ok(!ecan_predictor_new(m, NULL, &p) &&
           !ecan_predict_texts(p, NULL, 2, (const char *[]){"un", "deux"}, NULL,
                               (const char *[]){"other", "Letter"}, NULL),
       "predicts");
    const ecan_passage *e = ecan_predictor_passage(p, 0, 0);
    ok(e && e->note == 1, "the note of the other type is not read");
    ok(ecan_predictor_notes_cut(p) == 1 && ecan_predictor_words_cut(p) == 0, "and counted");
    const char *json,
        *long_text = "un deux trois quatre cinq six sept huit neuf dix"; /* and a word for its type */
    ok(!ecan_predict_texts(p, NULL, 1, &long_text, NULL, (const char *[]){"letter"}, NULL) &&
           ecan_predictor_words_cut(p) == 6 + 2 && ecan_predictor_notes_cut(p) == 0,
       "words that the tokenizer cuts, and those beyond max_words: %zu", ecan_predictor_words_cut(p));
    ok(!ecan_predictor_json(p, &json) && strstr(json, "\"words_cut\": 8,") && !strstr(json, "notes_cut"),
       "as JSON");
    ok(give(p, "{}") && ecan_predictor_words_cut(p) == 0, "0 after an error");
    ecan_predictor_free(p);
    ecan_model_close(m);
    folder_remove(folder, model_files);
}

/* ---- terms ---- */

static void terms(void)
{
    char folder[] = "/tmp/ecan-library-XXXXXX", path[64];
    ecan_model *m;
    ecan_predictor *p = NULL;
    const ecan_options o = {.size = sizeof o, .passages = 2, .words = 1, .codes = "a"};
    const char *json;
    write_model(folder, make_about(&(notes_options){0}), 1, 0);
    snprintf(path, sizeof path, "%s/terms.tsv", folder);
    FILE *f = fopen(path, "w");
    ok(f && fputs("deux trois\ta\t9\n", f) >= 0 && !fclose(f), "a term");
    ok(!ecan_model_open(folder, &m) && !ecan_predictor_new(m, &o, &p) &&
           !ecan_predict_texts(p, NULL, 1, (const char *[]){"un deux trois"}, NULL, NULL, NULL),
       "predicts");
    const ecan_passage *e = NULL, *next = NULL;
    for (size_t i = 0; i < ecan_predictor_codes(p); i++)
        if (!strcmp(ecan_predictor_code(p, i)->code, "a")) {
            e = ecan_predictor_passage(p, i, 0);
            next = ecan_predictor_passage(p, i, 1);
        }
    ok(e && e->from_term == 1 && e->block == -1 && e->begin == 3 && e->end == 13 && e->peak_begin == 3 &&
           e->peak_end == 13 && e->weight > .99f,
       "the term");
    ok(next && next->from_term == 0 && next->block >= 0 && next->begin == 0 && next->end == 2, "a word");
    ok(!ecan_predictor_json(p, &json) && strstr(json, "\"source\": \"term\""), "as JSON");
    ecan_predictor_free(p);
    ecan_model_close(m);
    folder_remove(folder, model_files);
}

/* ---- the linear branch ---- */

static void get_scores(float scores[3], const char *folder)
{
    ecan_model *m;
    ecan_predictor *p = NULL;
    ok(!ecan_model_open(folder, &m) && !ecan_predictor_new(m, NULL, &p) &&
           !ecan_predict_texts(p, NULL, 1, (const char *[]){"un DEUX, trois"}, NULL, NULL, NULL),
       "predicts");
    memcpy(scores, ecan_predictor_scores(p), 3 * sizeof *scores);
    ecan_predictor_free(p);
    ecan_model_close(m);
}

static double logit(float p)
{
    return log((double)p) - log1p(-(double)p);
}

static void linear(void)
{
    char with[] = "/tmp/ecan-library-XXXXXX", without[] = "/tmp/ecan-library-XXXXXX";
    const uint64_t key = linear_branch_key(linear_branch_hash("deux", 4), 0);
    const linear_branch b = {.features = 1,
                             .rank = 3,
                             .labels = 3,
                             .keys = &key,
                             .idf = (const float[]){1},
                             .scale = (const float[]){0.25f},
                             .A = (const int8_t[]){4, 0, -6}};
    float a[3], c[3];
    write_linear_model(with, make_about(&(notes_options){0}), 0.5f, 0, &b);
    write_model(without, make_about(&(notes_options){0}), 0.5f, 0);
    get_scores(a, with);
    get_scores(c, without);
    ok(fabs(logit(a[0]) - logit(c[0]) - sqrt(0.5)) < 1e-4 && fabs(logit(a[1]) - logit(c[1])) < 1e-4 &&
           fabs(logit(a[2]) - logit(c[2]) + 1.5 * sqrt(0.5)) < 1e-4,
       "logits of the linear branch are added: 1, 0 and -1.5 times the weight 1 / sqrt 2 of words");
    folder_remove(with, model_files);
    folder_remove(without, model_files);
}

/* ---- threads ---- */

enum { MANY = 300 };

typedef struct job {
    ecan_model *m;
    int threads;
    float scores[MANY][3];
    bool failed;
} job;

static void *work(void *context)
{
    job *j = context;
    const ecan_options o = {.size = sizeof o, .threads = j->threads};
    ecan_predictor *p = NULL;
    j->failed = ecan_predictor_new(j->m, &o, &p) != ECAN_OK;
    for (int i = 0; !j->failed && i < MANY; i++) {
        char text[200];
        int n = snprintf(text, sizeof text, "{\"id\": %d, \"text\": \"", i);
        for (int k = 0; k < i % 20; k++)
            n += snprintf(text + n, sizeof text - (size_t)n, "%s ", (i * 7 + k * k) % 3 ? "un" : "deux");
        snprintf(text + n, sizeof text - (size_t)n, "\"}");
        j->failed = give(p, text) != ECAN_OK || give(p, "[") != ECAN_ERROR_INPUT || !says("object") ||
                    give(p, text) != ECAN_OK;
        if (!j->failed)
            memcpy(j->scores[i], ecan_predictor_scores(p), sizeof j->scores[i]);
    }
    ecan_predictor_free(p);
    return NULL;
}

static void threads(const char *folder)
{
    static job jobs[3];
    pthread_t running[2];
    ecan_model *m;
    ok(!ecan_model_open(folder, &m), "opens");
    for (int i = 0; i < 3; i++)
        jobs[i] = (job){.m = m, .threads = i + 1};
    ok(!pthread_create(&running[0], NULL, work, &jobs[0]) &&
           !pthread_create(&running[1], NULL, work, &jobs[1]),
       "threads start");
    work(&jobs[2]);
    pthread_join(running[0], NULL);
    pthread_join(running[1], NULL);
    ok(!jobs[0].failed && !jobs[1].failed && !jobs[2].failed, "three predictors of a model at a time");
    ok(!memcmp(jobs[0].scores, jobs[1].scores, sizeof jobs[0].scores) &&
           !memcmp(jobs[0].scores, jobs[2].scores, sizeof jobs[0].scores),
       "%d encounters: the scores do not depend on threads", MANY);
    ecan_model_close(m);
}

int main(void)
{
    char folder[] = "/tmp/ecan-library-XXXXXX";
    ok(!strcmp(ecan_version(), ECAN_VERSION) && !*ecan_error_message(), "version, and no error yet");
    write_model(folder, make_about(&(notes_options){0}), 1, 0);
    errors_of_models(folder);
    errors_of_encounters(folder);
    results(folder);
    rules();
    terms();
    linear();
    threads(folder);
    folder_remove(folder, model_files);
    ecan_model_close(NULL);
    ecan_predictor_free(NULL);
    return tap_done();
}
