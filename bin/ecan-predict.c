/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/model_stage.h"
#include "stage_main.h"

static const stage_program program = {
    .name = "ecan-predict",
    .summary = "assign codes to encounters",
    .description =
        "Runs ecan-embed, ecan-encode, ecan-attend and ecan-score in one process, with identical results. "
        "Adds ids, peaks, peak_weights, scores and predicted to each record.\n\nThe model can be an ensemble "
        "folder (ecan-join). The scores are then those of ecan-average, and the other keys are those of its "
        "first model: give ecan-tokenize and ecan-explain the folder of that model, DIR/1.\n\n"
        "Words beyond max_words of the model are not read by the network: they are counted in words_cut of "
        "the record, and on standard error. Terms and the linear model read all words.",
    .example = "ecan-tokenize notes.jsonl | ecan-predict -m model | ecan-explain -m model > evidence.jsonl",
    .see_also = "ecan-tokenize, ecan-join, ecan-explain, ecan-metrics, ecan-train",
    .in_kind = "tokens",
    .out_kind = "scored",
    .apply = model_stage_predict,
    .encodes = true,
    .attends = true,
    .terms = true,
    .ensembles = true,
    .scores = true};

int main(int argc, char **argv)
{
    return stage_main(&program, argc, argv);
}
