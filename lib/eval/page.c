/* Writes the encounters into page.html, which has the style and the script. */
#include "eval/page.h"

#include "base/mem.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char template[] = {
#include "page.inc" /* page.html, its bytes as numbers */
    0};
static const char marker[] = "<!-- encounters -->\n";

void page_begin(FILE *f)
{
    const char *at = strstr(template, marker);
    fwrite(template, 1, at ? (size_t)(at - template) : sizeof template - 1, f);
}

void page_end(FILE *f)
{
    const char *at = strstr(template, marker);
    if (at)
        fputs(at + strlen(marker), f);
}

/* n bytes as text, or as the value of an attribute between double quotes. */
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
        case '\0':
            fputs("\xef\xbf\xbd", f);
            break;
        default:
            fputc(s[i], f);
        }
}

static void escape_z(FILE *f, const char *s)
{
    escape(f, s, strlen(s));
}

/* ---- one note: its text, cut wherever a passage or a peak begins or ends ---- */

typedef struct mark {
    size_t code; /* of the encounter, from 0 */
    const passage *p;
} mark;

typedef struct marks {
    mark *of;    /* [n] the passages of this note */
    size_t *cut; /* [n_cuts] bytes, ascending */
    size_t n, n_cuts;
} marks;

static int by_size(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

static void marks_free(marks *m)
{
    mem_free(m->of);
    mem_free(m->cut);
}

static int marks_init(marks *m, const evidence *e, size_t at)
{
    *m = (marks){.of = mem_array(e->n_passages, sizeof *m->of),
                 .cut = mem_array(4 * e->n_passages + 2, sizeof *m->cut)};
    if (!m->of || !m->cut)
        return -1;
    m->cut[m->n_cuts++] = 0;
    m->cut[m->n_cuts++] = e->notes[at].text_size;
    for (size_t c = 0; c < e->n_codes; c++)
        for (size_t i = 0; i < e->codes[c].n; i++) {
            const passage *p = &e->passages[e->codes[c].first + i];
            if (p->note != at)
                continue;
            m->of[m->n++] = (mark){c, p};
            m->cut[m->n_cuts++] = p->begin_byte;
            m->cut[m->n_cuts++] = p->peak_byte;
            m->cut[m->n_cuts++] = p->peak_end_byte;
            m->cut[m->n_cuts++] = p->end_byte;
        }
    qsort(m->cut, m->n_cuts, sizeof *m->cut, by_size);
    return 0;
}

/* The codes whose passage (or only its peak) covers the byte, as ` NAME="0 3"`; nothing where there is none.
 */
static bool codes_at(FILE *f, const marks *m, size_t byte, bool peak, const char *name)
{
    bool any = false;
    for (size_t i = 0; i < m->n; i++) {
        const passage *p = m->of[i].p;
        size_t from = peak ? p->peak_byte : p->begin_byte, to = peak ? p->peak_end_byte : p->end_byte;
        if (byte < from || byte >= to)
            continue;
        if (any)
            fputc(' ', f);
        else
            fprintf(f, " %s=\"", name);
        fprintf(f, "%zu", m->of[i].code);
        any = true;
    }
    if (any)
        fputc('"', f);
    return any;
}

static bool covered(const marks *m, size_t byte)
{
    for (size_t i = 0; i < m->n; i++)
        if (byte >= m->of[i].p->begin_byte && byte < m->of[i].p->end_byte)
            return true;
    return false;
}

/* Where the strongest passage of a code begins: the place that its link leads to, with the code's number. */
static void anchors(FILE *f, const evidence *e, const marks *m, size_t byte, uint64_t number)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->of[i].p->begin_byte == byte && m->of[i].p == &e->passages[e->codes[m->of[i].code].first])
            fprintf(f, "<i id=\"e%" PRIu64 "c%zu\" data-n=\"%zu\"></i>", number, m->of[i].code,
                    m->of[i].code + 1);
}

static int write_text(FILE *f, const evidence *e, size_t at, uint64_t number)
{
    marks m;
    int status = marks_init(&m, e, at);
    const char *text = e->notes[at].text;
    for (size_t i = 0; !status && i < m.n_cuts; i++) {
        size_t from = m.cut[i], to = i + 1 < m.n_cuts ? m.cut[i + 1] : from;
        if (i == 0 || from > m.cut[i - 1])
            anchors(f, e, &m, from, number);
        if (from == to)
            continue;
        bool marked = covered(&m, from);
        if (marked) {
            fputs("<mark", f);
            codes_at(f, &m, from, false, "data-codes");
            codes_at(f, &m, from, true, "data-peaks");
            fputc('>', f);
        }
        escape(f, text + from, to - from);
        if (marked)
            fputs("</mark>", f);
    }
    marks_free(&m);
    return status;
}

static int write_note(FILE *f, const evidence *e, size_t i, uint64_t number)
{
    const note *d = &e->notes[i];
    fputs("<section class=\"note\">\n<h3 dir=\"auto\">", f);
    if (d->type_size)
        escape(f, d->type, d->type_size);
    else
        fprintf(f, "Note %zu", i + 1);
    fputs(" <small>", f);
    if (d->id.type == WALK_STR)
        escape(f, (const char *)d->id.data, d->id.size);
    else if (d->id.type != WALK_NIL)
        fprintf(f, "%" PRId64, d->id.i);
    fputc(' ', f);
    escape(f, d->date, d->date_size);
    fputs("</small></h3>\n<div class=\"text\" dir=\"auto\">", f);
    int status = write_text(f, e, i, number);
    fputs("</div>\n</section>\n", f);
    return status;
}

/* A probability in whole per cent; what is neither none nor all is not shown as such. */
static const char *percent(float score, char text[8])
{
    if (score > 0 && score < 0.005f)
        return "&lt;1%";
    if (score >= 0.995f && score < 1)
        return "&gt;99%";
    snprintf(text, 8, "%.0f%%", 100 * (double)score);
    return text;
}

static void write_code(FILE *f, const evidence *e, size_t i, uint64_t number)
{
    const explained *c = &e->codes[i];
    char text[8];
    fprintf(f, "<li%s><a href=\"#e%" PRIu64 "c%zu\" data-code=\"%zu\"><b>",
            c->predicted ? "" : " class=\"asked\" title=\"not predicted\"", number, i, i);
    escape_z(f, c->code);
    fprintf(f, "</b> <span class=\"p\" title=\"%.6f\">%s</span> <span class=\"d\" dir=\"auto\">",
            (double)c->score, percent(c->score, text));
    escape_z(f, c->description);
    fprintf(f, "</span><meter value=\"%.4f\"></meter></a>%s</li>\n", (double)c->score,
            c->n ? "" : " <small>no evidence: the encounter has no words</small>");
}

int page_encounter(FILE *f, const evidence *e, uint64_t number)
{
    int status = 0;
    fprintf(f, "<article class=\"encounter\" id=\"e%" PRIu64 "\">\n<h2>Encounter <span class=\"id\">",
            number);
    escape_z(f, e->id);
    fputs("</span></h2>\n<nav class=\"codes\" aria-label=\"Codes\">\n<ol>\n", f);
    for (size_t i = 0; i < e->n_codes; i++)
        write_code(f, e, i, number);
    fputs("</ol>\n", f);
    if (e->n_codes == 0)
        fputs("<p>No code is predicted.</p>\n", f);
    fputs("</nav>\n<div class=\"notes\">\n", f);
    for (size_t i = 0; !status && i < e->n_notes; i++)
        status = write_note(f, e, i, number);
    fputs("</div>\n</article>\n", f);
    return status;
}
