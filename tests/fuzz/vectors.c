/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing the reader of word vectors: any bytes as a file. What is read and can be written is the same when
 * it is read again, in both formats. */
#include "fuzz.h"

#include "io/vectors.h"

#include <stdbool.h>
#include <string.h>

static void check_round_trip(const vectors *v, const char *path, vectors_format format)
{
    vectors back;
    FILE *f = fopen(path, "w");
    CHECK(f != NULL);
    int written = vectors_write(v, f, path, format);
    CHECK(fclose(f) == 0);
    if (written < 0)
        return; /* a word with a space: only text without a header has them */
    CHECK(vectors_read(&back, path) == 0);
    CHECK(back.n == v->n && back.size == v->size && back.duplicates == 0);
    CHECK(memcmp(back.data, v->data, sizeof(float) * (size_t)v->n * (size_t)v->size) == 0);
    for (int32_t i = 0; i < v->n; i++) {
        size_t n, m;
        const char *a = map_key(v->words, i, &n), *b = map_key(back.words, i, &m);
        CHECK(n == m && memcmp(a, b, n) == 0);
    }
    vectors_free(&back);
}

/* Whether the numbers of the first row cannot be those of a line of text: a byte is a control character. The
 * reader tells the formats apart by that. */
static bool is_binary(const vectors *v)
{
    const unsigned char *p = (const unsigned char *)v->data;
    for (size_t i = 0; i < sizeof(float) * (size_t)v->size; i++)
        if (p[i] < ' ' && !strchr("\t\n\v\f\r", p[i]))
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vectors v;
    fuzz_begin();
    fuzz_file in = fuzz_file_new(data, size), out = fuzz_file_new("", 0);
    if (vectors_read(&v, in.path) == 0) {
        if (is_binary(&v))
            check_round_trip(&v, out.path, VECTORS_BINARY);
        check_round_trip(&v, out.path, VECTORS_TEXT);
        vectors_free(&v);
    } else {
        CHECK_MESSAGE();
    }
    fuzz_file_close(&in);
    fuzz_file_close(&out);
    return 0;
}
