#include "model/points.h"

#include "base/mem.h"
#include "model/block.h"

/* As mem_array() or mem_room() gives it. */
static int take_room(block_points *u, const config *c, void *(*room)(size_t, size_t))
{
    size_t offset[CONFIG_BLOCKS];
    *u = (block_points){0};
    for (int i = 0; i < c->blocks; i++) {
        const block_shape shape = block_shape_of(c, i);
        offset[i] = u->count;
        u->count += conv_points_count(&shape.conv);
    }
    u->data = room(u->count, sizeof *u->data);
    for (int i = 0; u->data && i < c->blocks; i++)
        u->block[i] = u->data + offset[i];
    return u->data ? 0 : -1;
}

int points_init(block_points *u, const config *c)
{
    return take_room(u, c, mem_array);
}

void points_free(block_points *u)
{
    mem_free(u->data);
    *u = (block_points){0};
}

void points_attach(const block_points *u, params *p)
{
    for (int i = 0; i < p->c.blocks; i++)
        p->block[i].points = u->block[i];
}

int points_room(block_points *u, params *p)
{
    if (take_room(u, &p->c, mem_room))
        return -1;
    points_attach(u, p);
    return 0;
}

int points_give(block_points *u, params *p)
{
    if (points_room(u, p))
        return -1;
    for (int i = 0; i < p->c.blocks; i++)
        points_make(p, i, NULL);
    return 0;
}

void points_make(const params *p, int i, const block_points *turned)
{
    const block_shape shape = block_shape_of(&p->c, i);
    conv_points(p->block[i].points, p->block[i].conv, &shape.conv);
    if (turned)
        conv_points_turn(turned->block[i], p->block[i].points, &shape.conv);
}

void points_backward(const params *dp, int i)
{
    const block_shape shape = block_shape_of(&dp->c, i);
    conv_points_backward(dp->block[i].conv, dp->block[i].points, &shape.conv);
}
