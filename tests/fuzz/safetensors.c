/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing the reader of safetensors: tensors that are accepted are within the file, and the same after they
 * are written and read again. */
#include "fuzz.h"

#include "io/safetensors.h"

#include <stdlib.h>
#include <string.h>

static void check_bounds(const safetensors *s)
{
    const char *begin = s->map, *end = begin + s->map_size;
    for (int i = 0; i < s->n; i++) {
        const safetensor *t = &s->tensors[i];
        size_t count = 1;
        CHECK(t->ndim >= 0 && t->ndim <= SAFETENSORS_DIMS);
        for (int d = 0; d < t->ndim; d++)
            count *= t->shape[d];
        CHECK(count == t->count && (const char *)t->data >= begin && (const char *)t->data <= end);
        const size_t each = safetensor_number_size(t->type);
        CHECK(t->count <= (size_t)(end - (const char *)t->data) / each);
        CHECK(safetensors_find_type(s, t->name, t->type) == t && (uintptr_t)t->data % each == 0);
    }
}

static int larger_first(const void *a, const void *b)
{
    const size_t x = safetensor_number_size(((const safetensor *)a)->type),
                 y = safetensor_number_size(((const safetensor *)b)->type);
    return x > y ? -1 : x < y;
}

/* The tensors are sorted as safetensors_write() requires. */
static void check_round_trip(const safetensors *s)
{
    safetensors again;
    fuzz_file copy = fuzz_file_new("", 0);
    if (s->n)
        qsort(s->tensors, (size_t)s->n, sizeof *s->tensors, larger_first);
    CHECK(safetensors_write(copy.path, s->tensors, s->n) == 0);
    CHECK(safetensors_open(&again, copy.path) == 0 && again.n == s->n);
    for (int i = 0; i < s->n; i++) {
        const safetensor *a = &s->tensors[i], *b = safetensors_find_type(&again, a->name, a->type);
        CHECK(b && a->ndim == b->ndim && memcmp(a->shape, b->shape, (size_t)a->ndim * sizeof *a->shape) == 0);
        CHECK(memcmp(a->data, b->data, a->count * safetensor_number_size(a->type)) == 0);
    }
    safetensors_close(&again);
    fuzz_file_close(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    safetensors s;
    fuzz_begin();
    fuzz_file in = fuzz_file_new(data, n);
    if (safetensors_open(&s, in.path) == 0) {
        check_bounds(&s);
        check_round_trip(&s);
        safetensors_close(&s);
    } else {
        CHECK_MESSAGE();
    }
    fuzz_file_close(&in);
    return 0;
}
