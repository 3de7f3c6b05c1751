#include "base/err.h"
#include "base/mem.h"
#include "base/progress.h"
#include "cli.h"
#include "io/vectors.h"
#include "model/model.h"
#include "tensor/gemm.h"
#include "train/dataset.h"
#include "train/preset.h"
#include "train/trainer.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct {
    const char *train, *dev, *vectors, *output, *labels, *label_sharing;
    int preset, attention, attended, criterion, decay;
    cli_ints channels, kernels;
    int64_t reduction, label_size, max_words, batch_size, epochs, patience, stop_after, seed, threads;
    double learning_rate, embedding_rate, weight_decay, warm_up, clip, weight_average, gamma,
        checkpoint_minutes;
    double dropout, word_dropout, hidden_dropout;
    bool squeeze_excitation, residual, focal, scale_vectors, prior_bias, all_labels, tune_threshold, resume,
        quiet;
    bool decay_given, patience_given;
    label_features_kinds shared;
} o = {.scale_vectors = true};

static const cli_option options[] = {
    {.name = "train",
     .arg = "FILE",
     .kind = CLI_STRING,
     .value = &o.train,
     .help = "tokens with labels to learn from"},
    {.name = "dev",
     .arg = "FILE",
     .kind = CLI_STRING,
     .value = &o.dev,
     .help = "tokens with labels that say when to stop"},
    {.name = "vectors",
     .arg = "FILE",
     .kind = CLI_STRING,
     .value = &o.vectors,
     .help =
         "word vectors (word2vec, fastText .vec or GloVe): their words are the model's, and their size is"},
    {.name = "output",
     .letter = 'o',
     .arg = "DIR",
     .kind = CLI_STRING,
     .value = &o.output,
     .help = "the model folder"},
    {.name = "labels",
     .arg = "FILE",
     .kind = CLI_STRING,
     .value = &o.labels,
     .help = "descriptions of codes: code, tab, description a line"},
    {.name = "all-labels",
     .kind = CLI_FLAG,
     .value = &o.all_labels,
     .help = "give the model every code of --labels, not only those that the training set has"},
    {.name = "preset",
     .arg = "NAME",
     .kind = CLI_CHOICE,
     .value = &o.preset,
     .choices = PRESETS,
     .help =
         "settings to begin with; the options below change single ones, and their defaults are shown for the "
         "preset that stands before --help"},
    {.name = "attention",
     .arg = "KIND",
     .kind = CLI_CHOICE,
     .value = &o.attention,
     .choices = "multi|sum",
     .help = "attention over every block, or over their sum"},
    {.name = "blocks-attended",
     .arg = "WHICH",
     .kind = CLI_CHOICE,
     .value = &o.attended,
     .choices = "all|first|last",
     .help = "attention over the first or the last block alone (Table 9)"},
    {.name = "channels",
     .arg = "N,...",
     .kind = CLI_INTS,
     .value = &o.channels,
     .min = 1,
     .max = 16384,
     .help = "channels of each block; as many blocks as numbers"},
    {.name = "kernels",
     .arg = "N,...",
     .kind = CLI_INTS,
     .value = &o.kernels,
     .min = 1,
     .max = 1023,
     .help = "words that each block's convolution spans"},
    {.name = "reduction",
     .arg = "N",
     .kind = CLI_INT,
     .value = &o.reduction,
     .min = 1,
     .max = 16384,
     .help = "the squeeze is channels / N wide"},
    {.name = "label-size",
     .arg = "N",
     .kind = CLI_INT,
     .value = &o.label_size,
     .min = 0,
     .max = 16384,
     .show = "channels of the last block",
     .help = "size of the label embedding"},
    {.name = "squeeze-excitation",
     .kind = CLI_FLAG,
     .value = &o.squeeze_excitation,
     .help = "squeeze-and-excitation in the blocks (Table 10)"},
    {.name = "residual",
     .kind = CLI_FLAG,
     .value = &o.residual,
     .help = "residual connections in the blocks (Table 10)"},
    {.name = "max-words",
     .arg = "N",
     .kind = CLI_INT,
     .value = &o.max_words,
     .min = 0,
     .max = 1 << 28,
     .alias = "max-length",
     .help = "words kept of an encounter; 0 keeps all"},
    {.name = "scale-vectors",
     .kind = CLI_FLAG,
     .value = &o.scale_vectors,
     .alias = "vectors-norm",
     .help = "scale every word vector to length 1 at the start, as CAML does"},
    {.name = "prior-bias",
     .kind = CLI_FLAG,
     .value = &o.prior_bias,
     .help =
         "start every label's bias b at its log odds in the training set, not at 0: with many labels and few "
         "encounters this saves the first ten epochs"},
    {.name = "learning-rate",
     .arg = "X",
     .kind = CLI_REAL,
     .value = &o.learning_rate,
     .min = 1e-9,
     .max = 10,
     .alias = "lr",
     .help = "Adam's"},
    {.name = "embedding-rate",
     .arg = "X",
     .kind = CLI_REAL,
     .value = &o.embedding_rate,
     .max = 1000,
     .help = "factor on the learning rate for the word vectors; 0 keeps them as they are"},
    {.name = "warm-up",
     .arg = "EPOCHS",
     .kind = CLI_REAL,
     .value = &o.warm_up,
     .max = 1e6,
     .help = "the learning rate grows evenly from 0 over so many epochs at the start of each phase, 0.5 for "
             "half an epoch"},
    {.name = "decay",
     .arg = "HOW",
     .kind = CLI_CHOICE,
     .value = &o.decay,
     .choices = "none|linear|cosine",
     .help =
         "the learning rate falls, to 0 at the end of --epochs of each phase: evenly, or as half a cosine. A "
         "phase then runs all its epochs, unless patience is given too",
     .given = &o.decay_given},
    {.name = "weight-decay",
     .arg = "X",
     .kind = CLI_REAL,
     .value = &o.weight_decay,
     .max = 1000,
     .help = "AdamW's: each step also takes learning rate times X off every matrix (convolutions, linear "
             "layers, U, W), "
             "not off biases, LayerNorm and word vectors"},
    {.name = "clip",
     .arg = "NORM",
     .kind = CLI_REAL,
     .value = &o.clip,
     .max = 1e9,
     .help =
         "scale a gradient whose norm (L2, of all parameters together) is above NORM down to it; 0: do not. "
         "history.jsonl then has the mean norm of each epoch: it is small where labels are many, as the loss "
         "is a mean over them"},
    {.name = "average",
     .arg = "X",
     .kind = CLI_REAL,
     .value = &o.weight_average,
     .max = 0.999999,
     .alias = "ema",
     .help = "evaluate on dev, and write into the model folder, a moving average of the weights: after each "
             "step X of it "
             "stays (0.99 to 0.999), less in the first steps of a phase; 0: the weights themselves"},
    {.name = "dropout",
     .arg = "P",
     .kind = CLI_REAL,
     .value = &o.dropout,
     .max = 0.99,
     .help = "of the word vectors, number by number"},
    {.name = "word-dropout",
     .arg = "P",
     .kind = CLI_REAL,
     .value = &o.word_dropout,
     .max = 0.99,
     .help = "of whole words, each place in the text by itself: all their numbers become 0"},
    {.name = "hidden-dropout",
     .arg = "P",
     .kind = CLI_REAL,
     .value = &o.hidden_dropout,
     .max = 0.99,
     .help = "of what each block gives, number by number, to attention and to the next block"},
    {.name = "gamma",
     .arg = "X",
     .kind = CLI_REAL,
     .value = &o.gamma,
     .max = 100,
     .help = "of the focal loss"},
    {.name = "focal",
     .kind = CLI_FLAG,
     .value = &o.focal,
     .help = "a second phase with focal loss, from the best weights of the first (Table 10)"},
    {.name = "batch-size",
     .arg = "N",
     .kind = CLI_INT,
     .value = &o.batch_size,
     .min = 1,
     .max = 65536,
     .help = "encounters a step"},
    {.name = "epochs",
     .arg = "N",
     .kind = CLI_INT,
     .value = &o.epochs,
     .min = 1,
     .max = 1000000,
     .help = "a phase has at most"},
    {.name = "stop-after",
     .arg = "N",
     .kind = CLI_INT,
     .value = &o.stop_after,
     .min = 0,
     .max = 1000000,
     .help = "end after N epochs in all, through both phases: the same command with --resume and a larger N "
             "(or none) goes on, "
             "to the same bytes; 0: do not"},
    {.name = "patience",
     .arg = "N",
     .kind = CLI_INT,
     .value = &o.patience,
     .min = 1,
     .max = 1000000,
     .help = "a phase ends after N epochs without a better figure on dev",
     .given = &o.patience_given},
    {.name = "criterion",
     .arg = "NAME",
     .kind = CLI_CHOICE,
     .value = &o.criterion,
     .choices = "micro-f1|best-micro-f1|loss",
     .help = "the figure: micro-F1 at the threshold 0.5, micro-F1 at the threshold where it is largest, or "
             "the loss"},
    {.name = "tune-threshold",
     .kind = CLI_FLAG,
     .value = &o.tune_threshold,
     .help = "write the threshold with the largest micro-F1 on dev into the model, not 0.5"},
    {.name = "share",
     .arg = "LIST",
     .kind = CLI_STRING,
     .value = &o.label_sharing,
     .help = "labels learn together what they have in common: the beginnings of their codes (codes), the "
             "words of their "
             "descriptions or, without any, of their codes (words), the vectors of those words (vectors); "
             "for both, the "
             "words that speak most for a label in the training set are a part of its description (texts); "
             "or none"},
    {.name = "seed",
     .arg = "N",
     .kind = CLI_INT,
     .value = &o.seed,
     .min = 0,
     .max = 9e15,
     .help = "of all random numbers"},
    {.name = "threads",
     .arg = "N",
     .kind = CLI_INT,
     .value = &o.threads,
     .min = 1,
     .max = 1024,
     .show = "all cores",
     .help = "threads; the same seed and number of threads give the same bytes"},
    {.name = "resume",
     .kind = CLI_FLAG,
     .value = &o.resume,
     .help = "go on from the checkpoint in the model folder, to the same bytes as a run that was not "
             "stopped; begins "
             "where there is none"},
    {.name = "checkpoint-every",
     .arg = "MINUTES",
     .kind = CLI_REAL,
     .value = &o.checkpoint_minutes,
     .min = 0,
     .max = 1e6,
     .help = "save a checkpoint so often, beside the one after every epoch"},
    {.name = "quiet",
     .letter = 'q',
     .kind = CLI_FLAG,
     .value = &o.quiet,
     .help = "no progress line and no line an epoch"},
    {0}};

static const cli_program program = {
    .name = "ecan-train",
    .summary = "train a model on tokens and word vectors",
    .usage = "--train FILE --dev FILE --vectors FILE -o DIR [OPTION]...",
    .description = "Trains EffectiveCAN with binary cross entropy until micro-F1 on the dev set stalls, and "
                   "with --focal (the paper's "
                   "presets have it) then, from the best weights, with focal loss until it stalls again. The "
                   "model folder holds the best "
                   "weights found so far after every epoch, history.jsonl with a line an epoch, and a "
                   "checkpoint to resume from, which is "
                   "saved on SIGTERM and SIGINT too.\n\n"
                   "Presets: small for hundreds of encounters, and for thousands with hundreds of codes or "
                   "more; middle for thousands of "
                   "encounters with some tens of codes; those of the paper for tens of thousands.",
    .example = "ecan-tokenize train.jsonl -o train.mp\n"
               "ecan-tokenize dev.jsonl -o dev.mp\n"
               "ecan-w2v train.mp -o vectors.bin\n"
               "ecan-train --train train.mp --dev dev.mp --vectors vectors.bin -o model",
    .see_also = "ecan-tokenize, ecan-w2v, ecan-predict, ecan-metrics",
    .options = options};

/* ---- options ---- */

static void set_ints(cli_ints *list, const int *values, int n)
{
    list->n = n;
    for (int i = 0; i < n; i++)
        list->v[i] = values[i];
}

static void get_ints(int *values, const cli_ints *list)
{
    for (int i = 0; i < list->n && i < CONFIG_BLOCKS; i++)
        values[i] = (int)list->v[i];
}

/* The preset is looked for before the options are parsed: it sets what they begin with. */
static void begin_with_preset(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        const size_t n = strcspn(argv[i], "="); /* long names may be shortened, to --pre at least */
        const char *name = NULL;
        if (n >= 5 && n <= 8 && strncmp(argv[i], "--preset", n) == 0)
            name = argv[i][n] ? argv[i] + n + 1 : argv[i + 1];
        if (name && preset_find(name) >= 0) /* another name is refused by the parser */
            o.preset = preset_find(name);
    }
    const preset p = preset_number(o.preset);
    o.attention = (int)p.c.attention;
    o.attended = (int)p.c.attended;
    set_ints(&o.channels, p.c.channels, p.c.blocks);
    set_ints(&o.kernels, p.c.kernels, p.c.blocks);
    o.reduction = p.c.reduction;
    o.squeeze_excitation = p.c.squeeze_excitation;
    o.residual = p.c.residual;
    o.max_words = p.c.max_words;
    o.learning_rate = p.train.learning_rate;
    o.prior_bias = p.prior_bias;
    o.label_sharing = p.label_sharing;
    o.tune_threshold = p.train.tune_threshold;
    o.embedding_rate = p.train.embedding_rate;
    o.warm_up = p.train.warm_up;
    o.decay = (int)p.train.decay;
    o.weight_decay = p.train.weight_decay;
    o.clip = p.train.clip;
    o.weight_average = p.train.weight_average;
    o.dropout = p.train.dropout;
    o.word_dropout = p.train.word_dropout;
    o.hidden_dropout = p.train.hidden_dropout;
    o.gamma = p.train.gamma;
    o.focal = p.train.focal;
    o.batch_size = p.train.batch_size;
    o.epochs = p.train.epochs;
    o.patience = p.train.patience;
    o.criterion = (int)p.train.criterion;
    o.seed = (int64_t)p.train.seed;
    o.checkpoint_minutes = p.train.checkpoint_seconds / 60;
    o.threads = pool_cores();
}

static config make_config(int embedding_size)
{
    config c = config_default();
    if (o.channels.n != o.kernels.n)
        cli_usage("--channels has %d numbers and --kernels %d: a block needs one of each", o.channels.n,
                  o.kernels.n);
    c.embedding_size = embedding_size;
    c.blocks = o.channels.n;
    get_ints(c.channels, &o.channels);
    get_ints(c.kernels, &o.kernels);
    c.reduction = (int)o.reduction;
    c.attention = (config_attention)o.attention;
    c.attended = (config_attended)o.attended;
    c.label_size = (int)o.label_size;
    c.squeeze_excitation = o.squeeze_excitation;
    c.residual = o.residual;
    c.max_words = (int)o.max_words;
    if (config_check(&c))
        cli_usage("%s", err_message());
    return c;
}

static trainer_options make_options(void)
{
    return (trainer_options){.learning_rate = o.learning_rate,
                             .embedding_rate = o.embedding_rate,
                             .warm_up = o.warm_up,
                             .decay = (schedule_decay)o.decay,
                             .weight_decay = o.weight_decay,
                             .clip = o.clip,
                             .weight_average = o.weight_average,
                             .dropout = o.dropout,
                             .word_dropout = o.word_dropout,
                             .hidden_dropout = o.hidden_dropout,
                             .gamma = o.gamma,
                             .batch_size = (int)o.batch_size,
                             .epochs = (int)o.epochs,
                             .stop_after = (int)o.stop_after,
                             .patience = (int)o.patience,
                             .focal = o.focal,
                             .criterion = (trainer_criterion)o.criterion,
                             .seed = (uint64_t)o.seed,
                             .tune_threshold = o.tune_threshold,
                             .checkpoint_seconds = o.checkpoint_minutes * 60};
}

static const char *const decays[] = {"none", "linear", "cosine"};

/* The settings as config.json keeps them. */
static json_t *make_about(const json_t *settings)
{
    json_t *about = json_object(), *t = json_object();
    if (settings)
        json_object_set_new(about, "tokenizer", json_deep_copy(settings));
    json_object_set_new(t, "program", json_string("ecan-train " ECAN_VERSION));
    json_object_set_new(t, "preset", json_string(preset_number(o.preset).name));
    json_object_set_new(t, "learning_rate", ecan_json_double(o.learning_rate));
    json_object_set_new(t, "embedding_rate", ecan_json_double(o.embedding_rate));
    json_object_set_new(t, "warm_up", ecan_json_double(o.warm_up));
    json_object_set_new(t, "decay", json_string(decays[o.decay]));
    json_object_set_new(t, "weight_decay", ecan_json_double(o.weight_decay));
    json_object_set_new(t, "clip", ecan_json_double(o.clip));
    json_object_set_new(t, "average", ecan_json_double(o.weight_average));
    json_object_set_new(t, "dropout", ecan_json_double(o.dropout));
    json_object_set_new(t, "word_dropout", ecan_json_double(o.word_dropout));
    json_object_set_new(t, "hidden_dropout", ecan_json_double(o.hidden_dropout));
    json_object_set_new(t, "gamma", o.focal ? ecan_json_double(o.gamma) : json_null());
    json_object_set_new(t, "batch_size", json_integer(o.batch_size));
    json_object_set_new(t, "epochs", json_integer(o.epochs));
    json_object_set_new(t, "patience", json_integer(o.patience));
    json_object_set_new(t, "share", json_string(o.label_sharing));
    json_object_set_new(t, "scale_vectors", json_boolean(o.scale_vectors));
    json_object_set_new(t, "prior_bias", json_boolean(o.prior_bias));
    json_object_set_new(t, "seed", json_integer(o.seed));
    json_object_set_new(about, "training", t);
    return about;
}

/* ---- words and labels ---- */

/* The words of the vectors, in their order. */
static vocab *make_vocab(const vectors *v)
{
    vocab *words = vocab_new();
    for (int32_t i = 0; words && i < v->n; i++) {
        size_t n;
        const char *word = map_key(v->words, i, &n);
        if (vocab_add(words, word, n) < 0)
            cli_die("%s: word %d: %s", o.vectors, (int)i + 1, err_message());
    }
    if (!words)
        cli_die("%s", err_message());
    return words;
}

static void scale_row(float *x, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    const float scale = (float)(1 / (sqrt(sum) + 1e-6));
    for (int i = 0; i < n; i++)
        x[i] *= scale;
}

/* embed: the vectors; row 0 zero; row 1, the unknown word, normal numbers as large as the vectors' are. */
static void fill_embedding(params *p, const vectors *v, const vocab *words)
{
    const size_t E = (size_t)v->size;
    double sum = 0;
    for (size_t i = 0; i < (size_t)v->n * E; i++)
        sum += (double)v->data[i] * (double)v->data[i];
    const float size = (float)sqrt(sum / ((double)v->n * (double)E + 1e-9));
    rng r;
    rng_seed(&r, (uint64_t)o.seed, 3, 0);
    for (size_t e = 0; e < E; e++)
        p->embed[VOCAB_UNK * E + e] = rng_normal(&r) * size;
    for (int32_t i = 0; i < v->n; i++) {
        size_t n;
        const char *word = map_key(v->words, i, &n);
        const bool unknown = n == 5 && memcmp(word, "<unk>", 5) == 0;
        const int32_t row = vocab_id(words, word, n);
        if (unknown || row != VOCAB_UNK) /* what the file has for <pad> is left out */
            memcpy(p->embed + (size_t)row * E, v->data + (size_t)i * E, E * sizeof(float));
    }
    if (o.scale_vectors)
        for (int32_t row = VOCAB_UNK; row < p->words; row++)
            scale_row(p->embed + (size_t)row * E, (int)E);
}

/* What the labels have in common, as --share says: NULL where they share nothing. */
static label_sharing *make_label_sharing(label_sharing *s, params *p, const labels *codes, const vocab *words,
                                         const dataset *train, const pool *threads)
{
    const label_features_kinds *kinds = &o.shared;
    label_features x;
    if (!kinds->codes && !kinds->words && !kinds->vectors)
        return NULL;
    label_words f = {0};
    tokenizer *t = tokenizer_from_settings(train->tokenizer);
    if (!t || (kinds->texts && label_words_find(&f, train, labels_count(codes), vocab_size(words))) ||
        label_features_make(&x, kinds, codes, t, kinds->texts ? &f : NULL, words, p->embed,
                            p->c.embedding_size) ||
        label_sharing_init(s, x, p, threads))
        cli_die("%s", err_message());
    tokenizer_free(t);
    label_words_free(&f);
    label_sharing_start(s, p, (uint64_t)o.seed);
    memset(s->unseen, 1, (size_t)s->x.labels);
    for (size_t i = 0; i < train->n; i++)
        for (size_t g = 0; g < train->docs[i].n_gold; g++)
            s->unseen[train->docs[i].gold[g]] = 0;
    return s;
}

typedef struct code {
    const char *code;
    int32_t was;
} code;

static int by_code(const void *a, const void *b)
{
    return strcmp(((const code *)a)->code, ((const code *)b)->code);
}

/* The codes that `found` has (and, with --all-labels, those of the descriptions), sorted, with descriptions.
 * to[i] is the new number of found's label i. */
static labels *sort_labels(labels *found, const labels *described, int32_t **to)
{
    if (o.all_labels)
        for (int32_t i = 0; i < labels_count(described); i++) {
            const char *c = labels_code(described, i);
            if (labels_add(found, c, strlen(c), NULL) < 0)
                cli_die("%s", err_message());
        }
    const int32_t n = labels_count(found);
    if (n == 0)
        cli_die("%s: no labels at all", o.train);
    code *codes = mem_array((size_t)n, sizeof *codes);
    *to = mem_array((size_t)n, sizeof **to);
    labels *sorted = labels_new();
    if (!codes || !*to || !sorted)
        cli_die("%s", err_message());
    for (int32_t i = 0; i < n; i++)
        codes[i] = (code){labels_code(found, i), i};
    qsort(codes, (size_t)n, sizeof *codes, by_code);
    for (int32_t i = 0; i < n; i++) {
        const size_t size = strlen(codes[i].code);
        const int32_t d = described ? labels_index(described, codes[i].code, size) : -1;
        (*to)[codes[i].was] = i;
        if (labels_add(sorted, codes[i].code, size, d < 0 ? NULL : labels_description(described, d)) < 0)
            cli_die("%s", err_message());
    }
    mem_free(codes);
    return sorted;
}

/* ---- what is told on the way ---- */

static volatile sig_atomic_t stopping;

static void on_signal(int number)
{
    (void)number;
    stopping = 1;
}

static bool should_stop(void *context)
{
    (void)context;
    return stopping;
}

typedef struct display {
    progress line;
    int epoch;
} display;

static void show_progress(void *context, uint64_t words, uint64_t of, const char *phase, int epoch,
                          double loss)
{
    display *d = context;
    char note[96];
    if (d->epoch != epoch) {
        progress_start(&d->line, program.name, "words", of, o.quiet);
        d->epoch = epoch;
    }
    snprintf(note, sizeof note, "%s epoch %d, loss %.5f", phase, epoch, loss);
    progress_update(&d->line, words, note);
}

static void show_epoch(void *context, const trainer_epoch *e)
{
    display *d = context;
    progress_end(&d->line);
    if (!o.quiet)
        fprintf(stderr,
                "%-5s %3d  loss %.5f  dev loss %.5f  micro-F1 %.4f  (%.4f at %.3f)  %.0f words/s  %.1f s%s\n",
                e->phase, e->epoch, e->loss, e->dev_loss, e->dev_micro_f1, e->dev_best_micro_f1,
                e->dev_threshold, e->words_per_second, e->seconds, e->best ? "  *" : "");
}

static void describe(const char *name, const dataset *d)
{
    if (o.quiet)
        return;
    fprintf(stderr, "%-5s %zu encounters, %llu words (%.1f%% unknown", name, d->n,
            (unsigned long long)d->words, d->words ? 100.0 * (double)d->words_unknown / (double)d->words : 0);
    if (d->words_cut)
        fprintf(stderr, "; %llu more beyond --max-words", (unsigned long long)d->words_cut);
    fprintf(stderr, "), %llu labels assigned", (unsigned long long)d->gold);
    if (d->gold_unknown)
        fprintf(stderr, " (%llu of codes that the training set lacks)", (unsigned long long)d->gold_unknown);
    fputc('\n', stderr);
}

static void need(const char *value, const char *option)
{
    if (!value)
        cli_usage("%s is missing", option);
}

int main(int argc, char **argv)
{
    const char *const *operands;
    int n_operands;
    begin_with_preset(argc, argv);
    cli_parse(&program, argc, argv, &operands, &n_operands);
    if (o.decay_given && o.decay != DECAY_NONE &&
        !o.patience_given) /* a phase that ends early has not come down */
        o.patience = o.epochs;
    if (n_operands)
        cli_usage("an operand where only options are expected");
    need(o.train, "--train");
    need(o.dev, "--dev");
    need(o.vectors, "--vectors");
    need(o.output, "--output");
    if (o.all_labels)
        need(o.labels, "--labels, which --all-labels asks for,");
    if (label_features_parse(&o.shared, o.label_sharing))
        cli_usage("--share: %s", err_message());
    make_config(1); /* a wrong combination is told before anything is read */
    gemm_init();
    if (gemm_is_generic())
        cli_warn("BLIS has no kernels for this processor and uses its portable ones, which are several times "
                 "slower");

    vectors v;
    if (vectors_read(&v, o.vectors))
        cli_die("%s", err_message());
    const preset settings = preset_number(o.preset);
    if (v.size != settings.c.embedding_size && !o.quiet)
        cli_warn("%s: word vectors of %d; the preset %s has %d (ecan-w2v --size)", o.vectors, (int)v.size,
                 settings.name, settings.c.embedding_size);
    vocab *words = make_vocab(&v);
    labels *described = NULL, *found = labels_new();
    if (!found || (o.labels && !(described = labels_read(o.labels))))
        cli_die("%s", err_message());
    const config c = make_config(v.size);

    dataset train, dev;
    int32_t *to;
    if (dataset_read(&train, o.train, words, found, DATASET_LABELS, c.max_words))
        cli_die("%s", err_message());
    labels *codes = sort_labels(found, described, &to);
    dataset_renumber(&train, to);
    if (dataset_read(&dev, o.dev, words, codes, 0, c.max_words))
        cli_die("%s", err_message());
    if (dev.n && dev.gold == dev.gold_unknown)
        cli_die("%s: no encounter has a code of the training set: nothing to measure by", o.dev);
    if (train.tokenizer && dev.tokenizer && !json_equal(train.tokenizer, dev.tokenizer))
        cli_die("%s and %s were tokenized with different settings", o.train, o.dev);
    describe("train", &train);
    describe("dev", &dev);

    params p;
    if (params_init(&p, &c, vocab_size(words), labels_count(codes)))
        cli_die("%s", err_message());
    params_start(&p, (uint64_t)o.seed);
    fill_embedding(&p, &v, words);
    if (o.prior_bias)
        dataset_log_odds(&train, p.b, p.labels);
    vectors_free(&v);
    if (!o.quiet)
        fprintf(stderr, "model %d words, %d labels, %zu parameters; %d threads, kernels %s\n", p.words,
                p.labels, params_count(&p), (int)o.threads, gemm_kernels());

    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    const trainer_options how = make_options();
    display shown = {0};
    const trainer_hooks hooks = {&shown, show_progress, show_epoch, should_stop};
    json_t *about = make_about(train.tokenizer);
    pool *threads = pool_new((int)o.threads);
    if (!threads)
        cli_die("%s", err_message());
    label_sharing shared = {0};
    trainer t = {.options = &how,
                 .hooks = &hooks,
                 .folder = o.output,
                 .train = &train,
                 .dev = &dev,
                 .p = &p,
                 .words = words,
                 .labels = codes,
                 .about = about,
                 .threads = threads,
                 .resume = o.resume};
    t.label_sharing = make_label_sharing(&shared, &p, codes, words, &train, threads);
    const int done = trainer_run(&t);
    progress_end(&shown.line);
    if (done < 0)
        cli_die("%s", err_message());
    if (done == 0)
        cli_warn("stopped; the same command with --resume goes on");

    json_decref(about);
    label_sharing_free(&shared);
    pool_free(threads);
    params_free(&p);
    dataset_free(&train);
    dataset_free(&dev);
    labels_free(found);
    labels_free(described);
    labels_free(codes);
    vocab_free(words);
    mem_free(to);
    return cli_finish(done ? CLI_OK : CLI_FAILED);
}
