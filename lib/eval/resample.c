/* SPDX-License-Identifier: Apache-2.0 */
/* Draws encounters and exchanges, on all threads. */
#include "eval/resample.h"

#include "base/mem.h"
#include "base/rng.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Differences are equal if they differ by no more than the rounding of sums. */
#define ROUNDING 1e-10

typedef struct worker {
    bootstrap_sample *a, *b;
    uint32_t *times;  /* [encounters] how often each was drawn */
    uint64_t *as_far; /* [F] number of exchanges with a difference at least as large */
    double *values;   /* [2][F] */
} worker;

typedef struct job {
    const system_results *o;
    uint64_t seed;
    int F, a, b;
    double *drawn;    /* [draws][S][F] */
    double *observed; /* [F] the difference between a and b */
    worker *workers;
    int n_workers;
} job;

static void job_release(job *j)
{
    for (int i = 0; j->workers && i < j->n_workers; i++) {
        bootstrap_sample_free(j->workers[i].a);
        bootstrap_sample_free(j->workers[i].b);
        mem_free(j->workers[i].times);
        mem_free(j->workers[i].as_far);
        mem_free(j->workers[i].values);
    }
    mem_free(j->workers);
    mem_free(j->drawn);
    mem_free(j->observed);
}

static int job_init(job *j, const system_results *o, uint64_t seed, const pool *p)
{
    *j = (job){.o = o, .seed = seed, .F = bootstrap_sample_n_metrics(o), .n_workers = pool_size(p)};
    size_t F = (size_t)j->F;
    j->workers = mem_array((size_t)j->n_workers, sizeof *j->workers);
    j->observed = mem_array(F, sizeof *j->observed);
    if (!j->workers || !j->observed)
        return -1;
    for (int i = 0; i < j->n_workers; i++) {
        worker *w = &j->workers[i];
        w->a = bootstrap_sample_new(o);
        w->b = bootstrap_sample_new(o);
        w->times = mem_array((size_t)system_results_encounters(o), sizeof *w->times);
        w->as_far = mem_array(F, sizeof *w->as_far);
        w->values = mem_array(2 * F, sizeof *w->values);
        if (!w->a || !w->b || !w->times || !w->as_far || !w->values)
            return -1;
    }
    return 0;
}

/* The metrics of a system's encounters, each counted as often as `times` says; NULL: once. */
static void metrics_of(bootstrap_sample *t, const system_results *o, int system, const uint32_t *times,
                       double *out)
{
    bootstrap_sample_clear(t);
    for (int32_t i = 0; i < system_results_encounters(o); i++)
        if (!times || times[i])
            bootstrap_sample_add(t, system, i, times ? times[i] : 1);
    bootstrap_sample_metrics(t, out);
}

/* ---- bootstrap ---- */

static void draw(void *context, size_t task, size_t worker_number)
{
    const job *j = context;
    worker *w = &j->workers[worker_number];
    int32_t n = system_results_encounters(j->o);
    rng r;
    rng_seed(&r, j->seed, 0, (uint64_t)task);
    if (n)
        memset(w->times, 0, (size_t)n * sizeof *w->times);
    for (int32_t i = 0; i < n; i++)
        w->times[rng_below(&r, (uint32_t)n)]++;
    int S = system_results_systems(j->o);
    for (int s = 0; s < S; s++)
        metrics_of(w->a, j->o, s, w->times, j->drawn + ((size_t)task * (size_t)S + (size_t)s) * (size_t)j->F);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The quantile q of the ascending v[n], n > 0. */
static double quantile(const double *v, size_t n, double q)
{
    double at = q * (double)(n - 1);
    size_t i = (size_t)at;
    return i + 1 < n ? v[i] + (at - (double)i) * (v[i + 1] - v[i]) : v[n - 1];
}

/* The middle `confidence` of v[n], which gets sorted. moved: shifted so that the mean of v is the value,
 * and clipped to least .. 1. */
static interval interval_of(double value, double *v, size_t n, double confidence, bool moved, double least)
{
    size_t defined = 0;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(v[i])) {
            sum += v[i];
            v[defined++] = v[i];
        }
    if (defined == 0 || isnan(value))
        return (interval){value, NAN, NAN};
    qsort(v, defined, sizeof *v, ascending);
    interval i = {value, quantile(v, defined, (1 - confidence) / 2),
                  quantile(v, defined, (1 + confidence) / 2)};
    if (moved) {
        double by = value - sum / (double)defined;
        i.low = fmax(i.low + by, least);
        i.high = fmin(i.high + by, 1);
    }
    return i;
}

int bootstrap(const system_results *o, int n, uint64_t seed, double confidence, pool *p, interval *intervals,
              interval *differences)
{
    job j;
    size_t N = (size_t)n, S = (size_t)system_results_systems(o);
    int status = job_init(&j, o, seed, p);
    size_t F = (size_t)j.F;
    double *v = mem_array(N, sizeof *v);
    j.drawn = mem_array(N, S * F * sizeof *j.drawn);
    if (!v || !j.drawn)
        status = -1;
    if (!status)
        pool_run(p, draw, &j, n);
    for (size_t s = 0; !status && s < S; s++) {
        worker *w = &j.workers[0];
        double *first = w->values, *own = w->values + F;
        metrics_of(w->a, o, 0, NULL, first);
        metrics_of(w->a, o, (int)s, NULL, own);
        for (size_t f = 0; f < F; f++) {
            const char *group = bootstrap_sample_metric(o, (int)f).group;
            bool macro = group && !strcmp(group, "macro");
            for (size_t b = 0; b < N; b++)
                v[b] = j.drawn[(b * S + s) * F + f];
            intervals[s * F + f] = interval_of(own[f], v, N, confidence, macro, 0);
            for (size_t b = 0; b < N; b++)
                v[b] = j.drawn[(b * S + s) * F + f] - j.drawn[b * S * F + f];
            if (s > 0)
                differences[s * F + f] = interval_of(own[f] - first[f], v, N, confidence, macro, -1);
        }
    }
    mem_free(v);
    job_release(&j);
    return status;
}

/* ---- approximate randomisation ---- */

/* The difference of every metric between b and a after some of their encounters are exchanged: out[F]. r
 * NULL: none. */
static void exchanged(const job *j, worker *w, rng *r, double *out)
{
    uint64_t bits = 0;
    bootstrap_sample_clear(w->a);
    bootstrap_sample_clear(w->b);
    for (int32_t i = 0; i < system_results_encounters(j->o); i++) {
        if (r && i % 64 == 0)
            bits = rng_next(r);
        bool exchange = bits >> i % 64 & 1;
        bootstrap_sample_add(w->a, exchange ? j->b : j->a, i, 1);
        bootstrap_sample_add(w->b, exchange ? j->a : j->b, i, 1);
    }
    double *a = w->values, *b = w->values + j->F;
    bootstrap_sample_metrics(w->a, a);
    bootstrap_sample_metrics(w->b, b);
    for (int f = 0; f < j->F; f++)
        out[f] = b[f] - a[f];
}

static void exchange(void *context, size_t task, size_t worker_number)
{
    const job *j = context;
    worker *w = &j->workers[worker_number];
    rng r;
    rng_seed(&r, j->seed, 1, (uint64_t)task);
    exchanged(j, w, &r, w->values);
    for (int f = 0; f < j->F; f++)
        w->as_far[f] += !(fabs(w->values[f]) < fabs(j->observed[f]) - ROUNDING);
}

int randomisation(const system_results *o, int a, int b, int n, uint64_t seed, pool *p, double *p_value)
{
    job j;
    int status = job_init(&j, o, seed, p);
    j.a = a;
    j.b = b;
    if (!status) {
        exchanged(&j, &j.workers[0], NULL, j.observed);
        pool_run(p, exchange, &j, n);
    }
    for (int f = 0; !status && f < j.F; f++) {
        uint64_t r = 0;
        for (int i = 0; i < j.n_workers; i++)
            r += j.workers[i].as_far[f];
        p_value[f] = isnan(j.observed[f]) ? NAN : ((double)r + 1) / ((double)n + 1);
    }
    job_release(&j);
    return status;
}
