/* SPDX-License-Identifier: Apache-2.0 */
#include "model/net.h"

#include "base/mem.h"

void net_work_free(net_work *w)
{
    encoding_free(&w->e);
    attend_work_free(&w->a);
    *w = (net_work){0};
}

int net_forward(float *logits, int32_t *peaks, float *peak_weights, const params *p, const int32_t *ids,
                size_t T, net_work *w)
{
    if (encoding_begin(&w->e, &p->sizes, T, false))
        return -1;
    encode_embed(&w->e, p, ids);
    encode_forward(&w->e, p);

    const float *H[CONFIG_BLOCKS];
    for (int a = 0; a < p->sizes.attentions; a++)
        H[a] = encode_attended(&w->e, &p->sizes, a);
    const attended to = {.logits = logits, .peaks = peaks, .peak_weights = peak_weights};
    return attend_forward(&to, p, H, T, &w->a);
}
