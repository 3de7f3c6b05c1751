/* SPDX-License-Identifier: Apache-2.0 */
#include "base/printable.h"
#include "base/err.h"
#include "tap.h"

#include <string.h>

static void check(const char *text, const char *expected)
{
    char out[PRINTABLE_ROOM], copy[200];
    ok(!strcmp(printable_id(out, text, strlen(text)), expected), "id: %s", expected);
    strcpy(copy, text);
    printable_clean(copy, "");
    ok(!strcmp(copy, expected), "text: %s", copy);
    err_set("%s", text);
    ok(!strcmp(err_message(), expected), "message: %s", err_message());
}

int main(void)
{
    check("", "");
    check("e-1/é 🩺", "e-1/é 🩺");
    check("a\x1b[31mb\nc\td\x7f", "a?[31mb?c?d?");
    check("a\xc2\x80\xc2\x9b[31m\xc2\x9f\xc2\xa0z",
          "a??[31m?\xc2\xa0z"); /* C1; a space that does not break */
    check("\xe2\x80\xae"
          "cba\xe2\x80\xac\xe2\x81\xa6\xe2\x81\xa9\xd8\x9c\xe2\x80\x8e",
          "?cba?????"); /* overrides and marks */
    check("a\xe2\x80\xa8"
          "b\xe2\x80\xa9",
          "a?b?");
    check("\x9b[31m \xff \xc0\x80 \xe2\x80", "?[31m ? ?? ??"); /* not UTF-8 */
    check("\xe0\x82\x9b\xf0\x80\x82\x9b", "???????");          /* overlong forms of U+009B */

    char kept[] = "a\nb\tc\x1b", out[PRINTABLE_ROOM], id[300];
    printable_clean(kept, "\n\t");
    ok(!strcmp(kept, "a\nb\tc?"), "line feeds and tabs of a program's own text are kept");
    ok(!strcmp(printable_id(out, "a\0b", 3), "a?b"), "a NUL");
    memset(id, 'x', sizeof id);
    ok(strlen(printable_id(out, id, 80)) == 80 && !strstr(out, "..."), "80 bytes are shown");
    ok(strlen(printable_id(out, id, 81)) == 83 && !strcmp(out + 80, "..."), "81 are cut");
    memcpy(id + 79, "é", 2);
    ok(strlen(printable_id(out, id, 200)) == 82 && !strcmp(out + 78, "x..."),
       "no part of a character is shown");
    return tap_done();
}
