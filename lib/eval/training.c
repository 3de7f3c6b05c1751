/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/training.h"

#include "base/mem.h"
#include "eval/predictions_reader.h"

#include <math.h>
#include <string.h>

struct training {
    predictions *p;
    uint64_t encounters;
    uint64_t *count; /* [codes] */
};

static void count(training *t)
{
    int32_t code;
    float score;
    for (int32_t e = 0; e < predictions_encounters(t->p); e++) {
        uint32_t at = 0;
        t->encounters += predictions_known(t->p, e);
        for (int got; (got = predictions_next(t->p, e, &at, &code, &score)) != 0;)
            t->count[code] += got > 0;
    }
}

training *training_read(const char *path, size_t max_record)
{
    training *t = mem_array(1, sizeof *t);
    if (!t)
        return NULL;
    t->p = predictions_new();
    if (!t->p ||
        predictions_reader_read_all(t->p, path,
                                    &(predictions_reader_options){.gold = true, .max_record = max_record}) ||
        !(t->count = mem_array((size_t)predictions_codes(t->p), sizeof *t->count))) {
        training_free(t);
        return NULL;
    }
    count(t);
    return t;
}

void training_free(training *t)
{
    if (!t)
        return;
    predictions_free(t->p);
    mem_free(t->count);
    mem_free(t);
}

uint64_t training_encounters(const training *t)
{
    return t->encounters;
}

uint64_t training_count(const training *t, const char *code)
{
    const int32_t c = predictions_find_code(t->p, code, strlen(code));
    return c < 0 ? 0 : t->count[c];
}

double training_weight(const training *t, const char *code, double A, double B)
{
    const double N = (double)t->encounters, n = (double)training_count(t, code);
    return N < 3 ? NAN : 1 + (log(N) - 1) * pow(B + 1, A) * pow(n + B, -A);
}
