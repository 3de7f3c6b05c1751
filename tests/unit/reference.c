/* SPDX-License-Identifier: Apache-2.0 */
/* The network against the numbers that PyTorch computed (tests/ref): what every stage gives, every gradient,
 * and the parameters after ten steps of Adam; by documents and by labels, with one thread and with three. */
#include "base/err.h"
#include "base/mem.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "model/net.h"
#include "train/adam.h"
#include "train/step.h"

#include "tap.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 16 };

typedef struct fixture {
    char name[64];
    safetensors file;
    config c;
    int words, labels, documents;
    float gamma, learning_rate;
    int32_t *ids[MOST], *gold[MOST];
    example docs[MOST];
} fixture;

__attribute__((format(printf, 2, 3))) static const safetensor *tensor_called(const fixture *f,
                                                                             const char *format, ...)
{
    char name[128];
    va_list ap;
    va_start(ap, format);
    vsnprintf(name, sizeof name, format, ap);
    va_end(ap);
    const safetensor *t = safetensors_find(&f->file, name);
    if (!t) {
        printf("Bail out! %s has no tensor %s\n", f->name, name);
        exit(1);
    }
    return t;
}

static int load(fixture *f, const char *folder, const char *name)
{
    char path[512];
    *f = (fixture){.c = config_default()};
    snprintf(f->name, sizeof f->name, "%.60s", name);
    snprintf(path, sizeof path, "%s/%.60s.json", folder, name);
    json_t *facts = ecan_json_read_file(path);
    if (!facts || config_from_json(&f->c, json_object_get(facts, "config")))
        return -1;
    f->words = (int)json_integer_value(json_object_get(facts, "words"));
    f->labels = (int)json_integer_value(json_object_get(facts, "labels"));
    f->documents = (int)json_integer_value(json_object_get(facts, "documents"));
    f->gamma = (float)json_number_value(json_object_get(facts, "gamma"));
    f->learning_rate = (float)json_number_value(json_object_get(facts, "learning_rate"));
    json_decref(facts);
    snprintf(path, sizeof path, "%s/%.60s.safetensors", folder, name);
    if (f->documents > MOST || safetensors_open(&f->file, path))
        return -1;
    const safetensor *y = tensor_called(f, "labels");
    for (int b = 0; b < f->documents; b++) {
        const safetensor *ids = tensor_called(f, "ids.%d", b);
        f->ids[b] = mem_array(ids->count, sizeof(int32_t));
        for (size_t t = 0; t < ids->count; t++)
            f->ids[b][t] = (int32_t)((const float *)ids->data)[t];
        f->gold[b] = mem_array((size_t)f->labels, sizeof(int32_t));
        f->docs[b] = (example){.ids = f->ids[b], .T = ids->count, .gold = f->gold[b]};
        for (int j = 0; j < f->labels; j++)
            if (((const float *)y->data)[b * f->labels + j] > 0.5f)
                f->gold[b][f->docs[b].n_gold++] = j;
    }
    return 0;
}

static void unload(fixture *f)
{
    for (int b = 0; b < f->documents; b++) {
        mem_free(f->ids[b]);
        mem_free(f->gold[b]);
    }
    safetensors_close(&f->file);
}

/* A file's view of the tensors whose names begin with prefix, without it: what params_load takes. */
static safetensors part_of(const fixture *f, const char *prefix)
{
    safetensors s = {.tensors = mem_array((size_t)f->file.n, sizeof(safetensor))};
    for (int i = 0; i < f->file.n; i++)
        if (strncmp(f->file.tensors[i].name, prefix, strlen(prefix)) == 0) {
            s.tensors[s.n] = f->file.tensors[i];
            s.tensors[s.n++].name += strlen(prefix);
        }
    return s;
}

static params load_params(const fixture *f, const char *prefix)
{
    params p;
    safetensors s = part_of(f, prefix);
    if (params_init(&p, &f->c, f->words, f->labels) || params_load(&p, &s)) {
        printf("Bail out! %s: %s\n", f->name, err_message());
        exit(1);
    }
    mem_free(s.tensors);
    return p;
}

/* The largest difference; NaN counts as infinite. */
static double difference(const float *a, const float *b, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        const double d = fabs((double)a[i] - (double)b[i]);
        most = d <= most ? most : (isnan(d) ? INFINITY : d);
    }
    return most;
}

static double params_difference(const params *a, const params *b, const char **where)
{
    double most = 0;
    *where = "";
    for (int i = 0; i < a->n; i++) {
        const double d =
            difference(a->data + a->table[i].offset, b->data + b->table[i].offset, a->table[i].count);
        if (d > most) {
            most = d;
            *where = a->table[i].name;
        }
    }
    return most;
}

static void give_winograd_weights(winograd_weights *u, params *p)
{
    if (winograd_weights_prepare(u, p)) {
        printf("Bail out! %s\n", err_message());
        exit(1);
    }
}

static void test_forward(const fixture *f)
{
    params p = load_params(f, "param.");
    winograd_weights u;
    give_winograd_weights(&u, &p);
    net_work w = {0};
    const size_t L = (size_t)f->labels, S = p.sizes.S;
    float *logits = mem_array(L, sizeof *logits), *weights = mem_array(L, sizeof *weights),
          *V = mem_array(L * S, sizeof *V);
    int32_t *peaks = mem_array(2 * L, sizeof *peaks);
    double d_logit = 0, d_H = 0, d_V = 0, d_A = 0;
    int wrong_peaks = 0;
    for (int b = 0; b < f->documents; b++) {
        const size_t T = f->docs[b].T;
        net_forward(logits, peaks, weights, &p, f->docs[b].ids, T, &w);
        d_logit = fmax(
            d_logit, difference(logits, (const float *)tensor_called(f, "logits")->data + (size_t)b * L, L));
        for (int i = 0; i < f->c.blocks; i++)
            d_H = fmax(d_H, difference(w.e.H[i], tensor_called(f, "H.%d.%d", i, b)->data,
                                       T * (size_t)f->c.channels[i]));

        const float *H[CONFIG_BLOCKS];
        float *A[CONFIG_BLOCKS];
        for (int a = 0; a < p.sizes.attentions; a++) {
            H[a] = encode_attended(&w.e, &p.sizes, a);
            A[a] = mem_array(L * T, sizeof(float));
        }
        const attended to = {.V = V, .peaks = peaks, .peak_weights = weights, .A = A};
        attend_forward(&to, &p, H, T, &w.a);
        d_V = fmax(d_V, difference(V, tensor_called(f, "V.%d", b)->data, L * S));
        for (int a = 0; a < p.sizes.attentions; a++)
            d_A = fmax(d_A, difference(A[a], tensor_called(f, "A.%d.%d", a, b)->data, L * T));
        /* Equation 8: no weight of the label is larger than that at its peak. */
        for (size_t j = 0; j < L && T; j++)
            for (int a = 0; a < p.sizes.attentions; a++) {
                if (peaks[2 * j] == p.sizes.attention[a].block)
                    wrong_peaks += fabsf(A[a][j * T + (size_t)peaks[2 * j + 1]] - weights[j]) > 1e-6f;
                for (size_t t = 0; t < T; t++)
                    wrong_peaks += A[a][j * T + t] > weights[j] + 1e-6f;
            }
        for (int a = 0; a < p.sizes.attentions; a++)
            mem_free(A[a]);
    }
    ok(d_H < 1e-5, "%s: H within %.1e", f->name, d_H);
    ok(d_A < 1e-5, "%s: A within %.1e", f->name, d_A);
    ok(d_V < 1e-5, "%s: V within %.1e", f->name, d_V);
    ok(d_logit < 1e-5, "%s: logits within %.1e", f->name, d_logit);
    ok(wrong_peaks == 0, "%s: peaks are where the weights are largest", f->name);
    mem_free(logits);
    mem_free(weights);
    mem_free(V);
    mem_free(peaks);
    net_work_free(&w);
    winograd_weights_free(&u);
    params_free(&p);
}

enum { MANY = ATTEND_QUERIES + 70 };

/* The fixture's labels over and over. False with a failed test: out of memory. */
static bool many_labels(params *p, const params *few, const fixture *f)
{
    if (params_init(p, &f->c, f->words, MANY))
        return ok(0, "%s: %s", f->name, err_message());
    const size_t S = p->sizes.S, d_l = p->sizes.d_l;
    memcpy(p->data, few->data, p->shared_end * sizeof(float));
    for (size_t j = 0, L = few->labels; j < MANY; j++) {
        memcpy(p->U + j * d_l, few->U + j % L * d_l, d_l * sizeof(float));
        memcpy(p->W + j * S, few->W + j % L * S, S * sizeof(float));
        p->b[j] = few->b[j % L];
    }
    return true;
}

/* So many labels that their queries are not kept: the words are projected then. */
static void test_many_labels(const fixture *f)
{
    params few = load_params(f, "param."), p;
    if (!many_labels(&p, &few, f))
        return;
    const size_t L = (size_t)f->labels;
    winograd_weights u;
    give_winograd_weights(&u, &p);
    net_work w = {0};
    float *logits = mem_array(MANY, sizeof *logits), *weights = mem_array(MANY, sizeof *weights);
    int32_t *peaks = mem_array(2 * MANY, sizeof *peaks);
    double most = 0;
    for (int b = 0; b < f->documents; b++) {
        net_forward(logits, peaks, weights, &p, f->docs[b].ids, f->docs[b].T, &w);
        for (size_t j = 0; j < MANY; j++)
            most = fmax(
                most, difference(&logits[j],
                                 (const float *)tensor_called(f, "logits")->data + (size_t)b * L + j % L, 1));
    }
    ok(most < 1e-5, "%s: %d labels: logits within %.1e", f->name, (int)MANY, most);
    ok(w.a.queries == NULL, "%s: %d labels: no queries are kept", f->name, (int)MANY);
    mem_free(logits);
    mem_free(weights);
    mem_free(peaks);
    net_work_free(&w);
    winograd_weights_free(&u);
    params_free(&few);
    params_free(&p);
}

/* Prediction in bfloat16: labels of a probability above 1% as in 32 bits, the others nearly. The V of the
 * stages of a pipe give the same logits. */
static void test_prediction_bf16(const fixture *f)
{
    enum { TILE = ATTEND_TILE };
    params few = load_params(f, "param."), p;
    if (!many_labels(&p, &few, f))
        return;
    for (size_t j = 0; j < MANY; j++)
        p.b[j] -= j % 33 ? 0 : 12;
    winograd_weights u;
    give_winograd_weights(&u, &p);
    params half = p;
    half.sizes.precision = PRECISION_BF16;
    const size_t S = p.sizes.S;
    net_work w = {0}, w_half = {0};
    float *logits[3], *weights[2], *V = mem_array(MANY * S, sizeof *V);
    int32_t *peaks[2];
    for (int i = 0; i < 3; i++)
        logits[i] = mem_array(MANY, sizeof **logits);
    for (int i = 0; i < 2; i++) {
        weights[i] = mem_array(MANY, sizeof **weights);
        peaks[i] = mem_array(2 * MANY, sizeof **peaks);
    }
    for (size_t j = 0; j < MANY; j++) /* a document before, in which few labels are likely */
        half.b[j] -= j > 3 ? 100 : 0;
    net_forward(logits[0], peaks[0], weights[0], &half, f->docs[0].ids, f->docs[0].T, &w_half);
    for (size_t j = 0; j < MANY; j++)
        half.b[j] += j > 3 ? 100 : 0;
    double likely = 0, unlikely = 0, wrong_peaks = 0, pipe = 0;
    for (int b = 0; b < f->documents; b++) {
        const size_t T = f->docs[b].T;
        net_forward(logits[0], peaks[0], weights[0], &p, f->docs[b].ids, T, &w);
        net_forward(logits[1], peaks[1], weights[1], &half, f->docs[b].ids, T, &w_half);
        for (size_t j = 0; j < MANY; j++) {
            double *most = logits[1][j] < -4.595f ? &unlikely : &likely;
            *most = fmax(*most, fabs((double)logits[0][j] - (double)logits[1][j]));
            wrong_peaks +=
                most == &likely && (fabsf(weights[0][j] - weights[1][j]) > 1e-5f ||
                                    memcmp(peaks[0] + 2 * j, peaks[1] + 2 * j, 2 * sizeof **peaks) != 0);
        }
        const float *H[CONFIG_BLOCKS];
        for (int a = 0; a < p.sizes.attentions; a++)
            H[a] = encode_attended(&w_half.e, &p.sizes, a);
        const attended to = {.V = V, .peaks = peaks[0], .peak_weights = weights[0]};
        attend_forward(&to, &half, H, T, &w_half.a);
        for (size_t first = 0; first < MANY; first += TILE)
            attend_score(logits[2] + first, V + first * S, &p, first,
                         MANY - first < TILE ? MANY - first : TILE);
        pipe += memcmp(logits[1], logits[2], MANY * sizeof **logits) != 0 ||
                memcmp(peaks[0], peaks[1], 2 * MANY * sizeof **peaks) != 0;
    }
    ok(likely < 1e-5 && wrong_peaks == 0, "%s: prediction in bfloat16: likely labels within %.1e", f->name,
       likely);
    ok(unlikely < 0.1 && unlikely > 0, "%s: unlikely labels within %.1e", f->name, unlikely);
    ok(pipe == 0, "%s: the stages of a pipe give the same", f->name);
    mem_free(V);
    for (int i = 0; i < 3; i++)
        mem_free(logits[i]);
    for (int i = 0; i < 2; i++) {
        mem_free(weights[i]);
        mem_free(peaks[i]);
    }
    net_work_free(&w);
    net_work_free(&w_half);
    winograd_weights_free(&u);
    params_free(&few);
    params_free(&p);
}

static void test_training(const fixture *f, pool *threads, step_division division, const char *how)
{
    params p = load_params(f, "param."), grad = load_params(f, "grad."), after = load_params(f, "adam10.");
    step *s = step_new(&p, threads, division);
    adam a;
    adam_init(&a, &p);
    const example *batch[MOST];
    for (int b = 0; b < f->documents; b++)
        batch[b] = &f->docs[b];
    const safetensor *losses = tensor_called(f, "losses");
    double d_loss = 0;
    const char *where;
    for (int i = 0; i < 10; i++) {
        double loss;
        if (step_run(s, batch, f->documents, &(step_options){.gamma = f->gamma}, &loss)) {
            ok(0, "%s, %s: %s", f->name, how, err_message());
            break;
        }
        d_loss = fmax(d_loss, fabs(loss - ((const float *)losses->data)[i]));
        if (i == 0) {
            const double d = params_difference(step_grad(s), &grad, &where);
            ok(d < 5e-6, "%s, %s: gradients within %.1e (%s)", f->name, how, d, where);
        }
        const adam_rates rates = {.learning_rate = f->learning_rate, .embedding = 1, .gradient = 1};
        adam_step(&a, &p, step_grad(s), step_in_batch(s), &rates, threads);
    }
    ok(d_loss < 1e-5, "%s, %s: ten losses within %.1e", f->name, how, d_loss);
    const double d = params_difference(&p, &after, &where);
    ok(d < 5e-5, "%s, %s: parameters after ten steps within %.1e (%s)", f->name, how, d, where);
    adam_free(&a);
    step_free(s);
    params_free(&p);
    params_free(&grad);
    params_free(&after);
}

/* The L2 norm of the difference of all parameters, divided by that of `want`. */
static double relative_difference(const params *got, const params *want)
{
    double difference = 0, size = 0;
    for (size_t i = 0; i < want->size; i++) {
        const double d = (double)got->data[i] - (double)want->data[i];
        difference += d * d;
        size += (double)want->data[i] * (double)want->data[i];
    }
    return sqrt(difference / size);
}

/* With factors in bfloat16, which have relative errors of up to 2^-9, gradients are within 2^-5 of PyTorch's:
 * they are sums over products of products. They are not as near as those in 32 bits: otherwise bfloat16 would
 * not be in use. */
static void test_bf16(const fixture *f, pool *threads, step_division division, const char *how)
{
    params p = load_params(f, "param."), grad = load_params(f, "grad.");
    p.c.precision = PRECISION_BF16;
    p.sizes = model_sizes_of(&p.c);
    step *s = step_new(&p, threads, division);
    const example *batch[MOST];
    for (int b = 0; b < f->documents; b++)
        batch[b] = &f->docs[b];
    double loss;
    const int failed = step_run(s, batch, f->documents, &(step_options){.gamma = f->gamma}, &loss);
    const double d_loss = failed ? INFINITY
                                 : fabs(loss - (double)*(const float *)tensor_called(f, "losses")->data),
                 d = failed ? INFINITY : relative_difference(step_grad(s), &grad);
    ok(d_loss < 5e-3, "%s, %s, bfloat16: loss within %.1e", f->name, how, d_loss);
    ok(d < 0x1p-5 && d > 1e-5, "%s, %s, bfloat16: relative error of the gradient %.1e", f->name, how, d);
    step_free(s);
    params_free(&p);
    params_free(&grad);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : "tests/ref";
    char names[64][64];
    int n = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        const char *dot = strrchr(e->d_name, '.');
        if (dot && strcmp(dot, ".json") == 0 && n < 64)
            snprintf(names[n++], sizeof *names, "%.*s",
                     (int)(dot - e->d_name) < 60 ? (int)(dot - e->d_name) : 60, e->d_name);
    }
    if (dir)
        closedir(dir);
    ok(n >= 17, "%d fixtures in %s", n, folder);
    qsort(names, (size_t)n, sizeof *names, by_name);

    pool *one = pool_new(1), *three = pool_new(3);
    for (int i = 0; i < n; i++) {
        fixture f;
        if (!ok(load(&f, folder, names[i]) == 0, "%s can be read %s", names[i], err_message()))
            continue;
        test_forward(&f);
        test_many_labels(&f);
        test_prediction_bf16(&f);
        test_training(&f, one, STEP_DOCUMENTS, "documents, one thread");
        test_training(&f, one, STEP_LABELS, "labels, one thread");
        test_training(&f, three, STEP_DOCUMENTS, "documents, three threads");
        test_training(&f, three, STEP_LABELS, "labels, three threads");
        test_bf16(&f, one, STEP_DOCUMENTS, "documents");
        test_bf16(&f, three, STEP_LABELS, "labels");
        unload(&f);
    }
    pool_free(one);
    pool_free(three);
    return tap_done();
}
