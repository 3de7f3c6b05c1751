/* SPDX-License-Identifier: Apache-2.0 */
#include "text/labels.h"

#include "base/err.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/ecan-labels-XXXXXX";

static labels *read_bytes(const char *s, size_t n)
{
    FILE *f = fopen(path, "w");
    fwrite(s, 1, n, f);
    fclose(f);
    return labels_read(path);
}

static void refused(const char *title, const char *s, size_t n, const char *line)
{
    labels *l = read_bytes(s, n);
    ok(l == NULL && strstr(err_message(), line) && strstr(err_message(), path), "%s: %s", title,
       err_message());
    labels_free(l);
}
#define REFUSED(title, s, line) refused(title, s, sizeof(s) - 1, line)

static void adding(void)
{
    labels *l = labels_new();
    ok(labels_count(l) == 0, "a new list is empty");
    ok(labels_add(l, "I10", 3, "Essentiële hypertensie") == 0 && labels_add(l, "E11.9", 5, NULL) == 1,
       "two codes");
    ok(labels_add(l, "I10", 3, "other") == 0 &&
           strcmp(labels_description(l, 0), "Essentiële hypertensie") == 0,
       "a code that is there keeps its description");
    ok(labels_index(l, "E11.9", 5) == 1 && labels_index(l, "E11", 3) == -1, "index");
    ok(strcmp(labels_code(l, 1), "E11.9") == 0 && strcmp(labels_description(l, 1), "") == 0,
       "code, no description");
    ok(labels_add(l, "", 0, NULL) == -1 && labels_add(l, "a\tb", 3, NULL) == -1 &&
           labels_add(l, "a\0b", 3, NULL) == -1 && labels_add(l, "a\n", 2, NULL) == -1 &&
           labels_add(l, "\xff", 1, NULL) == -1,
       "what is no code is refused");
    ok(labels_add(l, "x", 1, "a\nb") == -1 && labels_add(l, "x", 1, "\xff") == -1 && labels_count(l) == 2,
       "what is no description is refused");
    char code[16];
    for (int i = 0; i < 20000; i++)
        labels_add(l, code, (size_t)snprintf(code, sizeof code, "c%d", i), code);
    ok(labels_count(l) == 20002 && strcmp(labels_description(l, 20001), "c19999") == 0,
       "twenty thousand codes");

    ok(labels_write(l, path) == 0, "written");
    labels *m = labels_read(path);
    int same = m && labels_count(m) == labels_count(l);
    for (int32_t i = 0; same && i < labels_count(l); i++)
        same = strcmp(labels_code(l, i), labels_code(m, i)) == 0 &&
               strcmp(labels_description(l, i), labels_description(m, i)) == 0;
    ok(same, "and read back, label for label");
    ok(labels_write(l, "/dev/full") == -1 && strstr(err_message(), "/dev/full: "), "a full disk: %s",
       err_message());
    labels_free(l);
    labels_free(m);
}

static void files(void)
{
    static const char text[] = "\xEF\xBB\xBF"
                               "A\tfirst\r\nB\nC\t\nD\ta\tb";
    labels *l = read_bytes(text, sizeof text - 1);
    ok(l && labels_count(l) == 4,
       "a byte order mark, CR LF, no tab, nothing after the tab, no last line feed");
    ok(l && labels_index(l, "A", 1) == 0 && strcmp(labels_description(l, 0), "first") == 0,
       "neither mark nor CR is kept");
    ok(l && strcmp(labels_description(l, 3), "a\tb") == 0, "a description may hold tabs");
    labels_free(l);
    l = read_bytes("", 0);
    ok(l && labels_count(l) == 0, "an empty file has no labels");
    labels_free(l);
    REFUSED("a duplicate code", "A\tx\nB\nA\n", "line 3: ");
    REFUSED("an empty code", "A\n\tx\n", "line 2: ");
    REFUSED("an empty line", "A\n\nB\n", "line 2: ");
    REFUSED("not UTF-8", "A\n\xe9\n", "line 2: ");
    REFUSED("a description that is not UTF-8", "A\tcaf\xe9\n", "line 1: ");
    REFUSED("a NUL", "A\tx\0y\n", "line 1: ");
    ok(labels_read("/nowhere/labels.tsv") == NULL, "no file: %s", err_message());
}

int main(void)
{
    close(mkstemp(path));
    adding();
    files();
    unlink(path);
    return tap_done();
}
