/* lib/train/adam: steps over all parameters against a plain loop in double precision; which rows of the
 * embedding move. */
#include "train/adam.h"

#include "base/err.h"

#include "numbers.h"
#include "tap.h"

#include <string.h>

enum { WORDS = 40, LABELS = 9, STEPS = 12 };
static const float RATE = 0.01f;
static const adam_rates rates = {.learning_rate = 0.01f, .embedding = 1, .gradient = 1};

static rng random_numbers;

static params make_params(void)
{
    config c = {.embedding_size = 5,
                .blocks = 2,
                .channels = {6, 7},
                .kernels = {3, 2},
                .reduction = 3,
                .squeeze_excitation = true,
                .residual = true};
    params p;
    if (config_check(&c) || params_init(&p, &c, WORDS, LABELS)) {
        printf("Bail out! %s\n", err_message());
        exit(1);
    }
    return p;
}

/* The gradient of step t: of the embedding, rows t and t + 3 alone (and row 0, which there should not be). */
static void make_gradient(params *grad, unsigned char *in_batch, int t)
{
    const size_t E = (size_t)grad->c.embedding_size;
    fill(grad->data, grad->size, &random_numbers);
    for (size_t row = 0; row < WORDS; row++) {
        in_batch[row] = row == 0 || row == (size_t)t || row == (size_t)t + 3;
        if (!in_batch[row])
            memset(grad->embed + row * E, 0, E * sizeof(float));
    }
}

/* Takes STEPS steps with both; the worst difference of the parameters, and whether rows moved that should
 * not. */
static void run(adam *a, params *p, int threads, double *worst, int *moved)
{
    params grad = make_params();
    pool *workers = pool_new(threads);
    unsigned char in_batch[WORDS];
    const size_t E = (size_t)p->c.embedding_size;
    double *want = mem_array(p->size, sizeof *want), *m = mem_array(p->size, sizeof *m),
           *v = mem_array(p->size, sizeof *v);
    float *start = floats(p->size);
    memcpy(start, p->data, p->size * sizeof(float));
    for (size_t i = 0; i < p->size; i++)
        want[i] = p->data[i];
    *worst = 0;
    *moved = 0;
    for (int t = 1; t <= STEPS; t++) {
        make_gradient(&grad, in_batch, t);
        adam_step(a, p, &grad, in_batch, &rates, workers);
        for (size_t i = E; i < p->size; i++) {
            const double g = grad.data[i];
            m[i] = 0.9 * m[i] + 0.1 * g;
            v[i] = 0.999 * v[i] + 0.001 * g * g;
            want[i] -= RATE * (m[i] / (1 - pow(0.9, t))) / (sqrt(v[i] / (1 - pow(0.999, t))) + 1e-8);
        }
        for (int k = 0; k < p->n; k++) {
            const param *w = &p->table[k];
            for (size_t i = w->offset; i < w->offset + w->count; i++)
                *worst = worse(error_of(p->data[i], want[i]), *worst);
        }
        *moved |= memcmp(p->embed, start, E * sizeof(float)) != 0;
        const size_t later = (size_t)t + 4;
        *moved |= memcmp(p->embed + later * E, start + later * E, (WORDS - later) * E * sizeof(float)) != 0;
    }
    mem_free(want);
    mem_free(m);
    mem_free(v);
    mem_free(start);
    pool_free(workers);
    params_free(&grad);
}

int main(void)
{
    for (int threads = 1; threads <= 3; threads++) {
        params p = make_params();
        adam a;
        double worst;
        int moved;
        rng_seed(&random_numbers, 21, 22, 23);
        fill(p.data + p.c.embedding_size, p.size - (size_t)p.c.embedding_size, &random_numbers);
        if (!ok(adam_init(&a, &p) == 0 && a.t == 0, "%d threads: room", threads))
            break;
        run(&a, &p, threads, &worst, &moved);
        ok(worst < 1e-5 && a.t == STEPS, "%d threads: %d steps within %.1e", threads, STEPS, worst);
        ok(!moved, "%d threads: row 0 and the rows that no batch had yet stand still", threads);
        adam_reset(&a, &p);
        run(&a, &p, threads, &worst, &moved);
        ok(worst < 1e-5 && !moved, "%d threads: after a reset as at first: within %.1e", threads, worst);
        adam_free(&a);
        params_free(&p);
    }
    return tap_done();
}
