/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing ecan-convert csv. Parts: notes, a table of codes. */
#include "fuzz.h"

#include "common/convert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_part part[2];
    convert v;
    fuzz_begin();
    fuzz_parts(data, n, part, 2);
    convert_options how = fuzz_convert_options(n);
    how.other_codes = part[1].n > 0;
    fuzz_file notes = fuzz_file_new(part[0].data, part[0].n), codes = fuzz_file_new(part[1].data, part[1].n);
    CHECK(convert_open(&v, &how) == 0);
    int result = convert_csv(&v, notes.path);
    if (!result && part[1].n > 0)
        result = convert_labels(&v, codes.path);
    if (result)
        CHECK_MESSAGE();
    else
        fuzz_convert_check(&v);
    convert_close(&v);
    fuzz_file_close(&notes);
    fuzz_file_close(&codes);
    return 0;
}
