/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/predict_file.h"

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/tempfile.h"
#include "io/file.h"
#include "io/inflate.h"
#include "io/show.h"
#include "text/encounters.h"
#include "text/text_settings.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BATCH_PER_THREAD = 4 }; /* encounters in memory */

/* ---- the model ---- */

/* Opens the model or ensemble that the folder is or has. */
static int open_models(ensemble *e, const char *folder)
{
    static const char *const within[] = {".", "ensemble", "model"};
    for (size_t i = 0; i < sizeof within / sizeof *within; i++) {
        char *path = i == 0 ? strdup(folder) : file_join(folder, within[i]);
        if (!path)
            return err_memory("out of memory");
        int found = ensemble_exists(path);
        if (!found)
            found = file_exists_in(path, MODEL_CONFIG);
        const int result = found > 0 ? ensemble_open(e, path, NULL) : found;
        free(path);
        if (found)
            return result;
    }
    return err_model(
        "%s is neither a model nor an ensemble: expected a model folder, an ensemble folder, or a "
        "folder of ecan train or ecan ensemble",
        folder);
}

int file_model_open(file_model *m, const char *folder)
{
    *m = (file_model){0};
    if (open_models(&m->models, folder))
        return -1;
    const json_t *settings = model_tokenizer(&m->models.part[0].model);
    if (!settings)
        return err_model("%s: no key tokenizer in " MODEL_CONFIG
                         ": the model was not trained on words of ecan-tokenize",
                         folder);
    return text_settings_read(settings, &m->tokenizer, &m->rules)
               ? err_prefix("%s: " MODEL_CONFIG ": ", folder)
               : 0;
}

void file_model_close(file_model *m)
{
    notes_rules_free(m->rules);
    tokenizer_free(m->tokenizer);
    ensemble_close(&m->models);
    *m = (file_model){0};
}

/* ---- tables ---- */

/* Whether the text begins with something other than a JSON object. */
static bool begins_as_table(const unsigned char *s, size_t n)
{
    if (n >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0) {
        s += 3;
        n -= 3;
    }
    return n > 0 && !memchr("{ \t\n\r", s[0], 5);
}

/* 1, 0 or -1. */
static int is_table(const char *path)
{
    unsigned char start[4096], text[4];
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : fd_read(fd, start, sizeof start);
    int result = n < 0 ? err_io("%s: %s", path, strerror(errno)) : 0;
    if (n > 0 && inflater_is_gzip(start, (size_t)n)) {
        inflater *z = inflater_new(fd, start, (size_t)n);
        n = z ? inflater_read(z, text, sizeof text) : -1;
        result = n < 0 ? err_prefix("%s: ", path) : begins_as_table(text, (size_t)n);
        inflater_free(z);
    } else if (n > 0) {
        result = begins_as_table(start, (size_t)n);
    }
    if (fd >= 0)
        close(fd);
    return result;
}

/* The table as JSON Lines, in a file without a name. NULL with the message set. */
static FILE *convert_table(const char *path, const convert_options *how)
{
    convert v;
    FILE *f = tempfile_open();
    if (!f)
        return NULL;
    int result = convert_open(&v, how);
    if (!result) {
        result = convert_csv(&v, path) || convert_write(&v, f) ? -1 : 0;
        convert_close(&v);
    }
    if (!result && (fflush(f) || ferror(f)))
        result = err_io("temporary file in %s: cannot write: %s", tempfile_folder(), strerror(errno));
    if (!result)
        return f;
    fclose(f);
    return NULL;
}

/* ---- encounters ---- */

typedef struct item {
    record in, added; /* added: what prediction adds */
    pack fields;
    buf line;
    char *why; /* NULL: no error */
    err_class class;
    uint64_t words, notes; /* that were not read */
} item;

typedef struct run {
    ensemble_stage *stage;
    item *items;
    size_t n, capacity;
    FILE *out;
    unread *counts;
} run;

/* Appends the field if it is one of the line. */
static int show_field(buf *line, const field *f)
{
    static const char *const shown[] = {"id", "predicted", "words_cut", "notes_cut"};
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        if (f->key_len == strlen(shown[i]) && memcmp(f->key, shown[i], f->key_len) == 0)
            return show_text(line, line->len ? ", " : "{") || show_string(line, f->key, f->key_len) ||
                           show_text(line, ": ") || show_object(line, f->value, f->size, false)
                       ? -1
                       : 0;
    return 0;
}

/* The line of a stream's record that has the fields of both; those of added replace those of in. */
static int write_line(item *x)
{
    x->line.len = 0;
    for (size_t i = 0; i < x->in.n; i++) {
        const field *f = &x->in.fields[i];
        bool replaced = false;
        for (size_t j = 0; j < x->added.n; j++)
            replaced |= x->added.fields[j].key_len == f->key_len &&
                        memcmp(x->added.fields[j].key, f->key, f->key_len) == 0;
        if (!replaced && show_field(&x->line, f))
            return -1;
    }
    for (size_t i = 0; i < x->added.n; i++)
        if (show_field(&x->line, &x->added.fields[i]))
            return -1;
    return show_text(&x->line, "}\n");
}

static int predict_item(ensemble_stage *stage, int worker, item *x)
{
    pack_clear(&x->fields);
    if (ensemble_stage_apply(stage, worker, &x->in, &x->fields) || record_from_fields(&x->added, &x->fields))
        return -1;
    const record *last = record_find(&x->added, "words_cut") ? &x->added : &x->in;
    return unread_words_of(&x->words, last) || unread_notes_of(&x->notes, &x->in) || write_line(x) ? -1 : 0;
}

static void predict_task(void *context, size_t task, size_t worker)
{
    run *r = context;
    item *x = &r->items[task];
    if (!predict_item(r->stage, (int)worker, x))
        return;
    x->why = err_copy();
    x->class = err_get_class();
}

/* Predicts the encounters in r->items, and writes their lines. */
static int predict_batch(run *r, pool *threads)
{
    pool_run(threads, predict_task, r, r->n);
    for (size_t i = 0; i < r->n; i++) {
        const item *x = &r->items[i];
        if (x->why)
            return err_minus_one(err_set_class(x->class, "%s", x->why));
        fwrite(x->line.data, 1, x->line.len, r->out);
        unread_add(r->counts, x->words, x->notes);
    }
    r->n = 0;
    return 0;
}

static int predict_all(run *r, encounters *in, const char *path, pool *threads)
{
    const encounter *e;
    int got;
    while ((got = encounters_next(in, &e)) > 0) {
        item *x = &r->items[r->n];
        if (record_from_fields(&x->in, &e->fields))
            return err_memory("out of memory");
        x->in.number = r->counts->encounters + ++r->n;
        x->in.file = path;
        if (r->n == r->capacity && predict_batch(r, threads))
            return -1;
    }
    return got < 0 ? -1 : predict_batch(r, threads);
}

static void free_items(run *r)
{
    for (size_t i = 0; r->items && i < r->capacity; i++) {
        item *x = &r->items[i];
        record_free(&x->in);
        record_free(&x->added);
        pack_free(&x->fields);
        buf_free(&x->line);
        err_copy_free(x->why);
    }
    mem_free(r->items);
}

/* path is for messages. */
static int predict_lines(const file_model *m, const char *file, const char *path, run *r, double threshold,
                         pool *threads)
{
    const ensemble_options how = {.threshold = threshold};
    r->capacity = BATCH_PER_THREAD * pool_size(threads);
    r->items = mem_array(r->capacity, sizeof *r->items);
    r->stage = r->items ? ensemble_stage_new(&m->models, (int)pool_size(threads), &how) : NULL;
    encounters *in =
        r->stage ? encounters_open(&file, 1, STREAM_MAX_RECORD, m->tokenizer, m->rules, threads) : NULL;
    const int result = in ? predict_all(r, in, path, threads) : -1;
    encounters_close(in);
    ensemble_stage_free(r->stage);
    free_items(r);
    return result;
}

int predict_file(const file_model *m, const char *path, FILE *out, double threshold, pool *threads,
                 const convert_options *table, unread *counts)
{
    run r = {.out = out, .counts = counts};
    char converted[32];
    *counts = (unread){0};
    const int found = is_table(path);
    if (found <= 0)
        return found < 0 ? -1 : predict_lines(m, path, path, &r, threshold, threads);
    FILE *f = convert_table(path, table);
    if (!f)
        return -1;
    snprintf(converted, sizeof converted, "/proc/self/fd/%d", fileno(f));
    const int result = predict_lines(m, converted, path, &r, threshold, threads);
    fclose(f);
    return result;
}
