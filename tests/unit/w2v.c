/* SPDX-License-Identifier: Apache-2.0 */
/* Learning word vectors: the gradient of CBOW, the sampler, the corpus, and the whole on text made up. */
#include "train/w2v.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "tap.h"
#include "train/huffman.h"
#include "train/kmeans.h"
#include "train/sampler.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the arithmetic, against a naive one in double ---- */

enum { WORDS = 7, OUT = 12, SIZE = 5, EXAMPLES = 3, MOST = 6 };

static const int32_t text[] = {0, 1, 2, 1, 3, 4, 6};

/* Words drawn are rows 0 .. 6 of out, nodes of a tree rows 7 .. 11. Word 1 is twice in a context, and 5 drawn
 * twice. */
typedef struct sample_example {
    w2v_example x;
    w2v_target target[MOST];
} sample_example;

#define WORDS_1                                                                                              \
    {1, true}, {5, false}, {5, false},                                                                       \
    {                                                                                                        \
        0, false                                                                                             \
    }
#define WORDS_2                                                                                              \
    {2, true}, {6, false},                                                                                   \
    {                                                                                                        \
        3, false                                                                                             \
    }
#define WORDS_3                                                                                              \
    {6, true},                                                                                               \
    {                                                                                                        \
        4, false                                                                                             \
    }
#define NODES_1                                                                                              \
    {7, true},                                                                                               \
    {                                                                                                        \
        11, true                                                                                             \
    }
#define NODES_2                                                                                              \
    {8, false}, {9, true},                                                                                   \
    {                                                                                                        \
        11, false                                                                                            \
    }
#define NODES_3                                                                                              \
    {                                                                                                        \
        11, true                                                                                             \
    }
#define CBOW_1 0, 1, 3, 2
#define CBOW_2 0, 2, 5, 4
#define CBOW_3 5, 6, 7, 1
#define SKIP_1 0, 1, 1, 1
#define SKIP_2 3, 2, 4, 1
#define SKIP_3 5, 6, 6, 1

static const sample_example cbow_words[EXAMPLES] = {
    {{CBOW_1, 4, 4, 0, 1}, {WORDS_1}}, {{CBOW_2, 3, 3, 0, 1}, {WORDS_2}}, {{CBOW_3, 2, 2, 0, 1}, {WORDS_3}}};
static const sample_example cbow_tree[EXAMPLES] = {
    {{CBOW_1, 0, 2, 0, 1}, {NODES_1}}, {{CBOW_2, 0, 3, 0, 1}, {NODES_2}}, {{CBOW_3, 0, 1, 0, 1}, {NODES_3}}};
static const sample_example cbow_both[EXAMPLES] = {{{CBOW_1, 4, 6, 0, 1}, {WORDS_1, NODES_1}},
                                                   {{CBOW_2, 3, 6, 0, 1}, {WORDS_2, NODES_2}},
                                                   {{CBOW_3, 2, 3, 0, 1}, {WORDS_3, NODES_3}}};
static const sample_example skip_words[EXAMPLES] = {
    {{SKIP_1, 4, 4, 0, 1}, {WORDS_1}}, {{SKIP_2, 3, 3, 0, 1}, {WORDS_2}}, {{SKIP_3, 2, 2, 0, 1}, {WORDS_3}}};
static const sample_example skip_tree[EXAMPLES] = {
    {{SKIP_1, 0, 2, 0, 1}, {NODES_1}}, {{SKIP_2, 0, 3, 0, 1}, {NODES_2}}, {{SKIP_3, 0, 1, 0, 1}, {NODES_3}}};
static const sample_example skip_both[EXAMPLES] = {{{SKIP_1, 4, 6, 0, 1}, {WORDS_1, NODES_1}},
                                                   {{SKIP_2, 3, 6, 0, 1}, {WORDS_2, NODES_2}},
                                                   {{SKIP_3, 2, 3, 0, 1}, {WORDS_3, NODES_3}}};

static double naive_loss(const double *in, const double *out, const sample_example *examples,
                         const w2v_rule *rule)
{
    double loss = 0;
    for (int i = 0; i < EXAMPLES; i++) {
        const w2v_example *x = &examples[i].x;
        double h[SIZE] = {0};
        int C = 0;
        for (int c = x->begin; c < x->end; c++)
            C += c != x->at;
        for (int c = x->begin; c < x->end; c++)
            for (int j = 0; j < SIZE && c != x->at; j++)
                h[j] += in[text[c] * SIZE + j] / (rule->sum ? 1 : C);
        for (int k = 0; k < x->targets; k++) {
            double f = 0;
            for (int j = 0; j < SIZE; j++)
                f += h[j] * out[examples[i].target[k].row * SIZE + j];
            loss += log1p(exp(examples[i].target[k].positive ? -f : f));
        }
    }
    return loss;
}

typedef struct sample_model {
    w2v_model m;
    w2v_block b;
    double in[WORDS * SIZE], out[OUT * SIZE]; /* as they were */
    float *before_in, *before_out;            /* the same, in m's layout */
} sample_model;

static void fill(float *rows, double *copy, int n, size_t ld, rng *r)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < SIZE; j++)
            copy[i * SIZE + j] = rows[(size_t)i * ld + (size_t)j] = 0.6f * rng_normal(r);
}

static void start(sample_model *s, const sample_example *examples)
{
    rng r;
    if (w2v_model_init(&s->m, WORDS, OUT, SIZE, 1, 1) < 0 ||
        w2v_block_init(&s->b, EXAMPLES, MOST, s->m.ld) < 0)
        abort();
    rng_seed(&r, 7, 0, 0);
    fill(s->m.in, s->in, WORDS, s->m.ld, &r);
    fill(s->m.out, s->out, OUT, s->m.ld, &r);
    s->before_in = mem_array(WORDS * s->m.ld, sizeof(float));
    s->before_out = mem_array(OUT * s->m.ld, sizeof(float));
    memcpy(s->before_in, s->m.in, WORDS * s->m.ld * sizeof(float));
    memcpy(s->before_out, s->m.out, OUT * s->m.ld * sizeof(float));
    s->b.text = text;
    for (int i = 0; i < EXAMPLES; i++) {
        s->b.examples[i] = examples[i].x;
        memcpy(s->b.targets + i * MOST, examples[i].target, sizeof examples[i].target);
    }
}

static void again(sample_model *s)
{
    memcpy(s->m.in, s->before_in, WORDS * s->m.ld * sizeof(float));
    memcpy(s->m.out, s->before_out, OUT * s->m.ld * sizeof(float));
}

static void finish(sample_model *s)
{
    w2v_model_free(&s->m);
    w2v_block_free(&s->b);
    mem_free(s->before_in);
    mem_free(s->before_out);
}

/* The largest distance between the change of rows and -alpha times the slope that finite differences find. x:
 * those of s->in or s->out that were moved. */
static double gradient_error(sample_model *s, double *x, int n, const float *before, const float *after,
                             const sample_example *examples, const w2v_rule *rule, double alpha)
{
    const double step = 1e-5;
    double worst = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < SIZE; j++) {
            double was = x[i * SIZE + j];
            x[i * SIZE + j] = was + step;
            double up = naive_loss(s->in, s->out, examples, rule);
            x[i * SIZE + j] = was - step;
            double slope = (up - naive_loss(s->in, s->out, examples, rule)) / (2 * step);
            x[i * SIZE + j] = was;
            size_t at = (size_t)i * s->m.ld + (size_t)j;
            worst = fmax(worst, fabs(((double)after[at] - before[at]) / alpha + slope));
        }
    return worst;
}

static void test_gradient(const char *name, const sample_example *examples, w2v_rule rule)
{
    const float alpha = 0.5f;
    sample_model s;
    start(&s, examples);
    double loss = w2v_forward(&s.b, &s.m, &rule, alpha, NULL, 0, EXAMPLES),
           naive = naive_loss(s.in, s.out, examples, &rule);
    ok(fabs(loss - naive) < 1e-5, "%s: loss %.6f as computed naively", name, loss);
    w2v_update(&s.m, &s.b, &rule, alpha, 0, 1);
    double e = gradient_error(&s, s.in, WORDS, s.before_in, s.m.in, examples, &rule, alpha);
    ok(e < 1e-5, "%s: the words' change is -alpha times the slope: off by %.1e", name, e);
    e = gradient_error(&s, s.out, OUT, s.before_out, s.m.out, examples, &rule, alpha);
    ok(e < 1e-5, "%s: so is the targets': off by %.1e", name, e);

    size_t in_bytes = WORDS * s.m.ld * sizeof(float), out_bytes = OUT * s.m.ld * sizeof(float);
    float *in = mem_array(in_bytes, 1), *out = mem_array(out_bytes, 1);
    memcpy(in, s.m.in, in_bytes);
    memcpy(out, s.m.out, out_bytes);
    again(&s);
    for (int part = 0; part < 3; part++)
        w2v_update(&s.m, &s.b, &rule, alpha, part, 3);
    ok(memcmp(s.m.in, in, in_bytes) == 0 && memcmp(s.m.out, out, out_bytes) == 0,
       "%s: three parts make the same change, to the last bit", name);
    mem_free(in);
    mem_free(out);
    finish(&s);
}

static void test_gradients(void)
{
    const w2v_rule mean = {.divide = true}, sum = {.sum = true};
    test_gradient("CBOW, words", cbow_words, mean);
    test_gradient("CBOW, tree", cbow_tree, mean);
    test_gradient("CBOW, both", cbow_both, mean);
    test_gradient("CBOW of sums, words", cbow_words, sum);
    test_gradient("skip-gram, words", skip_words, mean);
    test_gradient("skip-gram, tree", skip_tree, mean);
    test_gradient("skip-gram, both", skip_both, mean);
}

/* Two examples of word 1: its contexts are words 0 and 2. Those before move the row of word 1 and the node
 * for the next, not the words drawn, of which each has its own. Computed one step after another. */
static void test_shared_targets(void)
{
    static const w2v_target targets[2][4] = {{{1, true}, {5, false}, {7, true}, {11, false}},
                                             {{1, true}, {6, false}, {7, true}, {11, false}}};
    static const bool shared[4] = {true, false, true, true};
    const double alpha = 0.5;
    sample_model s;
    float moved[3 * W2V_LANES];
    double seen[OUT * SIZE], worst = 0;
    start(&s, skip_both);
    s.b.n = 2;
    s.b.examples[0] = (w2v_example){0, 1, 1, 1, 2, 4, 0, 2};
    s.b.examples[1] = (w2v_example){2, 1, 3, 1, 2, 4, 1, 2};
    memcpy(seen, s.out, sizeof seen);
    for (int i = 0; i < 2; i++) {
        const double *h = s.in + 2 * i * SIZE; /* words 0 and 2 */
        double e[SIZE] = {0};
        memcpy(s.b.targets + i * MOST, targets[i], sizeof targets[i]);
        for (int k = 0; k < 4; k++) {
            double f = 0, *row = seen + targets[i][k].row * SIZE;
            for (int j = 0; j < SIZE; j++)
                f += h[j] * row[j];
            double g = targets[i][k].positive - 1 / (1 + exp(-f));
            for (int j = 0; j < SIZE; j++) {
                e[j] += g * row[j];
                s.out[targets[i][k].row * SIZE + j] += alpha * g * h[j];
                row[j] += shared[k] ? alpha * g * h[j] : 0;
            }
        }
        for (int j = 0; j < SIZE; j++)
            s.in[2 * i * SIZE + j] += alpha * e[j];
    }
    w2v_forward(&s.b, &s.m, &(w2v_rule){0}, (float)alpha, moved, 0, 2);
    w2v_update(&s.m, &s.b, &(w2v_rule){0}, (float)alpha, 0, 1);
    for (size_t i = 0; i < OUT; i++)
        for (size_t j = 0; j < SIZE; j++) {
            worst = fmax(worst, fabs(s.out[i * SIZE + j] - (double)s.m.out[i * s.m.ld + j]));
            if (i < WORDS)
                worst = fmax(worst, fabs(s.in[i * SIZE + j] - (double)s.m.in[i * s.m.ld + j]));
        }
    ok(worst < 1e-5, "examples of a word see what those before made of their targets: off by %.1e", worst);
    finish(&s);
}

/* Word 3's vector after one step; it is in one context, which is of 4 words. */
static float moved(const sample_model *s, const w2v_rule *rule)
{
    sample_model copy = *s;
    again(&copy);
    w2v_forward(&copy.b, &copy.m, rule, 0.5f, NULL, 0, EXAMPLES);
    w2v_update(&copy.m, &copy.b, rule, 0.5f, 0, 1);
    return copy.m.in[3 * copy.m.ld] - copy.before_in[3 * copy.m.ld];
}

static void test_start_and_division(void)
{
    sample_model s;
    w2v_model m;
    ok(w2v_model_init(&m, WORDS, OUT, SIZE, 0.5f, 1) == 0 && m.in[0] != 0 && fabsf(m.in[0]) <= 0.5f / SIZE &&
           m.in[SIZE] == 0 && m.out[0] == 0,
       "starts small, padding and out are zero");
    w2v_model_free(&m);
    start(&s, cbow_words);
    float whole = moved(&s, &(w2v_rule){0}), share = moved(&s, &(w2v_rule){.divide = true});
    ok(fabsf(share) > 1e-3f && fabsf(whole - 4 * share) < 1e-5f,
       "undivided, a word of a context of 4 moves 4 times as far");
    finish(&s);
}

/* One word in the context, one target: h . out[k] is exactly f. What the target's row moves by, through alpha
 * h. */
static float slope_at(float f, bool right, bool tree, w2v_sigmoid sigmoid)
{
    sample_model s;
    const w2v_rule rule = {.sigmoid = sigmoid};
    start(&s, cbow_words);
    memset(s.m.in, 0, WORDS * s.m.ld * sizeof(float));
    memset(s.m.out, 0, OUT * s.m.ld * sizeof(float));
    s.m.in[4 * s.m.ld] = 1;
    s.m.out[8 * s.m.ld] = f;
    s.b.n = 1;
    s.b.examples[0] = (w2v_example){CBOW_3, tree ? 0 : 1, 1, 0, 1};
    s.b.targets[0] = (w2v_target){8, right};
    w2v_forward(&s.b, &s.m, &rule, 1, NULL, 0, 1);
    w2v_update(&s.m, &s.b, &rule, 1, 0, 1);
    float slope = s.m.out[8 * s.m.ld] - f;
    finish(&s);
    return slope;
}

static void test_sigmoid(void)
{
    const float p7 = (float)(1 / (1 + exp(-7.0))), p5 = (float)(1 / (1 + exp(-5.0)));
    for (int sigmoid = W2V_EXACT; sigmoid <= W2V_SKIP; sigmoid++)
        for (int tree = 0; tree < 2; tree++)
            ok(fabsf(slope_at(5, false, tree, (w2v_sigmoid)sigmoid) + p5) < 1e-5f &&
                   fabsf(slope_at(-5, true, tree, (w2v_sigmoid)sigmoid) - p5) < 1e-5f,
               "at 5 all sigmoids are the same: %d %d", sigmoid, tree);
    ok(fabsf(slope_at(7, false, false, W2V_EXACT) + p7) < 1e-5f, "exact at 7");
    ok(slope_at(7, false, false, W2V_SATURATE) == -1 && slope_at(7, true, false, W2V_SATURATE) == 0 &&
           slope_at(-7, true, false, W2V_SATURATE) == 1 && slope_at(-7, false, false, W2V_SATURATE) == 0,
       "word2vec.c's words: 0 or 1 at 7");
    ok(slope_at(7, false, true, W2V_SATURATE) == 0 && slope_at(-7, true, true, W2V_SATURATE) == 0,
       "its nodes: nothing");
    ok(slope_at(7, false, false, W2V_SKIP) == 0 && slope_at(-7, true, true, W2V_SKIP) == 0,
       "gensim's: nothing");
}

/* ---- the tree ---- */

static void code_of(char *code, const huffman *h, int32_t word)
{
    char up[64];
    int n = 0;
    for (int32_t at = word, node; (node = h->parent[at]) >= 0; at = h->n + node)
        up[n++] = (char)('0' + h->bit[at]);
    for (int i = 0; i < n; i++)
        code[i] = up[n - 1 - i];
    code[n] = '\0';
}

static void test_tree(void)
{
    /* By hand: 1+1 = 2 (node 0), then 2+2, the inner one first (1: 4), 3+4 (2: 7), 5+7 (3: 12). Then
     * word2vec.c's bits. */
    static const int64_t counts[] = {5, 3, 2, 1, 1};
    static const char *const codes[] = {"0", "10", "111", "1101", "1100"};
    huffman h;
    char code[64];
    ok(huffman_init(&h, counts, 5) == 0 && h.longest == 4, "a tree");
    for (int32_t word = 0; word < 5; word++) {
        code_of(code, &h, word);
        ok(strcmp(code, codes[word]) == 0, "word %d has the code %s", (int)word, code);
    }
    huffman_free(&h);
    ok(huffman_init(&h, counts, 1) == 0 && h.longest == 0, "one word has no code");
    huffman_free(&h);

    enum { N = 1000 };
    int64_t zipf[N];
    double bits = 0, entropy = 0, sum = 0, kraft = 0;
    for (int i = 0; i < N; i++)
        sum += (double)(zipf[i] = 100000 / (i + 1));
    ok(huffman_init(&h, zipf, N) == 0, "a tree of %d", N);
    for (int32_t word = 0; word < N; word++) {
        double p = (double)zipf[word] / sum;
        code_of(code, &h, word);
        bits += p * (double)strlen(code);
        entropy -= p * log2(p);
        kraft += exp2(-(double)strlen(code));
    }
    ok(kraft == 1 && bits >= entropy && bits < entropy + 0.1, "%.2f bits a word, of which %.2f are needed",
       bits, entropy);
    huffman_free(&h);
}

/* ---- k-means ---- */

static void test_kmeans(void)
{
    enum { N = 300, DIM = 3, CLASSES = 3 };
    float x[N * DIM];
    int32_t one[N], two[N];
    int right = 0;
    rng r;
    rng_seed(&r, 11, 0, 0);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < DIM; j++)
            x[i * DIM + j] = (j == i * 7 % 11 % CLASSES ? 3.0f : 0) + 0.3f * rng_normal(&r);
    pool *a = pool_new(1), *b = pool_new(2);
    ok(kmeans(one, x, N, DIM, CLASSES, KMEANS_ROUNDS, a) == 0 &&
           kmeans(two, x, N, DIM, CLASSES, KMEANS_ROUNDS, b) == 0 && memcmp(one, two, sizeof one) == 0,
       "classes, the same with 1 and 2 threads");
    for (int i = 0; i < N; i++)
        for (int k = 0; k < i; k++)
            right += (one[i] == one[k]) == (i * 7 % 11 % CLASSES == k * 7 % 11 % CLASSES);
    ok(right == N * (N - 1) / 2, "they are the three bundles");
    ok(kmeans(one, x, 2, DIM, 5, KMEANS_ROUNDS, a) == 0 && one[0] != one[1] && one[0] < 5 && one[1] < 5,
       "more classes than vectors");
    pool_free(a);
    pool_free(b);
}

static void test_sampler(void)
{
    enum { N = 6, DRAWS = 600000 };
    const double weight[N] = {1, 1000, 10, 300, 0.5, 88.5};
    double sum = 0, used[N], chi = 0;
    int32_t true_positives[N] = {0};
    sampler s;
    rng r;
    memcpy(used, weight, sizeof weight);
    for (int i = 0; i < N; i++)
        sum += weight[i];
    ok(sampler_init(&s, used, N) == 0, "a sampler");
    rng_seed(&r, 3, 0, 0);
    for (int i = 0; i < DRAWS; i++)
        true_positives[sampler_draw(&s, &r)]++;
    for (int i = 0; i < N; i++) {
        double expected = DRAWS * weight[i] / sum;
        chi += (true_positives[i] - expected) * (true_positives[i] - expected) / expected;
    }
    ok(chi < 20.5, "draws by weight: chi squared %.1f with 5 degrees of freedom", chi);
    sampler_free(&s);
}

/* ---- the corpus ---- */

static void add_sentence(corpus *c, const char *words)
{
    while (*words != '\0') {
        size_t n = strcspn(words, " ");
        if (corpus_add_word(c, words, n) < 0)
            abort();
        words += n + (words[n] == ' ');
    }
    if (corpus_end_sentence(c) < 0)
        abort();
}

static void test_corpus(void)
{
    corpus c;
    ok(corpus_init(&c) == 0, "a corpus");
    add_sentence(&c, "koorts de de eenmaal");
    add_sentence(&c, "");
    add_sentence(&c, "koorts de hoest hoest hoest");
    ok(c.sentences == 3 && c.tokens == 9 && map_size(c.words) == 4, "counted");
    ok(corpus_select(&c, 2, 1) == 0 && c.n == 3 && c.kept == 8, "duplicate words");
    ok(strcmp(map_key(c.words, c.selected[0], NULL), "de") == 0 &&
           strcmp(map_key(c.words, c.selected[2], NULL), "koorts") == 0,
       "by falling count, the earlier first");
    for (int round = 0; round < 2; round++) {
        ok(corpus_rewind(&c) == 0 && corpus_read(&c) == 1 && c.length == 3 && c.length_read == 4,
           "sentence 1");
        ok(c.sentence[1] == 0 && c.sentence[2] == 0 && c.sentence[0] == 2, "its rows");
        ok(corpus_read(&c) == 1 && c.length == 0, "sentence 2, empty");
        ok(corpus_read(&c) == 1 && c.length == 5 && c.sentence[4] == 1 && corpus_read(&c) == 0, "sentence 3");
    }
    corpus_free(&c);

    ok(corpus_init(&c) == 0, "another");
    add_sentence(&c, "a a b");
    add_sentence(&c, "b");
    ok(corpus_select(&c, 1, 2) == 0 && c.n == 1 && strcmp(map_key(c.words, c.selected[0], NULL), "b") == 0,
       "words of two sentences");
    corpus_free(&c);
    ok(corpus_init(&c) == 0 && corpus_select(&c, 1, 1) == -1 && strstr(err_message(), "0 records"),
       "no words");
    corpus_free(&c);
}

/* ---- the whole ---- */

enum { TOPICS = 6, MEMBERS = 5, SENTENCES = 600, LENGTH = 12 };

/* Sentences of one topic each. Odd positions have a member of the topic, even ones a word that all topics
 * share.
 */
static void make_corpus(corpus *c)
{
    rng r;
    char word[32];
    rng_seed(&r, 5, 0, 0);
    if (corpus_init(c) < 0)
        abort();
    for (int i = 0; i < SENTENCES; i++) {
        uint32_t topic = rng_below(&r, TOPICS);
        for (int j = 0; j < LENGTH; j++) {
            int n = j % 2 ? snprintf(word, sizeof word, "t%u-%u", topic, rng_below(&r, MEMBERS))
                          : snprintf(word, sizeof word, "common%u", rng_below(&r, 20));
            if (corpus_add_word(c, word, (size_t)n) < 0)
                abort();
        }
        if (corpus_end_sentence(c) < 0)
            abort();
    }
    if (corpus_select(c, 1, 1) < 0)
        abort();
}

static double cosine(const vectors *v, int32_t a, int32_t b)
{
    double ab = 0, aa = 0, bb = 0;
    for (int32_t j = 0; j < v->size; j++) {
        double x = v->data[(size_t)a * (size_t)v->size + (size_t)j],
               y = v->data[(size_t)b * (size_t)v->size + (size_t)j];
        ab += x * y;
        aa += x * x;
        bb += y * y;
    }
    return ab / sqrt(aa * bb);
}

/* The share of the topics' words whose nearest word is of the same topic. */
static double nearest_share(const vectors *v)
{
    int right = 0;
    for (int32_t i = 0; i < v->n; i++) {
        const char *word = map_key(v->words, i, NULL);
        if (word[0] != 't')
            continue;
        int32_t best = -1;
        for (int32_t j = 0; j < v->n; j++)
            if (j != i && (best < 0 || cosine(v, i, j) > cosine(v, i, best)))
                best = j;
        right += strncmp(map_key(v->words, best, NULL), word, 3) == 0;
    }
    return (double)right / (TOPICS * MEMBERS);
}

static double last_loss;

static void note_loss(void *context, int32_t epoch, int64_t tokens, double loss)
{
    if (epoch == 1)
        *(double *)context = loss;
    last_loss = tokens > 0 ? loss : NAN;
}

static bool train(vectors *v, const w2v_options *o, int n_threads, double *first_loss)
{
    corpus c;
    pool *threads = pool_new(n_threads);
    make_corpus(&c);
    bool good = threads != NULL && w2v_train(v, &c, o, threads, note_loss, first_loss) == 0;
    corpus_free(&c);
    pool_free(threads);
    return good;
}

static bool same(const vectors *a, const vectors *b)
{
    return a->n == b->n && a->size == b->size &&
           memcmp(a->data, b->data, (size_t)a->n * (size_t)a->size * sizeof(float)) == 0;
}

static void test_training(void)
{
    w2v_options o = W2V_DEFAULTS;
    vectors one, v;
    double first;
    o.size = 24;
    o.epochs = 20;
    o.subsample = 0;

    ok(train(&one, &o, 1, &first) && one.n == TOPICS * MEMBERS + 20 && one.size == 24, "trained");
    ok(first < 6 * log(2) && last_loss < first - 0.3, "the loss falls, from %.2f to %.2f", first, last_loss);
    double share = nearest_share(&one);
    ok(share >= 0.9, "words of a topic are neighbours: %.0f %%", 100 * share);
    for (int n = 2; n <= 3; n++) {
        ok(train(&v, &o, n, &first) && same(&one, &v), "the same bytes with %d threads", n);
        vectors_free(&v);
    }
    o.seed = 2;
    ok(train(&v, &o, 2, &first) && !same(&one, &v) && nearest_share(&v) >= 0.9,
       "others, as good, with another seed");
    vectors_free(&v);
    o.batch = 1;
    ok(train(&v, &o, 1, &first) && nearest_share(&v) >= 0.9, "as good in word2vec's own order");
    vectors_free(&v);
    o.batch = 64;
    o.alpha = o.min_alpha = 1e-9;
    ok(train(&v, &o, 1, &first) && nearest_share(&v) < 0.5 && fabs(last_loss - 6 * log(2)) < 0.3,
       "nothing is learnt at rate 0");
    vectors_free(&v);
    o.alpha = 1e6;
    ok(!train(&v, &o, 1, &first) && strstr(err_message(), "alpha") && v.data == NULL,
       "a rate too large is told");
    vectors_free(&one);
}

static void test_methods(void)
{
    static const char *const names[] = {"words", "tree", "both"};
    for (int skipgram = 0; skipgram < 2; skipgram++)
        for (int targets = 0; targets < 3; targets++) {
            w2v_options o = W2V_DEFAULTS;
            vectors one, three;
            double first, share;
            o.skipgram = skipgram;
            o.tree = targets > 0;
            o.negative = targets == 1 ? 0 : 5;
            o.size = 24;
            o.epochs = skipgram ? 5 : 20;
            o.subsample = 0;
            ok(train(&one, &o, 1, &first) && train(&three, &o, 3, &first) && same(&one, &three),
               "%s, %s: the same bytes with 3 threads", skipgram ? "skip-gram" : "CBOW", names[targets]);
            share = nearest_share(&one);
            ok(share >= 0.9 && last_loss < first - 0.2,
               "%s, %s: words of a topic are neighbours: %.0f %%, loss %.2f to %.2f",
               skipgram ? "skip-gram" : "CBOW", names[targets], 100 * share, first, last_loss);
            vectors_free(&one);
            vectors_free(&three);
        }
}

static const float *row_of(const vectors *v, const char *word)
{
    int32_t i = map_find(v->words, word, strlen(word));
    return i < 0 ? NULL : v->data + (size_t)i * (size_t)v->size;
}

static void test_init(void)
{
    enum { SIZE_HERE = 8 };
    static const char *const words[] = {"elsewhere", "t0-0", "</s>"};
    w2v_options o = W2V_DEFAULTS;
    vectors init = {.words = map_new(),
                    .n = 3,
                    .size = SIZE_HERE,
                    .data = mem_array(3 * SIZE_HERE, sizeof(float))},
            v;
    double first;
    for (int i = 0; i < 3; i++)
        map_add(init.words, words[i], strlen(words[i]));
    for (int j = 0; j < 3 * SIZE_HERE; j++)
        init.data[j] = (float)j;
    o.size = SIZE_HERE;
    o.epochs = 1;
    o.alpha = o.min_alpha = 1e-9;
    o.init = &init;
    ok(train(&v, &o, 1, &first) && v.n == TOPICS * MEMBERS + 20 && row_of(&v, "elsewhere") == NULL &&
           fabsf(row_of(&v, "t0-0")[0] - 8) < 1e-4f && fabsf(row_of(&v, "t0-1")[0]) <= 1.0f / SIZE_HERE,
       "a word starts where init has it, others at random");
    vectors_free(&v);
    o.keep_init = true;
    ok(train(&v, &o, 1, &first) && v.n == TOPICS * MEMBERS + 22 && map_size(v.words) == v.n &&
           row_of(&v, "elsewhere") == v.data + (size_t)(v.n - 2) * SIZE_HERE &&
           row_of(&v, "elsewhere")[7] == 7,
       "other words of init are kept, after the others");
    vectors_free(&v);
    o.sentence_end = true;
    ok(train(&v, &o, 1, &first) && v.n == TOPICS * MEMBERS + 22 && row_of(&v, "</s>") == v.data &&
           v.data[0] == 16,
       "the end of a sentence is the first row");
    vectors_free(&v);
    o.init = NULL;
    ok(train(&v, &o, 1, &first) && v.n == TOPICS * MEMBERS + 21 && row_of(&v, "</s>") == v.data &&
           v.data[0] != 0 && fabsf(v.data[0]) <= 1.0f / SIZE_HERE,
       "and random where init has none");
    vectors_free(&v);
    o.init = &init;
    o.size = SIZE_HERE + 1;
    ok(!train(&v, &o, 1, &first) && strstr(err_message(), "size 8, expected 9"),
       "init of another size is refused");
    vectors_free(&init);
}

static void test_choices(void)
{
    vectors plain, v;
    double first;
    w2v_options o = W2V_DEFAULTS;
    o.size = 8;
    o.epochs = 1;
    ok(train(&plain, &o, 1, &first), "trained");
    struct {
        const char *name;
        w2v_options o;
    } others[] = {{"the whole window", o},
                  {"another exponent", o},
                  {"pieces of sentences", o},
                  {"a start range", o},
                  {"sums", o},
                  {"gradients divided", o},
                  {"thinned out", o}};
    others[0].o.whole_window = true;
    others[1].o.exponent = 0.5;
    others[2].o.sentence = 5;
    others[3].o.range = 0.5;
    others[4].o.rule.sum = true;
    others[5].o.rule.divide = true;
    others[6].o.subsample = 1e-2;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        ok(train(&v, &others[i].o, 1, &first) && !same(&v, &plain), "%s: other vectors", others[i].name);
        vectors_free(&v);
    }
    o.sentence = LENGTH;
    ok(train(&v, &o, 1, &first) && same(&v, &plain), "pieces as long as the sentences are the sentences");
    vectors_free(&v);
    o.sentence = 1;
    ok(train(&v, &o, 1, &first) && fabsf(v.data[0]) <= 1.0f / 8 && isfinite(v.data[0]),
       "a word without context gives no examples");
    vectors_free(&v);
    vectors_free(&plain);
}

int main(void)
{
    test_gradients();
    test_shared_targets();
    test_start_and_division();
    test_sigmoid();
    test_tree();
    test_kmeans();
    test_sampler();
    test_corpus();
    test_training();
    test_methods();
    test_init();
    test_choices();
    return tap_done();
}
