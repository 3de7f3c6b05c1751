/* SPDX-License-Identifier: Apache-2.0 */
/* Marks in token records the words that are negated, in the past, about relatives or uncertain: `scopes`, i4
 * [T], bits as in lib/text/scopes.h. With a table of your own (formats/scopes.md):
 *
 *     ecan-tokenize notes.jsonl | mark-scopes my-scopes.tsv | ecan-show --key scopes
 *
 * Without arguments it uses the table that is built in. mark-scopes --table prints that table. */
#include "base/err.h"
#include "base/mem.h"
#include "io/filter.h"
#include "text/scopes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static __attribute__((format(printf, 1, 2))) void warn(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fputs("mark-scopes: ", stderr);
    vfprintf(stderr, format, ap);
    fputc('\n', stderr);
    va_end(ap);
}

typedef struct marker {
    scopes *table;
    scopes_work *work; /* of the only thread, like words */
    seen_words words;
} marker;

static int mark(void *context, int worker, const record *in, pack *out)
{
    marker *m = context;
    (void)worker;
    const unsigned char *marks = seen_words_read(&m->words, in) ? NULL : scopes_mark(m->work, &m->words);
    const size_t T = m->words.T;
    int32_t *numbers = marks ? mem_array(T, sizeof *numbers) : NULL;
    if (!numbers)
        return -1;
    for (size_t i = 0; i < T; i++)
        numbers[i] = marks[i];
    pack_key(out, "scopes");
    pack_i4(out, numbers, 1, &T);
    mem_free(numbers);
    return 0;
}

static int print_table(void)
{
    size_t n;
    const char *s = scopes_builtin(&n);
    return fwrite(s, 1, n, stdout) == n && fflush(stdout) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--table") == 0)
        return print_table();
    if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
        fputs("Usage: mark-scopes [TABLE] < tokens > tokens\n       mark-scopes --table > TABLE\n", stderr);
        return 2;
    }
    marker m = {.table = argc == 2 ? scopes_read(argv[1]) : scopes_new()};
    m.work = m.table ? scopes_work_new(m.table) : NULL;
    pool *threads = pool_new(1);
    const filter f = {.program = "mark-scopes",
                      .in_kind = "tokens",
                      .out_kind = "tokens",
                      .apply = mark,
                      .context = &m,
                      .warn = warn};
    int code = 1;
    if (m.table && m.work && threads)
        code = filter_run(&f, threads);
    else
        warn("%s", err_message());
    pool_free(threads);
    scopes_work_free(m.work);
    seen_words_free(&m.words);
    scopes_free(m.table);
    return code;
}
