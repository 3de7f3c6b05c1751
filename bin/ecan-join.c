/* SPDX-License-Identifier: Apache-2.0 */
/* models + weights -> an ensemble folder */
#include "cli.h"

#include "base/err.h"
#include "ensemble/ensemble.h"
#include "io/output.h"
#include "tensor/gemm.h"

#include <math.h>

static struct {
    const char *output, *combination;
    int by;
    cli_reals weights;
    double threshold;
    bool by_given, threshold_given;
} o;

static const cli_option options[] = {
    {"output", 'o', "DIR", CLI_STRING, &o.output, .help = "write the ensemble to DIR", .show = ""},
    {"combination", 0, "FILE", CLI_STRING, &o.combination,
     .help =
         "the weights, bias and threshold in FILE, which ecan-average --fit wrote for these models in this "
         "order"},
    {"by", 0, "NAME", CLI_CHOICE, &o.by, .choices = AVERAGE_BY, .given = &o.by_given,
     .help = "without --combination: mean of the probabilities or of their logits"},
    {"weights", 0, "W,...", CLI_REALS, &o.weights, .min = 1e-6, .max = 1e6,
     .help = "without --combination: weights of the models, in their order", .show = "1 for each"},
    {"threshold", 't', "P", CLI_REAL, &o.threshold, .max = 1, .given = &o.threshold_given,
     .help = "predict the codes whose score is above P", .show = "that of --combination"},
    {0}};

static const cli_program program = {
    .name = "ecan-join",
    .summary = "join models to an ensemble folder",
    .usage = "-o DIR --combination FILE|--threshold P [OPTION]... MODEL...",
    .description =
        "Writes a folder with copies of the models, and how their scores are combined (formats/ensemble.md). "
        "ecan-predict -m and ecan predict use it like a model. It contains all that they need. A MODEL is a "
        "model folder or a file of ecan-linear --save. The first is a model folder. All have the same "
        "codes.\n"
        "\n"
        "With --combination the scores are combined with weights that were learned on dev; without it, by "
        "their mean. The results are those of ecan-average. ecan ensemble calls this program.\n"
        "\n"
        "An ensemble in DIR is replaced. DIR is no ensemble until all files are complete.",
    .example = "ecan-average --fit -o combination.json network/dev.scored linear/dev.scored\n"
               "ecan-join --combination combination.json -o ensemble network model.linear\n"
               "ecan-predict -m ensemble test.mp | ecan-metrics\n"
               "ecan-join --threshold 0.31 -o ensemble seed-1/model seed-2/model",
    .see_also = "ecan-average, ecan-linear, ecan-predict",
    .options = options};

static void check_options(int n)
{
    if (!o.output)
        cli_usage("missing option --output DIR");
    if (n < 1 || n > SCORE_COMBINATION_SYSTEMS)
        cli_usage("expected 1 to %d models, got %d", SCORE_COMBINATION_SYSTEMS, n);
    if (o.combination && (o.by_given || o.weights.n > 0))
        cli_usage("--combination has the weights: --by and --weights have no effect");
    if (!o.combination && !o.threshold_given)
        cli_usage(
            "missing option --combination FILE or --threshold P: find the threshold on dev with ecan-average "
            "| ecan-metrics --best-threshold");
    if (o.weights.n > 0 && o.weights.n != n)
        cli_usage("--weights: expected %d, one for each model, got %d", n, o.weights.n);
}

int main(int argc, char **argv)
{
    const char *const *models;
    int n;
    score_combination c = {.micro_f1 = NAN};
    cli_parse(&program, argc, argv, &models, &n);
    check_options(n);
    if (gemm_init())
        cli_die("%s", err_message());
    if (o.combination) {
        if (score_combination_read(&c, o.combination))
            cli_die("%s", err_message());
        if (c.n != n)
            cli_die("%s: the combination has weights for %d models, but there %s %d", o.combination, c.n,
                    n == 1 ? "is" : "are", n);
    } else {
        c.by = (score_average_by)o.by;
        c.n = n;
        for (int i = 0; i < n; i++)
            c.weights[i] = o.weights.n > 0 ? o.weights.v[i] : 1;
    }
    if (o.threshold_given)
        c.threshold = o.threshold;
    if (input_named(models, n) || ensemble_write(o.output, models, &c))
        cli_die("%s", err_message());
    return cli_finish(CLI_OK);
}
