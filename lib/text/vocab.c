#include "text/vocab.h"

#include "base/err.h"
#include "base/map.h"
#include "base/mem.h"
#include "io/utf8check.h"
#include "text/lines.h"

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

/* Line i + 1 holds the word of row i: a word that gets another row was there before. */
static int read_row(vocab *v, const lines *l)
{
    int32_t row = (int32_t)(l->number - 1);
    if (row < N_SPECIAL) {
        const char *expected = special[row];
        if (l->n != strlen(expected) || memcmp(l->text, expected, l->n) != 0)
            return err_set("expected %s", expected);
        return 0;
    }
    int32_t i = add_word(v, l->text, l->n);
    if (i < 0)
        return -1;
    return i == row ? 0 : err_set("this word is there already");
}

static int read_rows(vocab *v, lines *l)
{
    int r;
    while ((r = lines_next(l)) > 0)
        if (read_row(v, l) < 0)
            return lines_error(l);
    if (r == 0 && l->number < N_SPECIAL)
        return err_set("%s: ends before %s", l->path, special[l->number]);
    return r;
}

vocab *vocab_read(const char *path)
{
    lines l;
    if (lines_open(&l, path, 0) < 0)
        return NULL;
    vocab *v = vocab_new();
    if (v && read_rows(v, &l) < 0) {
        vocab_free(v);
        v = NULL;
    }
    lines_close(&l);
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
