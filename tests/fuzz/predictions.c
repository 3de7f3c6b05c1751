/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing predictions of other systems and gold codes. Parts: gold codes, predictions. What is accepted has
 * scores within 0 and 1, and gives a scored stream whose records pass the checks. */
#include "fuzz.h"

#include "eval/import.h"
#include "eval/predictions_reader.h"
#include "eval/training.h"
#include "io/check.h"

#include <string.h>

static predictions *read_part(const char *path, const predictions_reader_options *how)
{
    predictions *p = predictions_new();
    CHECK(p);
    predictions_reader *in = predictions_reader_open(p, path, how);
    if (!in)
        CHECK_MESSAGE();
    for (int got; in && (got = predictions_reader_read(in)) != 0;) {
        if (got < 0)
            CHECK_MESSAGE();
        if (got < 0 && predictions_reader_failed(in))
            break;
    }
    predictions_reader_close(in);
    return p;
}

static void check_predictions(predictions *p, bool scores)
{
    for (int32_t e = 0; e < predictions_encounters(p); e++) {
        uint32_t at = 0;
        int32_t code;
        float score;
        const char *id = predictions_id(p, e);
        CHECK(predictions_find(p, id, strlen(id)) == e);
        for (int got; (got = predictions_next(p, e, &at, &code, &score)) != 0;)
            CHECK(got < 0 ||
                  (code >= 0 && code < predictions_codes(p) && (!scores || (score >= 0 && score <= 1))));
    }
}

static void check_import(predictions *gold, predictions *predicted)
{
    import *m = import_new(gold, predicted, NULL, 0.5f);
    fuzz_file copy = fuzz_file_new("", 0);
    stream_out *out = stream_create(copy.path, false);
    pack fields = {0};
    CHECK(m && out);
    if (import_header(m, &fields) < 0) {
        CHECK_MESSAGE();
        stream_abandon(out);
    } else {
        CHECK(stream_begin(out, "scored", "fuzz", NULL, NULL, &fields) == 0);
        for (int32_t e = 0; e < predictions_encounters(gold); e++) {
            bool found;
            CHECK(import_record(m, e, &fields, &found) == 0 && stream_write(out, NULL, NULL, &fields) == 0);
        }
        CHECK(stream_end(out) == 0);
        const char *path = copy.path;
        stream_in *in = stream_open(&path, 1, NULL);
        record r = {0};
        int32_t read = 0;
        check *c = check_new(true);
        CHECK(in && c && check_header(c, stream_header(in)) == 0);
        for (; stream_read(in, &r) > 0; read++)
            CHECK(check_record(c, &r) == 0);
        CHECK(read == predictions_encounters(gold));
        check_free(c);
        record_free(&r);
        stream_close(in);
    }
    pack_free(&fields);
    import_free(m);
    fuzz_file_close(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_part part[2];
    fuzz_begin();
    fuzz_parts(data, n, part, 2);
    fuzz_file one = fuzz_file_new(part[0].data, part[0].n), two = fuzz_file_new(part[1].data, part[1].n);
    predictions *gold = read_part(one.path, &(predictions_reader_options){.gold = true, .max_record = 4096});
    predictions *predicted =
        read_part(two.path, &(predictions_reader_options){.logits = n % 2, .max_record = 4096});
    check_predictions(gold, false);
    check_predictions(predicted, true);
    check_import(gold, predicted);
    training *t = training_read(one.path, 4096);
    if (t)
        CHECK(training_count(t, "I10") <= training_encounters(t));
    else
        CHECK_MESSAGE();
    training_free(t);
    predictions_free(gold);
    predictions_free(predicted);
    fuzz_file_close(&one);
    fuzz_file_close(&two);
    return 0;
}
