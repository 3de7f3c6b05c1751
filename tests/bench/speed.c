/* SPDX-License-Identifier: Apache-2.0 */
/* Words per second of ecan's training and prediction within one process, and the rate of a large sgemm on the
 * same threads.
 *
 *     speed CONFIG [--mode train|infer|sgemm] [--words N] [--batch N] [--steps N] [--threads N]
 *                  [--documents FILE] [--model DIR] [--rows N] [--precision f32|bf16]
 *                  [--label-sample N] [--turns]
 *     speed CONFIG --save DIR                 a model folder of that configuration with random numbers
 *     speed CONFIG --tokens FILE --documents FILE    the documents as a stream of tokens
 *
 * speed.py has the same command line for PyTorch, speed.js the most of it for ONNX Runtime; bench.py runs
 * them in turn. A step is --batch documents: of training, or of prediction; the first is not counted.
 * Documents have --words random words each, or are the lines of FILE (ids with blanks between), taken in
 * turn. One line of JSON comes out: the best step, and its share of what the sgemm could multiply in that
 * time.
 *
 * With --turns a step is made whenever a line comes in, and its line says
 * {"seconds", "words", "flops"}: so that programs can be compared step by step on a machine that is not
 * always as fast. */
#include "bench.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/progress.h"
#include "io/stream.h"
#include "model/model.h"
#include "model/net.h"
#include "tensor/gemm.h"
#include "train/adam.h"
#include "train/step.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { GOLD = 10, SHOWN = 8, SIDE = 1536, CODE = 16 };

static struct {
    const char *mode, *documents, *model, *save, *tokens, *precision;
    int words, batch, steps, threads, rows, label_sample;
    bool turns;
} o = {
    .mode = "train", .words = 1500, .batch = 4, .steps = 2, .threads = 2, .rows = 50000, .precision = "f32"};

static void die(const char *title)
{
    fprintf(stderr, "speed: %s\n", title);
    exit(1);
}

/* What can fail. */
static void must(bool done)
{
    if (!done)
        die(err_message());
}

/* ---- documents ---- */

typedef struct documents {
    example *list;
    const example **batch; /* [o.batch] */
    int n, next;
} documents;

static void add_document(documents *d, int32_t *ids, size_t T, int L)
{
    int32_t *gold = mem_array(GOLD, sizeof *gold);
    example *more = realloc(d->list, (size_t)(d->n + 1) * sizeof *more);
    if (!gold || !more)
        die("out of memory");
    for (int j = 0; j < GOLD; j++)
        gold[j] = (int32_t)(j * L / GOLD);
    d->list = more;
    d->list[d->n++] = (example){.ids = ids, .T = T, .gold = gold, .n_gold = GOLD};
}

static void random_documents(documents *d, int L)
{
    rng r;
    rng_seed(&r, 2, 0, 0);
    for (int b = 0; b < o.batch; b++) {
        int32_t *ids = mem_array((size_t)o.words, sizeof *ids);
        must(ids);
        for (int t = 0; t < o.words; t++)
            ids[t] = 1 + (int32_t)rng_below(&r, (uint32_t)o.rows - 1);
        add_document(d, ids, (size_t)o.words, L);
    }
}

static void read_documents(documents *d, int L)
{
    FILE *f = fopen(o.documents, "r");
    char *line = NULL;
    size_t room = 0;
    if (!f)
        die("cannot open the documents");
    while (getline(&line, &room, f) > 0) {
        int32_t *ids = NULL;
        size_t T = 0, have = 0;
        char *at = line, *end;
        for (long id; (id = strtol(at, &end, 10)), end != at; at = end) {
            if (id < 1 || id >= o.rows)
                die("a document with a word that is not there");
            must(mem_grow(&ids, &have, T + 1, sizeof *ids) == 0);
            ids[T++] = (int32_t)id;
        }
        add_document(d, ids, T, L);
    }
    free(line);
    fclose(f);
    if (d->n == 0)
        die("no documents");
}

/* The next o.batch documents; the number of their words. */
static size_t next_batch(documents *d)
{
    size_t words = 0;
    for (int b = 0; b < o.batch; b++) {
        d->batch[b] = &d->list[d->next];
        d->next = (d->next + 1) % d->n;
        words += d->batch[b]->T;
    }
    return words;
}

/* ---- the model and the stream that the programs are run with ---- */

/* Word i as text: four letters after a w. */
static void spell(char word[6], int i)
{
    word[0] = 'w';
    for (int k = 4; k > 0; k--, i /= 26)
        word[k] = (char)('a' + i % 26);
    word[5] = '\0';
}

/* A code as long as codes usually are. */
static void spell_code(char code[CODE], int32_t i)
{
    snprintf(code, CODE, "%03d.%02d", i / 100, i % 100);
}

static void save_model(const params *p)
{
    vocab *v = vocab_new();
    labels *l = labels_new();
    json_t *about = json_object();
    must(v && l && about);
    const int32_t words = (int32_t)p->words, codes = (int32_t)p->labels;
    for (int32_t i = vocab_size(v); i < words; i++) {
        char word[6];
        spell(word, i);
        must(vocab_add(v, word, strlen(word)) == i);
    }
    for (int32_t i = 0; i < codes; i++) {
        char code[CODE];
        spell_code(code, i);
        must(labels_add(l, code, strlen(code), "A code of the benchmark, of the usual length") == i);
    }
    must(model_write(o.save, &(model_parts){.p = p, .words = v, .labels = l, .about = about}) == 0);
    vocab_free(v);
    labels_free(l);
    json_decref(about);
}

/* A record as ecan-tokenize writes it: gold codes, the note, its words and their positions. */
static void pack_document(pack *out, const example *d, int number)
{
    char id[16];
    snprintf(id, sizeof id, "%d", number);
    int32_t *spans = mem_array(3 * d->T, sizeof *spans);
    char *text = mem_array(6 * d->T + 1, 1);
    must(spans && text);
    pack_key(out, "id");
    pack_str(out, id);
    pack_key(out, "labels");
    pack_array(out, d->n_gold);
    for (size_t i = 0; i < d->n_gold; i++) {
        char code[CODE];
        spell_code(code, d->gold[i]);
        pack_str(out, code);
    }
    pack_key(out, "tokens");
    pack_array(out, d->T);
    for (size_t t = 0; t < d->T; t++) {
        char *word = text + 6 * t;
        spell(word, d->ids[t]);
        pack_str(out, word);
        word[5] = ' ';
        spans[3 * t + 1] = (int32_t)(6 * t);
        spans[3 * t + 2] = (int32_t)(6 * t + 5);
    }
    pack_key(out, "spans");
    pack_i4(out, spans, 2, (const size_t[]){d->T, 3});
    pack_key(out, "documents");
    pack_array(out, 1);
    pack_map(out, 2);
    pack_str(out, "id");
    pack_str(out, id);
    pack_str(out, "text");
    pack_str(out, text);
    mem_free(spans);
    mem_free(text);
}

static void save_tokens(const documents *d)
{
    stream_out *out = stream_create(o.tokens, false);
    must(out && stream_begin(out, "tokens", "speed", NULL, NULL, NULL) == 0);
    for (int i = 0; i < d->n; i++) {
        pack fields = {0};
        pack_document(&fields, &d->list[i], i + 1);
        must(stream_write(out, NULL, NULL, &fields) == 0);
        pack_free(&fields);
    }
    must(stream_end(out) == 0);
}

/* ---- a large sgemm: each thread a product of its own ---- */

static float *sgemm_new(void)
{
    const size_t n = (size_t)o.threads * 3 * SIDE * SIDE;
    float *m = mem_array(n, sizeof *m);
    must(m);
    for (size_t i = 0; i < n; i++)
        m[i] = (float)(i % 17) * 0.125f - 1;
    return m;
}

static void sgemm_task(void *context, size_t task, size_t worker)
{
    (void)task;
    float *m = (float *)context + (size_t)worker * 3 * SIDE * SIDE;
    gemm_blis(matrix_rows(m + 2 * SIDE * SIDE, SIDE, SIDE), 0, 1, const_rows(m, SIDE, SIDE),
              const_rows(m + SIDE * SIDE, SIDE, SIDE));
}

/* Floating point operations of one turn of it. */
static double sgemm(pool *workers, float *m)
{
    const int products = 4 * o.threads;
    pool_run(workers, sgemm_task, m, products);
    return 2.0 * SIDE * SIDE * SIDE * products;
}

static double sgemm_rate(pool *workers)
{
    float *m = sgemm_new();
    double best = 0;
    for (int i = 0; i < 4; i++) {
        const double start = progress_now(), flops = sgemm(workers, m);
        best = fmax(best, flops / (progress_now() - start));
    }
    mem_free(m);
    return best;
}

/* ---- prediction: documents side by side ---- */

typedef struct prediction {
    const params *p;
    const documents *docs;
    net_work *work; /* [threads] */
    float *out;     /* [threads][4 L] */
} prediction;

static prediction *prediction_new(const params *p, const documents *docs)
{
    prediction *q = mem_array(1, sizeof *q);
    must(q);
    q->p = p;
    q->docs = docs;
    q->work = mem_array((size_t)o.threads, sizeof *q->work);
    q->out = mem_array((size_t)o.threads * 4 * (size_t)p->labels, sizeof *q->out);
    must(q->work && q->out);
    return q;
}

static float *predicted(const prediction *p, const example *d, int worker)
{
    const size_t L = (size_t)p->p->labels;
    float *out = p->out + (size_t)worker * 4 * L;
    must(net_forward(out, (int32_t *)(void *)(out + 2 * L), out + L, p->p, d->ids, d->T, &p->work[worker]) ==
         0);
    return out;
}

static void predict_task(void *context, size_t task, size_t worker)
{
    const prediction *p = context;
    predicted(p, p->docs->batch[task], worker);
}

/* Scores of the first labels for the first document: bench.py compares those of the programs. */
static void print_scores(const prediction *p)
{
    const float *logits = predicted(p, &p->docs->list[0], 0);
    printf("{\"scores\": [");
    for (int j = 0; j < SHOWN; j++)
        printf("%s%.6f", j ? ", " : "", 1 / (1 + exp(-(double)logits[j])));
    printf("]}\n");
}

/* ---- one step of what is measured ---- */

typedef struct work {
    pool *workers;
    params p;
    documents docs;
    float *matrices; /* sgemm */
    adam a;          /* train */
    step *s;
    uint64_t number;
    prediction *q; /* infer */
} work;

/* Multiplications and additions of one word forward: convolutions, residuals, pooling, attention (two
 * products a label). */
static double flops_a_word(const params *p)
{
    const model_sizes *s = &p->sizes;
    size_t n = 0;
    for (int i = 0; i < s->blocks; i++)
        n += 2 * s->block[i].D_in * s->block[i].D * (s->block[i].conv.K + (p->c.residual ? 1 : 0));
    for (int i = 0; s->sum && i < s->blocks - 1; i++)
        n += 2 * s->block[i].D * s->D_last;
    return (double)(n + 4 * (size_t)p->labels * s->S);
}

static double train(work *w)
{
    double loss;
    const step_options options = {
        .dropout = 0.3f, .seed = 1, .number = w->number++, .label_sample = (size_t)o.label_sample};
    must(step_run(w->s, w->docs.batch, o.batch, &options, &loss) == 0);
    const adam_rates rates = {.learning_rate = 1.5e-4f, .embedding = 1, .gradient = 1};
    adam_step(&w->a, &w->p, step_grad(w->s), step_in_batch(w->s), &rates, w->workers);
    return 3 * flops_a_word(&w->p);
}

static double infer(work *w)
{
    pool_run(w->workers, predict_task, w->q, o.batch);
    return flops_a_word(&w->p);
}

typedef struct turn {
    double seconds, flops;
    size_t words;
} turn;

static turn one_turn(work *w)
{
    turn t = {.words = w->matrices ? 0 : next_batch(&w->docs)};
    const double start = progress_now();
    if (w->matrices)
        t.flops = sgemm(w->workers, w->matrices);
    else
        t.flops = (w->s ? train(w) : infer(w)) * (double)t.words;
    t.seconds = progress_now() - start;
    return t;
}

/* A turn for every line that comes in. */
static void take_turns(work *w)
{
    if (w->q)
        print_scores(w->q);
    one_turn(w);
    printf("{\"parameters\": %zu}\n", w->matrices ? 0 : params_count(&w->p));
    fflush(stdout);
    for (int c; (c = getchar()) != EOF;) {
        if (c != '\n')
            continue;
        const turn t = one_turn(w);
        printf("{\"seconds\": %.6f, \"words\": %zu, \"flops\": %.6g}\n", t.seconds, t.words, t.flops);
        fflush(stdout);
    }
}

static void best_of_steps(work *w, const char *name)
{
    const double rate = sgemm_rate(w->workers);
    one_turn(w);
    turn best = one_turn(w);
    for (int i = 1; i < o.steps; i++) {
        const turn t = one_turn(w);
        if (t.flops / t.seconds > best.flops / best.seconds)
            best = t;
    }
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    printf("{\"program\": \"ecan\", \"config\": \"%s\", \"mode\": \"%s\", \"words\": %zu, \"batch\": %d, "
           "\"threads\": %d, \"words_per_second\": %.1f, \"peak_mib\": %.1f, \"gflops\": %.1f, "
           "\"sgemm_gflops\": %.1f, \"share\": %.3f, \"kernels\": \"%s\"}\n",
           name, o.mode, best.words, o.batch, o.threads, (double)best.words / best.seconds,
           (double)used.ru_maxrss / 1024, best.flops / best.seconds / 1e9, rate / 1e9,
           best.flops / best.seconds / rate, gemm_kernels());
}

/* ---- the command line ---- */

static void parse(int argc, char **argv)
{
    enum { TEXT = 256, NUMBER = 512, TURNS = 768 };
    static const char **const texts[] = {&o.mode, &o.documents, &o.model, &o.save, &o.tokens, &o.precision};
    static int *const numbers[] = {&o.words, &o.batch, &o.steps, &o.threads, &o.rows, &o.label_sample};
    static const struct option options[] = {{"mode", 1, 0, TEXT},
                                            {"documents", 1, 0, TEXT + 1},
                                            {"model", 1, 0, TEXT + 2},
                                            {"save", 1, 0, TEXT + 3},
                                            {"tokens", 1, 0, TEXT + 4},
                                            {"words", 1, 0, NUMBER},
                                            {"batch", 1, 0, NUMBER + 1},
                                            {"steps", 1, 0, NUMBER + 2},
                                            {"threads", 1, 0, NUMBER + 3},
                                            {"rows", 1, 0, NUMBER + 4},
                                            {"label-sample", 1, 0, NUMBER + 5},
                                            {"precision", 1, 0, TEXT + 5},
                                            {"turns", 0, 0, TURNS},
                                            {0}};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (c == TURNS)
            o.turns = true;
        else if (c >= NUMBER && (*numbers[c - NUMBER] = atoi(optarg)) >= 1)
            continue;
        else if (c >= TEXT && c < NUMBER)
            *texts[c - TEXT] = optarg;
        else
            exit(2);
    }
}

static void random_params(params *p, const config *c, int L)
{
    must(params_init(p, c, o.rows, L) == 0);
    params_start(p, 1);
    rng r;
    rng_seed(&r, 3, 0, 0);
    const size_t E = (size_t)c->embedding_size;
    for (size_t i = E; i < (size_t)o.rows * E; i++)
        p->embed[i] = rng_normal(&r);
    for (size_t l = 10; l < p->labels; l++) /* as in a trained model, most labels are improbable */
        p->b[l] = -6;
}

int main(int argc, char **argv)
{
    parse(argc, argv);
    const bench_config *which = optind < argc ? bench_find(argv[optind]) : NULL;
    config c;
    if (!which)
        die("no such configuration");
    must(bench_make(&c, which) == 0);
    const precision products = strcmp(o.precision, "bf16") == 0 ? PRECISION_BF16 : PRECISION_F32;
    if (strcmp(o.mode, "train") == 0)
        c.precision = products;
    work w = {.workers = pool_new(o.threads)};
    model m;
    must(w.workers);
    if (strcmp(o.mode, "sgemm") == 0) {
        w.matrices = sgemm_new();
        take_turns(&w);
        return 0;
    }
    if (o.documents)
        read_documents(&w.docs, which->labels);
    else
        random_documents(&w.docs, which->labels);
    if (o.tokens) {
        save_tokens(&w.docs);
        return 0;
    }
    w.docs.batch = mem_array((size_t)o.batch, sizeof(example *));
    must(w.docs.batch);
    if (o.model) {
        must(model_open(&m, o.model, true, NULL) == 0);
        w.p = m.p;
    } else {
        random_params(&w.p, &c, which->labels);
    }
    w.p.sizes.precision = products; /* in prediction the blocks have 32 bits */
    if (o.save) {
        save_model(&w.p);
        return 0;
    }
    winograd_weights u; /* a model has its own */
    if (strcmp(o.mode, "infer") == 0) {
        must(o.model || winograd_weights_prepare(&u, &w.p) == 0);
        w.q = prediction_new(&w.p, &w.docs);
    } else {
        must((w.s = step_new(&w.p, w.workers, STEP_AUTO)) && adam_init(&w.a, &w.p) == 0);
    }
    if (o.turns)
        take_turns(&w);
    else
        best_of_steps(&w, which->name);
    return 0;
}
