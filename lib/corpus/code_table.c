/* SPDX-License-Identifier: Apache-2.0 */
#include "corpus/code_table.h"

#include "base/err.h"

#include <ctype.h>
#include <string.h>

enum { MAX_CODE = 40 }; /* maximum bytes of a code */

int code_table_open(code_table *t, const char *encoding, const char *language, const char *code,
                    const char *description)
{
    *t = (code_table){.codes = map_new(),
                      .encoding = encoding,
                      .language = language,
                      .code = code,
                      .description = description};
    return t->codes ? 0 : -1;
}

void code_table_close(code_table *t)
{
    map_free(t->codes);
    mem_free(t->entries);
    buf_free(&t->text);
}

static size_t trim(const char **s, size_t n)
{
    while (n > 0 && isspace((unsigned char)(*s)[n - 1]))
        n--;
    while (n > 0 && isspace((unsigned char)**s))
        ++*s, n--;
    return n;
}

/* Length without the marks at the end of dagger and asterisk codes, and the blanks before them. */
static size_t without_marks(const char *s, size_t n)
{
    static const char dagger[] = "\xE2\x80\xA0";
    for (;;)
        if (n > 3 && (s[n - 1] == '*' || s[n - 1] == '+'))
            n--;
        else if (n > 5 && memcmp(s + n - 3, dagger, 3) == 0)
            n -= 3;
        else if (n > 0 && isspace((unsigned char)s[n - 1]))
            n--;
        else
            return n;
}

/* The code in upper case and without points, by which codes are compared. Returns its length, or 0 if it
 * is not a code. */
static size_t plain_code(char to[MAX_CODE], const char *code, size_t n)
{
    size_t size = 0;
    for (size_t i = 0; i < n; i++) {
        if (code[i] == '.')
            continue;
        if (size == MAX_CODE)
            return 0;
        to[size++] = (char)toupper((unsigned char)code[i]);
    }
    return size;
}

int32_t code_table_find(const code_table *t, const char *code, size_t n)
{
    char plain[MAX_CODE];
    n = trim(&code, n);
    const size_t size = plain_code(plain, code, without_marks(code, n));
    return size ? map_find(t->codes, plain, size) : -1;
}

size_t code_table_point(char to[64], const char *code, size_t n, bool procedure, code_points points)
{
    size_t size = 0;
    if (points == CODE_POINTS_SAME || n > MAX_CODE) {
        n = n > 63 ? 63 : n;
        memcpy(to, code, n);
        to[n] = '\0';
        return n;
    }
    for (size_t i = 0; i < n; i++) {
        if (code[i] == '.')
            continue;
        if (size == 3 && points == CODE_POINTS_ADD && !procedure)
            to[size++] = '.';
        to[size++] = code[i];
    }
    to[size] = '\0';
    return size;
}

/* Appends a text. Line ends and tabs become spaces. */
static int add_text(code_table *t, const char *s, size_t n)
{
    const size_t from = t->text.len;
    if (buf_add(&t->text, s, n) || buf_add(&t->text, "", 1))
        return -1;
    for (size_t i = from; i < t->text.len - 1; i++)
        if (strchr("\t\r\n", t->text.data[i]))
            t->text.data[i] = ' ';
    return 0;
}

static bool has_control(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)s[i] < ' ')
            return true;
    return false;
}

int code_table_add(code_table *t, const char *code, size_t n, const char *description, size_t size,
                   bool heading, bool procedure)
{
    char plain[MAX_CODE];
    n = trim(&code, n);
    n = without_marks(code, n);
    size = trim(&description, size);
    if (has_control(code, n) || (size > 0 && memchr(description, '\0', size)))
        return err_set("a control character in the code, or a NUL byte in its description");
    const size_t length = plain_code(plain, code, n);
    if (length == 0)
        return n ? err_set("a code of more than %d characters", MAX_CODE) : err_set("an empty code");
    if (map_find(t->codes, plain, length) >= 0)
        return 0;
    const int32_t i = map_add(t->codes, plain, length);
    if (i < 0 || mem_grow(&t->entries, &t->cap, i + 1, sizeof *t->entries))
        return -1;
    t->entries[i] = (code_entry){.code = t->text.len, .heading = heading, .procedure = procedure};
    if (add_text(t, code, n))
        return -1;
    t->entries[i].description = t->text.len;
    return add_text(t, description, size);
}
