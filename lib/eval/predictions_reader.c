/* SPDX-License-Identifier: Apache-2.0 */
/* A row is checked before it is added: an invalid row adds nothing. */
#include "eval/predictions_reader.h"

#include "base/err.h"
#include "base/list.h"
#include "base/mem.h"
#include "io/json.h"
#include "io/stream.h"
#include "io/utf8check.h"
#include "text/csv.h"
#include "text/labels.h"

#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define ID_SHOWN   100 /* maximum bytes of an id in a message */
#define SCORE_ROOM 400 /* room for a score with NUL: a double printed in full has 327 bytes */
#define ID_ROOM    24  /* room for a whole number with sign and NUL */

enum form { CLOSED, TEXT, TABLE, LINES, STREAM }; /* TEXT: TABLE or LINES, decided by the first line */
enum column { ID, CODE, SCORE, COLUMNS };

struct predictions_reader {
    predictions *p;
    predictions_reader_options o;
    const char *path;
    bool failed;
    enum form form;
    lines text;
    csv table;
    int column[COLUMNS]; /* -1: missing */
    stream_in *stream;
    record r;
};

/* The error is not in the row. */
static int fail(predictions_reader *in)
{
    in->failed = true;
    return -1;
}

static int32_t add_encounter(predictions_reader *in, const char *id, size_t n)
{
    const int32_t e = predictions_encounter(in->p, id, n);
    return e < 0 ? fail(in) : e;
}

static int add(predictions_reader *in, int32_t e, const char *code, size_t n, float score, uint64_t line)
{
    return predictions_add(in->p, e, code, n, score, line) ? fail(in) : 0;
}

/* ---- valid values ---- */

static int check_id(const predictions_reader *in, const char *id, size_t n)
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
        return err_set("encounter %.*s has no gold", ID_SHOWN, id);
    return 0;
}

static int check_code(const predictions_reader *in, const char *code, size_t n)
{
    if (labels_check_code(code, n))
        return -1;
    if (in->o.codes && labels_index(in->o.codes, code, n) < 0)
        return err_set("code %.*s is not among the labels", ID_SHOWN, code);
    return 0;
}

static int make_score(const predictions_reader *in, double d, float *score)
{
    if (in->o.logits && isfinite(d))
        d = 1 / (1 + exp(-d));
    if (!(d >= 0 && d <= 1))
        return err_set(in->o.logits ? "a score that is not finite" : "a score that is not within 0 and 1");
    *score = (float)d;
    return 0;
}

/* Reads a decimal number in any locale, with a point, or with a comma if that does not separate fields.
 * Blanks, hexadecimal numbers and words are errors. */
static int read_score(const predictions_reader *in, const char *s, size_t n, float *score)
{
    char number[SCORE_ROOM], *end;
    if (n == 0 || n >= SCORE_ROOM || strspn(s, "+-.,0123456789eE") != n)
        return err_set("a score that is not a number");
    memcpy(number, s, n + 1);
    char *comma = in->table.separator == ',' ? NULL : strchr(number, ',');
    if (comma && !strchr(number, '.'))
        *comma = '.';
    const double d = strtod(number, &end);
    return *end ? err_set("a score that is not a number") : make_score(in, d, score);
}

/* ---- CSV ---- */

/* The column that has one of the names. -1: none. -2 with the message set: several. */
static int find_column(const csv *c, const char *names)
{
    int found = -1;
    size_t n;
    for (const char *name; list_next(&names, &name, &n);)
        for (size_t i = 0; n > 0 && i < c->n; i++) {
            if (c->size[i] != n || strncasecmp(c->field[i], name, n) != 0)
                continue;
            if (found >= 0) {
                err_set("columns %d and %zu both match: choose one by its name (--id, --code or --score)",
                        found + 1, i + 1);
                return -2;
            }
            found = (int)i;
        }
    return found;
}

static int find_columns(predictions_reader *in)
{
    static const char *const column_name[COLUMNS] = {"id", "code", "score"};
    const char *const names[COLUMNS] = {in->o.id, in->o.code, in->o.score};
    for (int k = 0; k < COLUMNS; k++) {
        in->column[k] = k == SCORE && in->o.gold ? -1 : find_column(&in->table, names[k]);
        if (in->column[k] == -1 && k != SCORE)
            err_set("the header row has none of the columns %s", names[k]);
        if (in->column[k] == -2 || (in->column[k] == -1 && k != SCORE)) {
            err_prefix("%s: ", column_name[k]);
            return csv_error(&in->table, -1);
        }
    }
    return 0;
}

/* A row with an encounter and no code means that the encounter has no codes. */
static int add_row(predictions_reader *in)
{
    const csv *c = &in->table;
    const int id = in->column[ID], code = in->column[CODE], score = in->column[SCORE];
    const int last = id > code ? id > score ? id : score : code > score ? code : score;
    float value = 1;
    if (c->n <= (size_t)last) {
        err_set("%zu fields, but the header row has more", c->n);
        return csv_error(c, -1);
    }
    if (check_id(in, c->field[id], c->size[id]))
        return csv_error(c, id);
    const bool none = c->size[code] == 0;
    if (!none && check_code(in, c->field[code], c->size[code]))
        return csv_error(c, code);
    if (!none && score >= 0 && read_score(in, c->field[score], c->size[score], &value))
        return csv_error(c, score);
    const int32_t e = add_encounter(in, c->field[id], c->size[id]);
    if (e < 0)
        return -1;
    predictions_set_known(in->p, e);
    return none || !add(in, e, c->field[code], c->size[code], value, c->line) ? 1 : -1;
}

static int read_row(predictions_reader *in)
{
    const int got = csv_next(&in->table);
    return got > 0 ? add_row(in) : got;
}

/* ---- JSON Lines ---- */

/* The value of the key that is one of the names; NULL: none. If there are several, the first name wins. */
static json_t *get(json_t *object, const char *names)
{
    size_t n;
    const char *key;
    json_t *v;
    for (const char *name; list_next(&names, &name, &n);)
        json_object_foreach(object, key, v)
        {
            if (n > 0 && strncmp(key, name, n) == 0 && !key[n])
                return v;
        }
    return NULL;
}

/* An id, which can be a whole number. NULL with the message set. */
static const char *json_id(const predictions_reader *in, json_t *v, char room[ID_ROOM], size_t *n)
{
    const char *id = room;
    if (json_is_integer(v)) {
        *n = (size_t)snprintf(room, ID_ROOM, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
    } else if (json_is_string(v)) {
        id = json_string_value(v);
        *n = json_string_length(v);
    } else {
        err_set(v ? "an id that is not a string or a whole number" : "no key %s", in->o.id);
        return NULL;
    }
    return check_id(in, id, *n) ? NULL : id;
}

static int check_json_code(const predictions_reader *in, const json_t *v)
{
    if (!json_is_string(v))
        return err_set("a code that is not a string");
    return check_code(in, json_string_value(v), json_string_length(v));
}

static int json_score(const predictions_reader *in, const json_t *v, float *score)
{
    if (!json_is_number(v))
        return err_set("a score that is not a number");
    return make_score(in, json_number_value(v), score);
}

/* {"labels": [...]}: all codes of an encounter. null or a missing key: unknown. */
static int add_labels(predictions_reader *in, const char *id, size_t n, json_t *codes)
{
    size_t i;
    json_t *v;
    if (predictions_find(in->p, id, n) >= 0)
        return err_set("duplicate encounter %.*s", ID_SHOWN, id);
    if (codes && !json_is_null(codes) && !json_is_array(codes))
        return err_set("labels: expected an array");
    json_array_foreach(codes, i, v)
    {
        if (check_json_code(in, v))
            return err_prefix("label %zu: ", i + 1);
    }
    const int32_t e = add_encounter(in, id, n);
    if (e < 0)
        return -1;
    if (json_is_array(codes))
        predictions_set_known(in->p, e);
    json_array_foreach(codes, i, v)
    {
        if (add(in, e, json_string_value(v), json_string_length(v), 1, in->text.number))
            return -1;
    }
    return 1;
}

static int add_scores(predictions_reader *in, const char *id, size_t n, json_t *scores)
{
    const char *code;
    json_t *v;
    float score = 0;
    if (!json_is_object(scores))
        return err_set("scores: expected an object");
    json_object_foreach(scores, code, v)
    {
        if (check_code(in, code, strlen(code)) || json_score(in, v, &score))
            return -1;
    }
    const int32_t e = add_encounter(in, id, n);
    if (e < 0)
        return -1;
    json_object_foreach(scores, code, v)
    {
        if (json_score(in, v, &score) || add(in, e, code, strlen(code), score, in->text.number))
            return -1;
    }
    return 1;
}

static int add_prediction(predictions_reader *in, const char *id, size_t n, json_t *code, json_t *score)
{
    float value = 1;
    if (check_json_code(in, code) || (score && json_score(in, score, &value)))
        return -1;
    const int32_t e = add_encounter(in, id, n);
    if (e < 0 || add(in, e, json_string_value(code), json_string_length(code), value, in->text.number))
        return -1;
    predictions_set_known(in->p, e);
    return 1;
}

static int add_object(predictions_reader *in, json_t *object)
{
    char room[ID_ROOM];
    size_t n;
    if (!json_is_object(object))
        return err_set("expected an object");
    const char *id = json_id(in, get(object, in->o.id), room, &n);
    if (!id)
        return -1;
    json_t *code = get(object, in->o.code), *scores = json_object_get(object, "scores");
    if (in->o.gold)
        return code ? add_prediction(in, id, n, code, NULL)
                    : add_labels(in, id, n, json_object_get(object, "labels"));
    if (scores)
        return add_scores(in, id, n, scores);
    if (!code)
        return err_set("missing key: expected scores or %s", in->o.code);
    return add_prediction(in, id, n, code, get(object, in->o.score));
}

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
    const int got = object ? add_object(in, object) : -1;
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
        return fail(in);
    if (in->text.text[strspn(in->text.text, " \t\r")] == '{') {
        in->form = LINES;
        return add_line(in);
    }
    in->form = TABLE;
    csv_open(&in->table, &in->text, in->o.max_record);
    if (csv_next(&in->table) < 0 || find_columns(in))
        return fail(in);
    return read_row(in);
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
        if (walk_str(&codes, &code, &size) || check_code(in, code, size))
            return record_error(r, "labels");
    if (predictions_find(in->p, r->id, strlen(r->id)) >= 0) {
        err_set("duplicate encounter");
        return record_error(r, NULL);
    }
    const int32_t e = add_encounter(in, r->id, strlen(r->id));
    if (e < 0)
        return -1;
    if (known)
        predictions_set_known(in->p, e);
    for (uint32_t i = 0; i < n; i++)
        if (walk_str(&w, &code, &size) || add(in, e, code, size, 1, r->number))
            return -1;
    return 1;
}

static int read_record(predictions_reader *in)
{
    const int got = stream_read(in->stream, &in->r);
    if (got < 0 && !stream_recoverable(in->stream))
        return fail(in);
    return got > 0 ? add_record(in) : got;
}

/* ---- files ---- */

/* Reads the first byte of a file without consuming it; from a pipe tee(2) copies it. -1: there is none, or
 * it cannot be read in advance. */
static int peek(int fd)
{
    unsigned char byte;
    const off_t at = lseek(fd, 0, SEEK_CUR);
    if (at >= 0)
        return pread(fd, &byte, 1, at) == 1 ? byte : -1;
    int copy[2], found = -1;
    if (pipe2(copy, O_CLOEXEC))
        return -1;
    struct pollfd wait = {.fd = fd, .events = POLLIN}; /* if it does not block */
    if (poll(&wait, 1, -1) == 1 && tee(fd, copy[1], 1, 0) == 1 && read(copy[0], &byte, 1) == 1)
        found = byte;
    close(copy[0]);
    close(copy[1]);
    return found;
}

/* A stream begins with a map of msgpack, which text never does. */
static bool is_stream(const char *path)
{
    const bool standard = strcmp(path, "-") == 0;
    const int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    const int byte = fd >= 0 ? peek(fd) : -1;
    if (fd >= 0 && !standard)
        close(fd);
    return (byte & 0xf0) == 0x80 || byte == 0xde || byte == 0xdf;
}

static int open_stream(predictions_reader *in)
{
    if (!in->o.gold)
        return err_set("%s: expected CSV or JSON Lines, got a stream (ecan-metrics reads streams)", in->path);
    in->stream = stream_open(&in->path, 1, &(stream_options){.max_record = in->o.max_record});
    if (!in->stream)
        return -1;
    in->form = STREAM;
    return 0;
}

static int open_text(predictions_reader *in)
{
    if (lines_open_encoded(&in->text, in->path, in->o.max_record, NULL))
        return -1;
    in->form = TEXT;
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
    if (!predictions_source(p, path) && !(is_stream(path) ? open_stream(in) : open_text(in)))
        return in;
    predictions_reader_close(in);
    return NULL;
}

void predictions_reader_close(predictions_reader *in)
{
    if (!in)
        return;
    if (in->form == STREAM)
        stream_close(in->stream);
    if (in->form == TABLE)
        csv_close(&in->table);
    if (in->form == TEXT || in->form == TABLE || in->form == LINES)
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
    case STREAM:
        return read_record(in);
    case LINES:
        return read_line(in);
    case TABLE:
        return read_row(in);
    default:
        return read_first(in);
    }
}

bool predictions_reader_failed(const predictions_reader *in)
{
    return in->failed || (in->form != STREAM && in->text.failed);
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
