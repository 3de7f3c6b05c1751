/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/model_stage.h"
#include "stage_main.h"

static const stage_program program = {
    .name = "ecan-score",
    .summary = "compute the probability of every label",
    .description = "Replaces V by scores, the probability of each label, in the order of the labels in the "
                   "header. Adds predicted, the codes above the threshold, best first.",
    .example = "ecan-attend -m model encoded.mp | ecan-score -m model --threshold 0.4 | ecan-metrics",
    .see_also = "ecan-attend, ecan-metrics, ecan-explain, ecan-predict",
    .in_kind = "attended",
    .out_kind = "scored",
    .consumed = "V",
    .apply = model_stage_score,
    .terms = true,
    .scores = true};

int main(int argc, char **argv)
{
    return stage_main(&program, argc, argv);
}
