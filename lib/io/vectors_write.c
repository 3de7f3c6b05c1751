/* SPDX-License-Identifier: Apache-2.0 */
/* Writes files of word vectors. */
#include "base/c_locale.h"
#include "base/digits.h"
#include "base/err.h"
#include "io/vectors.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static void write_float(FILE *f, float number)
{
    char text[DIGITS_ROOM];
    digits_float(text, number);
    fprintf(f, " %s", text);
}

static void write_row(FILE *f, const char *word, size_t n, const float *row, int32_t size,
                      vectors_format format)
{
    fwrite(word, 1, n, f);
    if (format != VECTORS_BINARY) {
        for (int32_t i = 0; i < size; i++)
            write_float(f, row[i]);
    } else {
        putc(' ', f);
        for (int32_t i = 0; i < size; i++) {
            uint32_t bits;
            memcpy(&bits, &row[i], sizeof bits);
            bits = htole32(bits);
            fwrite(&bits, sizeof bits, 1, f);
        }
    }
    putc('\n', f);
}

static int write_rows(FILE *f, const vectors *v, vectors_format format)
{
    if (format != VECTORS_BARE)
        fprintf(f, "%" PRId32 " %" PRId32 "\n", v->n, v->size);
    for (int32_t i = 0; i < v->n && !ferror(f); i++) {
        size_t n;
        const char *word = map_key(v->words, i, &n);
        write_row(f, word, n, vectors_row(v, i), v->size, format);
    }
    if (fflush(f) == EOF || ferror(f))
        return err_io("cannot be written: %s", strerror(errno));
    return 0;
}

static int check_words(const vectors *v)
{
    for (int32_t i = 0; i < v->n; i++) {
        size_t n;
        const char *word = map_key(v->words, i, &n);
        if (!vectors_word(word, n))
            return err_set("cannot write word %" PRId32
                           ": it is empty or contains a space or control character, which files of "
                           "word vectors cannot hold",
                           i + 1);
    }
    return 0;
}

int vectors_write(const vectors *v, FILE *f, const char *name, vectors_format format)
{
    int rc = 0;
    if (format == VECTORS_BINARY && isatty(fileno(f)))
        rc = err_set("is a terminal: write binary vectors to a file or a pipe");
    if (rc < 0 || check_words(v) < 0)
        rc = -1;
    else {
        const locale_t before = uselocale(c_locale());
        rc = write_rows(f, v, format);
        uselocale(before);
    }
    return rc < 0 ? err_prefix("%s: ", name) : 0;
}
