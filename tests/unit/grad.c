/* SPDX-License-Identifier: Apache-2.0 */
/* Every gradient against finite differences, by one check: along a random direction the loss has to change as
 * the gradient says. Blocks in all variants, the blocks together with and without pooling, the labels'
 * projection, a tile of labels in attention, and the whole step with dropout.
 *
 * The forward pass is in floats: a small step drowns in rounding, a large one in curvature. Several are
 * tried, and the first that agrees well counts, or the best; a wrong gradient is wrong with all of them. */
#include "base/err.h"
#include "model/attend.h"
#include "model/encode.h"
#include "model/gradient.h"
#include "model/net.h"
#include "train/step.h"

#include "numbers.h"
#include "tap.h"

#include <string.h>

/* ---- the check ---- */

static const double BOUND = 5e-3; /* of the relative error */

typedef double loss_fn(void *context);

/* Numbers that the loss depends on, and its gradient by them. */
typedef struct variable {
    const char *name;
    float *x;
    const float *dx;
    size_t n;
} variable;

static rng random_numbers;

/* The central difference of the fourth order, h f'(0), of f(-2h), f(-h), f(h), f(2h). Equal ones give 0 to
 * the last bit. */
enum { POINTS = 4 };
static const int at[POINTS] = {-2, -1, 1, 2};

static double difference(const double f[POINTS])
{
    return (8 * (f[2] - f[1]) - (f[3] - f[0])) / 12;
}

/* |measured - predicted| over the gradient's length, for steps of size h along a direction from x. The places
 * where the loss is measured are floats: the prediction goes by what was really stepped. */
static double error_of_step(loss_fn *loss, void *context, const variable *v, const float *x,
                            const float *direction, double h)
{
    double losses[POINTS], predicted = 0;
    for (int k = 0; k < POINTS; k++) {
        for (size_t i = 0; i < v->n; i++)
            v->x[i] = (float)(x[i] + at[k] * h * direction[i]);
        losses[k] = loss(context);
    }
    for (size_t i = 0; i < v->n; i++) {
        double stepped[POINTS];
        for (int k = 0; k < POINTS; k++)
            stepped[k] = (float)(x[i] + at[k] * h * direction[i]);
        predicted += v->dx[i] * difference(stepped);
    }
    memcpy(v->x, x, v->n * sizeof *x);
    const double length = h * norm(v->dx, v->n), error = fabs(difference(losses) - predicted);
    return error == 0 ? 0
                      : error / fmax(length, fabs(predicted)); /* a gradient of 0 allows no change at all */
}

/* The worst of several directions, each with the best of several steps. */
static double gradient_error(loss_fn *loss, void *context, const variable *v)
{
    enum { DIRECTIONS = 3 };
    static const double steps[] = {0.03, 0.1, 0.3, 0.01, 0.003};
    const double size = v->n ? norm(v->x, v->n) / sqrt((double)v->n) : 0;
    float *x = floats(v->n), *direction = floats(v->n);
    if (v->n)
        memcpy(x, v->x, v->n * sizeof *x);
    double worst = 0;
    for (int k = 0; k < DIRECTIONS && v->n; k++) {
        fill(direction, v->n, &random_numbers);
        double best = INFINITY;
        for (size_t i = 0; i < sizeof steps / sizeof *steps && best > BOUND / 4; i++)
            best =
                fmin(best, error_of_step(loss, context, v, x, direction, steps[i] * (size > 0 ? size : 1)));
        worst = worse(best, worst);
    }
    mem_free(x);
    mem_free(direction);
    return worst;
}

/* One test: all variables. */
static void check(const char *title, loss_fn *loss, void *context, const variable *v, int n)
{
    double worst = 0;
    const char *where = "all exact";
    int zeros = 0;
    for (int i = 0; i < n; i++) {
        const double e = gradient_error(loss, context, &v[i]);
        zeros += norm(v[i].dx, v[i].n) == 0;
        if (worse(e, worst) != worst) {
            worst = e;
            where = v[i].name;
        }
    }
    ok(worst < BOUND, "%s: error %.1e (%s), %d variables, %d without effect", title, worst, where, n, zeros);
}

/* ---- parameters ---- */

enum { MOST_VARIABLES = 64 };
static const float BEFORE = 0.5f; /* contents of a gradient before it is added to */

/* A configuration's parameters with every tensor doing something, and gradients that are not zero before. The
 * inputs of the ReLU are far from its bend, on both sides. */
static void make_params(params *p, params *dp, const config *c, int words, int labels)
{
    if (params_init(p, c, words, labels) || params_init(dp, c, words, labels)) {
        printf("Bail out! %s\n", err_message());
        exit(1);
    }
    params_start(p, rng_next(&random_numbers));
    fill(p->embed + c->embedding_size, (size_t)(words - 1) * (size_t)c->embedding_size, &random_numbers);
    fill(p->b, (size_t)labels, &random_numbers);
    for (int i = 0; i < c->blocks; i++) {
        for (int d = 0; d < c->channels[i]; d++) {
            p->block[i].norm[d] += 0.3f * rng_normal(&random_numbers);
            p->block[i].norm_bias[d] += 0.3f * rng_normal(&random_numbers);
        }
        for (size_t q = 0; q < p->sizes.block[i].Q; q++)
            p->block[i].fc1_bias[q] = q % 2 ? -1.5f : 1.5f;
    }
    for (size_t i = 0; i < dp->size; i++)
        dp->data[i] = BEFORE;
}

static void take_before(float *dx, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dx[i] -= BEFORE;
}

static float *filled_before(size_t n)
{
    float *x = floats(n);
    for (size_t i = 0; i < n; i++)
        x[i] = BEFORE;
    return x;
}

/* Adds the tensors whose names begin with prefix after the first n. Returns their new number. */
static int add_tensors(variable *v, int n, const params *p, const params *dp, const char *prefix)
{
    for (int i = 0; i < p->n; i++) {
        const param *t = &p->table[i];
        if (strncmp(t->name, prefix, strlen(prefix)) == 0)
            v[n++] = (variable){t->name, p->data + t->offset, dp->data + t->offset, t->count};
    }
    return n;
}

static double dot(const float *a, const float *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * b[i];
    return sum;
}

/* ---- one block ---- */

typedef struct block_case {
    const char *title;
    int D_in, D, K, reduction;
    bool excitation, residual;
    size_t T;
} block_case;

/* loss = sum of weights * H */
typedef struct block_test {
    params p;
    winograd_weights U, transposed;
    block_shape shape;
    encoding e; /* for its room */
    float *weights;
} block_test;

static double block_loss(void *context)
{
    block_test *b = context;
    winograd_weights_make(&b->p, 0, &b->transposed);
    block_forward(b->e.H[0], &b->e.block[0], b->e.block[0].Z, b->e.X, &b->p.block[0], &b->shape, b->e.T,
                  b->e.scratch);
    return dot(b->weights, b->e.H[0], b->e.T * b->shape.D);
}

static void test_block(const block_case *k)
{
    config c = {.embedding_size = k->D_in,
                .blocks = 1,
                .channels = {k->D},
                .kernels = {k->K},
                .reduction = k->reduction,
                .squeeze_excitation = k->excitation,
                .residual = k->residual};
    const size_t T = k->T, D_in = (size_t)k->D_in, D = (size_t)k->D;
    const int checked = config_check(&c);
    const model_sizes sizes = model_sizes_of(&c);
    block_test b = {.shape = sizes.block[0]};
    params dp;
    encoding_grad g = {0};
    if (!ok(checked == 0 && encoding_begin(&b.e, &sizes, T, true) == 0 &&
                encoding_grad_begin(&g, &sizes, T) == 0 && winograd_weights_init(&b.U, &sizes) == 0 &&
                winograd_weights_init(&b.transposed, &sizes) == 0,
            "%s: %d to %d channels, %d words wide, %zu words", k->title, k->D_in, k->D, k->K, T))
        return;
    make_params(&b.p, &dp, &c, 2, 1);
    winograd_weights_attach(&b.U, &b.p);
    fill(b.e.X, T * D_in, &random_numbers);
    b.weights = normals(T * D, &random_numbers);
    float *dX = filled_before(T * D_in);

    block_loss(&b);
    memcpy(g.dH[0], b.weights, T * D * sizeof(float));
    block_backward(dX, &dp.block[0], g.dH[0], g.dC, g.dU, &b.e.block[0], b.e.X, &b.p.block[0],
                   b.transposed.data, &b.shape, T, b.e.scratch);
    take_before(dX, T * D_in);
    float *with_dX = floats(dp.size);
    memcpy(with_dX, dp.data, dp.size * sizeof(float));
    take_before(dp.data, dp.size);

    variable v[MOST_VARIABLES] = {{"X", b.e.X, dX, T * D_in}};
    check(k->title, block_loss, &b, v, add_tensors(v, 1, &b.p, &dp, "blocks."));

    block_loss(&b);
    for (size_t i = 0; i < dp.size; i++)
        dp.data[i] = BEFORE;
    memcpy(g.dH[0], b.weights, T * D * sizeof(float));
    block_backward(NULL, &dp.block[0], g.dH[0], g.dC, g.dU, &b.e.block[0], b.e.X, &b.p.block[0],
                   b.transposed.data, &b.shape, T, b.e.scratch);
    ok(memcmp(dp.data, with_dX, dp.size * sizeof(float)) == 0, "%s: the same bytes where dX is not wanted",
       k->title);

    mem_free(with_dX);
    mem_free(dX);
    mem_free(b.weights);
    winograd_weights_free(&b.U);
    winograd_weights_free(&b.transposed);
    encoding_free(&b.e);
    encoding_grad_free(&g);
    params_free(&b.p);
    params_free(&dp);
}

/* ---- the blocks together, and pooling ---- */

/* loss = sum over attentions of weights * what the attention reads */
typedef struct encoder_test {
    params p;
    winograd_weights U, transposed;
    encoding e;
    float *weights[CONFIG_BLOCKS];
} encoder_test;

static size_t attended_size(const encoder_test *t, int a)
{
    return t->e.T * t->p.sizes.attention[a].D;
}

static double encoder_loss(void *context)
{
    encoder_test *t = context;
    double sum = 0;
    for (int i = 0; i < t->p.c.blocks; i++)
        winograd_weights_make(&t->p, i, &t->transposed);
    encode_forward(&t->e, &t->p);
    for (int a = 0; a < t->p.sizes.attentions; a++)
        sum += dot(t->weights[a], encode_attended(&t->e, &t->p.sizes, a), attended_size(t, a));
    return sum;
}

static void test_encoder(const char *title, const config *c, size_t T)
{
    encoder_test t = {0};
    params dp;
    encoding_grad g = {0};
    make_params(&t.p, &dp, c, 2, 1);
    const model_sizes *sizes = &t.p.sizes;
    if (!ok(encoding_begin(&t.e, sizes, T, true) == 0 && encoding_grad_begin(&g, sizes, T) == 0 &&
                winograd_weights_init(&t.U, sizes) == 0 && winograd_weights_init(&t.transposed, sizes) == 0,
            "%s: room", title))
        return;
    const size_t n = T * (size_t)c->embedding_size;
    fill(t.e.X, n, &random_numbers);
    for (int a = 0; a < sizes->attentions; a++)
        t.weights[a] = normals(attended_size(&t, a), &random_numbers);
    winograd_weights_attach(&t.U, &t.p);
    encoder_loss(&t);
    for (int a = 0; a < sizes->attentions; a++)
        memcpy(encoding_grad_attended(&g, sizes, a), t.weights[a], attended_size(&t, a) * sizeof(float));
    float *dX = normals(n, &random_numbers); /* is overwritten */
    encode_backward(dX, &dp, &g, &t.e, &t.p, &t.transposed);
    take_before(dp.data, dp.size);

    variable v[MOST_VARIABLES] = {{"X", t.e.X, dX, n}};
    int count = add_tensors(v, 1, &t.p, &dp, "blocks.");
    count = add_tensors(v, count, &t.p, &dp, "same.");
    check(title, encoder_loss, &t, v, count);

    for (int a = 0; a < sizes->attentions; a++)
        mem_free(t.weights[a]);
    mem_free(dX);
    winograd_weights_free(&t.U);
    winograd_weights_free(&t.transposed);
    encoding_free(&t.e);
    encoding_grad_free(&g);
    params_free(&t.p);
    params_free(&dp);
}

/* ---- the labels' queries ---- */

/* loss = sum of weights * Q, for labels first .. first+n-1 */
typedef struct stack_test {
    params p;
    size_t first, n;
    float *Q, *weights;
} stack_test;

static double stack_loss(void *context)
{
    stack_test *t = context;
    attend_stack(t->Q, &t->p, t->first, t->n);
    return dot(t->weights, t->Q, 2 * t->n * t->p.sizes.S);
}

static void test_projection(const char *title, const config *c)
{
    stack_test t = {.first = 3, .n = 5};
    params dp;
    make_params(&t.p, &dp, c, 2, 11);
    const size_t size = 2 * t.n * t.p.sizes.S;
    t.Q = floats(size);
    t.weights = normals(size, &random_numbers);
    float *dQ = floats(size);
    memcpy(dQ, t.weights, size * sizeof *dQ);
    attend_unstack(dQ, &dp, &t.p, t.first, t.n);
    take_before(dp.data, dp.size);
    variable v[MOST_VARIABLES];
    int count = add_tensors(v, 0, &t.p, &dp, "proj.");
    count = add_tensors(v, count, &t.p, &dp, "U");
    count = add_tensors(v, count, &t.p, &dp, "W");
    check(title, stack_loss, &t, v, count);
    mem_free(dQ);
    mem_free(t.Q);
    mem_free(t.weights);
    params_free(&t.p);
    params_free(&dp);
}

/* ---- a tile of labels ---- */

typedef struct tile_test {
    const model_sizes *sizes;
    size_t T, n;
    float gamma;
    attend_marks marks;
    float *Q, *b, *H[CONFIG_BLOCKS];
    float *dQ, *db, *dH[CONFIG_BLOCKS];
    unsigned char gold[ATTEND_TRAIN_TILE];
    float weight[ATTEND_TRAIN_TILE];
    attend_adds adds;
    attend_train_work work;
} tile_test;

static double tile_loss(void *context)
{
    tile_test *t = context;
    return attend_train_tile(t->dQ, t->db, t->dH, t->adds, t->Q, t->b, t->gold, t->weight, &t->marks,
                             (const float *const *)t->H, t->sizes, t->T, t->n, t->gamma, 1, &t->work);
}

/* Two words that coders marked, or three, one of them in a mark of its own. */
static const attend_mark marked[] = {{1, 0, 2}, {3, 1, 3}, {3, 4, 5}};

static void test_tile(const config *c, size_t T, size_t n, float gamma, float mark_weight)
{
    static const char *const names[] = {"H of the first attention", "H of the second", "H of the third"};
    const model_sizes sizes = model_sizes_of(c);
    tile_test t = {.sizes = &sizes, .T = T, .n = n, .gamma = gamma, .adds = {true, true}};
    const size_t size = 2 * n * sizes.S;
    t.Q = normals(size, &random_numbers);
    t.b = normals(n, &random_numbers);
    t.dQ = filled_before(size);
    t.db = filled_before(n);
    variable v[MOST_VARIABLES] = {{"Q", t.Q, t.dQ, size}, {"b", t.b, t.db, n}};
    int count = 2;
    for (int a = 0; a < sizes.attentions; a++) {
        const size_t D = sizes.attention[a].D;
        t.H[a] = normals(T * D, &random_numbers);
        t.dH[a] = filled_before(T * D);
        v[count++] = (variable){names[a], t.H[a], t.dH[a], T * D};
    }
    if (mark_weight > 0)
        t.marks = (attend_marks){marked, sizeof marked / sizeof *marked, mark_weight};
    for (size_t j = 0; j < n; j++)
        t.gold[j] = rng_below(&random_numbers, 3) == 0;
    for (size_t j = 0; j < n; j++)
        t.weight[j] = 0.5f + 0.25f * (float)(j % 4);
    if (!ok(attend_train_begin(&t.work, &sizes, T, attend_marks_labels(t.marks.of, t.marks.n)) == 0,
            "room for a tile of %zu labels and %zu words", n, T))
        return;

    /* The loss adds to the gradients each time: the first ones are put aside. */
    tile_loss(&t);
    float *kept[MOST_VARIABLES];
    for (int i = 0; i < count; i++) {
        kept[i] = floats(v[i].n);
        memcpy(kept[i], v[i].dx, v[i].n * sizeof(float));
        take_before(kept[i], v[i].n);
        v[i].dx = kept[i];
    }
    t.adds = (attend_adds){false, false}; /* sets the gradients, whatever the arrays had */
    tile_loss(&t);
    const float *const set[] = {t.dQ, t.db, t.dH[0], t.dH[1], t.dH[2]};
    double apart = 0;
    for (int i = 0; i < count; i++)
        for (size_t j = 0; j < v[i].n; j++)
            apart = worse(fabs((double)set[i][j] - kept[i][j]), apart);
    ok(apart < 1e-5, "a tile of %zu labels, %zu words: gradients are set or added: apart by %.1e", n, T,
       apart);
    char title[100];
    snprintf(title, sizeof title, "a tile of %zu labels, %zu words, %d attentions, gamma %g, marks %g", n, T,
             sizes.attentions, (double)gamma, (double)mark_weight);
    check(title, tile_loss, &t, v, count);
    for (int i = 0; i < count; i++)
        mem_free(kept[i]);
    for (int a = 0; a < sizes.attentions; a++) {
        mem_free(t.H[a]);
        mem_free(t.dH[a]);
    }
    attend_train_free(&t.work);
    mem_free(t.Q);
    mem_free(t.b);
    mem_free(t.dQ);
    mem_free(t.db);
}

/* ---- the whole step ---- */

enum { WORDS = 12, LABELS = 134, BATCH = 5 };

typedef struct step_test {
    step *s;
    example docs[BATCH];
    const example *batch[BATCH];
    step_options o;
} step_test;

static double step_loss(void *context)
{
    step_test *t = context;
    double loss;
    return step_run(t->s, t->batch, BATCH, &t->o, &loss) == 0 ? loss : NAN;
}

static void test_step(const char *title, const config *c, step_division division, step_options o)
{
    static const size_t lengths[BATCH] = {4, 9, 0, 1, 5};
    int32_t ids[BATCH][9], gold[BATCH][3];
    attend_mark marks[BATCH][2];
    params p, dp;
    make_params(&p, &dp, c, WORDS, LABELS);
    pool *threads = pool_new(2);
    o.seed = 5;
    o.number = 17;
    step_test t = {.s = step_new(&p, threads, division), .o = o};
    if (!ok(t.s != NULL, "%s: room", title))
        return;
    for (int b = 0; b < BATCH; b++) {
        for (size_t i = 0; i < lengths[b]; i++)
            ids[b][i] = 1 + (int32_t)rng_below(&random_numbers, WORDS - 1);
        for (int32_t j = 0; j < 3; j++)
            gold[b][j] = j * (LABELS / 3) + (int32_t)rng_below(&random_numbers, LABELS / 3);
        t.docs[b] = (example){.ids = ids[b], .T = lengths[b], .gold = gold[b], .n_gold = (size_t)b % 4};
        if (b == 1 || b == 3) { /* of 9 words with one gold label, and of one word with three */
            marks[b][0] = (attend_mark){gold[b][0], b == 1 ? 2 : 0, b == 1 ? 4 : 1};
            marks[b][1] = (attend_mark){gold[b][b - 1], b == 1 ? 7 : 0, b == 1 ? 9 : 1};
            t.docs[b].marks = marks[b];
            t.docs[b].n_marks = 2;
        }
        t.batch[b] = &t.docs[b];
    }
    step_loss(&t);
    memcpy(dp.data, step_grad(t.s)->data, dp.size * sizeof(float));
    variable v[4 + CONFIG_BLOCKS * 14];
    const int count = add_tensors(v, 0, &p, &dp, "");
    v[0].x += c->embedding_size; /* row 0 of the embedding does not change */
    v[0].dx += c->embedding_size;
    v[0].n -= (size_t)c->embedding_size;
    check(title, step_loss, &t, v, count);
    step_free(t.s);
    pool_free(threads);
    params_free(&p);
    params_free(&dp);
}

/* ---- the gradient of a logit with respect to the word vectors ---- */

/* The words of the document are the rows of the embedding, so their gradient is that of the embedding. */
typedef struct logit_test {
    params p;
    net_work net;
    int32_t ids[8], peaks[2 * 3];
    float logits[3], peak_weights[3];
    size_t T, label;
} logit_test;

static double logit_loss(void *context)
{
    logit_test *t = context;
    net_forward(t->logits, t->peaks, t->peak_weights, &t->p, t->ids, t->T, &t->net);
    return t->logits[t->label];
}

static void test_logit(const char *title, const config *c, size_t T, size_t label)
{
    logit_test t = {.ids = {0, 1, 2, 3, 4, 5, 6, 7}, .T = T, .label = label};
    params dp;
    winograd_weights U, transposed;
    gradient_work w = {0};
    const float *dX;
    make_params(&t.p, &dp, c, 8, 3);
    fill(t.p.embed, 8 * (size_t)c->embedding_size, &random_numbers);
    if (!ok(winograd_weights_init(&U, &t.p.sizes) == 0 && winograd_weights_init(&transposed, &t.p.sizes) == 0,
            "%s: room", title))
        return;
    winograd_weights_attach(&U, &t.p);
    for (int i = 0; i < c->blocks; i++)
        winograd_weights_make(&t.p, i, &transposed);
    ok(gradient_read(&w, &t.p, t.ids, T) == 0 &&
           gradient_of_label(&dX, &w, &t.p, &transposed, (label + 1) % 3) == 0 && /* leaves nothing behind */
           gradient_of_label(&dX, &w, &t.p, &transposed, label) == 0,
       "%s: computed", title);
    const variable v[] = {{"word vectors", t.p.embed, dX, T * (size_t)c->embedding_size}};
    check(title, logit_loss, &t, v, 1);

    gradient_work_free(&w);
    net_work_free(&t.net);
    winograd_weights_free(&U);
    winograd_weights_free(&transposed);
    params_free(&t.p);
    params_free(&dp);
}

int main(void)
{
    static const block_case blocks[] = {
        {"block", 7, 12, 3, 4, true, true, 9},
        {"block with an even kernel", 7, 12, 4, 4, true, true, 9},
        {"block with a kernel of one word", 5, 8, 1, 20, true, true, 6},
        {"block with a kernel of two words", 5, 8, 2, 4, true, true, 6},
        {"block without squeeze-and-excitation", 7, 10, 3, 4, false, true, 8},
        {"block without residual", 7, 10, 3, 4, true, false, 8},
        {"block with neither", 6, 10, 4, 4, false, false, 8},
        {"block wider than its document", 4, 6, 9, 2, true, true, 3},
        {"block wider than its document, even", 4, 6, 8, 2, false, true, 3},
        {"block over one word", 4, 6, 5, 2, true, true, 1},
        {"block over one word, kernel of one", 4, 6, 1, 2, false, false, 1},
        {"block over no word", 4, 6, 3, 2, true, true, 0},
        {"block wider than a vector", 20, 37, 5, 9, true, true, 40},
    };
    config multi = {.embedding_size = 6,
                    .blocks = 3,
                    .channels = {8, 6, 10},
                    .kernels = {3, 4, 1},
                    .reduction = 4,
                    .label_size = 7,
                    .squeeze_excitation = true,
                    .residual = true};
    config sum = multi, first = multi, last = multi, bare = multi;
    sum.attention = ATTENTION_SUM;
    first.attended = ATTENDED_FIRST;
    last.attended = ATTENDED_LAST;
    bare.squeeze_excitation = bare.residual = false;
    bare.label_size = 0;
    rng_seed(&random_numbers, 7, 8, 9);
    ok(config_check(&multi) == 0 && config_check(&sum) == 0 && config_check(&first) == 0 &&
           config_check(&last) == 0 && config_check(&bare) == 0,
       "configurations %s", err_message());

    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        test_block(&blocks[i]);
    test_encoder("three blocks", &multi, 7);
    test_encoder("three blocks, pooled", &sum, 7);
    test_encoder("three blocks, pooled, one word", &sum, 1);
    test_encoder("three blocks, the first attended", &first, 7);
    test_encoder("three blocks, the last attended", &last, 7);
    test_logit("logit, multi-layer", &multi, 8, 1);
    test_logit("logit, sum-pooling", &sum, 7, 2);
    test_logit("logit, the first block", &first, 5, 0);
    test_logit("logit, neither excitation nor residual", &bare, 8, 1);
    test_logit("logit, no words", &multi, 0, 1);
    test_projection("projection, multi-layer", &multi);
    test_projection("projection, sum-pooling", &sum);
    for (int gamma = 0; gamma < 3; gamma++) {
        test_tile(&multi, 6, 10, (float)gamma, 0);
        test_tile(&sum, 11, 17, (float)gamma, 0);
    }
    test_tile(&multi, 1, 10, 1, 0);
    test_tile(&multi, 0, 10, 1, 0);
    test_tile(&last, 33, ATTEND_TRAIN_TILE, 2, 0);
    test_tile(&multi, 6, 10, 1, 0.3f);
    test_tile(&sum, 11, 17, 0, 2);
    test_step("step, multi-layer", &multi, STEP_DOCUMENTS, (step_options){.gamma = 0, .dropout = 0.3f});
    test_step("step, multi-layer, by labels", &multi, STEP_LABELS,
              (step_options){.gamma = 1, .dropout = 0.3f});
    test_step("step, sum-pooling", &sum, STEP_DOCUMENTS, (step_options){.gamma = 1, .dropout = 0});
    test_step("step, sum-pooling, by labels", &sum, STEP_LABELS, (step_options){.gamma = 0, .dropout = 0.2f});
    test_step("step, the first block", &first, STEP_DOCUMENTS, (step_options){.gamma = 2, .dropout = 0.3f});
    test_step("step, the last block", &last, STEP_DOCUMENTS, (step_options){.gamma = 1, .dropout = 0.3f});
    test_step("step, neither excitation nor residual", &bare, STEP_DOCUMENTS,
              (step_options){.gamma = 0, .dropout = 0.5f});
    /* Little is dropped of blocks of six numbers: with much, nothing but biases would be left. */
    const step_options all = {.dropout = 0.2f, .word_dropout = 0.2f, .hidden_dropout = 0.2f};
    const step_options spans = {.gamma = 1, .dropout = 0.2f, .mark_weight = 0.5f};
    test_step("step, marked words, multi-layer", &multi, STEP_DOCUMENTS, spans);
    test_step("step, marked words, by labels", &multi, STEP_LABELS, spans);
    test_step("step, marked words, sum-pooling", &sum, STEP_DOCUMENTS, spans);
    test_step("step, all that drops, multi-layer", &multi, STEP_DOCUMENTS, all);
    test_step("step, all that drops, by labels", &multi, STEP_LABELS, all);
    test_step("step, all that drops, sum-pooling", &sum, STEP_DOCUMENTS, all);
    test_step("step, words dropped", &multi, STEP_DOCUMENTS, (step_options){.word_dropout = 0.4f});
    test_step("step, hidden dropout", &bare, STEP_LABELS, (step_options){.hidden_dropout = 0.4f});
    return tap_done();
}
