/* SPDX-License-Identifier: Apache-2.0 */
/* tables of counts -> a model of their words and codes from which all hospitals train */
#include "train_options.h"

#include "base/err.h"
#include "io/folder.h"
#include "io/vectors.h"
#include "model/model.h"
#include "tensor/gemm.h"
#include "text/counts.h"
#include "train/start.h"
#include "train/trainer.h"

#include <inttypes.h>
#include <string.h>

static struct {
    const char *output, *vectors, *labels, *vocabulary;
    int64_t size, least;
    bool force, quiet;
} o = {.size = 100, .least = 1};

static const cli_option options[] = {
    {"output", 'o', "DIR", CLI_STRING, &o.output, .help = "write the model to the folder DIR", .show = ""},
    {"save-vocab", 0, "FILE", CLI_STRING, &o.vocabulary,
     .help = "write the words with their counts to FILE, for ecan-w2v --read-vocab"},
    {"min-docs", 0, "N", CLI_INT, &o.least, .min = 1, .max = 1e15,
     .help = "leave out the words and codes that fewer than N encounters of all tables have"},
    {"vectors", 0, "FILE", CLI_STRING, &o.vectors,
     .help = "start with the word vectors in FILE. Words that it lacks, or without this option all words, "
             "start at random"},
    {"size", 's', "N", CLI_INT, &o.size, .min = 1, .max = 16384,
     .help = "dimension of the word vectors without --vectors"},
    {"labels", 0, "FILE", CLI_STRING, &o.labels,
     .help = "descriptions of codes, one per line: code, tab, description"},
    {"force", 0, NULL, CLI_FLAG, &o.force,
     .help = "replace the model in DIR. Without it, a folder with a model is refused"},
    CLI_ROW_QUIET(o.quiet),
    {0}};

static cli_program program = {
    .name = "ecan-agree",
    .summary = "make the common model of several hospitals from their tables of counts",
    .usage = "-o DIR|--save-vocab FILE [OPTION]... COUNTS...",
    .description = "Reads the tables that ecan-counts wrote in several hospitals, and adds their counts. "
                   "Writes a model that is not trained yet. Its words and codes are those of all tables. "
                   "Every hospital trains it on its own encounters with ecan-train --init, and ecan-merge "
                   "averages the results. ecan federated runs all steps.\n"
                   "\n"
                   "All texts must have been tokenized with the same settings. The other options are those "
                   "of ecan-train: they determine the network and its random start. --save-vocab writes the "
                   "words for ecan-w2v --read-vocab, so that every hospital trains vectors of the same "
                   "words, which ecan-merge averages too.",
    .example = "ecan-agree --save-vocab words north.counts south.counts\n"
               "ecan-w2v --read-vocab words --iter 5 -o north.bin train.mp\n"
               "ecan-agree --vectors vectors.bin --labels labels.tsv -o start north.counts south.counts",
    .see_also = "ecan-counts, ecan-train, ecan-merge, ecan-w2v"};

/* The words and codes that enough encounters have, in the order of the model's files. */
typedef struct choice {
    vocab *words;
    labels *labels;
    uint64_t *with_label;
    int32_t *order; /* [n_words] rows of counts.words */
    int32_t n_words;
} choice;

static void choose_words(choice *x, const counts *c)
{
    x->order = counts_sorted(&c->words, (uint64_t)o.least, &x->n_words);
    if (!x->order || !(x->words = vocab_new()))
        cli_die("%s", err_message());
    for (int32_t i = 0; i < x->n_words; i++) {
        size_t n;
        const char *word = map_key(c->words.names, x->order[i], &n);
        if (vocab_add(x->words, word, n) < 0)
            cli_die("%s", err_message());
    }
}

static int by_code(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The codes are sorted by their bytes, as ecan-train sorts them. */
static void choose_codes(choice *x, const counts *c, const labels *described)
{
    int32_t n;
    int32_t *order = counts_sorted(&c->codes, (uint64_t)o.least, &n);
    const char **codes = mem_array(n, sizeof *codes);
    x->labels = labels_new();
    x->with_label = mem_array(n, sizeof *x->with_label);
    if (!order || !codes || !x->labels || !x->with_label)
        cli_die("%s", err_message());
    for (int32_t i = 0; i < n; i++)
        codes[i] = map_key(c->codes.names, order[i], NULL);
    qsort(codes, n, sizeof *codes, by_code);
    for (int32_t i = 0; i < n; i++) {
        const size_t size = strlen(codes[i]);
        const int32_t d = described ? labels_index(described, codes[i], size) : -1;
        if (labels_add(x->labels, codes[i], size, d < 0 ? NULL : labels_description(described, d)) < 0)
            cli_die("%s", err_message());
        x->with_label[i] = c->codes.rows[map_find(c->codes.names, codes[i], size)].encounters;
    }
    mem_free(order);
    mem_free(codes);
}

static void write_vocabulary(const choice *x, const counts *c)
{
    FILE *f = cli_output(o.vocabulary, OUTPUT_PLAIN);
    for (int32_t i = 0; i < x->n_words; i++)
        fprintf(f, "%s %" PRIu64 "\n", map_key(c->words.names, x->order[i], NULL),
                c->words.rows[x->order[i]].occurrences);
    cli_close(f);
}

static void write_model(const choice *x, const counts *c, const train_settings *s)
{
    params p;
    vectors v;
    int lock;
    const agreed a = {x->words, x->labels, x->with_label, c->encounters};
    if (o.vectors && vectors_read(&v, o.vectors))
        cli_die("%s", err_message());
    if (trainer_check_folder(o.output, false, o.force) || gemm_init() ||
        start_agreed(&p, &a, s, o.vectors ? &v : NULL, (int)o.size))
        cli_die("%s", err_message());
    json_t *about = json_object();
    if (c->tokenizer)
        ecan_json_set(about, "tokenizer", json_deep_copy(c->tokenizer));
    const model_parts parts = {.p = &p, .words = x->words, .labels = x->labels, .about = about};
    if (folder_lock(o.output, &lock))
        cli_die("%s", err_message());
    const int result = model_write(o.output, &parts);
    folder_unlock(o.output, lock);
    if (result)
        cli_die("%s", err_message());
    json_decref(about);
    params_free(&p);
    if (o.vectors)
        vectors_free(&v);
}

int main(int argc, char **argv)
{
    const char *const *files;
    int n;
    train_settings s;
    counts c;
    choice x = {0};
    labels *described = NULL;
    program.options = train_options_of_start(&s, options, argc, argv);
    cli_parse(&program, argc, argv, &files, &n);
    if (!o.output && !o.vocabulary)
        cli_usage("missing option --output DIR or --save-vocab FILE");
    if (n < 1)
        cli_usage("expected tables of ecan-counts");
    train_options_end(&s);
    if (counts_init(&c) || input_named(files, n) || (o.labels && !(described = labels_read(o.labels))))
        cli_die("%s", err_message());
    for (int i = 0; i < n; i++)
        if (counts_read(&c, files[i]))
            cli_die("%s", err_message());
    choose_words(&x, &c);
    choose_codes(&x, &c, described);
    if (!o.quiet)
        cli_warn("%" PRIu64 " encounters, %d words, %d codes", c.encounters, (int)x.n_words,
                 (int)labels_count(x.labels));
    if (x.n_words == 0 || labels_count(x.labels) == 0)
        cli_die("no %s is in at least %" PRId64 " encounters", x.n_words ? "code" : "word", o.least);
    if (o.vocabulary)
        write_vocabulary(&x, &c);
    if (o.output)
        write_model(&x, &c, &s);
    vocab_free(x.words);
    labels_free(x.labels);
    labels_free(described);
    mem_free(x.with_label);
    mem_free(x.order);
    counts_free(&c);
    return cli_finish(CLI_OK);
}
