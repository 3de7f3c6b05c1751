/* SPDX-License-Identifier: Apache-2.0 */
/* The model folder of a run: the best weights and the history. */
#include "base/err.h"
#include "io/folder.h"
#include "model/model.h"
#include "text/lines.h"
#include "train/ranks.h"
#include "train/run.h"

#include <stdio.h>

static int write_history(const void *context, const char *path)
{
    const json_t *history = context;
    FILE *f = lines_create(path);
    if (!f)
        return -1;
    int failed = 0;
    size_t i;
    json_t *line;
    json_array_foreach(history, i, line)
    {
        failed |= ecan_json_write_line(f, line);
    }
    return lines_finish(f, path) || failed ? -1 : 0;
}

static folder_part history_part(const run *r)
{
    return (folder_part){"history.jsonl", write_history, r->history, NULL};
}

int run_write_history(const run *r)
{
    const folder_part part = history_part(r);
    return ranks_agree(ranks_index() == 0 ? folder_replace(r->t->folder, &part, 1, NULL) : 0);
}

/* The contents of config.json. Without times, equal runs give bit-identical files. */
static json_t *about(const run *r)
{
    json_t *a = json_deep_copy(r->t->about), *best = json_deep_copy(r->best_epoch);
    json_object_del(best, "seconds");
    json_object_del(best, "words_per_second");
    json_t *training = json_object_get(a, "training");
    if (!training) {
        training = json_object();
        ecan_json_set(a, "training", training);
    }
    if (r->best_epoch)
        ecan_json_set(training, "best", best);
    return a;
}

static int write_best(run *r)
{
    const trainer *t = r->t;
    params *p = run_weights(r);
    if (t->settings->tune_threshold)
        p->c.threshold = (float)json_number_value(json_object_get(r->best_epoch, "dev_threshold"));
    json_t *a = about(r);
    const folder_part history = history_part(r);
    const model_parts parts = {
        .p = p, .words = t->words, .labels = t->labels, .about = a, .more = &history, .n_more = 1};
    const int result = model_write(t->folder, &parts);
    if (!result) {
        json_decref(r->best_model);
        r->best_model = json_incref(json_object_get(a, "files"));
    }
    json_decref(a);
    p->c.threshold = 0.5f;
    return result;
}

int run_write_best(run *r)
{
    return ranks_agree(ranks_index() == 0 ? write_best(r) : 0);
}

static int read_best(run *r)
{
    model m;
    if (model_open(&m, r->t->folder, false, r->t->threads))
        return -1;
    const json_t *files = json_object_get(m.config, "files");
    int result = 0;
    if (r->best_model && !json_equal(files, r->best_model))
        result = err_set("%s: the model is not the one that this run wrote: start again with --force",
                         r->t->folder);
    else if (params_load(r->t->p, &m.file))
        result = err_prefix("%s/%s: ", r->t->folder, MODEL_TENSORS);
    model_close(&m);
    return result;
}

int run_read_best(run *r)
{
    if (ranks_agree(ranks_index() == 0 ? read_best(r) : 0))
        return -1;
    ranks_broadcast(r->t->p->data, r->t->p->size * sizeof(float));
    return 0;
}
