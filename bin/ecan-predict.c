/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/model_stage.h"
#include "stage_main.h"

static const stage_program program = {
    .name = "ecan-predict",
    .summary = "assign codes to encounters",
    .description = "Runs ecan-embed, ecan-encode, ecan-attend and ecan-score in one process, with identical "
                   "results. Adds ids, peaks, peak_weights, scores and predicted to each record.",
    .example = "ecan-tokenize notes.jsonl | ecan-predict -m model | ecan-explain -m model > evidence.jsonl",
    .see_also = "ecan-tokenize, ecan-explain, ecan-metrics, ecan-train",
    .in_kind = "tokens",
    .out_kind = "scored",
    .apply = model_stage_predict,
    .terms = true,
    .scores = true};

int main(int argc, char **argv)
{
    return stage_main(&program, argc, argv);
}
