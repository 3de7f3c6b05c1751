/* SPDX-License-Identifier: Apache-2.0 */
/* The time of each part of ecan-tokenize, run one after another over the same lines in one thread.
 *
 *     text FILE.jsonl [ROUNDS]
 *
 * Prints a line for each part: nanoseconds of thread time per byte of JSON, the best of ROUNDS (5), and MB of
 * JSON per second. For a part that needs others, it is the time that it adds. For comparison it also measures
 * the parser of jansson. */
#include "base/err.h"
#include "io/json.h"
#include "io/jsonpull.h"
#include "io/stream.h"
#include "text/encounter.h"
#include "text/lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The texts of all notes one after another: they are tokenized. */
typedef struct texts {
    buf bytes;
    size_t *ends;
    size_t n, cap;
} texts;

typedef struct bench {
    const char *path;
    tokenizer *tokenizer;
    notes_rules *rules;
    encounter e;
    jsonpull json;
    stream_out *out;
    texts texts;
    size_t bytes; /* of JSON */
} bench;

static void die(void)
{
    fprintf(stderr, "text: %s\n", err_message());
    exit(1);
}

static void must(int result)
{
    if (result < 0)
        die();
}

static double thread_time(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- what is done with a line ---- */

static void do_nothing(bench *b, char *line, size_t n)
{
    (void)line;
    b->bytes += n + 1;
}

static void do_jansson(bench *b, char *line, size_t n)
{
    json_t *v = ecan_json_parse_line(line, n);
    (void)b;
    must(v ? 0 : -1);
    json_decref(v);
}

static void do_json(bench *b, char *line, size_t n)
{
    jsonpull_value v;
    must(jsonpull_open(&b->json, line, n));
    must(jsonpull_next(&b->json, &v));
    must(jsonpull_skip(&b->json, &v));
}

static void do_encounter(bench *b, char *line, size_t n)
{
    must(encounter_read(&b->e, b->tokenizer, b->rules, line, n));
}

static void do_all(bench *b, char *line, size_t n)
{
    do_encounter(b, line, n);
    must(stream_write(b->out, NULL, NULL, &b->e.fields));
}

static void keep_texts(bench *b, char *line, size_t n)
{
    texts *t = &b->texts;
    do_encounter(b, line, n);
    for (size_t i = 0; i < b->e.n_notes; i++) {
        must(buf_add(&t->bytes, b->e.notes[i].text.s, b->e.notes[i].text.n));
        must(mem_grow(&t->ends, &t->cap, t->n + 1, sizeof *t->ends));
        t->ends[t->n++] = t->bytes.len;
    }
}

/* ---- rounds ---- */

static void each_line(bench *b, void (*work)(bench *, char *, size_t))
{
    lines l;
    int got;
    must(lines_open(&l, b->path, 0));
    while ((got = lines_next(&l)) > 0)
        work(b, l.text, l.n);
    must(got);
    lines_close(&l);
}

static double time_lines(bench *b, void (*work)(bench *, char *, size_t))
{
    double start = thread_time();
    each_line(b, work);
    return thread_time() - start;
}

static double time_words(bench *b)
{
    tokens *w = &b->e.words;
    double start = thread_time();
    for (size_t i = 0, from = 0; i < b->texts.n; from = b->texts.ends[i++]) {
        tokens_clear(w);
        must(tokenize(b->tokenizer, (const char *)b->texts.bytes.data + from, b->texts.ends[i] - from, 0, w));
    }
    return thread_time() - start;
}

enum { LINES, JANSSON, JSON, WORDS, ENCOUNTER, ALL, KINDS };

static void best_of(bench *b, int rounds, double best[KINDS])
{
    void (*const work[KINDS])(bench *, char *, size_t) = {[LINES] = do_nothing,
                                                          [JANSSON] = do_jansson,
                                                          [JSON] = do_json,
                                                          [ENCOUNTER] = do_encounter,
                                                          [ALL] = do_all};
    for (int round = 0; round < rounds; round++)
        for (int k = 0; k < KINDS; k++) {
            double t = k == WORDS ? time_words(b) : time_lines(b, work[k]);
            best[k] = round == 0 || t < best[k] ? t : best[k];
        }
}

static void print(const char *part, double seconds, const bench *b, double all)
{
    double bytes = (double)b->bytes;
    printf("%-34s %6.2f ns/byte %8.0f MB/s %6.0f%%\n", part, 1e9 * seconds / bytes, 1e-6 * bytes / seconds,
           100 * seconds / all);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "Usage: text FILE.jsonl [ROUNDS]\n");
        return 2;
    }
    int rounds = argc > 2 ? atoi(argv[2]) : 5;
    double t[KINDS];
    bench b = {.path = argv[1],
               .tokenizer = tokenizer_new(&(tokenize_options){0}),
               .rules = notes_rules_new(&(notes_options){0}),
               .out = stream_create("/dev/null", false)};
    if (!b.tokenizer || !b.rules || !b.out || rounds < 1)
        die();
    must(stream_begin(b.out, "tokens", "text", NULL, NULL, NULL));
    each_line(&b, keep_texts);
    best_of(&b, rounds, t);
    b.bytes /= (size_t)rounds;

    print("lines of the file", t[LINES], &b, t[ALL]);
    print("+ JSON", t[JSON] - t[LINES], &b, t[ALL]);
    print("+ words", t[WORDS], &b, t[ALL]);
    print("+ record", t[ENCOUNTER] - t[JSON] - t[WORDS], &b, t[ALL]);
    print("+ stream, to /dev/null", t[ALL] - t[ENCOUNTER], &b, t[ALL]);
    print("= all of it", t[ALL], &b, t[ALL]);
    print("JSON by jansson, for comparison", t[JANSSON] - t[LINES], &b, t[ALL]);

    must(stream_end(b.out));
    encounter_free(&b.e);
    jsonpull_free(&b.json);
    buf_free(&b.texts.bytes);
    mem_free(b.texts.ends);
    notes_rules_free(b.rules);
    tokenizer_free(b.tokenizer);
    return 0;
}
