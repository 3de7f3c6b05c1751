/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/model_stage.h"
#include "stage_main.h"

static const stage_program program = {
    .name = "ecan-embed",
    .summary = "look up the word vector of every word",
    .description =
        "Adds to each record ids, the rows of the embedding (1 for an unknown word), and X, their vectors: "
        "[T][E]. Words beyond the model's max_words are left out here.\n"
        "\n"
        "--vectors takes the vectors of a file. Then ids count its words from 2 on, 1 for one that it lacks "
        "(the "
        "file's <unk>, else the model's, else zeros). They must have the size of the model's. Without a "
        "model all words "
        "are looked up.",
    .example =
        "ecan-tokenize notes.jsonl | ecan-embed -m model | ecan-encode -m model | ecan-attend -m model |\n"
        "    ecan-score -m model | ecan-metrics\n"
        "ecan-tokenize notes.jsonl | ecan-embed --vectors vectors.bin | ecan-show --key X",
    .see_also = "ecan-tokenize, ecan-encode, ecan-predict, ecan-show",
    .in_kind = "tokens",
    .out_kind = "embedded",
    .vectors = true,
    .apply = model_stage_embed};

int main(int argc, char **argv)
{
    return stage_main(&program, argc, argv);
}
