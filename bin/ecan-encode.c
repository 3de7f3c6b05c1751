/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/model_stage.h"
#include "stage_main.h"

static const stage_program program = {
    .name = "ecan-encode",
    .summary = "apply the residual squeeze-and-excitation blocks to the word vectors",
    .description = "Replaces X by H, the output of each block: a list of [T][D_i].",
    .example = "ecan-embed -m model tokens.mp | ecan-encode -m model | ecan-show --key H",
    .see_also = "ecan-embed, ecan-attend, ecan-predict, ecan-show",
    .in_kind = "embedded",
    .out_kind = "encoded",
    .consumed = "X",
    .apply = model_stage_encode,
    .encodes = true};

int main(int argc, char **argv)
{
    return stage_main(&program, argc, argv);
}
