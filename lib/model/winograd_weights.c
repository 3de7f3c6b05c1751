#include "model/winograd_weights.h"

#include "base/mem.h"
#include "model/block.h"

/* As mem_array() or mem_room() gives it. */
static int take_room(winograd_weights *u, const config *c, void *(*room)(size_t, size_t))
{
    size_t offset[CONFIG_BLOCKS];
    *u = (winograd_weights){0};
    for (int i = 0; i < c->blocks; i++) {
        const block_shape shape = block_shape_of(c, i);
        offset[i] = u->count;
        u->count += conv_transformed_count(&shape.conv);
    }
    u->data = room(u->count, sizeof *u->data);
    for (int i = 0; u->data && i < c->blocks; i++)
        u->block[i] = u->data + offset[i];
    return u->data ? 0 : -1;
}

int winograd_weights_init(winograd_weights *u, const config *c)
{
    return take_room(u, c, mem_array);
}

void winograd_weights_free(winograd_weights *u)
{
    mem_free(u->data);
    *u = (winograd_weights){0};
}

void winograd_weights_attach(const winograd_weights *u, params *p)
{
    for (int i = 0; i < p->c.blocks; i++)
        p->block[i].winograd = u->block[i];
}

int winograd_weights_room(winograd_weights *u, params *p)
{
    if (take_room(u, &p->c, mem_room))
        return -1;
    winograd_weights_attach(u, p);
    return 0;
}

int winograd_weights_give(winograd_weights *u, params *p)
{
    if (winograd_weights_room(u, p))
        return -1;
    for (int i = 0; i < p->c.blocks; i++)
        winograd_weights_make(p, i, NULL);
    return 0;
}

void winograd_weights_make(const params *p, int i, const winograd_weights *transposed)
{
    const block_shape shape = block_shape_of(&p->c, i);
    conv_transform_weights(p->block[i].winograd, p->block[i].conv, &shape.conv);
    if (transposed)
        conv_transpose_weights(transposed->block[i], p->block[i].winograd, &shape.conv);
}

void winograd_weights_backward(const params *dp, int i)
{
    const block_shape shape = block_shape_of(&dp->c, i);
    conv_transform_weights_backward(dp->block[i].conv, dp->block[i].winograd, &shape.conv);
}
