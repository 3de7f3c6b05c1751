/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing shards. Any bytes are joined as shards, of which there can be several: an error, or a stream that
 * can be read. A stream that can be read is divided and joined again, and has the same headers and records.
 */
#include "fuzz.h"

#include "io/shard.h"

#include <string.h>

enum { FILES = 3 };
#define MAX_RECORD ((size_t)1 << 20)

static stream_in *open_stream(const char *const *path)
{
    return stream_open(path, 1, &(stream_options){.max_record = MAX_RECORD, .unchecked = true});
}

/* 0, and the stream is in the file; or -1. */
static int join(const char *path, const char *const *files, int n)
{
    stream_out *out = stream_create(path, false);
    CHECK(out);
    if (shard_join(out, files, n, MAX_RECORD)) {
        CHECK_MESSAGE();
        stream_abandon(out);
        return -1;
    }
    CHECK(stream_end(out) == 0);
    return 0;
}

/* The number of records, or -1. */
static int64_t read_all(const char *path)
{
    record r = {0};
    int64_t n = 0;
    int got = -1;
    stream_in *in = open_stream(&path);
    while (in && (got = stream_read(in, &r)) > 0)
        n++;
    record_free(&r);
    stream_close(in);
    return got ? -1 : n;
}

static void check_fields(const record *a, const record *b)
{
    CHECK(a->n == b->n);
    for (size_t i = 0; i < a->n; i++)
        CHECK(a->fields[i].size == b->fields[i].size &&
              memcmp(a->fields[i].value, b->fields[i].value, a->fields[i].size) == 0);
}

static void check_same(const char *first, const char *second)
{
    record r = {0}, s = {0};
    stream_in *a = open_stream(&first), *b = open_stream(&second);
    int got;
    CHECK(a && b);
    do {
        check_fields(stream_header(a), stream_header(b));
        got = stream_read(a, &r);
        CHECK(stream_read(b, &s) == got && got >= 0);
        if (got)
            check_fields(&r, &s);
    } while (got);
    record_free(&r);
    record_free(&s);
    stream_close(a);
    stream_close(b);
}

static void check_division(const char *path, int number)
{
    char folder[80], names[FILES][96];
    const char *files[FILES];
    snprintf(folder, sizeof folder, "%s/shards", fuzz_folder());
    if (shard_write(folder, number, &path, 1, MAX_RECORD)) {
        CHECK_MESSAGE(); /* it is a shard already, or has not as many records */
        return;
    }
    for (int i = 0; i < number; i++) {
        snprintf(names[i], sizeof names[i], "%s/%d.mp", folder, number - i);
        files[i] = names[i];
    }
    fuzz_file joined = fuzz_file_new("", 0);
    CHECK(join(joined.path, files, number) == 0);
    check_same(path, joined.path);
    fuzz_file_close(&joined);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_part parts[FILES];
    fuzz_file in[FILES], joined;
    const char *files[FILES];
    fuzz_begin();
    const size_t shards = fuzz_parts(data, n, parts, FILES);
    for (size_t i = 0; i < shards; i++) {
        in[i] = fuzz_file_new(parts[i].data, parts[i].n);
        files[i] = in[i].path;
    }
    joined = fuzz_file_new("", 0);
    if (join(joined.path, files, (int)shards) == 0)
        CHECK(read_all(joined.path) >= 0);
    if (read_all(files[0]) >= 0)
        check_division(files[0], 1 + (int)(n % FILES));
    fuzz_file_close(&joined);
    for (size_t i = 0; i < shards; i++)
        fuzz_file_close(&in[i]);
    return 0;
}
