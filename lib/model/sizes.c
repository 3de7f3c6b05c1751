/* SPDX-License-Identifier: Apache-2.0 */
#include "model/sizes.h"

#include "base/minmax.h"

static block_shape block_of(const config *c, int i)
{
    const size_t D_in = i == 0 ? c->embedding_size : c->channels[i - 1], D = c->channels[i];
    return (block_shape){.D_in = D_in,
                         .D = D,
                         .Q = c->squeeze_excitation ? max_size(D / c->reduction, 1) : 0,
                         .conv = {D_in, D, c->kernels[i], c->precision}};
}

/* Adds an attention that reads block i. */
static void add_attention(model_sizes *s, int i)
{
    const size_t D = s->block[i].D;
    s->attention[s->attentions++] = (attention_shape){.block = i, .D = D, .offset = s->S};
    s->S += D;
    s->D_attended = max_size(s->D_attended, D);
}

model_sizes model_sizes_of(const config *c)
{
    model_sizes s = {.E = c->embedding_size,
                     .d_l = c->label_size,
                     .D_last = c->channels[c->blocks - 1],
                     .blocks = c->blocks,
                     .sum = c->attention == ATTENTION_SUM,
                     .precision = c->precision};
    for (int i = 0; i < s.blocks; i++) {
        s.block[i] = block_of(c, i);
        s.D_max = max_size(s.D_max, s.block[i].D);
        s.D_sum += s.block[i].D;
    }
    if (!s.sum && c->attended == ATTENDED_ALL)
        for (int i = 0; i < s.blocks; i++)
            add_attention(&s, i);
    else
        add_attention(&s, c->attended == ATTENDED_FIRST ? 0 : s.blocks - 1);
    return s;
}
