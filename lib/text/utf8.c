#include "text/utf8.h"

#include <utf8proc.h>

bool utf8_valid(const char *s, size_t n)
{
    while (n > 0) {
        utf8proc_int32_t c;
        utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)n, &c);
        if (used <= 0)
            return false;
        s += used;
        n -= (size_t)used;
    }
    return true;
}
