/* SPDX-License-Identifier: Apache-2.0 */
/* What every fuzz target uses: CHECK, files in memory, a folder on tmpfs, inputs of several parts.
 *
 * A target defines LLVMFuzzerTestOneInput(). common/replay.c has a main that goes through files, for `make
 * check`. common/mutate.c changes the structure of inputs, for libFuzzer. */
#ifndef ECAN_TESTS_FUZZ_H
#define ECAN_TESTS_FUZZ_H

#include "base/err.h"
#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: %s\nlast message: %s\n", __FILE__, __LINE__, #condition, err_message()); \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

/* After a failure: it has a message. */
#define CHECK_MESSAGE() CHECK(err_message()[0] != '\0')

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Clears the message. Every target calls it first. */
void fuzz_begin(void);

/* A file in memory that can be opened by its path. */
typedef struct fuzz_file {
    int fd;
    char path[32];
} fuzz_file;
fuzz_file fuzz_file_new(const void *data, size_t n);
void fuzz_file_close(fuzz_file *f);

/* Parts of an input, with FUZZ_BETWEEN between them. */
#define FUZZ_BETWEEN "\n%%\n"
typedef struct fuzz_part {
    const uint8_t *data;
    size_t n;
} fuzz_part;
/* Fills parts[max]. Parts that the input does not have are empty. Returns their number. */
size_t fuzz_parts(const uint8_t *data, size_t n, fuzz_part *parts, size_t max);

/* The path of a folder on tmpfs, which is empty after the call. It is deleted at the end of the process. */
const char *fuzz_folder(void);
/* The same, without emptying it. */
const char *fuzz_folder_kept(void);
/* Writes a file into it. The folders in name are made. */
void fuzz_folder_add(const char *name, fuzz_part contents);

#endif
