/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/model_stage.h"
#include "stage_main.h"

static const stage_program program = {
    .name = "ecan-embed",
    .summary = "look up the word vector of every word",
    .description = "Adds to each record ids, the rows of the words in the embedding (1 for an unknown word), "
                   "and X, their vectors: [T][E]. Words beyond max_words of the model are not "
                   "read: they are counted in words_cut of the record, and on standard error.\n"
                   "\n"
                   "--vectors uses the vectors of a file, which must have the dimension of the model. ids "
                   "then count the words of the file from 2. Unknown words are 1; their vector is that of "
                   "<unk> in the file, or of the model, or zero. Without a model all words are read.",
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
