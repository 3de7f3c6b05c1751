#include "stage.h"

#include "base/err.h"
#include "model/stage.h"
#include "tensor/gemm.h"
#include "text/thresholds.h"

#include <stdio.h>
#include <string.h>

static struct {
    const char *model, *output, *keep, *thresholds, *vectors;
    double threshold;
    bool threshold_given, weights, unit, unit_given, skip_bad, unbuffered, quiet;
    int64_t threads, max_record;
} o = {.max_record = (int64_t)STREAM_MAX_RECORD};

enum { MOST_OPTIONS = 16 };

static const cli_option common[] = {
    {.name = "model", .letter = 'm', .arg = "DIR", .kind = CLI_STRING, .value = &o.model, .help = "the model folder"},
    {.name = "output",
     .letter = 'o',
     .arg = "FILE",
     .kind = CLI_STRING,
     .value = &o.output,
     .show = "standard output",
     .help = "write the stream to FILE"},
    {.name = "threads",
     .arg = "N",
     .kind = CLI_INT,
     .value = &o.threads,
     .min = 1,
     .max = 1024,
     .show = "all cores",
     .help = "threads; the bytes are the same whatever their number"},
    {.name = "skip-bad",
     .kind = CLI_FLAG,
     .value = &o.skip_bad,
     .help = "report bad records, go on without them, and exit 1 at the end"},
    {.name = "max-record",
     .arg = "SIZE",
     .kind = CLI_SIZE,
     .value = &o.max_record,
     .min = 1024,
     .max = 1e12,
     .help = "bytes that a record may have"},
    {.name = "unbuffered", .kind = CLI_FLAG, .value = &o.unbuffered, .help = "write every record at once"},
    {.name = "quiet", .letter = 'q', .kind = CLI_FLAG, .value = &o.quiet, .help = "no progress line"},
};

static const cli_option keep_option = {.name = "keep",
                                       .arg = "KEY",
                                       .kind = CLI_STRING,
                                       .value = &o.keep,
                                       .help = "hand KEY on too, which is dropped otherwise"};
static const cli_option weights_option = {.name = "weights",
                                          .kind = CLI_FLAG,
                                          .value = &o.weights,
                                          .help = "add A, every label's weights over the words: L times T numbers a block"};
static const cli_option threshold_option = {.name = "threshold",
                                            .arg = "P",
                                            .kind = CLI_REAL,
                                            .value = &o.threshold,
                                            .max = 1,
                                            .given = &o.threshold_given,
                                            .show = "the model's",
                                            .help = "predict the codes whose probability is above P"};

static const cli_option thresholds_option = {.name = "thresholds",
                                             .arg = "FILE",
                                             .kind = CLI_STRING,
                                             .value = &o.thresholds,
                                             .show = "the model's, where it has any",
                                             .help = "... or above the label's own threshold in FILE: code, tab, threshold"};

static const cli_option vectors_option = {.name = "vectors",
                                          .arg = "FILE",
                                          .kind = CLI_STRING,
                                          .value = &o.vectors,
                                          .help = "take the word vectors of FILE (word2vec, fastText .vec or GloVe) and not "
                                                  "the model's, or do without a model"};
static const cli_option unit_option = {.name = "scale-vectors",
                                       .kind = CLI_FLAG,
                                       .value = &o.unit,
                                       .given = &o.unit_given,
                                       .show = "as the model was trained; without a model off",
                                       .help = "make each vector of --vectors 1 long, as ecan-train does"};

/* The common options and those of this stage. */
static void list_options(cli_option *list, const stage_program *p)
{
    size_t n = sizeof common / sizeof *common;
    memcpy(list, common, sizeof common);
    if (p->consumed)
        list[n++] = keep_option;
    if (p->weights)
        list[n++] = weights_option;
    if (p->vectors) {
        list[n++] = vectors_option;
        list[n++] = unit_option;
    }
    if (p->scores) {
        list[n++] = threshold_option;
        list[n++] = thresholds_option;
    }
    list[n] = (cli_option){0};
}

int stage_main(const stage_program *p, int argc, char **argv)
{
    cli_option options[MOST_OPTIONS];
    const char *const *files;
    int n_files;
    o.threads = pool_cores();
    list_options(options, p);
    char kernels[64];
    snprintf(kernels, sizeof kernels, "BLIS kernels: %s", gemm_kernels());
    const cli_program program = {.name = p->name,
                                 .summary = p->summary,
                                 .usage = p->vectors ? "-m DIR|--vectors FILE [OPTION]... [FILE]..." : "-m DIR [OPTION]... [FILE]...",
                                 .description = p->description,
                                 .example = p->example,
                                 .see_also = p->see_also,
                                 .options = options,
                                 .version_extra = kernels};
    cli_parse(&program, argc, argv, &files, &n_files);
    if (!o.model && !o.vectors)
        cli_usage(p->vectors ? "--model is missing, or --vectors" : "--model is missing");
    if (o.unit_given && !o.vectors)
        cli_usage("--scale-vectors is about those of --vectors");
    if (o.keep && strcmp(o.keep, p->consumed) != 0)
        cli_usage("--keep: this program drops %s alone", p->consumed);
    if (gemm_is_generic())
        cli_warn("BLIS has no kernels for this processor and uses its portable ones, which are several times slower");

    stage s;
    pack header = {0};
    pool *threads = pool_new((int)o.threads);
    if (!threads || stage_open(&s, o.model, threads))
        cli_die("%s", err_message());
    s.weights = o.weights;
    if (o.vectors && (stage_open_vectors(&s, o.vectors, o.unit_given ? o.unit : stage_has_unit_vectors(&s)) ||
                      stage_vectors_header(&s, &header)))
        cli_die("%s", err_message());
    if (o.threshold_given)
        stage_thresholds(&s, (float)o.threshold, NULL);
    if (o.thresholds && thresholds_read(o.thresholds, s.m.labels, s.thresholds))
        cli_die("%s", err_message());
    if (p->scores && stage_header(&s, &header))
        cli_die("%s", err_message());

    const char *const drop[] = {o.keep ? NULL : p->consumed, NULL};
    const filter f = {.program = p->name,
                      .in_kind = p->in_kind,
                      .out_kind = p->out_kind,
                      .fingerprint = o.model ? s.m.fingerprint : NULL,
                      .drop = drop,
                      .header = p->scores || o.vectors ? &header : NULL,
                      .apply = p->apply,
                      .context = &s,
                      .loops = s.crew.loops,
                      .check = stage_check,
                      .skip_bad = o.skip_bad,
                      .unbuffered = o.unbuffered,
                      .quiet = o.quiet,
                      .max_record = (size_t)o.max_record,
                      .files = files,
                      .n_files = n_files,
                      .output = o.output,
                      .warn = cli_warn};
    const int code = filter_run(&f, threads);
    pack_free(&header);
    stage_close(&s);
    pool_free(threads);
    return cli_finish(code);
}
