/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the rows of a file of word vectors. */
#include "base/decimal.h"
#include "base/err.h"
#include "io/utf8check.h"
#include "io/vectors_private.h"

#include <endian.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

static int row_truncated(const vectors_source *s)
{
    err_set("truncated: the header says %" PRIu64 " rows, but only %" PRIu64 " are complete", s->rows,
            s->row - 1);
    return vectors_row_error(s, s->end);
}

/* Adds the word of row v->n of v->data. If the word is a duplicate or not UTF-8, the next row overwrites it.
 */
static int add_word(vectors_source *s, vectors *v, const char *word, size_t n)
{
    size_t bad = 0;
    if (n == 0) {
        err_set("the word is empty");
        return vectors_row_error(s, word);
    }
    if (!utf8_check((const unsigned char *)word, n, &bad)) {
        v->not_utf8++;
        return 0;
    }
    int32_t i = map_add(v->words, word, n);
    if (i < 0)
        return vectors_row_error(s, word);
    if (i == v->n)
        v->n++;
    else
        v->duplicates++;
    return 0;
}

/* ---- binary: a word, a space, size floats, and optionally a line feed ---- */

int vectors_binary_row(vectors_source *s, vectors *v)
{
    while (s->p < s->end && *s->p == '\n')
        s->p++;
    const char *word = s->p, *space = memchr(word, ' ', s->end - word);
    size_t bytes = sizeof(float) * v->size;
    if (space == NULL || (size_t)(s->end - space - 1) < bytes)
        return row_truncated(s);

    float *row = vectors_row(v, v->n);
    s->p = space + 1;
    for (int32_t i = 0; i < v->size; i++, s->p += sizeof(float)) {
        uint32_t bits;
        memcpy(&bits, s->p, sizeof bits);
        bits = le32toh(bits);
        memcpy(&row[i], &bits, sizeof bits);
        if (!isfinite(row[i])) {
            err_set("number %" PRId32 " is NaN or infinite: expected a finite number", i + 1);
            return vectors_row_error(s, s->p);
        }
    }
    return add_word(s, v, word, space - word);
}

/* ---- text: a word and size numbers, separated by spaces ---- */

bool vectors_next_line(vectors_source *s, const char **line, const char **end)
{
    while (s->p < s->end) {
        const char *feed = memchr(s->p, '\n', s->end - s->p);
        *line = s->p;
        *end = feed ? feed : s->end;
        s->p = feed ? feed + 1 : s->end;
        while (*end > *line && vectors_is_space((*end)[-1]))
            --*end;
        if (*end > *line)
            return true;
    }
    return false;
}

const char *vectors_last_field(const char *line, const char **end)
{
    const char *field = *end;
    while (field > line && !vectors_is_space(field[-1]))
        field--;
    *end = field;
    while (*end > line && vectors_is_space((*end)[-1]))
        --*end;
    return field;
}

bool vectors_last_is_number(const char *line, const char *end)
{
    const char *stop = end, *field = vectors_last_field(line, &stop);
    float f;
    return decimal_float(field, end - field, &f);
}

/* Numbers are read from the end of the line, because words in GloVe's largest file contain spaces. */
int vectors_text_row(vectors_source *s, vectors *v)
{
    const char *line, *end;
    if (!vectors_next_line(s, &line, &end))
        return row_truncated(s);

    float *row = vectors_row(v, v->n);
    for (int32_t i = v->size; i-- > 0;) {
        const char *stop = end, *field = vectors_last_field(line, &end);
        if (field == line) {
            err_set("expected %" PRId32 " numbers after the word, found fewer", v->size);
            return vectors_row_error(s, line);
        }
        if (!decimal_float(field, stop - field, &row[i]) || !isfinite(row[i])) {
            err_set("number %" PRId32 ": expected a finite number", i + 1);
            return vectors_row_error(s, field);
        }
    }
    const char *stop = end;
    if (vectors_last_field(line, &stop) > line && vectors_last_is_number(line, end)) {
        err_set("expected %" PRId32 " numbers after the word, found more", v->size);
        return vectors_row_error(s, line);
    }
    return add_word(s, v, line, end - line);
}
