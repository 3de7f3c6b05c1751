/* SPDX-License-Identifier: Apache-2.0 */
/* The settings that made a text's words, those of the tokenizer and of the rules for notes, as one object:
 * the header's "tokenizer" (formats/tokens.md), which config.json of a model keeps. */
#ifndef ECAN_TEXT_TEXT_SETTINGS_H
#define ECAN_TEXT_TEXT_SETTINGS_H

#include "io/json.h"
#include "text/notes.h"
#include "text/tokenize.h"

/* Packs them as a map. */
void text_settings_pack(pack *p, const tokenizer *t, const notes_rules *rules);

/* Whether they are those of an object of settings: 1; 0, with the name of the first that differs; or -1 with
 * the message set. */
#define TEXT_SETTINGS_KEY 64
int text_settings_equal(const json_t *wanted, const tokenizer *t, const notes_rules *rules,
                        char differs[TEXT_SETTINGS_KEY]);

/* The inverse: makes both from an object of settings. 0, or -1 with the message set: a setting or a value
 * that this version does not know, memory. */
int text_settings_read(const json_t *settings, tokenizer **t, notes_rules **rules);

#endif
