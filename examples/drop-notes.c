/* SPDX-License-Identifier: Apache-2.0 */
/* An example filter: removes the notes of some types, and their words, from encounters. Use it to measure the
 * results without the discharge letter.
 *
 *     ecan-tokenize test.jsonl | drop-notes ontslagbrief 'lettre de sortie' | ecan-predict -m model |
 * ecan-metrics
 *
 * lib/io does the rest: reading, checks, threads, order, keys that this program does not know, the end
 * record, and errors. */
#include "base/err.h"
#include "base/mem.h"
#include "io/filter.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The types to remove: the arguments of the program. */
typedef struct types {
    char **names;
    int n;
} types;

static __attribute__((format(printf, 1, 2))) void warn(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fputs("drop-notes: ", stderr);
    vfprintf(stderr, format, ap);
    fputc('\n', stderr);
    va_end(ap);
}

/* Returns 1 if the note at w has a type to remove, 0 if not, or -1. Moves w after the note. */
static int is_unwanted(const types *unwanted, walk *w)
{
    uint32_t pairs;
    int found = 0;
    if (walk_map(w, &pairs) < 0)
        return -1;
    for (uint32_t i = 0; i < pairs; i++) {
        const char *key, *type;
        size_t n, m;
        if (walk_str(w, &key, &n) < 0)
            return -1;
        if (n != 4 || memcmp(key, "type", 4) != 0) {
            if (walk_skip(w) != 1)
                return err_set("truncated note");
            continue;
        }
        if (walk_str(w, &type, &m) < 0)
            return -1;
        for (int t = 0; t < unwanted->n; t++)
            found |= strlen(unwanted->names[t]) == m && memcmp(unwanted->names[t], type, m) == 0;
    }
    return found;
}

/* Packs the notes that remain. Allocates place: place[document] is the new index, or -1 if it is removed.
 * Returns the number of documents, or -1. */
static int64_t keep_notes(const types *unwanted, const record *in, pack *out, int32_t **place)
{
    const field *f = record_find(in, "documents");
    if (!f)
        return err_set("no such key");
    walk w = {f->value, f->value + f->size};
    uint32_t n;
    if (walk_array(&w, &n) < 0 || !(*place = mem_array(n, sizeof **place)))
        return -1;
    pack kept = {0};
    int32_t stay = 0;
    for (uint32_t d = 0; d < n; d++) {
        const unsigned char *note = w.p;
        int drop = is_unwanted(unwanted, &w);
        if (drop < 0) {
            pack_free(&kept);
            return -1;
        }
        if (!drop)
            pack_raw(&kept, note, (size_t)(w.p - note));
        (*place)[d] = drop ? -1 : stay++;
    }
    pack_key(out, "documents");
    pack_array(out, (size_t)stay);
    pack_raw(out, kept.body.data, kept.body.len);
    int result = pack_failed(&kept) ? err_set("out of memory") : 0;
    pack_free(&kept);
    return result < 0 ? -1 : (int64_t)n;
}

/* Packs the words that remain and their spans, i4 [T][3]: document, start, end. Returns 0 or -1. */
static int keep_words(const int32_t *place, int64_t n_documents, const record *in, pack *out)
{
    tensor t;
    walk w;
    uint32_t T, stay = 0;
    buf scratch = {0};
    if (record_tensor(in, "spans", 'i', 2, &t) < 0 || record_strings(in, "tokens", &w, &T) < 0)
        return -1;
    if (t.shape[0] != T || t.shape[1] != 3)
        return err_set("expected one span for each token");
    const int32_t *spans = tensor_ints(&t, &scratch);
    int32_t *kept = mem_array(T, 3 * sizeof *kept);
    pack words = {0};
    int result = spans && kept ? 0 : -1;
    for (uint32_t i = 0; i < T && result == 0; i++) {
        const char *s;
        size_t n;
        int32_t d = spans[3 * i];
        if (walk_str(&w, &s, &n) < 0 || d < 0 || d >= n_documents) {
            result = err_set("word %u is in no document", (unsigned)i);
        } else if (place[d] >= 0) {
            pack_str_n(&words, s, n);
            memcpy(kept + 3 * stay, (int32_t[]){place[d], spans[3 * i + 1], spans[3 * i + 2]},
                   3 * sizeof *kept);
            stay++;
        }
    }
    if (result == 0) {
        pack_key(out, "tokens");
        pack_array(out, stay);
        pack_raw(out, words.body.data, words.body.len);
        pack_key(out, "spans");
        pack_i4(out, kept, 2, (size_t[]){stay, 3});
        result = pack_failed(&words) ? err_set("out of memory") : 0;
    }
    pack_free(&words);
    mem_free(kept);
    buf_free(&scratch);
    return result;
}

static int drop_notes(void *context, int worker, const record *in, pack *out)
{
    int32_t *place = NULL;
    (void)worker;
    int64_t n = keep_notes(context, in, out, &place);
    int result = n < 0 ? record_error(in, "documents") : 0;
    if (result == 0 && keep_words(place, n, in, out) < 0)
        result = record_error(in, "tokens");
    mem_free(place);
    return result;
}

int main(int argc, char **argv)
{
    if (argc < 2 || argv[1][0] == '-') {
        fputs("Usage: drop-notes TYPE... < tokens > tokens\n", stderr);
        return 2;
    }
    types unwanted = {argv + 1, argc - 1};
    const filter f = {.program = "drop-notes",
                      .in_kind = "tokens",
                      .out_kind = "tokens",
                      .drop =
                          (const char *const[]){"gaps", NULL}, /* gaps are numbers of words, which change */
                      .apply = drop_notes,
                      .context = &unwanted,
                      .warn = warn};
    pool *threads = pool_new(1);
    if (!threads) {
        warn("%s", err_message());
        return 1;
    }
    int code = filter_run(&f, threads);
    pool_free(threads);
    return code;
}
