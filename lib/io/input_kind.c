/* SPDX-License-Identifier: Apache-2.0 */
/* Word vectors begin with a character of UTF-8. The head of a stream's map cannot: 0x80 .. 0x8f begins none,
 * nor do 0xde and 0xdf before a byte below 0x80. JSON is left to the reader of streams, which names it. */
#include "io/input_kind.h"

#include "io/utf8check.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool begins_as_vectors(const unsigned char *start, size_t n)
{
    return n > 0 && utf8_length(start, n) > 0 && start[0] != '{' && start[0] != '[';
}

input_kind detect_input_kind(const char *path)
{
    struct stat st;
    unsigned char start[4] = {0};
    if (strcmp(path, "-") == 0 || stat(path, &st) < 0)
        return INPUT_STREAM;
    if (S_ISDIR(st.st_mode))
        return INPUT_FOLDER;
    FILE *f = S_ISREG(st.st_mode) ? fopen(path, "rbe") : NULL;
    if (!f)
        return INPUT_STREAM;
    size_t n = fread(start, 1, sizeof start, f);
    (void)fclose(f); /* it was only read */
    return begins_as_vectors(start, n) ? INPUT_VECTORS : INPUT_STREAM;
}
