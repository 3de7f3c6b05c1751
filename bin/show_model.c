/* SPDX-License-Identifier: Apache-2.0 */
#include "show_model.h"

#include "cli.h"

#include "base/err.h"
#include "base/list.h"
#include "io/file.h"
#include "io/input_kind.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "io/show.h"
#include "model/model.h"
#include "model/model_files.h"
#include "text/labels.h"
#include "text/vocab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void show_line(const show_options *o, buf *text)
{
    if (show_text(text, "\n") < 0)
        cli_die("%s", err_message());
    /* an error stays with the file and is reported when it is closed */
    fwrite(text->data, 1, text->len, o->out);
    text->len = 0;
    if (ferror(o->out) || (o->unbuffered && fflush(o->out) != 0))
        cli_die("%s: cannot write: %s", o->name, err_reason(errno));
}

void show_must(int result)
{
    if (result < 0)
        cli_die("%s", err_message());
}

bool show_wanted(const show_options *o, const char *name, size_t n)
{
    if (!o->keys)
        return true;
    const char *rest = o->keys, *key;
    size_t length;
    while (list_next(&rest, &key, &length))
        if (length == n && memcmp(key, name, n) == 0)
            return true;
    return false;
}

/* ---- model folders ---- */

static int show_config(const show_options *o, buf *text, const char *path)
{
    (void)o;
    json_t *object = ecan_json_read_file(path);
    char *line = object ? ecan_json_text(object) : NULL;
    int result = line && show_text(text, "{\"config\": ") == 0 && show_text(text, line) == 0
                     ? show_text(text, "}")
                     : -1;
    free(line);
    json_decref(object);
    return result;
}

static int show_shape(buf *text, const safetensor *t)
{
    char number[32];
    show_must(show_text(text, "["));
    for (int d = 0; d < t->ndim; d++) {
        snprintf(number, sizeof number, "%s%zu", d > 0 ? ", " : "", t->shape[d]);
        show_must(show_text(text, number));
    }
    return show_text(text, "], ");
}

static void show_tensor(const show_options *o, buf *text, const safetensor *t)
{
    show_must(show_text(text, "{\"tensor\": "));
    show_must(show_string(text, t->name, strlen(t->name)));
    show_must(show_text(text, ", \"type\": \"f4\", \"shape\": "));
    show_must(show_shape(text, t));
    show_must(show_summary(text, t->data, t->count));
    if (o->full) {
        show_must(show_text(text, ", \"values\": "));
        show_must(show_floats(text, t->data, t->ndim, t->shape));
    }
    show_must(show_text(text, "}"));
    show_line(o, text);
    if (o->pictures)
        show_must(images_tensor(o->pictures, t->data, t->ndim, t->shape));
}

static int show_tensors(const show_options *o, buf *text, const char *path)
{
    safetensors s;
    size_t parameters = 0;
    char line[120];
    if (safetensors_open(&s, path) < 0)
        return -1;
    for (int i = 0; i < s.n; i++) {
        if (s.tensors[i].type != SAFETENSOR_F32) {
            err_set("%s: tensor %s: unsupported dtype: expected F32", path, s.tensors[i].name);
            safetensors_close(&s);
            return -1;
        }
        parameters += s.tensors[i].count;
        if (show_wanted(o, s.tensors[i].name, strlen(s.tensors[i].name)))
            show_tensor(o, text, &s.tensors[i]);
    }
    safetensors_close(&s);
    if (o->keys)
        return 0;
    /* Training keeps two moments of Adam beside each weight. */
    snprintf(line, sizeof line, "{\"parameters\": %zu, \"bytes\": %zu, \"bytes_in_training\": %zu}",
             parameters, 4 * parameters, 12 * parameters);
    return show_text(text, line);
}

static int show_vocab(const show_options *o, buf *text, const char *path)
{
    (void)o;
    char line[64];
    vocab *v = vocab_read(path);
    if (!v)
        return -1;
    snprintf(line, sizeof line, "{\"vocab\": {\"words\": %d}}", vocab_size(v));
    vocab_free(v);
    return show_text(text, line);
}

static int show_labels(const show_options *o, buf *text, const char *path)
{
    (void)o;
    char line[80];
    int described = 0;
    labels *l = labels_read(path);
    if (!l)
        return -1;
    for (int i = 0; i < labels_count(l); i++)
        described += *labels_description(l, i) != 0;
    snprintf(line, sizeof line, "{\"labels\": {\"labels\": %d, \"described\": %d}}", labels_count(l),
             described);
    labels_free(l);
    return show_text(text, line);
}

static int show_linear(const show_options *o, buf *text, const char *path)
{
    (void)o;
    safetensors s;
    char line[120];
    if (safetensors_open(&s, path) < 0)
        return -1;
    const safetensor *A = safetensors_find_type(&s, "features", SAFETENSOR_I8);
    const bool good = A && A->ndim == 2;
    if (good)
        snprintf(line, sizeof line, "{\"linear\": {\"features\": %zu, \"rank\": %zu, \"bytes\": %zu}}",
                 A->shape[0], A->shape[1], s.map_size);
    safetensors_close(&s);
    return good ? show_text(text, line) : err_set("%s: no tensor features of type I8", path);
}

int show_model(const show_options *o, const char *folder)
{
    static const struct {
        const char *name;
        int (*show)(const show_options *, buf *, const char *);
        bool optional;
    } parts[] = {{"config.json", show_config, false},
                 {"model.safetensors", show_tensors, false},
                 {"vocab.txt", show_vocab, false},
                 {"labels.tsv", show_labels, false},
                 {"linear.safetensors", show_linear, true}};
    buf text = {0};
    int failed = 0;
    show_must(input_folder(folder));
    const int is_model = file_exists_in(folder, MODEL_CONFIG);
    if (is_model == 0)
        model_is_none(folder);
    if (is_model != 1)
        cli_die("%s", err_message());
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (o->keys && parts[i].show != show_tensors)
            continue;
        char *path = file_join(folder, parts[i].name);
        const int exists = !path ? -1 : parts[i].optional ? file_exists(path) : 1;
        if (exists == 0) {
            free(path);
            continue;
        }
        if (exists < 0 || parts[i].show(o, &text, path) < 0) {
            cli_warn("%s", err_message());
            failed = 1;
            text.len = 0;
        } else if (text.len > 0) {
            show_line(o, &text);
        }
        free(path);
    }
    buf_free(&text);
    return failed;
}
