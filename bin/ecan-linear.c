/* SPDX-License-Identifier: Apache-2.0 */
/* token records -> scored records, by a linear model that is trained at the start or was saved */
#include "cli.h"
#include "filter_options.h"

#include "base/err.h"
#include "base/mem.h"
#include "linear/linear.h"
#include "tensor/gemm.h"
#include "text/predicted.h"
#include "text/thresholds.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct {
    const char *train, *model;
    int64_t min_df, max_words;
    bool bigrams, save;
    bool lambda_given, bigrams_given, min_df_given, max_words_given;
    cli_reals lambdas;
    filter_options run;
    threshold_options codes;
} o = {.min_df = 3, .bigrams = true, .lambdas = {.n = 1, .v = {0.1}}};

static const cli_option own[] = {
    {"train", 0, "FILE", CLI_STRING, &o.train, .help = "token records with labels to train on"},
    {"model", 'm', "FILE", CLI_STRING, &o.model, .help = "score with the model in FILE, which --save wrote"},
    {"save", 0, NULL, CLI_FLAG, &o.save, .help = "write the model instead of scores"},
    {"lambda", 0, "X,...", CLI_REALS, &o.lambdas, .given = &o.lambda_given, .min = 1e-4, .max = 1e4,
     .show = "0.1",
     .help = "regularisation strength of the ridge regression; of several values the one with the best "
             "leave-one-out micro-F1 is used"},
    {"bigrams", 0, NULL, CLI_FLAG, &o.bigrams, .given = &o.bigrams_given,
     .help = "use bigrams in addition to words", .alias = "pairs"},
    {"min-docs", 0, "N", CLI_INT, &o.min_df, .given = &o.min_df_given, .min = 1, .max = 1e9,
     .help = "minimum number of training encounters that contain a word or bigram"},
    {"max-words", 0, "N", CLI_INT, &o.max_words, .given = &o.max_words_given, .min = 0, .max = 1e9,
     .alias = "max-length", .help = "maximum number of words of an encounter; 0: no maximum"},
};

enum { OWN = sizeof own / sizeof *own };

static const char description[] =
    "Trains a linear model on the records of --train. Then reads token records and adds scores, the "
    "probability of each label of the training set, and predicted, as ecan-predict does. With --save it "
    "writes the model instead, and reads no records. -m scores with such a file; the scores are "
    "bit-identical.\n\nUse it as a baseline: it takes seconds. It is hard to beat if there are few training "
    "encounters, or if a word or bigram anywhere in a long text identifies a code. Use it also in an "
    "ensemble: it makes other errors than a network, so their average (ecan-average --by logit) is better "
    "than both on most data. ecan ensemble does that.\n\nFeatures are the TF-IDF of words and bigrams. The "
    "model is a ridge regression for every label, solved exactly. The threshold, and the sigmoids that turn "
    "scores into probabilities, are fitted to leave-one-out scores of the training encounters. If several "
    "training encounters are of one patient, these scores are too optimistic: find the threshold on dev "
    "(ecan-metrics --best-threshold).\n\nThe file of --save has the words of each training encounter, "
    "without their order: treat it as the training set. Without --save, nothing is kept. Memory is 4 bytes "
    "times the square of the number of training encounters, plus 4 bytes times encounters times labels. "
    "Training time grows with the cube of the number of encounters. 13,929 abstracts took 830 MB, and one "
    "minute on one core of a slow server.";

static const char examples[] =
    "ecan-linear --train train.mp test.mp | ecan-metrics\necan-linear --train train.mp --save -o "
    "model.linear\necan-linear -m model.linear test.mp | ecan-metrics\necan-linear --train train.mp dev.mp > "
    "linear.scored\necan-predict -m model dev.mp | ecan-average --by logit - linear.scored | ecan-metrics";

typedef struct run {
    const linear *model;
    linear_work **work; /* of each thread; scores, order likewise */
    float **scores;
    int32_t **order;
    float *thresholds; /* [L] */
    unread *unread;    /* of each thread */
} run;

static int apply(void *context, int worker, const record *in, pack *out)
{
    const run *r = context;
    const labels *l = linear_labels(r->model);
    float *scores = r->scores[worker];
    if (linear_score(scores, r->model, r->work[worker], in))
        return -1;
    pack_key(out, "scores");
    pack_f4(out, scores, 1, (const size_t[]){labels_count(l)});
    predicted_pack(out, l, scores, r->thresholds, r->order[worker]);
    unread_add(&r->unread[worker], linear_words_cut(r->work[worker]), 0);
    if (unread_pack_more(out, in, linear_words_cut(r->work[worker])))
        return -1;
    if (!pack_failed(out))
        return 0;
    err_set("out of memory");
    return record_error(in, NULL);
}

static int check(void *context, const record *header)
{
    const run *r = context;
    return linear_check(r->model, header);
}

static int make_run(run *r, const linear *m, size_t threads)
{
    const size_t L = labels_count(linear_labels(m));
    *r = (run){.model = m,
               .work = mem_array(threads, sizeof *r->work),
               .scores = mem_array(threads, sizeof *r->scores),
               .order = mem_array(threads, sizeof *r->order),
               .thresholds = mem_array(L, sizeof *r->thresholds),
               .unread = mem_array(threads, sizeof *r->unread)};
    if (!r->work || !r->scores || !r->order || !r->thresholds || !r->unread)
        return -1;
    for (size_t i = 0; i < threads; i++) {
        r->work[i] = linear_work_new(m);
        r->scores[i] = mem_array(L, sizeof **r->scores);
        r->order[i] = mem_array(L, sizeof **r->order);
        if (!r->work[i] || !r->scores[i] || !r->order[i])
            return -1;
    }
    return 0;
}

static void free_run(run *r, size_t threads)
{
    for (size_t i = 0; i < threads; i++) {
        linear_work_free(r->work[i]);
        mem_free(r->scores[i]);
        mem_free(r->order[i]);
    }
    mem_free(r->work);
    mem_free(r->scores);
    mem_free(r->order);
    mem_free(r->thresholds);
    mem_free(r->unread);
}

/* Writes the labels and their thresholds. */
static int make_header(pack *fields, run *r)
{
    const labels *l = linear_labels(r->model);
    const int32_t L = labels_count(l);
    const float common =
        (float)(o.codes.threshold_given ? o.codes.threshold : linear_about(r->model)->threshold);
    for (int32_t j = 0; j < L; j++)
        r->thresholds[j] = common;
    if (o.codes.thresholds && thresholds_read(o.codes.thresholds, l, r->thresholds))
        return -1;
    labels_pack(fields, l);
    thresholds_pack(fields, common, r->thresholds, L);
    return pack_failed(fields) ? err_set("out of memory") : 0;
}

static void tell(const linear *m)
{
    const linear_summary *a = linear_about(m);
    if (!o.run.quiet)
        cli_warn("%zu encounters, %" PRId32 " labels, %" PRId32
                 " words%s; lambda %g: leave-one-out micro-F1 %.3f at threshold %.3f",
                 a->texts, labels_count(linear_labels(m)), a->features, o.bigrams ? " and bigrams" : "",
                 a->lambda, a->micro_f1, a->threshold);
}

static void report_unread(const char *prefix, const unread *u)
{
    char text[UNREAD_ROOM];
    if (!o.run.quiet && unread_words(text, u, "--max-words"))
        cli_warn("%s%s", prefix, text);
}

static void check_options(const char *const *files, int n)
{
    if (!o.train == !o.model)
        cli_usage(o.train ? "--train and --model: choose one"
                          : "missing option --train FILE or --model FILE");
    if (o.model && (o.save || o.lambda_given || o.bigrams_given || o.min_df_given || o.max_words_given))
        cli_usage("--model is already trained: --save and the options of training require --train");
    if (o.save && n > 0)
        cli_usage("--save reads no records: unexpected argument '%s'", files[0]);
    if (o.save && (o.codes.threshold_given || o.codes.thresholds))
        cli_usage("--save: give --threshold and --thresholds with --model");
    bool reads_input = n == 0 && !o.save;
    for (int i = 0; i < n; i++)
        reads_input |= strcmp(files[i], "-") == 0;
    if (reads_input && o.train && strcmp(o.train, "-") == 0)
        cli_usage("--train and the records both read standard input: name a file for one of them");
}

static linear *get_model(pool *threads)
{
    const linear_options how = {.lambdas = o.lambdas.v,
                                .n_lambdas = o.lambdas.n,
                                .min_df = (int)o.min_df,
                                .bigrams = o.bigrams,
                                .max_words = (int)o.max_words};
    return o.model ? linear_open(o.model) : linear_train(o.train, &how, threads);
}

static int save(const linear *m)
{
    FILE *f = cli_output(o.run.output, OUTPUT_NOTES);
    if (linear_write(m, f))
        cli_die("%s", err_message());
    cli_close(f);
    return CLI_OK;
}

static int score(const linear *m, const char *const *files, int n_files, pool *threads)
{
    run r;
    pack header = {0};
    if (make_run(&r, m, o.run.threads) || make_header(&header, &r))
        cli_die("%s", err_message());
    filter f = {.program = "ecan-linear",
                .in_kind = "tokens",
                .out_kind = "scored",
                .fingerprint = linear_fingerprint(m),
                .drop = (const char *const[]){NULL},
                .header = &header,
                .apply = apply,
                .context = &r,
                .check = check,
                .files = files,
                .n_files = n_files};
    filter_options_begin(&f, &o.run);
    const int code = filter_run(&f, threads);
    unread left = {0};
    for (int64_t i = 0; i < o.run.threads; i++)
        unread_merge(&left, &r.unread[i]);
    report_unread("", &left);
    pack_free(&header);
    free_run(&r, o.run.threads);
    return code;
}

int main(int argc, char **argv)
{
    const char *const *files;
    int n_files;
    cli_option options[OWN + N_FILTER_OPTIONS + N_THRESHOLD_OPTIONS + 1] = {{0}};
    memcpy(options, own, sizeof own);
    filter_options_list(options + OWN, &o.run);
    threshold_options_list(options + OWN + N_FILTER_OPTIONS, &o.codes,
                           "the one with the best leave-one-out micro-F1", "the same for all labels");
    const cli_program program = {.name = "ecan-linear",
                                 .summary = "train a linear model and score every label with it",
                                 .usage = "--train FILE|-m FILE [OPTION]... [FILE]...",
                                 .description = description,
                                 .example = examples,
                                 .see_also = "ecan-average, ecan-predict, ecan-metrics, ecan-tokenize",
                                 .options = options};
    cli_parse(&program, argc, argv, &files, &n_files);
    check_options(files, n_files);
    if (gemm_init())
        cli_die("%s", err_message());

    pool *threads = pool_new((int)o.run.threads);
    linear *m = threads ? get_model(threads) : NULL;
    if (!m)
        cli_die("%s", err_message());
    if (o.train) {
        tell(m);
        report_unread("train: ", linear_unread(m));
    }
    const int code = o.save ? save(m) : score(m, files, n_files, threads);
    linear_free(m);
    pool_free(threads);
    return cli_finish(code);
}
