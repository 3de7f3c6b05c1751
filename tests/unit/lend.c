/* SPDX-License-Identifier: Apache-2.0 */
/* Lent memory: only a reader that says that it copies gets it, and the writer knows when it is free again. */
#include "base/lend.h"
#include "base/mem.h"
#include "io/stream.h"
#include "tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, SMALL = 256 << 10, PIECE = 3 << 20 };

static int ends[2]; /* of the pipe of a test: to read, to write */
static int go[2];   /* of another: readers wait for a byte of it */
static char writing_end[32], reading_end[32];

static void open_pipes(void)
{
    if (pipe(ends) || pipe(go))
        abort();
    snprintf(reading_end, sizeof reading_end, "/dev/fd/%d", ends[0]);
    snprintf(writing_end, sizeof writing_end, "/dev/fd/%d", ends[1]);
}

static void close_pipes(void)
{
    close(ends[1]);
    close(go[0]);
    close(go[1]);
}

static void wait_to_go(void)
{
    char byte;
    if (read(go[0], &byte, 1) != 1)
        _exit(2);
}

static void let_go(void)
{
    if (write(go[1], "", 1) != 1)
        abort();
}

/* Runs a reader, whose return value says whether all is well. Returns when the pipe has its lock, for which
 * it has ten seconds, or, if it takes none, at once. */
static pid_t start_reader(bool (*reader)(void), bool accepts)
{
    const pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        close(go[1]);
        _exit(reader() ? 0 : 1);
    }
    close(ends[0]);
    for (int i = 0; accepts && i < 10000 && !lend_accepted(ends[1]); i++)
        usleep(1000);
    return child;
}

static bool ended_well(pid_t child)
{
    int status;
    close_pipes();
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Reads all bytes, in small pieces. Whether they are n, and all of them `byte`, if it is one. */
static bool read_bytes(size_t n, int byte)
{
    static unsigned char got[65536];
    ssize_t more;
    while ((more = read(ends[0], got, sizeof got)) > 0) {
        for (ssize_t i = 0; byte >= 0 && i < more; i++)
            if (got[i] != byte)
                return false;
        n -= (size_t)more;
    }
    return more == 0 && (byte < 0 || n == 0);
}

/* ---- the lock ---- */

static bool accept_and_end(void)
{
    lend_accept(ends[0]);
    wait_to_go();
    return true;
}

static void test_lock(void)
{
    open_pipes();
    ok(!lend_accepted(ends[1]), "nothing is lent to a pipe whose reader has not said that it copies");
    const pid_t child = start_reader(accept_and_end, true);
    ok(lend_accepted(ends[1]), "a reader says so, and the writer sees it");
    let_go();
    waitpid(child, NULL, 0);
    ok(!lend_accepted(ends[1]), "it ends with the process");
    close_pipes();
    ok(!lend_accepted(ends[1]), "a closed descriptor");
    FILE *file = tmpfile();
    ok(!lend_accepted(fileno(file)), "a file");
    fclose(file);
}

/* ---- memory ---- */

static unsigned char *piece_of(int byte)
{
    unsigned char *p = mem_room(PIECE, 1);
    if (!p)
        abort();
    memset(p, byte, PIECE);
    return p;
}

static bool read_changed_page(void)
{
    lend_accept(ends[0]);
    wait_to_go();
    return read_bytes(PAGE, 2);
}

static bool read_piece(void)
{
    lend_accept(ends[0]);
    return read_bytes(PIECE, 1);
}

static void test_memory(void)
{
    unsigned char *p;
#ifdef __linux__
    open_pipes();
    const pid_t changed = start_reader(read_changed_page, true);
    p = piece_of(1); /* after fork(), which would keep the page for the reader */
    const bool lent = lend_write(ends[1], p, PAGE) == 0 && lend_unread(ends[1]) == PAGE;
    memset(p, 2, PAGE);
    let_go();
    ok(ended_well(changed) && lent, "what is lent is not copied: the reader sees a later change");
    mem_free(p);
#endif
    open_pipes();
    const pid_t child = start_reader(read_piece, true);
    p = piece_of(1);
    const bool sent = lend_write(ends[1], p, PIECE) == 0;
    while (lend_unread(ends[1]) > 0 && lend_wait(ends[1]))
        ;
    const bool none = lend_unread(ends[1]) == 0;
    memset(p, 2, PIECE);
    ok(ended_well(child) && sent && none, "a writer that waits does not change what is read");

    open_pipes();
    const bool full = lend_write(ends[1], p, PAGE) == 0;
    close(ends[0]);
    ok(full && !lend_wait(ends[1]), "waiting ends when there is no reader any more");
    close_pipes();
    mem_free(p);
}

/* ---- streams ---- */

enum { RECORDS = 6 };

/* Whether record i has PIECE bytes, all of them i. */
static bool read_records(void)
{
    const char *name = reading_end;
    stream_in *in = stream_open(&name, 1, NULL);
    record r = {0};
    bool same = in;
    for (int i = 0; same && i < RECORDS; i++) {
        usleep(20000); /* the writer is faster */
        same = stream_read(in, &r) == 1;
        walk w = {record_find(&r, "x")->value, r.bytes.data + r.bytes.len};
        walk_value v;
        same = same && walk_next(&w, &v) == 1 && v.size == PIECE;
        for (size_t j = 0; same && j < PIECE; j++)
            same = v.data[j] == i;
    }
    same = same && stream_read(in, &r) == 0;
    record_free(&r);
    stream_close(in);
    return same;
}

/* Copies, without saying so. */
static bool read_unsaid(void)
{
    return read_bytes(0, -1);
}

static bool read_when_told(void)
{
    lend_accept(ends[0]);
    wait_to_go();
    return read_bytes(0, -1);
}

static stream_out *start_stream(void)
{
    stream_out *out = stream_create(writing_end, false);
    if (!out || stream_begin(out, "tokens", "test", NULL, NULL, NULL))
        abort();
    stream_lend(out);
    return out;
}

/* Writes a record of n bytes i from fields, which are lent. */
static void write_record(stream_out *out, pack *fields, int i, size_t n)
{
    unsigned char *p = piece_of(i);
    pack_clear(fields);
    pack_key(fields, "id");
    pack_str(fields, "r");
    pack_key(fields, "x");
    pack_bin(fields, p, n);
    if (stream_write(out, NULL, NULL, fields))
        abort();
    mem_free(p);
}

/* Writes the records from the same memory, as soon as it is returned. Returns the number of loans. */
static int write_records(void)
{
    stream_out *out = start_stream();
    pack fields = {0};
    int loans = 0;
    for (int i = 0; i < RECORDS; i++) {
        const uint64_t before = stream_lent(out);
        stream_wait(out, before);
        write_record(out, &fields, i, PIECE);
        loans += stream_lent(out) > before;
    }
    if (stream_end(out))
        abort();
    memset(fields.body.data, 0xff, fields.body.len);
    pack_free(&fields);
    return loans;
}

static void test_streams(void)
{
    open_pipes();
    pid_t child = start_reader(read_records, true);
    int loans = write_records();
    ok(ended_well(child), "records that are lent are read as they were written");
    ok(loans == RECORDS, "all of %d large ones are lent: %d", RECORDS, loans);
    open_pipes();
    child = start_reader(read_unsaid, false);
    loans = write_records();
    ok(ended_well(child) && loans == 0, "none to a reader that has not said that it copies: %d", loans);
}

static void test_return(void)
{
    open_pipes();
    const pid_t child = start_reader(read_when_told, true);
    stream_out *out = start_stream();
    pack fields = {0};
    ok(stream_returned(out, stream_lent(out)), "what was never lent is there");
    write_record(out, &fields, 1, SMALL);
    ok(!stream_returned(out, stream_lent(out)), "what is lent is not returned before it is read");
    let_go();
    stream_wait(out, stream_lent(out));
    ok(stream_returned(out, stream_lent(out)), "then it is");
    if (stream_end(out))
        abort();
    pack_free(&fields);
    ok(ended_well(child), "the reader ends");
}

int main(void)
{
    test_lock();
    test_memory();
    test_streams();
    test_return();
    return tap_done();
}
