/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of JSON Lines. An object is checked before it is added: an invalid object adds nothing. */
#include "eval/predictions_reader_private.h"

#include "base/err.h"
#include "base/list.h"

#include <stdio.h>
#include <string.h>

#define ID_ROOM 24 /* room for a whole number with sign and NUL */

/* The value of the key that is one of the names; NULL: none. If there are several, the first name wins. */
static json_t *get(json_t *object, const char *names)
{
    size_t n;
    const char *key;
    json_t *v;
    for (const char *name; list_next(&names, &name, &n);)
        json_object_foreach(object, key, v)
        {
            if (n > 0 && strncmp(key, name, n) == 0 && !key[n])
                return v;
        }
    return NULL;
}

/* An id, which can be a whole number. NULL with the message set. */
static const char *read_id(const predictions_reader *in, json_t *v, char room[ID_ROOM], size_t *n)
{
    const char *id = room;
    if (json_is_integer(v)) {
        *n = (size_t)snprintf(room, ID_ROOM, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
    } else if (json_is_string(v)) {
        id = json_string_value(v);
        *n = json_string_length(v);
    } else {
        err_set(v ? "an id that is not a string or a whole number" : "no key %s", in->o.id);
        return NULL;
    }
    return predictions_check_id(in, id, *n) ? NULL : id;
}

static int check_json_code(const predictions_reader *in, const json_t *v)
{
    if (!json_is_string(v))
        return err_set("a code that is not a string");
    return predictions_check_code(in, json_string_value(v), json_string_length(v));
}

static int read_score(const predictions_reader *in, const json_t *v, float *score)
{
    if (!json_is_number(v))
        return err_set("a score that is not a number");
    return predictions_make_score(in, json_number_value(v), score);
}

/* {"labels": [...]}: all codes of an encounter. null or a missing key: unknown. */
static int add_labels(predictions_reader *in, const char *id, size_t n, json_t *codes)
{
    size_t i;
    json_t *v;
    if (predictions_find(in->p, id, n) >= 0)
        return predictions_id_error("duplicate encounter ", id, n, "");
    if (codes && !json_is_null(codes) && !json_is_array(codes))
        return err_set("labels: expected an array");
    json_array_foreach(codes, i, v)
    {
        if (check_json_code(in, v))
            return err_prefix("label %zu: ", i + 1);
    }
    const int32_t e = predictions_reader_encounter(in, id, n);
    if (e < 0)
        return -1;
    if (json_is_array(codes))
        predictions_set_known(in->p, e);
    json_array_foreach(codes, i, v)
    {
        if (predictions_reader_add(in, e, json_string_value(v), json_string_length(v), 1, in->text.number))
            return -1;
    }
    return 1;
}

static int add_scores(predictions_reader *in, const char *id, size_t n, json_t *scores)
{
    const char *code;
    json_t *v;
    float score = 0;
    if (!json_is_object(scores))
        return err_set("scores: expected an object");
    json_object_foreach(scores, code, v)
    {
        if (predictions_check_code(in, code, strlen(code)) || read_score(in, v, &score))
            return -1;
    }
    const int32_t e = predictions_reader_encounter(in, id, n);
    if (e < 0)
        return -1;
    json_object_foreach(scores, code, v)
    {
        if (read_score(in, v, &score) ||
            predictions_reader_add(in, e, code, strlen(code), score, in->text.number))
            return -1;
    }
    return 1;
}

/* {"predicted": [{"code", "score"}, ...]}: a line of ecan predict. */
static int add_predicted(predictions_reader *in, const char *id, size_t n, json_t *predicted)
{
    size_t i;
    json_t *v;
    float score = 0;
    if (!json_is_array(predicted))
        return err_set("predicted: expected an array");
    json_array_foreach(predicted, i, v)
    {
        if (check_json_code(in, json_object_get(v, "code")) ||
            read_score(in, json_object_get(v, "score"), &score))
            return err_prefix("predicted: number %zu: ", i + 1);
    }
    const int32_t e = predictions_reader_encounter(in, id, n);
    if (e < 0)
        return -1;
    json_array_foreach(predicted, i, v)
    {
        const json_t *code = json_object_get(v, "code");
        if (read_score(in, json_object_get(v, "score"), &score) ||
            predictions_reader_add(in, e, json_string_value(code), json_string_length(code), score,
                                   in->text.number))
            return -1;
    }
    return 1;
}

static int add_prediction(predictions_reader *in, const char *id, size_t n, json_t *code, json_t *score)
{
    float value = 1;
    if (check_json_code(in, code) || (score && read_score(in, score, &value)))
        return -1;
    const int32_t e = predictions_reader_encounter(in, id, n);
    if (e < 0 || predictions_reader_add(in, e, json_string_value(code), json_string_length(code), value,
                                        in->text.number))
        return -1;
    predictions_set_known(in->p, e);
    return 1;
}

int predictions_add_object(predictions_reader *in, json_t *object)
{
    char room[ID_ROOM];
    size_t n;
    if (!json_is_object(object))
        return err_set("expected an object");
    const char *id = read_id(in, get(object, in->o.id), room, &n);
    if (!id)
        return -1;
    json_t *code = get(object, in->o.code), *scores = json_object_get(object, "scores"),
           *predicted = json_object_get(object, "predicted");
    if (in->o.gold)
        return code ? add_prediction(in, id, n, code, NULL)
                    : add_labels(in, id, n, json_object_get(object, "labels"));
    if (scores)
        return add_scores(in, id, n, scores);
    if (!code && predicted)
        return add_predicted(in, id, n, predicted);
    if (!code)
        return err_set("missing key: expected scores, predicted or %s", in->o.code);
    return add_prediction(in, id, n, code, get(object, in->o.score));
}
