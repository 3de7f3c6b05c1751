/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing ecan-convert fhir. Parts: two files, which refer to each other. */
#include "fuzz.h"

#include "common/convert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const systems[] = {NULL, "icd-10"};
    fuzz_part part[2];
    convert v;
    fuzz_begin();
    fuzz_parts(data, n, part, 2);
    convert_options how = fuzz_convert_options(n);
    how.system = systems[n / 2 % 2];
    how.spans = true;
    fuzz_file one = fuzz_file_new(part[0].data, part[0].n), two = fuzz_file_new(part[1].data, part[1].n);
    const char *paths[] = {one.path, two.path};
    CHECK(convert_open(&v, &how) == 0);
    if (convert_fhir(&v, paths, part[1].n > 0 ? 2 : 1))
        CHECK_MESSAGE();
    else
        fuzz_convert_check(&v);
    convert_close(&v);
    fuzz_file_close(&one);
    fuzz_file_close(&two);
    return 0;
}
