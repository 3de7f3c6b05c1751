/* SPDX-License-Identifier: Apache-2.0 */
/* Files of word vectors: every kind there is, and those that must be refused. */
#include "io/vectors.h"

#include "base/err.h"
#include "base/mem.h"
#include "tap.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[] = "/tmp/ecan-vectors-XXXXXX";

static void put(const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    if (f == NULL || fwrite(bytes, 1, n, f) != n || fclose(f) != 0)
        abort();
}

#define PUT(literal) put(literal, sizeof(literal) - 1)

/* Whether row i is that word with these two numbers. */
static bool row_is(const vectors *v, int32_t i, const char *word, float a, float b)
{
    size_t n;
    const char *s = map_key(v->words, i, &n);
    return n == strlen(word) && memcmp(s, word, n) == 0 && v->data[2 * i] == a && v->data[2 * i + 1] == b;
}

/* Reads the file: whether it has the rows "de" 1 -2.5 and "\u00e9t\u00e9" 0.1 3e-9 of size 2. */
static bool reads_two(void)
{
    vectors v;
    bool good = vectors_read(&v, path) == 0 && v.n == 2 && v.size == 2 && v.duplicates == 0 &&
                row_is(&v, 0, "de", 1, -2.5f) && row_is(&v, 1, "\303\251t\303\251", 0.1f, 3e-9f);
    if (good)
        vectors_free(&v);
    else
        printf("# %s\n", err_message());
    return good;
}

static bool refuses(const char *reason)
{
    vectors v;
    bool good = vectors_read(&v, path) == -1 && strstr(err_message(), reason) != NULL &&
                strncmp(err_message(), path, strlen(path)) == 0 && v.data == NULL && v.words == NULL;
    printf("# %s\n", err_message());
    return good;
}

#define ONE "\0\0\200\077\0\0\040\300"         /* 1 -2.5 */
#define TWO "\315\314\314\075\217\050\116\061" /* 0.1 3e-9 */
#define ETE "\303\251t\303\251"

static void test_kinds(void)
{
    PUT("2 2\nde " ONE "\n" ETE " " TWO "\n");
    ok(reads_two(), "binary as word2vec.c writes it");
    PUT("2 2\nde " ONE ETE " " TWO);
    ok(reads_two(), "binary as gensim writes it, without line feeds");
    PUT("2 2\nde 1.000000 -2.500000 \n" ETE " 0.1 3e-9 \n");
    ok(reads_two(), "text as word2vec.c writes it, a space at the end");
    PUT("2 2\nde 1.0 -2.5\n" ETE " 0.1 3e-09\n");
    ok(reads_two(), "text as gensim writes it");
    PUT("de 1 -2.5\n" ETE " .1 30E-10\n");
    ok(reads_two(), "text without a header (GloVe, CAML)");
    PUT("2 2\r\nde 1 -2.5\r\n" ETE "\t0.1\t3e-9\r\n\r\n");
    ok(reads_two(), "text with carriage returns, tabs and an empty line at the end");

    vectors v;
    PUT("1 1.5 2\n2 2.5 3\n");
    ok(vectors_read(&v, path) == 0 && v.n == 2 && v.size == 2 && row_is(&v, 0, "1", 1.5f, 2) &&
           row_is(&v, 1, "2", 2.5f, 3),
       "words that are numbers, without a header");
    vectors_free(&v);
    PUT("3 2\n. a . 1 2\na 3 4\n. a . 5 6\n");
    ok(vectors_read(&v, path) == 0 && v.n == 2 && v.duplicates == 1 && row_is(&v, 0, ". a .", 1, 2) &&
           row_is(&v, 1, "a", 3, 4),
       "a word with spaces; of a duplicate the first is kept and the second counted");
    vectors_free(&v);
    PUT("3 2\nde " ONE "\nde " TWO "\na " TWO "\n");
    ok(vectors_read(&v, path) == 0 && v.n == 2 && v.duplicates == 1 && row_is(&v, 0, "de", 1, -2.5f) &&
           row_is(&v, 1, "a", 0.1f, 3e-9f),
       "duplicates in binary");
    vectors_free(&v);
}

static void test_refused(void)
{
    PUT("");
    ok(refuses("not word vectors"), "an empty file");
    PUT("a b c\n");
    ok(refuses("not word vectors"), "prose");
    PUT("0 5\n");
    ok(refuses("no vectors"), "a header of no rows");
    PUT("2000000000 60000\na 1 2\n");
    ok(refuses("truncated"), "a header that the file is too short for");
    PUT("99999999999999999 9\na 1 2\n");
    ok(refuses("are allowed"), "a header of too many rows");
    PUT("2 2\nde " ONE "\n" ETE " \315\314\314\075\071\050\116");
    ok(refuses("truncated"), "binary without its last byte");
    PUT("3 2\na_long_word_indeed_so_that_sizes_fit " ONE "\n" ETE " " TWO "\n");
    ok(refuses("row 3, byte 65: truncated: the header says 3 rows, but only 2 are complete"),
       "binary without its last row");
    PUT("1 2\nde " ONE "\nx");
    ok(refuses("more rows than the 1 of"), "binary with more than the header says");
    PUT("1 2\nde \0\0\300\177\0\0\0\0\n");
    ok(refuses("row 1, byte 7: number 1 is NaN or infinite"), "NaN in binary");
    PUT("2 2\nde " ONE "\n\303 " TWO "\n");
    vectors v;
    ok(vectors_read(&v, path) == 0 && v.n == 1 && v.not_utf8 == 1 && row_is(&v, 0, "de", 1, -2.5f),
       "half a character: the word is left out");
    vectors_free(&v);
    PUT("3 2\nd\351 1 2\nde 1 -2.5\n\303 1 2\n");
    ok(refuses("2 of 3 words are not UTF-8: the file is in another encoding"), "most words are not UTF-8");
    PUT("3 2\n\351 1 2\nde 1 -2.5\nfin 0.1 3e-9\n");
    ok(vectors_read(&v, path) == 0 && v.n == 2 && v.not_utf8 == 1 && row_is(&v, 0, "de", 1, -2.5f) &&
           row_is(&v, 1, "fin", 0.1f, 3e-9f),
       "the same in text");
    vectors_free(&v);
    PUT("1 2\n " ONE "\n");
    ok(refuses("the word is empty"), "an empty word in binary");
    PUT("2 2\nde 1 2\nhet 1 nan\n");
    ok(refuses("row 2, byte 17: number 2"), "NaN in text");
    PUT("1 2\nde 1 nan\n");
    ok(refuses("row 1, byte 9: number 2"), "NaN in the first row of a text");
    PUT("2 2\nde 1 2\nhet 1 1e39\n");
    ok(refuses("row 2, byte 17: number 2"), "more than a float holds");
    PUT("2 2\nde 1 2\nhet 1 0x1\n");
    ok(refuses("row 2, byte 17: number 2"), "hexadecimal");
    PUT("2 2\nde 1 2\nhet 1\n\n\n");
    ok(refuses("row 2, byte 11: expected 2 numbers after the word, found fewer"), "a number too few");
    PUT("2 2\nde 1 2\nhet 1 2 3\n");
    ok(refuses("row 2, byte 11: expected 2 numbers after the word, found more"), "a number too many");
    PUT("2 2\nde 1 2\nhet 1 2\nx 1 2\n");
    ok(refuses("row 3, byte 19: more rows than the 2 of"), "text with more than the header says");
    PUT("3 1\nde 1\nhetzelfde 1\n\n");
    ok(refuses("truncated: the header says 3 rows, but only 2 are complete"), "text without its last row");
    PUT("de 1 2\nhet 1 2");
    ok(refuses("truncated"), "text that stops in a line");
    ok(snprintf(path + sizeof path - 2, 2, "%s", "?") == 1 && refuses("cannot be opened"), "no such file");
}

/* Any bits that make a finite float, and those around which shortest decimals go wrong. */
static float some_float(uint32_t i)
{
    static const float hard[] = {
        0.0f,     -0.0f, 1e-45f,         1.17549435e-38f, 1.17549421e-38f, 3.40282347e38f,
        16777216, 0.1f,  9.99999975e-5f, 8388609.5f,      5.87747175e-39f, 1.00000012f};
    if (i < sizeof hard / sizeof hard[0])
        return hard[i];
    uint32_t bits = i * 2654435761u;
    float f;
    memcpy(&f, &bits, sizeof f);
    return isfinite(f) ? f : (float)i;
}

static int write_file(const vectors *v, const char *to, vectors_format format)
{
    FILE *f = fopen(to, "w");
    int result = f ? vectors_write(v, f, to, format) : -1;
    if (f)
        fclose(f);
    return result;
}

static void test_round_trip(void)
{
    enum { N = 100, SIZE = 200 };
    vectors v = {.words = map_new(), .n = N, .size = SIZE, .data = mem_array(N * SIZE, sizeof(float))}, back;
    for (int i = 0; i < N; i++) {
        char word[32];
        map_add(v.words, word, (size_t)snprintf(word, sizeof word, "w\303\266rd%d", i));
    }
    for (uint32_t i = 0; i < N * SIZE; i++)
        v.data[i] = some_float(i);
    static const char *const names[] = {"binary", "text", "text without a header"};
    for (int format = VECTORS_BINARY; format <= VECTORS_BARE; format++) {
        ok(write_file(&v, path, (vectors_format)format) == 0, "%s written", names[format]);
        ok(vectors_read(&back, path) == 0 && back.n == N && back.size == SIZE &&
               memcmp(back.data, v.data, N * SIZE * sizeof(float)) == 0 &&
               strcmp(map_key(back.words, 99, NULL), "w\303\266rd99") == 0,
           "%s reads back to the last bit", names[format]);
        vectors_free(&back);
    }
    ok(write_file(&v, "/dev/full", VECTORS_BINARY) == -1 && strstr(err_message(), "No space left"),
       "a full disk");
    map_add(v.words, "two words", 9);
    v.n++;
    struct stat st;
    ok(write_file(&v, path, VECTORS_TEXT) == -1 && strstr(err_message(), "word 101") &&
           stat(path, &st) == 0 && st.st_size == 0,
       "a word with a space is refused before anything is written");
    vectors_free(&v);
}

int main(void)
{
    char name[sizeof path];
    int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    memcpy(name, path, sizeof path);
    test_kinds();
    test_refused();
    memcpy(path, name, sizeof path);
    test_round_trip();
    unlink(path);
    return tap_done();
}
