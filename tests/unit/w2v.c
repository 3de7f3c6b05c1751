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

/* Vectors of 20 numbers have two slices, of 16 and 4. */
enum { WORDS = 7, OUT = 12, SIZE = 20, EXAMPLES = 3, NEGATIVE = 3 };

static const int32_t text[] = {0, 1, 2, 1, 3, 4, 6};

/* Words are rows 0 .. 6 of out, nodes of a tree rows 7 .. 11. Word 1 is twice in a context, and 5 drawn
 * twice. A random word that is the word itself is not a target. */
static const int32_t nodes[EXAMPLES][3] = {
    {W2V_POSITIVE(7), W2V_POSITIVE(11)},
    {W2V_NEGATIVE(8), W2V_POSITIVE(9), W2V_NEGATIVE(11)},
    {W2V_POSITIVE(11)},
};
static const int32_t n_nodes[EXAMPLES] = {2, 3, 1};
static const int32_t drawn[EXAMPLES][NEGATIVE] = {{5, 5, 0}, {6, 2, 3}, {4, 6, 6}};
static const w2v_word cbow[EXAMPLES] = {{0, 1, 3, 2, 0}, {0, 2, 5, 4, 0}, {5, 6, 7, 1, 0}};
static const w2v_word single[EXAMPLES] = {{0, 1, 1, 1, 0}, {3, 2, 4, 1, 0}, {5, 6, 6, 1, 0}};

static double product(const double *x, const double *y)
{
    double sum = 0;
    for (int j = 0; j < SIZE; j++)
        sum += x[j] * y[j];
    return sum;
}

static double loss_of(const double *h, const double *out, int32_t row, bool positive)
{
    return log1p(exp((positive ? -1 : 1) * product(h, out + row * SIZE)));
}

typedef struct sample_model {
    w2v_model m;
    w2v_block b;
    w2v_work work[2];
    double in[WORDS * SIZE], out[OUT * SIZE]; /* as they were */
} sample_model;

static double naive_loss(const sample_model *s, const w2v_rule *rule)
{
    double loss = 0;
    for (int i = 0; i < EXAMPLES; i++) {
        const w2v_word *x = &s->b.groups[0].words[i];
        int32_t word = text[x->at];
        double h[SIZE] = {0};
        for (int c = x->begin; c < x->end; c++)
            for (int j = 0; j < SIZE && c != x->at; j++)
                h[j] += s->in[text[c] * SIZE + j] / (rule->sum ? 1 : x->context);
        if (s->b.shape.words)
            loss += loss_of(h, s->out, word, true);
        for (size_t k = 0; k < s->b.shape.negative; k++)
            loss += drawn[i][k] == word ? 0 : loss_of(h, s->out, drawn[i][k], false);
        for (int k = s->b.shape.words; k < x->shared; k++) {
            int32_t node = nodes[i][k - s->b.shape.words];
            loss += loss_of(h, s->out, node < 0 ? W2V_NEGATIVE(node) : node, node >= 0);
        }
    }
    return loss;
}

static float *out_at(const w2v_model *m, size_t row, size_t j)
{
    const w2v_slice *s = &m->slice[j / W2V_LANES];
    return s->out + row * s->ld + j % W2V_LANES;
}

static void set_out(w2v_model *m, const double *out)
{
    for (size_t i = 0; i < (size_t)OUT * SIZE; i++)
        *out_at(m, i / SIZE, i % SIZE) = (float)out[i];
}

static void set_in(w2v_model *m, const double *in)
{
    for (size_t row = 0; row < WORDS; row++) {
        float x[SIZE];
        for (int j = 0; j < SIZE; j++)
            x[j] = (float)in[row * SIZE + (size_t)j];
        w2v_model_set(m, row, x);
    }
}

static void again(sample_model *s)
{
    set_in(&s->m, s->in);
    set_out(&s->m, s->out);
}

/* The vectors after the block. */
static void get(const w2v_model *m, double *in, double *out)
{
    for (size_t row = 0; row < WORDS; row++) {
        float x[SIZE];
        w2v_model_get(x, m, row);
        for (int j = 0; j < SIZE; j++)
            in[row * SIZE + (size_t)j] = x[j];
    }
    for (size_t i = 0; i < (size_t)OUT * SIZE; i++)
        out[i] = *out_at(m, i / SIZE, i % SIZE);
}

static void start(sample_model *s, w2v_shape shape)
{
    rng r;
    if (w2v_model_init(&s->m, WORDS, OUT, SIZE, 1, 1) < 0 || s->m.slices != 2 ||
        w2v_block_init(&s->b, 1, &shape) < 0)
        abort();
    for (size_t i = 0; i < 2; i++)
        if (w2v_work_init(&s->work[i], 1, &shape, s->m.slice[i].ld) < 0)
            abort();
    s->b.text = text;
    rng_seed(&r, 7, 0, 0);
    for (int i = 0; i < WORDS * SIZE; i++)
        s->in[i] = 0.3f * rng_normal(&r);
    for (int i = 0; i < OUT * SIZE; i++)
        s->out[i] = 0.3f * rng_normal(&r);
    again(s);
}

/* Adds a word with its targets: the word and its random words, where the shape has them, and nodes of the
 * tree if `tree`. */
static void add_word(sample_model *s, int32_t **next, w2v_word x, int i, bool tree)
{
    w2v_group *g = &s->b.groups[0];
    if (s->b.shape.words)
        (*next)[x.shared++] = text[x.at];
    for (int k = 0; tree && k < n_nodes[i]; k++)
        (*next)[x.shared++] = nodes[i][k];
    *next += x.shared;
    for (size_t k = 0; k < w2v_examples(&s->b.shape, &x) * s->b.shape.negative; k++)
        *(*next)++ = W2V_NEGATIVE(drawn[i][k % NEGATIVE]);
    g->words[g->n++] = x;
}

static w2v_shape shape_of(bool skip, bool words)
{
    return (w2v_shape){.skipgram = skip,
                       .words = words,
                       .negative = words ? NEGATIVE : 0,
                       .max_shared = 4,
                       .max_context = 4,
                       .words_of_group = EXAMPLES};
}

static void start_words(sample_model *s, bool skip, bool words, bool tree)
{
    start(s, shape_of(skip, words));
    int32_t *next = s->b.groups[0].targets;
    for (int i = 0; i < EXAMPLES; i++)
        add_word(s, &next, skip ? single[i] : cbow[i], i, tree);
}

static void finish(sample_model *s)
{
    w2v_model_free(&s->m);
    w2v_block_free(&s->b);
    for (size_t i = 0; i < 2; i++)
        w2v_work_free(&s->work[i]);
}

/* A step on the block. The slices are computed in this order, and the second uses what the first knows, or in
 * the reverse order. Returns the loss. */
static double step(sample_model *s, const w2v_rule *rule, float alpha, bool reverse)
{
    for (size_t i = 0; i < 2; i++) {
        size_t slice = reverse ? 1 - i : i;
        s->work[slice].loss = 0;
        w2v_products(&s->work[slice], &s->b, &s->m.slice[slice], rule, reverse);
    }
    for (size_t i = 0; i < 2; i++)
        w2v_learn(&s->m, s->work, &s->b, rule, alpha, reverse ? 1 - i : i, reverse, !reverse && i > 0);
    return s->work[0].loss + s->work[1].loss;
}

/* The largest distance between the change of x[n], numbers of s->in or s->out, and -alpha times the slope
 * that finite differences find. */
static double gradient_error(const sample_model *s, double *x, int n, const double *after,
                             const w2v_rule *rule, double alpha)
{
    const double h = 1e-5;
    double worst = 0;
    for (int i = 0; i < n; i++) {
        double was = x[i];
        x[i] = was + h;
        double up = naive_loss(s, rule);
        x[i] = was - h;
        double slope = (up - naive_loss(s, rule)) / (2 * h);
        x[i] = was;
        worst = fmax(worst, fabs((after[i] - was) / alpha + slope));
    }
    return worst;
}

static void test_gradient(const char *name, bool skip, bool words, bool tree, w2v_rule rule)
{
    const float alpha = 0.5f;
    sample_model s;
    double in[WORDS * SIZE], out[OUT * SIZE], in_2[WORDS * SIZE], out_2[OUT * SIZE];
    start_words(&s, skip, words, tree);
    double loss = step(&s, &rule, alpha, false), naive = naive_loss(&s, &rule);
    ok(fabs(loss - naive) < 1e-5, "%s: loss %.6f as computed naively", name, loss);
    get(&s.m, in, out);
    double e = gradient_error(&s, s.in, WORDS * SIZE, in, &rule, alpha);
    ok(e < 1e-5, "%s: the words' change is -alpha times the slope: off by %.1e", name, e);
    e = gradient_error(&s, s.out, OUT * SIZE, out, &rule, alpha);
    ok(e < 1e-5, "%s: so is the targets': off by %.1e", name, e);

    again(&s);
    step(&s, &rule, alpha, true);
    get(&s.m, in_2, out_2);
    ok(memcmp(in, in_2, sizeof in) == 0 && memcmp(out, out_2, sizeof out) == 0,
       "%s: slices in another order make the same change, to the last bit", name);
    finish(&s);
}

static void test_gradients(void)
{
    const w2v_rule mean = {.divide = true}, sum = {.sum = true};
    test_gradient("CBOW, words", false, true, false, mean);
    test_gradient("CBOW, tree", false, false, true, mean);
    test_gradient("CBOW, both", false, true, true, mean);
    test_gradient("CBOW of sums, words", false, true, false, sum);
    test_gradient("skip-gram, words", true, true, false, mean);
    test_gradient("skip-gram, tree", true, false, true, mean);
    test_gradient("skip-gram, both", true, true, true, mean);
}

/* Word 2 with the context 1, 1 and 3: three examples. Those before move the row of word 2 and its nodes for
 * the next, not the random words, of which each has its own. Computed one step after another. */
static void test_shared_targets(void)
{
    static const int32_t random_words[3][NEGATIVE] = {{5, 6, 2}, {0, 6, 5}, {6, 2, 4}},
                         contexts[3] = {1, 1, 3};
    const double alpha = 0.5;
    sample_model s;
    double seen[OUT * SIZE], in[WORDS * SIZE], out[OUT * SIZE], worst = 0;
    start(&s, shape_of(true, true));
    int32_t *next = s.b.groups[0].targets;
    add_word(&s, &next, (w2v_word){1, 2, 5, 3, 0}, 1, true);
    int32_t shared = s.b.groups[0].words[0].shared;
    memcpy(seen, s.out, sizeof seen);
    for (int i = 0; i < 3; i++) {
        int32_t targets[4 + NEGATIVE];
        const double *h = s.in + contexts[i] * SIZE;
        double e[SIZE] = {0}, sum[WORDS * SIZE];
        memcpy(sum, s.in, sizeof sum);
        memcpy(targets, s.b.groups[0].targets, (size_t)shared * sizeof *targets);
        for (int k = 0; k < NEGATIVE; k++)
            s.b.groups[0].targets[shared + i * NEGATIVE + k] = targets[shared + k] =
                W2V_NEGATIVE(random_words[i][k]);
        for (int k = 0; k < shared + NEGATIVE; k++) {
            int32_t row = targets[k] < 0 ? W2V_NEGATIVE(targets[k]) : targets[k];
            if (k >= shared && row == 2)
                continue;
            double g = (targets[k] >= 0) - 1 / (1 + exp(-product(h, seen + row * SIZE)));
            for (int j = 0; j < SIZE; j++) {
                e[j] += g * seen[row * SIZE + j];
                out[row * SIZE + j] = 0;
                s.out[row * SIZE + j] += alpha * g * h[j];
                seen[row * SIZE + j] += k < shared ? alpha * g * h[j] : 0;
            }
        }
        for (int j = 0; j < SIZE; j++)
            in[i * SIZE + j] = alpha * e[j];
    }
    step(&s, &(w2v_rule){0}, (float)alpha, false);
    double expected_in[WORDS * SIZE], after[WORDS * SIZE];
    memcpy(expected_in, s.in, sizeof expected_in);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < SIZE; j++)
            expected_in[contexts[i] * SIZE + j] += in[i * SIZE + j];
    get(&s.m, after, out);
    for (int i = 0; i < OUT * SIZE; i++)
        worst = fmax(worst, fabs(s.out[i] - out[i]));
    for (int i = 0; i < WORDS * SIZE; i++)
        worst = fmax(worst, fabs(expected_in[i] - after[i]));
    ok(worst < 1e-5, "examples of a word see what those before made of their targets: off by %.1e", worst);
    finish(&s);
}

/* The change of the first number of word 3 by one step; it is in one context, which is of 4 words. */
static double moved(sample_model *s, const w2v_rule *rule)
{
    double in[WORDS * SIZE], out[OUT * SIZE];
    again(s);
    step(s, rule, 0.5f, false);
    get(&s->m, in, out);
    return in[3 * SIZE] - s->in[3 * SIZE];
}

static void test_start_and_division(void)
{
    sample_model s;
    w2v_model m;
    float x[SIZE];
    ok(w2v_model_init(&m, WORDS, OUT, SIZE, 0.5f, 1) == 0, "parameters");
    w2v_model_get(x, &m, 0);
    ok(x[0] != 0 && fabsf(x[0]) <= 0.5f / SIZE && x[SIZE - 1] != 0 &&
           m.slice[1].in[SIZE - m.slice[1].begin] == 0 && m.slice[0].out[0] == 0,
       "starts small, padding and out are zero");
    w2v_model_free(&m);
    start_words(&s, false, true, false);
    double whole = moved(&s, &(w2v_rule){0}), share = moved(&s, &(w2v_rule){.divide = true});
    ok(fabs(share) > 1e-3 && fabs(whole - 4 * share) < 1e-5,
       "undivided, a word of a context of 4 moves 4 times as far");
    finish(&s);
}

/* One word in the context, one target: h . out[k] is exactly f. What the target's row moves by, through alpha
 * h. */
static float slope_at(float f, bool right, bool tree, w2v_sigmoid sigmoid)
{
    sample_model s;
    const w2v_rule rule = {.sigmoid = sigmoid};
    start(&s, (w2v_shape){.words = !tree, .max_shared = 1, .max_context = 1, .words_of_group = 1});
    memset(s.in, 0, sizeof s.in);
    memset(s.out, 0, sizeof s.out);
    s.in[4 * SIZE] = 1;
    s.out[8 * SIZE] = (double)f;
    again(&s);
    s.b.groups[0].n = 1;
    s.b.groups[0].words[0] = (w2v_word){5, 6, 7, 1, 1};
    s.b.groups[0].targets[0] = right ? W2V_POSITIVE(8) : W2V_NEGATIVE(8);
    step(&s, &rule, 1, false);
    float slope = *out_at(&s.m, 8, 0) - f;
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

/* Slices have at most 64 dimensions, and two threads have work if the vector has more than 16. */
static void test_slices(void)
{
    static const size_t sizes[] = {1, 16, 17, 64, 100, 128, 300}, slices[] = {1, 1, 2, 2, 2, 2, 5};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        w2v_model m = {0};
        float x[300], y[300];
        size_t next = 0;
        ok(w2v_model_init(&m, 2, 1, sizes[i], 1, 1) == 0 && m.slices == slices[i], "size %zu: %zu slices",
           sizes[i], m.slices);
        for (size_t k = 0; k < m.slices && m.slice[k].begin == next && m.slice[k].size <= 64; k++)
            next += m.slice[k].size;
        for (size_t j = 0; j < sizes[i]; j++)
            x[j] = (float)j;
        w2v_model_set(&m, 1, x);
        w2v_model_get(y, &m, 1);
        ok(next == sizes[i] && memcmp(x, y, sizes[i] * sizeof *x) == 0, "size %zu: they have all dimensions",
           sizes[i]);
        w2v_model_free(&m);
    }
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
    test_slices();
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
