/* SPDX-License-Identifier: Apache-2.0 */
/* token records and a network -> a model with terms of labels and a linear branch */
#include "cli.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/progress.h"
#include "io/file.h"
#include "linear/branch.h"
#include "model/model.h"
#include "tensor/gemm.h"
#include "terms/term_table.h"
#include "text/lines.h"
#include "text/tokenized.h"
#include "train/combination_json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct {
    const char *train, *dev, *model, *output, *tables, *scopes, *spans;
    int64_t max_length, min_encounters, threads;
    bool stem, stop_words, mined, linear, no_scopes, descriptions, skip_unknown, refit, force, quiet;
} o = {.max_length = 4, .min_encounters = 2, .stem = true, .stop_words = true, .mined = true, .linear = true};

static const cli_option options[] = {
    {"train", 0, "FILE", CLI_STRING, &o.train, .help = "tokens with labels: the terms are mined from them"},
    {"dev", 0, "FILE", CLI_STRING, &o.dev,
     .help = "tokens with labels: how much the terms count, and the threshold, are chosen on them"},
    {"model", 'm', "DIR", CLI_STRING, &o.model, .help = "the network, a folder that ecan-train wrote"},
    {"output", 'o', "DIR|FILE", CLI_STRING, &o.output, .show = "standard output",
     .help = "folder of the new model; without --model the file for the table"},
    {"table", 0, "FILE,...", CLI_STRING, &o.tables,
     .help = "terms of your own: term, code and optionally weight, separated by tabs"},
    {"descriptions", 0, NULL, CLI_FLAG, &o.descriptions,
     .help = "use the descriptions of the model's labels as terms"},
    {"spans", 0, "FILE,...", CLI_STRING, &o.spans,
     .help =
         "spans that coders marked in the encounters of --train: lines of MDACE's JSON, of ecan-explain, or "
         "the decisions that its page saves"},
    {"mined", 0, NULL, CLI_FLAG, &o.mined,
     .help = "use the terms mined from --train; with --no-mined only those of --table, --descriptions and "
             "--spans"},
    {"linear", 0, NULL, CLI_FLAG, &o.linear,
     .help = "train a linear model of words, bigrams and character n-grams too, and add it to the network"},
    {"refit", 0, NULL, CLI_FLAG, &o.refit,
     .help = "--model is a model that ecan-terms wrote: count the terms and train the linear model again on "
             "--train and --dev together. Weights and threshold stay as they are"},
    {"max-length", 0, "N", CLI_INT, &o.max_length, .min = 1, .max = TERM_LONGEST,
     .help = "maximum number of words of a mined term"},
    {"min-encounters", 0, "N", CLI_INT, &o.min_encounters, .min = 2, .max = 1e9,
     .help = "minimum number of training encounters that have both the term and the code"},
    {"stem", 0, NULL, CLI_FLAG, &o.stem, .help = "cut endings of number and gender: -s, -es, -o, -a"},
    {"stop-words", 0, NULL, CLI_FLAG, &o.stop_words, .help = "leave out words such as \"of\" and \"the\""},
    {"scopes", 0, "FILE", CLI_STRING, &o.scopes, .show = "a table for Dutch, English, French and Spanish",
     .help = "phrases that mark terms as negated, of the past, of relatives or uncertain"},
    {"no-scopes", 0, NULL, CLI_FLAG, &o.no_scopes, .help = "do not mark terms"},
    {"skip-unknown", 0, NULL, CLI_FLAG, &o.skip_unknown,
     .help = "skip rows of --table whose code the model lacks, and count them"},
    {"force", 0, NULL, CLI_FLAG, &o.force, .help = "replace an existing model"},
    {"threads", 0, "N", CLI_INT, &o.threads, .min = 1, .max = 1024, .show = "all cores",
     .help = "number of threads"},
    CLI_ROW_QUIET(o.quiet),
    {0}};

static const char description[] =
    "Mines terms from training encounters: sequences of up to four words that occur often in encounters with "
    "a code and seldom in others. Each pair of term and code gets a weight, which is learnt from how well "
    "such counts predict the codes of training encounters that were not counted. Pairs with a weight below "
    "-4, a probability of 0.018, are left out.\n"
    "\n"
    "With --model the terms, and a linear model of words, bigrams and character n-grams (3 or 4 characters "
    "of a word), are added to a network: the logit of a code is w * network + v * linear + b + the weight of "
    "its best term in the encounter. Logistic regression on the dev encounters finds w, v, b and the scale "
    "of the weights; then the threshold with the best micro-F1 is found. The new model is the network with w "
    "and b in its last layer, terms.tsv and linear.safetensors. Terms or a linear model that do not improve "
    "micro-F1 on dev are left out, and a message says so. The regression also calibrates the scores: of all "
    "pairs with the score p, a fraction of about p has the code. --no-mined --no-linear only calibrates a "
    "network. Without --model only the table is written, with weights in units of the logit.\n"
    "\n"
    "Training the linear model takes 4 bytes of memory times the square of the number of training "
    "encounters, plus 8 bytes times encounters times labels. The time grows with the cube of the number of "
    "encounters. It learns from 16,384 training encounters at most. Leave-one-out micro-F1 of the training "
    "encounters decides whether it has character n-grams, and whether the first 64 words of an encounter, "
    "such as a title or a summary, count more. linear.safetensors has hashes of words, which can be guessed: "
    "treat it as patient data.\n"
    "\n"
    "--refit is for the model that is used in the end: it has terms and a linear model of all encounters "
    "with codes that exist. Everything was chosen before, on dev encounters that were not counted. "
    "Afterwards dev is part of the training data: metrics of the new model on dev are too good. Use those of "
    "the model before.\n"
    "\n"
    "--table adds terms of your own, such as synonyms or an alphabetical index. A row without a weight gets "
    "the weight of a term that was in two training encounters, both with the code. A weight that is given is "
    "added to the logit as it is; it can be negative. For codes that no training encounter has, train the "
    "network with ecan-train --all-labels.\n"
    "\n"
    "Terms that are negated, historical, about a relative or uncertain are marked, in Dutch, English, French "
    "and Spanish: \"geen koorts\", \"sin fiebre\". The effect of each mark on the weight is learnt. If a "
    "mark shows that the code does not apply, terms with it do not count when weights are learnt. The table "
    "of the phrases becomes scopes.tsv of the new model, which can be edited; --scopes uses a table of your "
    "own (formats/scopes.md).\n"
    "\n"
    "--spans reads spans that coders marked in training encounters as the reason for a code. A marked phrase "
    "is a term of the code even if only one encounter has it, and has up to 16 words. Where coders marked "
    "spans, they show which terms indicate the code; where they did not, this is estimated from the counts. "
    "In decisions that the page of ecan-explain saved, the evidence of accepted codes counts as marked. With "
    "--no-mined the only mined terms are the marked phrases: the table is smaller, and every term is one "
    "that a coder chose.\n"
    "\n"
    "terms.tsv can be edited: delete rows, add rows, change weights. The format is in formats/terms.md. It "
    "contains words of the training encounters.";

static const cli_program program = {
    .name = "ecan-terms",
    .summary = "mine terms of codes, train a linear model, and add both to a network",
    .usage = "--train FILE [--dev FILE -m DIR -o DIR] [OPTION]...",
    .description = description,
    .example =
        "ecan-terms --train train.mp > terms.tsv\n"
        "ecan-terms --train train.mp --dev dev.mp -m network -o model\n"
        "ecan-terms --train train.mp --dev dev.mp -m model --refit -o refit\n"
        "ecan-terms --train train.mp --dev dev.mp -m network -o model --table index.tsv --descriptions\n"
        "ecan-terms --train train.mp --dev dev.mp -m network -o model --spans gold.jsonl,decisions.jsonl\n"
        "ecan-terms --train train.mp --dev dev.mp -m network -o calibrated --no-mined --no-linear",
    .see_also = "ecan-match, ecan-train, ecan-predict",
    .options = options};

static progress line;
static const char *step_name;

static void die_unless(bool good)
{
    if (good)
        return;
    progress_end(&line);
    cli_die("%s", err_message());
}

/* ---- progress ---- */

/* progress_end() erases the line before something is printed; the next step shows it again. */
static void begin_step(const char *name)
{
    step_name = name;
    progress_end(&line);
    progress_start(&line, program.name, "parts", 0, o.quiet);
    line.bound = "at least";
    progress_step(&line, name);
}

/* The tasks of a pool, if they take longer than a second. Others of the same step may follow. */
static void show_tasks(void *context, size_t started, size_t tasks)
{
    (void)context;
    if (started == 0) {
        line.start = progress_now();
        line.total = tasks;
    } else if (progress_now() - line.start > 1) {
        progress_update(&line, started, step_name);
    }
}

static void check_options(int operands)
{
    struct stat st;
    if (operands)
        cli_usage("unexpected argument: the files are named by options");
    if (!o.train)
        cli_usage("--train is missing");
    if (o.scopes && o.no_scopes)
        cli_usage("--scopes and --no-scopes exclude each other");
    if (!o.model) {
        if (o.dev || o.descriptions || o.refit)
            cli_usage("%s needs --model", o.dev ? "--dev" : o.refit ? "--refit" : "--descriptions");
        return;
    }
    if (!o.dev || !o.output)
        cli_usage("%s is missing", o.dev ? "--output" : "--dev");
    if (strcmp(o.dev, "-") == 0)
        cli_usage("--dev is read twice: name a file");
    if (stat(o.output, &st))
        return;
    const int empty = folder_is_empty(o.output, NULL), exists = empty ? 0 : model_exists(o.output);
    die_unless(empty >= 0 && exists >= 0);
    if (!empty && !o.force)
        cli_die("%s: exists already: --force replaces it", o.output);
    if (!empty && !exists)
        cli_die("%s: neither empty nor a model folder: use another one", o.output);
}

/* The rows of --table that have a weight (given), or those that have none. */
static void add_tables(term_table *t, bool given, const term_weights *w)
{
    char *files = o.tables ? mem_strndup(o.tables, strlen(o.tables)) : NULL, *rest = NULL;
    die_unless(!o.tables || files);
    for (char *file = files ? strtok_r(files, ",", &rest) : NULL; file; file = strtok_r(NULL, ",", &rest))
        die_unless(!term_table_add_file(t, file, given, o.skip_unknown, w));
    mem_free(files);
}

static void mine_and_learn(mined *m, term_weights *w, const term_corpus *c, int ignored)
{
    die_unless(!mine(m, c, (int)o.max_length, (int)o.min_encounters, ignored) &&
               !term_weights_learn(w, m->seen, m->n_seen));
}

/* If the training encounters show that terms with a mark do not have the code, these terms do not count.
 * Later rows replace earlier ones: counted terms come after those without a weight, given weights last. */
static void fill_table(term_table *t, const term_corpus *c)
{
    mined m;
    term_weights w;
    mine_and_learn(&m, &w, c, 0);
    const int denied = term_weights_denied(&w);
    if (denied) {
        mined_free(&m);
        mine_and_learn(&m, &w, c, denied);
    }
    progress_end(&line);
    if (m.min_encounters > o.min_encounters)
        cli_warn("more than %d pairs of term and code: only those in %d encounters or more are used",
                 MINE_TERMS, m.min_encounters);
    t->marks = w.marks;
    t->marks.any = t->scopes != NULL;
    if (o.descriptions)
        die_unless(!term_table_add_descriptions(t, &w));
    add_tables(t, false, &w);
    if (o.mined || o.spans)
        die_unless(!term_table_add_mined(t, c, &m, &w, !o.mined));
    add_tables(t, true, &w);
    die_unless(!term_table_unique(t));
    mined_free(&m);
    if (t->unknown)
        cli_warn("%" PRIu64 " rows of --table skipped: their codes are not labels of the model", t->unknown);
    if (t->empty)
        cli_warn("%" PRIu64 " terms left out: they have no word that counts", t->empty);
}

/* ---- marks ---- */

/* NULL: --no-scopes. */
static scopes *open_scopes(void)
{
    scopes *s = o.no_scopes ? NULL : o.scopes ? scopes_read(o.scopes) : scopes_new();
    die_unless(o.no_scopes || s);
    return s;
}

/* The text of the table, for the model folder. */
static file_map scopes_text(void)
{
    file_map text = {0};
    if (o.scopes)
        die_unless(!file_map_open(&text, o.scopes));
    else
        text.data = (const unsigned char *)scopes_builtin(&text.size);
    return text;
}

/* How many of the spans are used, and why not the others. */
static void report_spans(const term_spans *s, const term_phrases *p)
{
    progress_end(&line);
    const struct {
        uint64_t n;
        const char *why;
    } left[] = {{s->n - p->found, "of encounters that are not in --train"},
                {p->no_code, "of codes that their encounter or the model does not have"},
                {p->no_word, "without a word that counts"},
                {p->too_long, "of more than 16 words"}};
    buf text = {0};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        char part[96];
        const int n = snprintf(part, sizeof part, "%s%" PRIu64 " %s",
                               text.len ? ", " : "; left out: ", left[i].n, left[i].why);
        die_unless(!left[i].n || !buf_add(&text, part, (size_t)n));
    }
    cli_warn("%zu of %zu spans are used%.*s", p->n, s->n, (int)text.len, text.len ? (char *)text.data : "");
    buf_free(&text);
}

/* ---- a table only ---- */

static void write_table(term_table *t)
{
    term_table_sort(t);
    FILE *f = cli_output(o.output, OUTPUT_PLAIN);
    term_table_put(t, f);
    cli_close(f);
}

/* ---- a model ---- */

static int copy_text(const void *context, const char *path)
{
    const file_map *text = context;
    FILE *f = lines_create(path);
    if (!f)
        return -1;
    fwrite(text->data, 1, text->size, f);
    return lines_finish(f, path);
}

/* history.jsonl is the network's. false: it has none. */
static bool open_history(file_map *history)
{
    char *path = file_join(o.model, "history.jsonl");
    const int found = path ? file_exists(path) : -1;
    die_unless(found >= 0 && (!found || !file_map_open(history, path)));
    free(path);
    return found;
}

static json_t *describe(const model *network, const combination *c, const term_table *t, const branch *linear)
{
    json_t *about = json_deep_copy(network->config), *parts = json_object();
    ecan_json_set(parts, "terms", json_integer((json_int_t)t->n));
    combination_to_json(parts, c);
    if (c->parts & COMBINE_LINEAR) {
        ecan_json_set(parts, "linear_features", json_integer((json_int_t)linear->model.features));
        ecan_json_set(parts, "linear_rank", json_integer((json_int_t)linear->model.rank));
        const branch_features of = branch_features_of(&linear->model);
        ecan_json_set(parts, "linear_characters", json_boolean(of.chars));
        ecan_json_set(parts, "linear_first_words", json_integer((json_int_t)of.first_words));
    }
    if (o.refit)
        ecan_json_set(parts, "refit", json_true());
    ecan_json_set(about, "terms", parts);
    return ecan_json_complete(about);
}

static void report(const combination *c, const term_table *t, const matcher *given, const branch *linear)
{
    if (!o.quiet && linear->model.features)
        cli_warn("micro-F1 on dev: network %.4f, terms %.4f, linear %.4f, together %.4f", c->network_micro_f1,
                 c->terms_micro_f1, c->linear_micro_f1, c->micro_f1);
    else if (!o.quiet)
        cli_warn("micro-F1 on dev: network %.4f, terms %.4f, together %.4f", c->network_micro_f1,
                 c->terms_micro_f1, c->micro_f1);
    if ((t->n || o.mined) && !(c->parts & COMBINE_TERMS))
        cli_warn("the terms do not improve micro-F1 on dev: the model has %s",
                 matcher_rows(given) ? "only those of --table with a weight" : "none");
    if (linear->model.features && !(c->parts & COMBINE_LINEAR))
        cli_warn("the linear model does not improve micro-F1 on dev: it is left out");
    if (!o.quiet && !c->parts)
        cli_warn("calibrated: the logits are multiplied by %.4g, and %.4g is added", c->network, c->bias);
}

/* features NULL: they are chosen. */
static void train_branch(branch *b, term_corpus *c, const branch_features *features, pool *threads)
{
    begin_step("linear model");
    const int trained = branch_train(b, c, BRANCH_TEXTS, features, threads);
    progress_end(&line);
    die_unless(trained >= 0);
    if (!trained)
        cli_warn("no linear model: it needs words that 3 training encounters have, and codes of the network");
    else if (b->about.texts < c->n)
        cli_warn("the linear model learns from %zu of %zu training encounters", b->about.texts, c->n);
}

/* The branch adds w_l (a y + c): a and w_l become part of it, and w_l c of the bias. */
static void apply_linear(combination *c, branch *linear)
{
    branch_scale(linear, c->linear * linear->platt.a);
    c->bias -= c->linear_bias;
    c->linear_bias = c->linear * linear->platt.c;
    c->bias += c->linear_bias;
}

/* Writes the folder: the network with `changes` applied, the terms, and the linear branch if c has it. */
static void write_folder(const model *network, const combination *c, const combination *changes,
                         term_table *t, const branch *linear)
{
    file_map history, phrases;
    folder_part more[3];
    int n = 0;
    if (open_history(&history))
        more[n++] = (folder_part){"history.jsonl", copy_text, &history, NULL};
    term_table_scale(t, c->term, c->any_term);
    term_table_sort(t);
    if (t->n)
        more[n++] = (folder_part){MODEL_TERMS, term_table_write, t, NULL};
    if (t->n && t->scopes) {
        phrases = scopes_text();
        more[n++] = (folder_part){MODEL_SCOPES, copy_text, &phrases, NULL};
    }
    json_t *about = describe(network, c, t, linear);
    const linear_branch *used = c->parts & COMBINE_LINEAR ? &linear->model : NULL;
    die_unless(about && !combine_write(changes, network, used, o.output, about, more, n));
    json_decref(about);
}

static void write_model(const model *network, term_corpus *corpus, term_table *t, pool *threads)
{
    combination c;
    branch linear = {0};
    if (o.linear)
        train_branch(&linear, corpus, NULL, threads);
    matcher *learnt = term_table_matcher(t, true), *given = learnt ? term_table_matcher(t, false) : NULL;
    die_unless(given);
    const combine_parts parts = {.learnt = learnt,
                                 .given = given,
                                 .linear = linear.model.features ? &linear.model : NULL,
                                 .slope = linear.platt.a,
                                 .constant = linear.platt.c};
    begin_step("scores of dev");
    die_unless(!combine(&c, network, o.dev, &parts, threads));
    progress_end(&line);
    report(&c, t, given, &linear);
    matcher_free(learnt);
    matcher_free(given);
    apply_linear(&c, &linear);
    write_folder(network, &c, &c, t, &linear);
    branch_free(&linear);
}

/* ---- a model that was chosen, counted again ---- */

static combination read_choice(const model *chosen)
{
    combination c;
    if (json_is_true(json_object_get(json_object_get(chosen->config, "terms"), "refit")))
        cli_die("%s: --refit counted its terms on dev already: use the model before", o.model);
    if (combination_from_json(&c, chosen->config))
        cli_die("%s: config.json: %s", o.model, err_message());
    c.threshold = chosen->p.c.threshold;
    return c;
}

/* W and b of the chosen model have w_n and the bias already. */
static void write_refit(const model *chosen, term_corpus *corpus, term_table *t, pool *threads)
{
    combination c = read_choice(chosen);
    const double bias = c.bias;
    branch linear = {0};
    if (c.parts & COMBINE_LINEAR) {
        const branch_features features = branch_features_of(&chosen->linear);
        train_branch(&linear, corpus, &features, threads);
        apply_linear(&c, &linear);
    }
    const combination changes = {.network = 1, .bias = c.bias - bias, .threshold = c.threshold};
    write_folder(chosen, &c, &changes, t, &linear);
    branch_free(&linear);
}

int main(int argc, char **argv)
{
    const char *const *operands;
    int n_operands;
    o.threads = pool_cores();
    cli_parse(&program, argc, argv, &operands, &n_operands);
    check_options(n_operands);
    die_unless(!gemm_init());

    const term_form form = {.keep_endings = !o.stem, .keep_stop_words = !o.stop_words};
    pool *threads = pool_new((int)o.threads);
    model network = {0};
    term_corpus c;
    term_spans spans = {0};
    labels *l = NULL;
    scopes *s = open_scopes();
    die_unless(threads && (!o.model || !model_open(&network, o.model, true, threads)));
    die_unless(o.model || (l = labels_new()));
    pool_show(threads, show_tasks, NULL);
    begin_step("words of train");
    die_unless(!o.spans || !term_spans_read(&spans, o.spans));
    term_table t = {.labels = o.model ? network.labels : l, .form = form, .scopes = s};
    if (o.refit)
        read_choice(&network);
    die_unless(!term_corpus_read(&c, (const char *[]){o.train, o.dev}, o.refit ? 2 : 1,
                                 o.model ? network.labels : l, !o.model, form, s, o.spans ? &spans : NULL));
    if (o.spans && !o.quiet)
        report_spans(&spans, &c.phrases);
    t.tokenizer = o.model && model_tokenizer(&network) ? model_tokenizer(&network) : c.tokenizer;
    begin_step("mining");
    fill_table(&t, &c);
    progress_end(&line);
    if (!o.quiet)
        cli_warn("%zu encounters, %zu terms", c.n, t.n);
    if (o.refit)
        write_refit(&network, &c, &t, threads);
    else if (o.model)
        write_model(&network, &c, &t, threads);
    else
        write_table(&t);
    term_table_free(&t);
    term_corpus_free(&c);
    term_spans_free(&spans);
    model_close(&network);
    labels_free(l);
    scopes_free(s);
    pool_free(threads);
    return cli_finish(CLI_OK);
}
