/* SPDX-License-Identifier: Apache-2.0 */
#include "io/shard.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/tempfile.h"
#include "io/folder.h"
#include "io/shard_key.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- the temporary file: for each header and record, its number of bytes and the bytes ---- */

typedef struct piece {
    uint64_t size;
    int64_t segment; /* of a header; 0: a record */
} piece;

typedef struct dividing {
    FILE *spool;
    uint64_t hash[4]; /* of what came before, and of the next object */
    uint64_t bytes;   /* of all records */
    int64_t segments;
    size_t max_record;
    shard_key key;
    /* second pass */
    record r;
    piece next;
    bool ended;
    record header; /* of the current segment */
    int64_t segment, written_segment;
    uint64_t done; /* bytes of records */
} dividing;

static int spool_error(void)
{
    return err_io("temporary file in %s: %s: set TMPDIR to a folder with room for the stream",
                  tempfile_folder(), err_reason(errno));
}

static int put(dividing *d, const record *r, int64_t segment)
{
    size_t n;
    const unsigned char *begin = record_map(r, &n);
    const piece p = {n, segment};
    hash_wide(d->hash + 2, begin, n);
    hash128(d->hash, d->hash, sizeof d->hash);
    if (fwrite(&p, sizeof p, 1, d->spool) != 1 || fwrite(begin, 1, n, d->spool) != n)
        return spool_error();
    return 0;
}

static int on_header(void *context, const record *header)
{
    dividing *d = context;
    if (record_find(header, SHARD_KEY)) {
        err_set("the stream is a shard already: join its shards first (ecan-shard --join)");
        return record_error(header, NULL);
    }
    if (shard_history(header) < 0) {
        err_set("missing, or not an array");
        return record_error(header, "history");
    }
    return put(d, header, ++d->segments);
}

static int spool(dividing *d, const char *const *files, int n, size_t max_record)
{
    record r = {0};
    int got = -1;
    stream_in *in = stream_open(
        files, n, &(stream_options){.max_record = max_record, .on_header = on_header, .context = d});
    while (in && (got = stream_read(in, &r)) > 0) {
        d->bytes += r.bytes.len - r.lead;
        if (put(d, &r, 0)) {
            got = -1;
            break;
        }
    }
    record_free(&r);
    stream_close(in);
    snprintf(d->key.stream, sizeof d->key.stream, "%016" PRIx64 "%016" PRIx64, d->hash[0], d->hash[1]);
    return got ? -1 : fflush(d->spool) || fseeko(d->spool, 0, SEEK_SET) ? spool_error() : 0;
}

/* ---- the second pass: d->next is the piece after those that were read ---- */

static int read_next_piece(dividing *d)
{
    if (fread(&d->next, sizeof d->next, 1, d->spool) == 1)
        return 0;
    d->ended = true;
    return ferror(d->spool) ? spool_error() : 0;
}

static int read_object(dividing *d, record *to)
{
    to->bytes.len = to->lead = 0;
    if (buf_reserve(&to->bytes, d->next.size))
        return -1;
    if (fread(to->bytes.data, 1, d->next.size, d->spool) != d->next.size)
        return spool_error();
    to->bytes.len = d->next.size;
    return record_index(to) || read_next_piece(d) ? -1 : 0;
}

static int read_first_header(dividing *d)
{
    if (read_next_piece(d))
        return -1;
    d->segment = d->next.segment;
    return read_object(d, &d->header);
}

static int begin_segment(dividing *d, stream_out *out)
{
    pack extra = {0};
    d->key.segment = d->segment;
    d->key.history = shard_history(&d->header);
    shard_key_pack(&extra, &d->key);
    const int result =
        pack_failed(&extra) ? err_memory("out of memory") : stream_begin_same(out, &d->header, NULL, &extra);
    pack_free(&extra);
    d->written_segment = d->segment;
    return result;
}

/* The records from `done` on, to the end of this shard. A segment without records is written only where a
 * filter would write it: at the start and at the end of the stream. */
static int write_pieces(dividing *d, stream_out *out)
{
    const uint64_t n = (uint64_t)d->key.of, number = (uint64_t)d->key.number;
    while (!d->ended) {
        if (d->next.segment) {
            d->segment = d->next.segment;
            if (read_object(d, &d->header))
                return -1;
            continue;
        }
        if (number < n && d->done * n >= number * d->bytes)
            return 0;
        if (d->written_segment != d->segment && begin_segment(d, out))
            return -1;
        d->done += d->next.size;
        if (read_object(d, &d->r) || stream_write(out, &d->r, NULL, NULL))
            return -1;
    }
    return number == n && d->written_segment != d->segment ? begin_segment(d, out) : 0;
}

static int write_shard(const void *context, const char *path)
{
    dividing *d = *(dividing *const *)context;
    stream_out *out = stream_create(path, false);
    if (!out)
        return -1;
    stream_limit(out, d->max_record);
    d->key.number++;
    if (begin_segment(d, out) || write_pieces(d, out)) {
        stream_abandon(out);
        return -1;
    }
    return stream_end(out);
}

static int write_all(const char *folder, dividing *d, int n)
{
    folder_part *parts = mem_array(n, sizeof *parts);
    char(*names)[16] = mem_array(n, sizeof *names);
    int result = parts && names ? read_first_header(d) : -1;
    for (int i = 0; !result && i < n; i++) {
        snprintf(names[i], sizeof names[i], "%d.mp", i + 1);
        parts[i] = (folder_part){names[i], write_shard, &d, NULL};
    }
    if (!result)
        result = folder_write(folder, parts, n);
    mem_free(parts);
    mem_free(names);
    return result;
}

static int check_folder(const char *folder)
{
    const int exists = file_exists(folder), empty = exists > 0 ? folder_is_empty(folder, NULL) : 1;
    if (exists < 0 || empty < 0)
        return -1;
    return empty ? 0 : err_set("%s: exists and is not empty: choose another folder", folder);
}

int shard_write(const char *folder, int n, const char *const *files, int n_files, size_t max_record)
{
    dividing d = {.key.of = n, .max_record = max_record, .spool = tempfile_open()};
    int result = d.spool ? check_folder(folder) : -1;
    if (!result)
        result = spool(&d, files, n_files, max_record);
    if (!result)
        result = write_all(folder, &d, n);
    if (d.spool)
        fclose(d.spool);
    record_free(&d.r);
    record_free(&d.header);
    return result;
}
