#include "io/lockstep.h"

#include "base/err.h"
#include "base/mem.h"

#include <inttypes.h>
#include <string.h>

struct lockstep {
    stream_in **in;
    record *records;
    const record **headers;
    int n;
    uint64_t number; /* steps so far */
    bool recoverable;
};

lockstep *lockstep_open(const char *const *files, int n, const char *kind, size_t max_record)
{
    lockstep *l = mem_array(1, sizeof *l);
    if (!l)
        return NULL;
    l->in = mem_array((size_t)n, sizeof *l->in);
    l->records = mem_array((size_t)n, sizeof *l->records);
    l->headers = mem_array((size_t)n, sizeof *l->headers);
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
    lockstep_close(l);
    return NULL;
}

void lockstep_close(lockstep *l)
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

/* One stream has ended, another has a record. */
static int ends_before(const lockstep *l, int ended, int other)
{
    err_set("%s ends before it, after %" PRIu64 " records", l->headers[ended]->file, l->number - 1);
    return record_error(&l->records[other], NULL);
}

static int same_id(const lockstep *l, int i)
{
    const record *a = &l->records[0], *b = &l->records[i];
    if (strcmp(a->id, b->id) == 0)
        return 0;
    err_set("another encounter than record %" PRIu64
            " of %s; the files must have the same ones in the same order",
            a->number, a->file);
    return record_error(b, NULL);
}

static int bad_records(lockstep *l, char *message, bool go_on)
{
    l->recoverable = go_on && message;
    if (message)
        err_set("%s", message);
    mem_free(message);
    return -1;
}

/* A record that is bad does not keep the other streams from taking the step: they stay side by side. */
int lockstep_read(lockstep *l)
{
    int ended = -1, whole = -1, n_bad = 0;
    char *message = NULL; /* of the first bad record */
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

bool lockstep_recoverable(const lockstep *l)
{
    return l->recoverable;
}

const record *lockstep_records(const lockstep *l)
{
    return l->records;
}

const record *const *lockstep_headers(const lockstep *l)
{
    return l->headers;
}

uint64_t lockstep_segments(const lockstep *l)
{
    uint64_t n = 0;
    for (int i = 0; i < l->n; i++)
        n += stream_segment(l->in[i]);
    return n;
}
