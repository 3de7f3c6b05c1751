/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/model_stage.h"
#include "stage_main.h"

static const stage_program program = {
    .name = "ecan-match",
    .summary = "find the terms of labels, and apply the linear model",
    .description =
        "Adds matches to token records: for each label of the model, the best of its terms that occur in the "
        "words. Also adds match_weights, the weights of these terms. ecan-score and ecan-predict add them to "
        "the logits of the labels. The terms are those of the model (terms.tsv, written by ecan-terms), or "
        "of --terms. If the table has effects of marks (#mark), terms that are negated, historical, about a "
        "relative or uncertain get match_marks, and the effects are included in match_weights.\n"
        "\n"
        "If the model has a linear model (linear.safetensors, written by ecan-terms), its logits are added "
        "as linear_logits.\n"
        "\n"
        "ecan-score and ecan-predict find matches and linear_logits themselves in records without them. Use "
        "ecan-match to inspect them, or to change them before the scores are computed.",
    .example = "ecan-tokenize notes.jsonl | ecan-match -m model | ecan-show --key matches\n"
               "ecan-tokenize notes.jsonl | ecan-match -m model --terms my-terms.tsv | ecan-predict -m model",
    .see_also = "ecan-terms, ecan-tokenize, ecan-predict, ecan-score",
    .in_kind = "tokens",
    .out_kind = "tokens",
    .apply = model_stage_match,
    .terms = true,
    .needs_terms = true};

int main(int argc, char **argv)
{
    return stage_main(&program, argc, argv);
}
