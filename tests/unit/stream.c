/* SPDX-License-Identifier: Apache-2.0 */
/* Streams: what is written is read again; what is cut, miscounted or misshapen is refused, and named. */
#include "io/stream.h"
#include "base/err.h"
#include "io/filter.h"
#include "io/output.h"
#include "tap.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[] = "/tmp/ecan-stream-XXXXXX";

/* The path of a file of the test's own; NAME is borrowed, the result is kept until the next but one call. */
static const char *path(const char *name)
{
    static char paths[2][sizeof directory + 64];
    static int which;
    which = !which;
    snprintf(paths[which], sizeof paths[which], "%s/%s", directory, name);
    return paths[which];
}

static const char *file_of(const void *data, size_t n)
{
    const char *p = path("bytes");
    FILE *f = fopen(p, "wb");
    if (!f || fwrite(data, 1, n, f) != n || fclose(f) != 0)
        abort();
    return p;
}

/* Reads a whole stream: its records are counted in *n. The last result of stream_read, -2 when it does not
 * open. */
static int read_all(const char *file, size_t max_record, int *n)
{
    record r = {0};
    int got;
    *n = 0;
    stream_in *in = stream_open(&file, 1, &(stream_options){.max_record = max_record});
    if (!in)
        return -2;
    while ((got = stream_read(in, &r)) > 0)
        ++*n;
    record_free(&r);
    stream_close(in);
    return got;
}

#define HEADER                                                                                               \
    "\x83\xa4"                                                                                               \
    "ecan\x01\xa4kind\xa6tokens\xa7history\x90"
#define RECORD_A                                                                                             \
    "\x81\xa2id\xa1"                                                                                         \
    "a"
#define RECORD_B                                                                                             \
    "\x82\xa2id\xa1"                                                                                         \
    "b\xa1x\x05"
#define END(n)                                                                                               \
    "\x81\xa3"                                                                                               \
    "end" n

/* Reads the bytes of a literal; says the message where one is left. */
static void expect(const char *bytes, size_t size, int result, int records, const char *message,
                   const char *title)
{
    int n;
    int got = read_all(file_of(bytes, size), 0, &n);
    ok(got == result && n == records && (got >= 0 || strstr(err_message(), message)), "%s%s%s", title,
       got < 0 ? ": " : "", got < 0 ? strrchr(err_message(), '/') : "");
}

#define EXPECT(literal, result, records, message, title)                                                     \
    expect(literal, sizeof(literal) - 1, result, records, message, title)

static void test_whole(void)
{
    EXPECT(HEADER END("\x00"), 0, 0, "", "no records");
    EXPECT(HEADER RECORD_A RECORD_B END("\x02"), 0, 2, "", "two records");
    EXPECT(HEADER RECORD_A END("\x01") HEADER RECORD_B END("\x01"), 0, 2, "", "two segments");
    EXPECT(HEADER "\x82\xa2id\xa1"
                  "a\xa3"
                  "end\x05" END("\x01"),
           0, 1, "", "a record with a key end is a record");
}

static void test_broken(void)
{
    EXPECT("", -2, 0, "truncated: it is empty", "an empty file");
    EXPECT("\x83\xa4"
           "ecan\x01",
           -2, 0, "truncated: it ends within the header", "half a header");
    EXPECT(HEADER RECORD_A, -1, 1, "truncated: it ends at offset 34 without an end record, after 1 complete",
           "no end record");
    EXPECT(HEADER RECORD_A "\x81\xa2", -1, 1, "truncated: it ends at offset 36", "half a record");
    EXPECT(HEADER RECORD_A HEADER RECORD_B END("\x01"), -1, 1, "truncated: offset 34: found a header",
           "a truncated stream before a whole one");
    EXPECT(HEADER RECORD_A END("\x02"), -1, 1, "the count is 2, but 1 records were read",
           "an end record that counts too many");
    EXPECT(HEADER RECORD_A END("\xa1"
                               "1"),
           -1, 1, "expected an integer, found a string", "an end record that counts a string");
    EXPECT(HEADER END("\x00") RECORD_A, -1, 0, "expected a header, found a map without the key ecan",
           "a record where a header must be");
    EXPECT(HEADER END("\x00") "\x83\xa4"
                              "ecan\x01\xa4kind\xa6scored\xa7history\x90" END("\x00"),
           -1, 0, "segments of different kinds", "a segment of another kind");
    EXPECT("\x82\xa4"
           "ecan\x02\xa4kind\xa6tokens" END("\x00"),
           -2, 0, "version 2", "a later version");
    EXPECT("\x81\xa4"
           "ecan\x01" END("\x00"),
           -2, 0, "key kind: missing", "no kind");
    EXPECT("{\"id\": 1}\n", -2, 0, "begins with byte 0x7b, like JSON", "JSON");
    EXPECT("\xdd\xff\xff\xff\xff", -2, 0, "begins with byte 0xdd", "an array of 4294967295 elements");
    EXPECT("\xdf\xff\xff\xff\xff", -2, 0, "--max-record", "a map of 4294967295 pairs");
    EXPECT(HEADER "\x82\xa2id\xa1"
                  "a\xa1x\xc6\x7f\xff\xff\xff",
           -1, 0, "--max-record", "2 GiB in a record");
    EXPECT(HEADER "\x01", -1, 0, "expected a map, found byte 0x01", "a number among the records");
    EXPECT(HEADER RECORD_A "\x82\xa2id\xa1"
                           "b\xa1x\xc1",
           -1, 1, "record 2: offset 34: invalid msgpack: byte 0xc1", "a byte that is not msgpack");
}

/* Reads a stream whose second record of three is bad: only that record must be rejected. */
static void recover(const char *bad, size_t size, const char *message, const char *title)
{
    buf b = {0};
    if (buf_add(&b, HEADER RECORD_A, sizeof(HEADER RECORD_A) - 1) || buf_add(&b, bad, size) ||
        buf_add(&b, RECORD_B END("\x03"), sizeof(RECORD_B END("\x03")) - 1))
        abort();
    const char *file = file_of(b.data, b.len);
    stream_in *in = stream_open(&file, 1, NULL);
    record r = {0};
    int first = stream_read(in, &r), second = stream_read(in, &r);
    int named = strstr(err_message(), message) != NULL && strstr(err_message(), "record 2") != NULL;
    int recoverable = stream_recoverable(in), third = stream_read(in, &r);
    ok(first == 1 && second == -1 && named && recoverable && third == 1 && strcmp(r.id, "b") == 0 &&
           r.number == 3 && stream_read(in, &r) == 0,
       "%s", title);
    record_free(&r);
    stream_close(in);
    buf_free(&b);
}

#define RECOVER(literal, message, title) recover(literal, sizeof(literal) - 1, message, title)

static void test_recoverable(void)
{
    RECOVER("\x81\xa1x\x05", "key id: missing", "a record without id");
    RECOVER("\x81\xa2id\x05", "key id: expected a string", "an id that is a number");
    RECOVER("\x81\xa2id\xa2"
            "a\x00",
            "key id: contains a NUL", "an id with a NUL");
    RECOVER("\x81\xa2id\xa1\xff", "key id: invalid UTF-8", "an id that is not UTF-8");
    RECOVER("\x82\xa2id\xa1"
            "c\xa2id\xa1"
            "d",
            "duplicate key", "a duplicate key");
    RECOVER("\x82\xa2id\xa1"
            "c\x05\x06",
            "key 2 of the map: expected a string", "a key that is a number");
    RECOVER("\x80", "key id: missing", "a record without anything");
}

static void add_record(stream_out *out, const char *id, size_t bytes)
{
    pack p = {0};
    unsigned char *data = calloc(1, bytes + 1);
    pack_key(&p, "id");
    pack_str(&p, id);
    pack_key(&p, "x");
    pack_bin(&p, data, bytes);
    if (stream_write(out, NULL, NULL, &p) < 0)
        abort();
    pack_free(&p);
    free(data);
}

/* Records of sizes about those where the buffers of reader and writer change what they do. */
static void test_sizes(void)
{
    static const size_t sizes[] = {0, 1, 131000, 131072, 131073, 1048570, 1048576, 5000000, 3, 524288, 9};
    const char *file = path("sizes");
    stream_out *out = stream_create(file, false);
    int n = sizeof sizes / sizeof *sizes, same = stream_begin(out, "tokens", "test", NULL, NULL, NULL) == 0;
    for (int i = 0; i < n; i++)
        add_record(out, "r", sizes[i]);
    same &= stream_end(out) == 0;
    stream_in *in = stream_open(&file, 1, NULL);
    record r = {0};
    for (int i = 0; same && i < n; i++) {
        same = stream_read(in, &r) == 1 && r.number == (uint64_t)i + 1;
        walk w = {record_find(&r, "x")->value, r.bytes.data + r.bytes.len};
        walk_value v;
        same = same && walk_next(&w, &v) == 1 && v.size == sizes[i];
    }
    ok(same && stream_read(in, &r) == 0, "records of no bytes to 5 MB come back");
    record_free(&r);
    stream_close(in);
    int count;
    ok(read_all(file, 1 << 20, &count) == -1 && strstr(err_message(), "--max-record"),
       "unless they are above the limit");
}

enum { BLOCKS = 3, WIDTH = 180 };
static const size_t lengths[] = {1500, 1500, 3, 400, 1500, 0, 2000, 30, 1499, 700, 2000};
enum { TEXTS = sizeof lengths / sizeof *lengths };

static float value_of(int text, int block, size_t i)
{
    return (float)(text * 7 + block * 3 + (int)(i % 1000));
}

/* Encoded texts of some lengths. The id is longer each time, so that the tensors begin at other places. */
static void write_blocks(const char *file)
{
    stream_out *out = stream_create(file, false);
    if (!out || stream_begin(out, "encoded", "test", NULL, NULL, NULL))
        abort();
    for (int text = 0; text < TEXTS; text++) {
        pack p = {0};
        const size_t shape[] = {lengths[text], WIDTH}, n = shape[0] * WIDTH;
        float *H = malloc(n * sizeof *H + 1);
        pack_key(&p, "id");
        pack_str_n(&p, "abcdefghijklmnop", (size_t)text + 1);
        pack_key(&p, "H");
        pack_array(&p, BLOCKS);
        for (int block = 0; block < BLOCKS; block++) {
            for (size_t i = 0; i < n; i++)
                H[i] = value_of(text, block, i);
            pack_f4(&p, H, 2, shape);
        }
        if (stream_write(out, NULL, NULL, &p))
            abort();
        free(H);
        pack_free(&p);
    }
    if (stream_end(out))
        abort();
}

/* Whether the record has the tensors of that text. *unaligned counts those of 1 MB and more whose bytes begin
 * at an address that is not a multiple of 4. */
static bool has_blocks(const record *r, int text, int *unaligned)
{
    const field *f = record_find(r, "H");
    walk w = {f->value, f->value + f->size};
    uint32_t n;
    buf scratch = {0};
    bool same = walk_array(&w, &n) == 0 && n == BLOCKS;
    for (int block = 0; same && block < BLOCKS; block++) {
        tensor t;
        same = tensor_read(&w, &t) == 0 && t.count == lengths[text] * WIDTH;
        const float *H = same ? tensor_floats(&t, &scratch) : NULL;
        for (size_t i = 0; same && i < t.count; i++)
            same = H[i] == value_of(text, block, i);
        *unaligned += same && t.count >= 1 << 18 && (uintptr_t)t.data % 4 != 0;
    }
    buf_free(&scratch);
    return same;
}

/* Tensors come back, and those of 1 MB and more need not be copied: from a file, and from a pipe, of which a
 * read gives a part. */
static void test_alignment(void)
{
    const char *file = path("blocks");
    char from_pipe[32];
    int ends[2];
    write_blocks(file);
    if (pipe(ends))
        abort();
    const pid_t writer = fork();
    if (writer == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        execlp("cat", "cat", file, (char *)NULL);
        _exit(1);
    }
    close(ends[1]);
    snprintf(from_pipe, sizeof from_pipe, "/dev/fd/%d", ends[0]);
    for (int piped = 0; piped < 2; piped++) {
        const char *name = piped ? from_pipe : file;
        stream_in *in = stream_open(&name, 1, NULL);
        record r = {0};
        int text = 0, unaligned = 0;
        while (in && text < TEXTS && stream_read(in, &r) == 1 && has_blocks(&r, text, &unaligned))
            text++;
        ok(text == TEXTS && stream_read(in, &r) == 0, "tensors come back%s", piped ? ", from a pipe" : "");
        ok(unaligned == 0, "%d large ones are not aligned", unaligned);
        record_free(&r);
        stream_close(in);
    }
    close(ends[0]);
    waitpid(writer, NULL, 0);
}

/* What a header or record looks like: its keys, joined by commas. */
static const char *keys(const record *r)
{
    static char text[256];
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%.*s", i ? "," : "", (int)r->fields[i].key_len,
                              r->fields[i].key);
    return text;
}

static void test_passing_on(void)
{
    const char *first = path("first");
    stream_out *out = stream_create(first, true);
    pack extra = {0}, fields = {0};
    pack_key(&extra, "colour");
    pack_str(&extra, "red");
    pack_key(&extra, "labels");
    pack_array(&extra, 0);
    stream_begin(out, "tokens", "one", NULL, NULL, &extra);
    static const char *const names[] = {"id", "a", "X", "b", "Y", "c"};
    for (int i = 0; i < 6; i++) {
        pack_key(&fields, names[i]);
        pack_str(&fields, "1");
    }
    stream_write(out, NULL, NULL, &fields);
    ok(stream_end(out) == 0, "a stream is written");

    stream_in *in = stream_open(&first, 1, NULL);
    record r = {0};
    const char *second = path("second");
    out = stream_create(second, false);
    ok(stream_read(in, &r) == 1 && strcmp(keys(&r), "id,a,X,b,Y,c") == 0, "its record has its keys in order");
    pack_clear(&fields);
    pack_key(&fields, "b");
    pack_str(&fields, "new");
    pack_key(&fields, "H");
    pack_nil(&fields);
    pack_clear(&extra);
    pack_key(&extra, "labels");
    pack_array(&extra, 1);
    pack_str(&extra, "L");
    stream_begin(out, "scored", "two", "f00", stream_header(in), &extra);
    stream_write(out, &r, (const char *const[]){"X", "Y", NULL}, &fields);
    ok(stream_end(out) == 0, "a filter writes it again");
    stream_close(in);

    in = stream_open(&second, 1, &(stream_options){.unchecked = true}); /* H is none */
    ok(strcmp(keys(stream_header(in)), "ecan,kind,history,colour,labels") == 0,
       "the header keeps what it does not know: %s", keys(stream_header(in)));
    ok(strcmp(stream_kind(in), "scored") == 0, "its kind is new");
    const field *h = record_find(stream_header(in), "history");
    ok(h->size > 2 && h->value[0] == 0x92, "its history has two entries");
    uint32_t n = 0;
    walk w;
    ok(record_strings(stream_header(in), "labels", &w, &n) == 0 && n == 1,
       "a further field replaces what was there");
    ok(stream_read(in, &r) == 1 && strcmp(keys(&r), "id,a,c,b,H") == 0,
       "the record lacks what was dropped: %s", keys(&r));
    ok(stream_expect(in, "tokens") == -1 &&
           strstr(err_message(), "expected a 'tokens' stream, got 'scored': use the output of ecan-tokenize"),
       "another kind is refused with the program that makes it");
    stream_close(in);
    record_free(&r);
    pack_free(&extra);
    pack_free(&fields);
}

static int parse_tensor(const pack *p, tensor *t)
{
    walk w = {p->body.data, p->body.data + p->body.len};
    return tensor_read(&w, t);
}

/* A tensor with one thing changed. */
static void bad_tensor(const char *type, const char *kind, int ndim, const uint64_t *shape, size_t bytes,
                       const char *why)
{
    static const unsigned char zeros[64];
    pack p = {0};
    tensor t;
    pack_map(&p, 5);
    pack_str(&p, "nd");
    pack_bool(&p, true);
    pack_str(&p, "type");
    pack_str(&p, type);
    pack_str(&p, "kind");
    pack_str(&p, kind);
    pack_str(&p, "shape");
    pack_array(&p, (size_t)ndim);
    for (int d = 0; d < ndim; d++)
        pack_uint(&p, shape[d]);
    pack_str(&p, "data");
    pack_bin(&p, zeros, bytes);
    ok(parse_tensor(&p, &t) == -1 && strstr(err_message(), why), "tensor: %s", err_message());
    pack_free(&p);
}

static void test_tensors(void)
{
    pack p = {0};
    tensor t;
    buf scratch = {0};
    pack_f4(&p, (const float[]){1, 2, 3, 4, 5, 6}, 2, (const size_t[]){2, 3});
    ok(parse_tensor(&p, &t) == 0 && t.type == 'f' && t.ndim == 2 && t.shape[0] == 2 && t.shape[1] == 3 &&
           t.count == 6,
       "f4 [2][3]");
    const float *f = tensor_floats(&t, &scratch);
    ok(f[0] == 1 && f[5] == 6, "its numbers, whatever their alignment");
    bad_tensor("<f8", "", 1, (const uint64_t[]){1}, 8, "unsupported tensor type");
    bad_tensor("<f4", "O", 1, (const uint64_t[]){1}, 4, "expected an empty kind");
    bad_tensor("<f4", "", 1, (const uint64_t[]){3}, 8, "3 numbers of 4 bytes, but data has 8 bytes");
    bad_tensor("<f4", "", 2, (const uint64_t[]){(uint64_t)1 << 40, (uint64_t)1 << 40}, 0, "too large");
    bad_tensor("<f4", "", 1, (const uint64_t[]){(uint64_t)1 << 62}, 0,
               SIZE_MAX > UINT32_MAX ? "but data has" : "too large");
    bad_tensor("<f4", "", 5, (const uint64_t[]){1, 1, 1, 1, 1}, 4, "5 dimensions");
    pack_clear(&p);
    pack_map(&p, 1);
    pack_str(&p, "colour");
    pack_nil(&p);
    ok(parse_tensor(&p, &t) == -1, "a map that is none: %s", err_message());
    pack_free(&p);
    buf_free(&scratch);
}

/* ---- the loop of a filter ---- */

static char warnings[4096];
static int checked;

__attribute__((format(printf, 1, 2))) static void collect(const char *format, ...)
{
    va_list ap;
    size_t n = strlen(warnings);
    va_start(ap, format);
    vsnprintf(warnings + n, sizeof warnings - n, format, ap);
    va_end(ap);
}

/* Adds the record's number, and refuses the id "bad". */
static int number_it(void *context, int worker, const record *in, pack *out)
{
    (void)context, (void)worker;
    if (strcmp(in->id, "bad") == 0) {
        err_set("it is bad");
        return record_error(in, NULL);
    }
    pack_key(out, "n");
    pack_uint(out, in->number);
    return 0;
}

/* Counts the segments that it is asked about. */
static int count_segment(void *context, const record *header)
{
    (void)context;
    checked += record_find(header, "ecan") != NULL;
    return 0;
}

static int run_filter(const char *input, const char *output, bool skip_bad, int threads)
{
    pool *p = pool_new(threads);
    filter f = {.program = "test",
                .in_kind = "tokens",
                .out_kind = "embedded",
                .apply = number_it,
                .check = count_segment,
                .skip_bad = skip_bad,
                .quiet = true,
                .files = &input,
                .n_files = 1,
                .output = output,
                .warn = collect};
    *warnings = 0;
    checked = 0;
    int result = filter_run(&f, p);
    pool_free(p);
    return result;
}

/* The same, written directly and not renamed, as into a pipe: what was written before a failure is in output.
 */
static int run_filter_directly(const char *input, const char *output, int threads)
{
    char name[32];
    const int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    snprintf(name, sizeof name, "/dev/fd/%d", fd);
    const int result = run_filter(input, name, false, threads);
    close(fd);
    return result;
}

/* Whether as many records as wanted are there, in order, in three segments. */
static bool in_order(const char *file, int wanted)
{
    stream_in *in = stream_open(&file, 1, NULL);
    record r = {0};
    int n = 0, got = -1;
    int64_t last = 0, number = 0;
    while (in && (got = stream_read(in, &r)) > 0) {
        const field *f = record_find(&r, "n");
        walk w = {f->value, f->value + f->size};
        if (walk_int(&w, &number) < 0 || number <= last)
            break;
        last = number;
        n++;
    }
    unsigned segments = in ? stream_segment(in) : 0;
    record_free(&r);
    stream_close(in);
    return got == 0 && n == wanted && segments == 3;
}

static void test_filter(void)
{
    char input[128], output[128];
    snprintf(input, sizeof input, "%s", path("in"));
    snprintf(output, sizeof output, "%s", path("out"));
    stream_out *out = stream_create(input, false);
    for (int segment = 0; segment < 3; segment++) {
        stream_begin(out, "tokens", "test", NULL, NULL, NULL);
        for (int i = 0; i < 37; i++)
            add_record(out, segment == 1 && i == 20 ? "bad" : "good", (size_t)i * 100);
    }
    stream_end(out);
    ok(run_filter(input, output, true, 3) == 1 && in_order(output, 110),
       "a bad record is left out, the order kept, and the exit code is 1");
    ok(checked == 3, "every segment's header is checked before its records");
    ok(strstr(warnings, "record 58 (bad): offset ") && strstr(warnings, "110 records done, 1 bad"),
       "and it is reported");
    int n;
    ok(run_filter(input, output, false, 3) == 1 && in_order(output, 110),
       "without --skip-bad the run fails, and the file is what it was");
    ok(run_filter_directly(input, output, 3) == 1, "so it does where it writes directly");
    int got = read_all(output, 0, &n);
    ok(got == -1 && n == 57 && strstr(err_message(), "truncated"),
       "after it passed on the %d records before it, without an end record", n);
    input_record(true);
    ok(run_filter(input, input, false, 1) == 1 && strstr(warnings, "also an input"),
       "an output that is the input is refused");
    input_record(false);
    ok(read_all(input, 0, &n) == 0 && n == 111, "and the input is whole still");
    ok(run_filter(output, "/dev/full", false, 1) == 1 &&
           strstr(warnings, "got 'embedded': use the output of ecan-tokenize"),
       "another kind of input is refused");
    ok(run_filter(input, "/dev/full", true, 1) == 1 &&
           strstr(warnings, "/dev/full: cannot write: No space left"),
       "a full disk is reported");
}

/* A stream cut after any byte: the filter passes on a prefix of the records, ends without an end record, and
 * fails. */
static void test_truncation(void)
{
    static const char whole[] = HEADER RECORD_A RECORD_B RECORD_A END("\x03");
    const size_t ends[] = {sizeof(HEADER RECORD_A) - 1, sizeof(HEADER RECORD_A RECORD_B) - 1,
                           sizeof(HEADER RECORD_A RECORD_B RECORD_A) - 1};
    char output[128];
    bool right = true;
    snprintf(output, sizeof output, "%s", path("out"));
    for (size_t size = 0; size < sizeof whole - 1; size++) {
        int wanted = 0, n;
        for (size_t i = 0; i < 3; i++)
            wanted += size >= ends[i];
        unlink(output);
        bool failed =
            run_filter_directly(file_of(whole, size), output, 2) == 1 && strstr(warnings, "truncated");
        int got = read_all(output, 0, &n);
        bool header = size >= sizeof(HEADER) - 1;
        right = right && failed &&
                (header ? got == -1 && n == wanted && strstr(err_message(), "truncated") : got == -2);
    }
    ok(right, "a stream cut after any of its bytes gives its whole records, no end record, and exit code 1");
}

/* stream_ready must return false while a record is incomplete, and reading must continue when the rest
 * arrives. */
static void test_ready(void)
{
    int ends[2];
    char name[32];
    if (pipe(ends) < 0 || write(ends[1], HEADER "\x81\xa2id", sizeof(HEADER "\x81\xa2id") - 1) < 0)
        abort();
    snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
    const char *file = name;
    stream_in *in = stream_open(&file, 1, NULL);
    record r = {0};
    ok(in && !stream_ready(in, 0), "half a record in a pipe is not ready");
    ok(write(ends[1],
             "\xa1"
             "a",
             2) == 2 &&
           stream_ready(in, 0),
       "the whole is");
    ok(stream_read(in, &r) == 1 && !stream_ready(in, 0), "and then nothing");
    ok(write(ends[1], END("\x01"), sizeof(END("\x01")) - 1) > 0 && !stream_ready(in, 0),
       "an end record is not a record");
    close(ends[1]);
    ok(stream_read(in, &r) == 0, "but ends well");
    record_free(&r);
    stream_close(in);
    close(ends[0]);
}

static void test_limits(void)
{
    ok(record_check_size(STREAM_MAX_KEYS, STREAM_MAX_RECORD, 0) == 0,
       "a record may have 65,536 keys and 1 GiB");
    ok(record_check_size(STREAM_MAX_KEYS + 1, 0, 0) == -1 && strstr(err_message(), "65537 keys"),
       "and not one key more");
    ok(record_check_size(1, STREAM_MAX_RECORD + 1, 0) == -1 && strstr(err_message(), "--max-record") &&
           record_check_size(1, STREAM_MAX_RECORD + 1, STREAM_MAX_RECORD + 1) == 0,
       "and not one byte more, unless --max-record says so");
}

int main(void)
{
    test_limits();
    if (!mkdtemp(directory))
        abort();
    test_whole();
    test_broken();
    test_recoverable();
    test_sizes();
    test_alignment();
    test_passing_on();
    test_tensors();
    test_filter();
    test_truncation();
    test_ready();
    static const char *const made[] = {"bytes", "sizes", "blocks", "first", "second", "in", "out"};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        unlink(path(made[i]));
    return rmdir(directory) != 0 || tap_done();
}
