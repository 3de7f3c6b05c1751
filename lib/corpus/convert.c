/* SPDX-License-Identifier: Apache-2.0 */
#include "corpus/convert.h"

#include "base/err.h"
#include "corpus/convert_spans.h"
#include "io/show.h"
#include "io/utf8check.h"

#include <stdarg.h>
#include <string.h>

int convert_open(convert *v, const convert_options *options)
{
    *v = (convert){.o = *options, .c = collection_new(true)};
    v->spans = options->spans ? convert_spans_new() : NULL;
    return v->c && (v->spans || !options->spans) ? 0 : -1;
}

void convert_close(convert *v)
{
    collection_free(v->c);
    convert_spans_free(v->spans);
    idset_free(&v->notes);
    idset_free(&v->note_ids);
    buf_free(&v->key);
}

/* ---- messages ---- */

int convert_bad(convert *v)
{
    if (!v->o.skip_bad)
        return -1;
    v->bad++;
    v->o.tell(err_message());
    return 0;
}

void convert_tell(const convert *v, const char *format, ...)
{
    char text[2048];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    v->o.tell(text);
}

void convert_left_out(convert *v, const char *noun, const char *why, uint64_t n)
{
    left_out_add(&v->left_out, noun, why, n);
}

/* ---- notes ---- */

/* Blanks around ids and codes, also those of spreadsheets and word processors: no-break spaces and zero width
 * spaces. */
static const char *const blanks[] = {" ",        "\t",           "\r",           "\n",
                                     "\xc2\xa0", "\xe2\x80\xaf", "\xe2\x80\x8b", "\xef\xbb\xbf"};

/* The bytes of the blank with which the slice begins, or ends; 0: none. */
static size_t blank_at(convert_slice s, bool end)
{
    for (size_t i = 0; i < sizeof blanks / sizeof *blanks; i++) {
        const size_t n = strlen(blanks[i]);
        if (n <= s.n && memcmp(end ? s.s + s.n - n : s.s, blanks[i], n) == 0)
            return n;
    }
    return 0;
}

convert_slice convert_trim(convert_slice s)
{
    for (size_t n; (n = blank_at(s, true)) > 0;)
        s.n -= n;
    for (size_t n; (n = blank_at(s, false)) > 0;)
        s.s += n, s.n -= n;
    return s;
}

int convert_check_id(convert_slice id)
{
    size_t bad;
    if (id.n == 0)
        return err_set("an empty id");
    for (size_t i = 0; i < id.n; i++)
        if ((unsigned char)id.s[i] < 0x20 || id.s[i] == 0x7f)
            return err_set("an id with a control character");
    return utf8_check((const unsigned char *)id.s, id.n, &bad) ? 0 : err_set("an id that is not UTF-8");
}

/* Appends "key":"value" unless the value is empty. */
static int add_member(buf *json, const char *key, convert_slice value)
{
    if (value.n == 0 && strcmp(key, "text") != 0)
        return 0;
    if (show_text(json, json->data[json->len - 1] == '{' ? "\"" : ",\"") || show_text(json, key) ||
        show_text(json, "\":"))
        return -1;
    if (show_string(json, value.s, value.n) == 0)
        return 0;
    return err_get_class() == ERR_MEMORY ? -1
                                         : err_set("%s: not UTF-8: name the encoding with --encoding", key);
}

/* 1: the encounter has no note with this id yet. 0: it has one. -1: out of memory. */
static int is_new_id(convert *v, int32_t e, convert_slice id)
{
    const size_t n = v->key.len;
    if (buf_add(&v->key, &e, sizeof e) || buf_add(&v->key, id.s, id.n))
        return -1;
    return idset_add(&v->note_ids, (const char *)v->key.data + n, v->key.len - n);
}

/* A note without id has its position, as in ecan-tokenize. */
static int keep_text(convert *v, int32_t e, convert_slice id, convert_slice text)
{
    char position[16];
    if (id.n > 0)
        return convert_spans_text(v->spans, e, id, text);
    const int n = snprintf(position, sizeof position, "%d", (int)collection_texts(v->c, e) + 1);
    return convert_spans_text(v->spans, e, (convert_slice){position, (size_t)n}, text);
}

int convert_add_note(convert *v, convert_slice encounter, const convert_note *note, int32_t *e)
{
    const convert_slice id = note->id;
    buf *json = &v->key;
    json->len = 0;
    if (convert_check_id(encounter) || (id.n && convert_check_id(id)))
        return -1;
    /* Two notes are the same if the number of their encounter and their object are. */
    if (buf_add(json, &(int32_t){0}, sizeof *e) || show_text(json, "{") || add_member(json, "id", id) ||
        add_member(json, "type", note->type) || add_member(json, "date", note->date) ||
        add_member(json, "language", note->language) || add_member(json, "text", note->text) ||
        show_text(json, "}"))
        return -1;
    *e = collection_add(v->c, encounter.s, encounter.n, COLLECTION_TRAIN);
    if (*e < 0)
        return -1;
    memcpy(json->data, e, sizeof *e);
    const size_t n = json->len;
    const int fresh = idset_add(&v->notes, (const char *)json->data, n);
    if (fresh <= 0)
        return fresh;
    const int new_id = id.n ? is_new_id(v, *e, id) : 1;
    if (new_id <= 0)
        return new_id < 0 ? -1 : err_set("the encounter has another note with this id");
    v->notes_read++;
    if (v->spans && keep_text(v, *e, id, note->text))
        return -1;
    return collection_text(v->c, *e, 0, (const char *)json->data + sizeof *e, n - sizeof *e) ? -1 : 1;
}

int convert_each_code(const convert *v, convert_slice codes, int (*on_code)(void *, const char *, size_t),
                      void *context)
{
    const char *between = v->o.between ? v->o.between : ";", *end = codes.s + codes.n;
    const size_t skip = strlen(between);
    for (const char *s = codes.s; s && s <= end;) {
        const char *next = skip ? memmem(s, end - s, between, skip) : NULL;
        const convert_slice code = convert_trim((convert_slice){s, (next ? next : end) - s});
        if (code.n > 0 && on_code(context, code.s, code.n))
            return -1;
        s = next ? next + skip : NULL;
    }
    return 0;
}

/* ---- output ---- */

int convert_write(convert *v, FILE *f)
{
    return v->notes_read > 0 ? collection_write_lines(v->c, f, v->labelled)
                             : err_set("no encounter to write: the input has no note");
}
