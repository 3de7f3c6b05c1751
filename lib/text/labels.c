/* SPDX-License-Identifier: Apache-2.0 */
#include "text/labels.h"

#include "base/err.h"
#include "base/map.h"
#include "base/mem.h"
#include "io/utf8check.h"
#include "text/lines.h"

#include <stdbool.h>
#include <string.h>

struct labels {
    map *codes;
    buf descriptions; /* the descriptions, each followed by a NUL */
    size_t *starts;   /* [map_size(codes)] of them */
    size_t room;
};

labels *labels_new(void)
{
    labels *l = mem_array(1, sizeof *l);
    if (l && !(l->codes = map_new())) {
        labels_free(l);
        return NULL;
    }
    return l;
}

void labels_free(labels *l)
{
    if (!l)
        return;
    buf_free(&l->descriptions);
    mem_free(l->starts);
    map_free(l->codes);
    mem_free(l);
}

static bool is_utf8(const char *s, size_t n)
{
    size_t bad;
    return utf8_check((const unsigned char *)s, n, &bad);
}

int labels_check_code(const char *code, size_t n)
{
    if (n == 0)
        return err_set("the code is empty");
    for (size_t i = 0; i < n; i++)
        if (code[i] == '\t' || code[i] == '\n' || code[i] == '\r' || code[i] == '\0')
            return err_set("the code contains a tab, a line feed, a carriage return or a NUL");
    /* As the first code of a file it would be passed over. */
    if (n >= 3 && memcmp(code, "\xEF\xBB\xBF", 3) == 0)
        return err_set("the code begins with a byte order mark (U+FEFF)");
    return is_utf8(code, n) ? 0 : err_set("the code is not valid UTF-8");
}

static int check_description(const char *description, size_t n)
{
    if (n && (memchr(description, '\n', n) || memchr(description, '\r', n)))
        return err_set("the description contains a line feed or a carriage return");
    return is_utf8(description, n) ? 0 : err_set("the description is not valid UTF-8");
}

/* Adds a new code. The description has no NUL. */
static int32_t add_new(labels *l, const char *code, size_t n, const char *description, size_t size)
{
    if (labels_check_code(code, n) < 0 || check_description(description, size) < 0 ||
        mem_grow(&l->starts, &l->room, labels_count(l) + 1, sizeof *l->starts) < 0 ||
        buf_reserve(&l->descriptions, size + 1) < 0)
        return -1;
    const int32_t i = map_add(l->codes, code, n);
    if (i < 0)
        return -1;
    l->starts[i] = l->descriptions.len;
    buf_add(&l->descriptions, description, size); /* memory was reserved: cannot fail */
    buf_add(&l->descriptions, "", 1);
    return i;
}

int32_t labels_add(labels *l, const char *code, size_t n, const char *description)
{
    const int32_t i = map_find(l->codes, code, n);
    if (!description)
        description = "";
    return i >= 0 ? i : add_new(l, code, n, description, strlen(description));
}

int32_t labels_index(const labels *l, const char *code, size_t n)
{
    return map_find(l->codes, code, n);
}

int32_t labels_count(const labels *l)
{
    return map_size(l->codes);
}

const char *labels_code(const labels *l, int32_t i)
{
    return map_key(l->codes, i, NULL);
}

const char *labels_description(const labels *l, int32_t i)
{
    return (const char *)l->descriptions.data + l->starts[i];
}

static int read_label(labels *l, lines *in)
{
    if (in->n > 0 && in->text[in->n - 1] == '\r')
        in->text[--in->n] = '\0';
    const char *tab = memchr(in->text, '\t', in->n);
    const size_t n = (tab ? tab : in->text + in->n) - in->text, size = tab ? in->n - n - 1 : 0;
    const char *description = in->text + in->n - size;
    if (size && memchr(description, '\0', size))
        return err_set("the description contains a NUL");
    const int32_t there = labels_index(l, in->text, n);
    if (there >= 0)
        return err_set("duplicate code: label %d has it, too", (int)there + 1);
    return add_new(l, in->text, n, description, size) < 0 ? -1 : 0;
}

static int read_labels(labels *l, lines *in)
{
    int r;
    while ((r = lines_next_named(in)) > 0)
        if (read_label(l, in) < 0)
            return lines_error(in);
    return r;
}

/* Takes in. */
static labels *read_from(lines in)
{
    labels *l = labels_new();
    if (l && read_labels(l, &in) < 0) {
        labels_free(l);
        l = NULL;
    }
    lines_close(&in);
    return l;
}

labels *labels_read(const char *path)
{
    lines in;
    return lines_open(&in, path, LINES_SHORT) < 0 ? NULL : read_from(in);
}

labels *labels_read_fd(int fd, const char *path)
{
    lines in;
    return lines_open_fd(&in, fd, path, LINES_SHORT) < 0 ? NULL : read_from(in);
}

int labels_write(const labels *l, const char *path)
{
    FILE *f = lines_create(path);
    if (!f)
        return -1;
    for (int32_t i = 0; i < labels_count(l); i++)
        fprintf(f, "%s\t%s\n", labels_code(l, i), labels_description(l, i));
    return lines_finish(f, path);
}

void labels_pack(pack *fields, const labels *l)
{
    pack_key(fields, "labels");
    pack_array(fields, labels_count(l));
    for (int32_t i = 0; i < labels_count(l); i++)
        pack_str(fields, labels_code(l, i));
}

int labels_from_header(labels *l, const record *header)
{
    walk w;
    uint32_t n;
    if (record_strings(header, "labels", &w, &n))
        return -1;
    for (uint32_t i = 0; i < n; i++) {
        const char *code;
        size_t size;
        if (walk_str(&w, &code, &size))
            return record_error(header, "labels");
        int32_t index = labels_add(l, code, size, NULL);
        if (index >= 0 && (uint32_t)index < i)
            index = err_set("label %u: duplicate label", (unsigned)i + 1);
        if (index < 0)
            return record_error(header, "labels");
    }
    return 0;
}
