/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_main.h"
#include "warn_vectors.h"

#include "filter_options.h"

#include "base/err.h"
#include "ensemble/ensemble.h"
#include "predict/model_stage.h"
#include "tensor/gemm.h"
#include "tensor/multiply.h"
#include "text/thresholds.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct {
    const char *model, *keep, *vectors, *terms;
    bool weights, unit, unit_given;
    int precision; /* precision, or the number after the last: the faster one */
    filter_options run;
    threshold_options codes;
} o;

enum { MOST_OPTIONS = 16 };

static const cli_option model_option = {.name = "model",
                                        .letter = 'm',
                                        .arg = "DIR",
                                        .kind = CLI_STRING,
                                        .value = &o.model,
                                        .help = "model folder"};
static const cli_option ensemble_option = {.name = "model",
                                           .letter = 'm',
                                           .arg = "DIR",
                                           .kind = CLI_STRING,
                                           .value = &o.model,
                                           .help = "model folder or ensemble folder"};
static const cli_option keep_option = {.name = "keep",
                                       .arg = "KEY",
                                       .kind = CLI_STRING,
                                       .value = &o.keep,
                                       .help = "do not drop KEY from the records"};
static const cli_option weights_option = {
    .name = "weights",
    .kind = CLI_FLAG,
    .value = &o.weights,
    .help = "add A, the attention weights of every label over the words: L times T numbers per block"};
static const cli_option precision_option = {
    .name = "precision",
    .arg = "WHICH",
    .kind = CLI_CHOICE,
    .value = &o.precision,
    .choices = "f32|bf16|auto",
    .help = "precision of attention. bf16: in bfloat16 with 16 bits, and again with 32 bits for labels whose "
            "network has a probability above 1%. The same codes are predicted, up to twice as fast, on "
            "processors of AMD with AVX512-BF16. For fewer than 256 labels, and with --weights, it is f32. "
            "auto: bf16 on these processors, f32 on others"};
static const cli_option vectors_option = {
    .name = "vectors",
    .arg = "FILE",
    .kind = CLI_STRING,
    .value = &o.vectors,
    .help = "use the word vectors in FILE (word2vec, fastText .vec or GloVe) instead of those of the model; "
            "a model is then optional"};
static const cli_option unit_option = {.name = "scale-vectors",
                                       .kind = CLI_FLAG,
                                       .value = &o.unit,
                                       .given = &o.unit_given,
                                       .show = "as in the training of the model; off without a model",
                                       .help =
                                           "scale each vector of --vectors to length 1, as ecan-train does"};

static const cli_option terms_option = {
    .name = "terms",
    .arg = "FILE",
    .kind = CLI_STRING,
    .value = &o.terms,
    .help = "use the terms of FILE instead of those of the model: term, code, weight, separated by tabs"};

/* Lists the common options and those of this stage. */
static void list_options(cli_option *list, const stage_program *p)
{
    *list++ = p->ensembles ? ensemble_option : model_option;
    filter_options_list(list, &o.run);
    list += N_FILTER_OPTIONS;
    if (p->consumed)
        *list++ = keep_option;
    if (p->attends)
        *list++ = precision_option;
    if (p->weights)
        *list++ = weights_option;
    if (p->vectors) {
        *list++ = vectors_option;
        *list++ = unit_option;
    }
    if (p->needs_terms)
        *list++ = terms_option;
    if (p->scores) {
        threshold_options_list(list, &o.codes, "the model's", "the model's, where it has any");
        list += N_THRESHOLD_OPTIONS;
    }
    *list = (cli_option){0};
}

static void report_unread(unread u)
{
    char text[UNREAD_ROOM];
    if (!o.run.quiet && unread_words(text, &u, "max_words"))
        cli_warn("%s", text);
}

static void use_precision(model *m)
{
    m->p.sizes.precision = o.precision > PRECISION_BF16 ? precision_fastest() : (precision)o.precision;
}

static int predict_ensemble(const stage_program *p, const char *const *files, int n_files)
{
    const ensemble_options how = {.threshold = o.codes.threshold_given ? o.codes.threshold : NAN,
                                  .thresholds = o.codes.thresholds};
    ensemble e = {0};
    ensemble_stage *s = NULL;
    pool *threads = pool_new((int)o.run.threads);
    if (!threads || input_folder(o.model) || ensemble_open(&e, o.model, threads) ||
        !(s = ensemble_stage_new(&e, (int)pool_size(threads), &how)))
        cli_die("%s", err_message());
    for (int i = 0; i < e.combination.n; i++)
        use_precision(&e.part[i].model);
    filter f = {.program = p->name,
                .in_kind = p->in_kind,
                .out_kind = p->out_kind,
                .fingerprint = ensemble_part_fingerprint(&e.part[0]),
                .header = ensemble_stage_header(s),
                .apply = ensemble_stage_apply,
                .context = s,
                .loops = ensemble_stage_loops(s),
                .check = ensemble_stage_check,
                .files = files,
                .n_files = n_files};
    filter_options_begin(&f, &o.run);
    const int code = filter_run(&f, threads);
    report_unread(ensemble_stage_unread(s));
    ensemble_stage_free(s);
    ensemble_close(&e);
    pool_free(threads);
    return code;
}

int stage_main(const stage_program *p, int argc, char **argv)
{
    cli_option options[MOST_OPTIONS];
    const char *const *files;
    int n_files;
    list_options(options, p);
    char kernels[64];
    snprintf(kernels, sizeof kernels, "BLIS kernels: %s", gemm_kernels());
    const cli_program program = {.name = p->name,
                                 .summary = p->summary,
                                 .usage = p->vectors ? "-m DIR|--vectors FILE [OPTION]... [FILE]..."
                                                     : "-m DIR [OPTION]... [FILE]...",
                                 .description = p->description,
                                 .example = p->example,
                                 .see_also = p->see_also,
                                 .options = options,
                                 .version_extra = kernels};
    cli_parse(&program, argc, argv, &files, &n_files);
    if (!o.model && !o.vectors)
        cli_usage(p->vectors ? "missing option --model DIR or --vectors FILE" : "missing option --model DIR");
    if (o.unit_given && !o.vectors)
        cli_usage("--scale-vectors requires --vectors FILE");
    if (o.keep && strcmp(o.keep, p->consumed) != 0)
        cli_usage("--keep: invalid value '%s': expected %s, the only key that this program drops", o.keep,
                  p->consumed);
    if (gemm_init())
        cli_die("%s", err_message());
    if (gemm_is_generic())
        cli_warn("BLIS has no kernels for this processor: its portable kernels are several times slower");

    const int is_ensemble = p->ensembles ? ensemble_exists(o.model) : 0;
    if (is_ensemble < 0)
        cli_die("%s", err_message());
    if (is_ensemble)
        return cli_finish(predict_ensemble(p, files, n_files));

    model m = {0};
    model_stage s;
    pack header = {0};
    pool *threads = pool_new((int)o.run.threads);
    if (!threads || (o.model && model_open(&m, o.model, p->encodes, threads)) ||
        model_stage_open(&s, o.model ? &m : NULL, pool_size(threads)))
        cli_die("%s", err_message());
    use_precision(&m);
    s.weights = o.weights;
    if (o.vectors &&
        (model_stage_open_vectors(&s, o.vectors, o.unit_given ? o.unit : model_stage_has_unit_vectors(&s)) ||
         model_stage_vectors_header(&s, &header)))
        cli_die("%s", err_message());
    if (o.vectors)
        warn_vectors(&s.vectors->v, o.vectors);
    matcher *terms = NULL;
    if ((p->terms && model_stage_read_terms(&m, o.model, o.terms, &terms)) ||
        model_stage_use_terms(&s, terms))
        cli_die("%s", err_message());
    if (p->needs_terms && !s.terms && !m.linear.features)
        cli_die("%s has no terms: add some with ecan-terms, or name a table with --terms", o.model);
    if (o.codes.threshold_given)
        model_stage_thresholds(&s, (float)o.codes.threshold, NULL);
    if (o.codes.thresholds && thresholds_read(o.codes.thresholds, m.labels, s.thresholds))
        cli_die("%s", err_message());
    if (p->scores && model_stage_header(&s, &header))
        cli_die("%s", err_message());

    const char *const drop[] = {o.keep ? NULL : p->consumed, NULL};
    filter f = {.program = p->name,
                .in_kind = p->in_kind,
                .out_kind = p->out_kind,
                .fingerprint = o.model ? m.fingerprint : NULL,
                .drop = drop,
                .header = p->scores || o.vectors ? &header : NULL,
                .apply = p->apply,
                .context = &s,
                .loops = s.team.loops,
                .check = model_stage_check,
                .files = files,
                .n_files = n_files};
    filter_options_begin(&f, &o.run);
    const int code = filter_run(&f, threads);
    report_unread(model_stage_unread(&s));
    pack_free(&header);
    model_stage_close(&s);
    matcher_free(terms);
    model_close(&m);
    pool_free(threads);
    return cli_finish(code);
}
