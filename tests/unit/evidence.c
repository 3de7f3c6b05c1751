/* SPDX-License-Identifier: Apache-2.0 */
/* Passages: which words, which bytes, where a note ends; which words are the heaviest, what overlaps; the
 * model's kernels and attention; what is refused; text stays text. */
#include "eval/evidence.h"

#include "base/err.h"
#include "base/mem.h"
#include "eval/page.h"
#include "eval/passage.h"
#include "io/file.h"
#include "model/model.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Two notes of words. Accents and an astral character: code points, bytes and UTF-16 units all differ. */
static const char *const texts[2] = {"\xc3\xa9t\xc3\xa9 \xf0\x9f\xa9\xba un deux.", "trois <b>quatre"};
static const int32_t spans[6][3] = {{0, 0, 3}, {0, 6, 8}, {0, 9, 13}, {1, 0, 5}, {1, 7, 8}, {1, 9, 15}};

typedef struct fixture {
    int32_t peaks[2][2];
    int32_t spans[6][3];
    size_t words, ids; /* rows of spans, of ids; SIZE_MAX: no ids */
    const char *predicted;
    bool documents;
    int32_t matches[2][3];
    float match_weights[2];
    int32_t match_marks[2]; /* both 0: the record has no match_marks */
    size_t n_matches;       /* 0: the record has none */
} fixture;

static const fixture whole = {
    .peaks = {{0, 1}, {1, 3}}, .words = 6, .ids = 6, .predicted = "ab", .documents = true};

static void parse(record *r, const pack *p)
{
    ok(!record_from_fields(r, p), "record made");
}

static void header(record *r, const char *codes)
{
    pack p = {0};
    pack_key(&p, "labels");
    pack_array(&p, strlen(codes));
    for (const char *c = codes; *c; c++)
        pack_str_n(&p, c, 1);
    parse(r, &p);
    pack_free(&p);
}

static void pack_documents(pack *p)
{
    pack_key(p, "documents");
    pack_array(p, 2);
    for (int i = 0; i < 2; i++) {
        pack_map(p, 3);
        pack_str(p, "id");
        i ? pack_int(p, 7) : pack_str(p, "n<1>");
        pack_str(p, "type");
        pack_str(p, "\"discharge\"");
        pack_str(p, "text");
        pack_str(p, texts[i]);
    }
}

static void make(record *r, const fixture *f)
{
    static const float weights[2] = {.5f, .25f}, scores[2] = {.75f, .625f};
    static const int32_t ids[6] = {0};
    pack p = {0};
    pack_key(&p, "id");
    pack_str(&p, "e&1");
    if (f->documents)
        pack_documents(&p);
    pack_key(&p, "spans");
    pack_i4(&p, f->spans[0], 2, (size_t[]){f->words, 3});
    if (f->ids != SIZE_MAX) {
        pack_key(&p, "ids");
        pack_i4(&p, ids, 1, &f->ids);
    }
    pack_key(&p, "peaks");
    pack_i4(&p, f->peaks[0], 2, (size_t[]){2, 2});
    pack_key(&p, "peak_weights");
    pack_f4(&p, weights, 1, (size_t[]){2});
    pack_key(&p, "scores");
    pack_f4(&p, scores, 1, (size_t[]){2});
    pack_key(&p, "predicted");
    pack_array(&p, strlen(f->predicted));
    for (const char *c = f->predicted; *c; c++) {
        pack_map(&p, 2);
        pack_str(&p, "score");
        pack_float(&p, 0.5f);
        pack_str(&p, "code");
        pack_str_n(&p, c, 1);
    }
    if (f->n_matches) {
        pack_key(&p, "matches");
        pack_i4(&p, f->matches[0], 2, (size_t[]){f->n_matches, 3});
        pack_key(&p, "match_weights");
        pack_f4(&p, f->match_weights, 1, &f->n_matches);
        if (f->match_marks[0] | f->match_marks[1]) {
            pack_key(&p, "match_marks");
            pack_i4(&p, f->match_marks, 1, &f->n_matches);
        }
    }
    parse(r, &p);
    pack_free(&p);
}

static explainer *without_model(int ngram, const char *codes)
{
    return explainer_new(NULL, &(explainer_options){.ngram = ngram, .codes = codes});
}

static fixture with(size_t t, int block)
{
    fixture f = whole;
    memcpy(f.spans, spans, sizeof spans);
    f.peaks[0][0] = block;
    f.peaks[0][1] = (int32_t)t;
    return f;
}

/* The text of the first code's passage equals want. */
static void passage_is(explainer *x, const fixture *f, const char *want)
{
    record r = {0};
    evidence e = {0};
    make(&r, f);
    int status = explainer_find(x, 0, &r, &e);
    ok(!status && e.n_codes >= 1 && e.codes[0].n == 1, "peak at word %d: %s", (int)f->peaks[0][1],
       status ? err_message() : "found");
    if (!status && e.n_passages) {
        const passage *p = &e.passages[0];
        const char *text = e.notes[p->note].text + p->begin_byte;
        size_t n = p->end_byte - p->begin_byte;
        ok(n == strlen(want) && !memcmp(text, want, n), "'%.*s' is '%s'", (int)n, text, want);
        const int32_t *word = spans[f->peaks[0][1]];
        ok(p->peak == (size_t)word[1] && p->peak_end == (size_t)word[2] && p->begin <= p->peak &&
               p->peak_end <= p->end,
           "the peak's own place");
    }
    evidence_free(&e);
    record_free(&r);
}

static void windows(void)
{
    record r = {0};
    explainer *x = without_model(3, NULL);
    header(&r, "ab");
    ok(!explainer_header(x, &r), "header");
    fixture f = with(1, 0);
    passage_is(x, &f, "\xc3\xa9t\xc3\xa9 \xf0\x9f\xa9\xba un deux");
    f = with(2, 0);
    passage_is(x, &f, "un deux");
    f = with(3, 5);
    passage_is(x, &f, "trois <b");
    f = with(2, 0);
    f.ids = 2; /* the model read two words only */
    f.peaks[0][1] = f.peaks[1][1] = 1;
    passage_is(x, &f, "\xc3\xa9t\xc3\xa9 \xf0\x9f\xa9\xba un");
    explainer_free(x);
    x = without_model(1, NULL);
    explainer_header(x, &r);
    f = with(5, 0);
    passage_is(x, &f, "quatre");
    explainer_free(x);
    x = without_model(2000001, NULL);
    explainer_header(x, &r);
    f = with(4, 0);
    passage_is(x, &f, "trois <b>quatre");
    explainer_free(x);
    record_free(&r);
}

/* A model with labels a and b, in a new folder. */
static void write_model(char *folder)
{
    config c = config_default();
    params p = {0};
    vocab *words = vocab_new();
    labels *l = labels_new();
    json_t *about = json_object();
    c.embedding_size = 3;
    c.blocks = 2;
    c.channels[0] = c.channels[1] = c.label_size = 4;
    c.kernels[0] = 1;
    c.kernels[1] = 4;
    vocab_add(words, "un", 2);
    labels_add(l, "a", 1, "an \xc3\xa9tat");
    labels_add(l, "b", 1, NULL);
    ok(mkdtemp(folder) && !config_check(&c) && !params_init(&p, &c, 3, 2), "model made");
    params_start(&p, 1);
    for (size_t i = 3; i < 9; i++)
        p.embed[i] = (float)i - 5;
    ok(!model_write(folder, &(model_parts){.p = &p, .words = words, .labels = l, .about = about}),
       "model written");
    params_free(&p);
    vocab_free(words);
    labels_free(l);
    json_decref(about);
}

static void with_model(void)
{
    char folder[] = "/tmp/ecan-evidence-XXXXXX";
    record r = {0};
    evidence e = {0};
    model m;
    model_stage stage;
    write_model(folder);
    ok(!model_open(&m, folder, true, NULL) && !model_stage_open(&stage, &m, 1), "model read");
    explainer *x = explainer_new(&stage, &(explainer_options){.ngram = 4});
    header(&r, "ab");
    ok(!explainer_header(x, &r), "the model's labels");
    fixture f = with(0, 1); /* four words wide: one before, two after */
    passage_is(x, &f, "\xc3\xa9t\xc3\xa9 \xf0\x9f\xa9\xba un deux");
    f = with(5, 1);
    passage_is(x, &f, "b>quatre");
    f = with(0, 2);
    make(&r, &f);
    ok(explainer_find(x, 0, &r, &e) == -1, "no such block: %s", err_message());
    header(&r, "ba");
    ok(explainer_header(x, &r) == -1, "labels in another order: %s", err_message());
    explainer_free(x);

    x = explainer_new(&stage, &(explainer_options){.codes = "b,x"});
    header(&r, "ab");
    ok(explainer_header(x, &r) == -1 && strstr(err_message(), "x"), "asked for: %s", err_message());
    explainer_free(x);

    x = explainer_new(&stage, &(explainer_options){.by = EVIDENCE_SUM, .top = 6, .ngram = 1});
    ok(!explainer_header(x, &r), "by sum");
    f = with(0, 0);
    make(&r, &f);
    ok(!explainer_find(x, 0, &r, &e) && e.n_codes == 2 && e.codes[1].n == 6, "every word has a weight");
    float sum = 0;
    bool descending = true;
    for (size_t i = 0; i < e.codes[1].n; i++) {
        sum += e.passages[e.codes[1].first + i].weight;
        descending &=
            i == 0 || e.passages[e.codes[1].first + i - 1].weight >= e.passages[e.codes[1].first + i].weight;
    }
    ok(sum > .9999f && sum < 1.0001f && descending, "weights over all words add up to %f", (double)sum);
    f.ids = SIZE_MAX;
    make(&r, &f);
    ok(explainer_find(x, 0, &r, &e) == -1 && strstr(err_message(), "ids"), "no ids: %s", err_message());
    explainer_free(x);

    model_stage_close(&stage);
    model_close(&m);
    folder_remove(folder, model_files);
    evidence_free(&e);
    record_free(&r);
}

/* ---- the choice of passages, by hand ---- */

/* Two notes "a b c d" and "e f g h", tokenized the second first, with a marker before each: words 0 .. 9. */
static const int32_t two_notes[10][3] = {{1, 0, 0}, {1, 0, 1}, {1, 2, 3}, {1, 4, 5}, {1, 6, 7},
                                         {0, 0, 0}, {0, 0, 1}, {0, 2, 3}, {0, 4, 5}, {0, 6, 7}};

/* Chooses by weights[10] and says "note:begin-end@peak " of each passage; gap: a word after a gap, or 0. */
static void any_choice_is(int32_t gap, const int32_t *term, const float *weights, int top, int ngram,
                          float above, const char *want)
{
    evidence_note notes[2] = {{.text = "a b c d", .text_size = 7}, {.text = "e f g h", .text_size = 7}};
    places p = {0};
    evidence e = {0};
    weighed words[10];
    int32_t heap[10];
    unsigned char seen[10];
    char said[200] = "";
    const int blocks[2] = {0, 1};
    for (int t = 0; t < 10; t++)
        words[t] = (weighed){.weight = weights[t]};
    ok(!places_find(&p, two_notes[0], 10, notes, 2) && !places_gaps(&p, &gap, gap > 0), "places");
    passage found;
    ok(!term || passage_of_words(&p, (size_t)term[0], (size_t)term[1], &found), "the term is in a note");
    const chooser c = {.term = term ? &found : NULL,
                       .places = &p,
                       .words = words,
                       .ngram = ngram,
                       .blocks = blocks,
                       .top = top,
                       .above = above,
                       .heap = heap,
                       .seen = seen};
    const int n = passages_choose(&c, &e);
    for (int i = 0; i < n; i++) {
        const passage *q = &e.passages[i];
        snprintf(said + strlen(said), sizeof said - strlen(said), "%zu:%zu-%zu@%zu ", q->note, q->begin,
                 q->end, q->peak);
        ok(q->begin == q->begin_byte && q->end == q->end_byte && q->peak == q->peak_byte, "bytes");
    }
    ok(!strcmp(said, want), "top %d of %d words: '%s' is '%s'", top, ngram, said, want);
    places_free(&p);
    evidence_free(&e);
}

static void gapped_choice_is(int32_t gap, const float *weights, int top, int ngram, float above,
                             const char *want)
{
    any_choice_is(gap, NULL, weights, top, ngram, above, want);
}

static void choice_is(const float *weights, int top, int ngram, float above, const char *want)
{
    gapped_choice_is(0, weights, top, ngram, above, want);
}

static void gaps(void)
{
    static const float c[10] = {0, 0, 0, 0, 0, 0, .1f, .1f, .7f, .1f};
    gapped_choice_is(7, c, 1, 9, 0, "0:2-7@4 "); /* between a and b */
    gapped_choice_is(8, c, 1, 9, 0, "0:4-7@4 ");
    gapped_choice_is(9, c, 1, 9, 0, "0:0-5@4 ");
    gapped_choice_is(10, c, 1, 9, 0, "0:0-7@4 "); /* after the words that were read */
    gapped_choice_is(8, c, 2, 9, 0, "0:4-7@4 0:0-3@0 ");
    places p = {0};
    ok(places_gaps(&p, &(int32_t){0}, 1) == -1, "no gap before the first word: %s", err_message());
}

static void choices(void)
{
    /*                          marker  e    f    g    h  marker  a    b    c    d */
    static const float one[10] = {.9f, .1f, .2f, .3f, .4f, .8f, .5f, .6f, .7f, .05f};
    choice_is(one, 1, 1, 0, "0:4-5@4 "); /* the markers are heavier */
    choice_is(one, 1, 4, 0, "0:2-7@4 "); /* one before, two after, cut at the end */
    choice_is(one, 2, 3, 0, "0:0-7@4 "); /* c, then a, which c's passage has not; they overlap in b */
    choice_is(one, 3, 3, 0, "0:0-7@4 1:4-7@6 ");
    choice_is(one, 3, 1, 0, "0:4-5@4 0:2-3@2 0:0-1@0 "); /* side by side is not overlapping */
    choice_is(one, 9, 1, .35f, "0:4-5@4 0:2-3@2 0:0-1@0 1:6-7@6 ");
    choice_is(one, 9, 1, .4f, "0:4-5@4 0:2-3@2 0:0-1@0 "); /* above is not at least */
    choice_is(one, 2, 100, 0, "0:0-7@4 1:0-7@6 ");         /* never over the border of a evidence_note */
    static const float even[10] = {.1f, .1f, .1f, .1f, .1f, .1f, .1f, .1f, .1f, .1f};
    choice_is(even, 2, 1, 0, "1:0-1@0 1:2-3@2 "); /* of equals the first */
    static const float none[10] = {.5f, 0, 0, 0, 0, .5f, 0, 0, 0, 0};
    choice_is(none, 3, 3, 0, "");
    /* h and a are adjacent words in two notes. When passages are joined, the larger peak stays. */
    static const float border[10] = {0, 0, 0, .2f, .3f, 0, .3f, .4f, 0, 0};
    choice_is(border, 2, 3, 0, "0:0-5@2 1:4-7@6 ");
    static const float chain[10] = {0, .5f, .1f, .1f, .4f, 0, 0, 0, 0, 0};
    choice_is(chain, 2, 4, 0, "1:0-7@0 ");
}

static void terms(void)
{
    /*                          marker  e    f    g    h  marker  a    b    c    d */
    static const float one[10] = {.9f, .1f, .2f, .3f, .4f, .8f, .5f, .6f, .7f, .05f};
    any_choice_is(0, (int32_t[]){7, 9}, one, 1, 1, 0, "0:2-5@2 ");         /* b c */
    any_choice_is(0, (int32_t[]){7, 9}, one, 2, 1, 0, "0:2-5@2 0:0-1@0 "); /* the heavier b and c are taken */
    any_choice_is(0, (int32_t[]){7, 8}, one, 3, 9, 0, "0:2-3@2 0:4-7@4 0:0-1@0 "); /* on both sides */
    any_choice_is(0, (int32_t[]){0, 3}, one, 2, 9, .65f, "1:0-3@0 0:0-7@4 ");      /* a marker at first */
    any_choice_is(0, (int32_t[]){3, 8}, one, 1, 9, 0, "1:4-7@4 ");                 /* two notes */
    any_choice_is(8, (int32_t[]){6, 10}, one, 1, 9, 0, "0:0-3@0 ");                /* a gap */
    places p = {0};
    evidence_note notes[2] = {{.text = "a b c d", .text_size = 7}, {.text = "e f g h", .text_size = 7}};
    passage found;
    ok(!places_find(&p, two_notes[0], 10, notes, 2) && !passage_of_words(&p, 5, 6, &found), "a marker");
    places_free(&p);
}

/* ---- phrases ---- */

/* A record of one note with that text, whose words are letters, digits and an apostrophe after them if
 * `elisions`. weights: a digit for each word. The passages of one code, best first, are `want`: texts with a
 * bar after each; a repeat has a plus before it. */
static void phrases_are(const char *text, bool elisions, const char *weights, int top, const char *want)
{
    const evidence_note note = {.text = text, .text_size = strlen(text)};
    int32_t at[40][3];
    weighed words[40];
    int32_t heap[40];
    unsigned char seen[40];
    size_t T = 0;
    pack p = {0};
    record r = {0};
    seen_words known = {0};
    places where = {0};
    evidence e = {0};
    const char *s = text;
    pack_key(&p, "tokens");
    pack_array(&p, strlen(weights));
    for (int32_t i = 0; *s;) { /* texts of one byte a character */
        const size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"),
                     size = n + (elisions && n && s[n] == '\'');
        if (n) {
            char form[40];
            snprintf(form, sizeof form, "%.*s", (int)size, s);
            form[0] |= 0x20; /* small letters */
            pack_str(&p, form);
            memcpy(at[T], (int32_t[]){0, i, i + (int32_t)size}, sizeof at[T]);
            words[T] = (weighed){.weight = (float)(weights[T] - '0') / 100};
            T++;
        }
        s += n ? size : 1;
        i += (int32_t)(n ? size : 1);
    }
    parse(&r, &p);
    ok(T == strlen(weights) && !seen_words_read(&known, &r) && !places_find(&where, at[0], T, &note, 1) &&
           !places_phrases(&where, at[0], &note, &known),
       "phrases of '%s' %s", text, err_message());
    const int blocks[1] = {0};
    const chooser c = {
        .places = &where, .words = words, .blocks = blocks, .top = top, .heap = heap, .seen = seen};
    const int n = passages_choose(&c, &e);
    char said[400] = "";
    for (int i = 0; i < n; i++) {
        const passage *q = &e.passages[i];
        snprintf(said + strlen(said), sizeof said - strlen(said), "%s%.*s|", q->repeat ? "+" : "",
                 (int)(q->end - q->begin), text + q->begin);
    }
    ok(!strcmp(said, want), "'%s' is '%s'", said, want);
    pack_free(&p);
    record_free(&r);
    seen_words_free(&known);
    places_free(&where);
    evidence_free(&e);
}

static void phrases(void)
{
    phrases_are("acute renal failure today", false, "1920", 1, "acute renal failure|");
    phrases_are("acute renal, failure", false, "192", 1, "acute renal|"); /* punctuation */
    phrases_are("acute (renal) failure", false, "192", 1, "renal|");
    phrases_are("acute\nRenal failure", false, "192", 1, "Renal failure|"); /* the end of a line */
    phrases_are("acute renal. Failure", false, "192", 1, "acute renal|");
    phrases_are("non-small-cell cancer", false, "1921", 1, "non-small-cell cancer|");
    phrases_are("cough and fever with rash", false, "09909", 1, "fever|"); /* function words */
    phrases_are("tos y fiebre", false, "995", 1, "tos|");
    phrases_are("toux et fievre", false, "995", 1, "toux|");
    phrases_are("hoest en koorts", false, "995", 1, "hoest|");
    phrases_are("het kind met hoest of koorts", false, "000995", 1, "hoest|"); /* Dutch: or */
    phrases_are("the child with cancer of lung", false, "000995", 1, "cancer of lung|");
    phrases_are("dolor de cabeza", false, "905", 1, "dolor de cabeza|"); /* joined */
    phrases_are("dolor de cabeza", false, "900", 1, "dolor|");
    phrases_are("fracture of the left hip", false, "90005", 1, "fracture|"); /* left has no weight */
    phrases_are("fracture of the hip", false, "9005", 1, "fracture of the hip|");
    phrases_are("crise d'angoisse", true, "905", 1, "crise d'angoisse|");
    phrases_are("crise d'angoisse", false, "905", 1, "crise d'angoisse|");
    phrases_are("vitamine d basse", false, "951", 1, "vitamine d basse|"); /* d is no elision */
    phrases_are("hoy sin fiebre", false, "009", 1, "sin fiebre|");         /* a negation stays */
    phrases_are("patient sans toux", false, "009", 1, "sans toux|");
    phrases_are("pas de toux", false, "009", 1, "pas de toux|");
    phrases_are("patient without cough", false, "009", 1, "without cough|");
    phrases_are("thans geen koorts", false, "009", 1, "geen koorts|");
    phrases_are("geen hoest, koorts", false, "009", 1, "koorts|"); /* beyond a comma it negates nothing */
    phrases_are("carcinoma no microcitico", false, "509", 1, "carcinoma no microcitico|");
    phrases_are("the and of", false, "123", 1, "of|"); /* only function words */
    phrases_are("the and fever", false, "991", 1, "fever|");
    phrases_are("low fever, rash, low fever. Fever", false, "190000", 1, "low fever|+low fever|");
    phrases_are("low fever, rash, low fever", false, "19300", 2, "low fever|rash|+low fever|");
    phrases_are("Tos, tos, tos, tos, tos, tos, tos, tos, tos, tos, tos, tos", false, "090000000000", 1,
                "tos|+Tos|+tos|+tos|+tos|+tos|+tos|+tos|+tos|+tos|"); /* nine repeats */
    phrases_are("tos", false, "0", 1, "");
}

static void markers(void)
{
    record r = {0};
    explainer *x = without_model(3, NULL);
    header(&r, "ab");
    explainer_header(x, &r);
    evidence e = {0};
    fixture f = with(0, 0);
    f.spans[0][1] = f.spans[0][2] = 0; /* the first word is a marker, and the peak */
    make(&r, &f);
    ok(!explainer_find(x, 0, &r, &e) && e.n_codes == 2 && e.codes[0].n == 0 && e.codes[1].n == 1,
       "a marker is no evidence");
    f.peaks[0][1] = 1;
    make(&r, &f);
    ok(!explainer_find(x, 0, &r, &e) && e.codes[0].n == 1 && e.passages[0].begin == 6 &&
           e.passages[0].end == 13,
       "nor part of it");
    evidence_free(&e);
    explainer_free(x);
    record_free(&r);
}

/* The first code has one passage, begin-end, of that weight: a term or not. */
static void match_is(const fixture *f, float above, size_t begin, size_t end, bool term, float weight)
{
    record r = {0};
    evidence e = {0};
    explainer *x = explainer_new(NULL, &(explainer_options){.ngram = 1, .above = above});
    header(&r, "ab");
    ok(!explainer_header(x, &r), "header");
    make(&r, f);
    ok(!explainer_find(x, 0, &r, &e) && e.codes[0].n == 1 && e.codes[1].n == (above < .25f), "found");
    const passage *p = &e.passages[0];
    ok(p->begin == begin && p->end == end && (p->block < 0) == term, "%zu-%zu", p->begin, p->end);
    ok(p->weight > weight - 1e-6f && p->weight < weight + 1e-6f, "weight %f", (double)p->weight);
    ok(!term || (p->peak == p->begin && p->peak_end == p->end && p->peak_byte == p->begin_byte &&
                 p->peak_end_byte == p->end_byte),
       "all of a term is its peak");
    json_t *o = evidence_json(&e);
    char *line = ecan_json_text(o);
    ok(line && !strstr(line, "\"source\": \"term\"") == !term, "%s", line);
    free(line);
    json_decref(o);
    evidence_free(&e);
    explainer_free(x);
    record_free(&r);
}

static void matched(void)
{
    fixture f = with(2, 0);
    f.matches[0][2] = 1;
    f.matches[1][2] = 2;
    f.match_weights[0] = 1;
    f.match_weights[1] = 2;
    match_is(&f, 0, 9, 13, false, .5f);
    f.n_matches = 1;
    match_is(&f, 0, 0, 3, true, .7310586f);
    f.n_matches = 2;
    match_is(&f, 0, 0, 8, true, .8807971f);
    match_is(&f, .87f, 0, 8, true, .8807971f);
    f.match_weights[1] = 1;
    match_is(&f, 0, 0, 3, true, .7310586f); /* of equals the first */
    f.match_weights[0] = 0;
    f.match_weights[1] = -1;
    match_is(&f, 0, 9, 13, false, .5f);
    f.match_weights[1] = 1;
    f.ids = 1; /* the term is beyond the words that the model read */
    f.peaks[0][1] = f.peaks[1][1] = 0;
    f.matches[1][1] = 3;
    f.matches[1][2] = 6;
    match_is(&f, 0, 0, 15, true, .7310586f);

    record r = {0};
    evidence e = {0};
    explainer *x = without_model(1, NULL);
    header(&r, "ab");
    ok(!explainer_header(x, &r), "header");
    f.spans[0][2] = 0; /* the peak of both codes is a marker */
    make(&r, &f);
    ok(!explainer_find(x, 0, &r, &e) && e.codes[0].n == 1 && e.codes[1].n == 0, "only a has a term");
    f.matches[1][2] = 7;
    make(&r, &f);
    ok(explainer_find(x, 0, &r, &e) == -1 && strstr(err_message(), "match 2: words 3 to 7 of 6"), "%s",
       err_message());
    evidence_free(&e);
    explainer_free(x);
    record_free(&r);
}

/* The marks of the term of code a: in JSON, and on the page. */
static void marks_are(int32_t marks, const char *json, const char *html)
{
    fixture f = with(2, 0);
    record r = {0};
    evidence e = {0};
    explainer *x = without_model(1, NULL);
    f.match_weights[0] = 1;
    f.matches[0][2] = 1;
    f.n_matches = 1;
    f.match_marks[0] = marks;
    header(&r, "ab");
    ok(!explainer_header(x, &r), "header");
    make(&r, &f);
    ok(!explainer_find(x, 0, &r, &e) && e.codes[0].n == 1 && e.passages[0].marks == marks, "marks");
    json_t *o = evidence_json(&e);
    char *line = ecan_json_text(o), *text = NULL;
    size_t n;
    ok(line && !strstr(line, "\"marks\"") == !json && (!json || strstr(line, json)), "%s", line);
    FILE *page = open_memstream(&text, &n);
    page_encounter(page, &e, 1);
    fclose(page);
    ok(text && strstr(text, html), "%s", text);
    free(text);
    free(line);
    json_decref(o);
    evidence_free(&e);
    explainer_free(x);
    record_free(&r);
}

static void marked(void)
{
    marks_are(0, NULL, " data-term><q");
    marks_are(0, NULL, " (term)</small>");
    marks_are(1, "\"marks\": [\"negated\"]", " data-term data-marks=\"negated\"><q");
    marks_are(6, "\"marks\": [\"historical\", \"family\"]", " data-marks=\"historical family\"><q");
    marks_are(6, "\"marks\": [\"historical\", \"family\"]", " (term, historical, family)</small>");
}

static void refused(explainer *x, const fixture *f, const char *key)
{
    record r = {0};
    evidence e = {0};
    make(&r, f);
    ok(explainer_find(x, 0, &r, &e) == -1 && strstr(err_message(), key), "refused: %s", err_message());
    evidence_free(&e);
    record_free(&r);
}

static void bad_records(void)
{
    record r = {0};
    explainer *x = without_model(5, NULL);
    header(&r, "ab");
    explainer_header(x, &r);
    fixture f = with(6, 0);
    refused(x, &f, "peaks");
    f = with(0, -1);
    refused(x, &f, "peaks");
    f = with(2, 0);
    f.ids = 2;
    refused(x, &f, "peaks");
    f = with(0, 0);
    f.words = 5;
    refused(x, &f, "ids");
    f = with(0, 0);
    f.predicted = "c";
    refused(x, &f, "predicted");
    f = with(0, 0);
    f.documents = false;
    refused(x, &f, "documents");
    f = with(0, 0);
    f.spans[0][0] = 2;
    refused(x, &f, "spans");
    f = with(0, 0);
    f.spans[2][2] = 100;
    refused(x, &f, "spans");
    f = with(0, 0);
    f.spans[0][1] = -1;
    refused(x, &f, "spans");
    f = with(1, 0);
    f.spans[0][1] = 7;
    f.spans[0][2] = 8;
    refused(x, &f, "spans");
    explainer_free(x);
    record_free(&r);
}

static void json_and_page(void)
{
    static const char want[] =
        "{\"id\": \"e&1\", \"by\": \"peak\", \"codes\": [{\"code\": \"a\", \"description\": \"\", \"score\": "
        "0.75, \"predicted\": true, \"evidence\": [{\"document\": \"n<1>\", \"index\": 0, \"begin\": 6, "
        "\"end\": 8, \"text\": \"un\", \"peak\": [6, 8], \"weight\": 0.5, \"block\": 0}]}, {\"code\": \"b\", "
        "\"description\": \"\", \"score\": 0.625, \"predicted\": false, \"evidence\": [{\"document\": 7, "
        "\"index\": 1, \"begin\": 0, \"end\": 5, \"text\": \"trois\", \"peak\": [0, 5], \"weight\": 0.25, "
        "\"block\": 1}]}]}";
    record r = {0};
    evidence e = {0};
    explainer *x = without_model(1, "b,a");
    header(&r, "ab");
    explainer_header(x, &r);
    fixture f = with(1, 0);
    f.predicted = "a";
    make(&r, &f);
    ok(!explainer_find(x, 0, &r, &e) && e.n_codes == 2, "predicted and asked for, each once");
    json_t *o = evidence_json(&e);
    char *line = ecan_json_text(o);
    ok(line && !strcmp(line, want), "%s", line);
    free(line);
    json_decref(o);

    char *html = NULL;
    size_t n;
    FILE *page = open_memstream(&html, &n);
    ok(page != NULL, "page");
    page_encounter(page, &e, 1);
    fclose(page);
    ok(strstr(html, "e&amp;1") && strstr(html, "n&lt;1&gt;") && strstr(html, "&quot;discharge&quot;"),
       "names are text");
    ok(strstr(html, " &lt;b&gt;quatre") && !strstr(html, "<b>quatre"), "a note's markup is text");
    ok(strstr(html, "<q dir=\"auto\"><b>un</b></q>") != NULL, "the passage is quoted");
    free(html);

    f.words = f.ids = 0;
    make(&r, &f);
    ok(!explainer_find(x, 0, &r, &e) && e.n_codes == 2 && e.n_passages == 0,
       "an encounter without words has no evidence");
    evidence_free(&e);
    explainer_free(x);
    record_free(&r);
}

int main(void)
{
    windows();
    with_model();
    choices();
    gaps();
    terms();
    phrases();
    markers();
    matched();
    marked();
    bad_records();
    json_and_page();
    return tap_done();
}
