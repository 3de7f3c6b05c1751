/* SPDX-License-Identifier: Apache-2.0 */
/* Word vectors (vectors.h). gensim's .model (pickles) and fastText's .bin are not supported. */
#include "io/vectors.h"

#include "base/digits.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "io/output.h"
#include "io/utf8check.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NUMBER_MAX 127 /* bytes of a decimal number that are read; "%f" of a float needs 47 */

/* An input file: its bytes and the current position. */
typedef struct source {
    const char *start, *p, *end;
    bool mapped; /* start is a mapping; otherwise it is read.data */
    buf read;
    uint64_t row;  /* the current row, from 1 */
    uint64_t rows; /* according to the header; 0 if there is none */
} source;

/* ---- the bytes ---- */

/* The size of a pipe is unknown until it is read completely. */
#define FIRST_LINE ((size_t)1 << 20) /* the longest one, in bytes */

static int source_read(source *s, int fd)
{
    bool begun = false;
    for (;;) {
        if (buf_reserve(&s->read, 1 << 16) < 0)
            return -1;
        const ssize_t n = fd_read(fd, s->read.data + s->read.len, s->read.cap - s->read.len);
        if (n < 0)
            return err_io("cannot be read: %s", strerror(errno));
        if (n == 0)
            break;
        s->read.len += (size_t)n;
        if (!begun && s->read.len >= FIRST_LINE && !memchr(s->read.data, '\n', FIRST_LINE))
            return err_set("not word vectors: the first line has more than %zu bytes", FIRST_LINE);
        begun = s->read.len >= FIRST_LINE;
    }
    s->start = (const char *)s->read.data;
    s->end = s->start + s->read.len;
    return 0;
}

static int source_map(source *s, int fd, size_t size)
{
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return err_io("cannot be mapped: %s", strerror(errno));
    s->mapped = true;
    s->start = bytes;
    s->end = s->start + size;
    return 0;
}

static int source_open(source *s, const char *path)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) {
        err_io("cannot be opened: %s", strerror(errno));
        if (fd >= 0 && !standard)
            close(fd);
        return -1;
    }
    int rc;
    if (input_opened(fd, standard ? "standard input" : path) < 0)
        rc = -1;
    else if (S_ISDIR(st.st_mode))
        rc = err_set("is a folder, not a file of word vectors");
    else if (S_ISREG(st.st_mode) && st.st_size > 0 && lseek(fd, 0, SEEK_CUR) == 0)
        rc = source_map(s, fd, (size_t)st.st_size);
    else
        rc = source_read(s, fd);
    if (!standard)
        close(fd);
    s->p = s->start;
    return rc;
}

static void source_close(source *s)
{
    if (s->mapped)
        munmap((void *)(uintptr_t)s->start, (size_t)(s->end - s->start));
    buf_free(&s->read);
}

/* Prefixes the message with "row 12, byte 3456: ". Always returns -1. */
static int row_error(const source *s, const char *at)
{
    return err_prefix("row %" PRIu64 ", byte %td: ", s->row, at - s->start);
}

static int row_truncated(const source *s)
{
    err_set("truncated: the header says %" PRIu64 " rows, but only %" PRIu64 " are complete", s->rows,
            s->row - 1);
    return row_error(s, s->end);
}

/* ---- words and numbers ---- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

bool vectors_word(const char *word, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)word[i];
        if (c <= ' ' || c == 0x7f)
            return false;
    }
    return n > 0;
}

/* Converts digits, a point and an exponent to double. It is exact if the digits and the power of ten are
 * exact (Clinger, 1990). Returns false otherwise, and for anything that is not a number. */
static bool exact_decimal(const char *s, size_t n, double *value)
{
    static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    uint64_t digits = 0;
    int exponent = 0, seen = 0;
    size_t i = n > 0 && s[0] == '-';
    bool negative = i == 1, point = false;

    for (; i < n && (s[i] == '.' || (s[i] >= '0' && s[i] <= '9')); i++) {
        if (s[i] == '.') {
            if (point)
                return false;
            point = true;
            continue;
        }
        if (digits >= (UINT64_C(1) << 53) / 10)
            return false;
        digits = 10 * digits + (uint64_t)(s[i] - '0');
        exponent -= point;
        seen++;
    }
    if (i < n && (s[i] == 'e' || s[i] == 'E')) {
        bool minus = i + 1 < n && s[i + 1] == '-';
        int e = 0;
        size_t first = i += minus || (i + 1 < n && s[i + 1] == '+') ? 2 : 1;
        for (; i < n && i < first + 3 && s[i] >= '0' && s[i] <= '9'; i++)
            e = 10 * e + (s[i] - '0');
        if (i == first)
            return false;
        exponent += minus ? -e : e;
    }
    if (i < n || seen == 0 || exponent < -22 || exponent > 22)
        return false;
    double d = exponent < 0 ? (double)digits / power[-exponent] : (double)digits * power[exponent];
    *value = negative ? -d : d;
    return true;
}

/* Converts the decimal s[0 .. n) to the nearest float, through a double. Rounding twice differs only if
 * the double is halfway between two floats or too small for a normal float: then strtof is used. */
static bool read_number(const char *s, size_t n, float *f)
{
    double d;
    if (exact_decimal(s, n, &d)) {
        uint64_t bits;
        memcpy(&bits, &d, sizeof bits);
        if (d == 0 || (fabs(d) >= FLT_MIN && fabs(d) < FLT_MAX && (bits & 0x1fffffff) != 0x10000000)) {
            *f = (float)d;
            return true;
        }
    }
    char copy[NUMBER_MAX + 1], *end;
    if (n == 0 || n > NUMBER_MAX)
        return false;
    memcpy(copy, s, n);
    copy[n] = '\0';
    *f = strtof(copy, &end);
    return end == copy + n && strspn(copy, "0123456789+-.eE") == n; /* strtof also accepts 0x1 and nan */
}

/* Adds the word of row v->n of v->data. If the word is a duplicate or not UTF-8, the next row overwrites it.
 */
static int add_word(source *s, vectors *v, const char *word, size_t n)
{
    size_t bad = 0;
    if (n == 0) {
        err_set("the word is empty");
        return row_error(s, word);
    }
    if (!utf8_check((const unsigned char *)word, n, &bad)) {
        v->not_utf8++;
        return 0;
    }
    int32_t i = map_add(v->words, word, n);
    if (i < 0)
        return row_error(s, word);
    if (i == v->n)
        v->n++;
    else
        v->duplicates++;
    return 0;
}

/* ---- binary: a word, a space, size floats, and optionally a line feed ---- */

static int read_binary_row(source *s, vectors *v)
{
    while (s->p < s->end && *s->p == '\n')
        s->p++;
    const char *word = s->p, *space = memchr(word, ' ', (size_t)(s->end - word));
    size_t bytes = sizeof(float) * (size_t)v->size;
    if (space == NULL || (size_t)(s->end - space - 1) < bytes)
        return row_truncated(s);

    float *row = v->data + (size_t)v->n * (size_t)v->size;
    s->p = space + 1;
    for (int32_t i = 0; i < v->size; i++, s->p += sizeof(float)) {
        uint32_t bits;
        memcpy(&bits, s->p, sizeof bits);
        bits = le32toh(bits);
        memcpy(&row[i], &bits, sizeof bits);
        if (!isfinite(row[i])) {
            err_set("number %" PRId32 " is NaN or infinite: expected a finite number", i + 1);
            return row_error(s, s->p);
        }
    }
    return add_word(s, v, word, (size_t)(space - word));
}

/* ---- text: a word and size numbers, separated by spaces ---- */

/* Finds the next line that is not blank, without the white space at its end. False at the end of the file. */
static bool next_line(source *s, const char **line, const char **end)
{
    while (s->p < s->end) {
        const char *feed = memchr(s->p, '\n', (size_t)(s->end - s->p));
        *line = s->p;
        *end = feed ? feed : s->end;
        s->p = feed ? feed + 1 : s->end;
        while (*end > *line && is_space((*end)[-1]))
            --*end;
        if (*end > *line)
            return true;
    }
    return false;
}

/* Returns the start of the last field of [line, *end). *end moves to the end of the field before it. */
static const char *last_field(const char *line, const char **end)
{
    const char *field = *end;
    while (field > line && !is_space(field[-1]))
        field--;
    *end = field;
    while (*end > line && is_space((*end)[-1]))
        --*end;
    return field;
}

static bool last_is_number(const char *line, const char *end)
{
    const char *stop = end, *field = last_field(line, &stop);
    float f;
    return read_number(field, (size_t)(end - field), &f);
}

/* Numbers are read from the end of the line, because words in GloVe's largest file contain spaces. */
static int read_text_row(source *s, vectors *v)
{
    const char *line, *end;
    if (!next_line(s, &line, &end))
        return row_truncated(s);

    float *row = v->data + (size_t)v->n * (size_t)v->size;
    for (int32_t i = v->size; i-- > 0;) {
        const char *stop = end, *field = last_field(line, &end);
        if (field == line) {
            err_set("expected %" PRId32 " numbers after the word, found fewer", v->size);
            return row_error(s, line);
        }
        if (!read_number(field, (size_t)(stop - field), &row[i]) || !isfinite(row[i])) {
            err_set("number %" PRId32 ": expected a finite number", i + 1);
            return row_error(s, field);
        }
    }
    const char *stop = end;
    if (last_field(line, &stop) > line && last_is_number(line, end)) {
        err_set("expected %" PRId32 " numbers after the word, found more", v->size);
        return row_error(s, line);
    }
    return add_word(s, v, line, (size_t)(end - line));
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
static bool read_header(source *s, uint64_t *n, uint64_t *size)
{
    const char *p = s->p, *feed = memchr(p, '\n', (size_t)(s->end - p)), *end = feed ? feed : s->end;
    if (!read_unsigned(&p, end, n) || p == end || !is_space(*p))
        return false;
    while (p < end && is_space(*p))
        p++;
    if (!read_unsigned(&p, end, size))
        return false;
    while (p < end && is_space(*p))
        p++;
    if (p < end)
        return false;
    s->p = feed ? feed + 1 : s->end;
    return true;
}

/* After a header, decides between binary and text. The rows are text if the line after the first word has
 * a number, and the bytes in the place of binary numbers contain no control character. */
static bool looks_like_text(const source *s, uint64_t size)
{
    source lookahead = *s;
    const char *line, *end;
    if (!next_line(&lookahead, &line, &end))
        return false;
    const char *p = line;
    while (p < end && !is_space(*p))
        p++;
    size_t left = (size_t)(s->end - p), window = size < left / 4 ? (size_t)(4 * size) : left;
    for (size_t i = 0; i < window; i++)
        if ((unsigned char)p[i] < ' ' && p[i] != '\n' && !is_space(p[i]))
            return false;
    while (end > p) {
        const char *stop = end, *field = last_field(line, &end);
        float f;
        if (field > p && read_number(field, (size_t)(stop - field), &f))
            return true;
    }
    return false;
}

/* Text without a header: the first line gives the size, and the number of lines the rows. */
static int count_text(const source *s, uint64_t *n, uint64_t *size)
{
    source lookahead = *s;
    const char *line, *end;
    *n = *size = 0;
    while (next_line(&lookahead, &line, &end)) {
        if (++*n > 1)
            continue;
        if (!last_is_number(line, end))
            break;
        while (end > line && last_field(line, &end) > line)
            ++*size;
    }
    if (*size == 0)
        return err_set(
            "not word vectors: expected a header \"n size\", or a word with numbers on the first line");
    return 0;
}

/* Checks that the rows fit into the remaining bytes. A row needs at least one byte for the word, and 4
 * bytes (binary) or 2 bytes (text: a space and a digit) for each number. */
static int check_sizes(const source *s, uint64_t n, uint64_t size, bool text)
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

static int read_rows(source *s, vectors *v)
{
    uint64_t n, size;
    bool header = read_header(s, &n, &size), text = !header || looks_like_text(s, size);
    if ((!header && count_text(s, &n, &size) < 0) || check_sizes(s, n, size, text) < 0)
        return -1;

    v->size = (int32_t)size;
    v->words = map_new();
    v->data = mem_array((size_t)(n * size), sizeof(float));
    if (v->words == NULL || v->data == NULL)
        return -1;
    if (text && s->end[-1] != '\n')
        return err_set("truncated: expected a line feed at the end, byte %td", s->end - s->start);
    s->rows = n;
    for (s->row = 1; s->row <= n; s->row++) {
        if ((text ? read_text_row(s, v) : read_binary_row(s, v)) < 0)
            return -1;
    }
    const char *line, *end;
    if (next_line(s, &line, &end)) {
        err_set("more rows than the %" PRIu64 " of the header", n);
        return row_error(s, line);
    }
    if ((uint64_t)v->not_utf8 > n / 2)
        return err_set("%" PRId32 " of %" PRIu64 " words are not UTF-8: the file is in another encoding",
                       v->not_utf8, n);
    return 0;
}

/* Numbers have a decimal point in every locale: this thread's locale is C until locale_back(). */
typedef struct locales {
    locale_t c, before;
} locales;

static int locale_c(locales *l)
{
    l->c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (l->c == (locale_t)0)
        return err_io("no C locale: %s", strerror(errno));
    l->before = uselocale(l->c);
    return 0;
}

static void locale_back(locales *l)
{
    uselocale(l->before);
    freelocale(l->c);
}

int vectors_read(vectors *v, const char *path)
{
    source s = {0};
    locales l;
    *v = (vectors){0};
    if (locale_c(&l) < 0)
        return -1;
    int rc = source_open(&s, path);
    if (rc == 0)
        rc = read_rows(&s, v);
    source_close(&s);
    locale_back(&l);
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

/* ---- writing ---- */

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
        write_row(f, word, n, v->data + (size_t)i * (size_t)v->size, v->size, format);
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
    locales l;
    int rc = 0;
    if (format == VECTORS_BINARY && isatty(fileno(f)))
        rc = err_set("is a terminal: write binary vectors to a file or a pipe");
    if (rc < 0 || check_words(v) < 0 || locale_c(&l) < 0)
        rc = -1;
    else {
        rc = write_rows(f, v, format);
        locale_back(&l);
    }
    return rc < 0 ? err_prefix("%s: ", name) : 0;
}
