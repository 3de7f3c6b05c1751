/* SPDX-License-Identifier: Apache-2.0 */
#include "corpus/table.h"

#include "base/err.h"
#include "io/file.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_ROW = 1 << 28 }; /* maximum bytes */

/* The path of file NAME SUFFIX in a folder, in upper or lower case; NULL: there is none. -1: the folder
 * cannot be read. */
static int find_in(char **found, const char *folder, const char *name, const char *suffix)
{
    DIR *dir = opendir(folder);
    const size_t n = strlen(name);
    int result = dir || errno == ENOENT || errno == ENOTDIR ? 0 : -1;
    *found = NULL;
    while (dir && !result && !*found) {
        errno = 0;
        const struct dirent *e = readdir(dir);
        if (!e) {
            result = errno ? -1 : 0;
            break;
        }
        if (strncasecmp(e->d_name, name, n) == 0 && strcasecmp(e->d_name + n, suffix) == 0)
            result = (*found = file_join(folder, e->d_name)) ? 0 : -1;
    }
    if (result)
        err_io("%s: %s", folder, strerror(errno));
    if (dir)
        closedir(dir);
    return result;
}

static int find_around(char **found, const char *folder, const char *name, const char *suffix)
{
    static const char *const within[] = {"hosp", "note"};
    int result = find_in(found, folder, name, suffix);
    for (size_t i = 0; !result && !*found && i < sizeof within / sizeof *within; i++) {
        char *below = file_join(folder, within[i]);
        result = below ? find_in(found, below, name, suffix) : -1;
        free(below);
    }
    return result;
}

static char *find_table(const table_folders *in, const char *name)
{
    static const char *const suffix[] = {".csv", ".csv.gz"};
    for (int i = 0; i < in->n; i++)
        for (size_t s = 0; s < sizeof suffix / sizeof *suffix; s++) {
            char *path;
            if (find_around(&path, in->path[i], name, suffix[s]) || path)
                return path;
        }
    if (in->n == 1)
        err_set("no %s.csv or %s.csv.gz in %s", name, name, in->path[0]);
    else
        err_set("no %s.csv or %s.csv.gz in any of the %d folders, the first of which is %s", name, name,
                in->n, in->path[0]);
    return NULL;
}

static int find_column(const csv *header, const char *name, size_t n)
{
    for (size_t i = 0; i < header->n; i++)
        if (header->size[i] == n && strncasecmp(header->field[i], name, n) == 0)
            return (int)i;
    return -1;
}

/* Finds the index of each column. 0 or -1. */
static int find_columns(table *t, const char *columns)
{
    for (const char *p = columns; *p; p += strcspn(p, " "), p += *p == ' ') {
        const size_t n = strcspn(p, " ");
        const bool optional = p[n - 1] == '?';
        t->column[t->n] = find_column(&t->row, p, n - optional);
        if (t->column[t->n++] < 0 && !optional)
            return err_set("%s: no column %.*s", t->path, (int)n, p);
    }
    return 0;
}

static int open_rows(table *t, const char *columns)
{
    if (lines_open(&t->in, t->path, MAX_ROW))
        return -1;
    const int got = lines_next(&t->in);
    if (got <= 0)
        return got < 0 ? lines_error(&t->in) : err_set("%s: the file is empty", t->path);
    csv_open(&t->row, &t->in, MAX_ROW);
    if (csv_next(&t->row) < 0)
        return -1;
    return find_columns(t, columns);
}

int table_open(table *t, const table_folders *in, const char *name, const char *columns)
{
    *t = (table){.path = find_table(in, name)};
    if (!t->path)
        return -1;
    t->in.fd = -1;
    if (open_rows(t, columns) == 0)
        return 0;
    table_close(t);
    return -1;
}

void table_close(table *t)
{
    csv_close(&t->row);
    lines_close(&t->in);
    free(t->path);
    *t = (table){0};
}

int table_error(const table *t)
{
    return csv_error(&t->row, -1);
}

int table_next(table *t)
{
    const int got = csv_next(&t->row);
    t->rows += got > 0;
    for (int i = 0; got > 0 && i < t->n; i++)
        if (t->column[i] >= (int)t->row.n) {
            err_set("%zu fields, fewer than the header has", t->row.n);
            return table_error(t);
        }
    return got;
}

const char *table_text(const table *t, int i, size_t *n)
{
    const int at = t->column[i];
    *n = at < 0 ? 0 : t->row.size[at];
    return at < 0 ? "" : t->row.field[at];
}

const char *table_field(const table *t, int i, size_t *n)
{
    const char *s = table_text(t, i, n);
    for (; *n > 0 && isspace((unsigned char)*s); s++)
        --*n;
    while (*n > 0 && isspace((unsigned char)s[*n - 1]))
        --*n;
    return s;
}

int table_number(const table *t, int i, int64_t *number)
{
    size_t n;
    const char *s = table_field(t, i, &n);
    char *end;
    *number = strtoll(s, &end, 10);
    if (n > 0 && n < 19 && end == s + n)
        return 0;
    err_set("not a whole number");
    return csv_error(&t->row, t->column[i]);
}
