/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"
#include "base/tempfile.h"
#include "corpus/collection_parts.h"
#include "io/folder.h"
#include "io/show.h"
#include "text/labels.h"
#include "text/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- order ---- */

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int by_written_order(const void *a, const void *b, void *context)
{
    const collection *c = context;
    const collection_piece *x = a, *y = b;
    const collection_encounter *p = &c->encounters[x->encounter], *q = &c->encounters[y->encounter];
    int order = compare(p->order[0], q->order[0]);
    order = order ? order : compare(p->order[1], q->order[1]);
    order = order ? order : compare(x->encounter, y->encounter);
    order = order ? order : compare(x->order, y->order);
    return order ? order : compare(x->arrival, y->arrival);
}

static int by_code(const void *a, const void *b, void *context)
{
    const collection *c = context;
    return strcmp(map_key(c->codes, *(const int32_t *)a, NULL), map_key(c->codes, *(const int32_t *)b, NULL));
}

/* The codes sorted by their bytes. NULL when memory is out. */
static int32_t *sorted_codes(const collection *c)
{
    const int32_t n = map_size(c->codes);
    int32_t *order = mem_array(n, sizeof *order);
    if (!order)
        return NULL;
    for (int32_t i = 0; i < n; i++)
        order[i] = i;
    if (n > 0)
        qsort_r(order, n, sizeof *order, by_code, (void *)c);
    return order;
}

static int by_rank(const void *a, const void *b, void *context)
{
    const collection *c = context;
    const collection_pair *x = a, *y = b;
    const int order = compare(x->encounter, y->encounter);
    return order ? order : compare(c->rank[x->code], c->rank[y->code]);
}

int collection_sort(collection *c)
{
    const int32_t n = map_size(c->codes);
    int32_t *order = sorted_codes(c);
    c->rank = mem_array(n, sizeof *c->rank);
    if (!order || !c->rank) {
        mem_free(order);
        return -1;
    }
    for (int32_t i = 0; i < n; i++)
        c->rank[order[i]] = i;
    mem_free(order);
    if (c->n_labels)
        qsort_r(c->labels, c->n_labels, sizeof *c->labels, by_rank, c);
    if (c->n_texts)
        qsort_r(c->texts, c->n_texts, sizeof *c->texts, by_written_order, c);
    return 0;
}

/* ---- files ---- */

/* Reads the text of a piece into text[size]. 0 or -1. */
static int read_piece(const collection *c, const collection_piece *p, unsigned char *text)
{
    for (size_t at = 0, n = p->size; at < n;) {
        const ssize_t got = pread(fileno(c->spool), text + at, n - at, p->offset + (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return err_set("reading the temporary file failed: %s",
                           got < 0 ? strerror(errno) : "it is too short");
        at += got;
    }
    return 0;
}

static int add_piece(buf *line, const collection *c, const collection_piece *p)
{
    if (buf_reserve(line, p->size) || read_piece(c, p, line->data + line->len))
        return -1;
    line->len += p->size;
    return 0;
}

/* Index of the first label of an encounter. */
static size_t find_labels(const collection *c, int32_t e)
{
    size_t low = 0, high = c->n_labels;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (c->labels[middle].encounter < e)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The parts of a line between the values, with spaces or without. */
static const struct frame {
    const char *id, *patient, *documents, *text, *labels, *comma;
} spaced = {"{\"id\": ", ", \"patient\": ", ", \"documents\": [", ", ", ", \"labels\": [", ", "},
  compact = {"{\"id\":", ",\"patient\":", ",\"documents\":[", ",", ",\"labels\":[", ","};

static int add_labels(buf *line, const collection *c, int32_t e, const struct frame *with)
{
    if (show_text(line, with->labels))
        return -1;
    for (size_t first = find_labels(c, e), i = first; i < c->n_labels && c->labels[i].encounter == e; i++) {
        size_t n;
        const char *code = map_key(c->codes, c->labels[i].code, &n);
        if ((i > first && show_text(line, with->comma)) || show_string(line, code, n))
            return -1;
    }
    return show_text(line, "]");
}

static int add_patient(buf *line, const collection *c, int32_t e, const struct frame *with)
{
    const int32_t patient = c->encounters[e].patient;
    size_t n;
    const char *s = patient < 0 ? NULL : map_key(c->patients, patient, &n);
    return s && (show_text(line, with->patient) || show_string(line, s, n)) ? -1 : 0;
}

/* Makes the line of the encounter of texts[from ..]. *to: where the texts of the next encounter begin. 0
 * or -1. */
static int make_line(buf *line, const collection *c, const struct frame *with, bool labelled, size_t from,
                     size_t *to)
{
    const int32_t e = c->texts[from].encounter;
    size_t n;
    const char *id = map_key(c->ids, e, &n);
    line->len = 0;
    if (show_text(line, with->id) || show_string(line, id, n) || add_patient(line, c, e, with) ||
        show_text(line, c->documents ? with->documents : with->text))
        return -1;
    for (*to = from; *to < c->n_texts && c->texts[*to].encounter == e; ++*to)
        if ((*to > from && show_text(line, with->comma)) || add_piece(line, c, &c->texts[*to]))
            return -1;
    if ((c->documents && show_text(line, "]")) || (labelled && add_labels(line, c, e, with)))
        return -1;
    return show_text(line, "}\n");
}

static int write_lines(FILE *f, const collection *c, int split)
{
    buf line = {0};
    int result = 0;
    for (size_t i = 0, next; !result && i < c->n_texts; i = next) {
        const collection_encounter *e = &c->encounters[c->texts[i].encounter];
        if (e->split == split && collection_is_written(e)) {
            result = make_line(&line, c, &spaced, true, i, &next);
            if (!result)
                fwrite(line.data, 1, line.len,
                       f); /* an error is left in the state of f, for lines_finish() */
        } else {
            for (next = i + 1; next < c->n_texts && c->texts[next].encounter == c->texts[i].encounter;)
                next++;
        }
    }
    buf_free(&line);
    return result;
}

int collection_write_lines(collection *c, FILE *f, collection_labelled labelled)
{
    collection_counts counts;
    buf line = {0};
    int result = collection_choose(c, &(collection_choice){0}, &counts);
    if (!result && fflush(c->spool))
        result = err_set("%s: writing the temporary file failed: %s", tempfile_folder(), strerror(errno));
    for (size_t i = 0; !result && !ferror(f) && i < c->n_texts;) {
        const bool known = c->encounters[c->texts[i].encounter].codes_known;
        result = make_line(&line, c, &compact, labelled == COLLECTION_KNOWN ? known : labelled, i, &i);
        if (!result)
            fwrite(line.data, 1, line.len, f);
    }
    buf_free(&line);
    return result;
}

static int write_split(const collection *c, int split, const char *path)
{
    FILE *f = lines_create_private(path);
    if (!f)
        return -1;
    if (write_lines(f, c, split)) {
        fclose(f);
        return -1;
    }
    return lines_finish(f, path);
}

static int write_train(const void *context, const char *path)
{
    return write_split(context, COLLECTION_TRAIN, path);
}

static int write_dev(const void *context, const char *path)
{
    return write_split(context, COLLECTION_DEV, path);
}

static int write_test(const void *context, const char *path)
{
    return write_split(context, COLLECTION_TEST, path);
}

static const char *description_of(const collection *c, int32_t code)
{
    return c->description[code] == SIZE_MAX ? "" : (const char *)c->descriptions.data + c->description[code];
}

static int write_labels(const void *context, const char *path)
{
    const collection *c = context;
    int32_t *order = sorted_codes(c);
    labels *l = order ? labels_new() : NULL;
    int result = l ? 0 : -1;
    for (int32_t i = 0; !result && i < map_size(c->codes); i++) {
        size_t n;
        const char *code = map_key(c->codes, order[i], &n);
        if (c->kept[order[i]] && labels_add(l, code, n, description_of(c, order[i])) < 0)
            result = err_prefix("label %.40s: ", code);
    }
    if (!result)
        result = labels_write(l, path);
    labels_free(l);
    mem_free(order);
    return result;
}

int collection_write(const collection *c, const char *folder)
{
    const folder_part parts[] = {{"train.jsonl", write_train, c, NULL},
                                 {"dev.jsonl", write_dev, c, NULL},
                                 {"test.jsonl", write_test, c, NULL},
                                 {"labels.tsv", write_labels, c, NULL}};
    if (fflush(c->spool))
        return err_io("writing the temporary file failed: %s", strerror(errno));
    return folder_write(folder, parts, sizeof parts / sizeof *parts);
}
