/* SPDX-License-Identifier: Apache-2.0 */
#include "text/similar_codes.h"

#include "base/map.h"
#include "base/mem.h"

#include <string.h>

struct similar_codes {
    const labels *l;
    map *bare;      /* of the codes without points and blanks, in lower case */
    int32_t *first; /* [map_size(bare)] the first code of l with that form */
    size_t room;
    buf scratch;
};

/* The number of bytes of the blank at s: of ASCII, or a space that does not break (U+00A0, U+202F). 0: it is
 * none. */
static size_t blank(const char *s)
{
    if (*s == ' ' || *s == '\t')
        return 1;
    return strncmp(s, "\xc2\xa0", 2) == 0 ? 2 : strncmp(s, "\xe2\x80\xaf", 3) == 0 ? 3 : 0;
}

/* Sets s->scratch to the code without points and blanks, in lower case. 0 or -1. */
static int make_bare(similar_codes *s, const char *code)
{
    s->scratch.len = 0;
    while (*code) {
        const size_t n = blank(code);
        const char c = *code >= 'A' && *code <= 'Z' ? (char)(*code - 'A' + 'a') : *code;
        if (n == 0 && c != '.' && buf_add(&s->scratch, &c, 1))
            return -1;
        code += n ? n : 1;
    }
    return 0;
}

similar_codes *similar_codes_new(const labels *l)
{
    similar_codes *s = mem_array(1, sizeof *s);
    if (!s)
        return NULL;
    s->l = l;
    s->bare = map_new();
    int result = s->bare ? 0 : -1;
    for (int32_t i = 0; !result && i < labels_count(l); i++) {
        const int32_t before = map_size(s->bare);
        if (make_bare(s, labels_code(l, i)) ||
            map_add(s->bare, (const char *)s->scratch.data, s->scratch.len) < 0 ||
            mem_grow(&s->first, &s->room, before + 1, sizeof *s->first))
            result = -1;
        else if (map_size(s->bare) > before)
            s->first[before] = i;
    }
    if (!result)
        return s;
    similar_codes_free(s);
    return NULL;
}

void similar_codes_free(similar_codes *s)
{
    if (!s)
        return;
    map_free(s->bare);
    mem_free(s->first);
    buf_free(&s->scratch);
    mem_free(s);
}

int similar_codes_find(int32_t *found, similar_codes *s, const char *code)
{
    *found = -1;
    if (make_bare(s, code))
        return -1;
    const int32_t i = map_find(s->bare, (const char *)s->scratch.data, s->scratch.len);
    if (i >= 0 && strcmp(labels_code(s->l, s->first[i]), code) != 0)
        *found = s->first[i];
    return 0;
}

bool code_has_blanks(const char *code)
{
    const size_t n = strlen(code);
    return blank(code) || (n >= 1 && blank(code + n - 1) == 1) || (n >= 2 && blank(code + n - 2) == 2) ||
           (n >= 3 && blank(code + n - 3) == 3);
}

bool code_has_letter(const char *code)
{
    for (; *code; code++)
        if ((*code >= 'A' && *code <= 'Z') || (*code >= 'a' && *code <= 'z') || (unsigned char)*code >= 0x80)
            return true;
    return false;
}

/* Whether the part code[n] of a list is a code. */
static bool is_code(const char *code, size_t n, const labels *l)
{
    while (n && blank(code) == 1)
        code++, n--;
    while (n && blank(code + n - 1) == 1)
        n--;
    if (n == 0)
        return false;
    bool digit = false, inner = false;
    for (size_t i = 0; i < n; i++) {
        digit |= code[i] >= '0' && code[i] <= '9';
        inner |= code[i] == ' ' || code[i] == '\t';
    }
    return labels_index(l, code, n) >= 0 || (digit && !inner);
}

bool code_is_list(const char *code, const labels *l)
{
    static const char separators[] = ",;|";
    if (!strpbrk(code, separators))
        return false;
    for (const char *part = code;; part++) {
        const size_t n = strcspn(part, separators);
        if (!is_code(part, n, l))
            return false;
        part += n;
        if (!*part)
            return true;
    }
}
