/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"
#include "base/printable.h"
#include "tensor/gemm.h"
#include "train/inputs.h"
#include "train/preset.h"
#include "train/ranks.h"
#include "train/start.h"
#include "train/trainer.h"
#include "train_display.h"
#include "train_options.h"
#include "warn_vectors.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static struct {
    input_files files;
    const char *output;
    int64_t threads;
    bool resume, force, table, quiet;
} o;

static const cli_option options[] = {
    {"train", 0, "FILE", CLI_STRING, &o.files.train, .help = "tokens with labels to train on"},
    {"dev", 0, "FILE", CLI_STRING, &o.files.dev, .help = "tokens with labels that determine when to stop"},
    {"vectors", 0, "FILE", CLI_STRING, &o.files.vectors,
     .help = "word vectors (word2vec, fastText .vec or GloVe); they determine the vocabulary and the "
             "embedding size"},
    {"init", 0, "DIR", CLI_STRING, &o.files.init,
     .help = "start from the parameters of the model DIR, with its network, words and codes, in place of "
             "--vectors"},
    {"labels", 0, "FILE", CLI_STRING, &o.files.labels,
     .help = "descriptions of codes, one per line: code, tab, description"},
    {"spans", 0, "FILE,...", CLI_STRING, &o.files.spans,
     .help =
         "spans that coders marked in the encounters of --train (lines of MDACE's JSON, of ecan-explain, or "
         "decisions of its page): attention is trained on their words, see --span-weight"},
    {"output", 'o', "DIR", CLI_STRING, &o.output, .help = "folder of the model"},
    {"resume", 0, NULL, CLI_FLAG, &o.resume,
     .help = "continue from the checkpoint in the model folder; the result is bit-identical to that of a run "
             "that was not stopped. Without a checkpoint training starts from the beginning"},
    {"force", 0, NULL, CLI_FLAG, &o.force,
     .help = "replace the model in the folder. Without this option or --resume, a folder with a model is "
             "refused. A folder that is neither empty nor a model folder is always refused"},
    {"threads", 0, "N", CLI_INT, &o.threads, .min = 1, .max = 1024, .show = "all cores",
     .help = "number of threads; the model does not depend on it"},
    CLI_ROW_QUIET(o.quiet),
    {"settings", 0, NULL, CLI_FLAG, &o.table,
     .help = "print a table of the settings, which are the options below (name, type, range, default of each "
             "preset), and exit"},
    {0}};

static cli_program program = {
    .name = "ecan-train",
    .summary = "train a model on tokens and word vectors",
    .usage = "--train FILE --dev FILE --vectors FILE|--init MODEL -o DIR [OPTION]...",
    .description =
        "Trains EffectiveCAN with binary cross entropy until micro-F1 on the dev set stalls. With --focal, a "
        "second phase continues from the best weights with focal loss until micro-F1 stalls again. The "
        "presets of the paper have --focal. The model is that of the best epoch; with --focal, of the best "
        "epoch with focal loss. After every epoch the model folder has the best weights so far, "
        "history.jsonl with one line per epoch, and a checkpoint for --resume. SIGTERM, SIGINT and SIGUSR1 "
        "also save a checkpoint.\n\nText that is not read (words beyond --max-words, notes of other types) "
        "is counted on standard error and in config.json. Warnings name codes that are probably mistakes "
        "(formats/labels.md), and encounters that are in both train and dev.\n\n--init MODEL continues from "
        "an existing model, with new moments of Adam. MODEL must have no terms. Codes of train that it lacks "
        "are counted. ecan-merge averages models that were trained from one model on different "
        "encounters.\n\nThe preset few-encounters is for hundreds of encounters, or thousands with hundreds "
        "of codes or more; more-encounters is for thousands with some tens of codes. The others have the "
        "settings of the paper for its data sets: mimic3-full (47,724 encounters to train on, 8,922 codes), "
        "mimic3-50 (8,067; 50), dutch (2,511; 144), french (22,540; 940), eurlex (13,904 documents; 3,956), "
        "wiki10 (12,731; 30,938). mimic3-full attends to the sum of the blocks, which the paper reports as "
        "better with 8,922 codes; with 50 codes attention to every block is better.",
    .example = "ecan-tokenize train.jsonl -o train.mp\necan-tokenize dev.jsonl -o dev.mp\necan-w2v train.mp "
               "-o vectors.bin\necan-train --train train.mp --dev dev.mp --vectors vectors.bin -o model",
    .see_also = "ecan-tokenize, ecan-w2v, ecan-predict, ecan-metrics"};

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

/* A model to start from has the words, the codes and the network. */
static void check_init(void)
{
    const char *shape = train_options_shape();
    if (o.files.vectors || o.files.labels)
        cli_usage("--init MODEL has the words and codes: --%s cannot be used with it",
                  o.files.vectors ? "vectors" : "labels");
    if (shape)
        cli_usage("--init MODEL has the shape of the network: --%s cannot be used with it", shape);
}

static void need(const char *value, const char *option)
{
    if (!value)
        cli_usage("missing option %s", option);
}

static void warn_codes(const code_fault *f, const char *file, const char *what)
{
    char a[PRINTABLE_ROOM], b[PRINTABLE_ROOM];
    if (!f->n)
        return;
    printable_id(a, f->a, strlen(f->a));
    printable_id(b, f->b ? f->b : "", f->b ? strlen(f->b) : 0);
    cli_warn("warning: %s: %d code%s %s (first: '%s'%s%s%s)", file, (int)f->n, f->n == 1 ? "" : "s", what, a,
             f->b ? ", '" : "", b, f->b ? "'" : "");
}

/* Warns of what is valid in the inputs, but is probably a mistake. */
static void warn_faults(const input_faults *f, size_t n_dev)
{
    warn_codes(&f->blanks, o.files.train, "with a blank at the beginning or end");
    warn_codes(&f->lists, o.files.train, "made of several codes: labels must be an array of codes");
    warn_codes(&f->similar, o.files.train, "like another one but for points, case or blanks");
    warn_codes(&f->unknown, o.files.dev,
               "that the training set has only with other points, case or blanks; they count as missed");
    warn_codes(&f->undescribed, o.files.train, "whose description has other points, case or blanks");
    if (f->codes && f->described < f->codes && !o.quiet)
        cli_warn("%s: descriptions for %d of %d codes", o.files.labels, (int)f->described, (int)f->codes);
    char id[PRINTABLE_ROOM];
    if (f->in_both)
        cli_warn(
            "warning: %zu of %zu dev encounters are also in train, with the same id or text (first: %s): "
            "results on dev are too good",
            f->in_both, n_dev, printable_id(id, f->first_in_both, strlen(f->first_in_both)));
}

static void warn(const inputs *in, const train_settings *s)
{
    const preset *p = &presets[s->preset];
    if (gemm_is_generic())
        cli_warn("BLIS has no kernels for this processor: its portable kernels are several times slower");
    if (!o.files.init)
        warn_vectors(&in->vectors, o.files.vectors);
    if (!o.files.init && in->vectors.size != p->embedding_size && !o.quiet)
        cli_warn("%s: word vectors of dimension %d, but the preset %s uses %d (ecan-w2v --size)",
                 o.files.vectors, (int)in->vectors.size, p->name, p->embedding_size);
    if (!o.quiet) {
        train_display_dataset("train", &in->train);
        if (o.files.spans)
            train_display_spans(&in->train, in->spans);
        train_display_dataset("dev", &in->dev);
    }
    if (o.files.spans && in->train.marks.n == 0)
        cli_warn(
            "warning: %s: none of %zu spans is of an encounter and a code of %s, and has words that are read",
            o.files.spans, in->spans, o.files.train);
    warn_faults(&in->faults, in->dev.n);
}

/* Adds the text of a dataset that is not read, if there is any, under its name. */
static void add_unread(json_t *to, const char *name, const unread *u)
{
    if (!u->words.n && !u->notes.n)
        return;
    json_t *counts = json_object();
    ecan_json_set(counts, "encounters", json_integer((json_int_t)u->encounters));
    ecan_json_set(counts, "words", json_integer((json_int_t)u->words.n));
    ecan_json_set(counts, "encounters_with_words", json_integer((json_int_t)u->words.encounters));
    ecan_json_set(counts, "notes", json_integer((json_int_t)u->notes.n));
    ecan_json_set(counts, "encounters_with_notes", json_integer((json_int_t)u->notes.encounters));
    ecan_json_set(to, name, counts);
}

/* Returns the settings in the form of config.json. */
static json_t *make_about(const train_settings *s, const inputs *in)
{
    const json_t *tokenization = in->train.tokenizer;
    json_t *about = json_object(), *summary = json_object(), *not_read = json_object();
    if (tokenization)
        ecan_json_set(about, "tokenizer", json_deep_copy(tokenization));
    ecan_json_set(summary, "program", json_string("ecan-train " ECAN_VERSION));
    settings_to_summary(s, summary);
    if (o.files.spans)
        ecan_json_set(summary, "spans", json_integer((json_int_t)in->train.marks.n));
    if (o.files.init)
        ecan_json_set(summary, "init", json_string(in->init_fingerprint));
    add_unread(not_read, "train", &in->train.unread);
    add_unread(not_read, "dev", &in->dev.unread);
    if (json_object_size(not_read))
        ecan_json_set(summary, "unread", json_incref(not_read));
    json_decref(not_read);
    ecan_json_set(about, "training", summary);
    return about;
}

/* The largest number of epochs of all phases. */
static int64_t max_epochs(const train_settings *s)
{
    const int64_t first = s->focal && s->focal_from >= 0 ? s->focal_from : s->epochs;
    const int64_t all = s->focal ? first + s->epochs : s->epochs;
    return s->stop_after > 0 && s->stop_after < all ? s->stop_after : all;
}

/* Ends the program with the message of the library. An error that all ranks have is printed once. An error of
 * one rank ends the others, too. */
static _Noreturn void fail(void)
{
    if (ranks_agreed()) {
        if (ranks_index() == 0)
            cli_warn("%s", err_message());
        ranks_finish();
        exit(cli_finish(CLI_FAILED));
    }
    if (ranks_count() > 1)
        cli_die("rank %zu: %s", ranks_index(), err_message());
    cli_die("%s", err_message());
}

static int train(const train_settings *s, inputs *in)
{
    params p;
    label_sharing sharing;
    bool shares;
    pool *threads = pool_new((int)o.threads);
    if (!threads || start_params(&p, in, s) || start_label_sharing(&sharing, &shares, &p, in, s, threads))
        fail();
    if (!o.quiet && ranks_count() > 1)
        fprintf(stderr, "%zu ranks\n", ranks_count());
    if (!o.quiet)
        fprintf(stderr, "model %zu words, %zu labels, %zu parameters; %d threads, kernels %s\n", p.words,
                p.labels, params_count(&p), (int)o.threads, gemm_kernels());
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    signal(SIGUSR1, on_signal);
    train_display display = {.quiet = o.quiet, .max_epochs = max_epochs(s)};
    const trainer_hooks hooks = {&display, train_display_progress, train_display_epoch, should_stop};
    json_t *about = make_about(s, in);
    trainer t = {.settings = s,
                 .hooks = &hooks,
                 .folder = o.output,
                 .train = &in->train,
                 .dev = &in->dev,
                 .p = &p,
                 .label_sharing = shares ? &sharing : NULL,
                 .words = in->words,
                 .labels = in->labels,
                 .about = about,
                 .init = o.files.init ? in->init_fingerprint : NULL,
                 .threads = threads,
                 .resume = o.resume,
                 .force = o.force};
    const int done = trainer_run(&t);
    progress_end(&display.line);
    if (done < 0)
        fail();
    if (done == 0 && ranks_index() == 0)
        cli_warn("stopped: to continue, run the same command with --resume");
    json_decref(about);
    label_sharing_free(&sharing);
    pool_free(threads);
    params_free(&p);
    return done ? CLI_OK : CLI_FAILED;
}

/* Of the ranks with a wrong command line, usually all, the first one prints its message. Ranks whose command
 * line is correct take part in main(), and end with the same message. It is printed before ranks_finish():
 * once a rank has ended with an error, mpirun ends the others. */
static void print_usage_of_ranks(const char *message)
{
    err_set("%s", message);
    if (ranks_start())
        fail();
    ranks_agree(-1);
    if (ranks_index() == 0)
        cli_warn("%s", message);
    ranks_finish();
}

/* The same program with another file of the library (train/ranks.h). */
static void describe_ranks(void)
{
    program.name = "ecan-train-mpi";
    program.summary = "train a model with several processes, on one or more computers, over MPI";
    program.usage = "--train FILE --dev FILE --vectors FILE -o DIR [OPTION]...";
    program.description = "Started by mpirun or srun. Trains the same model as ecan-train, with up to 8 "
                          "ranks of MPI. The options are those of ecan-train. The model, the history and the "
                          "checkpoint are bit-identical for any number of ranks and threads, on processors "
                          "with the same kernels (--version). Each rank reads the inputs, so all computers "
                          "need the files. Only rank 0 reads and writes the model folder.\n\nEach rank "
                          "computes the gradients of some documents of a batch. Use large batches of long "
                          "documents, one rank for each computer, and the cores of a computer as --threads. "
                          "pipelines/clusters.md has the number of bytes that are sent.\n\nSIGTERM and "
                          "SIGUSR1 save a checkpoint and end all ranks; mpirun passes on SIGUSR1. If a rank "
                          "or a computer is lost, mpirun ends the others. Then --resume continues from the "
                          "last checkpoint (--checkpoint-every), also with another number of ranks, and the "
                          "result is that of a run that was not disturbed. Ranks with other options, data or "
                          "versions are an error at the start.";
    program.example =
        "mpirun -n 2 ecan-train-mpi --train train.mp --dev dev.mp --vectors vectors.bin -o model\n"
        "mpirun --host a,b,c,d --map-by node --bind-to none ecan-train-mpi \\\n"
        "  --train train.mp --dev dev.mp --vectors vectors.bin -o model --resume";
    program.see_also = "ecan-train, mpirun";
    cli_usage_printed_by(print_usage_of_ranks);
}

int main(int argc, char **argv)
{
    const char *const *operands;
    int n_operands;
    train_settings s;
    inputs in;
    if (ranks_supported())
        describe_ranks();
    o.threads = pool_cores();
    program.options = train_options(&s, options, argc, argv);
    cli_parse(&program, argc, argv, &operands, &n_operands);
    if (n_operands)
        cli_usage("unexpected argument '%s'", operands[0]);
    if (o.table) {
        train_options_print();
        return cli_finish(CLI_OK);
    }
    need(o.files.train, "--train FILE");
    need(o.files.dev, "--dev FILE");
    if (o.files.init)
        check_init();
    else
        need(o.files.vectors, "--vectors FILE, or --init MODEL");
    need(o.output, "--output DIR");
    if (s.all_labels)
        need(o.files.labels, "--labels FILE, which --all-labels requires");
    train_options_end(&s);
    s.spans = o.files.spans != NULL;
    if (o.resume && o.force)
        cli_usage("--resume continues a training, --force replaces it: choose one");
    if (ranks_start())
        fail();
    const bool first = ranks_index() == 0;
    o.quiet |= !first;
    if (ranks_agree(first ? trainer_check_folder(o.output, o.resume, o.force) : 0) ||
        ranks_agree(gemm_init() || inputs_read(&in, &o.files, &s) ? -1 : 0))
        fail();
    if (first)
        warn(&in, &s);
    const int code = train(&s, &in);
    ranks_finish();
    inputs_free(&in);
    return cli_finish(code);
}
