/* SPDX-License-Identifier: Apache-2.0 */
/* Every value of the header is checked against the size of the file before it is used. Like the reference
 * reader, this one requires that tensors cover the data without gaps or overlaps. The numbers are used
 * where they are mapped, which requires a little-endian machine.
 *
 * If another process truncates the file while it is mapped, this process receives SIGBUS. Replace models
 * by renaming, as ecan-train does. */
#include "io/safetensors.h"
#include "base/err.h"
#include "base/little_endian.h"
#include "base/mem.h"
#include "io/json.h"
#include "io/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX     8                   /* bytes of the header's length field */
#define MAX_HEADER (16 << 20)          /* bytes; parsed JSON needs several times its size */
#define ALIGN      ((size_t)MEM_ALIGN) /* of the first byte of the data in files that are written */

/* The tensors are mapped as they are in the file. Streams can be read and written on any machine. */
static int check_machine(void)
{
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
               ? 0
               : err_set("models and other tensor files need a little-endian machine, and this one is "
                         "big-endian");
}

/* ---- reading ---- */

/* MADV_HUGEPAGE: what is not in memory yet is read from disk into large pages, so that the system maps it in
 * a tenth of the time, now and in later programs. */
static int map_file(safetensors *s, int fd)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return err_io("%s", strerror(errno));
    if (!S_ISREG(st.st_mode))
        return err_set("not a regular file");
    if (st.st_size < PREFIX)
        return err_set("%lld bytes are too few for a safetensors file", (long long)st.st_size);
    void *map = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return err_io("cannot map: %s", strerror(errno));
    (void)madvise(map, (size_t)st.st_size, MADV_HUGEPAGE);
    s->map = map;
    s->map_size = st.st_size;
    return 0;
}

/* Reads the header's length and checks that it fits into the file. */
static int header_length(const safetensors *s, size_t *n)
{
    const unsigned char *p = s->map;
    uint64_t length = 0;
    for (int i = PREFIX - 1; i >= 0; i--)
        length = length << 8 | p[i];
    if (length > s->map_size - PREFIX)
        return err_set("the header has %llu bytes, but the file only %zu", (unsigned long long)length,
                       s->map_size);
    if (length > MAX_HEADER)
        return err_set("the header has %llu bytes, but at most %d are allowed", (unsigned long long)length,
                       MAX_HEADER);
    if ((PREFIX + length) % sizeof(float) != 0)
        return err_set("the header has %llu bytes: the data is not aligned to 4 bytes",
                       (unsigned long long)length);
    *n = length;
    return 0;
}

/* Reads a whole number >= 0. One that is too large for size_t is read as SIZE_MAX, which no file has. */
static int read_size(const json_t *v, size_t *n)
{
    if (!json_is_integer(v) || json_integer_value(v) < 0)
        return -1;
    const uint64_t value = (uint64_t)json_integer_value(v);
    *n = value < SIZE_MAX ? (size_t)value : SIZE_MAX;
    return 0;
}

static int read_shape(safetensor *t, const json_t *shape)
{
    size_t i;
    json_t *v;
    if (!json_is_array(shape))
        return err_set("expected an array as shape");
    if (json_array_size(shape) > SAFETENSORS_DIMS)
        return err_set("%zu dimensions, but at most %d are allowed", json_array_size(shape),
                       SAFETENSORS_DIMS);
    t->ndim = (int)json_array_size(shape);
    t->count = 1;
    json_array_foreach(shape, i, v)
    {
        if (read_size(v, &t->shape[i]) < 0)
            return err_set("dimension %zu: expected a whole number >= 0", i);
        if (__builtin_mul_overflow(t->count, t->shape[i], &t->count))
            return err_set("the product of the shape is too large");
    }
    return 0;
}

static const struct {
    const char *name;
    size_t size;
} types[] = {[SAFETENSOR_F32] = {"F32", 4},
             [SAFETENSOR_I8] = {"I8", 1},
             [SAFETENSOR_U8] = {"U8", 1},
             [SAFETENSOR_U32] = {"U32", 4},
             [SAFETENSOR_U64] = {"U64", 8}};

size_t safetensor_number_size(safetensor_type type)
{
    return types[type].size;
}

static size_t bytes_of(const safetensor *t)
{
    return t->count * types[t->type].size;
}

static int read_type(safetensor *t, const json_t *dtype)
{
    const char *name = json_string_value(dtype);
    for (size_t i = 0; name && i < sizeof types / sizeof *types; i++)
        if (strcmp(name, types[i].name) == 0) {
            t->type = (safetensor_type)i;
            return 0;
        }
    return err_set("unsupported dtype: expected F32, I8, U8, U32 or U64");
}

/* Reads data_offsets [begin, end). They must be within the `size` bytes at data and match the shape. */
static int read_range(safetensor *t, const json_t *offsets, const unsigned char *data, size_t size)
{
    size_t begin, end, bytes;
    if (json_array_size(offsets) != 2 || read_size(json_array_get(offsets, 0), &begin) < 0 ||
        read_size(json_array_get(offsets, 1), &end) < 0)
        return err_set("data_offsets: expected two whole numbers >= 0");
    if (begin > end || end > size)
        return err_set("data_offsets [%zu, %zu] are not within the %zu bytes of data", begin, end, size);
    const size_t each = types[t->type].size;
    if (__builtin_mul_overflow(t->count, each, &bytes) || bytes != end - begin)
        return err_set("the shape has %zu numbers of %zu bytes, but the data has %zu bytes", t->count, each,
                       end - begin);
    if ((uintptr_t)(data + begin) % each != 0)
        return err_set("data_offsets [%zu, %zu] are not aligned to %zu bytes", begin, end, each);
    t->data = data + begin;
    return 0;
}

static int read_tensor(safetensor *t, const json_t *v, const unsigned char *data, size_t size)
{
    if (read_type(t, json_object_get(v, "dtype")) < 0)
        return -1;
    if (read_shape(t, json_object_get(v, "shape")) < 0)
        return -1;
    return read_range(t, json_object_get(v, "data_offsets"), data, size);
}

static int read_tensors(safetensors *s, json_t *header, const unsigned char *data, size_t size)
{
    const char *name;
    json_t *v;
    if (!json_is_object(header))
        return err_set("expected a JSON object");
    s->tensors = mem_array(json_object_size(header), sizeof *s->tensors);
    if (s->tensors == NULL)
        return -1;
    json_object_foreach(header, name, v)
    {
        if (strcmp(name, "__metadata__") == 0)
            continue; /* free-form notes, ignored */
        safetensor *t = &s->tensors[s->n];
        t->name = mem_strndup(name, strlen(name));
        if (t->name == NULL)
            return -1;
        s->n++;
        if (read_tensor(t, v, data, size) < 0)
            return err_prefix("tensor %s: ", name);
    }
    return 0;
}

/* Compares by the start of the data. An empty tensor comes before one that starts at the same position. */
static int by_position(const void *a, const void *b)
{
    const safetensor *x = a, *y = b;
    if (x->data != y->data)
        return (const char *)x->data < (const char *)y->data ? -1 : 1;
    return x->count < y->count ? -1 : x->count > y->count;
}

static int check_cover(safetensors *s, const unsigned char *data, size_t size)
{
    const unsigned char *at = data;
    if (s->n > 0)
        qsort(s->tensors, s->n, sizeof *s->tensors, by_position);
    for (int i = 0; i < s->n; i++) {
        const safetensor *t = &s->tensors[i];
        const unsigned char *begin = t->data;
        if (begin < at)
            return err_set("tensor %s overlaps %s", t->name, s->tensors[i - 1].name);
        if (begin > at)
            return err_set("%td bytes before tensor %s belong to no tensor", begin - at, t->name);
        at = begin + bytes_of(t);
    }
    if (at < data + size)
        return err_set("%td bytes at the end belong to no tensor", data + size - at);
    return 0;
}

static int read_map(safetensors *s)
{
    size_t n = 0;
    if (header_length(s, &n) < 0)
        return -1;
    const unsigned char *text = (const unsigned char *)s->map + PREFIX, *data = text + n;
    size_t size = s->map_size - PREFIX - n;
    json_t *header = ecan_json_parse((const char *)text, n);
    if (header == NULL)
        return err_prefix("header: ");
    int failed = read_tensors(s, header, data, size);
    json_decref(header);
    return failed ? -1 : check_cover(s, data, size);
}

int safetensors_open_fd(safetensors *s, int fd, const char *path)
{
    *s = (safetensors){0};
    if (input_opened(fd, path) < 0 || check_machine() || map_file(s, fd) || read_map(s) < 0) {
        safetensors_close(s);
        return err_prefix("%s: ", path);
    }
    return 0;
}

int safetensors_open(safetensors *s, const char *path)
{
    *s = (safetensors){0};
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a named pipe is an error and does not block */
    if (fd < 0)
        return err_io("%s: cannot open: %s", path, strerror(errno));
    const int result = safetensors_open_fd(s, fd, path);
    close(fd); /* the mapping stays */
    return result;
}

void safetensors_close(safetensors *s)
{
    for (int i = 0; i < s->n; i++)
        mem_free((char *)s->tensors[i].name);
    mem_free(s->tensors);
    if (s->map != NULL)
        munmap(s->map, s->map_size);
    *s = (safetensors){0};
}

const safetensor *safetensors_find_type(const safetensors *s, const char *name, safetensor_type type)
{
    for (int i = 0; i < s->n; i++)
        if (strcmp(s->tensors[i].name, name) == 0)
            return s->tensors[i].type == type ? &s->tensors[i] : NULL;
    return NULL;
}

const safetensor *safetensors_find(const safetensors *s, const char *name)
{
    return safetensors_find_type(s, name, SAFETENSOR_F32);
}

/* ---- writing ---- */

/* {"dtype": "F32", "shape": [..], "data_offsets": [begin, end]}; NULL if memory is out. */
static json_t *describe(const safetensor *t, size_t begin)
{
    json_t *shape = json_array();
    for (int i = 0; i < t->ndim; i++)
        if (json_array_append_new(shape, json_integer((json_int_t)t->shape[i])) < 0) {
            json_decref(shape);
            return NULL;
        }
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", types[t->type].name, "shape", shape, "data_offsets",
                     (json_int_t)begin, (json_int_t)(begin + bytes_of(t)));
}

static json_t *describe_all(const safetensor *tensors, int n)
{
    json_t *header = json_object();
    size_t begin = 0;
    for (int i = 0; i < n; i++) {
        const safetensor *t = &tensors[i];
        if (json_object_get(header, t->name) != NULL) {
            err_set("tensor %s: duplicate name", t->name);
            json_decref(header);
            return NULL;
        }
        if (json_object_set_new(header, t->name, describe(t, begin)) < 0) {
            err_set("tensor %s: out of memory, or the name is not UTF-8", t->name);
            json_decref(header);
            return NULL;
        }
        begin += bytes_of(t);
    }
    return header;
}

/* Writes the header's text, padded with spaces so that the data begins aligned. */
static int write_header(FILE *f, const safetensor *tensors, int n)
{
    json_t *header = describe_all(tensors, n);
    char *text = header != NULL ? ecan_json_text(header) : NULL;
    json_decref(header);
    if (text == NULL)
        return -1;
    size_t length = strlen(text), padded = (PREFIX + length + ALIGN - 1) / ALIGN * ALIGN - PREFIX;
    unsigned char prefix[PREFIX];
    for (int i = 0; i < PREFIX; i++)
        prefix[i] = (unsigned char)((uint64_t)padded >> (8 * i));
    bool written =
        fwrite(prefix, 1, PREFIX, f) == PREFIX && fprintf(f, "%-*s", (int)padded, text) == (int)padded;
    int error = errno;
    free(text);
    return written ? 0 : err_io("cannot write: %s", err_reason(error));
}

int safetensors_write_file(FILE *f, const safetensor *tensors, int n)
{
    if (check_machine() || write_header(f, tensors, n) < 0)
        return -1;
    for (int i = 0; i < n; i++)
        if (tensors[i].count > 0 &&
            fwrite(tensors[i].data, 1, bytes_of(&tensors[i]), f) != bytes_of(&tensors[i]))
            return err_io("cannot write: %s", err_reason(errno));
    if (fflush(f) != 0)
        return err_io("cannot write: %s", err_reason(errno));
    if (fsync(fileno(f)) != 0 && errno != EINVAL &&
        errno != ENOTSUP) /* a pipe or a device cannot be synced */
        return err_io("cannot sync to disk: %s", strerror(errno));
    return 0;
}

int safetensors_write(const char *path, const safetensor *tensors, int n)
{
    FILE *f = fopen(path, "we");
    if (f == NULL)
        return err_io("%s: cannot write: %s", path, err_reason(errno));
    int failed = safetensors_write_file(f, tensors, n);
    if (fclose(f) != 0 && !failed)
        failed = err_io("cannot write: %s", err_reason(errno));
    return failed ? err_prefix("%s: ", path) : 0;
}
