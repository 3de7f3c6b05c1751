/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing what is before every reader of text: gzip, encodings, lines. The first byte is the encoding. The
 * lines are those of the whole text. */
#include "fuzz.h"

#include "io/decode.h"
#include "text/lines.h"

#include <string.h>

static const char *const encodings[] = {NULL,       "UTF-8",    "WINDOWS-1252", "ISO-8859-15",
                                        "UTF-16LE", "UTF-16BE", "SHIFT_JIS",    "UTF-16"};

/* Whether the text, cut at its line feeds, begins with the lines. */
static void check_lines(lines *l, const buf *whole)
{
    static const char mark[] = "\xEF\xBB\xBF"; /* all that are at the start are passed over */
    size_t at = 0;
    while (whole && whole->len - at >= 3 && memcmp(whole->data + at, mark, 3) == 0)
        at += 3;
    for (int got; (got = lines_next(l)) != 0;) {
        if (got < 0 && l->failed)
            return;
        if (got < 0)
            continue;
        CHECK(l->text[l->n] == '\0' && !memchr(l->text, '\n', l->n));
        if (!whole)
            continue;
        CHECK(at + l->n <= whole->len && (l->n == 0 || memcmp(whole->data + at, l->text, l->n) == 0));
        at += l->n + 1;
    }
    CHECK(!whole || at >= whole->len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    buf text = {0};
    lines l;
    fuzz_begin();
    const char *encoding = n > 0 ? encodings[data[0] % 8] : NULL;
    fuzz_file in = fuzz_file_new(data + (n > 0), n - (n > 0));
    const int whole = decode_file(&text, in.path, encoding);
    if (whole < 0)
        CHECK_MESSAGE();
    if (lines_open_encoded(&l, in.path, 0, encoding) == 0) {
        check_lines(&l, whole == 0 ? &text : NULL);
        lines_close(&l);
    } else {
        CHECK_MESSAGE();
    }
    if (lines_open(&l, in.path, 16) == 0) {
        check_lines(&l, NULL);
        lines_close(&l);
    }
    buf_free(&text);
    fuzz_file_close(&in);
    return 0;
}
