/* SPDX-License-Identifier: Apache-2.0 */
/* An example program that uses the library to assign codes to encounters.
 *
 *     cc predict.c $(pkg-config --cflags --libs ecan) -o predict
 *     ./predict model < encounters.jsonl
 *
 * Prints for each predicted code the number of the input line, code, score and description, then its
 * evidence. */
#include <ecan.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_result(const ecan_predictor *p, long line)
{
    for (size_t i = 0; i < ecan_predictor_codes(p); i++) {
        const ecan_code *c = ecan_predictor_code(p, i);
        printf("%ld\t%s\t%.9g\t%s\n", line, c->code, (double)c->score, c->description);
        for (size_t k = 0; k < c->passages; k++) {
            const ecan_passage *e = ecan_predictor_passage(p, i, k);
            printf("\tnote %zu, %zu to %zu, weight %.9g: ", e->note, e->begin, e->end, (double)e->weight);
            fwrite(e->text, 1, e->text_size, stdout);
            putchar('\n');
        }
    }
}

/* Returns the exit code. */
static int predict_lines(ecan_predictor *p)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    int code = 0;
    for (long number = 1; (n = getline(&line, &room, stdin)) > 0; number++) {
        if (ecan_predict_json(p, line, (size_t)n) == ECAN_OK) {
            print_result(p, number);
        } else {
            fprintf(stderr, "predict: line %ld: %s\n", number, ecan_error_message());
            code = 1;
        }
    }
    free(line);
    return code;
}

int main(int argc, char **argv)
{
    ecan_options options = ECAN_OPTIONS_INIT;
    ecan_model *model = NULL;
    ecan_predictor *predictor = NULL;
    int code = 1;
    if (argc != 2) {
        fputs("usage: predict MODEL < encounters.jsonl\n", stderr);
        return 2;
    }
    options.threads = 2;
    options.passages = 3;
    if (ecan_model_open(argv[1], &model) == ECAN_OK &&
        ecan_predictor_new(model, &options, &predictor) == ECAN_OK)
        code = predict_lines(predictor);
    else
        fprintf(stderr, "predict: %s\n", ecan_error_message());
    ecan_predictor_free(predictor);
    ecan_model_close(model);
    return fflush(stdout) ? 1 : code;
}
