/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing the reader of linear.safetensors, for three labels: what is accepted gives logits for a record, and
 * the same logits after it is written and read again. */
#include "fuzz.h"

#include "base/mem.h"
#include "io/pack.h"
#include "terms/linear_branch.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { LABELS = 3 };

/* A record with the words that the corpus has keys for, among others. */
static void make_record(record *r, pack *bytes)
{
    static const char *const words[] = {"fever", "cough", "fever", "and", "pain", "fever", "cough"};
    const size_t n = sizeof words / sizeof *words;
    pack_map(bytes, 2);
    pack_key(bytes, "id");
    pack_str(bytes, "1");
    pack_key(bytes, "tokens");
    pack_array(bytes, n);
    for (size_t i = 0; i < n; i++)
        pack_str(bytes, words[i]);
    CHECK(!pack_failed(bytes) && record_parse(r, bytes->body.data, bytes->body.len) == 0);
}

static int open_branch(linear_branch *b, const char *path)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    const int result = linear_branch_open(b, fd, path, LABELS);
    close(fd);
    return result;
}

static void check_round_trip(const linear_branch *b)
{
    record r = {0};
    pack bytes = {0};
    linear_branch again;
    linear_branch_work w = {0}, v = {0};
    seen_words words = {0}, same = {0};
    float before[LABELS];
    make_record(&r, &bytes);
    CHECK(seen_words_read(&words, &r) == 0 && seen_words_read(&same, &r) == 0);
    const float *y = linear_branch_logits(b, &w, &words);
    CHECK(y);
    memcpy(before, y, sizeof before);
    fuzz_file copy = fuzz_file_new("", 0);
    CHECK(linear_branch_write(b, copy.path) == 0 && open_branch(&again, copy.path) == 0);
    CHECK((y = linear_branch_logits(&again, &v, &same)) && memcmp(before, y, sizeof before) == 0);
    linear_branch_close(&again);
    linear_branch_work_free(&w);
    linear_branch_work_free(&v);
    seen_words_free(&words);
    seen_words_free(&same);
    fuzz_file_close(&copy);
    record_free(&r);
    pack_free(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    linear_branch b;
    fuzz_begin();
    fuzz_file in = fuzz_file_new(data, n);
    if (open_branch(&b, in.path) == 0) {
        check_round_trip(&b);
        linear_branch_close(&b);
    } else {
        CHECK_MESSAGE();
    }
    fuzz_file_close(&in);
    return 0;
}
