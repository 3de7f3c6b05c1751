/* UTF-8: checked and read. */
#ifndef ECAN_TEXT_UTF8_H
#define ECAN_TEXT_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Whether n bytes are well-formed UTF-8: no surrogates, no overlong forms, nothing above U+10FFFF. */
bool utf8_valid(const char *s, size_t n);

#endif
