/* SPDX-License-Identifier: Apache-2.0 */
/* lib/train/step: one batch's loss and gradients. Bit-identical for any number of threads, and the same
 * numbers for either division of the work; the embedding's rows; dropout; the loss that prediction would
 * have. */
#include "train/step.h"

#include "base/err.h"
#include "model/dropout.h"
#include "model/net.h"

#include "numbers.h"
#include "tap.h"

#include <string.h>
#include <sys/resource.h>

/* Five tiles of labels, the last one not full. */
enum { WORDS = 30, LABELS = 550, BATCH = 7, LONGEST = 20 };

static rng random_numbers;

typedef struct batch {
    int32_t ids[BATCH][LONGEST], gold[BATCH][4];
    attend_mark marks[BATCH][2];
    example docs[BATCH];
    const example *list[BATCH];
} batch;

/* Documents of unequal lengths, one of them empty; words from 1 on, all of them below `below`. */
static void make_batch(batch *b, int32_t below)
{
    static const size_t lengths[BATCH] = {5, 20, 0, 1, 12, 12, 3};
    for (int i = 0; i < BATCH; i++) {
        for (size_t t = 0; t < lengths[i]; t++)
            b->ids[i][t] = 1 + (int32_t)rng_below(&random_numbers, (uint32_t)below - 1);
        for (int32_t j = 0; j < 4; j++)
            b->gold[i][j] = 35 * j + (int32_t)rng_below(&random_numbers, 35);
        b->docs[i] =
            (example){.ids = b->ids[i], .T = lengths[i], .gold = b->gold[i], .n_gold = (size_t)i % 5};
        b->list[i] = &b->docs[i];
    }
    for (int i = 3; i < BATCH; i++) { /* the first and last word, for the first and last gold label */
        if (b->docs[i].n_gold == 0)
            continue;
        b->marks[i][0] = (attend_mark){b->gold[i][0], 0, 1};
        b->marks[i][1] =
            (attend_mark){b->gold[i][b->docs[i].n_gold - 1], (int32_t)lengths[i] - 1, (int32_t)lengths[i]};
        b->docs[i].marks = b->marks[i];
        b->docs[i].n_marks = b->docs[i].n_gold > 1 || lengths[i] > 1 ? 2 : 1;
    }
}

static config shape(config_attention attention)
{
    config c = {.embedding_size = 7,
                .blocks = 2,
                .channels = {12, 20},
                .kernels = {5, 4},
                .reduction = 4,
                .attention = attention,
                .squeeze_excitation = true,
                .residual = true};
    config_check(&c);
    return c;
}

static params make_params(const config *c)
{
    params p;
    if (params_init(&p, c, WORDS, LABELS)) {
        printf("Bail out! %s\n", err_message());
        exit(1);
    }
    params_start(&p, 1);
    fill(p.embed + c->embedding_size, (WORDS - 1) * (size_t)c->embedding_size, &random_numbers);
    fill(p.b, LABELS, &random_numbers);
    return p;
}

static step *new_step(const params *p, pool *threads, step_division division)
{
    step *s = step_new(p, threads, division);
    if (!s) {
        printf("Bail out! %s\n", err_message());
        exit(1);
    }
    return s;
}

/* Loss and gradients of one run. */
typedef struct result {
    double loss;
    float *grad;
    size_t n;
} result;

static result run(step *s, const example *const *list, int B, const step_options *o)
{
    result r;
    if (step_run(s, list, B, o, &r.loss)) {
        printf("Bail out! %s\n", err_message());
        exit(1);
    }
    r.n = step_grad(s)->size;
    r.grad = floats(r.n);
    memcpy(r.grad, step_grad(s)->data, r.n * sizeof(float));
    return r;
}

static result run_new(const params *p, int threads, step_division division, const batch *b,
                      const step_options *o)
{
    pool *workers = pool_new(threads);
    step *s = new_step(p, workers, division);
    const result r = run(s, b->list, BATCH, o);
    step_free(s);
    pool_free(workers);
    return r;
}

static int same_bytes(const result *a, const result *b)
{
    return a->loss == b->loss && memcmp(a->grad, b->grad, a->n * sizeof(float)) == 0;
}

/* The largest difference of two gradients over the largest gradient, and that of the losses. */
static double apart(const result *a, const result *b)
{
    double most = 0, difference = 0;
    for (size_t i = 0; i < a->n; i++) {
        most = worse(fabs((double)a->grad[i]), most);
        difference = worse(fabs((double)a->grad[i] - b->grad[i]), difference);
    }
    return worse(fabs(a->loss - b->loss) / a->loss, difference / most);
}

static const step_options options = {.gamma = 1,
                                     .dropout = 0.3f,
                                     .word_dropout = 0.1f,
                                     .hidden_dropout = 0.2f,
                                     .mark_weight = 0.3f,
                                     .seed = 1,
                                     .number = 2};

static void test_repeats(const params *p, const batch *b, const batch *other, const char *title)
{
    static const step_division divisions[] = {STEP_DOCUMENTS, STEP_LABELS};
    static const char *const names[] = {"by documents", "by labels"};
    for (int d = 0; d < 2; d++)
        for (int threads = 1; threads <= 3; threads++) {
            const result first = run_new(p, threads, divisions[d], b, &options);
            const result second = run_new(p, threads, divisions[d], b, &options);
            ok(same_bytes(&first, &second), "%s, %s, %d threads: bit-identical when repeated", title,
               names[d], threads);

            /* Whatever the step did before. */
            pool *workers = pool_new(threads);
            step *s = new_step(p, workers, divisions[d]);
            result before = run(s, other->list, BATCH, &options), third = run(s, b->list, BATCH, &options);
            ok(same_bytes(&first, &third), "%s, %s, %d threads: and after another batch", title, names[d],
               threads);
            step_free(s);
            pool_free(workers);
            mem_free(first.grad);
            mem_free(second.grad);
            mem_free(third.grad);
            mem_free(before.grad);
        }
}

static void test_divisions(const params *p, const batch *b, const char *title)
{
    static const step_division divisions[] = {STEP_DOCUMENTS, STEP_LABELS};
    static const char *const names[] = {"by documents", "by labels"};
    result one[2];
    for (int d = 0; d < 2; d++) {
        one[d] = run_new(p, 1, divisions[d], b, &options);
        for (int threads = 2; threads <= 9; threads++) { /* also more than chunks of labels and documents */
            const result many = run_new(p, threads, divisions[d], b, &options);
            ok(same_bytes(&one[d], &many), "%s, %s: one thread and %d: bit-identical", title, names[d],
               threads);
            mem_free(many.grad);
        }
    }
    ok(apart(&one[0], &one[1]) < 2e-6, "%s: documents and labels: apart by %.1e", title,
       apart(&one[0], &one[1]));
    mem_free(one[0].grad);
    mem_free(one[1].grad);
}

/* A batch with all slots, and several parts in each. */
static void test_slots(const params *p, step_division division, const char *title)
{
    enum { DOCUMENTS = 20, LENGTH = 900 };
    static int32_t ids[LENGTH];
    static example docs[DOCUMENTS];
    const example *list[DOCUMENTS];
    for (size_t t = 0; t < LENGTH; t++)
        ids[t] = (int32_t)rng_below(&random_numbers, WORDS);
    static const int32_t gold = 3;
    for (size_t i = 0; i < DOCUMENTS; i++) {
        docs[i] = (example){.ids = ids + 10 * i, .T = 300 + 20 * i, .gold = &gold, .n_gold = i % 2};
        list[i] = &docs[i];
    }
    result of[4];
    for (int threads = 1; threads <= 4; threads++) {
        pool *workers = pool_new(threads);
        step *s = new_step(p, workers, division);
        of[threads - 1] = run(s, list, DOCUMENTS, &options);
        step_free(s);
        pool_free(workers);
        ok(same_bytes(&of[0], &of[threads - 1]), "%s: %d documents, %d threads: bit-identical", title,
           DOCUMENTS, threads);
    }
    for (int i = 0; i < 4; i++)
        mem_free(of[i].grad);
}

/* The mean of the losses of prediction's logits. */
static void test_loss(const params *p, const batch *b, const char *title)
{
    pool *threads = pool_new(2);
    net_work w = {0};
    float logits[LABELS], weights[LABELS], dx;
    int32_t peaks[2 * LABELS];
    step *s = new_step(p, threads, STEP_AUTO);
    params with_winograd_weights = *p;
    winograd_weights u;
    ok(winograd_weights_prepare(&u, &with_winograd_weights) == 0, "%s: winograd weights", title);
    for (int gamma = 0; gamma < 3; gamma++) {
        double sum = 0, loss = 0;
        for (int i = 0; i < BATCH; i++) {
            net_forward(logits, peaks, weights, &with_winograd_weights, b->docs[i].ids, b->docs[i].T, &w);
            for (int32_t j = 0; j < LABELS; j++) {
                int gold = 0;
                for (size_t k = 0; k < b->docs[i].n_gold; k++)
                    gold |= b->gold[i][k] == j;
                sum += loss_focal(&dx, logits[j], gold, (float)gamma);
            }
        }
        step_run(s, b->list, BATCH, &(step_options){.gamma = (float)gamma}, &loss);
        ok(fabs(loss - sum / (BATCH * LABELS)) < 1e-6, "%s, gamma %d: loss %.6f, prediction's %.6f", title,
           gamma, loss, sum / (BATCH * LABELS));
    }
    step_free(s);
    winograd_weights_free(&u);
    net_work_free(&w);
    pool_free(threads);
}

static int all_zero(const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (x[i] != 0)
            return 0;
    return 1;
}

/* A batch with padding between words: row 0 has an effect, and no gradient. */
static void test_rows(const params *p, step_division division, const char *title)
{
    const size_t E = (size_t)p->c.embedding_size;
    pool *threads = pool_new(2);
    step *s = new_step(p, threads, division);
    const step_options plain = {0};
    int32_t ids[6] = {5, 0, 7, 5, 0, 5}, gold = 3, others[2] = {9, 10};
    const example padded = {.ids = ids, .T = 6, .gold = &gold, .n_gold = 1},
                  other = {.ids = others, .T = 2, .gold = &gold, .n_gold = 1};
    const example *list[2] = {&padded, &other};
    const result r = run(s, list, 2, &plain);
    ok(all_zero(r.grad, E) && !step_in_batch(s)[0], "%s: row 0 has no gradient", title);
    int right = 1, flags = 1;
    for (int row = 1; row < WORDS; row++) {
        const int there = row == 5 || row == 7 || row == 9 || row == 10;
        right &= all_zero(r.grad + (size_t)row * E, E) == !there;
        flags &= step_in_batch(s)[row] == there;
    }
    ok(right && flags, "%s: the batch's rows have a gradient and are marked, no others", title);

    list[0] = &other;
    const result after = run(s, list, 1, &plain);
    ok(all_zero(after.grad + 5 * E, 3 * E) && !step_in_batch(s)[5] && step_in_batch(s)[9],
       "%s: the rows of the batch before are cleared", title);

    /* Rows 5 and 6 are alike: their order only matters for the row that gets the gradient. */
    memcpy(p->embed + 6 * E, p->embed + 5 * E, E * sizeof(float));
    int32_t both[6] = {5, 0, 7, 6, 0, 6};
    const example split = {.ids = both, .T = 6, .gold = &gold, .n_gold = 1};
    const example *again[4] = {&padded, &padded, &split, &other};
    const result one = run(s, again, 1, &plain), two = run(s, again + 2, 1, &plain),
                 twice = run(s, again, 2, &plain);
    double e = fabs(one.loss - two.loss), e_twice = fabs(one.loss - twice.loss);
    for (size_t i = 0; i < E; i++) {
        const double sum = (double)two.grad[5 * E + i] + two.grad[6 * E + i];
        e = worse(error_of(one.grad[5 * E + i], sum), e);
        e_twice = worse(error_of(twice.grad[5 * E + i], one.grad[5 * E + i]), e_twice);
    }
    ok(e < 1e-7 && norm(two.grad + 6 * E, E) > 1e-5, "%s: a word's gradient is the sum over its places: %.1e",
       title, e);
    ok(e_twice < 1e-7, "%s: a document twice in the batch: the same mean: %.1e", title, e_twice);
    mem_free(r.grad);
    mem_free(after.grad);
    mem_free(one.grad);
    mem_free(two.grad);
    mem_free(twice.grad);
    step_free(s);
    pool_free(threads);
}

/* A word vector's number that was dropped has no gradient if its word occurs once; others have one. */
static void test_dropout(const params *p)
{
    const size_t E = (size_t)p->c.embedding_size;
    int32_t ids[WORDS - 1], gold = 3;
    for (int i = 0; i < WORDS - 1; i++)
        ids[i] = i + 1;
    const example all = {.ids = ids, .T = WORDS - 1, .gold = &gold, .n_gold = 1};
    const example *list = &all;
    pool *threads = pool_new(1);
    step *s = new_step(p, threads, STEP_DOCUMENTS);
    size_t dropped = 0, n = 0;
    for (uint64_t number = 0; number < 20; number++) {
        const result r = run(s, &list, 1, &(step_options){.dropout = 0.2f, .seed = 3, .number = number});
        for (size_t i = E; i < WORDS * E; i++)
            dropped += r.grad[i] == 0;
        n += (WORDS - 1) * E;
        mem_free(r.grad);
    }
    const double q = (double)dropped / (double)n;
    ok(fabs(q - 0.2) < 5 * sqrt(0.2 * 0.8 / (double)n),
       "%.4f of %zu numbers are dropped where 0.2 is asked for", q, n);

    const step_options o = {.dropout = 0.2f, .seed = 3, .number = 4},
                       next = {.dropout = 0.2f, .seed = 3, .number = 5},
                       seed = {.dropout = 0.2f, .seed = 4, .number = 4}, none = {.seed = 3, .number = 4},
                       none_next = {.seed = 4, .number = 5};
    const result a = run(s, &list, 1, &o), b = run(s, &list, 1, &o), c = run(s, &list, 1, &next),
                 d = run(s, &list, 1, &seed), e = run(s, &list, 1, &none), f = run(s, &list, 1, &none_next);
    ok(same_bytes(&a, &b), "the same seed and number: the same are dropped");
    ok(!same_bytes(&a, &c) && !same_bytes(&a, &d) && !same_bytes(&a, &e), "another seed or number: others");
    ok(same_bytes(&e, &f), "without dropout nothing is random");
    const result *results[] = {&a, &b, &c, &d, &e, &f};
    for (int i = 0; i < 6; i++)
        mem_free(results[i]->grad);
    step_free(s);

    /* Documents of a batch are dropped from independently: the mean over the same document twice is
     * another's. */
    s = new_step(p, threads, STEP_DOCUMENTS);
    const example *twice[2] = {&all, &all};
    const result one = run(s, twice, 1, &o), two = run(s, twice, 2, &o);
    ok(fabs(one.loss - two.loss) > 1e-6, "the same document twice in a batch: different numbers are dropped");
    mem_free(one.grad);
    mem_free(two.grad);
    step_free(s);
    pool_free(threads);
}

/* Whole words: a word that occurs once and is dropped has no gradient at all, the others have all of it. */
static void test_word_dropout(const params *p)
{
    enum { ROUNDS = 40 };
    const size_t E = (size_t)p->c.embedding_size;
    int32_t ids[WORDS - 1], gold = 3;
    for (int i = 0; i < WORDS - 1; i++)
        ids[i] = i + 1;
    const example all = {.ids = ids, .T = WORDS - 1, .gold = &gold, .n_gold = 1}, *list = &all;
    pool *threads = pool_new(1);
    step *s = new_step(p, threads, STEP_DOCUMENTS);
    int dropped = 0, whole = 1;
    for (uint64_t number = 0; number < ROUNDS; number++) {
        const result r = run(s, &list, 1, &(step_options){.word_dropout = 0.3f, .seed = 3, .number = number});
        for (size_t row = 1; row < WORDS; row++) {
            const int gone = all_zero(r.grad + row * E, E);
            dropped += gone;
            for (size_t e = 0; e < E && !gone; e++)
                whole &= r.grad[row * E + e] != 0;
        }
        mem_free(r.grad);
    }
    const double n = ROUNDS * (WORDS - 1), q = dropped / n;
    ok(whole && fabs(q - 0.3) < 4 * sqrt(0.3 * 0.7 / n),
       "%.3f of %.0f words are dropped, whole, where 0.3 is asked", q, n);
    step_free(s);
    pool_free(threads);
}

/* What is dropped of H, and what becomes of the rest. */
static void test_hidden_dropout(void)
{
    enum { T = 500, D = 40 };
    float H[T * D], again[T * D];
    int zeros[2] = {0}, same = 0, other = 0;
    const dropout d = {.hidden = 0.25f, .seed = 1, .number = 2, .document = 3};
    for (int block = 0; block < 2; block++) {
        for (int i = 0; i < T * D; i++)
            H[i] = again[i] = 3;
        dropout_hidden(H, &d, block, T, D);
        dropout_hidden(again, &d, block, T, D);
        for (int i = 0; i < T * D; i++) {
            zeros[block] += H[i] == 0;
            same += H[i] == again[i];
            other += H[i] != 0 && H[i] != 4;
        }
    }
    dropout_hidden(again, &d, 0, T, D);
    int both = 0;
    for (int i = 0; i < T * D; i++)
        both += again[i] == 0;
    const double n = T * D, off = 5 * sqrt(0.25 * 0.75 * n);
    ok(fabs(zeros[0] - 0.25 * n) < off && fabs(zeros[1] - 0.25 * n) < off && other == 0,
       "hidden dropout: %d and %d of %.0f numbers, the rest divided by what is kept", zeros[0], zeros[1], n);
    ok(same == 2 * T * D, "hidden dropout: the same on the way back");
    ok(fabs(both - (1 - 0.75 * 0.75) * n) < off, "hidden dropout: blocks are independent");
}

/* Without a gradient of the word vectors the others are what they were. */
static void test_frozen(const params *p, const batch *b, step_division division)
{
    step_options o = options;
    const result with = run_new(p, 2, division, b, &o);
    o.frozen = true;
    const result without = run_new(p, 2, division, b, &o);
    const size_t n = (size_t)p->words * (size_t)p->c.embedding_size, from = p->shared_begin;
    ok(all_zero(without.grad, n) && !all_zero(with.grad, n), "frozen: the word vectors have no gradient");
    ok(with.loss == without.loss &&
           memcmp(with.grad + from, without.grad + from, (with.n - from) * sizeof(float)) == 0,
       "frozen: the others have the one they had");
    mem_free(with.grad);
    mem_free(without.grad);
}

/* Sampled labels: the expectation of the loss and of the gradients is that of all labels; with as many labels
 * as there are, both are bit-identical; what was not drawn has no gradient. */
static void test_label_sample(const params *p, const batch *b, step_division division, const char *title)
{
    enum { DRAWS = 2000, SAMPLE = 25 };
    pool *threads = pool_new(2);
    step_options o = {.gamma = 1, .mark_weight = 0.3f, .seed = 1, .number = 0};
    step *s = new_step(p, threads, division);
    float rates[LABELS];
    for (int l = 0; l < LABELS; l++)
        rates[l] = l % 20 ? 1 + (float)(l % 3) : 30; /* some are always drawn */
    step_label_rates(s, rates);
    const result all = run(s, b->list, BATCH, &o);
    o.label_sample = LABELS;
    const result every = run(s, b->list, BATCH, &o);
    ok(same_bytes(&all, &every), "%s: as many sampled labels as there are: bit-identical", title);

    double *sum = mem_array(all.n, sizeof *sum), *squares = mem_array(all.n, sizeof *squares), loss = 0,
           loss2 = 0;
    size_t rows = 0;
    o.label_sample = SAMPLE;
    for (int i = 0; i < DRAWS; i++) {
        o.number = (uint64_t)i;
        const result r = run(s, b->list, BATCH, &o);
        for (size_t j = 0; j < all.n; j++) {
            sum[j] += (double)r.grad[j];
            squares[j] += (double)r.grad[j] * (double)r.grad[j];
        }
        loss += r.loss;
        loss2 += r.loss * r.loss;
        const float *db = r.grad + (p->b - p->data);
        for (int l = 0; i == 0 && l < LABELS; l++)
            rows += db[l] != 0;
        mem_free(r.grad);
    }
    /* Of so many means, some are far away. */
    size_t far = 0, n = 0;
    for (size_t j = 0; j < all.n; j++) {
        const double mean = sum[j] / DRAWS, variance = squares[j] / DRAWS - mean * mean,
                     error = sqrt(fmax(variance, 0) / DRAWS) + 1e-6 * fabs(mean) + 1e-9;
        n += sum[j] != 0;
        far += fabs(mean - (double)all.grad[j]) > 5 * error;
    }
    const double mean = loss / DRAWS, error = sqrt((loss2 / DRAWS - mean * mean) / DRAWS);
    ok(far <= n / 500,
       "%s: %zu of %zu mean gradients are further than five standard errors from those of all labels", title,
       far, n);
    ok(fabs(mean - all.loss) < 4 * error, "%s: mean loss %.5f, of all labels %.5f, standard error %.5f",
       title, mean, all.loss, error);
    size_t gold = 0;
    bool is_gold[LABELS] = {false};
    for (int i = 0; i < BATCH; i++)
        for (size_t j = 0; j < b->docs[i].n_gold; j++) {
            gold += !is_gold[b->docs[i].gold[j]];
            is_gold[b->docs[i].gold[j]] = true;
        }
    ok(rows == gold + SAMPLE, "%s: %zu labels have a gradient: %zu gold ones and %d others", title, rows,
       gold, SAMPLE);
    mem_free(sum);
    mem_free(squares);
    mem_free(all.grad);
    mem_free(every.grad);
    step_free(s);
    pool_free(threads);
}

static double peak_mib(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)used.ru_maxrss / 1024;
}

/* The labels of Wiki10-31K, and a document of 2,000 words. The attention of all labels to all words has 236
 * MiB. Neither training nor prediction may keep it. */
static void test_memory(void)
{
    enum { L = 30938, T = 2000, MOST = 60 };
    config c = {
        .embedding_size = 4, .blocks = 1, .channels = {4}, .kernels = {3}, .reduction = 4, .residual = true};
    config_check(&c);
    params p;
    pool *threads = pool_new(2);
    static int32_t ids[T], gold = 3, peaks[2 * L];
    static float logits[L], weights[L];
    const example document = {.ids = ids, .T = T, .gold = &gold, .n_gold = 1}, *list = &document;
    net_work w = {0};
    winograd_weights u;
    double loss;
    if (!threads || params_init(&p, &c, WORDS, L)) {
        printf("Bail out! %s\n", err_message());
        exit(1);
    }
    params_start(&p, 1);
    for (int t = 0; t < T; t++)
        ids[t] = 1 + t % (WORDS - 1);
    const double before = peak_mib();
    step *s = new_step(&p, threads, STEP_AUTO);
    const int trained = step_run(s, &list, 1, &options, &loss);
    const double training = peak_mib() - before;
    ok(trained == 0 && training < MOST, "memory of a step with %d labels and %d words: %.0f MiB", L, T,
       training);
    step_free(s);
    const int predicted =
        winograd_weights_prepare(&u, &p) || net_forward(logits, peaks, weights, &p, ids, T, &w);
    const double prediction = peak_mib() - before;
    ok(predicted == 0 && prediction < MOST, "memory of a prediction: %.0f MiB", prediction);
    winograd_weights_free(&u);
    net_work_free(&w);
    params_free(&p);
    pool_free(threads);
}

int main(void)
{
    static const char *const names[] = {"multi", "sum"};
    rng_seed(&random_numbers, 10, 11, 12);
    for (int k = 0; k < 2; k++) {
        const config c = shape(k ? ATTENTION_SUM : ATTENTION_MULTI);
        params p = make_params(&c);
        batch b, other;
        make_batch(&b, WORDS);
        make_batch(&other, 10);
        test_repeats(&p, &b, &other, names[k]);
        test_divisions(&p, &b, names[k]);
        test_slots(&p, k ? STEP_LABELS : STEP_DOCUMENTS, names[k]);
        test_loss(&p, &b, names[k]);
        test_rows(&p, STEP_DOCUMENTS, k ? "sum, by documents" : "multi, by documents");
        test_rows(&p, STEP_LABELS, k ? "sum, by labels" : "multi, by labels");
        test_frozen(&p, &b, k ? STEP_LABELS : STEP_DOCUMENTS);
        test_label_sample(&p, &b, k ? STEP_LABELS : STEP_DOCUMENTS,
                          k ? "sampled labels, by labels" : "sampled labels, by documents");
        if (k == 0) {
            test_dropout(&p);
            test_word_dropout(&p);
            test_hidden_dropout();
        }
        params_free(&p);
    }
    test_memory();
    return tap_done();
}
