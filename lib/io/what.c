/* Word vectors begin with text. The head of a stream's map cannot: 0x80 .. 0x8f begins no UTF-8 character,
 * nor do 0xde and 0xdf before a byte below 0x80. JSON is left to the reader of streams, which names it. */
#include "io/what.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool begins_as_vectors(const unsigned char *start, size_t n)
{
    bool head = (start[0] & 0xf0) == 0x80 || ((start[0] == 0xde || start[0] == 0xdf) && start[1] < 0x80);
    return n == 2 && !head && start[0] != '{' && start[0] != '[' && (start[0] < 0x90 || start[0] >= 0xc2);
}

what what_is(const char *path)
{
    struct stat st;
    unsigned char start[2] = {0};
    if (strcmp(path, "-") == 0 || stat(path, &st) < 0)
        return WHAT_STREAM;
    if (S_ISDIR(st.st_mode))
        return WHAT_FOLDER;
    FILE *f = S_ISREG(st.st_mode) ? fopen(path, "rbe") : NULL;
    if (!f)
        return WHAT_STREAM;
    size_t n = fread(start, 1, sizeof start, f);
    (void)fclose(f); /* it was only read */
    return begins_as_vectors(start, n) ? WHAT_VECTORS : WHAT_STREAM;
}
