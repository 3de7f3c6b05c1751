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
        return err_set("an empty word");
    if (memchr(s, '\n', n))
        return err_set("a word with a line feed");
    size_t bad;
    if (!utf8_check((const unsigned char *)s, n, &bad))
        return err_set("a word that is not UTF-8");
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

#define BLOCK 1024 /* lines */

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first byte is the lowest");

/* Of eight bytes the high bit of each line feed. */
static uint64_t line_feeds(const unsigned char *p)
{
    uint64_t x;
    memcpy(&x, p, sizeof x);
    x ^= 0x0a0a0a0a0a0a0a0au;
    return ~(((x & 0x7f7f7f7f7f7f7f7fu) + 0x7f7f7f7f7f7f7f7fu) | x | 0x7f7f7f7f7f7f7f7fu);
}

/* The next line feed, or end. Words are short: a call of memchr() for each would take longer. */
static const unsigned char *line_end(const unsigned char *p, const unsigned char *end)
{
    uint64_t found = 0;
    for (; end - p >= 8 && (found = line_feeds(p)) == 0; p += 8)
        ;
    if (found)
        return p + __builtin_ctzll(found) / 8;
    while (p < end && *p != '\n')
        p++;
    return p;
}

static size_t count_lines(const unsigned char *p, const unsigned char *end)
{
    size_t n = 1;
    for (; end - p >= 8; p += 8)
        n += (line_feeds(p) >> 7) * 0x0101010101010101u >> 56; /* the sum of the bytes, each 0 or 1 */
    for (; p < end; p++)
        n += *p == '\n';
    return n;
}

/* The next lines of [*p, end), BLOCK at most, without their line feeds. How many. */
static int32_t take_lines(const unsigned char **p, const unsigned char *end, map_string line[BLOCK])
{
    int32_t n = 0;
    for (; n < BLOCK && *p < end; n++) {
        const unsigned char *stop = line_end(*p, end);
        line[n] = (map_string){(const char *)*p, (size_t)(stop - *p)};
        *p = stop + 1;
    }
    return n;
}

/* The lines of the special rows. */
static int check_special(const map_string *line, int32_t n)
{
    for (int32_t i = 0; i < N_SPECIAL; i++) {
        if (i == n)
            return err_set("ends before %s", special[i]);
        if (line[i].n != strlen(special[i]) || memcmp(line[i].s, special[i], line[i].n) != 0)
            return err_set("line %" PRId32 ": expected %s", i + 1, special[i]);
    }
    return 0;
}

/* Rows from lines, the first of which is the one of row map_size(v->words). utf8: they are known to be it. */
static int add_rows(vocab *v, const map_string *line, int32_t n, bool utf8)
{
    int32_t good = 0;
    size_t bad;
    while (good < n && line[good].n > 0 &&
           (utf8 || utf8_check((const unsigned char *)line[good].s, line[good].n, &bad)))
        good++;
    int32_t added = map_add_new(v->words, line, good);
    if (added < 0)
        return -1;
    if (added == n)
        return 0;
    int32_t number = map_size(v->words) + 1;
    if (add_word(v, line[added].s, line[added].n) >= 0)
        err_set("this word is there already");
    return err_prefix("line %" PRId32 ": ", number);
}

static int read_rows(vocab *v, const unsigned char *text, size_t n)
{
    const unsigned char *p = text, *end = text + n;
    map_string line[BLOCK];
    size_t bad;
    bool utf8 = utf8_check(text, n, &bad), first = true;
    if (n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        p += 3;
    const size_t n_lines = count_lines(p, end);
    if (map_reserve(v->words, n_lines, n + n_lines) < 0)
        return -1;
    for (; first || p < end; first = false) {
        int32_t count = take_lines(&p, end, line), skipped = first ? N_SPECIAL : 0;
        if (first && check_special(line, count) < 0)
            return -1;
        if (add_rows(v, line + skipped, count - skipped, utf8) < 0)
            return -1;
    }
    return 0;
}

vocab *vocab_read(const char *path)
{
    file_map f;
    if (file_map_open(&f, path) < 0)
        return NULL;
    vocab *v = vocab_new();
    if (v && read_rows(v, f.data, f.size) < 0) {
        err_prefix("%s: ", path);
        vocab_free(v);
        v = NULL;
    }
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
