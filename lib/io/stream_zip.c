/* SPDX-License-Identifier: Apache-2.0 */
#include "io/stream_zip.h"

#include "base/err.h"
#include "base/mem.h"

#include <inttypes.h>
#include <string.h>

struct stream_zip {
    stream_in **in;
    record *records;
    const record **headers;
    int n;
    uint64_t number; /* number of the current record */
    bool recoverable;
};

stream_zip *stream_zip_open(const char *const *files, int n, const char *kind, size_t max_record)
{
    stream_zip *l = mem_array(1, sizeof *l);
    if (!l)
        return NULL;
    l->in = mem_array(n, sizeof *l->in);
    l->records = mem_array(n, sizeof *l->records);
    l->headers = mem_array(n, sizeof *l->headers);
    l->n = l->in && l->records && l->headers ? n : 0;
    int result = l->n ? 0 : -1;
    for (int i = 0; !result && i < n; i++) {
        l->in[i] = stream_open(files + i, 1, &(stream_options){.max_record = max_record});
        result = l->in[i] ? stream_expect(l->in[i], kind) : -1;
        if (!result)
            l->headers[i] = stream_header(l->in[i]);
    }
    if (!result)
        return l;
    stream_zip_close(l);
    return NULL;
}

void stream_zip_close(stream_zip *l)
{
    if (!l)
        return;
    for (int i = 0; i < l->n; i++) {
        stream_close(l->in[i]);
        record_free(&l->records[i]);
    }
    mem_free(l->in);
    mem_free(l->records);
    mem_free(l->headers);
    mem_free(l);
}

/* Sets the message: one stream has ended, another has one more record. */
static int ends_before(const stream_zip *l, int ended, int other)
{
    err_set("%s ends before this record, after %" PRIu64 " records", l->headers[ended]->file, l->number - 1);
    return record_error(&l->records[other], NULL);
}

static int same_id(const stream_zip *l, int i)
{
    const record *a = &l->records[0], *b = &l->records[i];
    if (strcmp(a->id, b->id) == 0)
        return 0;
    err_set("expected the id of record %" PRIu64
            " of %s: the files must have the same encounters in the same order",
            a->number, a->file);
    return record_error(b, NULL);
}

static int bad_records(stream_zip *l, char *message, bool go_on)
{
    l->recoverable = go_on && message;
    if (message)
        err_set("%s", message);
    mem_free(message);
    return -1;
}

/* If a record of one stream is invalid, the other streams still advance, so that all remain aligned. */
int stream_zip_read(stream_zip *l)
{
    int ended = -1, whole = -1, n_bad = 0;
    char *message = NULL; /* of the first invalid record */
    l->recoverable = false;
    l->number++;
    for (int i = 0; i < l->n; i++) {
        const int got = stream_read(l->in[i], &l->records[i]);
        if (got > 0) {
            whole = i;
        } else if (got == 0) {
            ended = i;
        } else if (!stream_recoverable(l->in[i])) {
            mem_free(message);
            return -1;
        } else if (n_bad++ == 0) {
            message = mem_strndup(err_message(), strlen(err_message()));
        }
    }
    if (n_bad > 0)
        return bad_records(l, message, ended < 0);
    if (ended >= 0)
        return whole < 0 ? 0 : ends_before(l, ended, whole);
    for (int i = 1; i < l->n; i++)
        if (same_id(l, i))
            return -1;
    return 1;
}

bool stream_zip_recoverable(const stream_zip *l)
{
    return l->recoverable;
}

const record *stream_zip_records(const stream_zip *l)
{
    return l->records;
}

const record *const *stream_zip_headers(const stream_zip *l)
{
    return l->headers;
}

uint64_t stream_zip_segments(const stream_zip *l)
{
    uint64_t n = 0;
    for (int i = 0; i < l->n; i++)
        n += stream_segment(l->in[i]);
    return n;
}
