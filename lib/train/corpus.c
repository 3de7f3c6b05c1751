/* SPDX-License-Identifier: Apache-2.0 */
#include "train/corpus.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/tempfile.h"
#include "io/utf8check.h"
#include "io/vectors.h"
#include "text/lines.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK        (1 << 15) /* numbers that are written to or read from the temporary file at once */
#define SENTENCE_END -1

int corpus_init(corpus *c)
{
    *c = (corpus){.words = map_new(), .chunk = mem_array(CHUNK, sizeof(int32_t))};
    if (c->words == NULL || c->chunk == NULL)
        return -1;
    c->spool = tempfile_open();
    return c->spool == NULL ? -1 : 0;
}

void corpus_free(corpus *c)
{
    if (c->words != NULL)
        map_free(c->words);
    if (c->spool != NULL)
        fclose(c->spool); /* errors were checked after writing */
    mem_free(c->info);
    mem_free(c->selected);
    mem_free(c->sentence);
    mem_free(c->chunk);
    *c = (corpus){0};
}

/* ---- reading the text ---- */

static int spool_error(void)
{
    return err_io("temporary file in %s: %s", tempfile_folder(), strerror(errno));
}

/* Writes the numbers in c->chunk. */
static int spool_chunk(corpus *c)
{
    size_t n = c->chunk_end;
    c->chunk_end = 0;
    return fwrite(c->chunk, sizeof *c->chunk, n, c->spool) == n ? 0 : spool_error();
}

static int spool(corpus *c, int32_t number)
{
    c->chunk[c->chunk_end++] = number;
    return c->chunk_end < CHUNK ? 0 : spool_chunk(c);
}

/* The number of a word. Its element of info exists. -1: out of memory. */
static int32_t number_of(corpus *c, const char *word, size_t n)
{
    int32_t i = map_add(c->words, word, n);
    size_t before = c->capacity, needed = i < 0 ? 0 : i + 1;
    if (needed > before) {
        if (mem_grow(&c->info, &c->capacity, needed, sizeof *c->info) < 0)
            return -1;
        memset(c->info + before, 0, (c->capacity - before) * sizeof *c->info);
    }
    return i;
}

int corpus_add_word(corpus *c, const char *word, size_t n)
{
    int32_t i = number_of(c, word, n);
    if (i < 0)
        return -1;
    corpus_word *w = &c->info[i];
    w->count++;
    if (w->last != c->sentences + 1) {
        w->last = c->sentences + 1;
        w->sentences++;
    }
    c->tokens++;
    return spool(c, i);
}

int corpus_end_sentence(corpus *c)
{
    int64_t length = c->tokens - c->before;
    c->longest = length > c->longest ? length : c->longest;
    c->before = c->tokens;
    c->sentences++;
    return spool(c, SENTENCE_END);
}

int corpus_check(const record *r)
{
    walk w;
    uint32_t n;
    if (record_strings(r, "tokens", &w, &n) < 0)
        return -1;
    for (uint32_t i = 0; i < n; i++) {
        const char *word;
        size_t length;
        if (walk_str(&w, &word, &length) < 0)
            return record_error(r, "tokens");
        if (!vectors_word(word, length)) {
            err_set("token %" PRIu32
                    " is empty or has a space or control character, which word vectors cannot have",
                    i + 1);
            return record_error(r, "tokens");
        }
    }
    return 0;
}

int corpus_add(corpus *c, const record *r)
{
    walk w;
    uint32_t n;
    if (record_strings(r, "tokens", &w, &n) < 0)
        return -1;
    for (uint32_t i = 0; i < n; i++) {
        const char *word;
        size_t length;
        if (walk_str(&w, &word, &length) < 0 || corpus_add_word(c, word, length) < 0)
            return -1;
    }
    return corpus_end_sentence(c);
}

/* ---- selecting the words ---- */

static int by_count(const void *a, const void *b, void *info)
{
    int32_t i = *(const int32_t *)a, j = *(const int32_t *)b;
    int64_t m = ((const corpus_word *)info)[i].count, n = ((const corpus_word *)info)[j].count;
    return m != n ? (m < n) - (m > n) : (i > j) - (i < j);
}

int corpus_select(corpus *c, int64_t min_count, int64_t min_sentences)
{
    int32_t words = map_size(c->words);
    c->selected = mem_array(words, sizeof *c->selected);
    if (c->selected == NULL)
        return -1;
    for (int32_t i = 0; i < words; i++) {
        c->info[i].row = -1;
        if (c->info[i].count >= min_count && c->info[i].sentences >= min_sentences)
            c->selected[c->n++] = i;
    }
    if (c->n == 0)
        return err_set("no word occurs at least %" PRId64 " times in at least %" PRId64
                       " records: the input has %" PRId64 " records with %" PRId64 " tokens",
                       min_count, min_sentences, c->sentences, c->tokens);
    qsort_r(c->selected, c->n, sizeof *c->selected, by_count, c->info);
    for (int32_t row = 0; row < c->n; row++) {
        corpus_word *w = &c->info[c->selected[row]];
        if (w->count > INT64_MAX - c->kept)
            return err_set("the sum of the counts exceeds %" PRId64, INT64_MAX);
        w->row = row;
        c->kept += w->count;
    }
    return spool_chunk(c) < 0 ? -1 : fflush(c->spool) == 0 ? 0 : spool_error();
}

/* Parses a line "word count" of n bytes. Returns the length of the word; 0: not such a line. */
static size_t parse_count(const char *s, size_t n, int64_t *count)
{
    size_t end = n;
    *count = 0;
    while (end > 0 && (s[end - 1] == ' ' || s[end - 1] == '\r'))
        end--;
    size_t digits = end;
    while (digits > 0 && s[digits - 1] >= '0' && s[digits - 1] <= '9')
        digits--;
    if (digits == end || end - digits > 15 || digits < 2 || s[digits - 1] != ' ')
        return 0;
    for (size_t i = digits; i < end; i++)
        *count = 10 * *count + (s[i] - '0');
    return *count > 0 && vectors_word(s, digits - 1) ? digits - 1 : 0;
}

static int add_count(corpus *c, const char *line, size_t n)
{
    int64_t count;
    size_t bad, length = parse_count(line, n, &count);
    if (length == 0)
        return err_set("expected a word, a space and a count from 1 to 999999999999999");
    if (!utf8_check((const unsigned char *)line, length, &bad))
        return err_set("the word is not valid UTF-8");
    if (length == 4 && memcmp(line, "</s>", 4) == 0 && map_find(c->words, line, length) < 0)
        return 0;
    int32_t i = number_of(c, line, length);
    if (i < 0)
        return -1;
    if (c->info[i].count > 0)
        return err_set("duplicate word");
    c->info[i].count = count;
    return 0;
}

static int read_counts(corpus *c, lines *l)
{
    int got;
    while ((got = lines_next_named(l)) > 0)
        if (add_count(c, l->text, l->n) < 0)
            return lines_error(l);
    return got;
}

int corpus_select_from(corpus *c, const char *path, int64_t min_count)
{
    lines l;
    for (int32_t i = 0; i < map_size(c->words); i++)
        c->info[i].count = 0;
    if (lines_open(&l, path, LINES_SHORT) < 0)
        return -1;
    int rc = read_counts(c, &l);
    lines_close(&l);
    return rc < 0 ? -1 : corpus_select(c, min_count > 0 ? min_count : 1, 0);
}

/* ---- reading the temporary file ---- */

int corpus_rewind(corpus *c)
{
    c->chunk_at = c->chunk_end = 0;
    return fseeko(c->spool, 0, SEEK_SET) == 0 ? 0 : spool_error();
}

/* Reads the next number. 1: read; 0: end of the file; -1: error. */
static int next(corpus *c, int32_t *number)
{
    if (c->chunk_at == c->chunk_end) {
        c->chunk_at = 0;
        c->chunk_end = fread(c->chunk, sizeof *c->chunk, CHUNK, c->spool);
        if (c->chunk_end == 0)
            return ferror(c->spool) ? spool_error() : 0;
    }
    *number = c->chunk[c->chunk_at++];
    return 1;
}

int corpus_read(corpus *c)
{
    int32_t number = SENTENCE_END;
    int got;
    c->length = 0;
    c->length_read = 0;
    while ((got = next(c, &number)) > 0 && number != SENTENCE_END) {
        int32_t row = c->info[number].row;
        c->length_read++;
        if (row < 0)
            continue;
        if (mem_grow(&c->sentence, &c->sentence_capacity, c->length + 1, sizeof *c->sentence) < 0)
            return -1;
        c->sentence[c->length++] = row;
    }
    return got;
}
