/* SPDX-License-Identifier: Apache-2.0 */
/* Lines and records -> encounters with codes. Records become lines first, with the keys that are needed. */
#include "corpus/export_source.h"

#include "base/err.h"
#include "io/input_kind.h"
#include "text/predicted.h"

#include <string.h>

export_source *export_source_open(const char *const *files, int n, const export_options *o, left_out *l)
{
    export_source *in = mem_array(1, sizeof *in);
    if (!in)
        return NULL;
    *in = (export_source){.files = files, .n_files = n, .o = o, .left_out = l};
    in->kept = ecan_json_complete(json_array());
    in->seen = map_new();
    in->notes = o->n_notes ? export_notes_open(o->notes, o->n_notes, o->max_record) : NULL;
    if (in->kept && in->seen && (in->notes || !o->n_notes))
        return in;
    export_source_close(in);
    return NULL;
}

static void close_file(export_source *in)
{
    if (in->stream)
        stream_close(in->stream);
    else if (in->open)
        lines_close(&in->lines);
    labels_free(in->labels);
    in->stream = NULL;
    in->labels = NULL;
    in->open = false;
}

void export_source_close(export_source *in)
{
    if (!in)
        return;
    close_file(in);
    record_free(&in->r);
    export_notes_close(in->notes);
    json_decref(in->line);
    json_decref(in->kept);
    map_free(in->seen);
    idset_free(&in->ids);
    pack_free(&in->fields);
    mem_free(in->order);
    mem_free(in->thresholds);
    mem_free(in);
}

bool export_source_failed(const export_source *in)
{
    return in->failed;
}

void export_encounter_free(export_encounter *e)
{
    mem_free(e->codes);
    mem_free(e->passages);
    mem_free(e->notes);
    *e = (export_encounter){0};
}

/* An error after which nothing can be read. */
static int fail(export_source *in)
{
    in->failed = true;
    return -1;
}

/* ---- records ---- */

/* Adds a field of the record to the line. 0 or -1. */
static int copy_field(export_source *in, const char *key)
{
    const field *f = record_find(&in->r, key);
    json_t *value = f ? ecan_json_from_msgpack(f->value, f->size) : NULL;
    if (f && !value)
        return record_error(&in->r, key);
    return f ? ecan_json_set(in->line, key, value) : 0;
}

static int read_labels(export_source *in)
{
    if (in->labels && in->segment == stream_segment(in->stream))
        return 0;
    labels_free(in->labels);
    in->segment = stream_segment(in->stream);
    in->labels = labels_new();
    if (!in->labels || labels_from_header(in->labels, stream_header(in->stream)))
        return -1;
    const size_t L = (size_t)labels_count(in->labels);
    mem_free(in->order);
    mem_free(in->thresholds);
    in->order = mem_array(L, sizeof *in->order);
    in->thresholds = mem_array(L, sizeof *in->thresholds);
    for (size_t j = 0; in->thresholds && j < L; j++)
        in->thresholds[j] = (float)in->o->threshold;
    return in->order && in->thresholds ? 0 : -1;
}

/* The labels with a score above --threshold, as the key "predicted". */
static int predict(export_source *in)
{
    tensor scores;
    buf aligned = {0};
    if (read_labels(in) || record_tensor(&in->r, "scores", 'f', 1, &scores))
        return -1;
    if (scores.count != (size_t)labels_count(in->labels)) {
        err_set("%zu scores, but the header has %d labels", scores.count, (int)labels_count(in->labels));
        return record_error(&in->r, "scores");
    }
    const float *p = tensor_floats(&scores, &aligned);
    record fields = {0};
    int result = -1;
    pack_clear(&in->fields);
    if (p) {
        predicted_pack(&in->fields, in->labels, p, in->thresholds, in->order);
        if (record_from_fields(&fields, &in->fields) == 0) {
            const field *f = record_find(&fields, "predicted");
            result = ecan_json_set(in->line, "predicted", ecan_json_from_msgpack(f->value, f->size));
        }
    }
    record_free(&fields);
    buf_free(&aligned);
    return result;
}

/* 1, 0 or -1. */
static int read_record(export_source *in)
{
    const int got = stream_read(in->stream, &in->r);
    if (got < 0 && !stream_recoverable(in->stream))
        return fail(in);
    if (got <= 0)
        return got;
    json_decref(in->line);
    in->line = json_object();
    ecan_json_set(in->line, "id", json_string(in->r.id));
    if (in->o->threshold >= 0 ? predict(in) : copy_field(in, "predicted"))
        return -1;
    if (!json_object_get(in->line, "predicted"))
        return err_set("missing: expected a scored stream, of ecan-predict"),
               record_error(&in->r, "predicted");
    return copy_field(in, "documents") || copy_field(in, in->o->patient) ? -1 : 1;
}

/* ---- files ---- */

static int open_file(export_source *in)
{
    const char *const *file = &in->files[in->next++];
    in->open = true;
    if (!input_is_stream(*file)) {
        in->open = lines_open(&in->lines, *file, in->o->max_record) == 0;
        return in->open ? 0 : fail(in);
    }
    in->stream = stream_open(file, 1, &(stream_options){.max_record = in->o->max_record});
    return in->stream && stream_expect(in->stream, "scored") == 0 ? 0 : fail(in);
}

static int read_line(export_source *in)
{
    int got;
    do
        got = lines_next_named(&in->lines);
    while (got > 0 && !in->lines.text[strspn(in->lines.text, " \t\r")]);
    if (got < 0 && in->lines.failed)
        return fail(in);
    if (got <= 0)
        return got;
    json_decref(in->line);
    in->line = ecan_json_parse_line(in->lines.text, in->lines.n);
    if (!in->line)
        return lines_error(&in->lines);
    return json_is_object(in->line) ? 1 : (err_set("expected an object"), lines_error(&in->lines));
}

/* Where the line came from, before the message. */
static int at_line(const export_source *in)
{
    return in->stream ? record_error(&in->r, NULL) : lines_error(&in->lines);
}

/* The notes are those of --notes, or otherwise of the line. */
static int find_notes(export_source *in, export_encounter *e)
{
    const json_t *of = in->line;
    if (in->notes && export_notes_find(in->notes, e->id, &of) < 0) {
        err_prefix("encounter %.80s: ", e->id.s);
        return fail(in);
    }
    return export_read_notes(in, of, e);
}

int export_next(export_source *in, export_encounter *e)
{
    for (;;) {
        if (!in->open && in->next == in->n_files)
            return 0;
        if (!in->open && open_file(in))
            return -1;
        const int got = in->stream ? read_record(in) : read_line(in);
        if (got < 0)
            return -1;
        if (got == 0) {
            close_file(in);
            continue;
        }
        json_array_clear(in->kept);
        e->header = in->stream ? stream_header(in->stream) : NULL;
        return export_read_codes(in, e) || find_notes(in, e) ? (in->failed ? -1 : at_line(in)) : 1;
    }
}
