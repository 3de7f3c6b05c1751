/* SPDX-License-Identifier: Apache-2.0 */
/* CSV (RFC 4180, lines end in LF): a row for each code, or for each passage (formats/exports.md). */
#include "corpus/export.h"
#include "io/show.h"

#include <math.h>
#include <string.h>

/* Names of the columns of offsets: they name the unit. */
static const char *const columns[] = {"begin,end", "begin_utf16,end_utf16", "begin_bytes,end_bytes"};

/* A text in quotes; nothing if it is absent. */
static void put(FILE *f, export_string s)
{
    if (!s.s)
        return;
    putc('"', f);
    for (size_t i = 0; i < s.n; i++) {
        if (s.s[i] == '"')
            putc('"', f);
        putc(s.s[i], f);
    }
    putc('"', f);
}

static int put_code(export *x, const export_encounter *e, const export_code *c)
{
    put(x->f, e->id);
    putc(',', x->f);
    put(x->f, c->code);
    putc(',', x->f);
    if (isnan(c->score))
        return 0;
    x->line.len = 0;
    if (show_number(&x->line, (float)c->score))
        return -1;
    fwrite(x->line.data, 1, x->line.len, x->f);
    return 0;
}

static int put_passages(export *x, const export_encounter *e, const export_code *c)
{
    for (size_t i = 0; i < c->n; i++) {
        const export_passage *p = &e->passages[c->first + i];
        if (put_code(x, e, c))
            return -1;
        putc(',', x->f);
        put(x->f, p->note);
        fprintf(x->f, ",%zu,%zu,", p->begin, p->end);
        put(x->f, p->text);
        putc('\n', x->f);
    }
    return 0;
}

int export_csv(export *x, export_encounter *e)
{
    const export_options *o = x->o;
    if (o->passages && export_place(x, e, o->unit))
        return -1;
    if (!x->begun && e->n_codes > 0) {
        if (o->passages)
            fprintf(x->f, "id,code,score,document,%s,text\n", columns[o->unit]);
        else
            fputs("id,code,score\n", x->f);
        x->begun = true;
    }
    for (size_t i = 0; i < e->n_codes; i++) {
        const export_code *c = &e->codes[i];
        if (o->passages && c->n > 0) {
            if (put_passages(x, e, c))
                return -1;
            continue;
        }
        if (put_code(x, e, c))
            return -1;
        fputs(o->passages ? ",,,,\n" : "\n", x->f);
    }
    x->codes += e->n_codes;
    return 0;
}

int export_csv_end(export *x)
{
    return export_check(x);
}
