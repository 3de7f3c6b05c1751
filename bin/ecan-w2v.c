/* token records -> word vectors */
#include "cli.h"

#include "base/err.h"
#include "base/progress.h"
#include "io/stream.h"
#include "train/w2v.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum { GRADIENT_SUM, GRADIENT_MEAN };

static struct {
    const char *output, *vocabulary;
    bool text, binary, skip_bad, quiet;
    int64_t size, window, negative, epochs, batch, min_count, min_docs, seed, threads, max_record;
    double sample, alpha, min_alpha;
    int gradient;
} o = {.size = 100,
       .window = 5,
       .negative = 5,
       .epochs = 5,
       .batch = 64,
       .min_count = 3,
       .min_docs = 1,
       .seed = 1,
       .max_record = STREAM_MAX_RECORD,
       .sample = 1e-3,
       .alpha = 0.025,
       .min_alpha = 1e-4};

static const cli_option options[] = {
    {"size", 's', "N", CLI_INT, &o.size, .min = 1, .max = VECTORS_MAX_SIZE, .help = "numbers in a vector"},
    {"window", 'w', "N", CLI_INT, &o.window, .min = 1, .max = 1e6,
     .help = "words of context on each side at most; the window shrinks at random to 1 .. N"},
    {"negative", 0, "N", CLI_INT, &o.negative, .min = 1, .max = 1000,
     .help = "words drawn at random against each word of the text"},
    {"sample", 0, "SHARE", CLI_REAL, &o.sample, .min = 0, .max = 1,
     .help = "thin out words that make up more than SHARE of the text; 0 keeps all"},
    {"min-count", 0, "N", CLI_INT, &o.min_count, .min = 0, .max = 1e15,
     .help = "leave out words that occur less than N times"},
    {"min-docs", 0, "N", CLI_INT, &o.min_docs, .min = 0, .max = 1e15,
     .help = "leave out words that occur in less than N encounters; CAML's vocabulary is that of 3"},
    {"iter", 0, "N", CLI_INT, &o.epochs, .min = 1, .max = 1e6, .help = "times to go through the text; less than a million words gain by 20 to 50",
     .alias = "epochs"},
    {"alpha", 0, "RATE", CLI_REAL, &o.alpha, .min = 1e-9, .max = 10, .help = "learning rate at the start"},
    {"min-alpha", 0, "RATE", CLI_REAL, &o.min_alpha, .min = 0, .max = 10,
     .help = "learning rate at the end; it falls linearly"},
    {"cbow-grad", 0, "sum|mean", CLI_CHOICE, &o.gradient, .choices = "sum|mean",
     .help = "what each word of the context gets: the whole error, as with word2vec and gensim, or its "
             "share, which "
             "is the gradient"},
    {"batch", 0, "N", CLI_INT, &o.batch, .min = 1, .max = 1e6,
     .help = "words whose changes are added together; 1 is word2vec's own order, which only one thread can "
             "work at"},
    {"seed", 0, "N", CLI_INT, &o.seed, .min = 0, .max = 9e15, .help = "of all that is random"},
    {"threads", 't', "N", CLI_INT, &o.threads, .min = 1, .max = 1024,
     .help = "threads; the vectors do not depend on it", .show = "all cores"},
    {"text", 0, NULL, CLI_FLAG, &o.text, .help = "write word2vec's text format, not its binary one"},
    {"binary", 0, NULL, CLI_FLAG, &o.binary, .help = "write word2vec's binary format: what is done anyway",
     .show = ""},
    {"save-vocab", 0, "FILE", CLI_STRING, &o.vocabulary,
     .help = "also write the words with their counts to FILE, a word a line"},
    {"output", 'o', "FILE", CLI_STRING, &o.output, .help = "write to FILE", .show = "standard output"},
    {"skip-bad", 0, NULL, CLI_FLAG, &o.skip_bad,
     .help = "go on after a bad record; they are reported, and the exit status is 1"},
    {"max-record", 0, "SIZE", CLI_SIZE, &o.max_record, .min = 1, .max = 1e15,
     .help = "largest record accepted"},
    {"quiet", 'q', NULL, CLI_FLAG, &o.quiet, .help = "no progress line"},
    {0}};

static const cli_program program = {
    .name = "ecan-w2v",
    .summary = "learn word vectors from tokens",
    .usage = "[OPTION]... [FILE]...",
    .description = "Reads token records and learns a vector for every word: word2vec's continuous bag of "
                   "words with negative "
                   "sampling, with the defaults of gensim. An encounter is a sentence, however long.\n"
                   "\n"
                   "The text is read once. A temporary file in $TMPDIR keeps it as numbers, 4 bytes a token, "
                   "for the further times; "
                   "memory is that of the vocabulary and its vectors, and of the longest encounter. Nothing "
                   "is written before all has "
                   "been read and learnt, and where the input is truncated nothing is written at all.\n"
                   "\n"
                   "The same input, options and seed give the same bytes, with any number of threads.",
    .example = "ecan-tokenize < encounters.jsonl | ecan-w2v --size 100 --seed 1 > vectors.bin\n"
               "ecan-w2v --min-docs 3 --text -o vectors.txt train.mp",
    .see_also = "ecan-tokenize, ecan-train, ecan-show",
    .options = options,
};

/* All records into c. The number of bad ones that were passed over. */
static uint64_t read_corpus(corpus *c, const char *const *files, int n_files)
{
    record r = {0};
    progress p;
    uint64_t bad = 0;
    stream_in *in = stream_open(files, n_files, &(stream_options){.max_record = (size_t)o.max_record});
    if (in == NULL)
        cli_die("%s", err_message());
    if (strcmp(stream_kind(in), "tokens") != 0)
        cli_die("the records are %s, not tokens: ecan-tokenize makes those", stream_kind(in));

    progress_start(&p, program.name, "words read", 0, o.quiet);
    for (int got; (got = stream_read(in, &r)) != 0;) {
        if (got > 0 && corpus_check(&r) == 0) {
            if (corpus_add(c, &r) < 0)
                cli_die("%s", err_message());
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

static void save_vocabulary(const corpus *c)
{
    FILE *f = cli_output(o.vocabulary);
    for (int32_t row = 0; row < c->n; row++) {
        size_t n;
        const char *word = map_key(c->words, c->selected[row], &n);
        fwrite(word, 1, n, f);
        fprintf(f, " %" PRId64 "\n", c->info[c->selected[row]].count);
    }
    cli_close(f, o.vocabulary);
}

static void report(void *context, int32_t epoch, int64_t tokens, double loss)
{
    char note[80];
    snprintf(note, sizeof note, "epoch %" PRId32 "/%" PRId64 ", loss %.4f", epoch, o.epochs, loss);
    progress_update(context, (uint64_t)tokens, note);
}

static void learn(vectors *v, corpus *c)
{
    const w2v_options how = {.size = (int32_t)o.size,
                             .window = (int32_t)o.window,
                             .negative = (int32_t)o.negative,
                             .epochs = (int32_t)o.epochs,
                             .batch = (int32_t)o.batch,
                             .sample = o.sample,
                             .alpha = o.alpha,
                             .min_alpha = o.min_alpha,
                             .divide = o.gradient == GRADIENT_MEAN,
                             .seed = (uint64_t)o.seed};
    progress p;
    pool *threads = pool_new(o.threads > 0 ? (int)o.threads : pool_cores());
    if (threads == NULL)
        cli_die("%s", err_message());
    progress_start(&p, program.name, "words", (uint64_t)(c->tokens * o.epochs), o.quiet);
    int rc = w2v_train(v, c, &how, threads, report, &p);
    progress_end(&p);
    if (rc < 0)
        cli_die("%s", err_message());
    pool_free(threads);
}

int main(int argc, char **argv)
{
    const char *const *files;
    int n_files;
    corpus c;
    vectors v;
    cli_parse(&program, argc, argv, &files, &n_files);
    if (o.text && o.binary)
        cli_usage("--text and --binary exclude each other");
    if (o.min_alpha > o.alpha)
        cli_usage("--min-alpha %g is more than --alpha %g", o.min_alpha, o.alpha);
    if ((o.output == NULL || strcmp(o.output, "-") == 0) && !o.text && isatty(STDOUT_FILENO))
        cli_usage(
            "standard output is a terminal, which binary vectors are not written to: -o FILE, or --text");

    if (corpus_init(&c) < 0)
        cli_die("%s", err_message());
    uint64_t bad = read_corpus(&c, files, n_files);
    if (corpus_select(&c, o.min_count, o.min_docs) < 0)
        cli_die("%s", err_message());
    if (o.vocabulary != NULL)
        save_vocabulary(&c);
    learn(&v, &c);
    if (vectors_write(&v, o.output, o.text) < 0)
        cli_die("%s", err_message());
    vectors_free(&v);
    corpus_free(&c);
    return cli_finish(bad > 0 ? CLI_FAILED : CLI_OK);
}
