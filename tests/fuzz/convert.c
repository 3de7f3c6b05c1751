/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing ecan-convert: whatever comes, encounters that are JSON, or a message. */
#include "fuzz.h"

#include "base/err.h"
#include "corpus/code_table.h"
#include "corpus/convert.h"
#include "io/json.h"
#include "text/lines.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void tell(const char *message)
{
    CHECK(message[0] != '\0');
}

/* Every line that was written is one encounter. */
static void check_output(const char *path)
{
    lines in;
    CHECK(lines_open(&in, path, 0) == 0);
    while (lines_next(&in) > 0) {
        json_t *v = ecan_json_parse_line(in.text, in.n);
        CHECK(v && json_is_string(json_object_get(v, "id")) &&
              json_is_array(json_object_get(v, "documents")));
        json_decref(v);
    }
    lines_close(&in);
}

static void convert_all(const char *path, const char *output, const char *encoding)
{
    static const char *const converters[] = {"text/html=cat"};
    for (int format = 0; format < 3; format++) {
        const convert_options how = {
            .skip_bad = true, .tell = tell, .encoding = encoding, .converters = converters};
        convert v;
        FILE *f = fopen(output, "w");
        CHECK(f && convert_open(&v, &how) == 0);
        const int result = format == 0   ? convert_csv(&v, path)
                           : format == 1 ? convert_fhir(&v, &path, 1)
                                         : convert_text(&v, path);
        CHECK(result == 0 || err_message()[0] != '\0');
        if (result == 0 && v.notes_read > 0)
            (void)convert_labels(&v, path);
        if (result == 0)
            (void)convert_write(&v, f);
        convert_close(&v);
        fclose(f);
        if (result == 0)
            check_output(output);
    }
}

static void read_codes(const char *path, const char *encoding)
{
    code_table t;
    CHECK(code_table_open(&t, encoding, NULL, NULL, NULL) == 0);
    CHECK(code_table_read(&t, path) == 0 || err_message()[0] != '\0');
    code_table_close(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const int in = memfd_create("input", 0), out = memfd_create("output", 0);
    const char *encoding = n % 2 ? "WINDOWS-1252" : NULL;
    char path[40], output[40];
    CHECK(in >= 0 && out >= 0 && write(in, data, n) == (ssize_t)n);
    snprintf(path, sizeof path, "/proc/self/fd/%d", in);
    snprintf(output, sizeof output, "/proc/self/fd/%d", out);
    convert_all(path, output, encoding);
    read_codes(path, encoding);
    close(in);
    close(out);
    return 0;
}
