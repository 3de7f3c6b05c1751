/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"
#include "base/mem.h"
#include "io/shard_key.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- before reading: which file has which shard ---- */

typedef struct shard_file {
    const char *path;
    shard_key key;
} shard_file;

static int inspect(shard_file *f, const char *path, size_t max_record)
{
    stream_in *in = stream_open(&path, 1, &(stream_options){.max_record = max_record});
    f->path = path;
    int result = in ? shard_key_read(&f->key, stream_header(in)) : -1;
    if (result == 0)
        err_set("%s: not a shard: expected files that were made from those of ecan-shard", path);
    stream_close(in);
    return result == 1 ? 0 : -1;
}

static int by_number(const void *a, const void *b)
{
    const shard_file *x = a, *y = b;
    return x->key.number < y->key.number ? -1 : x->key.number > y->key.number;
}

static int check_files(const shard_file *f, int n)
{
    for (int i = 0; i < n; i++)
        if (strcmp(f[i].key.stream, f[0].key.stream) != 0 || f[i].key.of != f[0].key.of)
            return err_set("%s and %s: shards of different streams, or of different divisions of a stream",
                           f[0].path, f[i].path);
    for (int i = 0; i < n; i++) {
        if (i > 0 && f[i].key.number == f[i - 1].key.number)
            return err_set("%s and %s: both are shard %" PRId64 " of %" PRId64, f[i - 1].path, f[i].path,
                           f[i].key.number, f[i].key.of);
        if (f[i].key.number != i + 1)
            break;
    }
    for (int64_t i = 0; i < f[0].key.of; i++)
        if (i >= n || f[i].key.number != i + 1)
            return err_set("shard %" PRId64 " of %" PRId64 " is missing", i + 1, f[0].key.of);
    return 0;
}

/* ---- reading them as one stream ---- */

typedef struct joining {
    stream_out *out;
    const shard_file *files;
    record first, segment; /* headers: the first of all; that of the current segment */
    shard_key key;         /* of the last header */
} joining;

static int copy_header(record *to, const record *from)
{
    size_t n;
    const unsigned char *begin = record_map(from, &n);
    if (record_parse(to, begin, n))
        return -1;
    to->file = from->file;
    return 0;
}

/* What programs added to the history after the division must be the same. */
static int same_programs(const joining *j, const shard_key *k, const record *header)
{
    shard_key of_first;
    size_t n = 0, m = 0;
    if (shard_key_read(&of_first, &j->first) != 1)
        return -1;
    const unsigned char *a = shard_history_from(&j->first, of_first.history, &n),
                        *b = shard_history_from(header, k->history, &m);
    return a && b && n == m && memcmp(a, b, n) == 0
               ? 0
               : err_set("%s and %s: made by different programs, versions or models: process all shards with "
                         "the same command",
                         j->first.file, header->file);
}

/* Two headers of one segment differ only in the shard. */
static int same_header(const record *a, const record *b)
{
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++) {
        const field *x = &a->fields[i], *y = &b->fields[i];
        const bool shard = x->key_len == strlen(SHARD_KEY) && memcmp(x->key, SHARD_KEY, x->key_len) == 0;
        same = x->key_len == y->key_len && memcmp(x->key, y->key, x->key_len) == 0 &&
               (shard || (x->size == y->size && memcmp(x->value, y->value, x->size) == 0));
    }
    return same ? 0
                : err_set(
                      "%s and %s: their headers differ: process all shards with the same command and options",
                      a->file, b->file);
}

/* The headers of one file have the same shard, with increasing segments. */
static int check_order(const shard_key *last, const shard_key *k, const record *header)
{
    if (k->number == last->number ? k->segment > last->segment
                                  : k->number == last->number + 1 && k->segment >= last->segment)
        return 0;
    err_set("shard %" PRId64 ", segment %" PRId64 " after shard %" PRId64 ", segment %" PRId64
            ": the file was changed",
            k->number, k->segment, last->number, last->segment);
    return record_error(header, NULL);
}

static int on_header(void *context, const record *header)
{
    static const char *const drop[] = {SHARD_KEY, NULL};
    joining *j = context;
    shard_key k;
    const int has = shard_key_read(&k, header);
    if (has <= 0) {
        if (has == 0)
            err_set("%s: a segment is not of a shard", header->file);
        return -1;
    }
    if (strcmp(k.stream, j->files[0].key.stream) != 0 || k.of != j->files[0].key.of)
        return err_set("%s: has segments of another stream", header->file);
    if (check_order(&j->key, &k, header))
        return -1;
    if (!j->first.n && copy_header(&j->first, header))
        return -1;
    if (same_programs(j, &k, header))
        return -1;
    const bool same_segment = k.segment == j->key.segment;
    j->key = k;
    if (same_segment)
        return same_header(&j->segment, header);
    return copy_header(&j->segment, header) || stream_begin_same(j->out, header, drop, NULL) ? -1 : 0;
}

static int join_files(joining *j, const char *const *paths, int n, size_t max_record)
{
    record r = {0};
    int got = -1;
    stream_in *in = stream_open(
        paths, n, &(stream_options){.max_record = max_record, .on_header = on_header, .context = j});
    while (in && (got = stream_read(in, &r)) > 0)
        if (stream_write(j->out, &r, NULL, NULL)) {
            got = -1;
            break;
        }
    record_free(&r);
    stream_close(in);
    if (!got && j->key.number != j->key.of)
        return err_set("shard %" PRId64 " of %" PRId64 " is missing", j->key.number + 1, j->key.of);
    return got ? -1 : 0;
}

int shard_join(stream_out *out, const char *const *files, int n, size_t max_record)
{
    shard_file *f = mem_array(n, sizeof *f);
    const char **paths = mem_array(n, sizeof *paths);
    int result = f && paths ? 0 : -1;
    for (int i = 0; !result && i < n; i++)
        result = inspect(&f[i], files[i], max_record);
    if (!result) {
        qsort(f, n, sizeof *f, by_number);
        result = check_files(f, n);
    }
    if (!result) {
        joining j = {.out = out, .files = f};
        for (int i = 0; i < n; i++)
            paths[i] = f[i].path;
        result = join_files(&j, paths, n, max_record);
        record_free(&j.first);
        record_free(&j.segment);
    }
    mem_free(f);
    mem_free(paths);
    return result;
}
