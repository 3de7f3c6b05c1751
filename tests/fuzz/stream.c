/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing the reader of streams: any bytes, through the walk, the reader, the checks and the text form. It
 * looks for walk_skip and walk_resume disagreeing, a record that cannot be written and read again, text that
 * is not UTF-8. */
#include "fuzz.h"

#include "io/check.h"
#include "io/show.h"
#include "io/stream.h"
#include "io/utf8check.h"

#include <string.h>

#define MAX_RECORD ((size_t)1 << 20)

static void fuzz_walk(const uint8_t *data, size_t n)
{
    walk w = {data, data + n};
    walk_state s = {0};
    size_t more = 0;
    int skipped = walk_skip(&w), resumed = walk_resume(&s, data, n, &more);
    CHECK((skipped == 1) == (resumed == 1));
    CHECK(skipped != 1 || w.p == data + s.done);
    CHECK(resumed != 0 || more > 0);
    CHECK(skipped == 1 || w.p == data);
}

/* An object that the walk accepts, as text: it fails only for invalid UTF-8, and never makes any. */
static void fuzz_show(const uint8_t *data, size_t n)
{
    walk w = {data, data + n};
    size_t bad;
    for (int full = 0; walk_skip(&w) == 1 && full < 2; full++, w.p = data) {
        buf text = {0};
        if (show_object(&text, data, (size_t)(w.p - data), full) == 0)
            CHECK(text.len > 0 && utf8_check(text.data, text.len, &bad));
        else
            CHECK(strstr(err_message(), "UTF-8"));
        buf_free(&text);
    }
}

/* A record written again by a filter that adds nothing is the same but for its map's head. */
static void check_copy(const record *r)
{
    fuzz_file written = fuzz_file_new("", 0);
    const char *file = written.path;
    stream_out *out = stream_create(file, false);
    CHECK(out && stream_begin(out, "tokens", "fuzz", NULL, NULL, NULL) == 0);
    CHECK(stream_write(out, r, NULL, NULL) == 0 && stream_end(out) == 0);
    stream_in *in = stream_open(&file, 1, &(stream_options){.unchecked = true});
    record copy = {0};
    CHECK(in && stream_read(in, &copy) == 1 && copy.n == r->n && strcmp(copy.id, r->id) == 0);
    for (size_t i = 0; i < r->n; i++)
        CHECK(copy.fields[i].size == r->fields[i].size &&
              memcmp(copy.fields[i].value, r->fields[i].value, r->fields[i].size) == 0);
    CHECK(stream_read(in, &copy) == 0);
    record_free(&copy);
    stream_close(in);
    fuzz_file_close(&written);
}

static int on_header(void *c, const record *header)
{
    if (check_header(c, header) < 0)
        CHECK(*err_message());
    return 0;
}

static void fuzz_stream(const uint8_t *data, size_t n)
{
    fuzz_file input = fuzz_file_new(data, n);
    const char *file = input.path;
    check *c = check_new(true);
    CHECK(c);
    stream_options options = {
        .max_record = MAX_RECORD, .unchecked = true, .on_header = on_header, .context = c};
    stream_in *in = stream_open(&file, 1, &options);
    record r = {0};
    for (int got; in && (got = stream_read(in, &r)) != 0;) {
        if (got < 0 && !stream_recoverable(in))
            break;
        if (got < 0)
            continue;
        if (check_record(c, &r) < 0)
            CHECK(*err_message());
        check_copy(&r);
    }
    record_free(&r);
    stream_close(in);
    check_free(c);
    fuzz_file_close(&input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_begin();
    fuzz_walk(data, n);
    fuzz_show(data, n);
    fuzz_stream(data, n);
    return 0;
}
