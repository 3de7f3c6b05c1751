/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing the two inputs of ecan-tokenize: any bytes as a text, and as a line of encounters.jsonl. The first
 * byte chooses the settings. */
#include "fuzz.h"

#include "io/stream.h"
#include "text/encounter.h"
#include "text/text_settings.h"
#include "text/tokenize.h"

#include <string.h>

/* Words are in the order of the text, and none is empty. */
static void check_words(const tokens *w, int32_t code_points)
{
    int32_t end = 0;
    for (size_t i = 0; i < w->T; i++) {
        size_t n;
        tokens_word(w, i, &n);
        CHECK(n > 0 && w->spans[i][0] == 0);
        CHECK(w->spans[i][1] >= end && w->spans[i][2] > w->spans[i][1]);
        end = w->spans[i][2];
    }
    CHECK(end <= code_points);
}

static int32_t count_code_points(const char *s, size_t n)
{
    int32_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)s[i] & 0xc0) != 0x80;
    return count;
}

/* The byte at which a code point begins. */
static size_t byte_of(const char *s, size_t n, int32_t code_point)
{
    size_t i = 0;
    while (i < n && (code_point > 0 || ((unsigned char)s[i] & 0xc0) == 0x80))
        code_point -= ((unsigned char)s[i++] & 0xc0) != 0x80;
    return i;
}

/* The text of the span of a word is tokenized to that word and no other. */
static void check_spans(const tokenizer *t, const char *s, size_t size, const tokens *w)
{
    tokens again = {0};
    for (size_t i = 0; i < w->T; i++) {
        const size_t from = byte_of(s, size, w->spans[i][1]), to = byte_of(s, size, w->spans[i][2]);
        size_t n, m;
        const char *word = tokens_word(w, i, &n);
        tokens_clear(&again);
        if (n == 1 && *word == '-') { /* a result, and only between blanks */
            CHECK(tokenize(t, "a -", 3, 0, &again) == 0 && again.T == 2);
            continue;
        }
        CHECK(tokenize(t, s + from, to - from, 0, &again) == 0 && again.T == 1);
        const char *same = tokens_word(&again, 0, &m);
        CHECK(n == m && memcmp(word, same, n) == 0);
        CHECK(again.spans[0][1] == 0 && again.spans[0][2] == w->spans[i][2] - w->spans[i][1]);
    }
    tokens_free(&again);
}

/* guesses: a word may be in another language than its text. */
static void fuzz_text(const tokenizer *t, bool guesses, const char *s, size_t n)
{
    tokens w = {0};
    if (tokenize(t, s, n, 0, &w) == 0) {
        check_words(&w, count_code_points(s, n));
        if (n < 4096 && !guesses)
            check_spans(t, s, n, &w);
    }
    tokens_free(&w);
}

/* What is accepted must be a record that ecan's own reader takes. */
static void check_record(const encounter *e)
{
    const pack *fields = &e->fields;
    record r = {0};
    tensor spans;
    buf whole = {0};
    unsigned char head[5];
    CHECK(buf_add(&whole, head, pack_map_head(fields, head)) == 0);
    CHECK(buf_add(&whole, fields->body.data, fields->body.len) == 0);
    CHECK(record_parse(&r, whole.data, whole.len) == 0);
    CHECK(strcmp(r.id, e->id) == 0);
    CHECK(!record_find(&r, "ecan") && !record_find(&r, "end"));
    CHECK(record_tensor(&r, "spans", 'i', 2, &spans) == 0 && spans.shape[0] == e->words.T &&
          spans.shape[1] == 3);
    record_free(&r);
    buf_free(&whole);
}

static void fuzz_line(const tokenizer *t, const notes_rules *rules, const char *s, size_t n)
{
    encounter e = {0};
    char *line = mem_strndup(s, n);
    CHECK(line);
    if (encounter_read(&e, t, rules, line, n) == 0)
        check_record(&e);
    else
        CHECK(err_message()[0] != '\0');
    mem_free(line);
    encounter_free(&e);
}

enum { RULES = 5 };

/* Bits 0 and 1: the rule for numbers, 2: caml, 3: rules for notes, 4 and 5: the language, or both, 6: case
 * and signs, 7: accents. */
static tokenizer *new_tokenizer(int settings)
{
    tokenize_options o = {.caml = settings & 4, .numbers = (tokenize_numbers)(settings & 3)};
    if (!o.caml) {
        o.language = (language)((settings >> 4 & 3) % 3);
        if ((settings >> 4 & 3) == 3)
            o.languages = (language_list){2, {LANGUAGE_NL, LANGUAGE_FR}};
        o.keep_signs = settings & 64;
        o.keep_case = settings & 64;
        o.strip_accents = settings & 128;
    }
    return tokenizer_new(&o);
}

/* The settings as they are in a header are those of the same tokenizer and rules when they are read. */
static void check_settings(const tokenizer *t, const notes_rules *rules)
{
    char differs[TEXT_SETTINGS_KEY];
    tokenizer *again = NULL;
    notes_rules *rules_again = NULL;
    pack p = {0};
    text_settings_pack(&p, t, rules);
    json_t *settings = ecan_json_from_msgpack(p.body.data, p.body.len);
    CHECK(settings && text_settings_read(settings, &again, &rules_again) == 0);
    CHECK(text_settings_equal(settings, t, rules, differs) == 1 &&
          text_settings_equal(settings, again, rules_again, differs) == 1);
    tokenizer_free(again);
    notes_rules_free(rules_again);
    json_decref(settings);
    pack_free(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const notes_options arranged[RULES] = {
        {0},
        {.order = "-date,type", .not_types = "letter,-", .drop_duplicates = true, .mark_types = true},
        {.order = "type,date", .types = "note,letter", .copied = 2, .max_words = 5, .cut = CUT_PROPORTIONAL},
        {.order = "given",
         .drop_duplicates = true,
         .mark_types = true,
         .copied = 3,
         .max_words = 4,
         .cut = CUT_HEAD_TAIL},
        {.order = "-type", .max_words = 6, .cut = CUT_HEAD}};
    static tokenizer *tokenizers[256];
    static notes_rules *rules[RULES];
    fuzz_begin();
    const int settings = n > 0 ? data[0] : 0, arrange = settings & 8 ? (int)(1 + n % (RULES - 1)) : 0;
    if (!rules[arrange])
        CHECK((rules[arrange] = notes_rules_new(&arranged[arrange])));
    if (!tokenizers[settings])
        CHECK((tokenizers[settings] = new_tokenizer(settings)));
    const char *s = (const char *)data + (n > 0);
    n -= n > 0;
    if (n % 64 == 0)
        check_settings(tokenizers[settings], rules[arrange]);
    fuzz_text(tokenizers[settings], (settings & 0x34) == 0x30, s, n);
    fuzz_line(tokenizers[settings], rules[arrange], s, n);
    return 0;
}
