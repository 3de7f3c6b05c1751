/* SPDX-License-Identifier: Apache-2.0 */
#include "images.h"

#include "base/err.h"
#include "io/heatmap.h"

#include <stdio.h>
#include <string.h>

/* The name of picture i, from 0: path, then path with -2 before its extension. */
static char *picture_name(const char *path, int i)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    size_t n = strlen(path), stem = dot && (!slash || dot > slash) ? (size_t)(dot - path) : n;
    size_t have = 0;
    char *name = NULL;
    if (mem_grow(&name, &have, n + 16, 1) < 0)
        return NULL;
    if (i == 0)
        memcpy(name, path, n + 1);
    else
        snprintf(name, n + 16, "%.*s-%d%s", (int)stem, path, i + 1, path + stem);
    return name;
}

int images_tensor(images *p, const float *v, int ndim, const size_t *shape)
{
    size_t rows = ndim > 1 ? shape[0] : 1, columns = 1;
    for (int d = ndim > 1 ? 1 : 0; d < ndim; d++)
        columns *= shape[d];
    char *name = picture_name(p->path, p->n++);
    int result = name ? heatmap_write(name, v, rows, columns) : -1;
    mem_free(name);
    return result;
}

static int draw_object(images *p, const tensor *t)
{
    buf scratch = {0};
    float *copy = NULL;
    const float *v = NULL;
    if (t->type == 'f') {
        v = tensor_floats(t, &scratch);
    } else if ((copy = mem_array(t->count, sizeof *copy))) {
        const int32_t *ints = tensor_ints(t, &scratch);
        for (size_t i = 0; ints && i < t->count; i++)
            copy[i] = (float)ints[i];
        v = ints ? copy : NULL;
    }
    int result = v ? images_tensor(p, v, t->ndim, t->shape) : -1;
    mem_free(copy);
    buf_free(&scratch);
    return result;
}

int images_value(images *p, const unsigned char *data, size_t n)
{
    walk w = {data, data + n}, head = w;
    walk_value v;
    tensor t;
    uint32_t count = 1;
    if (walk_next(&head, &v) != 1)
        return err_set("truncated object");
    if (v.type == WALK_ARRAY) {
        count = v.size;
        w = head;
    } else if (v.type != WALK_MAP) {
        return 0;
    }
    while (count-- > 0) {
        walk at = w;
        if (tensor_read(&at, &t) == 0 && draw_object(p, &t) < 0)
            return -1;
        if (walk_skip(&w) != 1)
            return err_set("truncated object");
    }
    return 0;
}
