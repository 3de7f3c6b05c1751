/* SPDX-License-Identifier: Apache-2.0 */
/* lib/linear/low_rank against the definition and the best approximation; lib/linear/branch and
 * lib/terms/linear_branch: the logits against a ridge regression in full matrices, the file, and files that
 * are rejected. */
#include "linear/branch.h"
#include "linear/low_rank.h"
#include "tensor/cholesky.h"

#include "base/err.h"
#include "numbers.h"
#include "tap.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* ---- low_rank ---- */

enum { ROWS = 60, COLUMNS = 40, LABELS = 30 };

typedef struct problem {
    float X[ROWS * COLUMNS];
    double W[COLUMNS][LABELS];
    int32_t gold[ROWS][LABELS];
    example docs[ROWS];
    dataset d;
    ridge r;
} problem;

/* Random X and Y. Labels j and j + distinct are the same, so that Y has at most that rank. */
static void make_problem(problem *p, size_t distinct, double lambda, rng *r, pool *threads)
{
    *p = (problem){.d = {.docs = p->docs, .n = ROWS}, .r = {.n = ROWS, .L = LABELS}};
    float *G = floats(ROWS * ROWS);
    p->r.alpha = floats(ROWS * LABELS);
    fill(p->X, ROWS * COLUMNS, r);
    for (size_t i = 0; i < ROWS; i++) {
        p->docs[i].gold = p->gold[i];
        for (size_t j = 0; j < distinct; j++)
            for (size_t k = rng_below(r, 3) ? LABELS : j; k < LABELS; k += distinct) {
                p->gold[i][p->docs[i].n_gold++] = (int32_t)k;
                p->r.alpha[i * LABELS + k] = 1;
            }
        for (size_t j = 0; j < ROWS; j++) {
            double sum = i == j ? lambda : 0;
            for (size_t k = 0; k < COLUMNS; k++)
                sum += (double)p->X[i * COLUMNS + k] * (double)p->X[j * COLUMNS + k];
            G[i * ROWS + j] = (float)sum;
        }
    }
    cholesky(G, ROWS, threads);
    cholesky_solve(p->r.alpha, G, ROWS, LABELS, threads);
    mem_free(G);
    for (size_t k = 0; k < COLUMNS; k++)
        for (size_t j = 0; j < LABELS; j++)
            for (size_t i = 0; i < ROWS; i++)
                p->W[k][j] += (double)p->X[i * COLUMNS + k] * (double)p->r.alpha[i * LABELS + j];
}

/* |W - W P' P|^2 */
static double residual(const problem *p, const float *P, size_t rank)
{
    double sum = 0;
    for (size_t i = 0; i < COLUMNS; i++) {
        double rest[LABELS];
        memcpy(rest, p->W[i], sizeof rest);
        for (size_t k = 0; k < rank; k++) {
            double product = 0;
            for (size_t j = 0; j < LABELS; j++)
                product += p->W[i][j] * (double)P[k * LABELS + j];
            for (size_t j = 0; j < LABELS; j++)
                rest[j] -= product * (double)P[k * LABELS + j];
        }
        for (size_t j = 0; j < LABELS; j++)
            sum += rest[j] * rest[j];
    }
    return sum;
}

static int descending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

/* Eigenvalues of W'W, the largest first, by Jacobi rotations. */
static void eigenvalues(double *values, const problem *p)
{
    static double A[LABELS][LABELS];
    for (size_t i = 0; i < LABELS; i++)
        for (size_t j = 0; j < LABELS; j++) {
            A[i][j] = 0;
            for (size_t k = 0; k < COLUMNS; k++)
                A[i][j] += p->W[k][i] * p->W[k][j];
        }
    for (int sweep = 0; sweep < 30; sweep++)
        for (size_t i = 0; i < LABELS; i++)
            for (size_t j = i + 1; j < LABELS; j++) {
                const double angle = 0.5 * atan2(2 * A[i][j], A[j][j] - A[i][i]), c = cos(angle),
                             s = sin(angle);
                for (size_t k = 0; k < LABELS; k++) {
                    const double x = A[k][i], y = A[k][j];
                    A[k][i] = c * x - s * y;
                    A[k][j] = s * x + c * y;
                }
                for (size_t k = 0; k < LABELS; k++) {
                    const double x = A[i][k], y = A[j][k];
                    A[i][k] = c * x - s * y;
                    A[j][k] = s * x + c * y;
                }
            }
    for (size_t i = 0; i < LABELS; i++)
        values[i] = A[i][i];
    qsort(values, LABELS, sizeof *values, descending);
}

static void check_low_rank(rng *r, pool *one, pool *three)
{
    static problem p;
    double values[LABELS], whole = 0;
    float P[LABELS * LABELS], again[LABELS * LABELS];
    make_problem(&p, 4, 0.5, r, one);
    eigenvalues(values, &p);
    for (int i = 0; i < LABELS; i++)
        whole += values[i];
    ok(fabs(whole - residual(&p, P, 0)) < 1e-9 * whole && values[3] > 1e-4 * whole &&
           values[4] < 1e-9 * whole,
       "W has rank 4");
    for (size_t rank = 4; rank <= LABELS; rank += LABELS - 4) {
        const int result = low_rank(P, rank, &p.r, 0.5, &p.d, one);
        const double rest = sqrt(residual(&p, P, rank) / whole);
        ok(!result && rest < 1e-3, "rank %zu: W is reproduced, %.1e off", rank, rest);
    }
    mem_free(p.r.alpha);
    make_problem(&p, LABELS, 0.5, r, one);
    eigenvalues(values, &p);
    whole = residual(&p, P, 0);
    for (size_t rank = 1; rank < LABELS; rank += 4) {
        double best = 0;
        for (size_t i = rank; i < LABELS; i++)
            best += values[i];
        const int result =
            low_rank(P, rank, &p.r, 0.5, &p.d, one) | low_rank(again, rank, &p.r, 0.5, &p.d, three);
        const double rest = sqrt(residual(&p, P, rank)), limit = 1.02 * sqrt(best) + 1e-3 * sqrt(whole);
        ok(!result && rest < limit, "rank %zu: the residual is %.4f of the smallest", rank,
           rest / sqrt(best));
        ok(memcmp(P, again, rank * LABELS * sizeof *P) == 0, "bit-identical with three threads");
    }
    memset(p.r.alpha, 0, ROWS * LABELS * sizeof *p.r.alpha);
    for (size_t i = 0; i < ROWS; i++)
        p.docs[i].n_gold = 0;
    ok(!low_rank(P, 5, &p.r, 0.5, &p.d, one) && residual(&p, P, 5) >= 0, "W = 0");
    mem_free(p.r.alpha);
}

/* The singular values of W fall from 1 to 1e-4: P P' of the first iteration is far from positive definite in
 * single precision. */
static void check_steep(pool *threads)
{
    enum { N = 200, RANK = 150 };
    static example docs[N];
    static int32_t gold[N];
    float *alpha = floats(N * N), *P = floats(N * RANK);
    for (int i = 0; i < N; i++) {
        gold[i] = i;
        docs[i] = (example){.gold = &gold[i], .n_gold = 1};
        alpha[i * N + i] = powf(10, -8 * (float)i / N); /* W'W */
    }
    const ridge r = {.n = N, .L = N, .alpha = alpha};
    double rest = 0;
    const int result = low_rank(P, RANK, &r, 0, &(dataset){.docs = docs, .n = N}, threads);
    for (size_t j = 0; j < 20; j++) { /* the largest ones */
        double sum = 0;
        for (size_t k = 0; k < RANK; k++)
            sum += (double)P[k * N + j] * (double)P[k * N + j];
        rest = worse(fabs(1 - sum), rest);
    }
    ok(!result && rest < 1e-2, "steep singular values: the first ones are off by %.1e: %s", rest,
       result ? err_message() : "");
    mem_free(alpha);
    mem_free(P);
}

/* ---- training encounters ---- */

enum {
    TEXTS = 50,
    NEW = 20,
    WORDS = 8,
    LONGEST = 25,
    MOST_LABELS = 70,
    WORD_FEATURES = WORDS * (WORDS + 1),
    OWN = 4,    /* character n-grams with the first letter of a word */
    SHARED = 7, /* without it */
    FEATURES = WORD_FEATURES + OWN * WORDS + SHARED
};

/* word[t] < WORDS; WORDS: a stop word. */
typedef struct text {
    size_t T, n_gold;
    int word[LONGEST], note[LONGEST], gold[MOST_LABELS];
} text;

/* Text 0 is empty, text 1 has stop words only. */
static void make_texts(text *texts, size_t n, size_t L, rng *r)
{
    for (size_t i = 0; i < n; i++) {
        text *x = &texts[i];
        *x = (text){.T = i ? 1 + rng_below(r, LONGEST) : 0};
        for (size_t t = 0; t < x->T; t++) {
            x->word[t] = i == 1 ? WORDS : (int)(rng_below(r, WORDS + 1) * (1 + rng_below(r, 2)) / 2);
            x->note[t] = t ? x->note[t - 1] + (rng_below(r, 5) == 0) : 0;
        }
        for (size_t j = 0; j < L; j++)
            if (rng_below(r, 4) == 0 || j == i % L)
                x->gold[x->n_gold++] = (int)j;
    }
}

/* Words of one form: with case, accents and endings of number and gender. */
static void pack_word(pack *p, int word, size_t variant)
{
    static const char *const forms[] = {"karal", "KARAL", "k\xc3\xa1ralos", "karales"};
    char s[32];
    snprintf(s, sizeof s, "%c%s", 'b' + word, forms[variant % 4]);
    pack_str(p, word == WORDS ? "de" : s);
}

static void pack_text(pack *p, const text *x, size_t i, bool gold)
{
    char name[32];
    int32_t spans[LONGEST][3] = {{0}};
    snprintf(name, sizeof name, "e%zu", i);
    pack_key(p, "id");
    pack_str(p, name);
    pack_key(p, "tokens");
    pack_array(p, x->T);
    for (size_t t = 0; t < x->T; t++) {
        pack_word(p, x->word[t], i + t);
        spans[t][0] = x->note[t];
    }
    pack_key(p, "spans");
    pack_i4(p, spans[0], 2, (size_t[]){x->T, 3});
    if (!gold)
        return;
    pack_key(p, "labels");
    pack_array(p, x->n_gold);
    for (size_t j = 0; j < x->n_gold; j++) {
        snprintf(name, sizeof name, "L%d", x->gold[j]);
        pack_str(p, name);
    }
}

static void parse(record *r, const pack *fields)
{
    ok(!record_from_fields(r, fields), "a record");
}

static int read_corpus(term_corpus *c, labels *l, const text *texts, size_t n, size_t L)
{
    const char *path = "linear_branch.mp";
    stream_out *out = stream_create(path, false);
    int result = out ? stream_begin(out, "tokens", "test", NULL, NULL, NULL) : -1;
    for (size_t i = 0; !result && i < n; i++) {
        pack p = {0};
        pack_text(&p, &texts[i], i, true);
        result = stream_write(out, NULL, NULL, &p);
        pack_free(&p);
    }
    char code[32];
    for (size_t j = 0; j < L; j++)
        labels_add(l, code, (size_t)snprintf(code, sizeof code, "L%zu", j), NULL);
    /* Another form than that of the linear branch: it does not matter. */
    const term_form form = {.keep_endings = true, .keep_stop_words = true};
    if (result || stream_end(out) || term_corpus_read(c, &path, 1, l, false, form, NULL, NULL))
        return -1;
    unlink(path);
    return 0;
}

/* ---- the ridge regression by its definition ---- */

static branch_features features; /* that are tested */

/* x[FEATURES]: number of times that each word (w, 0) and bigram (w, v + 1) occurs in the first words, and
 * each character n-gram of " ?karal ". */
static void count(double *x, const text *e, size_t first)
{
    int before = -1;
    size_t n = 0;
    memset(x, 0, FEATURES * sizeof *x);
    for (size_t t = 0; t < e->T; t++) {
        if (t && e->note[t] != e->note[t - 1])
            before = -1;
        if (e->word[t] == WORDS)
            continue;
        if (n++ == first)
            break;
        x[e->word[t] * (WORDS + 1)]++;
        if (before >= 0)
            x[before * (WORDS + 1) + e->word[t] + 1]++;
        before = e->word[t];
        for (int k = 0; k < OWN && features.chars; k++)
            x[WORD_FEATURES + e->word[t] * OWN + k]++;
        for (int k = 0; k < SHARED && features.chars; k++)
            x[WORD_FEATURES + WORDS * OWN + k]++;
    }
}

/* Scales the features from f to end to this length. */
static void scale(double *x, int f, int end, double length)
{
    double sum = 0;
    for (int i = f; i < end; i++)
        sum += x[i] * x[i];
    for (int i = f; i < end && sum > 0; i++)
        x[i] *= length / sqrt(sum);
}

/* idf[f] is 0 if fewer than 3 texts have f. */
static void weigh(double *x, const text *e, const double *idf)
{
    double of_first[FEATURES];
    count(x, e, SIZE_MAX);
    count(of_first, e, features.first_words);
    for (int f = 0; f < FEATURES; f++) {
        x[f] = x[f] > 0 ? (1 + log(x[f])) * idf[f] : 0;
        of_first[f] = of_first[f] > 0 ? (1 + log(of_first[f])) * idf[f] : 0;
    }
    scale(x, 0, WORD_FEATURES, 1);
    scale(of_first, 0, WORD_FEATURES, 1);
    for (int f = 0; f < WORD_FEATURES; f++)
        x[f] += of_first[f];
    scale(x, 0, WORD_FEATURES, features.chars ? sqrt(0.5) : 1);
    scale(x, WORD_FEATURES, FEATURES, sqrt(0.5));
}

/* W[FEATURES][L] = X' (X X' + lambda I)^-1 Y, by elimination in double precision. */
static void solve(double (*W)[MOST_LABELS], double (*X)[FEATURES], const text *texts, size_t L)
{
    static double G[TEXTS][TEXTS + MOST_LABELS];
    memset(G, 0, sizeof G);
    for (size_t i = 0; i < TEXTS; i++) {
        for (size_t j = 0; j < TEXTS; j++)
            for (int f = 0; f < FEATURES; f++)
                G[i][j] += X[i][f] * X[j][f];
        G[i][i] += BRANCH_LAMBDA;
        for (size_t j = 0; j < texts[i].n_gold; j++)
            G[i][TEXTS + texts[i].gold[j]] = 1;
    }
    for (size_t i = 0; i < TEXTS; i++)
        for (size_t k = 0; k < TEXTS; k++) {
            const double factor = k == i ? 0 : G[k][i] / G[i][i];
            for (size_t j = i; j < TEXTS + L; j++)
                G[k][j] -= factor * G[i][j];
        }
    for (int f = 0; f < FEATURES; f++)
        for (size_t j = 0; j < L; j++) {
            W[f][j] = 0;
            for (size_t i = 0; i < TEXTS; i++)
                W[f][j] += X[i][f] * G[i][TEXTS + j] / G[i][i];
        }
}

/* Each of the rank numbers of a feature is rounded to a multiple of s, and each of the numbers of a dimension
 * to a multiple of r, so they are at most s / 2 and r / 2 off. */
static double rounding(const linear_branch *b, size_t f, size_t j)
{
    double sum = 0;
    for (size_t k = 0; b->B && k < b->rank; k++)
        sum += (double)b->label_scale[k] * (abs(b->B[k * b->labels + j]) + abs(b->A[f * b->rank + k]));
    return (double)b->scale[f] / 2 * (b->B ? sum : 1);
}

static uint64_t hash_of_word(int word)
{
    char s[32];
    return linear_branch_hash(s, (size_t)snprintf(s, sizeof s, "%ckaral", 'b' + word));
}

/* linear_branch_chars() has those of 3 characters first, then of 4; 0 is the blank before the word. */
static uint64_t char_key(int f)
{
    static const int own[OWN] = {0, 1, 6, 7}, shared[SHARED] = {2, 3, 4, 5, 8, 9, 10};
    const int word = f < OWN * WORDS ? f / OWN : 0;
    uint64_t keys[LINEAR_CHARS];
    char s[32];
    const size_t n = (size_t)snprintf(s, sizeof s, "%ckaral", 'b' + word);
    return linear_branch_chars(keys, s, n) == OWN + SHARED
               ? keys[f < OWN * WORDS ? own[f % OWN] : shared[f - OWN * WORDS]]
               : 0;
}

/* The index of feature f in b, or b->features. */
static size_t position(const linear_branch *b, int f)
{
    const int v = f % (WORDS + 1);
    const uint64_t key = f < WORD_FEATURES
                             ? linear_branch_key(hash_of_word(f / (WORDS + 1)), v ? hash_of_word(v - 1) : 0)
                             : char_key(f - WORD_FEATURES);
    size_t i = 0;
    while (i < b->features && b->keys[i] != key)
        i++;
    return i;
}

/* The logits of texts against the definition. The tolerance is the bound of the rounding to 8 bits, and 1e-3
 * for single precision and for rows of B whose length is not quite 1 (low_rank.c). */
static void check_logits(const linear_branch *b, const text *texts, size_t n, double (*W)[MOST_LABELS],
                         const double *idf, size_t L)
{
    linear_branch_work w = {0};
    seen_words words = {0};
    double worst = 0, largest = 0;
    bool all = true;
    for (size_t i = 0; i < n; i++) {
        double x[FEATURES];
        pack p = {0};
        record r = {0};
        pack_text(&p, &texts[i], i, false);
        parse(&r, &p);
        const float *y = seen_words_read(&words, &r) ? NULL : linear_branch_logits(b, &w, &words);
        weigh(x, &texts[i], idf);
        for (size_t j = 0; y && j < L; j++) {
            double is = 0, bound = 1e-3;
            for (int f = 0; f < FEATURES; f++) {
                is += x[f] * W[f][j];
                bound += x[f] > 0 ? x[f] * rounding(b, position(b, f), j) : 0;
            }
            worst = worse(fabs((double)y[j] - is) / bound, worst);
            largest = worse(fabs(is), largest);
            all &= i > 1 || y[j] == 0;
        }
        all &= y != NULL;
        record_free(&r);
        pack_free(&p);
    }
    ok(all && largest > 0.3 && worst < 1, "%zu texts, %zu labels, rank %zu: %.2g of the tolerance", n, L,
       b->rank, worst);
    linear_branch_work_free(&w);
    seen_words_free(&words);
}

static bool same(const branch *a, const branch *b)
{
    const linear_branch *x = &a->model, *y = &b->model;
    return x->features == y->features && x->rank == y->rank && x->first_words == y->first_words &&
           !x->B == !y->B && !memcmp(x->keys, y->keys, x->features * sizeof *x->keys) &&
           !memcmp(x->idf, y->idf, x->features * sizeof *x->idf) &&
           !memcmp(x->scale, y->scale, x->features * sizeof *x->scale) &&
           !memcmp(x->A, y->A, x->features * x->rank) &&
           (!x->B || (!memcmp(x->B, y->B, x->labels * x->rank) &&
                      !memcmp(x->label_scale, y->label_scale, x->rank * sizeof *x->label_scale))) &&
           a->platt.a == b->platt.a && a->platt.c == b->platt.c;
}

/* Of more encounters than are allowed, those at equal distances are used: here every second one. */
static void check_some(term_corpus *all, labels *l, const text *texts, size_t L, pool *threads)
{
    static text half[TEXTS / 2];
    term_corpus c;
    branch b[2] = {0};
    for (size_t i = 0; i < TEXTS / 2; i++)
        half[i] = texts[i * TEXTS / (TEXTS / 2)];
    const int result = read_corpus(&c, l, half, TEXTS / 2, L) ||
                       branch_train(&b[0], &c, TEXTS, &features, threads) != 1 ||
                       branch_train(&b[1], all, TEXTS / 2, &features, threads) != 1;
    ok(!result && b[1].about.texts == TEXTS / 2 && b[0].model.features == b[1].model.features &&
           !memcmp(b[0].keys, b[1].keys, b[0].model.features * sizeof *b[0].keys) &&
           !memcmp(b[0].idf, b[1].idf, b[0].model.features * sizeof *b[0].idf) &&
           fabs(b[0].about.micro_f1 - b[1].about.micro_f1) < 1e-3,
       "%d of %d texts", TEXTS / 2, TEXTS);
    branch_free(&b[0]);
    branch_free(&b[1]);
    term_corpus_free(&c);
}

static void check_branch(size_t L, rng *r, pool *const threads[3])
{
    static text texts[TEXTS], more[NEW];
    static double X[TEXTS][FEATURES], W[FEATURES][MOST_LABELS];
    double idf[FEATURES];
    size_t n_features = 0;
    make_texts(texts, TEXTS, L, r);
    make_texts(more, NEW, L, r);
    for (int f = 0; f < FEATURES; f++) {
        int df = 0;
        for (size_t i = 0; i < TEXTS; i++) {
            count(X[i], &texts[i], SIZE_MAX);
            df += X[i][f] > 0;
        }
        idf[f] = df >= 3 ? 1 + log((1.0 + TEXTS) / (1.0 + df)) : 0;
        n_features += df >= 3;
    }
    for (size_t i = 0; i < TEXTS; i++)
        weigh(X[i], &texts[i], idf);
    solve(W, X, texts, L);

    labels *l = labels_new();
    term_corpus c;
    branch b[3];
    int result = read_corpus(&c, l, texts, TEXTS, L);
    ok(!result, "a corpus");
    for (int i = 0; !result && i < 3; i++)
        result = branch_train(&b[i], &c, TEXTS, &features, threads[i]) != 1;
    ok(!result && b[0].model.features == n_features && b[0].model.rank == (L < TEXTS ? L : TEXTS) &&
           !b[0].model.B == (L <= TEXTS),
       "%zu features, rank %zu", n_features, b[0].model.rank);
    const branch_features of = branch_features_of(&b[0].model);
    ok(of.chars == features.chars && of.first_words == features.first_words, "the features are those chosen");
    ok(same(&b[0], &b[1]) && same(&b[0], &b[2]), "bit-identical with 1, 2 and 3 threads");
    check_logits(&b[0].model, texts, TEXTS, W, idf, L);
    check_logits(&b[0].model, more, NEW, W, idf, L);
    branch_scale(&b[0], 2);
    for (int f = 0; f < FEATURES; f++)
        for (size_t j = 0; j < L; j++)
            W[f][j] *= 2;
    check_logits(&b[0].model, more, NEW, W, idf, L);
    for (int i = 0; i < 3; i++)
        branch_free(&b[i]);

    check_some(&c, l, texts, L, threads[0]);
    memset(c.gold_at, 0, (c.n + 1) * sizeof *c.gold_at);
    ok(branch_train(&b[0], &c, TEXTS, &features, threads[0]) == 0 && !b[0].model.features,
       "no gold labels: no branch");
    term_corpus_free(&c);
    labels_free(l);
}

/* ---- features ---- */

/* The sum over the features of a text; the branch has one feature, "bkaral ckaral". */
static float logit_of(const linear_branch *b, const text *x)
{
    linear_branch_work w = {0};
    seen_words words = {0};
    record r = {0};
    pack p = {0};
    pack_text(&p, x, 0, false);
    parse(&r, &p);
    const float *y = seen_words_read(&words, &r) ? NULL : linear_branch_logits(b, &w, &words);
    const float result = y ? *y : NAN;
    linear_branch_work_free(&w);
    seen_words_free(&words);
    record_free(&r);
    pack_free(&p);
    return result;
}

static void check_features(void)
{
    const uint64_t key = linear_branch_key(hash_of_word(0), hash_of_word(1));
    const linear_branch b = {.features = 1,
                             .rank = 1,
                             .labels = 1,
                             .keys = &key,
                             .idf = (const float[]){3},
                             .scale = (const float[]){0.5f},
                             .A = (const int8_t[]){-3}};
    const text none = {0}, other = {.T = 2, .word = {1, 0}}, bigram = {.T = 2, .word = {0, 1}},
               over = {.T = 4, .word = {0, WORDS, WORDS, 1}},
               notes = {.T = 2, .word = {0, 1}, .note = {0, 1}},
               stop = {.T = 3, .word = {0, WORDS, 1}, .note = {0, 1, 1}};
    const float y = -1.5f * sqrtf(0.5f);
    ok(fabsf(logit_of(&b, &bigram) - y) < 1e-6f, "a bigram");
    ok(fabsf(logit_of(&b, &over) - y) < 1e-6f, "words such as \"of\" are not between its words");
    ok(logit_of(&b, &other) == 0 && logit_of(&b, &none) == 0, "a text without features: 0");
    ok(logit_of(&b, &notes) == 0 && logit_of(&b, &stop) == 0, "it does not cross the border of two notes");
}

static size_t chars_of(uint64_t *keys, const char *form)
{
    return linear_branch_chars(keys, form, strlen(form));
}

static void check_chars(void)
{
    uint64_t a[LINEAR_CHARS], b[LINEAR_CHARS];
    ok(chars_of(a, "") == 0 && chars_of(a, "x") == 1 && chars_of(a, "xy") == 2 + 1,
       "short words have few character n-grams");
    ok(chars_of(a, "abc") == 3 + 2 &&
           chars_of(b, "\xc3\xa4"
                       "bc") == 5 &&
           a[0] != b[0] && a[2] == b[2],
       "characters of two bytes are one; 'bc ' is the same in both");
    ok(a[0] & 1 && !(linear_branch_key(a[0], 0) & 1), "their keys are odd, those of words even");
    const char *word = "abcdefghijklmnopqrstuvwxyzabcdef"; /* LINEAR_LONGEST */
    const size_t n = chars_of(a, word);
    ok(strlen(word) == LINEAR_LONGEST && n == 32 + 31 &&
           chars_of(b, "abcdefghijklmnopqrstuvwxyzabcdefghi") == n && !memcmp(a, b, n * sizeof *a),
       "only the first characters of a long word");
}

/* The number of character n-grams that are features of "ab", "ab" and "ac". */
static int32_t chars_learned(int min_df, size_t max_features)
{
    enum { FIRST = 2 };
    map *words = map_new();
    char_grams g;
    example docs[3] = {{.ids = (int32_t[]){FIRST, 1, FIRST}, .T = 3},
                       {.ids = (int32_t[]){FIRST}, .T = 1},
                       {.ids = (int32_t[]){FIRST + 1}, .T = 1}};
    map_add(words, "ab", 2);
    map_add(words, "ac", 2);
    const int result =
        char_grams_learn(&g, words, FIRST, &(dataset){.docs = docs, .n = 3}, min_df, max_features);
    bool good = !result;
    for (int32_t f = 0; f < g.n; f++)
        good &= g.df[f] >= min_df && g.df[f] <= 2 && (f == 0 || g.keys[f] > g.keys[f - 1]);
    for (size_t i = 0; good && i < g.start[2]; i++)
        good &= g.of[i] >= 0 && g.of[i] < g.n;
    ok(good, "least %d texts, at most %zu: numbers, order and counts", min_df, max_features);
    const int32_t n = g.n;
    char_grams_free(&g);
    map_free(words);
    return n;
}

static void check_char_grams(void)
{
    ok(chars_learned(1, 0) == 6 && chars_learned(2, 0) == 3 && chars_learned(3, 0) == 0,
       "those in at least so many texts");
    ok(chars_learned(1, 6) == 6 && chars_learned(1, 5) == 3 && chars_learned(1, 3) == 3 &&
           chars_learned(1, 2) == 0,
       "with too many features, more texts are required");
}

/* ---- the file ---- */

static const char path[] = "linear_branch.safetensors";

static int reopen(linear_branch *b, size_t L)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC), result = linear_branch_open(b, fd, path, L);
    close(fd);
    return result;
}

static void reject(const char *why, const safetensor *t, int n)
{
    linear_branch b;
    const int written = safetensors_write(path, t, n), result = reopen(&b, 3);
    ok(!written && result == -1 && !b.features && !strncmp(err_message(), path, strlen(path)) &&
           strstr(err_message(), why),
       "rejected: %s", err_message());
}

static void check_file(void)
{
    uint64_t keys[2] = {linear_branch_key(hash_of_word(0), 0), linear_branch_key(hash_of_word(1), 0)};
    if (keys[0] > keys[1]) {
        const uint64_t key = keys[0];
        keys[0] = keys[1];
        keys[1] = key;
    }
    float idf[] = {1, 2}, scale[] = {0.5f, 0.25f}, label_scale[] = {0.5f, 3};
    const int8_t B[] = {1, 2, 3, 4, 5, 6}, A[] = {1, -2, 3, 4, 5, -127};
    const text x = {.T = 3, .word = {1, 0, 1}};
    for (size_t rank = 2; rank <= 5; rank++) {
        linear_branch b = {.features = 2,
                           .rank = 2 + rank % 2,
                           .labels = 3,
                           .first_words = rank < 4 ? 0 : LINEAR_FIRST_WORDS,
                           .keys = keys,
                           .idf = idf,
                           .scale = scale,
                           .A = A,
                           .label_scale = rank % 2 ? NULL : label_scale,
                           .B = rank % 2 ? NULL : B},
                      again = {0};
        const int result = linear_branch_write(&b, path) || reopen(&again, 3);
        const float was = logit_of(&b, &x), is = result ? NAN : logit_of(&again, &x);
        ok(!result && again.rank == b.rank && again.first_words == b.first_words && was != 0 && was == is,
           "rank %zu, %zu first words: written and read", b.rank, b.first_words);
        linear_branch_close(&again);
    }
    enum { KEYS, IDF, SCALE, LABEL_SCALE, LABELS_TENSOR, FEATURES_TENSOR, N };
    const safetensor good[N + 1] = {
        {"ngrams", SAFETENSOR_U64, 1, {2}, 2, keys}, {"idf", SAFETENSOR_F32, 1, {2}, 2, idf},
        {"scale", SAFETENSOR_F32, 1, {2}, 2, scale}, {"label_scale", SAFETENSOR_F32, 1, {2}, 2, label_scale},
        {"labels", SAFETENSOR_I8, 2, {2, 3}, 6, B},  {"features", SAFETENSOR_I8, 2, {2, 2}, 4, A},
        {"more", SAFETENSOR_I8, 1, {1}, 1, A}};
    linear_branch b;
    ok(!safetensors_write(path, good, N) && !reopen(&b, 3), "good");
    linear_branch_close(&b);
    reject("expected 6 tensors, got 7", good, N + 1);
    reject("tensor features: expected I8", good, N - 1);
    reject("expected 6 tensors, got 5", good + 1, N - 1);
    reject("not aligned to 8 bytes", (const safetensor[]){good[N], good[KEYS]}, 2);
    safetensor t[N];
#define BAD(why, index, ...)                                                                                 \
    do {                                                                                                     \
        memcpy(t, good, sizeof t);                                                                           \
        t[index] = (safetensor){__VA_ARGS__};                                                                \
        reject(why, t, N);                                                                                   \
    } while (0)
    static const float floats_of_4[4] = {1, 2, 3, 4}, nan[2] = {0, NAN}, infinite[2] = {0, INFINITY};
    BAD("tensor ngrams is missing", KEYS, "key", SAFETENSOR_U64, 1, {2}, 2, keys);
    BAD("tensor ngrams is missing, or has a type", KEYS, "ngrams", SAFETENSOR_F32, 1, {2}, 2, idf);
    BAD("tensor idf is missing, or has a type or a shape", IDF, "idf", SAFETENSOR_F32, 1, {1}, 1, idf);
    BAD("tensor scale", SCALE, "scale", SAFETENSOR_F32, 2, {2, 1}, 2, scale);
    BAD("tensor labels", LABELS_TENSOR, "labels", SAFETENSOR_I8, 2, {3, 2}, 6, B);
    BAD("tensor labels", LABELS_TENSOR, "labels", SAFETENSOR_F32, 2, {2, 2}, 4, floats_of_4);
    BAD("tensor label_scale is missing", LABEL_SCALE, "label_scale", SAFETENSOR_F32, 1, {1}, 1, scale);
    BAD("number of labels", FEATURES_TENSOR, "features", SAFETENSOR_I8, 2, {1, 4}, 4, A);
    BAD("tensor features: expected", FEATURES_TENSOR, "features", SAFETENSOR_I8, 1, {4}, 4, A);
    BAD("tensor features: expected", FEATURES_TENSOR, "features", SAFETENSOR_I8, 2, {0, 2}, 0, A);
    BAD("tensor features: expected", FEATURES_TENSOR, "features", SAFETENSOR_U8, 2, {2, 2}, 4, A);
    BAD("number 1 is not above", KEYS, "ngrams", SAFETENSOR_U64, 1, {2}, 2, (const uint64_t[]){5, 5});
    BAD("tensor idf has NaN", IDF, "idf", SAFETENSOR_F32, 1, {2}, 2, nan);
    BAD("tensor scale has NaN", SCALE, "scale", SAFETENSOR_F32, 1, {2}, 2, infinite);
    BAD("tensor label_scale has NaN", LABEL_SCALE, "label_scale", SAFETENSOR_F32, 1, {2}, 2, nan);
#undef BAD
    for (uint64_t H = 0; H <= LINEAR_FIRST_WORDS + 1; H += LINEAR_FIRST_WORDS + 1)
        reject("tensor first_words: expected a number from 1 to 65535",
               (const safetensor[]){good[KEYS],
                                    {"first_words", SAFETENSOR_U64, 1, {1}, 1, &H},
                                    good[IDF],
                                    good[SCALE],
                                    good[LABEL_SCALE],
                                    good[LABELS_TENSOR],
                                    good[FEATURES_TENSOR]},
               N + 1);
    unlink(path);
    ok(reopen(&b, 3) == -1 && !b.features, "no file: %s", err_message());
}

int main(void)
{
    char folder[] = "/tmp/ecan-linear-XXXXXX";
    rng r;
    rng_seed(&r, 5, 0, 0);
    pool *const threads[3] = {pool_new(1), pool_new(2), pool_new(3)};
    ok(mkdtemp(folder) && !chdir(folder), "a folder");
    check_low_rank(&r, threads[0], threads[2]);
    check_steep(threads[0]);
    for (int i = 0; i < 4; i++) {
        features = (branch_features){i < 2, i % 2 ? 6 : 0};
        check_branch(7, &r, threads);
        check_branch(MOST_LABELS, &r, threads);
    }
    check_features();
    check_chars();
    check_char_grams();
    check_file();
    ok(!chdir("/") && !rmdir(folder), "the folder is empty at the end");
    for (int i = 0; i < 3; i++)
        pool_free(threads[i]);
    return tap_done();
}
