/* SPDX-License-Identifier: Apache-2.0 */
/* A program that uses libecan where memory fails (tests/fault/memory.c): every call is made again once where
 * it says ECAN_ERROR_MEMORY, and has to succeed then. host MODEL < encounters.jsonl prints ecan-explain's
 * lines. */
#include <ecan.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char line[1 << 16];

/* Ends the program where `status` is that of another failure. Whether the call is to be made again. */
static int again(ecan_status status)
{
    static int failures;
    if (status == ECAN_OK)
        return 0;
    if (status != ECAN_ERROR_MEMORY || !*ecan_error_message() || ++failures > 1) {
        printf("status %d: %s\n", (int)status, ecan_error_message());
        exit(3);
    }
    return 1;
}

int main(int argc, char **argv)
{
    ecan_model *model;
    ecan_predictor *predictor;
    const ecan_options options = {.size = sizeof options, .threads = 2};
    const char *json;
    if (argc != 2)
        return 2;
    while (again(ecan_model_open(argv[1], &model)))
        ;
    while (again(ecan_predictor_new(model, &options, &predictor)))
        ;
    while (fgets(line, sizeof line, stdin)) {
        do
            while (again(ecan_predict_json(predictor, line, strlen(line))))
                ;
        while (again(ecan_predictor_json(predictor, &json)));
        puts(json);
    }
    ecan_predictor_free(predictor);
    ecan_model_close(model);
    return 0;
}
