/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing a checkpoint of a small network. Parts: state.json, weights.safetensors, m.safetensors,
 * v.safetensors, average.safetensors; an empty part is a missing file. What is accepted is the same after it
 * is written and read again. */
#include "fuzz.h"

#include "common/model.h"
#include "train/checkpoint.h"

#include <string.h>

typedef struct tensors {
    params p, average;
    adam a;
    checkpoint c;
} tensors;

static void open_tensors(tensors *x, bool average)
{
    const config c = fuzz_model_config();
    memset(x, 0, sizeof *x);
    CHECK(params_init(&x->p, &c, 4, 3) == 0 && params_init(&x->average, &c, 4, 3) == 0 &&
          adam_init(&x->a, &x->p) == 0);
    x->c = (checkpoint){&x->p, &x->a, average ? &x->average : NULL, NULL};
}

static void close_tensors(tensors *x)
{
    params_free(&x->p);
    params_free(&x->average);
    adam_free(&x->a);
}

static void check_round_trip(tensors *x, json_t *state)
{
    tensors y;
    const size_t size = x->p.size * sizeof(float);
    const char *folder = fuzz_folder();
    open_tensors(&y, x->c.weight_average != NULL);
    CHECK(checkpoint_write(folder, &x->c, state) == 0 && checkpoint_exists(folder) &&
          checkpoint_inspect(folder) == 0);
    json_t *again = checkpoint_state(folder);
    CHECK(again && json_equal(again, state));
    CHECK(checkpoint_read(folder, &y.c, again) == 0);
    CHECK(memcmp(x->p.data, y.p.data, size) == 0 && memcmp(x->a.m, y.a.m, size) == 0 &&
          memcmp(x->a.v, y.a.v, size) == 0 && memcmp(x->average.data, y.average.data, size) == 0);
    json_decref(again);
    CHECK(checkpoint_recover(folder) == 0 && checkpoint_remove(folder) == 0 && !checkpoint_exists(folder));
    close_tensors(&y);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const names[] = {"checkpoint/state.json", "checkpoint/weights.safetensors",
                                        "checkpoint/m.safetensors", "checkpoint/v.safetensors",
                                        "checkpoint/average.safetensors"};
    fuzz_part part[5];
    tensors x;
    fuzz_begin();
    fuzz_parts(data, n, part, 5);
    const char *folder = fuzz_folder();
    for (int i = 0; i < 5; i++)
        if (part[i].n > 0)
            fuzz_folder_add(names[i], part[i]);
    open_tensors(&x, part[4].n > 0);
    json_t *state = checkpoint_state(folder);
    if (state && checkpoint_read(folder, &x.c, state) == 0 && json_is_object(state))
        check_round_trip(&x, state);
    else if (!json_is_array(state) || !state)
        CHECK(json_is_object(state) || state || err_message()[0] != '\0');
    json_decref(state);
    close_tensors(&x);
    return 0;
}
