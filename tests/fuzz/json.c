/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing the readers of JSON against jansson's: both read a text, as the same value, or both reject it. A
 * value that is written and read again is the same. Values after each other are those of the lines. */
#include "fuzz.h"

#include "../unit/pulled.h"

#include "io/show.h"

static void check_round_trip(const json_t *v)
{
    char *text = ecan_json_text(v);
    CHECK(text);
    json_t *again = ecan_json_parse(text, strlen(text));
    CHECK(again && json_equal(v, again));
    json_decref(again);
    free(text);
}

static void check_sequence(const char *s, size_t n)
{
    ecan_json_reader in;
    json_t *v;
    size_t line = 0;
    if (ecan_json_open(&in, s, n) == 0)
        for (int got, bad = 0; bad < 16 && (got = ecan_json_next(&in, &v)) != 0;) {
            CHECK(in.line >= line);
            line = in.line;
            if (got > 0)
                json_decref(v);
            else
                ecan_json_skip(&in);
            bad += got < 0;
        }
    else
        CHECK_MESSAGE();
    ecan_json_close(&in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const char *s = (const char *)data;
    fuzz_begin();
    CHECK(pulled_as_jansson(s, n));
    json_t *v = pulled(s, n), *whole = ecan_json_parse(s, n), *line = ecan_json_parse_line(s, n);
    CHECK(v || err_message()[0] != '\0');
    CHECK(!v == !whole && !v == !line && (!v || (json_equal(v, whole) && json_equal(v, line))));
    if (v)
        check_round_trip(v);
    check_sequence(s, n);
    json_decref(v);
    json_decref(whole);
    json_decref(line);
    return 0;
}
