/* Passages around the peaks: which words, which bytes, where a note ends; what is refused; text stays text.
 */
#include "eval/evidence.h"

#include "base/err.h"
#include "eval/page.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Two notes of words. Accents and an astral character: code points, bytes and UTF-16 units all differ. */
static const char *const texts[2] = {"\xc3\xa9t\xc3\xa9 \xf0\x9f\xa9\xba un deux.", "trois <b>quatre"};
static const int32_t spans[6][3] = {{0, 0, 3}, {0, 6, 8}, {0, 9, 13}, {1, 0, 5}, {1, 7, 8}, {1, 9, 15}};

typedef struct fixture {
    int32_t peaks[2][2];
    int32_t spans[6][3];
    size_t words, ids; /* rows of spans, of ids; SIZE_MAX: no ids */
    const char *predicted;
    bool documents;
} fixture;

static const fixture whole = {
    .peaks = {{0, 1}, {1, 3}}, .words = 6, .ids = 6, .predicted = "ab", .documents = true};

static void parse(record *r, const pack *p)
{
    unsigned char head[5];
    buf bytes = {0};
    buf_add(&bytes, head, pack_map_head(p, head));
    buf_add(&bytes, p->body.data, p->body.len);
    ok(!record_parse(r, bytes.data, bytes.len), "record made");
    buf_free(&bytes);
}

static void header(record *r, const char *codes)
{
    pack p = {0};
    pack_key(&p, "labels");
    pack_array(&p, strlen(codes));
    for (const char *c = codes; *c; c++)
        pack_str_n(&p, c, 1);
    parse(r, &p);
    pack_free(&p);
}

static void pack_documents(pack *p)
{
    pack_key(p, "documents");
    pack_array(p, 2);
    for (int i = 0; i < 2; i++) {
        pack_map(p, 3);
        pack_str(p, "id");
        i ? pack_int(p, 7) : pack_str(p, "n<1>");
        pack_str(p, "type");
        pack_str(p, "\"discharge\"");
        pack_str(p, "text");
        pack_str(p, texts[i]);
    }
}

static void make(record *r, const fixture *f)
{
    static const float weights[2] = {.5f, .25f}, scores[2] = {.75f, .625f};
    static const int32_t ids[6] = {0};
    pack p = {0};
    pack_key(&p, "id");
    pack_str(&p, "e&1");
    if (f->documents)
        pack_documents(&p);
    pack_key(&p, "spans");
    pack_i4(&p, f->spans[0], 2, (size_t[]){f->words, 3});
    if (f->ids != SIZE_MAX) {
        pack_key(&p, "ids");
        pack_i4(&p, ids, 1, &f->ids);
    }
    pack_key(&p, "peaks");
    pack_i4(&p, f->peaks[0], 2, (size_t[]){2, 2});
    pack_key(&p, "peak_weights");
    pack_f4(&p, weights, 1, (size_t[]){2});
    pack_key(&p, "scores");
    pack_f4(&p, scores, 1, (size_t[]){2});
    pack_key(&p, "predicted");
    pack_array(&p, strlen(f->predicted));
    for (const char *c = f->predicted; *c; c++) {
        pack_map(&p, 2);
        pack_str(&p, "score");
        pack_float(&p, 0.5f);
        pack_str(&p, "code");
        pack_str_n(&p, c, 1);
    }
    parse(r, &p);
    pack_free(&p);
}

static fixture with(size_t t, int block)
{
    fixture f = whole;
    memcpy(f.spans, spans, sizeof spans);
    f.peaks[0][0] = block;
    f.peaks[0][1] = (int32_t)t;
    return f;
}

/* The text of the first code's passage equals want. */
static void passage_is(const explainer *x, const fixture *f, const char *want)
{
    record r = {0};
    evidence e = {0};
    make(&r, f);
    int status = explainer_find(x, &r, &e);
    ok(!status && e.n_codes >= 1 && e.codes[0].n == 1, "peak at word %d: %s", (int)f->peaks[0][1],
       status ? err_message() : "found");
    if (!status && e.n_passages) {
        const passage *p = &e.passages[0];
        const char *text = e.notes[p->note].text + p->begin_byte;
        size_t n = p->end_byte - p->begin_byte;
        ok(n == strlen(want) && !memcmp(text, want, n), "'%.*s' is '%s'", (int)n, text, want);
        const int32_t *word = spans[f->peaks[0][1]];
        ok(p->peak == (size_t)word[1] && p->peak_end == (size_t)word[2] && p->begin <= p->peak &&
               p->peak_end <= p->end,
           "the peak's own place");
    }
    evidence_free(&e);
    record_free(&r);
}

static void windows(void)
{
    record r = {0};
    explainer *x = explainer_new(NULL, 1);
    header(&r, "ab");
    ok(!explainer_header(x, &r), "header");
    fixture f = with(1, 0);
    passage_is(x, &f, "\xc3\xa9t\xc3\xa9 \xf0\x9f\xa9\xba un deux");
    f = with(2, 0);
    passage_is(x, &f, "un deux");
    f = with(3, 5);
    passage_is(x, &f, "trois <b");
    f = with(2, 0);
    f.ids = 2; /* the model read two words only */
    f.peaks[0][1] = f.peaks[1][1] = 1;
    passage_is(x, &f, "\xc3\xa9t\xc3\xa9 \xf0\x9f\xa9\xba un");
    explainer_free(x);
    x = explainer_new(NULL, 0);
    explainer_header(x, &r);
    f = with(5, 0);
    passage_is(x, &f, "quatre");
    explainer_free(x);
    x = explainer_new(NULL, 1000000);
    explainer_header(x, &r);
    f = with(4, 0);
    passage_is(x, &f, "trois <b>quatre");
    explainer_free(x);
    record_free(&r);
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    ok(f && fputs(text, f) >= 0 && !fclose(f), "%s written", name);
}

static void kernels(void)
{
    char folder[] = "/tmp/ecan-evidence-XXXXXX", path[64];
    record r = {0};
    ok(mkdtemp(folder) != NULL, "folder");
    write_file(folder, "config.json", "{\"kernels\": [1, 4]}");
    write_file(folder, "labels.tsv", "a\tan \xc3\xa9tat\nb\n");
    explainer *x = explainer_new(folder, -1);
    ok(x != NULL, "model: %s", x ? "read" : err_message());
    header(&r, "ab");
    ok(!explainer_header(x, &r), "the model's labels");
    fixture f = with(1, 0);
    passage_is(x, &f, "un");
    f = with(0, 1); /* four words wide: one before, two behind */
    passage_is(x, &f, "\xc3\xa9t\xc3\xa9 \xf0\x9f\xa9\xba un deux");
    f = with(5, 1);
    passage_is(x, &f, "b>quatre");
    f = with(0, 2);
    make(&r, &f);
    evidence e = {0};
    ok(explainer_find(x, &r, &e) == -1, "no such block: %s", err_message());
    header(&r, "ba");
    ok(explainer_header(x, &r) == -1, "labels in another order: %s", err_message());
    explainer_ask(x, "b,x");
    header(&r, "ab");
    ok(explainer_header(x, &r) == -1 && strstr(err_message(), "x"), "asked for: %s", err_message());
    explainer_free(x);

    write_file(folder, "config.json", "{\"kernels\": [0]}");
    ok(!explainer_new(folder, -1), "no kernel: %s", err_message());
    snprintf(path, sizeof path, "%s/config.json", folder);
    ok(!unlink(path) && !explainer_new(folder, -1), "no config: %s", err_message());
    snprintf(path, sizeof path, "%s/labels.tsv", folder);
    unlink(path);
    rmdir(folder);
    evidence_free(&e);
    record_free(&r);
}

static void refused(const explainer *x, const fixture *f, const char *key)
{
    record r = {0};
    evidence e = {0};
    make(&r, f);
    ok(explainer_find(x, &r, &e) == -1 && strstr(err_message(), key), "refused: %s", err_message());
    evidence_free(&e);
    record_free(&r);
}

static void bad_records(void)
{
    record r = {0};
    explainer *x = explainer_new(NULL, 2);
    header(&r, "ab");
    explainer_header(x, &r);
    fixture f = with(6, 0);
    refused(x, &f, "peaks");
    f = with(0, -1);
    refused(x, &f, "peaks");
    f = with(2, 0);
    f.ids = 2;
    refused(x, &f, "peaks");
    f = with(0, 0);
    f.words = 5;
    refused(x, &f, "ids");
    f = with(0, 0);
    f.predicted = "c";
    refused(x, &f, "predicted");
    f = with(0, 0);
    f.documents = false;
    refused(x, &f, "documents");
    f = with(0, 0);
    f.spans[0][0] = 2;
    refused(x, &f, "spans");
    f = with(0, 0);
    f.spans[2][2] = 100;
    refused(x, &f, "spans");
    f = with(0, 0);
    f.spans[0][1] = -1;
    refused(x, &f, "spans");
    f = with(1, 0);
    f.spans[0][1] = 7;
    f.spans[0][2] = 8;
    refused(x, &f, "spans");
    explainer_free(x);
    record_free(&r);
}

static void json_and_page(void)
{
    static const char want[] = "{\"id\": \"e&1\", \"codes\": [{\"code\": \"a\", \"description\": \"\", "
                               "\"score\": 0.75, \"predicted\": true, "
                               "\"evidence\": [{\"document\": \"n<1>\", \"index\": 0, \"begin\": 6, \"end\": "
                               "8, \"text\": \"un\", \"peak\": [6, 8], "
                               "\"weight\": 0.5, \"block\": 0}]}, {\"code\": \"b\", \"description\": \"\", "
                               "\"score\": 0.625, \"predicted\": false, "
                               "\"evidence\": [{\"document\": 7, \"index\": 1, \"begin\": 0, \"end\": 5, "
                               "\"text\": \"trois\", \"peak\": [0, 5], "
                               "\"weight\": 0.25, \"block\": 1}]}]}";
    record r = {0};
    evidence e = {0};
    explainer *x = explainer_new(NULL, 0);
    explainer_ask(x, "b,a");
    header(&r, "ab");
    explainer_header(x, &r);
    fixture f = with(1, 0);
    f.predicted = "a";
    make(&r, &f);
    ok(!explainer_find(x, &r, &e) && e.n_codes == 2, "predicted and asked for, each once");
    json_t *o = evidence_json(&e);
    char *line = json_text(o);
    ok(line && !strcmp(line, want), "%s", line);
    free(line);
    json_decref(o);

    char *html = NULL;
    size_t n;
    FILE *page = open_memstream(&html, &n);
    ok(page && !page_encounter(page, &e, 1) && !fclose(page), "page");
    ok(strstr(html, "e&amp;1") && strstr(html, "n&lt;1&gt;") && strstr(html, "&quot;discharge&quot;"),
       "names are text");
    ok(strstr(html, " &lt;b&gt;quatre") && !strstr(html, "<b>quatre"), "a note's markup is text");
    ok(strstr(html, "<mark data-codes=\"0\" data-peaks=\"0\">un</mark>") != NULL, "the passage is marked");
    free(html);

    f.words = f.ids = 0;
    make(&r, &f);
    ok(!explainer_find(x, &r, &e) && e.n_codes == 2 && e.n_passages == 0,
       "an encounter without words has no evidence");
    evidence_free(&e);
    explainer_free(x);
    record_free(&r);
}

int main(void)
{
    windows();
    kernels();
    bad_records();
    json_and_page();
    return tap_done();
}
