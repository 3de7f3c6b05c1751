/* SPDX-License-Identifier: Apache-2.0 */
/* Rows and fields of CSV. */
#include "text/csv.h"

#include "base/err.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The rows of a text, fields between | and rows between /; ! for a bad row, ? where reading failed. */
static bool prose;

static const char *rows(const char *text, size_t n, size_t max)
{
    static char out[1000];
    char path[] = "/tmp/ecan-csv-XXXXXX";
    const int fd = mkstemp(path);
    ok(write(fd, text, n) == (ssize_t)n, "%zu bytes written", n);
    close(fd);
    lines in;
    csv c = {0};
    size_t at = 0;
    ok(!lines_open(&in, path, max) && lines_next(&in) == 1, "opened");
    csv_open(&c, &in, max);
    c.prose = prose;
    for (int got; (got = csv_next(&c)) != 0;) {
        if (got < 0) {
            out[at++] = in.failed ? '?' : '!';
            continue;
        }
        for (size_t i = 0; i < c.n; i++) {
            if (i)
                out[at++] = '|';
            memcpy(out + at, c.field[i], c.size[i]);
            at += c.size[i];
        }
        out[at++] = '/';
    }
    out[at] = '\0';
    csv_close(&c);
    lines_close(&in);
    unlink(path);
    return out;
}

static void are(const char *text, const char *want)
{
    const char *found = rows(text, strlen(text), 100);
    ok(strcmp(found, want) == 0, "%zu bytes are %zu", strlen(text), strlen(found));
}

int main(void)
{
    are("a,b\n1,2\n", "a|b/1|2/");
    are("\xef\xbb\xbf"
        "a;b\r\n1;\"2;3\"\r\n",
        "a|b/1|2;3/");
    are("a\tb,c\n1\t2,3", "a|b,c/1|2,3/");
    are("\"a,x\"\tb\n1\t2\n", "a,x|b/1|2/");
    are("a,b\n\n\r\n \"x\"\"y\" , z \n", "a|b/x\"y|z/");
    are("a,b\n\"x\ny\",1\n\"x\r\ny\",2\r\n", "a|b/x\ny|1/x\r\ny|2/");
    are("a,b\n,\n\"\",\n", "a|b/|/|/");
    are("a\n5\" tape\n", "a/5\" tape/");
    are("a,b\n\"x\"y,1\n2,3\n", "a|b/!2|3/");
    ok(strstr(err_message(), "line 2: column 1: text between a closing quote") != NULL, "%s", err_message());
    prose = true;
    are("a,b\n x , y\n \"x\" ,\n", "a|b/ x | y/x|/");
    are("a,b\n\"x\"y,1\n2,3\n", "a|b/\"x\"y|1/2|3/");
    are("a\tb\n\"x\" \"y\"\t\"\"\"z\"\n", "a|b/\"x\" \"y\"|\"z/");
    are("a,b\n\"\"x\"\" y,1\n", "a|b/\"\"x\"\" y|1/");
    are("a,b\n\"x\n\"y,1\n2,3\n", "a|b/!2|3/");
    ok(strstr(err_message(), "line 2: column 1: text between a closing quote") != NULL, "%s", err_message());
    prose = false;

    /* any line ending; empty rows */
    are("a,b\r1,2\r3,4", "a|b/1|2/3|4/");
    are("a,b\r1,\"2\r3\"\r\r4,5\r", "a|b/1|2\r3/4|5/");
    are("\r\n\na,b\r\r\n1,2\r\r\n", "a|b/1|2/");
    are("a,b\r\"1\" \r2,3\n4,5\n", "a|b/1/2|3/4|5/");

    /* the line of Excel */
    are("sep=;\r\na;b\r\n1,5;2\r\n", "a|b/1,5|2/");
    are("\xef\xbb\xbf"
        "\"sep=\t\"\na\tb\n",
        "a|b/");
    are("SEP=|\ra|b\r1|2\r", "a|b/1|2/");
    are("sep=,,,\na,b\n", "a|b/");
    are("sep=; is text\n", "sep=|is text/");
    are("sep=;\n", "");
    are("a|b;c\n1|2;3\n", "a|b;c/1|2;3/");
    are("a,b\n1,\"x\n", "a|b/!");
    ok(strstr(err_message(), "line 2: column 2: a quote is not closed") != NULL, "%s", err_message());

    char text[600] = "a\n\"";
    memset(text + 3, 'x', 300);
    for (size_t i = 50; i < 300; i += 50)
        text[i] = '\n';
    const char *found = rows(text, 303, 100);
    ok(strncmp(found, "a/!x", 4) == 0 && strlen(found) == 3 + 50 + 50 + 53,
       "a quote that is not closed takes what a row may have, and no more: %s", found);
    memset(text, 'x', 300);
    memcpy(text, "a\n", 2);
    memcpy(text + 290, "\nz\n", 3);
    ok(strcmp(rows(text, 293, 100), "a/!z/") == 0, "a line that is too long: %s", err_message());
    ok(memcmp(rows("a,b\nx\0y,2\n", 10, 100), "a|b/x\0y|2/", 11) == 0, "a NUL is a byte as any");
    return tap_done();
}
