/* SPDX-License-Identifier: Apache-2.0 */
#include "text/vocab.h"

#include "base/err.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/ecan-vocab-XXXXXX";

static vocab *read_bytes(const char *s, size_t n)
{
    FILE *f = fopen(path, "w");
    fwrite(s, 1, n, f);
    fclose(f);
    return vocab_read(path);
}

static void refused(const char *title, const char *s, size_t n, const char *line)
{
    vocab *v = read_bytes(s, n);
    ok(v == NULL && strstr(err_message(), line) && strstr(err_message(), path), "%s: %s", title,
       err_message());
    vocab_free(v);
}
#define REFUSED(title, s, line) refused(title, s, sizeof(s) - 1, line)

static void words(void)
{
    vocab *v = vocab_new();
    ok(vocab_size(v) == 2 && strcmp(vocab_word(v, 0, NULL), "<pad>") == 0 &&
           strcmp(vocab_word(v, 1, NULL), "<unk>") == 0,
       "a new vocabulary has <pad> and <unk>");
    ok(vocab_add(v, "koorts", 6) == 2 && vocab_add(v, "été", 5) == 3 && vocab_add(v, "koorts", 6) == 2,
       "a word gets the next row, once");
    ok(vocab_id(v, "été", 5) == 3 && vocab_id(v, "ét", 3) == 1 && vocab_id(v, "", 0) == 1,
       "ids, 1 for unknown");
    ok(vocab_id(v, "<pad>", 5) == 1 && vocab_id(v, "<unk>", 5) == 1,
       "<pad> and <unk> in a text are unknown words");
    ok(vocab_add(v, "<pad>", 5) == 1 && vocab_add(v, "<unk>", 5) == 1, "and cannot be added");
    ok(vocab_add(v, "", 0) == -1 && vocab_add(v, "a\nb", 3) == -1 && vocab_add(v, "\xff", 1) == -1,
       "what is no word is refused");
    ok(vocab_add(v, "a\0b", 3) == 4 && vocab_add(v, "a b\r", 4) == 5, "a word may hold any other byte");

    ok(vocab_write(v, path) == 0, "written");
    vocab *w = vocab_read(path);
    ok(w && vocab_size(w) == vocab_size(v), "read back");
    int same = 1;
    for (int32_t i = 0; w && i < vocab_size(v); i++) {
        size_t n, m;
        const char *a = vocab_word(v, i, &n), *b = vocab_word(w, i, &m);
        same = same && n == m && memcmp(a, b, n) == 0;
    }
    ok(same, "word for word");
    ok(vocab_write(v, "/dev/full") == -1 && strstr(err_message(), "/dev/full: "), "a full disk: %s",
       err_message());
    vocab_free(v);
    vocab_free(w);
}

static void files(void)
{
    vocab *v = read_bytes("<pad>\n<unk>\nla\nfin", 18);
    ok(v && vocab_size(v) == 4 && vocab_id(v, "fin", 3) == 3, "the last line may lack its line feed");
    vocab_free(v);
    REFUSED("an empty file", "", "ends before <pad>");
    REFUSED("only <pad>", "<pad>\n", "ends before <unk>");
    REFUSED("another first line", "la\n<unk>\n", "line 1: expected <pad>");
    REFUSED("no <unk>", "<pad>\nla\n", "line 2: expected <unk>");
    REFUSED("a duplicate word", "<pad>\n<unk>\nla\nle\nla\n", "line 5: ");
    REFUSED("a duplicate <unk>", "<pad>\n<unk>\n<unk>\n", "line 3: ");
    REFUSED("a duplicate <pad>", "<pad>\n<unk>\nla\n<pad>\n", "line 4: ");
    REFUSED("an empty line", "<pad>\n<unk>\nla\n\nle\n", "line 4: ");
    REFUSED("not UTF-8", "<pad>\n<unk>\n\xc3(\n", "line 3: ");
    ok(vocab_read("/nowhere/vocab.txt") == NULL && strstr(err_message(), "/nowhere/vocab.txt: "),
       "no file: %s", err_message());
    ok(vocab_read("/") == NULL, "a folder: %s", err_message());
}

int main(void)
{
    close(mkstemp(path));
    words();
    files();
    unlink(path);
    return tap_done();
}
