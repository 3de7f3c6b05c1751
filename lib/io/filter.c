/* SPDX-License-Identifier: Apache-2.0 */
/* The loop of a filter. Records are held in a ring of slots, from the oldest unwritten record to the one
 * read last. Every thread takes the next useful task: it writes the oldest record if that is done,
 * otherwise it processes the oldest unprocessed record, otherwise it reads one more. So no thread waits
 * for a batch, and a long record delays others only in the order of writing. */
#include "io/filter.h"

#include "base/err.h"
#include "base/progress.h"

#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#define SLOTS_PER_THREAD 4         /* records in memory at once */
#define LENT             3         /* more buffers: those that a reader has not returned yet */
#define LOADED           (8 << 20) /* bytes per thread; if the slots hold more, no record is read ahead */
#define WAIT             20        /* milliseconds to wait for input while other threads work */

typedef enum slot_state {
    SLOT_SEGMENT, /* the first record of a segment, or the end after an empty segment: its header is not
                     written yet */
    SLOT_READ,    /* to be processed */
    SLOT_TAKEN,   /* being processed by a thread */
    SLOT_DONE     /* to be written, or its error to be reported */
} slot_state;

/* Buffers, which may be large. The most recently used ones are reused first, of those that the reader of a
 * pipe has returned. */
typedef struct load {
    record in;
    pack out;
    uint64_t lent; /* stream_lent() after it was written */
} load;

typedef struct slot {
    slot_state state;
    load *load;
    double fraction; /* of the input up to this record; 0: not known */
    bool end;        /* no record: the end of the input */
    char *error;     /* why the record cannot be written; NULL if it can */
    bool last;       /* the run ends after this error */
} slot;

typedef struct run {
    const filter *f;
    pool *threads;
    stream_in *in;   /* used by the thread that reads */
    stream_out *out; /* used by the thread that writes */
    unsigned segment;
    uint64_t written, bad;
    progress shown;

    pthread_mutex_t lock; /* protects the members below and the states of the slots */
    pthread_cond_t changed;
    slot *slots;
    load *loads, **spare; /* [capacity + LENT]; spare: those not assigned to a slot, used as a stack */
    int capacity, n_spare;
    uint64_t first, next; /* slots first .. next-1 are in use; record n is in slots[n % capacity] */
    size_t bytes;         /* total size of their buffers */
    bool is_reading, writing, new_segment, input_ended, stopped;
    int result;
} run;

static int n_loads(const run *r)
{
    return r->capacity + LENT;
}

static slot *slot_at(const run *r, uint64_t number)
{
    return &r->slots[number % (uint64_t)r->capacity];
}

/* Threads process slots without the lock. */
static void unlock(run *r)
{
    pthread_mutex_unlock(&r->lock);
}

static void lock(run *r)
{
    pthread_mutex_lock(&r->lock);
}

/* ---- reading ---- */

/* Reads the next record into s. Returns 1, or 0 at the end of the input if nothing is to be written for
 * it. */
static int read_slot(run *r, slot *s)
{
    const int got = stream_read(r->in, &s->load->in);
    s->end = got == 0;
    s->fraction = stream_fraction(r->in);
    s->error = NULL;
    s->last = false;
    if (got < 0) {
        s->error = err_copy();
        s->last = !stream_recoverable(r->in) || !r->f->skip_bad;
        s->state = SLOT_DONE;
        return 1;
    }
    const bool begins = stream_segment(r->in) != r->segment;
    r->segment = stream_segment(r->in);
    s->state = begins ? SLOT_SEGMENT : SLOT_READ;
    return begins || !s->end;
}

/* Takes the buffers that were used last and are returned, or else those that were used first. */
static load *take_spare(run *r)
{
    int i = r->n_spare - 1;
    while (i >= 0 && !stream_returned(r->out, r->spare[i]->lent))
        i--;
    i = i < 0 ? 0 : i;
    load *l = r->spare[i];
    r->n_spare--;
    memmove(r->spare + i, r->spare + i + 1, (size_t)(r->n_spare - i) * sizeof *r->spare);
    return l;
}

/* Reads a record, waiting up to `wait` milliseconds while other threads work. Returns whether it read one
 * or waited. After the first record of a segment it reads none until that segment's header is written,
 * because the stream holds one header at a time. */
static bool read_next(run *r, int wait)
{
    const bool none = r->first == r->next;
    if (r->is_reading || r->input_ended || r->new_segment || r->next - r->first == (uint64_t)r->capacity ||
        (!none && r->bytes >= LOADED * pool_size(r->threads)))
        return false;
    slot *s = slot_at(r, r->next);
    r->is_reading = true;
    s->load = take_spare(r);
    unlock(r);
    stream_wait(r->out, s->load->lent);
    const bool ready = none || stream_ready(r->in, wait);
    const int got = ready ? read_slot(r, s) : 0;
    lock(r);
    r->is_reading = false;
    if (!got)
        r->spare[r->n_spare++] = s->load;
    if (!ready)
        return true;
    r->input_ended = s->end || s->last;
    r->new_segment = got && s->state == SLOT_SEGMENT;
    if (got) {
        r->bytes += s->load->in.bytes.len;
        r->next++;
    }
    return true;
}

/* ---- the work ---- */

static void apply(run *r, slot *s, int worker)
{
    const record *in = &s->load->in;
    pack *out = &s->load->out;
    int result = r->f->apply(r->f->context, worker, in, out);
    if (result == 0 && pack_failed(out)) {
        err_memory("cannot build the record: out of memory, or a value too large for msgpack");
        result = record_error(in, NULL);
    }
    if (result != 0)
        s->error = err_copy();
}

/* Checks for open loops while holding the lock, so that a loop opened before this thread waits is not
 * missed. */
static bool help(run *r, int worker)
{
    if (!work_sharing_is_open(r->f->loops))
        return false;
    unlock(r);
    work_sharing_join(r->f->loops, worker);
    lock(r);
    return true;
}

static void loop_opened(void *context)
{
    run *r = context;
    lock(r);
    pthread_cond_broadcast(&r->changed);
    unlock(r);
}

static bool work_on_next(run *r, int worker)
{
    for (uint64_t number = r->first; number < r->next; number++) {
        slot *s = slot_at(r, number);
        if (s->state != SLOT_READ)
            continue;
        s->state = SLOT_TAKEN;
        unlock(r);
        apply(r, s, worker);
        lock(r);
        r->bytes += s->load->out.body.len;
        s->state = SLOT_DONE;
        return true;
    }
    return false;
}

/* ---- writing ---- */

static int begin_segment(run *r)
{
    const filter *f = r->f;
    const record *header = stream_header(r->in);
    if ((f->check && f->check(f->context, header) < 0) ||
        stream_begin(r->out, f->out_kind, f->program, f->fingerprint, header, f->header) < 0) {
        f->warn("%s", err_message());
        return -1;
    }
    return 0;
}

/* Reports why a record cannot be written. Returns 0 if the run continues. */
static int bad_record(run *r, const slot *s)
{
    r->f->warn("%s", s->error);
    if (s->last)
        return -1;
    r->bad++;
    return r->f->skip_bad ? 0 : -1;
}

static int write_slot(run *r, slot *s)
{
    if (s->error) {
        const int result = bad_record(r, s);
        err_copy_free(s->error);
        s->error = NULL;
        return result;
    }
    if (stream_write(r->out, &s->load->in, r->f->drop, &s->load->out) < 0) {
        if (stream_can_go_on(r->out))
            record_error(&s->load->in, NULL);
        r->f->warn("%s", err_message());
        if (!stream_can_go_on(r->out))
            return -1;
        r->bad++;
        return r->f->skip_bad ? 0 : -1;
    }
    r->written++;
    progress_fraction(&r->shown, r->written, s->fraction);
    progress_update(&r->shown, r->written, "");
    return 0;
}

static bool write_next(run *r)
{
    slot *s = slot_at(r, r->first);
    if (r->writing || r->first == r->next || (s->state != SLOT_SEGMENT && s->state != SLOT_DONE))
        return false;
    const bool segment = s->state == SLOT_SEGMENT;
    r->writing = true;
    unlock(r);
    const int result = segment ? begin_segment(r) : write_slot(r, s);
    lock(r);
    r->writing = false;
    if (result < 0) {
        r->result = -1;
        r->stopped = true;
    }
    if (segment) {
        s->state = SLOT_READ;
        r->new_segment = false;
    }
    if (!segment || s->end) {
        r->bytes -= s->load->in.bytes.len + s->load->out.body.len;
        pack_clear(&s->load->out);
        s->load->lent = stream_lent(r->out);
        r->spare[r->n_spare++] = s->load;
        r->first++;
    }
    return true;
}

/* ---- the threads ---- */

/* Before a thread joins a loop it tries to read a record of its own, without waiting. */
static void serve(void *context, size_t task, size_t worker)
{
    (void)task;
    run *r = context;
    bool asked = false;
    lock(r);
    while (!r->stopped && !(r->input_ended && r->first == r->next)) {
        if (write_next(r) || work_on_next(r, worker)) {
            asked = false;
        } else if (!asked && read_next(r, 0)) {
            asked = true;
        } else if (help(r, worker)) {
            asked = false;
            continue;
        } else if (!read_next(r, WAIT)) {
            pthread_cond_wait(&r->changed, &r->lock);
            asked = false;
            continue;
        }
        pthread_cond_broadcast(&r->changed);
    }
    unlock(r);
}

static int copy_stream(run *r)
{
    r->segment = stream_segment(r->in);
    if (begin_segment(r) < 0)
        return -1;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->changed, NULL);
    if (r->f->loops)
        work_sharing_on_open(r->f->loops, loop_opened, r);
    pool_run(r->threads, serve, r, pool_size(r->threads));
    if (r->f->loops)
        work_sharing_on_open(r->f->loops, NULL, NULL);
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->changed);
    return r->result;
}

/* ---- setup and teardown ---- */

static int open_run(run *r)
{
    const filter *f = r->f;
    r->capacity = SLOTS_PER_THREAD * pool_size(r->threads);
    r->slots = mem_array(r->capacity, sizeof *r->slots);
    r->loads = mem_array(n_loads(r), sizeof *r->loads);
    r->spare = mem_array(n_loads(r), sizeof *r->spare);
    if (!r->slots || !r->loads || !r->spare)
        return -1;
    while (r->n_spare < n_loads(r)) {
        r->spare[r->n_spare] = &r->loads[r->n_spare];
        r->n_spare++;
    }
    r->in = stream_open(f->files, f->n_files, &(stream_options){.max_record = f->max_record});
    if (!r->in || stream_expect(r->in, f->in_kind) < 0)
        return -1;
    r->out = stream_create(f->output, f->unbuffered);
    if (!r->out)
        return -1;
    stream_limit(r->out, f->max_record);
    stream_lend(r->out);
    return 0;
}

static void close_run(run *r)
{
    for (int i = 0; r->slots && i < r->capacity; i++)
        err_copy_free(r->slots[i].error);
    for (int i = 0; r->loads && i < n_loads(r); i++) {
        record_free(&r->loads[i].in);
        pack_free(&r->loads[i].out);
    }
    mem_free(r->slots);
    mem_free(r->loads);
    mem_free(r->spare);
    stream_close(r->in);
}

static int finish_output(run *r, int result)
{
    if (result < 0) {
        stream_abandon(r->out);
        return -1;
    }
    if (stream_end(r->out) == 0)
        return 0;
    r->f->warn("%s", err_message());
    return -1;
}

int filter_run(const filter *f, pool *threads)
{
    run r = {.f = f, .threads = threads};
    int result = open_run(&r);
    if (result < 0) {
        f->warn("%s", err_message());
    } else {
        progress_start(&r.shown, f->program, "records", 0, f->quiet);
        result = finish_output(&r, copy_stream(&r));
        progress_end(&r.shown);
    }
    if (r.bad > 0 && f->skip_bad)
        f->warn("%" PRIu64 " records done, %" PRIu64 " bad records left out", r.written, r.bad);
    close_run(&r);
    return result < 0 || r.bad > 0;
}
