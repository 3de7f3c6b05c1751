/* SPDX-License-Identifier: Apache-2.0 */
/* token records -> word vectors */
#include "cli.h"
#include "warn_vectors.h"

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/progress.h"
#include "io/stream.h"
#include "train/kmeans.h"
#include "train/w2v.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum { GRADIENT_SUM, GRADIENT_MEAN };
enum { COMPAT_NONE, COMPAT_WORD2VEC, COMPAT_GENSIM };

static struct {
    const char *train, *output, *init, *save_vocabulary, *read_vocabulary;
    bool sg, shrink, text, header, keep_init, sentence_end, skip_bad, quiet;
    int64_t size, window, cbow, cbow_mean, hs, negative, epochs, batch, min_count, min_docs, sentence,
        classes, binary, debug, seed, threads, max_record;
    double sample, exponent, alpha, min_alpha, range;
    int gradient, sigmoid, compat;
} o = {.shrink = true,
       .header = true,
       .keep_init = true,
       .size = 100,
       .window = 5,
       .cbow = 1,
       .cbow_mean = 1,
       .negative = 5,
       .epochs = 5,
       .min_count = 3,
       .min_docs = 1,
       .binary = 1,
       .debug = 2,
       .seed = 1,
       .max_record = STREAM_MAX_RECORD,
       .sample = 1e-3,
       .exponent = 0.75,
       .alpha = 0.025,
       .min_alpha = 1e-4,
       .range = 1};

/* Options on the command line, of those whose default depends on others. */
static struct {
    bool size, cbow, min_count, min_docs, sentence, alpha, min_alpha, range, gradient, sigmoid, sentence_end,
        binary;
} given;

static const cli_option options[] = {
    {"train", 0, "FILE", CLI_STRING, &o.train, .help = "read FILE; the same as FILE without --train"},
    CLI_ROW_OUTPUT(o.output),
    {"size", 's', "N", CLI_INT, &o.size, .min = 1, .max = VECTORS_MAX_SIZE,
     .help = "dimension of the vectors", .alias = "vector-size", .given = &given.size,
     .show = "100, or that of --init"},
    {"window", 'w', "N", CLI_INT, &o.window, .min = 1, .max = 1e6,
     .help = "maximum number of context words on each side"},
    {"shrink-windows", 0, NULL, CLI_FLAG, &o.shrink,
     .help = "choose the size of each window at random from 1 to that of --window"},
    {"cbow", 0, "0|1", CLI_INT, &o.cbow, .min = 0, .max = 1, .given = &given.cbow,
     .help = "architecture: 1 is continuous bag of words, which predicts a word from its context; 0 is "
             "skip-gram, which predicts the context from a word"},
    {"sg", 0, NULL, CLI_FLAG, &o.sg, .help = "skip-gram: the same as --cbow 0"},
    {"cbow-mean", 0, "0|1", CLI_INT, &o.cbow_mean, .min = 0, .max = 1,
     .help = "context vector of CBOW: 1 is the mean of the word vectors, 0 their sum"},
    {"cbow-grad", 0, "sum|mean", CLI_CHOICE, &o.gradient, .choices = "sum|mean", .given = &given.gradient,
     .help = "update of each context word: sum adds the whole error, mean divides it by the number of "
             "context words. The exact gradient of a mean is mean, that of a sum is sum; word2vec and gensim "
             "use the opposite",
     .show = "sum; with --cbow-mean 0 mean"},
    {"hs", 0, "0|1", CLI_INT, &o.hs, .min = 0, .max = 1,
     .help = "1: use hierarchical softmax over a Huffman tree in addition to negative sampling; without "
             "negative sampling if --negative is 0"},
    {"negative", 0, "N", CLI_INT, &o.negative, .min = 0, .max = 1000,
     .help = "number of negative samples for each word; 0 requires --hs 1"},
    {"ns-exponent", 0, "X", CLI_REAL, &o.exponent, .min = -10, .max = 10,
     .help = "exponent of the word count in the probability of a negative sample"},
    {"sample", 0, "FRACTION", CLI_REAL, &o.sample, .min = 0, .max = 1,
     .help = "subsample words that are more than FRACTION of the text; 0 keeps all"},
    {"min-count", 0, "N", CLI_INT, &o.min_count, .min = 0, .max = 1e15, .given = &given.min_count,
     .help = "ignore words that occur fewer than N times"},
    {"min-docs", 0, "N", CLI_INT, &o.min_docs, .min = 0, .max = 1e15, .given = &given.min_docs,
     .help = "ignore words that occur in fewer than N encounters; CAML uses 3"},
    {"save-vocab", 0, "FILE", CLI_STRING, &o.save_vocabulary,
     .help = "also write the words with their counts to FILE, one per line"},
    {"read-vocab", 0, "FILE", CLI_STRING, &o.read_vocabulary,
     .help = "use the words and counts of FILE; ignore other words of the text"},
    {"init", 0, "FILE", CLI_STRING, &o.init,
     .help = "start from the word vectors in FILE (word2vec, fastText .vec, GloVe)"},
    {"keep-init", 0, NULL, CLI_FLAG, &o.keep_init,
     .help = "also write the words of --init that were not trained, unchanged, after the others"},
    {"iter", 0, "N", CLI_INT, &o.epochs, .min = 1, .max = 1e6,
     .help = "number of epochs; 20 to 50 are better for a text of less than a million words",
     .alias = "epochs"},
    {"alpha", 0, "RATE", CLI_REAL, &o.alpha, .min = 1e-9, .max = 10, .help = "initial learning rate",
     .given = &given.alpha},
    {"min-alpha", 0, "RATE", CLI_REAL, &o.min_alpha, .min = 0, .max = 10,
     .help = "final learning rate; it decreases linearly", .given = &given.min_alpha},
    {"batch", 0, "N", CLI_INT, &o.batch, .min = 1, .max = 1e6, .show = "64; skip-gram 32",
     .help = "number of words whose updates are added before they are applied; 1 is the order of word2vec "
             "and uses only one thread"},
    {"max-sentence", 0, "N", CLI_INT, &o.sentence, .min = 0, .max = 1e9, .given = &given.sentence,
     .help = "maximum length of a sentence: longer encounters are split; 0: no maximum"},
    {"sigmoid", 0, "exact|word2vec|gensim", CLI_CHOICE, &o.sigmoid, .choices = "exact|word2vec|gensim",
     .given = &given.sigmoid,
     .help = "values of the sigmoid beyond 6 and -6, where the tables of the other programs end: word2vec "
             "uses 0 and 1, gensim skips the pair"},
    {"start-range", 0, "X", CLI_REAL, &o.range, .min = 1e-6, .max = 100, .given = &given.range,
     .help = "range of the initial random vectors: -X / size to X / size"},
    {"sentence-end", 0, NULL, CLI_FLAG, &o.sentence_end, .given = &given.sentence_end,
     .help = "write </s> as the first row, untrained, as word2vec does"},
    {"compat", 0, "none|word2vec|gensim", CLI_CHOICE, &o.compat, .choices = "none|word2vec|gensim",
     .help = "use the defaults of another program, listed above"},
    {"seed", 0, "N", CLI_INT, &o.seed, .min = 0, .max = 9e15, .help = "seed of the random numbers"},
    {"threads", 'T', "N", CLI_INT, &o.threads, .min = 1, .max = 1024,
     .help = "number of threads; the vectors do not depend on it", .show = "all cores", .alias = "workers"},
    {"binary", 0, "0|1", CLI_INT, &o.binary, .min = 0, .max = 1, .given = &given.binary,
     .help = "output format: 1 is the binary format of word2vec, 0 its text format"},
    {"text", 0, NULL, CLI_FLAG, &o.text, .help = "text format: the same as --binary 0"},
    {"header", 0, NULL, CLI_FLAG, &o.header,
     .help = "write the number of words and the dimension on the first line; --no-header is only for text, "
             "as GloVe has it"},
    {"classes", 0, "N", CLI_INT, &o.classes, .min = 0, .max = 1e6,
     .help = "write the class of each word from a k-means clustering of the vectors into N classes, and no "
             "vectors; 0: write vectors"},
    CLI_ROW_SKIP_BAD(o.skip_bad),
    CLI_ROW_MAX_RECORD(o.max_record, 1),
    {"debug", 0, "N", CLI_INT, &o.debug, .min = 0, .max = 10,
     .help = "0: print no progress line, as --quiet"},
    CLI_ROW_QUIET(o.quiet),
    CLI_ROW_MOVED('t', "-T or --threads"),
    {0}};

static const cli_program program = {
    .name = "ecan-w2v",
    .summary = "train word vectors on tokens",
    .usage = "[OPTION]... [FILE]...",
    .description =
        "Reads token records and trains a vector for every word, as word2vec does: continuous bag of words "
        "or skip-gram, with negative sampling, hierarchical softmax or both. The defaults are those of "
        "gensim, except for --min-count. An encounter is one sentence.\n"
        "\n"
        "The text is read once. A temporary file in $TMPDIR keeps it as numbers for the other epochs, 4 "
        "bytes per token. Memory is needed for the vocabulary, the vectors and the longest encounter. Output "
        "is written after training. If the input is truncated, no output is written.\n"
        "\n"
        "Equal input, options and seed give bit-identical output for any number of threads.\n"
        "\n"
        "The options of word2vec.c have the same names here, and may begin with one dash: -size 200 -cbow 0. "
        "The input is the output of ecan-tokenize, not text. --compat sets the options that are not on the "
        "command line:\n"
        "\n"
        "                   none     word2vec              gensim\n"
        "  --alpha          0.025    0.05, skip-gram 0.025 0.025\n"
        "  --min-alpha      1e-4     1e-4 x alpha          1e-4\n"
        "  --min-count      3        5                     5\n"
        "  --max-sentence   0        1000                  10000\n"
        "  --sigmoid        exact    word2vec              gensim\n"
        "  --start-range    1        0.5                   1\n"
        "  --sentence-end   no       yes                   no\n"
        "\n"
        "--init FILE continues from vectors that were trained on another text. Words that FILE has start "
        "from its vectors; other words start at random. Words of FILE that the text lacks, or that occur "
        "less often than --min-count, keep their vectors. The dimension is that of FILE.",
    .example = "ecan-tokenize < encounters.jsonl | ecan-w2v --size 100 --seed 1 > vectors.bin\n"
               "ecan-w2v --min-docs 3 --text -o vectors.txt train.mp\n"
               "ecan-w2v --init large.bin --iter 20 -o vectors.bin train.mp",
    .see_also = "ecan-tokenize, ecan-train, ecan-show",
    .options = options,
    .single_dash = true,
};

/* ---- options that depend on each other ---- */

static bool to_standard_output(void)
{
    return o.output == NULL || strcmp(o.output, "-") == 0;
}

static void set_compatible(void)
{
    bool word2vec = o.compat == COMPAT_WORD2VEC;
    if (o.compat == COMPAT_NONE)
        return;
    if (!given.alpha && word2vec && o.cbow == 1)
        o.alpha = 0.05;
    if (!given.min_alpha && word2vec)
        o.min_alpha = 1e-4 * o.alpha;
    if (!given.min_count)
        o.min_count = 5;
    if (!given.sentence)
        o.sentence = word2vec ? 1000 : 10000;
    if (!given.sigmoid)
        o.sigmoid = word2vec ? W2V_SATURATE : W2V_SKIP;
    if (!given.range)
        o.range = word2vec ? 0.5 : 1;
    if (!given.sentence_end)
        o.sentence_end = word2vec;
}

static void finish_options(void)
{
    if (o.sg && given.cbow && o.cbow == 1)
        cli_usage("--sg and --cbow 1 contradict each other: remove one");
    if (o.sg)
        o.cbow = 0;
    if (o.text && given.binary && o.binary == 1)
        cli_usage("--text and --binary 1 contradict each other: remove one");
    if (o.text)
        o.binary = 0;
    if (!o.header && o.binary == 1)
        cli_usage("--no-header: the binary format always has a header: add --text");
    if (o.negative == 0 && o.hs == 0)
        cli_usage("--negative 0 trains nothing: add --hs 1");
    if (o.read_vocabulary != NULL && given.min_docs)
        cli_usage("--min-docs cannot be used with --read-vocab, which has no counts of encounters");
    set_compatible();
    if (!given.gradient && o.cbow_mean == 0)
        o.gradient = GRADIENT_MEAN;
    if (o.min_alpha > o.alpha)
        cli_usage("--min-alpha: invalid value '%g': expected at most that of --alpha, %g", o.min_alpha,
                  o.alpha);
    if (o.classes == 0 && o.binary == 1 && to_standard_output() && isatty(STDOUT_FILENO))
        cli_usage("standard output is a terminal: use -o FILE for binary vectors, or --text");
    o.quiet |= o.debug == 0;
}

/* ---- the text ---- */

/* Adds all records to c. Returns the number of bad records that were skipped. */
static uint64_t read_corpus(corpus *c, const char *const *files, int n_files)
{
    record r = {0};
    progress p;
    uint64_t bad = 0;
    stream_in *in = stream_open(files, n_files, &(stream_options){.max_record = o.max_record});
    if (in == NULL)
        cli_die("%s", err_message());
    if (stream_expect(in, "tokens") < 0)
        cli_die("%s", err_message());

    progress_start(&p, program.name, "words read", 0, o.quiet);
    for (int got; (got = stream_read(in, &r)) != 0;) {
        if (got > 0 && corpus_check(&r) == 0) {
            if (corpus_add(c, &r) < 0)
                cli_die("%s", err_message());
            progress_fraction(&p, (uint64_t)c->tokens, stream_fraction(in));
            progress_update(&p, (uint64_t)c->tokens, "");
            continue;
        }
        if (!o.skip_bad || (got < 0 && !stream_recoverable(in)))
            cli_die("%s", err_message());
        cli_warn("%s", err_message());
        bad++;
    }
    progress_end(&p);
    record_free(&r);
    stream_close(in);
    return bad;
}

static void select_words(corpus *c)
{
    int rc = o.read_vocabulary != NULL ? corpus_select_from(c, o.read_vocabulary, o.min_count)
                                       : corpus_select(c, o.min_count, o.min_docs);
    if (rc < 0)
        cli_die("%s", err_message());
}

static void save_vocabulary(const corpus *c, FILE *f)
{
    if (o.sentence_end)
        fprintf(f, "</s> %" PRId64 "\n", c->sentences);
    for (int32_t row = 0; row < c->n; row++) {
        size_t n;
        const char *word = map_key(c->words, c->selected[row], &n);
        fwrite(word, 1, n, f);
        fprintf(f, " %" PRId64 "\n", c->info[c->selected[row]].count);
    }
    cli_close(f);
}

/* ---- training ---- */

static void read_init(vectors *init)
{
    int32_t unfit = 0;
    if (vectors_read(init, o.init) < 0)
        cli_die("%s", err_message());
    warn_vectors(init, o.init);
    if (given.size && o.size != init->size)
        cli_usage("--size: invalid value '%" PRId64 "': the vectors of %s have dimension %" PRId32, o.size,
                  o.init, init->size);
    o.size = init->size;
    for (int32_t i = 0; i < init->n; i++) {
        size_t n;
        const char *word = map_key(init->words, i, &n);
        unfit += !vectors_word(word, n);
    }
    if (unfit > 0 && o.keep_init)
        cli_warn("%s: %" PRId32 " words contain a space or control character and are not written", o.init,
                 unfit);
}

static void report(void *context, int32_t epoch, int64_t tokens, double loss)
{
    char note[80];
    snprintf(note, sizeof note, "epoch %" PRId32 "/%" PRId64 ", loss %.4f", epoch, o.epochs, loss);
    progress_update(context, (uint64_t)tokens, note);
}

static void learn(vectors *v, corpus *c, const vectors *init, pool *threads)
{
    const w2v_options how = {.rule = {.sum = o.cbow_mean == 0,
                                      .divide = o.gradient == GRADIENT_MEAN,
                                      .sigmoid = (w2v_sigmoid)o.sigmoid},
                             .skipgram = o.cbow == 0,
                             .size = (int32_t)o.size,
                             .window = (int32_t)o.window,
                             .whole_window = !o.shrink,
                             .tree = o.hs == 1,
                             .negative = (int32_t)o.negative,
                             .exponent = o.exponent,
                             .epochs = (int32_t)o.epochs,
                             .batch = (int32_t)o.batch,
                             .sentence = (int32_t)o.sentence,
                             .subsample = o.sample,
                             .alpha = o.alpha,
                             .min_alpha = o.min_alpha,
                             .range = o.range,
                             .init = init,
                             .keep_init = o.keep_init,
                             .sentence_end = o.sentence_end,
                             .seed = (uint64_t)o.seed};
    progress p;
    progress_start(&p, program.name, "words", (uint64_t)(c->tokens * o.epochs), o.quiet);
    int rc = w2v_train(v, c, &how, threads, report, &p);
    progress_end(&p);
    if (rc < 0)
        cli_die("%s", err_message());
}

/* Writes each word and its class on a line, as word2vec.c does. */
static void write_classes(const vectors *v, FILE *f, pool *threads)
{
    int32_t *class_of = mem_array(v->n, sizeof *class_of);
    if (class_of == NULL ||
        kmeans(class_of, v->data, v->n, v->size, (int32_t)o.classes, KMEANS_ROUNDS, threads) < 0)
        cli_die("%s", err_message());
    for (int32_t row = 0; row < v->n; row++) {
        size_t n;
        const char *word = map_key(v->words, row, &n);
        fwrite(word, 1, n, f);
        fprintf(f, " %" PRId32 "\n", class_of[row]);
    }
    cli_close(f);
    mem_free(class_of);
}

static void write_vectors(const vectors *v, FILE *f)
{
    vectors_format format = o.binary == 1 ? VECTORS_BINARY : o.header ? VECTORS_TEXT : VECTORS_BARE;
    if (vectors_write(v, f, f == stdout ? "standard output" : o.output, format) < 0)
        cli_die("%s", err_message());
    cli_close(f);
}

int main(int argc, char **argv)
{
    const char *const *files;
    int n_files;
    corpus c;
    vectors v, init;
    fd_wait_on_stdout();
    cli_parse(&program, argc, argv, &files, &n_files);
    finish_options();
    if (o.train != NULL) {
        if (n_files > 0)
            cli_usage("--train and other files: name all files without --train");
        files = &o.train;
        n_files = 1;
    }
    FILE *out = cli_output(o.output, OUTPUT_PLAIN);
    FILE *words = o.save_vocabulary != NULL ? cli_output(o.save_vocabulary, OUTPUT_PLAIN) : NULL;
    pool *threads = pool_new(o.threads > 0 ? (int)o.threads : pool_cores());
    if (threads == NULL || corpus_init(&c) < 0)
        cli_die("%s", err_message());
    if (o.init != NULL)
        read_init(&init);

    uint64_t bad = read_corpus(&c, files, n_files);
    select_words(&c);
    if (words != NULL)
        save_vocabulary(&c, words);
    learn(&v, &c, o.init != NULL ? &init : NULL, threads);
    if (o.classes > 0)
        write_classes(&v, out, threads);
    else
        write_vectors(&v, out);
    vectors_free(&v);
    if (o.init != NULL)
        vectors_free(&init);
    corpus_free(&c);
    pool_free(threads);
    return cli_finish(bad > 0 ? CLI_FAILED : CLI_OK);
}
