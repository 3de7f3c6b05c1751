/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing files of combinations (ecan-average --fit): what is accepted is within its ranges, and the same
 * when written and read again. */
#include "fuzz.h"

#include "eval/score_combination.h"

#include <string.h>

static void check_combination(const score_combination *c)
{
    score_combination again;
    fuzz_file copy = fuzz_file_new("", 0);
    CHECK(c->n >= 1 && c->n <= SCORE_COMBINATION_SYSTEMS && c->threshold >= 0 && c->threshold <= 1);
    FILE *f = fopen(copy.path, "w");
    CHECK(f && score_combination_write(f, c) == 0 && fclose(f) == 0);
    CHECK(score_combination_read(&again, copy.path) == 0 && again.n == c->n);
    for (int i = 0; i < c->n; i++)
        CHECK((float)again.weights[i] == (float)c->weights[i] && strcmp(again.model[i], c->model[i]) == 0);
    CHECK((float)again.bias == (float)c->bias && (float)again.threshold == (float)c->threshold);
    fuzz_file_close(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    score_combination c;
    fuzz_begin();
    fuzz_file in = fuzz_file_new(data, n);
    if (score_combination_read(&c, in.path) == 0)
        check_combination(&c);
    else
        CHECK_MESSAGE();
    fuzz_file_close(&in);
    return 0;
}
