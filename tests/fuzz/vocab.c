/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing vocab.txt: every word is found at its row, and what is written is the same when read again. */
#include "fuzz.h"

#include "text/vocab.h"

#include <string.h>

static void check_vocab(const vocab *v)
{
    fuzz_file copy = fuzz_file_new("", 0);
    CHECK(vocab_size(v) >= 2 && vocab_write(v, copy.path) == 0);
    vocab *again = vocab_read(copy.path);
    CHECK(again && vocab_size(again) == vocab_size(v));
    for (int32_t i = 0; i < vocab_size(v); i++) {
        size_t n, m;
        const char *a = vocab_word(v, i, &n), *b = vocab_word(again, i, &m);
        CHECK(n == m && n > 0 && memcmp(a, b, n) == 0);
        CHECK(vocab_id(v, a, n) == (i < 2 ? VOCAB_UNK : i));
    }
    vocab_free(again);
    fuzz_file_close(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_begin();
    fuzz_file in = fuzz_file_new(data, n);
    vocab *v = vocab_read(in.path);
    if (v)
        check_vocab(v);
    else
        CHECK_MESSAGE();
    vocab_free(v);
    fuzz_file_close(&in);
    return 0;
}
