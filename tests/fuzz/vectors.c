/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing the reader of word vectors: any bytes as a file. What is read and can be written must read back the
 * same, in both formats. With libFuzzer:
 *
 *     clang -g -O1 -fsanitize=fuzzer,address,undefined -Ilib -D_GNU_SOURCE tests/fuzz/vectors.c
 *         lib/base/[a-z]*.c lib/io/utf8check.c lib/io/vectors*.c -lm -pthread
 *
 * Compiled with -DREPLAY it has a main that goes through the files named. */
#include "fuzz.h"

#include "io/vectors.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    vectors v;
    int fd = memfd_create("vectors", MFD_CLOEXEC);
    CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (vectors_read(&v, path) == 0) {
        if (v.size > 3) /* the bytes of fewer numbers can be those of a line of text */
            check_round_trip(&v, path, VECTORS_BINARY);
        check_round_trip(&v, path, VECTORS_TEXT);
        vectors_free(&v);
    }
    close(fd);
    return 0;
}
