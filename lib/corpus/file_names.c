/* SPDX-License-Identifier: Apache-2.0 */
#include "corpus/file_names.h"

#include "base/err.h"

#include <stdbool.h>
#include <stdio.h>

enum { MAX_NAME = 240 }; /* bytes: file systems allow 255, with the ending */

int file_name_add(buf *name, const char *id, size_t n)
{
    const size_t start = name->len;
    for (size_t i = 0; i < n; i++) {
        char code[4];
        const unsigned char c = (unsigned char)id[i];
        const bool safe = c >= ' ' && c != '/' && c != '%' && c != 0x7f && !(c == '.' && i == 0);
        snprintf(code, sizeof code, "%%%02X", c);
        if (buf_add(name, safe ? &id[i] : code, safe ? 1 : 3))
            return -1;
    }
    return name->len - start <= MAX_NAME ? 0 : err_set("its id is too long for the name of a file");
}

static int digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

int file_name_decode(buf *id, const char *name, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char c = name[i];
        if (c == '%' && i + 2 < n && digit(name[i + 1]) >= 0 && digit(name[i + 2]) >= 0) {
            c = (char)(digit(name[i + 1]) << 4 | digit(name[i + 2]));
            i += 2;
        }
        if (buf_add(id, &c, 1))
            return -1;
    }
    return 0;
}
