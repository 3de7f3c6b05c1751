/* SPDX-License-Identifier: Apache-2.0 */
/* Word vectors (vectors.h). gensim's .model (pickles) and fastText's .bin are not supported. */
#include "base/c_locale.h"
#include "base/decimal.h"
#include "base/err.h"
#include "io/vectors_private.h"

#include <inttypes.h>
#include <string.h>

bool vectors_word(const char *word, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)word[i];
        if (c <= ' ' || c == 0x7f)
            return false;
    }
    return n > 0;
}

/* ---- detection of the format ---- */

static bool read_unsigned(const char **p, const char *end, uint64_t *u)
{
    const char *first = *p;
    for (*u = 0; *p < end && **p >= '0' && **p <= '9' && *p - first < 18; ++*p)
        *u = 10 * *u + (uint64_t)(**p - '0');
    return *p > first;
}

/* Reads a header, which is a first line with only "n size", and moves s->p past it. False if there is none.
 */
static bool read_header(vectors_source *s, uint64_t *n, uint64_t *size)
{
    const char *p = s->p, *feed = memchr(p, '\n', s->end - p), *end = feed ? feed : s->end;
    if (!read_unsigned(&p, end, n) || p == end || !vectors_is_space(*p))
        return false;
    while (p < end && vectors_is_space(*p))
        p++;
    if (!read_unsigned(&p, end, size))
        return false;
    while (p < end && vectors_is_space(*p))
        p++;
    if (p < end)
        return false;
    s->p = feed ? feed + 1 : s->end;
    return true;
}

/* After a header, decides between binary and text. The rows are text if the line after the first word has
 * a number, and the bytes in the place of binary numbers contain no control character. */
static bool looks_like_text(const vectors_source *s, uint64_t size)
{
    vectors_source lookahead = *s;
    const char *line, *end;
    if (!vectors_next_line(&lookahead, &line, &end))
        return false;
    const char *p = line;
    while (p < end && !vectors_is_space(*p))
        p++;
    size_t left = s->end - p, window = size < left / 4 ? 4 * size : left;
    for (size_t i = 0; i < window; i++)
        if ((unsigned char)p[i] < ' ' && p[i] != '\n' && !vectors_is_space(p[i]))
            return false;
    while (end > p) {
        const char *stop = end, *field = vectors_last_field(line, &end);
        float f;
        if (field > p && decimal_float(field, stop - field, &f))
            return true;
    }
    return false;
}

/* Text without a header: the first line gives the size, and the number of lines the rows. */
static int count_text(const vectors_source *s, uint64_t *n, uint64_t *size)
{
    vectors_source lookahead = *s;
    const char *line, *end;
    *n = *size = 0;
    while (vectors_next_line(&lookahead, &line, &end)) {
        if (++*n > 1)
            continue;
        if (!vectors_last_is_number(line, end))
            break;
        while (end > line && vectors_last_field(line, &end) > line)
            ++*size;
    }
    if (*size == 0)
        return err_set(
            "not word vectors: expected a header \"n size\", or a word with numbers on the first line");
    return 0;
}

/* Checks that the rows fit into the remaining bytes. A row needs at least one byte for the word, and 4
 * bytes (binary) or 2 bytes (text: a space and a digit) for each number. */
static int check_sizes(const vectors_source *s, uint64_t n, uint64_t size, bool text)
{
    uint64_t left = (uint64_t)(s->end - s->p), row = text ? 2 * size + 2 : 4 * size + 2;
    if (n == 0 || size == 0)
        return err_set("no vectors: found %" PRIu64 " rows of %" PRIu64
                       " numbers, expected at least one of each",
                       n, size);
    if (n > INT32_MAX || size > VECTORS_MAX_SIZE)
        return err_set("%" PRIu64 " rows of %" PRIu64
                       " numbers are too many: at most %d rows of %d numbers are allowed",
                       n, size, INT32_MAX, VECTORS_MAX_SIZE);
    if (n * row - 1 > left)
        return err_set("truncated: %" PRIu64 " rows of %" PRIu64 " numbers need at least %" PRIu64
                       " bytes, but only %" PRIu64 " remain",
                       n, size, n * row - 1, left);
    return 0;
}

static int read_rows(vectors_source *s, vectors *v)
{
    uint64_t n, size;
    bool header = read_header(s, &n, &size), text = !header || looks_like_text(s, size);
    if ((!header && count_text(s, &n, &size) < 0) || check_sizes(s, n, size, text) < 0)
        return -1;

    v->size = (int32_t)size;
    v->words = map_new();
    v->data = mem_array(n * size, sizeof(float));
    if (v->words == NULL || v->data == NULL)
        return -1;
    if (text && s->end[-1] != '\n')
        return err_set("truncated: expected a line feed at the end, byte %td", s->end - s->start);
    s->rows = n;
    for (s->row = 1; s->row <= n; s->row++) {
        if ((text ? vectors_text_row(s, v) : vectors_binary_row(s, v)) < 0)
            return -1;
    }
    const char *line, *end;
    if (vectors_next_line(s, &line, &end)) {
        err_set("more rows than the %" PRIu64 " of the header", n);
        return vectors_row_error(s, line);
    }
    if ((uint64_t)v->not_utf8 > n / 2)
        return err_set("%" PRId32 " of %" PRIu64 " words are not UTF-8: the file is in another encoding",
                       v->not_utf8, n);
    return 0;
}

int vectors_read(vectors *v, const char *path)
{
    vectors_source s = {0};
    *v = (vectors){0};
    const locale_t before = uselocale(c_locale()); /* numbers have a decimal point */
    int rc = vectors_source_open(&s, path);
    if (rc == 0)
        rc = read_rows(&s, v);
    vectors_source_close(&s);
    uselocale(before);
    if (rc < 0) {
        vectors_free(v);
        return err_prefix("%s: ", strcmp(path, "-") == 0 ? "standard input" : path);
    }
    return 0;
}

void vectors_free(vectors *v)
{
    if (v->words != NULL)
        map_free(v->words);
    mem_free(v->data);
    *v = (vectors){0};
}
