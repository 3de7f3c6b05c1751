/* SPDX-License-Identifier: Apache-2.0 */
#include "model/winograd_weights.h"

#include "base/mem.h"

/* allocate: mem_array, or mem_room for memory that is not zeroed. */
static int allocate_blocks(winograd_weights *u, const model_sizes *n, void *(*allocate)(size_t, size_t))
{
    size_t offset[CONFIG_BLOCKS];
    *u = (winograd_weights){0};
    for (int i = 0; i < n->blocks; i++) {
        offset[i] = u->count;
        u->count += conv_transformed_count(&n->block[i].conv);
    }
    u->data = allocate(u->count, sizeof *u->data);
    for (int i = 0; u->data && i < n->blocks; i++)
        u->block[i] = u->data + offset[i];
    return u->data ? 0 : -1;
}

int winograd_weights_init(winograd_weights *u, const model_sizes *n)
{
    return allocate_blocks(u, n, mem_array);
}

void winograd_weights_free(winograd_weights *u)
{
    mem_free(u->data);
    *u = (winograd_weights){0};
}

void winograd_weights_attach(const winograd_weights *u, params *p)
{
    for (int i = 0; i < p->sizes.blocks; i++)
        p->block[i].winograd = u->block[i];
}

int winograd_weights_reserve(winograd_weights *u, params *p)
{
    if (allocate_blocks(u, &p->sizes, mem_room))
        return -1;
    winograd_weights_attach(u, p);
    return 0;
}

int winograd_weights_prepare(winograd_weights *u, params *p)
{
    if (winograd_weights_reserve(u, p))
        return -1;
    for (int i = 0; i < p->sizes.blocks; i++)
        winograd_weights_make(p, i, NULL);
    return 0;
}

void winograd_weights_make(const params *p, int i, const winograd_weights *transposed)
{
    const conv_shape *n = &p->sizes.block[i].conv;
    conv_transform_weights(p->block[i].winograd, p->block[i].conv, n);
    if (transposed)
        conv_transpose_weights(transposed->block[i], p->block[i].winograd, p->block[i].conv, n);
}
