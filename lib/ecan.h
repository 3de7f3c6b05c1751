/* SPDX-License-Identifier: Apache-2.0 */
/* libecan: assigns codes to clinical encounters with a trained model, and finds the words that support each
 * code.
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
 * The results are bit-identical to those of ecan-tokenize | ecan-predict | ecan-explain.
 *
 * Errors: A function that can fail returns an ecan_status. If it is not ECAN_OK (0), ecan_error_message()
 * describes the error. The message may contain keys, offsets, and names of tensors and files. It never
 * contains text of an encounter. After ECAN_ERROR_MEMORY all objects remain usable. The library does not
 * print, exit, or handle signals, with one exception: BLIS, which multiplies the matrices, calls abort() if
 * it cannot allocate its buffers of about 20 MiB per thread. If BLIS was built with OpenMP, libgomp may call
 * exit() in the same situation.
 *
 * Threads: A model is read-only after ecan_model_open(). Any number of predictors, in any threads, may share
 * it. A predictor and its results must not be used by two threads at the same time. A predictor may use
 * several threads for one encounter (ecan_options.threads). To predict several encounters at the same time,
 * create one predictor per thread. Error messages are per thread. Open the first model before other threads
 * call getenv(): on some processors the library sets the environment variable BLIS_ARCH_TYPE temporarily.
 *
 * Memory: Arguments are borrowed for the duration of the call. Pointers returned for a model are valid until
 * the model is freed. Pointers returned for a predictor are valid until the next ecan_predict_...() or
 * ecan_predictor_free(). The caller frees only models and predictors, with ecan_model_close() and
 * ecan_predictor_free().
 *
 * Text: Strings are UTF-8. Offsets into notes count Unicode code points, as in Python, not bytes.
 *
 * Compatibility: Later versions with the same SONAME, libecan.so.0, may add functions, and may add members at
 * the end of structs. Therefore initialise ecan_options with ECAN_OPTIONS_INIT. Access ecan_code and
 * ecan_passage only through the pointers that the library returns. Do not copy these structs and do not use
 * pointer arithmetic on them. */
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

/* Returns the version of the library at run time, which may be later than ECAN_VERSION. Never fails. */
ECAN_API const char *ecan_version(void);

/* ---- errors ---- */

typedef enum ecan_status {
    ECAN_OK = 0,
    ECAN_ERROR_INPUT = 1,  /* invalid encounter, or another invalid argument */
    ECAN_ERROR_IO = 2,     /* a file cannot be opened or read, or a thread cannot be started */
    ECAN_ERROR_MEMORY = 3, /* out of memory */
    ECAN_ERROR_MODEL = 4   /* the folder is not a model, is damaged, or has settings of a later version */
} ecan_status;

/* Returns the message of the last call that failed in this thread, or "" if none failed. The message is one
 * line without a line feed. It is valid until the next call that fails in this thread. */
ECAN_API const char *ecan_error_message(void);

/* ---- models ---- */

typedef struct ecan_model ecan_model;

/* Opens a model folder (formats/model.md) that ecan-train wrote, or an ensemble folder (formats/ensemble.md)
 * of ecan-join or ecan ensemble. Evidence is then that of the first model of the ensemble. The files are
 * mapped into memory. While the model is open they may be replaced by rename, but must not be modified or
 * truncated. *model is owned by the caller; it is NULL after an error. Errors: IO, MODEL, MEMORY, INPUT (an
 * argument is NULL). */
ECAN_API ecan_status ecan_model_open(const char *folder, ecan_model **model);

/* Closes a model. Its predictors remain usable; the memory is freed with the last of them. model may be NULL.
 */
ECAN_API void ecan_model_close(ecan_model *model);

/* Returns L, the number of codes of the model. */
ECAN_API size_t ecan_model_codes(const ecan_model *model);

/* Return code i and its description ("" if it has none), for i from 0 to L-1, and NULL for other i. */
ECAN_API const char *ecan_model_code(const ecan_model *model, size_t i);
ECAN_API const char *ecan_model_description(const ecan_model *model, size_t i);

/* ---- predictors ---- */

typedef struct ecan_predictor ecan_predictor;

/* Definitions of the weight of a word for a code (formats/evidence.md). */
enum { ECAN_BY_PEAK = 0, ECAN_BY_SUM = 1, ECAN_BY_ATTINGRAD = 2 };

typedef struct ecan_options {
    size_t size;       /* sizeof(ecan_options) */
    int threads;       /* number of threads for one encounter, including the caller: 1 to 1024; 0: 1 */
    int by;            /* ECAN_BY_PEAK: largest attention weight in any block; ECAN_BY_SUM: mean over blocks;
                          ECAN_BY_ATTINGRAD: attention and gradient, the default of ecan-explain */
    int passages;      /* maximum number of passages of a code, not counting repeats; 0: 1 */
    int words;         /* number of words of a passage; 0: a phrase, and other places with the same words */
    float above;       /* return only passages with a weight above this: 0 to 1 */
    float threshold;   /* predict codes with a score above this: 0 to 1; 0: the thresholds of the model */
    const char *codes; /* "A,B": also return evidence for these codes, predicted or not; NULL: none. Copied */
} ecan_options;

#define ECAN_OPTIONS_INIT                                                                                    \
    {                                                                                                        \
        sizeof(ecan_options), 0, ECAN_BY_ATTINGRAD, 0, 0, 0, 0, NULL                                         \
    }

/* Creates a predictor for the model, with its own memory and threads. If options is NULL, ECAN_OPTIONS_INIT
 * is used. *predictor is owned by the caller; it is NULL after an error. Errors: INPUT (an invalid option, or
 * a code that the model does not have), IO (threads), MEMORY. */
ECAN_API ecan_status ecan_predictor_new(ecan_model *model, const ecan_options *options,
                                        ecan_predictor **predictor);
ECAN_API void ecan_predictor_free(ecan_predictor *predictor); /* predictor may be NULL */

/* ---- prediction ---- */

/* Predicts the codes of one encounter, a JSON object of size bytes (formats/encounters.md), the same as a
 * line of input of ecan-tokenize. Errors: INPUT ("byte N: ..." if it is not valid JSON), MEMORY, MODEL (it
 * contains NaN). After an error there are no results. */
ECAN_API ecan_status ecan_predict_json(ecan_predictor *predictor, const char *json, size_t size);

/* Predicts the codes of an encounter with n notes: texts[n], ids[n], types[n] and dates[n]. ids, types, dates
 * and their elements may be NULL. The id of a note without one is its position, from "1". Strings end with
 * NUL. id is the id of the encounter; NULL means "1". Errors are those of ecan_predict_json(). */
ECAN_API ecan_status ecan_predict_texts(ecan_predictor *predictor, const char *id, size_t n,
                                        const char *const *texts, const char *const *ids,
                                        const char *const *types, const char *const *dates);

/* ---- results of the last encounter ---- */

typedef struct ecan_code {
    const char *code, *description; /* description: "" where the model has none */
    float score;                    /* probability, 0 to 1 */
    int predicted;                  /* 0: not predicted, but in ecan_options.codes */
    size_t index;                   /* index of the code in the model, 0 to L-1 */
    size_t passages;                /* number of passages of evidence */
} ecan_code;

typedef struct ecan_passage {
    size_t note;                 /* index of the note in the encounter, from 0 */
    size_t begin, end;           /* range in the text of the note in code points; end is exclusive */
    size_t peak_begin, peak_end; /* range of the word with the largest weight; of all words of a term */
    float weight;                /* weight of that word or term: 0 to 1 */
    int block;                   /* block of the network with the largest attention weight; -1: a term */
    const char *text;            /* text of the passage in the note: text_size bytes without a final NUL */
    size_t text_size;
    int from_term; /* 1: the words of a term of the code (formats/terms.md); 0: chosen by attention */
} ecan_passage;

/* Returns the number of codes: first the predicted codes, best first, then those of ecan_options.codes. 0
 * after an error. */
ECAN_API size_t ecan_predictor_codes(const ecan_predictor *predictor);

/* Returns code i, or NULL if i is not less than the number of codes. */
ECAN_API const ecan_code *ecan_predictor_code(const ecan_predictor *predictor, size_t i);

/* Returns passage k of code i, a term first, then ordered by weight, or NULL if there is no such passage. */
ECAN_API const ecan_passage *ecan_predictor_passage(const ecan_predictor *predictor, size_t i, size_t k);

/* Returns the scores of all codes, [L], in the order of the model: probabilities from 0 to 1. NULL after an
 * error. */
ECAN_API const float *ecan_predictor_scores(const ecan_predictor *predictor);

/* Return how much of the encounter the model did not read: the number of words beyond its maximum, and of
 * notes whose type it does not read (formats/tokens.md). 0 after an error. Show it to whoever uses the
 * results. */
ECAN_API size_t ecan_predictor_words_cut(const ecan_predictor *predictor);
ECAN_API size_t ecan_predictor_notes_cut(const ecan_predictor *predictor);

/* Returns the results as a JSON object, the line of ecan-explain (formats/evidence.md) without the line feed.
 * The string ends with NUL. Errors: MEMORY, INPUT (there is no result). */
ECAN_API ecan_status ecan_predictor_json(ecan_predictor *predictor, const char **json);

#ifdef __cplusplus
}
#endif
#endif
