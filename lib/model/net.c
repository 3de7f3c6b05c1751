#include "model/net.h"

#include "base/mem.h"

static void project_tile(void *context, int task, int worker)
{
    (void)worker;
    net *n = context;
    const size_t first = (size_t)task * ATTEND_TILE, L = (size_t)n->p->labels;
    const size_t count = L - first < ATTEND_TILE ? L - first : ATTEND_TILE;
    attend_project(n->Up + first * (size_t)config_width(&n->p->c), n->p, first, count);
}

void net_project(net *n, pool *threads)
{
    pool_run(threads, project_tile, n, (n->p->labels + ATTEND_TILE - 1) / ATTEND_TILE);
}

int net_init(net *n, const params *p, pool *threads)
{
    *n = (net){.p = p, .Up = mem_array((size_t)p->labels * (size_t)config_width(&p->c), sizeof(float))};
    if (!n->Up)
        return -1;
    net_project(n, threads);
    return 0;
}

void net_free(net *n)
{
    mem_free(n->Up);
    *n = (net){0};
}

void net_work_free(net_work *w)
{
    encoding_free(&w->e);
    attend_work_free(&w->a);
    mem_free(w->V);
    *w = (net_work){0};
}

int net_forward(float *logits, int32_t *peaks, float *peak_weights, const net *n, const int32_t *ids, size_t T,
                net_work *w)
{
    const params *p = n->p;
    const size_t L = (size_t)p->labels, S = (size_t)config_width(&p->c);
    if (!w->V)
        w->V = mem_array(ATTEND_TILE * S, sizeof *w->V);
    if (!w->V || encoding_begin(&w->e, &p->c, T, false) || attend_work_begin(&w->a, T))
        return -1;
    encode_embed(&w->e, p, ids);
    encode_forward(&w->e, p);

    const float *H[CONFIG_BLOCKS];
    for (int a = 0; a < config_attentions(&p->c); a++)
        H[a] = encode_attended(&w->e, &p->c, a);
    for (size_t first = 0; first < L; first += ATTEND_TILE) {
        const size_t count = L - first < ATTEND_TILE ? L - first : ATTEND_TILE;
        attend_tile(w->V, peaks + 2 * first, peak_weights + first, NULL, n->Up + first * S, H, &p->c, T, count, &w->a);
        attend_score(logits + first, w->V, p, first, count);
    }
    return 0;
}
