/* Learning word vectors: the gradient of CBOW, the sampler, the corpus, and the whole on text made up. */
#include "train/w2v.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "tap.h"
#include "train/cbow.h"
#include "train/sampler.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the arithmetic, against a naive one in double ---- */

enum { WORDS = 7, SIZE = 5, EXAMPLES = 3, DRAWN = 3 };

static const int32_t text[] = {0, 1, 2, 1, 3, 4, 6};
static const cbow_example examples[EXAMPLES] = {{0, 1, 3}, {0, 2, 5}, {5, 6, 7}}; /* 1 twice in a context */
static const int32_t drawn[EXAMPLES][1 + DRAWN] = {{1, 5, 5, 0}, {2, -1, 6, 3}, {6, 2, 4, -1}};

static double naive_loss(const double *in, const double *out)
{
    double loss = 0;
    for (int i = 0; i < EXAMPLES; i++) {
        const cbow_example *x = &examples[i];
        double h[SIZE] = {0};
        for (int c = x->begin; c < x->end; c++)
            for (int j = 0; j < SIZE && c != x->at; j++)
                h[j] += in[text[c] * SIZE + j] / (x->end - x->begin - 1);
        for (int k = 0; k <= DRAWN; k++) {
            double f = 0;
            for (int j = 0; j < SIZE && drawn[i][k] >= 0; j++)
                f += h[j] * out[drawn[i][k] * SIZE + j];
            if (drawn[i][k] >= 0)
                loss += log1p(exp(k == 0 ? -f : f));
        }
    }
    return loss;
}

/* The largest distance between the change of rows and -alpha times the slope that finite differences find. */
static double gradient_error(double *moved, double *in, double *out, const float *before, const cbow *m,
                             const float *after, double alpha)
{
    const double step = 1e-5;
    double worst = 0;
    for (int i = 0; i < WORDS; i++)
        for (int j = 0; j < SIZE; j++) {
            double *x = &moved[i * SIZE + j], was = *x;
            *x = was + step;
            double up = naive_loss(in, out);
            *x = was - step;
            double slope = (up - naive_loss(in, out)) / (2 * step);
            *x = was;
            size_t at = (size_t)i * m->ld + (size_t)j;
            worst = fmax(worst, fabs(((double)after[at] - before[at]) / alpha + slope));
        }
    return worst;
}

static void fill_model(cbow *m, cbow_block *b, double *in, double *out)
{
    rng r;
    rng_seed(&r, 7, 0, 0);
    for (int i = 0; i < WORDS; i++)
        for (int j = 0; j < SIZE; j++) {
            in[i * SIZE + j] = m->in[(size_t)i * m->ld + (size_t)j] = rng_normal(&r);
            out[i * SIZE + j] = m->out[(size_t)i * m->ld + (size_t)j] = rng_normal(&r);
        }
    b->text = text;
    memcpy(b->examples, examples, sizeof examples);
    memcpy(b->words, drawn, sizeof drawn);
}

static void test_gradient(void)
{
    cbow m;
    cbow_block b;
    double in[WORDS * SIZE], out[WORDS * SIZE];
    const float alpha = 0.5f;
    ok(cbow_init(&m, WORDS, SIZE, 1) == 0 && cbow_block_init(&b, EXAMPLES, DRAWN, m.ld) == 0, "a model");
    ok(m.in[0] != 0 && fabsf(m.in[0]) <= 1.0f / SIZE && m.in[SIZE] == 0 && m.out[0] == 0,
       "starts small, padding and out are zero");
    fill_model(&m, &b, in, out);
    size_t bytes = WORDS * m.ld * sizeof(float);
    float *in0 = mem_array(bytes, 1), *out0 = mem_array(bytes, 1);
    memcpy(in0, m.in, bytes);
    memcpy(out0, m.out, bytes);

    double loss = cbow_forward(&b, &m, 0, EXAMPLES);
    ok(fabs(loss - naive_loss(in, out)) < 1e-5, "loss %.6f as computed naively", loss);
    cbow_update(&m, &b, alpha, true, 0, 1);
    double e = gradient_error(in, in, out, in0, &m, m.in, alpha);
    ok(e < 1e-5, "the context's change is -alpha times the slope, divided: off by %.1e", e);
    e = gradient_error(out, in, out, out0, &m, m.out, alpha);
    ok(e < 1e-5, "so is the change of the words drawn: off by %.1e", e);

    float *divided = mem_array(bytes, 1), *whole = mem_array(bytes, 1), *out1 = mem_array(bytes, 1);
    memcpy(divided, m.in, bytes);
    memcpy(out1, m.out, bytes);
    memcpy(m.in, in0, bytes);
    memcpy(m.out, out0, bytes);
    cbow_update(&m, &b, alpha, false, 0, 1);
    memcpy(whole, m.in, bytes);
    e = 0;
    for (size_t j = 3 * m.ld; j < 3 * m.ld + SIZE; j++)
        e = fmax(e, fabsf(whole[j] - in0[j] - 4 * (divided[j] - in0[j])));
    ok(e < 1e-5 && fabsf(whole[3 * m.ld] - in0[3 * m.ld]) > 1e-3,
       "undivided, each word of a context of 4 gets the whole error: off by %.1e", e);

    memcpy(m.in, in0, bytes);
    memcpy(m.out, out0, bytes);
    for (int part = 0; part < 3; part++)
        cbow_update(&m, &b, alpha, false, part, 3);
    ok(memcmp(m.in, whole, bytes) == 0 && memcmp(m.out, out1, bytes) == 0,
       "three parts make the same change, to the last bit");
    mem_free(in0);
    mem_free(out0);
    mem_free(divided);
    mem_free(whole);
    mem_free(out1);
    cbow_free(&m);
    cbow_block_free(&b);
}

static void test_sampler(void)
{
    enum { N = 6, DRAWS = 600000 };
    const double weight[N] = {1, 1000, 10, 300, 0.5, 88.5};
    double sum = 0, used[N], chi = 0;
    int32_t hits[N] = {0};
    sampler s;
    rng r;
    memcpy(used, weight, sizeof weight);
    for (int i = 0; i < N; i++)
        sum += weight[i];
    ok(sampler_init(&s, used, N) == 0, "a sampler");
    rng_seed(&r, 3, 0, 0);
    for (int i = 0; i < DRAWS; i++)
        hits[sampler_draw(&s, &r)]++;
    for (int i = 0; i < N; i++) {
        double expected = DRAWS * weight[i] / sum;
        chi += (hits[i] - expected) * (hits[i] - expected) / expected;
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
    ok(corpus_select(&c, 2, 1) == 0 && c.n == 3 && c.kept == 8, "words that come twice");
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

/* Sentences of one topic each. Odd places hold a member of the topic, even ones a word that all topics share.
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
    o.sample = 0;

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

int main(void)
{
    test_gradient();
    test_sampler();
    test_corpus();
    test_training();
    return tap_done();
}
