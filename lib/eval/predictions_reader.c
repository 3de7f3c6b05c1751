/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the file, detects its format and reads streams. Rows are read in predictions_csv.c, objects in
 * predictions_json.c. */
#include "eval/predictions_reader.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/printable.h"
#include "eval/predictions_reader_private.h"
#include "io/input_kind.h"
#include "io/utf8check.h"

#include <math.h>
#include <string.h>

/* The error is not in the row. */
int predictions_reader_fail(predictions_reader *in)
{
    in->failed = true;
    return -1;
}

int32_t predictions_reader_encounter(predictions_reader *in, const char *id, size_t n)
{
    const int32_t e = predictions_encounter(in->p, id, n);
    return e < 0 ? predictions_reader_fail(in) : e;
}

int predictions_reader_add(predictions_reader *in, int32_t e, const char *code, size_t n, float score,
                           uint64_t line)
{
    return predictions_add(in->p, e, code, n, score, line) ? predictions_reader_fail(in) : 0;
}

/* ---- valid values ---- */

int predictions_check_id(const predictions_reader *in, const char *id, size_t n)
{
    size_t bad;
    if (n == 0)
        return err_set("an empty id");
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)id[i] < 0x20 || id[i] == 0x7f)
            return err_set("an id with a control character");
    if (!utf8_check((const unsigned char *)id, n, &bad))
        return err_set("an id that is not UTF-8");
    if (in->o.among && predictions_find(in->o.among, id, n) < 0)
        return predictions_id_error("encounter ", id, n, " has no gold codes");
    return 0;
}

int predictions_id_error(const char *before, const char *id, size_t n, const char *after)
{
    enum { LONG = 40 };
    char shown[PRINTABLE_ROOM];
    const bool is_text = n > LONG || memchr(id, ' ', n); /* the wrong column: not quoted */
    return err_set("%s%s%s", before,
                   is_text ? "(not quoted: it has blanks or more than 40 bytes)" : printable_id(shown, id, n),
                   after);
}

int predictions_check_code(const predictions_reader *in, const char *code, size_t n)
{
    if (labels_check_code(code, n))
        return -1;
    if (in->o.codes && labels_index(in->o.codes, code, n) < 0)
        return err_set("the code is not among the labels");
    return 0;
}

int predictions_make_score(const predictions_reader *in, double d, float *score)
{
    if (in->o.logits && isfinite(d))
        d = 1 / (1 + exp(-d));
    if (!(d >= 0 && d <= 1))
        return err_set(in->o.logits ? "a score that is not finite" : "a score that is not within 0 and 1");
    *score = (float)d;
    return 0;
}

/* ---- text ---- */

/* Reads the next line that is not blank. */
static int next_line(predictions_reader *in)
{
    int got;
    do
        got = lines_next(&in->text);
    while (got > 0 && strspn(in->text.text, " \t\r") == in->text.n);
    return got < 0 && !in->text.failed ? lines_error(&in->text) : got;
}

static int add_line(predictions_reader *in)
{
    json_t *object = ecan_json_parse_line(in->text.text, in->text.n);
    const int got = object ? predictions_add_object(in, object) : -1;
    json_decref(object);
    return got < 0 ? lines_error(&in->text) : got;
}

/* Reads the first line. JSON Lines begin with a brace; any other line is a header row. */
static int read_first(predictions_reader *in)
{
    const int got = next_line(in);
    if (got == 0)
        err_set("%s: empty", in->text.path);
    if (got <= 0)
        return predictions_reader_fail(in);
    if (in->text.text[strspn(in->text.text, " \t\r")] == '{') {
        in->form = FORM_LINES;
        return add_line(in);
    }
    in->form = FORM_TABLE;
    csv_open(&in->table, &in->text, in->o.max_record);
    if (csv_next(&in->table) < 0 || predictions_find_columns(in))
        return predictions_reader_fail(in);
    return predictions_read_row(in);
}

/* ---- streams ---- */

static int add_record(predictions_reader *in)
{
    const record *r = &in->r;
    walk w = {0}, codes;
    uint32_t n = 0;
    const char *code;
    size_t size;
    const bool known = record_find(r, "labels");
    if (known && record_strings(r, "labels", &w, &n))
        return -1;
    codes = w;
    for (uint32_t i = 0; i < n; i++)
        if (walk_str(&codes, &code, &size) || predictions_check_code(in, code, size))
            return record_error(r, "labels");
    if (predictions_find(in->p, r->id, strlen(r->id)) >= 0) {
        err_set("duplicate encounter");
        return record_error(r, NULL);
    }
    const int32_t e = predictions_reader_encounter(in, r->id, strlen(r->id));
    if (e < 0)
        return -1;
    if (known)
        predictions_set_known(in->p, e);
    for (uint32_t i = 0; i < n; i++)
        if (walk_str(&w, &code, &size) || predictions_reader_add(in, e, code, size, 1, r->number))
            return -1;
    return 1;
}

static int read_record(predictions_reader *in)
{
    const int got = stream_read(in->stream, &in->r);
    if (got < 0 && !stream_recoverable(in->stream))
        return predictions_reader_fail(in);
    return got > 0 ? add_record(in) : got;
}

/* ---- files ---- */

static int open_stream(predictions_reader *in)
{
    if (!in->o.gold)
        return err_set("%s: expected CSV or JSON Lines, got a stream (ecan-metrics reads streams)", in->path);
    in->stream = stream_open(&in->path, 1, &(stream_options){.max_record = in->o.max_record});
    if (!in->stream)
        return -1;
    in->form = FORM_STREAM;
    return 0;
}

static int open_text(predictions_reader *in)
{
    if (lines_open_encoded(&in->text, in->path, in->o.max_record, NULL))
        return -1;
    in->form = FORM_TEXT;
    return 0;
}

predictions_reader *predictions_reader_open(predictions *p, const char *path,
                                            const predictions_reader_options *options)
{
    predictions_reader *in = mem_array(1, sizeof *in);
    if (!in)
        return NULL;
    *in = (predictions_reader){.p = p, .o = *options, .path = path};
    if (!in->o.id)
        in->o.id = PREDICTIONS_ID;
    if (!in->o.code)
        in->o.code = PREDICTIONS_CODE;
    if (!in->o.score)
        in->o.score = PREDICTIONS_SCORE;
    if (!predictions_source(p, path) && !(input_is_stream(path) ? open_stream(in) : open_text(in)))
        return in;
    predictions_reader_close(in);
    return NULL;
}

void predictions_reader_close(predictions_reader *in)
{
    if (!in)
        return;
    if (in->form == FORM_STREAM)
        stream_close(in->stream);
    if (in->form == FORM_TABLE)
        csv_close(&in->table);
    if (in->form == FORM_TEXT || in->form == FORM_TABLE || in->form == FORM_LINES)
        lines_close(&in->text);
    record_free(&in->r);
    mem_free(in);
}

static int read_line(predictions_reader *in)
{
    const int got = next_line(in);
    return got > 0 ? add_line(in) : got;
}

int predictions_reader_read(predictions_reader *in)
{
    switch (in->form) {
    case FORM_STREAM:
        return read_record(in);
    case FORM_LINES:
        return read_line(in);
    case FORM_TABLE:
        return predictions_read_row(in);
    default:
        return read_first(in);
    }
}

bool predictions_reader_failed(const predictions_reader *in)
{
    return in->failed || (in->form != FORM_STREAM && in->text.failed);
}

int predictions_reader_read_all(predictions *p, const char *path, const predictions_reader_options *options)
{
    predictions_reader *in = predictions_reader_open(p, path, options);
    int got = in ? 1 : -1;
    while (got > 0)
        got = predictions_reader_read(in);
    predictions_reader_close(in);
    return got;
}
