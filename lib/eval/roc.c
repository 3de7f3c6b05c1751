/* SPDX-License-Identifier: Apache-2.0 */
/* ROC areas by counting negatives between positives. Predictions at a given threshold are counted in
 * metrics.c. */
#include "eval/roc.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/ratio.h"
#include "base/tempfile.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Floats from 0 to 1 sort like their bits, so the upper bits of a score show between which positives it
 * lies. */
#define KEY_SHIFT 15
#define KEYS      (0x3f800000 >> KEY_SHIFT) /* of 1.0f, the largest */

typedef struct positive {
    float score;
    int32_t label;
} positive;

struct roc {
    int L;
    FILE *spool; /* a row: n, gold[n], scores[L] */
    uint64_t rows;
    positive *positives;
    size_t n, cap;
    roc_cut_fn *on_cut; /* NULL: none */
    void *context;
};

/* The positives' scores, all of them in one sequence: value[0] < value[1] < ... */
typedef struct steps {
    size_t n;
    float *value;
    uint64_t *positives; /* [n] with that score */
    uint64_t *equal;     /* [n] negatives with that score */
    uint64_t *below;     /* [n+1] number of negatives between value[i-1] and value[i] */
    float *highest;      /* [n+1] the highest of those */
    size_t *first;       /* [KEYS+2] the first value with that key or a higher one */
} steps;

/* The positives' scores label by label, ascending: score[start[j] .. start[j+1]). */
typedef struct columns {
    size_t *start;   /* [L+1] */
    float *score;    /* [n] */
    uint64_t *twice; /* [L] pairs that the positive wins: a win counts 2, a tie 1 */
} columns;

roc *roc_new(int L)
{
    roc *r = mem_array(1, sizeof *r);
    if (!r)
        return NULL;
    r->L = L;
    r->spool = tempfile_open();
    if (!r->spool) {
        mem_free(r);
        return NULL;
    }
    return r;
}

void roc_free(roc *r)
{
    if (!r)
        return;
    fclose(r->spool); /* already read back or no longer needed: an error here does not matter */
    mem_free(r->positives);
    mem_free(r);
}

void roc_on_cut(roc *r, roc_cut_fn *fn, void *context)
{
    r->on_cut = fn;
    r->context = context;
}

static int spool_error(void)
{
    return err_io("temporary file in %s: %s", tempfile_folder(), errno ? strerror(errno) : "truncated");
}

int roc_add(roc *r, const float *scores, const int32_t *gold, int n)
{
    if (mem_grow(&r->positives, &r->cap, r->n + (size_t)n, sizeof(positive)))
        return -1;
    for (int i = 0; i < n; i++)
        r->positives[r->n++] = (positive){scores[gold[i]] + 0.0f, gold[i]}; /* turns -0 into 0 */
    r->rows++;
    errno = 0;
    int32_t head = n;
    if (fwrite(&head, sizeof head, 1, r->spool) != 1 ||
        fwrite(gold, sizeof *gold, (size_t)n, r->spool) != (size_t)n ||
        fwrite(scores, sizeof *scores, (size_t)r->L, r->spool) != (size_t)r->L)
        return spool_error();
    return 0;
}

static int by_score(const void *a, const void *b)
{
    const positive *x = a, *y = b;
    return (x->score > y->score) - (x->score < y->score);
}

static int by_label_and_score(const void *a, const void *b)
{
    const positive *x = a, *y = b;
    return x->label != y->label ? (x->label > y->label) - (x->label < y->label) : by_score(a, b);
}

static uint32_t key_of(float score)
{
    uint32_t bits;
    memcpy(&bits, &score, sizeof bits);
    return bits >> KEY_SHIFT;
}

static void steps_release(steps *s)
{
    mem_free(s->value);
    mem_free(s->positives);
    mem_free(s->equal);
    mem_free(s->below);
    mem_free(s->highest);
    mem_free(s->first);
}

/* positives[n] are sorted by score. */
static int steps_init(steps *s, const positive *positives, size_t n)
{
    *s = (steps){0};
    s->value = mem_array(n, sizeof *s->value);
    s->positives = mem_array(n, sizeof *s->positives);
    s->equal = mem_array(n, sizeof *s->equal);
    s->below = mem_array(n + 1, sizeof *s->below);
    s->highest = mem_array(n + 1, sizeof *s->highest);
    s->first = mem_array(KEYS + 2, sizeof *s->first);
    if (!s->value || !s->positives || !s->equal || !s->below || !s->highest || !s->first)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (s->n == 0 || positives[i].score > s->value[s->n - 1])
            s->value[s->n++] = positives[i].score;
        s->positives[s->n - 1]++;
    }
    for (size_t key = 0, i = 0; key < KEYS + 2; key++) {
        while (i < s->n && key_of(s->value[i]) < key)
            i++;
        s->first[key] = i;
    }
    return 0;
}

/* The first of value[low .. high) that is not less than score; high if there is none. */
static size_t lower_bound(const float *value, size_t low, size_t high, float score)
{
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (value[middle] < score)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void steps_count(steps *s, float score)
{
    uint32_t key = key_of(score);
    size_t i = lower_bound(s->value, s->first[key], s->first[key + 1], score);
    if (i < s->n && s->value[i] == score) {
        s->equal[i]++;
    } else {
        s->below[i]++;
        if (score > s->highest[i])
            s->highest[i] = score;
    }
}

static void columns_release(columns *c)
{
    mem_free(c->start);
    mem_free(c->score);
    mem_free(c->twice);
}

/* positives[n] are sorted by label, then score. */
static int columns_init(columns *c, int L, const positive *positives, size_t n)
{
    c->start = mem_array((size_t)L + 1, sizeof *c->start);
    c->score = mem_array(n, sizeof *c->score);
    c->twice = mem_array((size_t)L, sizeof *c->twice);
    if (!c->start || !c->score || !c->twice)
        return -1;
    for (size_t i = 0; i < n; i++) {
        c->start[positives[i].label + 1]++;
        c->score[i] = positives[i].score;
    }
    for (int j = 0; j < L; j++)
        c->start[j + 1] += c->start[j];
    return 0;
}

static void columns_count(columns *c, int j, float score)
{
    size_t low = c->start[j], high = c->start[j + 1];
    if (low == high)
        return;
    size_t i = lower_bound(c->score, low, high, score);
    c->twice[j] += 2 * (high - i);
    if (i < high && c->score[i] == score)
        c->twice[j] -= lower_bound(c->score, i, high, nextafterf(score, 2)) - i;
}

static int read_row(roc *r, int32_t *n, int32_t *gold, float *scores)
{
    const size_t L = (size_t)r->L;
    if (fread(n, sizeof *n, 1, r->spool) != 1 || *n < 0 || *n > r->L ||
        fread(gold, sizeof *gold, (size_t)*n, r->spool) != (size_t)*n ||
        fread(scores, sizeof *scores, L, r->spool) != L)
        return spool_error();
    return 0;
}

int roc_each_row(roc *r, roc_row_fn *fn, void *context)
{
    float *scores = mem_array((size_t)r->L, sizeof *scores);
    int32_t *gold = mem_array((size_t)r->L, sizeof *gold), n;
    int status = scores && gold ? 0 : -1;
    errno = 0;
    if (!status && (fflush(r->spool) || fseek(r->spool, 0, SEEK_SET)))
        status = spool_error();
    for (uint64_t row = 0; !status && row < r->rows; row++)
        status = read_row(r, &n, gold, scores) || fn(context, scores, gold, n);
    mem_free(scores);
    mem_free(gold);
    return status ? -1 : 0;
}

typedef struct counting {
    int L;
    steps *s;
    columns *c;
} counting;

/* Counts the negatives of a row between the positives. */
static int count_negatives(void *context, const float *scores, const int32_t *gold, int n)
{
    const counting *to = context;
    for (int j = 0, next = 0; j < to->L; j++) {
        if (next < n && gold[next] == j) {
            next++;
            continue;
        }
        steps_count(to->s, scores[j] + 0.0f);
        columns_count(to->c, j, scores[j] + 0.0f);
    }
    return 0;
}

static double micro_auc(const steps *s, uint64_t positives, uint64_t negatives)
{
    double won = 0, below = 0;
    for (size_t i = 0; i < s->n; i++) {
        below += (double)s->below[i];
        won += (double)s->positives[i] * (below + 0.5 * (double)s->equal[i]);
        below += (double)s->equal[i];
    }
    return positives && negatives ? won / ((double)positives * (double)negatives) : NAN;
}

double threshold_within(float low, float high, float preferred)
{
    if (low <= preferred && preferred < high)
        return preferred;
    float middle = low + (high - low) / 2;
    return middle < high ? middle : low;
}

/* A threshold that predicts value[i] but not the next lower score. */
static double threshold_below(const steps *s, size_t i)
{
    return threshold_within(s->below[i] ? s->highest[i] : i ? s->value[i - 1] : 0, s->value[i], 0.5f);
}

/* From the highest positive down. F1 changes when one more positive is predicted, together with the
 * negatives above it. Predicting only more negatives never helps. */
static void best_threshold(const steps *s, uint64_t gold, roc_results *out)
{
    uint64_t true_positives = 0, predicted = 0;
    out->best_threshold = out->best_micro_f1 = NAN;
    for (size_t i = s->n; i-- > 0 && s->value[i] > 0;) { /* no threshold predicts a score of 0 */
        true_positives += s->positives[i];
        predicted += s->positives[i] + s->equal[i] + s->below[i + 1];
        double f1 = 2.0 * (double)true_positives / (double)(predicted + gold);
        double threshold = threshold_below(s, i);
        if (isnan(out->best_threshold) || f1 > out->best_micro_f1 ||
            (f1 == out->best_micro_f1 && fabs(threshold - 0.5) < fabs(out->best_threshold - 0.5))) {
            out->best_threshold = threshold;
            out->best_micro_f1 = f1;
        }
    }
}

static double average_precision(const steps *s, uint64_t gold)
{
    double true_positives = 0, predicted = 0, sum = 0;
    for (size_t i = s->n; i-- > 0;) {
        true_positives += (double)s->positives[i];
        predicted += (double)(s->positives[i] + s->equal[i] + s->below[i + 1]);
        sum += (double)s->positives[i] * true_positives / predicted;
    }
    return ratio(sum, (double)gold);
}

static int each_cut(const roc *r, const steps *s, uint64_t gold)
{
    roc_cut c = {.gold = gold};
    for (size_t i = s->n; i-- > 0 && s->value[i] > 0;) { /* no threshold predicts a score of 0 */
        c.predicted += s->below[i + 1];
        c.threshold = s->value[i];
        if (s->below[i + 1] && r->on_cut(r->context, &c))
            return -1;
        c.true_positives += s->positives[i];
        c.predicted += s->positives[i] + s->equal[i];
        c.threshold = threshold_below(s, i);
        if (r->on_cut(r->context, &c))
            return -1;
    }
    return 0;
}

static void label_auc(const roc *r, const columns *c, double *auc)
{
    for (int j = 0; j < r->L; j++) {
        size_t positives = c->start[j + 1] - c->start[j];
        double comparisons = (double)positives * (double)(r->rows - positives);
        auc[j] = ratio((double)c->twice[j], 2 * comparisons);
    }
}

int roc_finish(roc *r, uint64_t gold, double *auc, roc_results *out)
{
    steps s = {0};
    columns c = {0};
    if (r->n)
        qsort(r->positives, r->n, sizeof(positive), by_score);
    int status = steps_init(&s, r->positives, r->n);
    if (r->n)
        qsort(r->positives, r->n, sizeof(positive), by_label_and_score);
    if (!status)
        status = columns_init(&c, r->L, r->positives, r->n);
    if (!status)
        status = roc_each_row(r, count_negatives, &(counting){r->L, &s, &c});
    if (!status) {
        out->micro_auc = micro_auc(&s, r->n, r->rows * (uint64_t)r->L - r->n);
        out->average_precision = average_precision(&s, gold);
        best_threshold(&s, gold, out);
        if (auc)
            label_auc(r, &c, auc);
        if (r->on_cut)
            status = each_cut(r, &s, gold);
    }
    steps_release(&s);
    columns_release(&c);
    return status;
}
