#include "text/lines.h"

#include "base/err.h"
#include "text/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int lines_open(lines *l, const char *path)
{
    *l = (lines){.f = fopen(path, "r"), .path = path};
    return l->f ? 0 : err_set("%s: %s", path, strerror(errno));
}

int lines_next(lines *l)
{
    errno = 0;
    ssize_t got = getline(&l->text, &l->cap, l->f);
    if (got < 0)
        return feof(l->f) && !ferror(l->f) ? 0 : err_set("%s: %s", l->path, strerror(errno));
    l->number++;
    l->n = (size_t)got;
    if (l->n > 0 && l->text[l->n - 1] == '\n')
        l->text[--l->n] = '\0';
    if (l->number == 1 && l->n >= 3 && memcmp(l->text, "\xEF\xBB\xBF", 3) == 0)
        memmove(l->text, l->text + 3, (l->n -= 3) + 1);
    if (!utf8_valid(l->text, l->n)) {
        err_set("not UTF-8");
        return lines_error(l);
    }
    return 1;
}

int lines_error(const lines *l)
{
    return err_prefix("%s: line %ld: ", l->path, l->number);
}

void lines_close(lines *l)
{
    if (l->f)
        fclose(l->f);
    free(l->text);
    *l = (lines){0};
}

FILE *lines_create(const char *path)
{
    FILE *f = fopen(path, "w");
    if (!f)
        err_set("%s: %s", path, strerror(errno));
    return f;
}

int lines_finish(FILE *f, const char *path)
{
    int failed = ferror(f);
    int error = fclose(f) ? errno : failed ? EIO : 0;
    return error ? err_set("%s: %s", path, strerror(error)) : 0;
}
