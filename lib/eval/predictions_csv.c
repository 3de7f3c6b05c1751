/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a CSV or tab-separated file. A row is checked before it is added: an invalid row adds nothing. */
#include "eval/predictions_reader_private.h"

#include "base/err.h"
#include "base/list.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SCORE_ROOM 400 /* room for a score with NUL: a double printed in full has 327 bytes */

/* Reads a decimal number in any locale, with a point, or with a comma if that does not separate fields.
 * Blanks, hexadecimal numbers and words are errors. */
static int read_score(const predictions_reader *in, const char *s, size_t n, float *score)
{
    char number[SCORE_ROOM], *end;
    if (n == 0 || n >= SCORE_ROOM || strspn(s, "+-.,0123456789eE") != n)
        return err_set("a score that is not a number");
    memcpy(number, s, n + 1);
    char *comma = in->table.separator == ',' ? NULL : strchr(number, ',');
    if (comma && !strchr(number, '.'))
        *comma = '.';
    const double d = strtod(number, &end);
    return *end ? err_set("a score that is not a number") : predictions_make_score(in, d, score);
}

/* The column that has one of the names. -1: none. -2 with the message set: several. */
static int find_column(const csv *c, const char *names)
{
    int found = -1;
    size_t n;
    for (const char *name; list_next(&names, &name, &n);)
        for (size_t i = 0; n > 0 && i < c->n; i++) {
            if (c->size[i] != n || strncasecmp(c->field[i], name, n) != 0)
                continue;
            if (found >= 0) {
                err_set("columns %d and %zu both match: choose one by its name (--id, --code or --score)",
                        found + 1, i + 1);
                return -2;
            }
            found = (int)i;
        }
    return found;
}

int predictions_find_columns(predictions_reader *in)
{
    static const char *const column_name[N_COLUMNS] = {"id", "code", "score"};
    const char *const names[N_COLUMNS] = {in->o.id, in->o.code, in->o.score};
    for (int k = 0; k < N_COLUMNS; k++) {
        in->column[k] = k == COLUMN_SCORE && in->o.gold ? -1 : find_column(&in->table, names[k]);
        if (in->column[k] == -1 && k != COLUMN_SCORE)
            err_set("the header row has none of the columns %s", names[k]);
        if (in->column[k] == -2 || (in->column[k] == -1 && k != COLUMN_SCORE)) {
            err_prefix("%s: ", column_name[k]);
            return csv_error(&in->table, -1);
        }
    }
    return 0;
}

/* A row with an encounter and no code means that the encounter has no codes. */
static int add_row(predictions_reader *in)
{
    const csv *c = &in->table;
    const int id = in->column[COLUMN_ID], code = in->column[COLUMN_CODE], score = in->column[COLUMN_SCORE];
    const int last = id > code ? id > score ? id : score : code > score ? code : score;
    float value = 1;
    if (c->n <= (size_t)last) {
        err_set("%zu fields, expected at least %d as in the header row", c->n, last + 1);
        return csv_error(c, -1);
    }
    if (predictions_check_id(in, c->field[id], c->size[id]))
        return csv_error(c, id);
    const bool none = c->size[code] == 0;
    if (!none && predictions_check_code(in, c->field[code], c->size[code]))
        return csv_error(c, code);
    if (!none && score >= 0 && read_score(in, c->field[score], c->size[score], &value))
        return csv_error(c, score);
    const int32_t e = predictions_reader_encounter(in, c->field[id], c->size[id]);
    if (e < 0)
        return -1;
    predictions_set_known(in->p, e);
    return none || !predictions_reader_add(in, e, c->field[code], c->size[code], value, c->line) ? 1 : -1;
}

int predictions_read_row(predictions_reader *in)
{
    const int got = csv_next(&in->table);
    return got > 0 ? add_row(in) : got;
}
