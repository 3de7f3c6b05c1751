/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing the reader of the file of ecan-linear: what is accepted gives scores, and can be written and read
 * again. Damage is found by the hash, so most inputs are rejected after all other checks. */
#include "fuzz.h"

#include "base/mem.h"
#include "io/pack.h"
#include "linear/linear.h"

#include <string.h>

static void check_scores(const linear *m)
{
    static const char *const words[] = {"fever", "cough", "fever", "and", "pain"};
    const size_t n = sizeof words / sizeof *words, L = (size_t)labels_count(linear_labels(m));
    record r = {0};
    pack bytes = {0};
    pack_map(&bytes, 2);
    pack_key(&bytes, "id");
    pack_str(&bytes, "1");
    pack_key(&bytes, "tokens");
    pack_array(&bytes, n);
    for (size_t i = 0; i < n; i++)
        pack_str(&bytes, words[i]);
    CHECK(!pack_failed(&bytes) && record_parse(&r, bytes.body.data, bytes.body.len) == 0);
    float *scores = mem_array(L, sizeof *scores);
    linear_work *w = linear_work_new(m);
    CHECK(scores && w && linear_score(scores, m, w, &r) == 0);
    linear_work_free(w);
    mem_free(scores);
    record_free(&r);
    pack_free(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_begin();
    fuzz_file in = fuzz_file_new(data, n);
    linear *m = linear_open(in.path);
    if (m) {
        check_scores(m);
        fuzz_file copy = fuzz_file_new("", 0);
        FILE *again = fopen(copy.path, "w");
        CHECK(again && linear_write(m, again) == 0 && fclose(again) == 0);
        linear *second = linear_open(copy.path);
        CHECK(second && strcmp(linear_fingerprint(second), linear_fingerprint(m)) == 0);
        linear_free(second);
        linear_free(m);
        fuzz_file_close(&copy);
    } else {
        CHECK_MESSAGE();
    }
    fuzz_file_close(&in);
    return 0;
}
