/* SPDX-License-Identifier: Apache-2.0 */
#include "io/safetensors.h"
#include "base/err.h"
#include "base/mem.h"
#include "tap.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/ecan-safetensors-XXXXXX";

/* A file of the header's length as told, the header (padded to a multiple of 4) and n bytes of data. */
static void write_file(uint64_t told, const char *header, size_t n)
{
    FILE *f = fopen(path, "wb");
    size_t padding = (4 - strlen(header) % 4) % 4;
    for (int i = 0; i < 8; i++)
        fputc((int)(told >> (8 * i) & 0xff), f);
    fputs(header, f);
    fprintf(f, "%*s", (int)padding, "");
    for (size_t i = 0; i < n; i++)
        fputc(0, f);
    fclose(f);
}

static uint64_t length(const char *header)
{
    return (strlen(header) + 3) / 4 * 4;
}

static void accepted(const char *header, size_t n, int tensors, const char *title)
{
    safetensors s;
    write_file(length(header), header, n);
    int failed = safetensors_open(&s, path);
    ok(!failed && s.n == tensors, "accepted: %s%s", title, failed ? err_message() : "");
    if (!failed)
        safetensors_close(&s);
}

static void refused_as(uint64_t told, const char *header, size_t n, const char *why)
{
    safetensors s;
    write_file(told, header, n);
    int failed = safetensors_open(&s, path);
    ok(failed && strncmp(err_message(), path, strlen(path)) == 0 && strstr(err_message(), why) != NULL,
       "refused: %s", failed ? err_message() + strlen(path) + 2 : header);
    if (!failed)
        safetensors_close(&s);
}

static void refused(const char *header, size_t n, const char *why)
{
    refused_as(length(header), header, n, why);
}

#define F32(shape, range) "{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":" range "}"
#define ONE(shape, range) "{\"a\":" F32(shape, range) "}"

static void hostile_lengths(void)
{
    refused_as(UINT64_MAX, "{}", 0, "the header has 18446744073709551615 bytes, but the file only");
    refused_as(UINT64_MAX - 7, "{}", 0, "the header has");
    refused_as(8, "{}", 0, "the header has 8 bytes, but the file only 12");
    refused_as(2, "{}", 0, "not aligned");
    refused_as(0, "{}", 0, "header: line 1");
    FILE *f = fopen(path, "wb");
    fputs("\1\0\0", f);
    fclose(f);
    safetensors s;
    ok(safetensors_open(&s, path) == -1 && strstr(err_message(), "too few") != NULL, "refused: a few bytes");
    ok(safetensors_open(&s, "/tmp") == -1 && strstr(err_message(), "not a regular file") != NULL,
       "refused: a folder");
    ok(safetensors_open(&s, "/nowhere/at/all") == -1 && s.n == 0, "refused: no file");
}

static void hostile_headers(void)
{
    refused("[]", 0, "expected a JSON object");
    refused("{\"a\":", 0, "header: line 1");
    refused("{\"a\":1}", 0, "tensor a: unsupported dtype");
    refused("{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4,
            "tensor a: unsupported dtype");
    refused("{\"a\":{\"dtype\":7,\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "tensor a: unsupported dtype");
    refused("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "expected an array as shape");
    refused(ONE("{}", "[0,4]"), 4, "expected an array as shape");
    refused(ONE("[-1]", "[0,4]"), 4, "dimension 0");
    refused(ONE("[1,1.0]", "[0,4]"), 4, "dimension 1");
    refused(ONE("[\"1\"]", "[0,4]"), 4, "dimension 0");
    refused(ONE("[1,1,1,1,1]", "[0,4]"), 4, "5 dimensions");
    refused(ONE("[4294967296,4294967296]", "[0,0]"), 0, "too large");
    refused(ONE("[4294967296,4294967297]", "[0,0]"), 0, "too large");
    refused(ONE("[4611686018427387904]", "[0,0]"), 0, "numbers"); /* times 4 bytes: 0 in 64 bits */
    refused(ONE("[9223372036854775808]", "[0,0]"), 0, "header: line 1");
    refused(ONE("[1]", "[0,8]"), 8, "the shape has 1 numbers of 4 bytes, but the data has 8 bytes");
    refused(ONE("[1]", "[4,0]"), 4, "are not within");
    refused(ONE("[1]", "[-4,0]"), 4, "data_offsets");
    refused(ONE("[1]", "[0,4,8]"), 4, "data_offsets");
    refused(ONE("[1]", "{}"), 4, "data_offsets");
    refused(ONE("[2]", "[0,8]"), 4, "are not within the 4 bytes");
    refused(ONE("[1]", "[9223372036854775800,9223372036854775804]"), 4, "are not within");
    refused(ONE("[1]", "[1,5]"), 5, "not aligned");
    refused(ONE("[1]", "[0,4]"), 8, "4 bytes at the end");
    refused(ONE("[1]", "[4,8]"), 8, "4 bytes before tensor a");
    refused("{\"a\":" F32("[2]", "[0,8]") ",\"b\":" F32("[1]", "[4,8]") "}", 8, "tensor b overlaps a");
    refused("{\"a\":" F32("[1]", "[0,4]") ",\"b\":" F32("[1]", "[0,4]") "}", 4, "overlaps");
    refused("{\"a\":" F32("[1]", "[0,4]") ",\"a\":" F32("[1]", "[4,8]") "}", 8, "duplicate key");
}

static void legal_headers(void)
{
    accepted("{}", 0, 0, "nothing");
    accepted("{\"__metadata__\":{\"format\":\"pt\"}}", 0, 0, "only metadata");
    accepted(ONE("[]", "[0,4]"), 4, 1, "a single number");
    accepted(ONE("[0,3]", "[0,0]"), 0, 1, "an empty tensor");
    accepted("{\"b\":" F32("[1]", "[4,8]") ",\"e\":" F32("[0]", "[4,4]") ",\"a\":" F32("[1]", "[0,4]") "}", 8,
             3, "any order, an empty one between");
}

static void round_trip(void)
{
    float weight[2 * 3] = {1, 2, 3, 4, 5, 6.5f}, bias[1] = {-0.25f};
    const safetensor tensors[] = {
        {.name = "blocks.0.conv.weight", .ndim = 2, .shape = {2, 3}, .count = 6, .data = weight},
        {.name = "\xc3\xa9", .ndim = 1, .shape = {0}, .count = 0, .data = NULL},
        {.name = "b", .ndim = 1, .shape = {1}, .count = 1, .data = bias},
    };
    safetensors s;
    if (!ok(safetensors_write(path, tensors, 3) == 0 && safetensors_open(&s, path) == 0,
            "written, and opened"))
        return;
    const safetensor *t = safetensors_find(&s, "blocks.0.conv.weight");
    ok(s.n == 3 && t != NULL && t->ndim == 2 && t->shape[0] == 2 && t->shape[1] == 3 && t->count == 6 &&
           memcmp(t->data, weight, sizeof weight) == 0,
       "a matrix comes back");
    ok(t != NULL && (uintptr_t)t->data % MEM_ALIGN == 0, "the data begin aligned");
    t = safetensors_find(&s, "b");
    ok(t != NULL && t->count == 1 && *(const float *)t->data == -0.25f, "the last tensor too");
    ok(safetensors_find(&s, "\xc3\xa9") != NULL && safetensors_find(&s, "c") == NULL, "by name");
    safetensors_close(&s);
    ok(s.n == 0 && s.tensors == NULL, "empty after safetensors_close");

    const safetensor twice[] = {tensors[2], tensors[2]};
    ok(safetensors_write(path, twice, 2) == -1 && strstr(err_message(), "duplicate name") != NULL,
       "a duplicate name is not written");
    ok(safetensors_write("/dev/full", tensors, 3) == -1 && strstr(err_message(), "cannot write") != NULL,
       "full disk");
    ok(safetensors_write("/nowhere/at/all", tensors, 3) == -1, "no folder");
    ok(safetensors_write(path, NULL, 0) == 0 && safetensors_open(&s, path) == 0 && s.n == 0, "no tensors");
    safetensors_close(&s);
}

/* An independent reader: Python, written from the description of the format. */
static void python_reads(void)
{
    float v[3] = {1.5f, -2, 3};
    const safetensor t = {.name = "v", .ndim = 2, .shape = {3, 1}, .count = 3, .data = v};
    static const char script[] = "python3 -c 'import json, struct, sys\n"
                                 "b = open(sys.argv[1], \"rb\").read()\n"
                                 "n, = struct.unpack(\"<Q\", b[:8])\n"
                                 "assert json.loads(b[8:8 + n]) == {\"v\": {\"dtype\": \"F32\", \"shape\": "
                                 "[3, 1], \"data_offsets\": [0, 12]}}\n"
                                 "assert struct.unpack(\"<3f\", b[8 + n:]) == (1.5, -2, 3)' ";
    char command[sizeof script + sizeof path];
    snprintf(command, sizeof command, "%s%s", script, path);
    if (system("command -v python3 >/dev/null") != 0)
        ok(1, "python3 reads it # SKIP no python3");
    else
        ok(safetensors_write(path, &t, 1) == 0 && system(command) == 0, "python3 reads it");
}

int main(void)
{
    int fd = mkstemp(path);
    if (!ok(fd >= 0, "a file to write"))
        return tap_done();
    close(fd);
    hostile_lengths();
    hostile_headers();
    legal_headers();
    round_trip();
    python_reads();
    unlink(path);
    return tap_done();
}
