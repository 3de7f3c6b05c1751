/* SPDX-License-Identifier: Apache-2.0 */
/* This is not a general XML reader: elements are found by their names (ClaML does not nest these),
 * comments are not skipped, and the codes that modifiers add are not made. */
#include "corpus/code_table_claml.h"

#include "base/err.h"
#include "io/decode.h"

#include <stdlib.h>
#include <string.h>

typedef struct part {
    const char *s;
    size_t n;
} part;

static const char *find(part in, const char *needle)
{
    return in.n ? memmem(in.s, in.n, needle, strlen(needle)) : NULL;
}

/* Finds the next element of that name after *rest: its whole text, with its tags. */
static bool next_element(part *rest, const char *open, const char *close, part *element)
{
    const char *start = find(*rest, open), *end = rest->s + rest->n;
    if (!start)
        return false;
    const char *stop = find((part){start, end - start}, close);
    stop = stop ? stop + strlen(close) : end;
    *element = (part){start, stop - start};
    *rest = (part){stop, end - stop};
    return true;
}

/* The value of an attribute in the first tag of the element. */
static part attribute(part element, const char *name)
{
    const char *end = memchr(element.s, '>', element.n);
    const char *at = find((part){element.s, end ? end - element.s : 0}, name);
    if (!at)
        return (part){"", 0};
    const char *value = at + strlen(name) + 1, quote = value[-1];
    const char *stop = memchr(value, quote, end - value);
    return (part){value, stop ? stop - value : 0};
}

static bool has_attribute(part element, const char *text)
{
    const char *end = memchr(element.s, '>', element.n);
    return end && find((part){element.s, end - element.s}, text);
}

static int add_entity(buf *to, const char *name, size_t n)
{
    static const char *const entities[] = {"amp&", "lt<", "gt>", "quot\"", "apos'"};
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
        if (strlen(entities[i]) == n + 1 && memcmp(entities[i], name, n) == 0)
            return buf_add(to, entities[i] + n, 1);
    return 0;
}

/* Appends the text of an element without tags. Each run of white space becomes one space. */
static int add_text(buf *to, part element)
{
    for (size_t i = 0; i < element.n; i++) {
        const char c = element.s[i], *s = element.s + i, *end;
        const size_t left = element.n - i;
        if (c == '<') {
            end = memchr(s, '>', left);
            i += end ? (size_t)(end - s) : left;
        } else if (c == '&' && (end = memchr(s, ';', left < 8 ? left : 8))) {
            if (add_entity(to, s + 1, end - s - 1))
                return -1;
            i += end - s;
        } else if (strchr(" \t\r\n", c)) {
            if (to->len > 0 && to->data[to->len - 1] != ' ' && buf_add(to, " ", 1))
                return -1;
        } else if (buf_add(to, s, 1)) {
            return -1;
        }
    }
    return 0;
}

static int add_class(code_table *t, part class, buf *title)
{
    part rest = class, rubric, label;
    const part code = attribute(class, " code=");
    if (!has_attribute(class, "kind=\"category\"") || code.n == 0)
        return 0;
    title->len = 0;
    while (next_element(&rest, "<Rubric", "</Rubric>", &rubric))
        if (has_attribute(rubric, "kind=\"preferred\"") && title->len == 0 &&
            next_element(&(part){rubric.s, rubric.n}, "<Label", "</Label>", &label) && add_text(title, label))
            return -1;
    return code_table_add(t, code.s, code.n, (const char *)title->data, title->len,
                          find(class, "<SubClass ") != NULL, false);
}

int code_table_claml(code_table *t, const char *path)
{
    buf text = {0}, title = {0};
    int result = decode_file(&text, path, t->encoding);
    part rest = {(const char *)text.data, text.len}, class;
    if (!result && !find(rest, "<ClaML"))
        result = err_set("%s: XML, but not ClaML", path);
    while (!result && next_element(&rest, "<Class ", "</Class>", &class))
        result = add_class(t, class, &title) ? err_prefix("%s: ", path) : 0;
    buf_free(&text);
    buf_free(&title);
    return result;
}
