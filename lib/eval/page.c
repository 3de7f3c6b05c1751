/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the encounters into the page. lib/eval/page/assemble.sh makes the page from its HTML, style and
 * script.
 */
#include "eval/page.h"

#include "base/digits.h"
#include "text/scopes.h"

#include <inttypes.h>
#include <string.h>

static const unsigned char frame[] = {
#include "page.inc" /* the bytes of the page as numbers */
    0};

/* The position of the encounters in the page. */
static const char *place(void)
{
    return strstr((const char *)frame, "</div>\n<p id=\"end\"");
}

void page_begin(FILE *f)
{
    fwrite(frame, 1, (size_t)(place() - (const char *)frame), f);
}

void page_end(FILE *f)
{
    fputs(place(), f);
}

/* Writes n bytes as text, or as the value of an attribute between double quotes. A carriage return is
 * escaped: an HTML parser turns "\r\n" into one line feed, and the positions after it would be wrong. */
static void escape(FILE *f, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        switch (s[i]) {
        case '&':
            fputs("&amp;", f);
            break;
        case '<':
            fputs("&lt;", f);
            break;
        case '>':
            fputs("&gt;", f);
            break;
        case '"':
            fputs("&quot;", f);
            break;
        case '\'':
            fputs("&#39;", f);
            break;
        case '\r':
            fputs("&#13;", f);
            break;
        case '\0':
            fputs("\xef\xbf\xbd", f); /* HTML has no NUL */
            break;
        default:
            fputc(s[i], f);
        }
}

static void escape_z(FILE *f, const char *s)
{
    escape(f, s, strlen(s));
}

static void attribute(FILE *f, const char *name, const char *value, size_t n)
{
    fprintf(f, " %s=\"", name);
    escape(f, value, n);
    fputc('"', f);
}

/* The shortest decimal that reads back as the same float, as in the JSON lines. */
static void number_attribute(FILE *f, const char *name, float value)
{
    char text[DIGITS_ROOM];
    digits_float(text, value);
    fprintf(f, " %s=\"%s\"", name, text);
}

/* Writes the codes as a template, which a browser does not show: lines of code, tab, description. */
void page_codes(FILE *f, const labels *table)
{
    fputs("<template id=\"code-table\">", f);
    for (int32_t i = 0; i < labels_count(table); i++) {
        escape_z(f, labels_code(table, i));
        fputc('\t', f);
        escape_z(f, labels_description(table, i));
        fputc('\n', f);
    }
    fputs("</template>\n", f);
}

/* A probability in whole per cent. 0% and 100% are only written for exactly 0 and 1. */
static void percent(FILE *f, float score)
{
    if (score > 0 && score < 0.005f)
        fputs("&lt;1%", f);
    else if (score >= 0.995f && score < 1)
        fputs("&gt;99%", f);
    else
        fprintf(f, "%.0f%%", 100 * (double)score);
}

static void note_title(FILE *f, const evidence *e, size_t i)
{
    const evidence_note *d = &e->notes[i];
    if (d->type_size)
        escape(f, d->type, d->type_size);
    else
        fprintf(f, "Note %zu", i + 1);
    if (d->date_size) {
        fputc(' ', f);
        escape(f, d->date, d->date_size);
    }
    if (d->author_size) {
        fputs(", ", f);
        escape(f, d->author, d->author_size);
    }
}

/* The names of marks, with a separator before each but the first. */
static void write_marks(FILE *f, int marks, const char *separator)
{
    const char *before = "";
    for (int k = 0; k < SCOPE_KINDS; k++)
        if (marks >> k & 1) {
            fprintf(f, "%s%s", before, scope_names[k]);
            before = separator;
        }
}

/* Writes the passage as a quotation, with its positions in code points of the note for the script. */
static void write_passage(FILE *f, const evidence *e, const passage *p)
{
    const char *text = e->notes[p->note].text;
    fprintf(f, "<li data-note=\"%zu\" data-begin=\"%zu\" data-end=\"%zu\" data-peak=\"%zu %zu\"", p->note,
            p->begin, p->end, p->peak, p->peak_end);
    number_attribute(f, "data-weight", p->weight);
    if (p->block < 0)
        fputs(" data-term", f);
    else
        fprintf(f, " data-block=\"%d\"", p->block);
    if (p->repeat)
        fputs(" data-repeat", f);
    if (p->marks) {
        fputs(" data-marks=\"", f);
        write_marks(f, p->marks, " ");
        fputs("\"", f);
    }
    fputs("><q dir=\"auto\">", f);
    escape(f, text + p->begin_byte, p->peak_byte - p->begin_byte);
    fputs("<b>", f);
    escape(f, text + p->peak_byte, p->peak_end_byte - p->peak_byte);
    fputs("</b>", f);
    escape(f, text + p->peak_end_byte, p->end_byte - p->peak_end_byte);
    fputs("</q> <small dir=\"auto\">", f);
    note_title(f, e, p->note);
    if (p->block < 0) {
        fputs(p->marks ? " (term, " : " (term", f);
        write_marks(f, p->marks, ", ");
        fputs(")", f);
    }
    fputs("</small></li>\n", f);
}

static void write_code(FILE *f, const evidence *e, const explained *c)
{
    fputs("<li class=\"code\"", f);
    number_attribute(f, "data-score", c->score);
    if (!c->predicted)
        fputs(" data-asked", f);
    if (e->gold_known)
        fputs(c->gold ? " data-gold=\"true\"" : " data-gold=\"false\"", f);
    fputs("><b>", f);
    escape_z(f, c->code);
    fputs("</b> <span class=\"percent\">", f);
    percent(f, c->score);
    fputs("</span> <span class=\"description\" dir=\"auto\">", f);
    escape_z(f, c->description);
    fputs("</span>\n<ul>\n", f);
    for (size_t i = 0; i < c->n; i++)
        write_passage(f, e, &e->passages[c->first + i]);
    fputs("</ul></li>\n", f);
}

/* Writes the text of note i, with the parts that were not read in elements. *next: the first of them in
 * e->unread; moved to that of the next note. */
static void write_text(FILE *f, const evidence *e, size_t i, size_t *next)
{
    const evidence_note *d = &e->notes[i];
    size_t done = 0;
    for (; *next < e->n_unread && e->unread[*next].note == i; ++*next) {
        const unread_range *u = &e->unread[*next];
        if (u->begin < done)
            continue;
        escape(f, d->text + done, u->begin - done);
        fputs("<span class=\"unread\">", f);
        escape(f, d->text + u->begin, u->end - u->begin);
        fputs("</span>", f);
        done = u->end;
    }
    escape(f, d->text + done, d->text_size - done);
}

static void write_note(FILE *f, const evidence *e, size_t i, size_t *next_unread)
{
    const evidence_note *d = &e->notes[i];
    fputs("<section class=\"note\"", f);
    if (d->id.type == WALK_STR)
        attribute(f, "data-id", (const char *)d->id.data, d->id.size);
    else if (d->id.type != WALK_NIL)
        fprintf(f, " data-number=\"%" PRId64 "\"", d->id.i);
    attribute(f, "data-type", d->type, d->type_size);
    attribute(f, "data-date", d->date, d->date_size);
    if (d->author_size)
        attribute(f, "data-author", d->author, d->author_size);
    fputs(">\n<h3 dir=\"auto\">", f);
    note_title(f, e, i);
    fputs("</h3>\n<div class=\"text\" dir=\"auto\">", f);
    write_text(f, e, i, next_unread);
    fputs("</div>\n</section>\n", f);
}

/* How much was not read: as attributes for the script, and as text. */
static void begin_article(FILE *f, const evidence *e)
{
    fputs("<article class=\"encounter\"", f);
    if (e->words_cut)
        fprintf(f, " data-words-cut=\"%" PRIu64 "\"", e->words_cut);
    if (e->notes_cut)
        fprintf(f, " data-notes-cut=\"%" PRIu64 "\"", e->notes_cut);
    fputs(">\n<h2 dir=\"auto\">", f);
    escape_z(f, e->id);
    fputs("</h2>\n", f);
    if (!e->words_cut && !e->notes_cut)
        return;
    fputs("<p class=\"warning\">Grey text was not read by the model: ", f);
    if (e->words_cut)
        fprintf(f, "%" PRIu64 " word%s", e->words_cut, e->words_cut == 1 ? "" : "s");
    if (e->notes_cut)
        fprintf(f, "%s%" PRIu64 " note%s", e->words_cut ? ", " : "", e->notes_cut,
                e->notes_cut == 1 ? " of another type" : "s of other types");
    fputs(".</p>\n", f);
}

void page_encounter(FILE *f, const evidence *e, uint64_t number)
{
    size_t next_unread = 0;
    fprintf(f, "<noscript data-number=\"%" PRIu64 "\"", number);
    attribute(f, "data-id", e->id, strlen(e->id));
    fputs(" data-codes=\"", f);
    for (size_t i = 0; i < e->n_codes; i++) {
        if (i)
            fputs("&#9;", f); /* no code contains a tab */
        escape_z(f, e->codes[i].code);
    }
    fputs("\" data-scores=\"", f);
    for (size_t i = 0; i < e->n_codes; i++) {
        char text[DIGITS_ROOM];
        digits_float(text, e->codes[i].score);
        fprintf(f, "%s%s", i ? "&#9;" : "", text);
    }
    fputs("\">\n", f);
    begin_article(f, e);
    fputs("<ol class=\"codes\">\n", f);
    for (size_t i = 0; i < e->n_codes; i++)
        write_code(f, e, &e->codes[i]);
    fputs("</ol>\n", f);
    for (size_t i = 0; i < e->n_notes; i++)
        write_note(f, e, i, &next_unread);
    fputs("</article>\n</noscript>\n", f);
}
