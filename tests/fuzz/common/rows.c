/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the rows of CSV files as lines of JSON, for tests/fuzz/python.py: [[field, ...], ...] of each file,
 * or null if a row is not valid. */
#include "io/json.h"
#include "text/csv.h"

#include <stdlib.h>
#include <string.h>

static json_t *row_of(const csv *c)
{
    json_t *row = json_array();
    for (size_t i = 0; i < c->n; i++)
        if (json_array_append_new(row, json_stringn(c->field[i], c->size[i])) < 0)
            exit(1);
    return row;
}

static json_t *rows_of(const char *path)
{
    lines in;
    csv c;
    json_t *rows = json_array();
    int got = 0;
    if (lines_open(&in, path, 0))
        exit(1);
    if (lines_next(&in) > 0) {
        csv_open(&c, &in, 1 << 20);
        c.prose = true;
        while ((got = csv_next(&c)) > 0)
            json_array_append_new(rows, row_of(&c));
        csv_close(&c);
    }
    lines_close(&in);
    if (got == 0)
        return rows;
    json_decref(rows);
    return json_null();
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        json_t *rows = rows_of(argv[i]);
        if (ecan_json_write_line(stdout, rows))
            return 1;
        json_decref(rows);
    }
    return fclose(stdout) ? 1 : 0;
}
