/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"
#include "base/pool.h"
#include "base/progress.h"
#include "cli.h"
#include "io/file.h"
#include "io/json.h"
#include "io/output.h"
#include "io/stream.h"
#include "text/encounters.h"
#include "text/notes.h"
#include "text/text_settings.h"
#include "text/tokenize.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    notes_options notes;
    int64_t copied, max_words;
    int duplicates, cut;
    int compat, language, letters, accents, numbers;
    bool numbers_given, skip_bad, unbuffered, quiet;
    int64_t max_record, threads;
    const char *output, *model;
} o = {.max_record = (int64_t)STREAM_MAX_RECORD};

enum { COMPAT_NONE, COMPAT_CAML };

static const cli_option options[] = {
    {"model", 'm', "DIR", CLI_STRING, &o.model,
     .help = "settings as those of the text that this model was trained on; others beside it are refused"},
    {"output", 'o', "FILE", CLI_STRING, &o.output, .show = "standard output",
     .help = "write the stream to FILE"},
    {"compat", 0, "NAME", CLI_CHOICE, &o.compat, .choices = "none|caml",
     .help = "words exactly as another program makes them: caml is CAML's \\w+, no numbers, lower case, no "
             "normalisation"},
    {"language", 0, "NAME", CLI_CHOICE, &o.language, .choices = LANGUAGES,
     .help = "rules for apostrophes, hyphens, points, decimal signs and units as French (fr) or Dutch (nl) "
             "writes "
             "them; any has none, and suits any language"},
    {"case", 0, "RULE", CLI_CHOICE, &o.letters, .choices = TOKENIZE_CASES,
     .help = "case of words: fold makes one word of all, STRASSE and Straße too"},
    {"accents", 0, "RULE", CLI_CHOICE, &o.accents, .choices = TOKENIZE_ACCENTS,
     .help = "accents of words: strip makes e of é, and of ø, ł and œ too the letters that people write for "
             "them"},
    {"numbers", 0, "RULE", CLI_CHOICE, &o.numbers, .choices = TOKENIZE_NUMBERS, .given = &o.numbers_given,
     .help = "words that are numbers alone: ten drops all but 1 to 10, mask makes <num> of each",
     .show = "ten; drop with --compat caml"},
    {"types", 0, "TYPE,...", CLI_STRING, &o.notes.types, .show = "all",
     .help = "read notes of these types alone; - is a note without type"},
    {"not-types", 0, "TYPE,...", CLI_STRING, &o.notes.not_types, .help = "read notes of all other types"},
    {"order", 0, "KEY,...", CLI_STRING, &o.notes.order, .show = "given",
     .help = "read the notes in the order of date, type or given, or several of them; -KEY: backwards"},
    {"duplicates", 0, "RULE", CLI_CHOICE, &o.duplicates, .choices = "keep|drop",
     .help = "notes whose text an earlier note of the encounter has"},
    {"copied", 0, "N", CLI_INT, &o.copied, .max = 1000000, .show = "keep them",
     .help = "leave out copied passages: words in a run of N or more that an earlier note has too"},
    {"mark-types", 0, NULL, CLI_FLAG, &o.notes.mark_types,
     .help = "begin each note with a word for its type, <note:TYPE>"},
    {"max-words", 0, "N", CLI_INT, &o.max_words, .max = INT32_MAX, .show = "all",
     .help = "cut encounters that have more words"},
    {"cut", 0, "RULE", CLI_CHOICE, &o.cut, .choices = CUT_RULES,
     .help = "which words a longer encounter keeps: its first; its first and last; as many of each note"},
    {"skip-bad", 0, NULL, CLI_FLAG, &o.skip_bad,
     .help = "report bad encounters, go on without them, and exit 1 at the end"},
    {"max-record", 0, "SIZE", CLI_SIZE, &o.max_record, .min = 1024, .max = STREAM_MAX_RECORD,
     .help = "bytes that a line may have"},
    {"threads", 'T', "N", CLI_INT, &o.threads, .min = 1, .max = 1024, .show = "all cores",
     .help = "number of threads; the output does not depend on it"},
    {"unbuffered", 'u', NULL, CLI_FLAG, &o.unbuffered, .help = "write every record immediately"},
    {"quiet", 'q', NULL, CLI_FLAG, &o.quiet, .help = "no progress line, no count of what was left out"},
    CLI_ROW_MOVED('t', "-T or --threads"),
    {0}};

static const cli_program program = {
    .name = "ecan-tokenize",
    .summary = "split the notes of encounters into words, with where each stands",
    .usage = "[OPTION]... [FILE]...",
    .description =
        "Reads encounters as JSON Lines, one object a line: {\"id\", \"text\", \"labels\"}, or {\"id\", "
        "\"documents\": [{\"id\", \"type\", \"text\", ...}, ...], \"labels\"}. Writes a stream of them with "
        "two more keys: tokens, the words, and spans, where each stands: document, start and end in Unicode "
        "code points of its text.\n\n"
        "Words are runs of letters, digits, marks and underscores, normalised (NFC) and case folded; the "
        "rules of a "
        "language join some of them and cut others. Notes are read whole, in the order in which they came, "
        "unless options say which "
        "notes are read (--types, --not-types, --duplicates), in which order (--order), and which of their "
        "words (--copied, "
        "--max-words, --cut); the record has all of them as they came, and spans point into them. What was "
        "left out is counted on "
        "standard error.\n\n"
        "What a model is trained on and what it is used on must be tokenized alike; the settings stand in "
        "the stream's header, "
        "from where they go into the model, and -m takes them from there.",
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
    uint64_t notes_left, duplicates, words_copied, words_cut, encounters_cut;
} run;

/* Says what is wrong; always returns -1. */
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
    r->notes_left += e->encounter_reading.notes_left;
    r->duplicates += e->encounter_reading.duplicates;
    r->words_copied += e->encounter_reading.words_copied;
    r->words_cut += e->encounter_reading.words_cut;
    r->encounters_cut += e->encounter_reading.words_cut > 0;
    progress_update(&r->progress, r->words, "");
    return 0;
}

/* 0: all is written, but for bad encounters that are to be skipped. */
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
    if (caml && (o.language || o.letters || o.accents))
        cli_usage("--compat caml has a case, accents and no language of its own");
    return tokenizer_new(
        &(tokenize_options){.caml = caml,
                            .numbers = caml && !o.numbers_given ? TOKENIZE_DROP : (tokenize_numbers)o.numbers,
                            .language = (language)o.language,
                            .keep_case = o.letters,
                            .strip_accents = o.accents});
}

static notes_rules *make_rules(void)
{
    o.notes.drop_duplicates = o.duplicates;
    o.notes.copied = (size_t)o.copied;
    o.notes.max_words = (size_t)o.max_words;
    o.notes.cut = (cut_rule)o.cut;
    if (o.cut != CUT_HEAD && o.max_words == 0)
        cli_usage("--cut: there is no --max-words to cut to");
    notes_rules *rules = notes_rules_new(&o.notes);
    if (!rules)
        cli_usage("--%s", err_message());
    return rules;
}

/* ---- a model's settings ---- */

/* Its config.json; dies where that has no settings. Owned by the caller. */
static json_t *read_config(const char *model)
{
    if (input_folder(model) < 0)
        cli_die("%s", err_message());
    char *path = file_join(model, "config.json");
    json_t *config = path ? ecan_json_read_file(path) : NULL;
    if (!config)
        cli_die("%s", err_message());
    if (!json_is_object(json_object_get(config, "tokenizer")))
        cli_die("%s: no tokenizer: the model was trained on words that another program made", path);
    free(path);
    return config;
}

/* As if they stood on the command line. normalize follows from compat, and with it case too. */
static void take_settings(const json_t *settings)
{
    bool compat = json_is_string(json_object_get(settings, "compat"));
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(size_t)settings, key, value)
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
            cli_die("%s/config.json: tokenizer: %s: no setting of this program", o.model, key);
    }
}

/* What the command line says beside -m must not be another thing than what the model says. */
static void check_settings(const run *r, const json_t *wanted)
{
    char key[TEXT_SETTINGS_KEY];
    const int equal = text_settings_equal(wanted, r->tokenizer, r->rules, key);
    if (equal < 0)
        cli_die("%s", err_message());
    if (equal == 0)
        cli_usage("%s: another setting than the model's (%s/config.json)", key, o.model);
}

/* What the rules for notes left out. */
static void summarise(const run *r)
{
    if (r->notes_left > 0)
        cli_warn("notes left out by their type: %" PRIu64, r->notes_left);
    if (r->duplicates > 0)
        cli_warn("notes left out as duplicates: %" PRIu64, r->duplicates);
    if (r->words_copied > 0)
        cli_warn("words left out as copied: %" PRIu64, r->words_copied);
    if (r->words_cut > 0)
        cli_warn("words cut: %" PRIu64 ", from %" PRIu64 " of %" PRIu64 " encounters", r->words_cut,
                 r->encounters_cut, r->written);
}

static int finish(run *r, int result)
{
    progress_end(&r->progress);
    if (!o.quiet)
        summarise(r);
    if (result < 0)
        stream_abandon(r->out);
    else if (stream_end(r->out) < 0)
        result = report();
    if (o.skip_bad && r->bad > 0)
        cli_warn("%" PRIu64 " encounters done, %" PRIu64 " bad ones left out", r->written, r->bad);
    return result < 0 || r->bad > 0 ? CLI_FAILED : CLI_OK;
}

int main(int argc, char **argv)
{
    static const char *const standard_input[] = {"-"};
    const char *const *files;
    int n;
    cli_parse(&program, argc, argv, &files, &n);
    json_t *config = o.model ? read_config(o.model) : NULL;
    const json_t *settings = json_object_get(config, "tokenizer");
    if (settings) {
        take_settings(settings);
        cli_parse(&program, argc, argv, &files, &n);
    }
    if (n == 0) {
        files = standard_input;
        n = 1;
    }

    pool *threads = pool_new(o.threads > 0 ? (int)o.threads : pool_cores());
    run r = {.tokenizer = make_tokenizer(), .rules = make_rules()};
    if (settings && r.tokenizer)
        check_settings(&r, settings);
    if (!threads || !r.tokenizer ||
        !(r.in = encounters_open(files, n, (size_t)o.max_record, r.tokenizer, r.rules, threads)) ||
        !(r.out = stream_create(o.output, o.unbuffered)))
        cli_die("%s", err_message());
    progress_start(&r.progress, program.name, "words", 0, o.quiet);
    int result = begin(&r) < 0 ? -1 : tokenize_all(&r);
    int code = finish(&r, result);

    encounters_close(r.in);
    notes_rules_free(r.rules);
    tokenizer_free(r.tokenizer);
    pool_free(threads);
    json_decref(config);
    return cli_finish(code);
}
