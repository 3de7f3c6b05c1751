/* SPDX-License-Identifier: Apache-2.0 */
#include "train/settings.h"

#define AT(field) offsetof(train_settings, field)

/* Settings of the shape of the network. config.json has keys of its own for them. */
#define SHAPE .identity = RECORDED_ELSEWHERE, .summary = RECORDED_ELSEWHERE

const setting settings_table[] = {
    {"attention", "KIND", SETTING_CHOICE, AT(attention), "multi", .choices = "multi|sum", SHAPE,
     .help = "attention to every block, or to the sum of all blocks"},
    {"blocks-attended", "WHICH", SETTING_CHOICE, AT(attended), "all", .choices = "all|first|last", SHAPE,
     .help = "blocks that attention reads: all, or only the first or the last (table 9)"},
    {"channels", "N,...", SETTING_LIST, AT(channels), "100,100", 1, 16384, SHAPE,
     .help = "number of channels of each block, which also says how many blocks there are"},
    {"kernels", "N,...", SETTING_LIST, AT(kernels), "5,3", 1, 1023, SHAPE,
     .help = "number of words that the convolution of each block covers"},
    {"reduction", "N", SETTING_WHOLE, AT(reduction), "20", 1, 16384, SHAPE,
     .help = "divisor of the squeeze: its hidden layer has channels / N units"},
    {"label-size", "N", SETTING_WHOLE, AT(label_size), "0", 0, 16384, SHAPE,
     .show = "channels of the last block", .help = "size of the label embedding"},
    {"squeeze-excitation", NULL, SETTING_FLAG, AT(squeeze_excitation), "on", SHAPE,
     .help = "use squeeze-and-excitation in the blocks (tables 9 and 10)"},
    {"residual", NULL, SETTING_FLAG, AT(residual), "on", SHAPE,
     .help = "use residual connections in the blocks (tables 9 and 10)"},
    {"max-words", "N", SETTING_WHOLE, AT(max_words), "3500", 0, 1 << 28, SHAPE, .alias = "max-length",
     .help = "maximum number of words read of an encounter; 0 reads all"},
    {"learning-rate", "X", SETTING_REAL, AT(learning_rate), "1e-3", 1e-9, 10, .alias = "lr",
     .help = "learning rate of Adam"},
    {"embedding-rate", "X", SETTING_REAL, AT(embedding_rate), "1", 0, 1000,
     .help = "factor on the learning rate for the word vectors; 0 keeps them fixed"},
    {"warm-up", "EPOCHS", SETTING_REAL, AT(warm_up), "0", 0, 1e6,
     .help = "number of epochs at the start of each phase in which the learning rate grows linearly from 0; "
             "0.5 is half an epoch"},
    {"decay", "HOW", SETTING_CHOICE, AT(decay), "none", .choices = "none|linear|cosine",
     .help = "decay of the learning rate to 0 at the end of --epochs of each phase, linearly or along half a "
             "cosine. A phase then runs all its epochs, unless --patience is given too"},
    {"weight-decay", "X", SETTING_REAL, AT(weight_decay), "0", 0, 1000,
     .help = "weight decay of AdamW: each step also subtracts learning rate times X of every matrix "
             "(convolutions, linear layers, U, W); biases, LayerNorm and word vectors do not decay"},
    {"clip", "NORM", SETTING_REAL, AT(clip), "0", 0, 1e9,
     .help = "maximum L2 norm of the gradient of all parameters. A larger gradient is scaled down to this "
             "norm; 0 does not clip. history.jsonl then has the mean norm of each epoch. The norm is small "
             "with many labels, because the loss is a mean over them"},
    {"average", "X", SETTING_REAL, AT(weight_average), "0.99", 0, 0.999999, .alias = "ema",
     .help = "decay of the moving average of the weights. The average is evaluated on dev and written to the "
             "model folder. Each step multiplies it by X (0.99 to 0.999), and by less in the first steps of "
             "a phase; 0 uses the weights themselves"},
    {"dropout", "P", SETTING_REAL, AT(dropout), "0.6", 0, 0.99,
     .help = "dropout of single numbers of the word vectors"},
    {"word-dropout", "P", SETTING_REAL, AT(word_dropout), "0", 0, 0.99,
     .help = "dropout of whole words, each occurrence separately"},
    {"hidden-dropout", "P", SETTING_REAL, AT(hidden_dropout), "0", 0, 0.99,
     .help = "dropout of single numbers of each block's output, for attention and for the next block"},
    {"gamma", "X", SETTING_REAL, AT(gamma), "1", 0, 100, .summary = RECORDED_NULL_WITHOUT_FOCAL,
     .help = "exponent of the focal loss"},
    {"focal", NULL, SETTING_FLAG, AT(focal), "off", .summary = NOT_RECORDED, /* gamma says it */
     .help = "train a second phase with focal loss (tables 9 and 10)"},
    {"focal-from", "N|best", SETTING_WHOLE, AT(focal_from), "best", 0, 1000000, .choices = "best",
     .identity = RECORDED_WITH_FOCAL, .summary = RECORDED_WITH_FOCAL,
     .help =
         "start of the focal phase. N: after N epochs of binary cross entropy, from the weights of the last "
         "one; 0 has no first phase. best: when binary cross entropy has stalled, from its best weights "
         "(section 5.3). The moments of Adam, warm-up, decay and the average of the weights "
         "start again. Turns --focal on, unless --no-focal is given"},
    {"keep", "WHICH", SETTING_CHOICE, AT(keep), "focal", .choices = "focal|best", .before = "best",
     .identity = RECORDED_WITH_FOCAL, .summary = RECORDED_WITH_FOCAL,
     .help = "model that a run with a focal phase ends with: that of the best epoch of the focal phase, as "
             "in the paper, or of the best epoch of both phases"},
    {"precision", "WHICH", SETTING_CHOICE, AT(precision), "f32", .choices = "f32|bf16|auto",
     .not_searched = true,
     .help =
         "precision of the factors of matrix products: 32 bits, or bfloat16 with 16 bits, which is faster on "
         "processors of AMD with AVX512-BF16. auto: bf16 on these processors, f32 on others. Parameters, "
         "sums and Adam have 32 bits, and so have all products for the results on dev"},
    {"label-sample", "N", SETTING_WHOLE, AT(label_sample), "0", 0, 1 << 28,
     .help = "each step uses the gold labels of its encounters and about N others, drawn by their frequency, "
             "which count for all others: faster with thousands of labels; 0 uses all labels"},
    {"span-weight", "X", SETTING_REAL, AT(span_weight), "1", 0, 1000, .identity = RECORDED_WITH_SPANS,
     .summary = RECORDED_WITH_SPANS,
     .help = "weight of the marked words of --spans in the loss of a code, relative to the error of its "
             "probability"},
    {"batch-size", "N", SETTING_WHOLE, AT(batch_size), "8", 1, 65536,
     .help = "number of encounters of a step"},
    {"epochs", "N", SETTING_WHOLE, AT(epochs), "100", 1, 1000000, .identity = RECORDED_WITH_DECAY,
     .help = "maximum number of epochs of a phase"},
    {"stop-after", "N", SETTING_WHOLE, AT(stop_after), "0", 0, 1000000, .identity = NOT_RECORDED,
     .summary = NOT_RECORDED, .not_searched = true,
     .help = "end after N epochs of both phases together; the same command with --resume and a larger N (or "
             "none) continues, and the result is bit-identical; 0 does not stop"},
    {"patience", "N", SETTING_WHOLE, AT(patience), "4", 1, 1000000,
     .help = "number of epochs without a better value of the criterion after which a phase ends"},
    {"criterion", "NAME", SETTING_CHOICE, AT(criterion), "best-micro-f1",
     .choices = "micro-f1|best-micro-f1|loss", .summary = NOT_RECORDED, .not_searched = true,
     .help = "criterion on dev by which epochs are compared: micro-F1 at the threshold 0.5, micro-F1 at the "
             "threshold where it is largest, or the loss"},
    {"tune-threshold", NULL, SETTING_FLAG, AT(tune_threshold), "on", .summary = NOT_RECORDED,
     .help = "write the threshold with the largest micro-F1 on dev into the model, not 0.5"},
    {"label-sharing", "LIST", SETTING_NAMES, AT(label_sharing), "codes,words,vectors,texts", .key = "share",
     .alias = "share", .choices = "none|codes|words|vectors|texts", .identity = RECORDED_ELSEWHERE,
     .help =
         "share parameters between related labels. codes: labels whose codes begin with the same characters. "
         "words: labels whose descriptions have words in common. vectors: labels whose descriptions have "
         "similar word vectors. texts: for words and vectors, the most typical words of a label's training "
         "texts are added to its description. A label without a description has its code instead"},
    {"all-labels", NULL, SETTING_FLAG, AT(all_labels), "off", .identity = RECORDED_ELSEWHERE,
     .summary = NOT_RECORDED,
     .help = "give the model every code of --labels, not only those of the training set"},
    {"scale-vectors", NULL, SETTING_FLAG, AT(scale_vectors), "on", .alias = "vectors-norm",
     .identity = RECORDED_ELSEWHERE,
     .help = "scale every word vector to length 1 at the start, as CAML does"},
    {"prior-bias", NULL, SETTING_FLAG, AT(prior_bias), "on", .identity = RECORDED_ELSEWHERE,
     .help = "start the bias b of every label at its log odds in the training set, not at 0: with many "
             "labels and few encounters this saves the first ten epochs"},
    {"seed", "N", SETTING_WHOLE, AT(seed), "1", 0, 9e15, .not_searched = true,
     .help = "seed of all random numbers"},
    {"checkpoint-every", "MINUTES", SETTING_REAL, AT(checkpoint_minutes), "10", 0, 1e6,
     .identity = NOT_RECORDED, .summary = NOT_RECORDED, .not_searched = true,
     .help = "time between checkpoints within an epoch; there is also one after every epoch"},
    {0}};
