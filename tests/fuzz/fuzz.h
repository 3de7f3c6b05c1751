/* SPDX-License-Identifier: Apache-2.0 */
/* What every fuzz target has: CHECK, and, compiled with -DREPLAY, a main that goes through the files named.
 */
#ifndef ECAN_TESTS_FUZZ_H
#define ECAN_TESTS_FUZZ_H

#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                  \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#ifdef REPLAY
int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        FILE *f = fopen(argv[i], "rb");
        if (!f) {
            perror(argv[i]);
            return 1;
        }
        buf b = {0};
        size_t got;
        while (buf_reserve(&b, 4096) == 0 && (got = fread(b.data + b.len, 1, b.cap - b.len, f)) > 0)
            b.len += got;
        fclose(f);
        LLVMFuzzerTestOneInput(b.data, b.len);
        buf_free(&b);
    }
    return 0;
}
#endif

#endif
