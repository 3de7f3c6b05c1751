/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing labels.tsv: every code is found at its index, and what is written is the same when read again. */
#include "fuzz.h"

#include "text/labels.h"

#include <string.h>

static void check_labels(const labels *l)
{
    fuzz_file copy = fuzz_file_new("", 0);
    CHECK(labels_write(l, copy.path) == 0);
    labels *again = labels_read(copy.path);
    CHECK(again && labels_count(again) == labels_count(l));
    for (int32_t i = 0; i < labels_count(l); i++) {
        const char *code = labels_code(l, i);
        CHECK(strcmp(code, labels_code(again, i)) == 0 && labels_index(l, code, strlen(code)) == i);
        CHECK(strcmp(labels_description(l, i), labels_description(again, i)) == 0);
    }
    labels_free(again);
    fuzz_file_close(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_begin();
    fuzz_file in = fuzz_file_new(data, n);
    labels *l = labels_read(in.path);
    if (l)
        check_labels(l);
    else
        CHECK_MESSAGE();
    labels_free(l);
    fuzz_file_close(&in);
    return 0;
}
