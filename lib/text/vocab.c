/* SPDX-License-Identifier: Apache-2.0 */
#include "text/vocab.h"

#include "base/err.h"
#include "base/map.h"
#include "base/mem.h"
#include "io/file.h"
#include "io/utf8check.h"
#include "text/lines.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

static const char *const special[] = {[VOCAB_PAD] = "<pad>", [VOCAB_UNK] = "<unk>"};
#define N_SPECIAL ((int32_t)(sizeof special / sizeof *special))

struct vocab {
    map *words; /* a word's number is its row */
};

vocab *vocab_new(void)
{
    vocab *v = mem_array(1, sizeof *v);
    if (!v)
        return NULL;
    v->words = map_new();
    for (int i = 0; v->words && i < N_SPECIAL; i++)
        if (map_add(v->words, special[i], strlen(special[i])) < 0) {
            vocab_free(v);
            return NULL;
        }
    if (!v->words) {
        vocab_free(v);
        return NULL;
    }
    return v;
}

void vocab_free(vocab *v)
{
    if (v)
        map_free(v->words);
    mem_free(v);
}

/* The row of a string that is a word, if it may be one. */
static int32_t add_word(vocab *v, const char *s, size_t n)
{
    if (n == 0)
        return err_set("the word is empty");
    if (memchr(s, '\n', n))
        return err_set("the word contains a line feed");
    size_t bad;
    if (!utf8_check((const unsigned char *)s, n, &bad))
        return err_set("the word is not valid UTF-8");
    return map_add(v->words, s, n);
}

int32_t vocab_add(vocab *v, const char *s, size_t n)
{
    int32_t i = map_find(v->words, s, n);
    if (i >= 0)
        return i < N_SPECIAL ? VOCAB_UNK : i;
    return add_word(v, s, n);
}

int32_t vocab_id(const vocab *v, const char *s, size_t n)
{
    int32_t i = map_find(v->words, s, n);
    return i < N_SPECIAL ? VOCAB_UNK : i;
}

int32_t vocab_size(const vocab *v)
{
    return map_size(v->words);
}

const char *vocab_word(const vocab *v, int32_t i, size_t *n)
{
    return map_key(v->words, i, n);
}

/* ---- files: a word a line, mapped, because a program that runs for one document waits for this ---- */

static size_t line_length(const char *line, size_t n)
{
    const char *end = n ? memchr(line, '\n', n) : NULL;
    return end ? (size_t)(end - line) : n;
}

/* Reads the lines of the special rows and moves *at past them. */
static int check_special(const char *text, size_t n, size_t *at)
{
    for (int32_t i = 0; i < N_SPECIAL; i++) {
        if (*at >= n)
            return err_set("ends before %s", special[i]);
        const size_t length = line_length(text + *at, n - *at);
        if (length != strlen(special[i]) || memcmp(text + *at, special[i], length) != 0)
            return err_set("line %" PRId32 ": expected %s", i + 1, special[i]);
        *at += length + 1;
    }
    return 0;
}

/* What is wrong with a line that was not added. */
static int reject(vocab *v, const char *line, size_t n)
{
    const int32_t number = map_size(v->words) + 1;
    if (add_word(v, line, line_length(line, n)) >= 0)
        err_set("duplicate word");
    return err_prefix("line %" PRId32 ": ", number);
}

static int read_rows(vocab *v, const char *text, size_t n)
{
    size_t at = n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0, end = n, added;
    const bool utf8 = utf8_check((const unsigned char *)text, n, &end);
    if (check_special(text, n, &at) < 0)
        return -1;
    while (!utf8 && end > at && text[end - 1] != '\n') /* up to the line that is not */
        end--;
    if (at < end) {
        if (map_add_lines(v->words, text + at, end - at, &added) < 0)
            return -1;
        at += added;
    }
    return at < n ? reject(v, text + at, n - at) : 0;
}

vocab *vocab_parse(const char *text, size_t n, const char *path)
{
    vocab *v = vocab_new();
    if (v && read_rows(v, text, n) < 0) {
        err_prefix("%s: ", path);
        vocab_free(v);
        v = NULL;
    }
    return v;
}

vocab *vocab_read(const char *path)
{
    file_map f;
    if (file_map_open(&f, path) < 0)
        return NULL;
    vocab *v = vocab_parse((const char *)f.data, f.size, path);
    file_map_close(&f);
    return v;
}

int vocab_write(const vocab *v, const char *path)
{
    FILE *f = lines_create(path);
    if (!f)
        return -1;
    for (int32_t i = 0; i < vocab_size(v); i++) {
        size_t n;
        const char *word = vocab_word(v, i, &n);
        fwrite(word, 1, n, f);
        putc('\n', f);
    }
    return lines_finish(f, path);
}
