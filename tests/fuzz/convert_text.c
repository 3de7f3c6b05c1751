/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing ecan-convert text and brat. Parts: a.txt, a.ann, b/c.txt, b/c.ann. The first byte of a.ann chooses
 * where codes are. */
#include "fuzz.h"

#include "common/convert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const names[] = {"a.txt", "a.ann", "b/c.txt", "b/c.ann"};
    fuzz_part part[4];
    convert v;
    fuzz_begin();
    fuzz_parts(data, n, part, 4);
    convert_options how = fuzz_convert_options(n);
    how.brat = part[1].n == 0           ? BRAT_NORMALIZATIONS
               : part[1].data[0] == '#' ? BRAT_NOTES
               : part[1].data[0] == 'T' ? BRAT_TYPES
                                        : BRAT_NORMALIZATIONS;
    how.spans = true;
    how.folders = part[1].n % 2;
    const char *folder = fuzz_folder();
    for (int i = 0; i < 4; i++)
        if (part[i].n > 0)
            fuzz_folder_add(names[i], part[i]);
    for (int brat = 0; brat < 2; brat++) {
        CHECK(convert_open(&v, &how) == 0);
        if (brat ? convert_brat(&v, folder) : convert_text(&v, folder))
            CHECK_MESSAGE();
        else
            fuzz_convert_check(&v);
        convert_close(&v);
    }
    return 0;
}
