/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/model_stage.h"
#include "stage_main.h"

static const stage_program program = {
    .name = "ecan-attend",
    .summary = "compute the attention of every label over the words",
    .description = "Replaces H by V, the attention-weighted sum of each label: [L][S]. Adds peaks, the block "
                   "and word of the largest attention weight of each label (-1 and -1 for an encounter "
                   "without words), and peak_weights.",
    .example = "ecan-encode -m model embedded.mp | ecan-attend -m model --weights | ecan-show --key A",
    .see_also = "ecan-encode, ecan-score, ecan-explain, ecan-show",
    .in_kind = "encoded",
    .out_kind = "attended",
    .consumed = "H",
    .apply = model_stage_attend,
    .attends = true,
    .weights = true};

int main(int argc, char **argv)
{
    return stage_main(&program, argc, argv);
}
