/* SPDX-License-Identifier: Apache-2.0 */
/* libecan: codes for clinical encounters, and the words that support them, by a trained model.
 *
 *     ecan_model *model = NULL;
 *     ecan_predictor *predictor = NULL;
 *     if (ecan_model_open("model", &model) || ecan_predictor_new(model, NULL, &predictor) ||
 *         ecan_predict_json(predictor, line, strlen(line)))
 *         fprintf(stderr, "%s\n", ecan_error_message());
 *     for (size_t i = 0; i < ecan_predictor_codes(predictor); i++) {
 *         const ecan_code *c = ecan_predictor_code(predictor, i);
 *         printf("%s %.3f\n", c->code, c->score);
 *     }
 *     ecan_predictor_free(predictor);
 *     ecan_model_close(model);
 *
 * The results are those of ecan-tokenize | ecan-predict | ecan-explain, bit for bit.
 *
 * Errors. A function that can fail returns ECAN_OK (0) or another ecan_status; ecan_error_message() then says
 * what is wrong. It names keys, offsets, tensors and files, and never quotes the text of an encounter. After
 * ECAN_ERROR_MEMORY everything can be used as before. The library does not print, exit, or handle signals.
 * One exception cannot be avoided: BLIS, which multiplies the matrices, calls abort() when it finds no memory
 * for its own buffers, about 20 MiB a thread; libgomp, if BLIS was built with OpenMP, calls exit() then.
 *
 * Threads. A model is only read after it was opened: any number of predictors, in any threads, may share it.
 * A predictor, with what was got from it, is used by one thread at a time. It may have threads of its own
 * (ecan_options.threads), which share the work on one encounter; for many encounters at once make a predictor
 * for each thread. The message of an error belongs to the thread that made the call. Open the first model
 * before other threads call getenv(): on some processors the environment variable BLIS_ARCH_TYPE is set for a
 * moment.
 *
 * Pointers. What is put in is borrowed for the call and may be freed after it. What is got from a model lives
 * as long as the model; what is got from a predictor, until its next ecan_predict_...() or
 * ecan_predictor_free(). Nothing got from the library is to be freed, but a model and a predictor by their
 * own functions.
 *
 * Text is UTF-8. Offsets into notes count Unicode code points, as Python does, and not bytes.
 *
 * Later versions with the same SONAME, libecan.so.0, may add functions, and members at the ends of structs.
 * So begin ecan_options with ECAN_OPTIONS_INIT, and use ecan_code and ecan_passage only through the pointers
 * that the library returns: do not copy them, or step from one to the next. */
#ifndef ECAN_H
#define ECAN_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define ECAN_API __attribute__((visibility("default")))
#else
#define ECAN_API
#endif

#define ECAN_VERSION_MAJOR 0
#define ECAN_VERSION_MINOR 2
#define ECAN_VERSION_PATCH 0
#define ECAN_VERSION       "0.2.0"

/* The version of the library that runs, which may be later than ECAN_VERSION. Cannot fail. */
ECAN_API const char *ecan_version(void);

/* ---- errors ---- */

typedef enum ecan_status {
    ECAN_OK = 0,
    ECAN_ERROR_INPUT = 1,  /* the encounter, or another argument, is not as it should be */
    ECAN_ERROR_IO = 2,     /* a file cannot be opened or read, or a thread not be started */
    ECAN_ERROR_MEMORY = 3, /* no memory */
    ECAN_ERROR_MODEL = 4   /* the folder is not a model, is damaged, or has settings of a later version */
} ecan_status;

/* What was wrong in the last call of this thread that failed; "" where none did. One line without a line
 * feed. Valid until the next call that fails in this thread. */
ECAN_API const char *ecan_error_message(void);

/* ---- models ---- */

typedef struct ecan_model ecan_model;

/* Opens a model folder (formats/model.md) as ecan-train writes it. Its files are mapped: they may be replaced
 * by others (rename) while it is open, but must not be changed or cut. *model is owned by the caller, NULL
 * after an error. Errors: IO, MODEL, MEMORY, INPUT (a NULL). */
ECAN_API ecan_status ecan_model_open(const char *folder, ecan_model **model);

/* NULL is fine. Predictors of the model may outlive this call: the memory is freed with the last of them. */
ECAN_API void ecan_model_close(ecan_model *model);

/* The number of codes, L, that the model knows. */
ECAN_API size_t ecan_model_codes(const ecan_model *model);

/* Code i of 0 .. L-1 and its description ("" where it has none). NULL where i is not below L. */
ECAN_API const char *ecan_model_code(const ecan_model *model, size_t i);
ECAN_API const char *ecan_model_description(const ecan_model *model, size_t i);

/* ---- predictors ---- */

typedef struct ecan_predictor ecan_predictor;

/* What a word weighs for a code (formats/evidence.md). */
enum { ECAN_BY_PEAK = 0, ECAN_BY_SUM = 1 };

typedef struct ecan_options {
    size_t size;     /* sizeof(ecan_options) */
    int threads;     /* that work on one encounter, the calling one counted: 1 to 1024; 0: 1 */
    int by;          /* ECAN_BY_PEAK: largest attention weight in any block; ECAN_BY_SUM: mean over blocks */
    int passages;    /* maximum number of passages of a code; 0: 1 */
    int words;       /* words of a passage; 0: as many as the kernel covers */
    float above;     /* only passages whose weight is above it: 0 to 1 */
    float threshold; /* codes are predicted whose score is above it: 0 to 1; 0: the thresholds of the model */
    const char *codes; /* "A,B": evidence for these codes too, predicted or not; NULL: none. Copied */
} ecan_options;

#define ECAN_OPTIONS_INIT                                                                                    \
    {                                                                                                        \
        sizeof(ecan_options), 0, ECAN_BY_PEAK, 0, 0, 0, 0, NULL                                              \
    }

/* A predictor of the model, with memory and threads of its own. options NULL: ECAN_OPTIONS_INIT. *predictor
 * is owned by the caller, NULL after an error. Errors: INPUT (an option, or a code that the model does not
 * have), IO (threads), MEMORY. */
ECAN_API ecan_status ecan_predictor_new(ecan_model *model, const ecan_options *options,
                                        ecan_predictor **predictor);
ECAN_API void ecan_predictor_free(ecan_predictor *predictor); /* NULL is fine */

/* ---- predicting ---- */

/* Predicts the codes of one encounter: size bytes of JSON, an object as formats/encounters.md describes it,
 * as on a line that ecan-tokenize reads. Errors: INPUT ("byte N: ..." where it is not JSON), MEMORY, MODEL
 * (NaN in it). After an error there are no results. */
ECAN_API ecan_status ecan_predict_json(ecan_predictor *predictor, const char *json, size_t size);

/* The same for an encounter of n notes: texts[n], and ids[n], types[n], dates[n], which may be NULL as a
 * whole or in single places (a note without id has its position as id, from "1"). Strings end in NUL. id: of
 * the encounter; NULL: "1". */
ECAN_API ecan_status ecan_predict_texts(ecan_predictor *predictor, const char *id, size_t n,
                                        const char *const *texts, const char *const *ids,
                                        const char *const *types, const char *const *dates);

/* ---- results of the last encounter ---- */

typedef struct ecan_code {
    const char *code, *description; /* description: "" where the model has none */
    float score;                    /* probability, 0 to 1 */
    int predicted;                  /* 0: only asked for by ecan_options.codes */
    size_t index;                   /* of the code in the model, 0 .. L-1 */
    size_t passages;                /* of evidence */
} ecan_code;

typedef struct ecan_passage {
    size_t note;                 /* its index in the encounter's notes, from 0 */
    size_t begin, end;           /* code points of the note's text, end exclusive */
    size_t peak_begin, peak_end; /* the word with the largest weight, in code points too */
    float weight;                /* of that word: 0 to 1 */
    int block;                   /* of the network, from 0, whose attention weighs it most */
    const char *text;            /* the passage as written in the note: text_size bytes, no NUL after them */
    size_t text_size;
} ecan_passage;

/* The codes: those predicted, best first, then those asked for. Their number; 0 after an error. */
ECAN_API size_t ecan_predictor_codes(const ecan_predictor *predictor);

/* Code i; NULL where i is not below their number. */
ECAN_API const ecan_code *ecan_predictor_code(const ecan_predictor *predictor, size_t i);

/* Passage k of code i, strongest first; NULL where there is none. */
ECAN_API const ecan_passage *ecan_predictor_passage(const ecan_predictor *predictor, size_t i, size_t k);

/* The scores of all codes of the model, [L], in its order: probabilities, 0 to 1. NULL after an error. */
ECAN_API const float *ecan_predictor_scores(const ecan_predictor *predictor);

/* All of it as one object of JSON, the line that ecan-explain writes (formats/evidence.md), without the line
 * feed, ended by a NUL. Errors: MEMORY, INPUT (there is no result). */
ECAN_API ecan_status ecan_predictor_json(ecan_predictor *predictor, const char **json);

#ifdef __cplusplus
}
#endif
#endif
