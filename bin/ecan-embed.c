#include "model/stage.h"
#include "stage.h"

static const stage_program program = {
    .name = "ecan-embed",
    .summary = "look up the word vector of every word",
    .description = "Adds to each record ids, the rows of the embedding (1 for an unknown word), and X, their vectors: "
                   "[T][E]. Words beyond the model's max_words are left out here.",
    .example = "ecan-tokenize notes.jsonl | ecan-embed -m model | ecan-encode -m model | ecan-attend -m model |\n"
               "    ecan-score -m model | ecan-metrics",
    .see_also = "ecan-tokenize, ecan-encode, ecan-predict, ecan-show",
    .in_kind = "tokens",
    .out_kind = "embedded",
    .apply = stage_embed};

int main(int argc, char **argv)
{
    return stage_main(&program, argc, argv);
}
