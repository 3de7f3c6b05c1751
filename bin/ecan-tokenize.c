/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"
#include "base/pool.h"
#include "base/progress.h"
#include "cli.h"
#include "io/json.h"
#include "io/output.h"
#include "io/stream.h"
#include "model/model.h"
#include "text/encounters.h"
#include "text/notes.h"
#include "text/text_settings.h"
#include "text/tokenize.h"
#include "text/unread.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    notes_options notes;
    int64_t copied, max_words;
    int duplicates, cut;
    int compat, letters, accents, numbers, signs;
    bool numbers_given, skip_bad, unbuffered, quiet;
    int64_t max_record, threads;
    const char *output, *model, *language;
} o = {.language = "any", .max_record = (int64_t)STREAM_MAX_RECORD};

enum { COMPAT_NONE, COMPAT_CAML };

static const cli_option options[] = {
    {"model", 'm', "DIR", CLI_STRING, &o.model,
     .help = "use the settings of the text that this model was trained on; other settings on the command "
             "line are an error"},
    {"output", 'o', "FILE", CLI_STRING, &o.output, .show = "standard output",
     .help = "write the stream to FILE"},
    {"compat", 0, "NAME", CLI_CHOICE, &o.compat, .choices = "none|caml",
     .help = "words as another program makes them; caml is the \\w+ of CAML, without numbers, in lower case, "
             "not normalised"},
    {"language", 0, "NAME,...", CLI_STRING, &o.language,
     .help = "rules for apostrophes, hyphens, points, decimal signs and units in French (fr) or Dutch (nl); "
             "any has no rules and works for every language. In a list, such as nl,fr, of fr, nl, en and es: "
             "each note has the language of its key language or, if it has none, is guessed from its words"},
    {"case", 0, "RULE", CLI_CHOICE, &o.letters, .choices = TOKENIZE_CASES,
     .help = "case of words; fold makes STRASSE and Straße the same word"},
    {"accents", 0, "RULE", CLI_CHOICE, &o.accents, .choices = TOKENIZE_ACCENTS,
     .help = "accents of words; strip replaces é by e, and ø, ł and œ by o, l and oe"},
    {"numbers", 0, "RULE", CLI_CHOICE, &o.numbers, .choices = TOKENIZE_NUMBERS, .given = &o.numbers_given,
     .help = "words that are numbers: ten drops all except 1 to 10, mask replaces each by <num>",
     .show = "ten; drop with --compat caml"},
    {"signs", 0, "RULE", CLI_CHOICE, &o.signs, .choices = TOKENIZE_SIGNS,
     .help = "keep makes +, - and arrows of laboratory results words"},
    {"types", 0, "TYPE,...", CLI_STRING, &o.notes.types, .show = "all",
     .help = "read only notes of these types; - is a note without a type"},
    {"not-types", 0, "TYPE,...", CLI_STRING, &o.notes.not_types, .help = "read only notes of other types"},
    {"order", 0, "KEY,...", CLI_STRING, &o.notes.order, .show = "given",
     .help = "sort the notes by date, type or given (their order in the encounter), or several of these; "
             "-KEY reverses the order"},
    {"duplicates", 0, "RULE", CLI_CHOICE, &o.duplicates, .choices = "keep|drop",
     .help = "notes with the same text as an earlier note of the encounter"},
    {"copied", 0, "N", CLI_INT, &o.copied, .max = 1000000, .show = "keep them",
     .help = "drop copied passages: runs of N or more words that an earlier note also has"},
    {"mark-types", 0, NULL, CLI_FLAG, &o.notes.mark_types,
     .help = "begin each note with a word for its type, <note:TYPE>"},
    {"max-words", 0, "N", CLI_INT, &o.max_words, .max = INT32_MAX, .show = "all",
     .help = "maximum number of words of an encounter; --cut chooses the words that are kept"},
    {"cut", 0, "RULE", CLI_CHOICE, &o.cut, .choices = CUT_RULES,
     .help = "words that are kept of a longer encounter: the first, the first and last, or the same fraction "
             "of each note"},
    {"skip-bad", 0, NULL, CLI_FLAG, &o.skip_bad,
     .help = "report and skip bad encounters; exit with 1 at the end"},
    {"max-record", 0, "SIZE", CLI_SIZE, &o.max_record, .min = 1024, .max = STREAM_MAX_RECORD,
     .help = "maximum size of a line in bytes"},
    {"threads", 'T', "N", CLI_INT, &o.threads, .min = 1, .max = 1024, .show = "all cores",
     .help = "number of threads; the output does not depend on it"},
    {"unbuffered", 'u', NULL, CLI_FLAG, &o.unbuffered, .help = "write every record immediately"},
    {"quiet", 'q', NULL, CLI_FLAG, &o.quiet,
     .help = "no progress line, no counts of dropped notes and words"},
    CLI_ROW_MOVED('t', "-T or --threads"),
    {0}};

static const cli_program program = {
    .name = "ecan-tokenize",
    .summary = "split the notes of encounters into words with their positions",
    .usage = "[OPTION]... [FILE]...",
    .description =
        "Reads encounters as JSON Lines, one object per line: {\"id\", \"text\", \"labels\"} or {\"id\", "
        "\"documents\": [{\"id\", \"type\", \"text\", ...}, ...], \"labels\"}. Writes a stream of records "
        "with two more keys: tokens, the words, and spans, the position of each word: document, start and "
        "end in Unicode code points of its text.\n\n"
        "A word is a run of letters, digits, marks and underscores, normalised (NFC) and case folded. The "
        "rules of a language join or split some words. By default all notes are read completely and in the "
        "given order. Options choose the notes (--types, --not-types, --duplicates), their order (--order) "
        "and their words (--copied, --max-words, --cut). The record always keeps all notes unchanged, and "
        "spans refer to them. Dropped notes and words are counted on standard error, and in words_cut and "
        "notes_cut of the record. A type that no note has is a warning.\n\n"
        "Training text and new text must be tokenized with the same settings. The header of the stream "
        "records the settings, and ecan-train stores them in the model. -m takes them from the model.",
    .example = "ecan-tokenize -m model encounters.jsonl | ecan-predict -m model | ecan-explain -m model",
    .see_also = "ecan-w2v, ecan-train, ecan-predict, ecan-show",
    .options = options};

typedef struct run {
    tokenizer *tokenizer;
    notes_rules *rules;
    encounters *in;
    stream_out *out;
    progress progress;
    uint64_t words, written, bad;
    uint64_t languages_unknown, notes_read, duplicates, words_copied;
    unread unread;
} run;

/* Prints the error. Always returns -1. */
static int report(void)
{
    cli_warn("%s", err_message());
    return -1;
}

static int begin(run *r)
{
    pack header = {0};
    pack_key(&header, "tokenizer");
    text_settings_pack(&header, r->tokenizer, r->rules);
    int result = pack_failed(&header) ? err_set("out of memory (header)")
                                      : stream_begin(r->out, "tokens", program.name, NULL, NULL, &header);
    pack_free(&header);
    return result < 0 ? report() : 0;
}

static int write_record(run *r, const encounter *e)
{
    if (stream_write(r->out, NULL, NULL, &e->fields) < 0)
        return report();
    r->written++;
    r->words += e->words.T;
    r->languages_unknown += e->languages_unknown;
    r->notes_read += e->encounter_reading.n;
    r->duplicates += e->encounter_reading.duplicates;
    r->words_copied += e->encounter_reading.words_copied;
    unread_add(&r->unread, e->encounter_reading.words_cut, e->encounter_reading.notes_left);
    if (r->progress.on) {
        progress_fraction(&r->progress, r->words, encounters_fraction(r->in));
        progress_update(&r->progress, r->words, "");
    }
    return 0;
}

/* Returns 0 if all is written, except bad encounters that are to be skipped. */
static int tokenize_all(run *r)
{
    const encounter *e;
    int got;
    while ((got = encounters_next(r->in, &e)) != 0) {
        if (got > 0 && write_record(r, e) < 0)
            return -1;
        if (got > 0)
            continue;
        report();
        if (encounters_failed(r->in) || !o.skip_bad)
            return -1;
        r->bad++;
    }
    return 0;
}

static tokenizer *make_tokenizer(void)
{
    const bool caml = o.compat == COMPAT_CAML;
    language_list languages;
    if (language_list_parse(&languages, o.language))
        cli_usage("--language: %s", err_message());
    if (caml && (languages.n > 1 || languages.of[0] != LANGUAGE_ANY || o.letters || o.accents || o.signs))
        cli_usage("--compat caml cannot be used with --language, --case, --accents or --signs");
    return tokenizer_new(
        &(tokenize_options){.caml = caml,
                            .numbers = caml && !o.numbers_given ? TOKENIZE_DROP : (tokenize_numbers)o.numbers,
                            .languages = languages,
                            .keep_case = o.letters,
                            .strip_accents = o.accents,
                            .keep_signs = o.signs});
}

static notes_rules *make_rules(void)
{
    o.notes.drop_duplicates = o.duplicates;
    o.notes.copied = o.copied;
    o.notes.max_words = o.max_words;
    o.notes.cut = (cut_rule)o.cut;
    if (o.cut != CUT_HEAD && o.max_words == 0)
        cli_usage("--cut requires --max-words N");
    if (o.notes.types && o.notes.not_types)
        cli_usage("--types and --not-types cannot be used together");
    notes_rules *rules = notes_rules_new(&o.notes);
    if (!rules && err_get_class() == ERR_MEMORY)
        cli_die("%s", err_message());
    if (!rules)
        cli_usage("--%s", err_message());
    return rules;
}

/* ---- a model's settings ---- */

/* Returns config.json of the model, owned by the caller. Exits if it has no settings. */
static json_t *read_config(const char *folder)
{
    if (input_folder(folder) < 0)
        cli_die("%s", err_message());
    json_t *about = model_read_config(folder);
    if (!about)
        cli_die("%s", err_message());
    if (!json_is_object(json_object_get(about, "tokenizer")))
        cli_die("%s/" MODEL_CONFIG ": no key tokenizer: the model was not trained on words of ecan-tokenize",
                folder);
    return about;
}

/* Exits if a later version of ecan wrote the settings. */
static void check_version(const json_t *settings)
{
    tokenizer *t = NULL;
    notes_rules *rules = NULL;
    if (text_settings_read(settings, &t, &rules))
        cli_die("%s/" MODEL_CONFIG ": %s: use a later version of ecan", o.model, err_message());
    tokenizer_free(t);
    notes_rules_free(rules);
}

/* Sets the options as if they were on the command line. compat determines normalize and case. */
static void apply_settings(const json_t *settings)
{
    bool compat = json_is_string(json_object_get(settings, "compat"));
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)settings, key, value)
    {
        char number[24];
        const char *text = json_string_value(value);
        if (json_is_null(value) || strcmp(key, "normalize") == 0 || (compat && strcmp(key, "case") == 0))
            continue;
        if (json_is_boolean(value))
            text = json_is_true(value) ? "true" : "false";
        if (json_is_integer(value)) {
            snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
            text = number;
        }
        if (!text || !cli_set(&program, key, text))
            cli_die("%s/config.json: tokenizer: unknown setting %s: use a later version of ecan", o.model,
                    key);
    }
}

/* Options of the command line must not differ from the settings of the model. */
static void check_settings(const run *r, const json_t *wanted)
{
    char key[TEXT_SETTINGS_KEY];
    const int equal = text_settings_equal(wanted, r->tokenizer, r->rules, key);
    if (equal < 0)
        cli_die("%s", err_message());
    if (equal == 0)
        cli_usage("setting %s differs from that of the model (%s/config.json): remove the option", key,
                  o.model);
}

/* Warns of types that no note has. Types of a model's settings that these encounters do not have are normal,
 * but not that all their notes have other types. */
static void warn_types(const run *r)
{
    int32_t next = 0;
    const char *name;
    if (o.model) {
        if (r->unread.notes.n > 0 && r->notes_read == 0)
            cli_warn("warning: no note was read: none has a type that the model reads");
        return;
    }
    while ((name = notes_rules_missing(r->rules, &next)))
        cli_warn("warning: no note has the type '%s' of %s", name, o.notes.types ? "--types" : "--not-types");
}

/* Prints the numbers of dropped notes and words. */
static void summarise(const run *r)
{
    char text[UNREAD_ROOM];
    if (r->languages_unknown > 0)
        cli_warn("notes whose key language is not in --language, and was guessed: %" PRIu64,
                 r->languages_unknown);
    if (unread_notes(text, &r->unread))
        cli_warn("%s", text);
    if (r->duplicates > 0)
        cli_warn("dropped duplicate notes: %" PRIu64, r->duplicates);
    if (r->words_copied > 0)
        cli_warn("dropped copied words: %" PRIu64, r->words_copied);
    if (unread_words(text, &r->unread, "--max-words"))
        cli_warn("%s", text);
}

static int finish(run *r, int result)
{
    progress_end(&r->progress);
    if (!o.quiet)
        summarise(r);
    if (result == 0)
        warn_types(r);
    if (result < 0)
        stream_abandon(r->out);
    else if (stream_end(r->out) < 0)
        result = report();
    if (o.skip_bad && r->bad > 0)
        cli_warn("wrote %" PRIu64 " encounters, skipped %" PRIu64 " bad encounters", r->written, r->bad);
    return result < 0 || r->bad > 0 ? CLI_FAILED : CLI_OK;
}

int main(int argc, char **argv)
{
    const char *const *files;
    int n;
    cli_parse_files(&program, argc, argv, &files, &n);
    json_t *about = o.model ? read_config(o.model) : NULL;
    const json_t *settings = json_object_get(about, "tokenizer");
    if (settings) {
        check_version(settings);
        apply_settings(settings);
        cli_parse_files(&program, argc, argv, &files, &n);
    }

    pool *threads = pool_new(o.threads > 0 ? (int)o.threads : pool_cores());
    if (!threads)
        cli_die("%s", err_message());
    run r = {.tokenizer = make_tokenizer(), .rules = make_rules()};
    if (settings && r.tokenizer)
        check_settings(&r, settings);
    if (!r.tokenizer || !(r.in = encounters_open(files, n, o.max_record, r.tokenizer, r.rules, threads)) ||
        !(r.out = stream_create(o.output, o.unbuffered)))
        cli_die("%s", err_message());
    progress_start(&r.progress, program.name, "words", 0, o.quiet);
    int result = begin(&r) < 0 ? -1 : tokenize_all(&r);
    int code = finish(&r, result);

    encounters_close(r.in);
    notes_rules_free(r.rules);
    tokenizer_free(r.tokenizer);
    pool_free(threads);
    json_decref(about);
    return cli_finish(code);
}
