/* SPDX-License-Identifier: Apache-2.0 */
/* lib/train/label_features and label_sharing: the features of labels, and steps of Adam over them compared
 * with the plain sums, U = U_own + A T, in double precision. */
#include "train/label_sharing.h"

#include "base/err.h"
#include "io/json.h"

#include "numbers.h"
#include "tap.h"

#include <string.h>
#include <unistd.h>

enum { E = 3, STEPS = 20 };

static const char *const described[][2] = {{"I10", "Hypertensie"}, {"I11.0", "Hart en hypertensie"},
                                           {"I11.9", "Hart"},      {"K9", ""},
                                           {"Éa", "hart"},         {"Éb", ""}};

static labels *make_labels(void)
{
    labels *l = labels_new();
    for (size_t i = 0; i < sizeof described / sizeof *described; i++)
        labels_add(l, described[i][0], strlen(described[i][0]), described[i][1]);
    return l;
}

typedef struct setting {
    labels *l;
    vocab *words;
    tokenizer *t;
    float *embed;
} setting;

static setting make_setting(void)
{
    setting s = {
        .l = make_labels(), .words = vocab_new(), .t = tokenizer_from_settings(NULL), .embed = floats(4 * E)};
    vocab_add(s.words, "hart", 4);
    vocab_add(s.words, "hypertensie", 11);
    const float rows[2][E] = {{3, 0, 4}, {0, 2, 0}};
    memcpy(s.embed + 2 * E, rows, sizeof rows);
    return s;
}

static void free_setting(setting *s)
{
    labels_free(s->l);
    vocab_free(s->words);
    tokenizer_free(s->t);
    mem_free(s->embed);
}

static label_features make(const setting *s, const char *list)
{
    static int32_t words[6][LABEL_WORDS] = {
        [1] = {3}, [3] = {2, 3}}; /* hypertensie again; hart, hypertensie */
    const label_words f = {.labels = 6, .words = words};
    label_features_kinds kinds;
    label_features x;
    if (label_features_parse(&kinds, list) ||
        label_features_make(&x, &kinds, s->l, s->t, kinds.texts ? &f : NULL, s->words, s->embed, E)) {
        printf("Bail out! %s\n", err_message());
        exit(1);
    }
    return x;
}

/* A as a dense matrix [L][n]. */
static float *dense(const label_features *x)
{
    float *A = floats(x->labels * x->n + 1);
    for (size_t l = 0; l < x->labels; l++)
        for (size_t i = x->row[l]; i < x->row[l + 1]; i++)
            A[l * x->n + (size_t)x->in_row[i].at] += x->in_row[i].weight;
    return A;
}

static int is(const label_features *x, size_t n, const double *wanted)
{
    if (x->n != n)
        return 0;
    float *A = dense(x);
    double error = 0;
    for (size_t i = 0; i < x->labels * n; i++)
        error = worse(error, error_of((double)A[i], wanted[i]));
    mem_free(A);
    return error < 1e-6;
}

/* The same numbers in columns as in rows. */
static int columns_match(const label_features *x)
{
    float *A = dense(x);
    size_t n = 0;
    int same = 1;
    for (size_t k = 0; k < x->n; k++)
        for (size_t i = x->column[k]; i < x->column[k + 1]; i++, n++)
            same &= A[(size_t)x->in_column[i].at * x->n + k] == x->in_column[i].weight;
    same &= n == x->row[x->labels];
    mem_free(A);
    return same;
}

static void kinds(void)
{
    setting s = make_setting();
    const double h = sqrt(0.5), q = sqrt(1.0 / 3);

    label_features x = make(&s, "codes"); /* I, I1, I11, and É: not the half of it that its first byte is */
    const double codes[] = {h, h, 0, 0, q, q, q, 0, q, q, q, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1};
    ok(is(&x, 4, codes) && columns_match(&x), "beginnings of codes that others have");
    label_features_free(&x);

    x = make(&s, "words"); /* hypertensie (2 labels of 6), hart (3); en only has one label */
    const double a = log(3), b = log(2), n = sqrt(a * a + b * b);
    const double words[] = {1, 0, a / n, b / n, 0, 1, 0, 0, 0, 1, 0, 0};
    ok(is(&x, 2, words) && columns_match(&x), "words of descriptions that others have, rare ones heavier");
    label_features_free(&x);

    x = make(&s, "vectors");
    const double u = log(4), v = log(3), y[E] = {3 * v, 2 * u, 4 * v}, m = sqrt(25 * v * v + 4 * u * u);
    const double vectors[] = {0, 1, 0, y[0] / m, y[1] / m, y[2] / m, .6, 0, .8, 0, 0, 0, .6, 0, .8, 0, 0, 0};
    ok(is(&x, E, vectors) && columns_match(&x), "means of word vectors");
    label_features_free(&x);

    x = make(&s, "words,texts"); /* hypertensie (3 labels of 6), hart (4) */
    const double a2 = log(2), b2 = log(1.5), n2 = sqrt(a2 * a2 + b2 * b2);
    const double texts[] = {1, 0, a2 / n2, b2 / n2, 0, 1, a2 / n2, b2 / n2, 0, 1, 0, 0};
    ok(is(&x, 2, texts) && columns_match(&x),
       "words found in texts are a part of the description, each once");
    label_features_free(&x);

    x = make(&s, "vectors,codes,words");
    ok(x.n == 4 + 2 + E && columns_match(&x), "all kinds side by side");
    label_features_free(&x);

    label_features_kinds k;
    ok(!label_features_parse(&k, "none") && !k.codes && !k.words && !k.vectors, "none");
    ok(label_features_parse(&k, "codes,letters") && strstr(err_message(), "letters"), "another kind: %s",
       err_message());
    ok(label_features_parse(&k, "codes,texts") && strstr(err_message(), "texts"),
       "texts without words and vectors: %s", err_message());
    ok(!label_features_parse(&k, "texts,vectors") && k.texts && k.vectors && !k.words,
       "texts only for vectors");
    free_setting(&s);
}

static params make_params(int L)
{
    config c = {.embedding_size = E,
                .blocks = 2,
                .channels = {4, 5},
                .kernels = {3, 2},
                .reduction = 3,
                .residual = true};
    params p;
    if (config_check(&c) || params_init(&p, &c, 4, L)) {
        printf("Bail out! %s\n", err_message());
        exit(1);
    }
    return p;
}

/* One matrix [L][w] and the T [n][w] of its features, in double precision. */
typedef struct oracle {
    size_t L, n, w;
    const float *A; /* [L][n] */
    double *X, *T, *m, *v;
} oracle;

static void oracle_step(oracle *o, const float *dX, const adam_rates *r, int t)
{
    for (size_t k = 0; k < o->n; k++)
        for (size_t j = 0; j < o->w; j++) {
            double g = 0;
            for (size_t l = 0; l < o->L; l++)
                g += (double)o->A[l * o->n + k] * (double)dX[l * o->w + j] * (double)r->gradient;
            double *m = &o->m[k * o->w + j], *v = &o->v[k * o->w + j];
            *m = 0.9 * *m + 0.1 * g;
            *v = 0.999 * *v + 0.001 * g * g;
            o->T[k * o->w + j] -=
                (double)r->learning_rate * (*m / (1 - pow(0.9, t))) / (sqrt(*v / (1 - pow(0.999, t))) + 1e-8);
        }
}

static double oracle_error(const oracle *o, const float *X)
{
    double error = 0;
    for (size_t l = 0; l < o->L; l++)
        for (size_t j = 0; j < o->w; j++) {
            double sum = o->X[l * o->w + j];
            for (size_t k = 0; k < o->n; k++)
                sum += (double)o->A[l * o->n + k] * o->T[k * o->w + j];
            error = worse(error, error_of((double)X[l * o->w + j], sum));
        }
    return error;
}

static oracle make_oracle(const float *A, const float *X, size_t L, size_t n, size_t w)
{
    oracle o = {.L = L,
                .n = n,
                .w = w,
                .A = A,
                .X = mem_array(L * w, 8),
                .T = mem_array(n * w, 8),
                .m = mem_array(n * w, 8),
                .v = mem_array(n * w, 8)};
    for (size_t i = 0; i < L * w; i++)
        o.X[i] = (double)X[i];
    return o;
}

static void free_oracle(oracle *o)
{
    mem_free(o->X);
    mem_free(o->T);
    mem_free(o->m);
    mem_free(o->v);
}

static void steps(int threads)
{
    setting s = make_setting();
    const int L = labels_count(s.l);
    pool *team = pool_new(threads);
    params p = make_params(L), grad = make_params(L);
    label_sharing all;
    if (label_sharing_init(&all, make(&s, "codes,words,vectors"), &p, team)) {
        printf("Bail out! %s\n", err_message());
        exit(1);
    }
    params_start(&p, 1);
    float *A = dense(&all.x);
    const size_t n = (size_t)all.x.n, d = all.label_size, S = all.width - d;
    oracle U = make_oracle(A, p.U, (size_t)L, n, d), W = make_oracle(A, p.W, (size_t)L, n, S);
    rng r;
    rng_seed(&r, 7, 0, 0);
    for (int t = 1; t <= STEPS; t++) {
        const adam_rates rates = {
            .learning_rate = 0.01f / (float)t, .embedding = 1, .gradient = t % 2 ? 1 : 0.5f};
        fill(grad.U, (size_t)L * d, &r);
        fill(grad.W, (size_t)L * S, &r);
        label_sharing_step(&all, &p, &grad, &rates, (uint64_t)t, team);
        oracle_step(&U, grad.U, &rates, t);
        oracle_step(&W, grad.W, &rates, t);
    }
    const double error = worse(oracle_error(&U, p.U), oracle_error(&W, p.W));
    ok(error < 1e-5, "%d steps with %d threads, against sums in double precision: %.1e", STEPS, threads,
       error);
    free_oracle(&U);
    free_oracle(&W);
    mem_free(A);
    label_sharing_free(&all);
    params_free(&p);
    params_free(&grad);
    pool_free(team);
    free_setting(&s);
}

/* At the start, rows with all kinds of features are as long as those with one: U = A T / |A|, with T as drawn
 * by label_sharing_start(). */
static void start_length(void)
{
    setting s = make_setting();
    pool *team = pool_new(1);
    params p = make_params(labels_count(s.l));
    label_sharing all;
    if (label_sharing_init(&all, make(&s, "codes,words,vectors"), &p, team)) {
        printf("Bail out! %s\n", err_message());
        exit(1);
    }
    params_start(&p, 1);
    label_sharing_start(&all, &p, 1);
    float *A = dense(&all.x);
    const size_t n = (size_t)all.x.n, d = all.label_size, l = 1; /* I11.0 has features of each kind */
    double error = 0;
    for (size_t j = 0; j < d; j++) {
        double sum = 0;
        for (size_t k = 0; k < n; k++)
            sum += (double)A[l * n + k] * (double)all.step[k * all.width + j];
        error = worse(error, error_of((double)p.U[l * d + j], sum / norm(A + l * n, n)));
    }
    ok(error < 1e-6 && norm(A + l * n, n) > 1.5, "the start does not grow with the kinds of features");
    mem_free(A);
    label_sharing_free(&all);
    params_free(&p);
    pool_free(team);
    free_setting(&s);
}

/* Similar labels have a similar start; a label without features has its own; a file keeps the moments. */
static void start_and_files(void)
{
    setting s = make_setting();
    pool *team = pool_new(1);
    params p = make_params(labels_count(s.l)), before = make_params(labels_count(s.l));
    label_sharing all, read;
    if (label_sharing_init(&all, make(&s, "words"), &p, team) ||
        label_sharing_init(&read, make(&s, "words"), &p, team)) {
        printf("Bail out! %s\n", err_message());
        exit(1);
    }
    params_start(&p, 1);
    params_start(&before, 1);
    label_sharing_start(&all, &p, 1);
    const size_t d = all.label_size, S = all.width - d;
    ok(!memcmp(p.U + 2 * d, p.U + 4 * d, d * sizeof(float)) &&
           !memcmp(p.W + 2 * S, p.W + 4 * S, S * sizeof(float)),
       "labels with the same words begin the same");
    ok(memcmp(p.U, p.U + 2 * d, d * sizeof(float)) && norm(p.U, d) > 0, "others do not");
    ok(!memcmp(p.U + 3 * d, before.U + 3 * d, d * sizeof(float)) &&
           !memcmp(p.W + 3 * S, before.W + 3 * S, S * sizeof(float)),
       "a label without features keeps its start");

    fill(before.U, before.size - (size_t)(before.U - before.data), (rng[]){{{1, 2, 3, 4}}});
    all.unseen[1] = 1;
    label_sharing_mask(&all, &before);
    ok(norm(before.U + d, d) == 0 && norm(before.W + S, S) == 0 && before.b[1] == 0 &&
           norm(before.U, d) > 0 && norm(before.W + 2 * S, S) > 0,
       "a label that is not seen has no gradient");

    char path[] = "/tmp/ecan-label-XXXXXX";
    close(mkstemp(path));
    rng r;
    rng_seed(&r, 1, 2, 3);
    const size_t count = (size_t)all.x.n * all.width;
    fill(all.m, count, &r);
    fill(all.v, count, &r);
    safetensors file;
    ok(!label_sharing_save(&all, path) && !safetensors_open(&file, path) &&
           !label_sharing_load(&read, &file) && !memcmp(read.m, all.m, count * sizeof(float)) &&
           !memcmp(read.v, all.v, count * sizeof(float)),
       "moments saved and read");
    read.x.n--;
    ok(label_sharing_load(&read, &file) && strstr(err_message(), "shape"), "of another shape: %s",
       err_message());
    safetensors_close(&file);
    read.x.n++;
    unlink(path);
    label_sharing_free(&all);
    label_sharing_free(&read);
    params_free(&p);
    params_free(&before);
    pool_free(team);
    free_setting(&s);
}

static void tokenizers(void)
{
    static const char text[] = "{\"case\": \"keep\", \"numbers\": \"keep\", \"order\": \"date\"}";
    json_t *settings = ecan_json_parse(text, sizeof text - 1);
    tokenizer *t = settings ? tokenizer_from_settings(settings) : NULL;
    tokens w = {0};
    size_t n = 0;
    ok(t && !tokenize(t, "Hart 42", 7, 0, &w) && w.T == 2 && !memcmp(tokens_word(&w, 0, &n), "Hart", 4),
       "a tokenizer from a header's settings");
    tokens_free(&w);
    tokenizer_free(t);
    ecan_json_set(settings, "case", json_string("upper"));
    ok(!tokenizer_from_settings(settings) && strstr(err_message(), "case"), "a setting that is none: %s",
       err_message());
    json_decref(settings);
}

int main(void)
{
    kinds();
    steps(1);
    steps(3);
    start_length();
    start_and_files();
    tokenizers();
    return tap_done();
}
