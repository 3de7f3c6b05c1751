/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing the reader of CSV: rows and messages, and every byte once. */
#include "fuzz.h"

#include "text/csv.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    lines in;
    csv c;
    fuzz_begin();
    fuzz_file file = fuzz_file_new(data, n);
    CHECK(lines_open_encoded(&in, file.path, 1000, NULL) == 0);
    if (lines_next(&in) > 0) {
        size_t bytes = 0;
        csv_open(&c, &in, 1000);
        c.prose = n % 2;
        for (int got; !in.failed && (got = csv_next(&c)) != 0;) {
            CHECK(got > 0 || in.failed || strstr(err_message(), "line "));
            for (size_t i = 0; got > 0 && i < c.n; i++) {
                CHECK(c.field[i][c.size[i]] == '\0');
                bytes += c.size[i];
            }
        }
        CHECK(in.failed || in.gzip || bytes <= 2 * n); /* UTF-16 can become larger */
        csv_close(&c);
    }
    lines_close(&in);
    fuzz_file_close(&file);
    return 0;
}
