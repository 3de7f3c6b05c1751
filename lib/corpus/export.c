/* SPDX-License-Identifier: Apache-2.0 */
#include "corpus/export.h"

#include "base/err.h"

#include <string.h>

void export_open(export *x, const export_options *o, left_out *l, FILE *f)
{
    *x = (export){.o = o, .left_out = l, .f = f};
}

int export_check(const export *x)
{
    return x->codes > 0 ? 0 : err_set("no code to export: the input has no predicted and no accepted code");
}

const export_note *export_find_note(const export_encounter *e, export_string id)
{
    for (size_t i = 0; i < e->n_notes; i++)
        if (e->notes[i].id.n == id.n && memcmp(e->notes[i].id.s, id.s, id.n) == 0)
            return &e->notes[i];
    return NULL;
}

/* Why a passage cannot be in the note, or NULL. Converts its offsets. */
static const char *place(export_passage *p, const export_note *note, offset_unit unit)
{
    if (!note)
        return "its note is not among the notes";
    const char *text = note->text.s;
    const ssize_t begin = offset_bytes(text, note->text.n, p->begin, OFFSET_CODE_POINTS),
                  end = offset_bytes(text, note->text.n, p->end, OFFSET_CODE_POINTS);
    if (begin < 0 || end <= begin)
        return "it is not a part of its note";
    if (p->text.s && (p->text.n != (size_t)(end - begin) || memcmp(p->text.s, text + begin, p->text.n)))
        return "its note has another text there: the notes are not those of the evidence";
    p->text = (export_string){text + begin, (size_t)(end - begin)};
    p->begin = offset_count(text, (size_t)begin, unit);
    p->end = offset_count(text, (size_t)end, unit);
    return NULL;
}

int export_place(export *x, export_encounter *e, offset_unit unit)
{
    if (!e->has_notes)
        return unit == OFFSET_CODE_POINTS || e->n_passages == 0
                   ? 0
                   : err_set("the notes are needed to count %s: name their file with --notes",
                             offset_unit_name(unit));
    for (size_t i = 0; i < e->n_codes; i++) {
        export_code *c = &e->codes[i];
        size_t n = 0;
        for (size_t k = c->first; k < c->first + c->n; k++) {
            const char *why = place(&e->passages[k], export_find_note(e, e->passages[k].note), unit);
            if (why)
                left_out_add(x->left_out, "passage", why, 1);
            else
                e->passages[c->first + n++] = e->passages[k];
        }
        c->n = n;
    }
    return 0;
}
