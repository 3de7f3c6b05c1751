/* SPDX-License-Identifier: Apache-2.0 */
#include "io/json.h"
#include "base/err.h"
#include "base/rng.h"
#include "tap.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- reading ---- */

static void refused(const char *text, size_t n, const char *why)
{
    json_t *v = ecan_json_parse(text, n);
    ok(v == NULL && strstr(err_message(), why) != NULL, "refused: %s", err_message());
    ok(strstr(err_message(), "secret") == NULL, "without quoting it");
    json_decref(v);
}

static void reading(void)
{
    static const char two_lines[] = "{\"id\": \"a\",\n \"text\": secret}";
    refused(two_lines, strlen(two_lines), "line 2, column ");
    refused("", 0, "line 1");
    refused("{\"secret\": 1", 12, "ends within a value");
    refused("{\"secret\": 1, \"secret\": 2}", 26, "duplicate key");
    refused("[1] secret", 10, "more than one value");
    refused("NaN", 3, "not JSON");
    refused("[1e999]", 7, "out of range");
    refused("[99999999999999999999]", 22, "out of range");
    refused("\"secret \xc3\x28\"", 11, "not UTF-8");
    refused("\"secret \xed\xa0\x80\"", 12, "not UTF-8");
    refused("{\"secret\\u0000\": 1}", 19, "NUL character in a key");
    refused("\"secret\n\"", 9, "control character");

    char deep[100000];
    memset(deep, '[', sizeof deep);
    refused(deep, sizeof deep, "nested deeper");

    json_t *v = ecan_json_parse("\"a\\u0000b\"", 10);
    ok(json_string_length(v) == 3 && memcmp(json_string_value(v), "a\0b", 3) == 0, "NUL in a string");
    json_decref(v);
    v = ecan_json_parse(" 12 \n", 5);
    ok(json_integer_value(v) == 12, "any value, blanks around it");
    json_decref(v);
}

/* ---- writing ---- */

/* v as text; v is taken. */
static bool writes(json_t *v, const char *expected)
{
    char *text = ecan_json_text(v);
    bool same = text != NULL && strcmp(text, expected) == 0;
    if (!same)
        printf("# %s, not %s\n", text != NULL ? text : "nothing", expected);
    free(text);
    json_decref(v);
    return same;
}

static void numbers(void)
{
    ok(writes(ecan_json_float(0.1f), "0.1") && writes(ecan_json_float(1 / 3.0f), "0.33333334"),
       "the shortest float");
    ok(writes(ecan_json_float(16777216.f), "16777216.0") && writes(ecan_json_float(1e6f), "1e+06"),
       "whole floats stay reals");
    ok(writes(ecan_json_float(-0.0f), "-0.0") && writes(ecan_json_float(1e-45f), "1.4013e-45"),
       "minus zero, the smallest");
    ok(writes(ecan_json_float(3.4028235e38f), "3.4028235e+38"), "the largest");
    ok(writes(ecan_json_float(NAN), "null") && writes(ecan_json_float(INFINITY), "null") &&
           writes(ecan_json_double(NAN), "null"),
       "what is no number is null");
    ok(writes(ecan_json_double(0.1), "0.1") && writes(ecan_json_double(1 / 3.0), "0.3333333333333333") &&
           writes(ecan_json_double(0.1 + 0.2), "0.30000000000000004") &&
           writes(ecan_json_double(123456.789012), "123456.789012"),
       "the shortest double");
    ok(writes(json_real(5e-324), "4.94066e-324") &&
           writes(json_real(1.7976931348623157e308), "1.7976931348623157e+308"),
       "the ends of the doubles");
}

/* Any bits: the text reads back as the same number, and a float's has 9 digits at most. */
static void any_number_reads_back(void)
{
    enum { N = 20000 };
    int floats = 1, doubles = 1;
    rng r;
    rng_seed(&r, 3, 0, 0);
    for (int i = 0; i < N; i++) {
        uint64_t bits = rng_next(&r);
        uint32_t half = (uint32_t)bits;
        double d;
        float f;
        memcpy(&d, &bits, sizeof d);
        memcpy(&f, &half, sizeof f);
        json_t *vf = ecan_json_float(f), *vd = ecan_json_double(d);
        char *tf = ecan_json_text(vf), *td = ecan_json_text(vd);
        if (isfinite(f))
            floats &= strtof(tf, NULL) == f && (float)json_real_value(vf) == f && strlen(tf) <= 15;
        if (isfinite(d))
            doubles &= strtod(td, NULL) == d;
        free(tf);
        free(td);
        json_decref(vf);
        json_decref(vd);
    }
    ok(floats, "%d floats of any bits read back", N);
    ok(doubles, "%d doubles of any bits read back", N);
}

static void reads_as_written(const char *text)
{
    ok(writes(ecan_json_parse(text, strlen(text)), text), "reads and writes %s", text);
}

static void values(void)
{
    reads_as_written("{\"z\": 1, \"a\": [true, false, null, -3, 2.5], \"\": {}, \"e\": []}");
    reads_as_written("\"\\\"\\\\/\\n\\t\\u0001\\u0000\"");
    reads_as_written("[\"\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80\"]");
    reads_as_written("9223372036854775807");
    reads_as_written("{\"k\\\"\": \"v\"}");
}

/* An incomplete value is not written, and the error is reported once. */
static void incomplete(void)
{
    json_t *o = json_object();
    ok(ecan_json_set(o, "a", json_true()) == 0 && ecan_json_complete(o) == o, "complete");
    ok(ecan_json_set(o, "b", NULL) == -1 && ecan_json_append(NULL, json_true()) == -1,
       "values that are not there");
    ok(ecan_json_text(o) == NULL && err_get_class() == ERR_MEMORY, "not written: %s", err_message());
    ok(writes(json_incref(o), "{\"a\": true}"), "and then it is");
    ecan_json_set(o, "b", NULL);
    ok(ecan_json_complete(json_incref(o)) == NULL && ecan_json_complete(json_incref(o)) == o, "not complete");
    json_decref(o);
    json_decref(o);
}

/* ---- files ---- */

static const char pretty[] = "{\n"
                             "  \"channels\": [100, 50],\n"
                             "  \"empty\": {},\n"
                             "  \"phases\": [\n"
                             "    {\n"
                             "      \"loss\": 0.25\n"
                             "    }\n"
                             "  ]\n"
                             "}\n";

static bool holds(const char *path, const char *expected)
{
    char text[1000] = "";
    FILE *f = fopen(path, "r");
    size_t n = f != NULL ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f != NULL)
        fclose(f);
    return n == strlen(expected) && strcmp(text, expected) == 0;
}

static void files(void)
{
    char path[] = "/tmp/ecan-json-XXXXXX";
    int fd = mkstemp(path);
    if (!ok(fd >= 0, "a file to write"))
        return;
    close(fd);
    json_t *v = ecan_json_parse(pretty, strlen(pretty));
    ok(ecan_json_write_file(path, v) == 0 && holds(path, pretty),
       "indented, numbers of an array on one line");
    json_t *back = ecan_json_read_file(path);
    ok(json_equal(back, v), "read back");
    json_decref(back);

    FILE *f = fopen(path, "w");
    ok(f != NULL && ecan_json_write_line(f, v) == 0 && ecan_json_write_line(f, v) == 0 && fclose(f) == 0,
       "two lines");
    ok(ecan_json_read_file(path) == NULL && strncmp(err_message(), path, strlen(path)) == 0 &&
           strstr(err_message(), "line 2") != NULL,
       "%s", "the message begins with the path");
    ok(ecan_json_write_file("/dev/full", v) == -1 && strstr(err_message(), "/dev/full: cannot write") != NULL,
       "full disk");
    ok(ecan_json_write_file("/nowhere/at/all", v) == -1, "no folder");
    ok(ecan_json_read_file("/nowhere/at/all") == NULL && ecan_json_read_file("/tmp") == NULL,
       "no file, a folder");
    json_decref(v);
    unlink(path);
}

int main(void)
{
    reading();
    numbers();
    any_number_reads_back();
    values();
    incomplete();
    files();
    return tap_done();
}
