/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing the reader of safetensors: tensors that are accepted are within the file, and the same after they
 * are written and read again. */
#include "fuzz.h"

#include "io/safetensors.h"

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
        CHECK(t->count <= (size_t)(end - (const char *)t->data) / sizeof(float));
        CHECK(safetensors_find(s, t->name) == t && (uintptr_t)t->data % sizeof(float) == 0);
    }
}

static void check_round_trip(const safetensors *s)
{
    safetensors again;
    fuzz_file copy = fuzz_file_new("", 0);
    CHECK(safetensors_write(copy.path, s->tensors, s->n) == 0);
    CHECK(safetensors_open(&again, copy.path) == 0 && again.n == s->n);
    for (int i = 0; i < s->n; i++) {
        const safetensor *a = &s->tensors[i], *b = safetensors_find(&again, a->name);
        CHECK(b && a->ndim == b->ndim && memcmp(a->shape, b->shape, (size_t)a->ndim * sizeof *a->shape) == 0);
        CHECK(memcmp(a->data, b->data, a->count * sizeof(float)) == 0);
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
