/* SPDX-License-Identifier: Apache-2.0 */
/* The loss and the gradients of a batch that is divided by labels: groups of documents, one document for each
 * thread. */
#include "train/step_private.h"

#include "base/mem.h"
#include "tensor/ops.h"

#include <string.h>

/* ---- the encoder: a task for each document, or for the documents of the group that are of one part ---- */

static void group_forward(void *context, size_t task, size_t worker)
{
    (void)worker;
    step *s = context;
    step_forward(s, &s->worker[task], s->group + task);
}

/* The first document of a part in the group has the work of all of them, as they are added to one array. */
static void group_backward(void *context, size_t task, size_t worker)
{
    (void)worker;
    step *s = context;
    const size_t *part = s->plan.part, first = s->group + task;
    if (task > 0 && part[first] == part[first - 1])
        return;
    for (size_t i = first; i < s->group_end && part[i] == part[first]; i++)
        step_backward(s, &s->worker[i - s->group], i, s->part_array[part[first]], false);
}

/* ---- attention: a task for each chunk of tiles ---- */

/* The arrays dH[a] of each attention a within the partial dH of a thread. */
static void partial_pieces(const step *s, const step_worker *k, size_t T, float *dH[CONFIG_BLOCKS])
{
    size_t offset = 0;
    for (int a = 0; a < s->p->sizes.attentions; a++) {
        dH[a] = k->partial + offset;
        offset += T * s->p->sizes.attention[a].D;
    }
}

/* Processes a chunk of the current wave for the current document. */
static void chunk_task(void *context, size_t task, size_t worker)
{
    (void)worker;
    step *s = context;
    step_worker *k = &s->worker[task];
    const step_worker *document = &s->worker[s->current - s->group];
    const encoding *e = &document->e;
    const size_t n = e->T * s->S, chunk = s->chunk + task;
    if (mem_grow(&k->partial, &k->partial_cap, n, sizeof *k->partial)) {
        k->failed = 1;
        return;
    }
    float *dH[CONFIG_BLOCKS];
    partial_pieces(s, k, e->T, dH);
    const attend_adds adds = {.dQ = !step_begins(s, s->current, STEP_PARTS), .dH = false};
    s->chunk_loss[chunk] =
        step_attend(s, k, e, dH, s->batch[s->plan.document[s->current]], document->gold, s->label_array, adds,
                    s->tiles * chunk / s->chunks, s->tiles * (chunk + 1) / s->chunks);
}

/* Adds the partial dH of the wave to that of the document, in order: a slice of the elements. */
static void add_partials(void *context, size_t slice, size_t worker)
{
    (void)worker;
    step *s = context;
    const step_worker *document = &s->worker[s->current - s->group];
    const model_sizes *n = &s->p->sizes;
    const size_t T = document->e.T, ranges = s->workers;
    for (size_t k = 0; k < s->workers && s->chunk + k < s->chunks; k++) {
        float *dH[CONFIG_BLOCKS];
        partial_pieces(s, &s->worker[k], T, dH);
        for (int a = 0; a < n->attentions; a++) {
            const size_t size = T * n->attention[a].D;
            const size_t from = size * slice / ranges, to = size * (slice + 1) / ranges;
            ops_axpy(encoding_grad_attended(&document->g, n, a) + from, 1, dH[a] + from, to - from);
        }
    }
}

static void attend_document(step *s)
{
    const example *d = s->batch[s->plan.document[s->current]];
    unsigned char *gold = s->worker[s->current - s->group].gold;
    step_mark_gold(s, gold, d, 1);
    for (s->chunk = 0; s->chunk < s->chunks && !step_failed(s); s->chunk += s->workers) {
        const size_t left = s->chunks - s->chunk;
        pool_run(s->threads, chunk_task, s, left < s->workers ? left : s->workers);
        if (!step_failed(s))
            pool_run(s->threads, add_partials, s, s->workers);
    }
    step_mark_gold(s, gold, d, 0);
    double loss = 0;
    for (size_t chunk = 0; chunk < s->chunks; chunk++)
        loss += s->chunk_loss[chunk];
    s->loss[s->current] = loss;
}

/* ---- groups ---- */

static void attend_group(step *s)
{
    for (s->current = s->group; s->current < s->group_end && !step_failed(s); s->current++) {
        if (step_begins(s, s->current, STEP_PARTS))
            s->label_array = sum_tree_array(&s->region[0].sum);
        if (!s->label_array) {
            s->worker[0].failed = 1;
            return;
        }
        attend_document(s);
        if (step_ends(s, s->current, STEP_PARTS) && !step_failed(s))
            step_region_add(s, 0, s->plan.part[s->current] / STEP_PARTS * STEP_PARTS, s->label_array);
    }
}

static void backward_group(step *s)
{
    for (size_t i = s->group; i < s->group_end; i++) {
        const size_t part = s->plan.part[i];
        if (step_begins(s, i, 1) && step_regions_arrays(s, s->part_array[part])) {
            s->worker[0].failed = 1;
            return;
        }
    }
    pool_run(s->threads, group_backward, s, s->group_end - s->group);
    for (size_t i = s->group; i < s->group_end; i++)
        for (size_t r = 1; r < s->regions && step_ends(s, i, 1); r++)
            step_region_add(s, r, s->plan.part[i], s->part_array[s->plan.part[i]][r]);
}

void step_by_labels(step *s)
{
    const size_t first = step_first_of(s, ranks_index()), end = step_first_of(s, ranks_index() + 1);
    for (s->group = first; s->group < end && !step_failed(s); s->group = s->group_end) {
        s->group_end = end - s->group < s->workers ? end : s->group + s->workers;
        pool_run(s->threads, group_forward, s, s->group_end - s->group);
        if (!step_failed(s))
            attend_group(s);
        if (!step_failed(s))
            backward_group(s);
    }
}
