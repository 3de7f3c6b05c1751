/* SPDX-License-Identifier: Apache-2.0 */
/* lib/tensor/attention_bf16: the packed words in parts against two products and a softmax of all words, for
 * numbers of words, labels and columns around the sizes of the parts. */
#include "tensor/attention_bf16.h"
#include "tensor/gemm_bf16.h"

#include "numbers.h"
#include "tap.h"

#include <string.h>

enum { MOST = 600 };

/* Z, at and V of one implementation. V has rows of ld numbers. */
typedef struct result {
    float *V, *Z;
    int32_t at[ATTENTION_BF16_LABELS];
    size_t ld;
} result;

static result result_new(size_t n, size_t D)
{
    const size_t size = attention_bf16_V(n, D);
    result x = {.V = floats(size), .Z = floats(n), .ld = D};
    for (size_t i = 0; i < size; i++)
        x.V[i] = NAN;
    return x;
}

static void result_free(result *x)
{
    mem_free(x->V);
    mem_free(x->Z);
}

typedef struct errors {
    double Z, V;
    size_t peaks, repeated;
} errors;

/* One document. The largest word of a label is often the last of a part or the first of the next. */
static void compare(errors *e, size_t T, size_t d, size_t D, size_t n, bool same, rng *r)
{
    d = same ? D : d;
    float *K = normals(T * d, r), *H = same ? K : normals(T * D, r), *Q = normals(n * (d + 3), r),
          *bias = normals(T, r);
    bias[rng_below(r, (uint32_t)T)] += 3;
    bias[(T - 1) / 256 * 256] += 3;
    const size_t packed = attention_bf16_words(T, d, D), scratch = attention_bf16_scratch(T, d, n);
    const attention_words w = {.K = const_rows(K, T, d),
                               .H = const_rows(H, T, D),
                               .bias = rng_below(r, 4) ? bias : NULL,
                               .packed = floats(packed)};
    const const_matrix q = const_rows_ld(Q, n, d, d + 3);
    float *memory = floats(scratch), *scores = floats(T * n);
    result x = result_new(n, D), again = result_new(n, D), plain = result_new(n, D);
    attention_bf16_pack(&w);
    x.ld = attention_bf16(x.V, x.Z, x.at, &w, q, memory);
    memset(memory, 0xff, scratch * sizeof *memory); /* NaN: what was left there has no effect */
    memset(w.packed, 0xff, packed * sizeof *w.packed);
    attention_bf16_pack(&w);
    again.ld = attention_bf16(again.V, again.Z, again.at, &w, q, memory);
    attention_bf16_plain(plain.V, plain.Z, plain.at, &w, q, scores);
    for (size_t j = 0; j < n; j++) {
        e->Z = worse(error_of(x.Z[j], plain.Z[j]), e->Z);
        e->peaks += x.at[j] != plain.at[j];
        e->repeated +=
            memcmp(x.V + j * x.ld, again.V + j * x.ld, D * sizeof *x.V) != 0 || x.Z[j] != again.Z[j];
        for (size_t i = 0; i < D; i++)
            e->V = worse(fabs((double)x.V[j * x.ld + i] / x.Z[j] - (double)plain.V[j * D + i] / plain.Z[j]),
                         e->V);
    }
    result_free(&x);
    result_free(&again);
    result_free(&plain);
    mem_free(K);
    mem_free(same ? NULL : H);
    mem_free(Q);
    mem_free(bias);
    mem_free(w.packed);
    mem_free(memory);
    mem_free(scores);
}

static void test_random(rng *r)
{
    static const size_t words[] = {1, 2, 7, 8, 9, 254, 255, 256, 257, 258, 511, 512, 513, MOST},
                        labels[] = {1, 15, 16, 17, 47, 48, 49, 97, 239, 240};
    errors e = {0};
    int documents = 0;
    for (size_t t = 0; t < sizeof words / sizeof *words; t++)
        for (size_t n = 0; n < sizeof labels / sizeof *labels; n++, documents++)
            compare(&e, words[t], 1 + rng_below(r, 70), 1 + rng_below(r, 230), labels[n], n % 2, r);
    ok(e.Z < 1e-4, "%d documents: sums within %.1e", documents, e.Z);
    ok(e.V < 0.01, "means within %.1e", e.V); /* the weights are rounded to 8 bits in both, but not equally */
    ok(e.peaks == 0, "the largest weights are those of the same words");
    ok(e.repeated == 0, "bit-identical when repeated");
}

/* The weights of thousands of words that are alike are not lost, and are not too large if the maximum grows
 * from part to part. */
static void test_growing(void)
{
    enum { T = 2000 };
    float *K = floats(T), *H = floats(T), *bias = floats(T), Q[1] = {1};
    double sum = 0, mean = 0;
    for (size_t t = 0; t < T; t++) {
        H[t] = t % 2 ? 2 : -1;
        bias[t] = (float)t / 100 - 1000;
        sum += exp((double)t / 100 - (T - 1) / 100.);
        mean += H[t] * exp((double)t / 100 - (T - 1) / 100.);
    }
    const attention_words w = {.K = const_rows(K, T, 1),
                               .H = const_rows(H, T, 1),
                               .bias = bias,
                               .packed = floats(attention_bf16_words(T, 1, 1))};
    float *memory = floats(attention_bf16_scratch(T, 1, 1)), *V = floats(attention_bf16_V(1, 1)), Z;
    int32_t at;
    attention_bf16_pack(&w);
    attention_bf16(V, &Z, &at, &w, const_rows(Q, 1, 1), memory);
    ok(at == T - 1 && fabs(Z / sum - 1) < 1e-3 && fabs(V[0] / sum - mean / sum) < 1e-2,
       "growing scores: sum %g of %g, mean %g of %g", (double)Z, sum, (double)V[0] / sum, mean / sum);
    K[3] = NAN;
    attention_bf16_pack(&w);
    attention_bf16(V, &Z, &at, &w, const_rows(Q, 1, 1), memory);
    ok(isnan(Z) && isnan(V[0]), "NaN is not hidden");
    mem_free(K);
    mem_free(H);
    mem_free(bias);
    mem_free(w.packed);
    mem_free(memory);
    mem_free(V);
}

int main(void)
{
    rng r;
    rng_seed(&r, 7, 8, 9);
    printf("# %s\n", gemm_bf16_has_instructions() ? "packed" : "not packed on this processor");
    test_random(&r);
    test_growing();
    return tap_done();
}
