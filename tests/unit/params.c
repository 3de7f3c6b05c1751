/* SPDX-License-Identifier: Apache-2.0 */
/* lib/model/params: the table against the names and shapes of the model folder, the way to the file and back
 * (copied and mapped), what is refused, and how a network starts. */
#include "model/params.h"

#include "base/err.h"

#include "numbers.h"
#include "tap.h"

#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/ecan-params-XXXXXX", second_path[] = "/tmp/ecan-params-XXXXXX";

static rng random_numbers;

/* E 5, two blocks of 6 and 4 channels, 3 and 2 words wide; squeezes 3 and 2 wide; 9 words, 7 labels of
 * size 8. */
enum { WORDS = 9, LABELS = 7 };

static config small(void)
{
    return (config){.embedding_size = 5,
                    .blocks = 2,
                    .channels = {6, 4},
                    .kernels = {3, 2},
                    .reduction = 2,
                    .label_size = 8,
                    .squeeze_excitation = true,
                    .residual = true,
                    .threshold = 0.5f};
}

static params random_params(const config *c)
{
    params p;
    if (params_init(&p, c, WORDS, LABELS)) {
        printf("Bail out! %s\n", err_message());
        exit(1);
    }
    for (int i = 0; i < p.n; i++)
        fill(p.data + p.table[i].offset, p.table[i].count, &random_numbers);
    return p;
}

/* ---- the table ---- */

/* The table as text: "name [a][b], name [c]". */
static void describe(char *text, size_t size, const params *p)
{
    size_t n = 0;
    for (int i = 0; i < p->n; i++) {
        n += (size_t)snprintf(text + n, size - n, "%s%s ", i ? ", " : "", p->table[i].name);
        for (int d = 0; d < p->table[i].ndim; d++)
            n += (size_t)snprintf(text + n, size - n, "[%zu]", p->table[i].shape[d]);
    }
}

#define EMBED  "embed.weight [9][5], "
#define CONV_0 "blocks.0.conv.weight [6][5][3], blocks.0.conv.bias [6], "
#define FC_0                                                                                                 \
    "blocks.0.fc1.weight [3][6], blocks.0.fc1.bias [3], blocks.0.fc2.weight [6][3], blocks.0.fc2.bias [6], "
#define NORM_0 "blocks.0.norm.weight [6], blocks.0.norm.bias [6], "
#define RES_0  "blocks.0.res.weight [6][5][1], blocks.0.res.bias [6], "
#define CONV_1 "blocks.1.conv.weight [4][6][2], blocks.1.conv.bias [4], "
#define FC_1                                                                                                 \
    "blocks.1.fc1.weight [2][4], blocks.1.fc1.bias [2], blocks.1.fc2.weight [4][2], blocks.1.fc2.bias [4], "
#define NORM_1  "blocks.1.norm.weight [4], blocks.1.norm.bias [4], "
#define RES_1   "blocks.1.res.weight [4][6][1], blocks.1.res.bias [4], "
#define ENCODER EMBED CONV_0 FC_0 NORM_0 RES_0 CONV_1 FC_1 NORM_1 RES_1

static void test_table(const char *title, const config *c, const char *want)
{
    params p = random_params(c);
    char text[2048];
    describe(text, sizeof text, &p);
    if (!ok(strcmp(text, want) == 0, "%s: names and shapes", title))
        printf("# %s\n# %s\n", text, want);

    size_t count = 0, end = 0;
    int apart = 1, shared = 1;
    for (int i = 0; i < p.n; i++) {
        const param *t = &p.table[i];
        const bool own = strcmp(t->name, "embed.weight") == 0 || strlen(t->name) == 1;
        count += t->count;
        apart &= t->offset >= end && t->offset % 16 == 0;
        end = t->offset + t->count;
        shared &= own != (t->offset >= p.shared_begin && end <= p.shared_end);
    }
    ok(apart && end <= p.size, "%s: the tensors do not overlap, each at a multiple of 16 floats", title);
    ok(shared, "%s: all but embed, U, W and b are shared", title);
    ok(params_count(&p) == count, "%s: %zu parameters", title, count);
    params_free(&p);
}

static void test_tables(void)
{
    config c = small();
    test_table("multi", &c,
               ENCODER "proj.0.weight [6][8], proj.0.bias [6], proj.1.weight [4][8], proj.1.bias [4], "
                       "U [7][8], W [7][10], b [7]");
    c.attended = ATTENDED_FIRST;
    test_table("first", &c, ENCODER "proj.0.weight [6][8], proj.0.bias [6], U [7][8], W [7][6], b [7]");
    c.attended = ATTENDED_LAST;
    test_table("last", &c, ENCODER "proj.0.weight [4][8], proj.0.bias [4], U [7][8], W [7][4], b [7]");
    c.attended = ATTENDED_ALL;
    c.attention = ATTENTION_SUM;
    test_table("sum", &c,
               ENCODER "same.0.weight [4][6][1], same.0.bias [4], proj.0.weight [4][8], proj.0.bias [4], "
                       "U [7][8], W [7][4], b [7]");
    c.squeeze_excitation = false;
    c.residual = false;
    c.label_size = 0;
    config_check(&c);
    test_table("neither", &c,
               EMBED CONV_0 NORM_0 CONV_1 NORM_1
               "same.0.weight [4][6][1], same.0.bias [4], "
               "proj.0.weight [4][4], proj.0.bias [4], U [7][4], W [7][4], b [7]");

    params p;
    ok(params_init(&p, &c, 1, LABELS) == -1, "refused: %s", err_message());
    ok(params_init(&p, &c, WORDS, 0) == -1, "refused: %s", err_message());
}

/* ---- file ---- */

/* Every tensor by its pointer: the mapped ones have no place in data. */
static const float *tensor(const params *p, int i)
{
    return *(float *const *)(const void *)((const char *)p + p->table[i].slot);
}

static int same_numbers(const params *a, const params *b)
{
    int same = a->n == b->n;
    for (int i = 0; same && i < a->n; i++)
        same = memcmp(tensor(a, i), tensor(b, i), a->table[i].count * sizeof(float)) == 0;
    return same;
}

static int same_files(const char *one, const char *other)
{
    FILE *f = fopen(one, "rb"), *g = fopen(other, "rb");
    int a, b;
    do {
        a = fgetc(f);
        b = fgetc(g);
    } while (a == b && a != EOF);
    fclose(f);
    fclose(g);
    return a == b;
}

static void test_file(const char *title, const config *c)
{
    params p = random_params(c), loaded, mapped;
    safetensors file;
    ok(params_save(&p, path) == 0 && params_save(&p, second_path) == 0 && same_files(path, second_path),
       "%s: saved twice, bit-identical", title);
    if (!ok(safetensors_open(&file, path) == 0 && file.n == p.n, "%s: %d tensors in the file", title, p.n))
        return;

    const safetensor *w = safetensors_find(&file, "blocks.0.conv.weight");
    const size_t D = w->shape[0], D_in = w->shape[1], K = w->shape[2];
    int wrong = 0;
    for (size_t o = 0; o < D; o++)
        for (size_t i = 0; i < D_in; i++)
            for (size_t k = 0; k < K; k++)
                wrong += ((const float *)w->data)[(o * D_in + i) * K + k] !=
                         p.block[0].conv[(k * D_in + i) * D + o];
    ok(wrong == 0, "%s: a convolution is [D_out][D_in][K] in the file, [K][D_in][D_out] here", title);

    ok(params_init(&loaded, c, WORDS, LABELS) == 0 && params_load(&loaded, &file) == 0 &&
           same_numbers(&loaded, &p),
       "%s: loaded, the same numbers", title);
    ok(params_map(&mapped, c, WORDS, LABELS, &file) == 0 && same_numbers(&mapped, &p),
       "%s: mapped, the same numbers", title);
    ok(mapped.data == NULL && mapped.U == safetensors_find(&file, "U")->data &&
           mapped.embed < (float *)file.map + file.map_size,
       "%s: mapped tensors are where the file is", title);
    ok(params_count(&mapped) == params_count(&p) && params_not_finite(&mapped) == NULL, "%s: mapped, counted",
       title);
    ok(params_save(&mapped, second_path) == 0 && same_files(path, second_path),
       "%s: saved from the mapping, the same bytes", title);
    params_free(&mapped);
    params_free(&loaded);
    safetensors_close(&file);
    params_free(&p);
}

/* ---- refusals ---- */

/* A model file as tensors that can be bent before they are written. */
typedef struct bent {
    safetensors file;
    safetensor *tensors; /* room for one more */
    int n;
} bent;

static bent bend(const params *p)
{
    bent b;
    if (params_save(p, path) || safetensors_open(&b.file, path)) {
        printf("Bail out! %s\n", err_message());
        exit(1);
    }
    b.n = b.file.n;
    b.tensors = mem_array((size_t)b.n + 1, sizeof *b.tensors);
    memcpy(b.tensors, b.file.tensors, (size_t)b.n * sizeof *b.tensors);
    return b;
}

static safetensor *named(bent *b, const char *name)
{
    int i = 0;
    while (strcmp(b->tensors[i].name, name) != 0)
        i++;
    return &b->tensors[i];
}

/* Writes the bent file; mapping and loading it have to fail with the tensor's name. Frees b. */
static void refused(bent *b, const config *c, const char *name, const char *title)
{
    safetensors file;
    params p;
    if (safetensors_write(second_path, b->tensors, b->n) || safetensors_open(&file, second_path)) {
        printf("Bail out! %s\n", err_message());
        exit(1);
    }
    const int mapped = params_map(&p, c, WORDS, LABELS, &file);
    ok(mapped == -1 && strstr(err_message(), name), "%s: not mapped: %s", title, mapped ? err_message() : "");
    if (mapped == 0)
        params_free(&p);
    params_init(&p, c, WORDS, LABELS);
    const int loaded = params_load(&p, &file);
    ok(loaded == -1 && strstr(err_message(), name), "%s: not loaded: %s", title, loaded ? err_message() : "");
    params_free(&p);
    safetensors_close(&file);
    mem_free(b->tensors);
    safetensors_close(&b->file);
}

static void test_refused(void)
{
    const config c = small();
    params p = random_params(&c);
    char title[100];
    for (int i = 0; i < p.n; i++) {
        bent b = bend(&p);
        safetensor *t = named(&b, p.table[i].name);
        *t = b.tensors[--b.n];
        snprintf(title, sizeof title, "tensor %s is missing", p.table[i].name);
        refused(&b, &c, title, title);
    }

    bent b = bend(&p);
    safetensor *t = named(&b, "proj.0.weight"); /* [6][8] */
    t->shape[0] = 8;
    t->shape[1] = 6;
    refused(&b, &c, "proj.0.weight", "a transposed tensor");

    b = bend(&p);
    t = named(&b, "blocks.1.res.weight"); /* [4][6][1] */
    t->ndim = 2;
    refused(&b, &c, "blocks.1.res.weight", "a dimension less");

    b = bend(&p);
    t = named(&b, "b"); /* [7] */
    t->ndim = 2;
    t->shape[1] = 1;
    refused(&b, &c, "b has shape", "a dimension more");

    b = bend(&p);
    t = named(&b, "embed.weight"); /* [9][5] */
    t->shape[0] = 8;
    t->count -= 5;
    refused(&b, &c, "embed.weight", "a row less");

    static const float extra[2] = {1, 2};
    b = bend(&p);
    b.tensors[b.n++] =
        (safetensor){.name = "blocks.2.conv.bias", .ndim = 1, .shape = {2}, .count = 2, .data = extra};
    refused(&b, &c, "blocks.2.conv.bias", "a tensor too many");

    static const char *const small_ones[] = {"blocks.0.conv.weight",
                                             "blocks.1.conv.bias",
                                             "blocks.1.norm.weight",
                                             "blocks.0.res.weight",
                                             "blocks.0.fc2.bias",
                                             "proj.1.bias",
                                             "b"};
    for (size_t i = 0; i < sizeof small_ones / sizeof *small_ones; i++)
        for (int infinite = 0; infinite < 2; infinite++) {
            b = bend(&p);
            t = named(&b, small_ones[i]);
            float *numbers = normals(t->count, &random_numbers);
            numbers[t->count - 1] = infinite ? -INFINITY : NAN;
            t->data = numbers;
            snprintf(title, sizeof title, "%s in %s", infinite ? "infinity" : "NaN", small_ones[i]);
            refused(&b, &c, small_ones[i], title);
            mem_free(numbers);
        }
    params_free(&p);
}

/* ---- start ---- */

/* Random tensors lie within bound, and come near it; -1 where they do not, which 30 numbers and more fail to
 * with a chance below 1e-9. */
static int within(const float *x, size_t n, double bound)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = worse(fabs((double)x[i]), most);
    return most <= bound && (n < 30 || most > bound / 2);
}

static void test_start(void)
{
    config c = small();
    c.attention = ATTENTION_SUM;
    params p = random_params(&c), q = random_params(&c);
    memcpy(q.embed, p.embed, WORDS * 5 * sizeof(float));
    float *embed = floats(WORDS * 5);
    memcpy(embed, p.embed, WORDS * 5 * sizeof(float));
    memset(p.b, 0, LABELS * sizeof(float));
    memset(q.b, 0, LABELS * sizeof(float));
    params_start(&p, 3);
    params_start(&q, 3);
    ok(same_numbers(&p, &q), "the same seed, the same numbers");
    params_start(&q, 4);
    ok(memcmp(p.U, q.U, LABELS * 8 * sizeof(float)) != 0 && p.block[0].conv[0] != q.block[0].conv[0],
       "another seed, others");
    ok(memcmp(p.embed, embed, WORDS * 5 * sizeof(float)) == 0, "the word vectors do not change");

    const block_params *b = p.block;
    int ones = 1;
    for (int i = 0; i < 2; i++)
        for (int d = 0; d < c.channels[i]; d++)
            ones &= b[i].norm[d] == 1 && b[i].norm_bias[d] == 0;
    ok(ones, "LayerNorm starts with 1 and 0");
    ok(within(b[0].conv, 90, 1 / sqrt(15)) && within(b[0].conv_bias, 6, 1 / sqrt(15)) &&
           within(b[1].conv, 48, 1 / sqrt(12)) && within(b[1].conv_bias, 4, 1 / sqrt(12)),
       "convolutions start within 1 / sqrt(D_in K), their biases too");
    ok(within(b[0].fc1, 18, 1 / sqrt(6)) && within(b[0].fc1_bias, 3, 1 / sqrt(6)) &&
           within(b[0].fc2, 18, 1 / sqrt(3)) && within(b[0].fc2_bias, 6, 1 / sqrt(3)),
       "excitation starts within 1 / sqrt(inputs)");
    ok(within(b[0].res, 30, 1 / sqrt(5)) && within(b[0].res_bias, 6, 1 / sqrt(5)) &&
           within(p.same[0], 24, 1 / sqrt(6)) && within(p.same_bias[0], 4, 1 / sqrt(6)),
       "convolutions one word wide start within 1 / sqrt(D_in)");
    ok(within(p.proj[0], 32, 1 / sqrt(8)) && within(p.proj_bias[0], 4, 1 / sqrt(8)),
       "projection: 1 / sqrt(d_l)");
    ok(within(p.U, 56, sqrt(6.0 / (7 + 8))) && within(p.W, 28, sqrt(6.0 / (7 + 4))),
       "U and W: Xavier uniform");
    mem_free(embed);
    params_free(&q);
    params_free(&p);

    /* Of many numbers: both signs alike, and the variance of the uniform distribution. */
    c = small();
    c.embedding_size = 80;
    c.channels[0] = 90;
    if (params_init(&p, &c, WORDS, LABELS))
        return;
    params_start(&p, 2);
    double sum = 0, squares = 0;
    const size_t n = 80 * 90 * 3;
    for (size_t i = 0; i < n; i++) {
        sum += p.block[0].conv[i];
        squares += (double)p.block[0].conv[i] * p.block[0].conv[i];
    }
    const double variance = 1 / (3.0 * 240);
    ok(fabs(sum / (double)n) < 5 * sqrt(variance / (double)n), "mean of %zu weights: %.1e", n,
       sum / (double)n);
    ok(fabs(squares / (double)n / variance - 1) < 0.05, "variance of %zu weights: %.3f of what is wanted", n,
       squares / (double)n / variance);
    params_free(&p);
}

static void test_finite(void)
{
    const config c = small();
    params p = random_params(&c);
    ok(params_not_finite(&p) == NULL, "all numbers are finite");
    int right = 1;
    for (int i = 0; i < p.n; i++) {
        float *x = p.data + p.table[i].offset + p.table[i].count - 1;
        const float kept = *x;
        for (int k = 0; k < 3; k++) {
            *x = k == 0 ? NAN : k == 1 ? INFINITY : -INFINITY;
            const char *name = params_not_finite(&p);
            right &= name && strcmp(name, p.table[i].name) == 0;
        }
        *x = 3.4e38f; /* large, and large together, but numbers */
        right &= params_not_finite(&p) == NULL;
        *x = kept;
    }
    ok(right, "the tensor with a NaN or an infinity is named");
    params_free(&p);
}

int main(void)
{
    config c = small();
    rng_seed(&random_numbers, 3, 4, 5);
    close(mkstemp(path));
    close(mkstemp(second_path));
    test_tables();
    test_file("multi", &c);
    c.attention = ATTENTION_SUM;
    c.residual = false;
    test_file("sum", &c);
    test_refused();
    test_start();
    test_finite();
    unlink(path);
    unlink(second_path);
    return tap_done();
}
