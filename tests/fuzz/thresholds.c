/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing files of thresholds, for the labels A, B and C: thresholds that are accepted are within 0 and 1. */
#include "fuzz.h"

#include "text/thresholds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static labels *l;
    float t[3] = {0.5f, 0.5f, 0.5f};
    fuzz_begin();
    if (!l) {
        CHECK((l = labels_new()) && labels_add(l, "A", 1, NULL) == 0 && labels_add(l, "B", 1, NULL) == 1 &&
              labels_add(l, "C", 1, NULL) == 2);
    }
    fuzz_file in = fuzz_file_new(data, n);
    if (thresholds_read(in.path, l, t) == 0)
        for (int i = 0; i < 3; i++)
            CHECK(t[i] >= 0 && t[i] <= 1);
    else
        CHECK_MESSAGE();
    fuzz_file_close(&in);
    return 0;
}
