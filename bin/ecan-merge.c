/* SPDX-License-Identifier: Apache-2.0 */
/* models of equal shape + weights -> a model with the mean of their parameters; the same for word vectors */
#include "cli.h"

#include "base/err.h"
#include "io/folder.h"
#include "io/input_kind.h"
#include "io/output.h"
#include "io/vectors_mean.h"
#include "model/merge.h"
#include "tensor/gemm.h"
#include "train/trainer.h"

#include <math.h>
#include <stdlib.h>

enum { MAX_MODELS = 1024 };

static struct {
    const char *output, *weights;
    double threshold;
    bool force, threshold_given;
} o;

static const cli_option options[] = {
    {"output", 'o', "DIR|FILE", CLI_STRING, &o.output,
     .help = "write the model to the folder DIR, or the word vectors to FILE", .show = ""},
    {"weights", 0, "W,...", CLI_STRING, &o.weights,
     .help = "weights of the models, in their order, such as the numbers of their training encounters",
     .show = "equal weights"},
    {"threshold", 't', "P", CLI_REAL, &o.threshold, .max = 1, .given = &o.threshold_given,
     .help = "predict the codes whose score is above P", .show = "the mean of the thresholds"},
    {"force", 0, NULL, CLI_FLAG, &o.force,
     .help = "replace the model in DIR. Without it, a folder with a model is refused"},
    {0}};

static const cli_program program = {
    .name = "ecan-merge",
    .summary = "average the parameters of models of equal shape",
    .usage = "-o DIR|FILE [OPTION]... MODEL|FILE...",
    .description = "Writes a model whose parameters are the weighted mean of those of the models. This is "
                   "the step between two rounds of federated averaging: several hospitals train from one "
                   "model (ecan-train --init), each on its own encounters, and only their models are "
                   "exchanged. ecan federated runs all steps. To average the scores of models that were "
                   "trained independently, use ecan-average.\n"
                   "\n"
                   "All models must have the same network, words, codes and tokenizer: they begin from one "
                   "model, such as that of ecan-agree. Otherwise nothing is written, and the message names "
                   "the difference. The threshold is the mean of the thresholds; ecan-metrics --tune finds "
                   "the best on dev. Terms and linear models cannot be averaged. A model that has them is "
                   "refused: give the network, which is OUT/network of ecan train, and add terms to the "
                   "result with ecan-terms. The descriptions of the codes are those of the first model.\n"
                   "\n"
                   "With files of word vectors in place of models, it writes the mean of the vectors, in the "
                   "binary format of word2vec. All files must have the same words, in any order, as those of "
                   "ecan-w2v --read-vocab do.",
    .example = "ecan-merge --weights 512,2304,97 -o round-1 north/model south/model west/model\n"
               "ecan-train --init round-1 --epochs 1 --train train.mp --dev dev.mp -o north/model\n"
               "ecan-merge -o vectors.bin north.bin south.bin west.bin",
    .see_also = "ecan-train, ecan-agree, ecan-average, ecan-join",
    .options = options};

/* The n weights of the option, which has no limit of 16 as CLI_REALS. */
static void read_weights(double *w, int n)
{
    const char *at = o.weights;
    int given = 0;
    for (int i = 0; i < n; i++)
        w[i] = 1;
    for (char *end; at; at = *end ? end + 1 : NULL) {
        const double v = strtod(at, &end);
        if (end == at || (*end && *end != ',') || !(v > 0 && v <= 1e12))
            cli_usage("--weights: number %d: expected a number above 0, at most 1e12", given + 1);
        if (given < n)
            w[given] = v;
        given++;
    }
    if (given && given != n)
        cli_usage("--weights: expected %d, one for each model, got %d", n, given);
}

/* Whether the inputs are files of word vectors, and not models. */
static bool are_vectors(const char *const *paths, int n)
{
    int files = 0;
    for (int i = 0; i < n; i++) {
        const input_kind kind = detect_input_kind(paths[i]);
        if (kind == INPUT_UNREADABLE)
            cli_die("%s", err_message());
        if (kind == INPUT_STREAM)
            cli_die("%s: expected a model folder or word vectors, found a stream", paths[i]);
        files += kind == INPUT_VECTORS;
    }
    if (files > 0 && files < n)
        cli_die("models and word vectors cannot be merged with each other");
    return files > 0;
}

static void merge_models(const char *const *paths, int n, const double *w)
{
    for (int i = 0; i < n; i++)
        if (input_folder(paths[i]))
            cli_die("%s", err_message());
    char *path = file_join(o.output, MODEL_CONFIG);
    if (!path || output_check(path) || gemm_init() || trainer_check_folder(o.output, false, o.force) ||
        model_merge(o.output, paths, n, w, o.threshold_given ? o.threshold : NAN))
        cli_die("%s", err_message());
    free(path);
}

static void merge_vectors(const char *const *paths, int n, const double *w)
{
    vectors mean;
    if (input_named(paths, n))
        cli_die("%s", err_message());
    FILE *f = cli_output(o.output, OUTPUT_PLAIN);
    if (vectors_mean(&mean, paths, n, w) || vectors_write(&mean, f, o.output, VECTORS_BINARY))
        cli_die("%s", err_message());
    vectors_free(&mean);
    cli_close(f);
}

int main(int argc, char **argv)
{
    const char *const *paths;
    int n;
    double w[MAX_MODELS];
    cli_parse(&program, argc, argv, &paths, &n);
    if (!o.output)
        cli_usage("missing option --output DIR");
    if (n < 1 || n > MAX_MODELS)
        cli_usage("expected 1 to %d models, got %d", MAX_MODELS, n);
    read_weights(w, n);
    const bool of_words = are_vectors(paths, n);
    if (of_words && o.threshold_given)
        cli_usage("--threshold is for models: word vectors have none");
    if (of_words)
        merge_vectors(paths, n, w);
    else
        merge_models(paths, n, w);
    return cli_finish(CLI_OK);
}
