/* SPDX-License-Identifier: Apache-2.0 */
/* Word vectors begin with a UTF-8 character. The first bytes of a stream, the head of a map, are never
 * one: 0x80 .. 0x8f begin no character, nor do 0xde and 0xdf before a byte below 0x80. JSON counts as a
 * stream here, because the stream reader reports it by name. */
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
    (void)fclose(f); /* the file was only read */
    return begins_as_vectors(start, n) ? INPUT_VECTORS : INPUT_STREAM;
}
