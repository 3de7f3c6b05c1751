/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing ecan-export. Parts: codes (lines, or a scored stream), encounters with the notes. */
#include "fuzz.h"

#include "common/convert.h"
#include "corpus/export.h"

#include <math.h>
#include <string.h>

static void export_all(export *x, export_source *in, int (*write)(export *, export_encounter *),
                       int (*end)(export *), bool *complete)
{
    export_encounter e = {0};
    int result = 0;
    for (int got; !result && (got = export_next(in, &e)) != 0;) {
        if (got > 0)
            result = write(x, &e);
        else if (export_source_failed(in))
            result = -1;
        if (got < 0)
            CHECK_MESSAGE();
    }
    export_encounter_free(&e);
    *complete = !result && end(x) == 0;
    if (!*complete)
        CHECK_MESSAGE();
}

/* What was written can be read again. */
static void check(const char *path, bool fhir, const char *notes)
{
    convert_options how = fuzz_convert_options(0);
    convert v;
    how.spans = true;
    how.skip_bad = false;
    CHECK(convert_open(&v, &how) == 0);
    if (fhir) {
        json_t *bundle = ecan_json_read_file(path);
        CHECK(bundle);
        json_decref(bundle);
        if (convert_fhir(&v, &path, 1))
            CHECK_MESSAGE();
        else
            fuzz_convert_check(&v);
    } else if (convert_csv(&v, notes) == 0 && convert_labels(&v, path)) {
        CHECK_MESSAGE();
    }
    convert_close(&v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_part part[2];
    fuzz_begin();
    fuzz_parts(data, n, part, 2);
    fuzz_file codes = fuzz_file_new(part[0].data, part[0].n), notes = fuzz_file_new(part[1].data, part[1].n);
    const char *paths[] = {codes.path, notes.path};
    for (int format = 0; format < 2; format++) {
        fuzz_file out = fuzz_file_new("", 0);
        FILE *f = fopen(out.path, "w");
        bool complete;
        left_out counts = {0};
        export x;
        const export_options how = {.notes = &paths[1],
                                    .n_notes = part[1].n > 0,
                                    .patient = "patient",
                                    .threshold = n % 2 ? 0.25 : NAN,
                                    .unit = (offset_unit)(n % 3),
                                    .passages = n % 4 > 0,
                                    .with_notes = n % 5 > 0,
                                    .server_ids = n % 7 == 0,
                                    .recorded = "2024-03-01T12:00:00Z"};
        export_source *in = export_source_open(paths, 1, &how, &counts);
        CHECK(f && in);
        export_open(&x, &how, &counts, f);
        export_all(&x, in, format ? export_fhir : export_csv, format ? export_fhir_end : export_csv_end,
                   &complete);
        export_close(&x);
        export_source_close(in);
        CHECK(fclose(f) == 0);
        if (complete && format && how.with_notes)
            check(out.path, true, NULL);
        else if (complete && !format)
            check(out.path, false, notes.path);
        fuzz_file_close(&out);
    }
    fuzz_file_close(&codes);
    fuzz_file_close(&notes);
    return 0;
}
