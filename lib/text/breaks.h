/* SPDX-License-Identifier: Apache-2.0 */
/* Where sentences, lines and notes end between the words of a note. Words have no punctuation, so it is read
 * in the text between two spans. The time is linear in the text.
 *
 * A point ends a sentence if white space follows it, except after a short word (an abbreviation) and before a
 * small letter. A line end is no break if the line has at least 60 characters and the next begins with a
 * small letter: it was only wrapped. A heading is at most three words at the beginning of a sentence or line,
 * and a colon. */
#ifndef ECAN_TEXT_BREAKS_H
#define ECAN_TEXT_BREAKS_H

#include <stddef.h>
#include <stdint.h>

/* What precedes a word: the strongest of these ... */
enum { BREAK_NONE, BREAK_COMMA, BREAK_SENTENCE, BREAK_LINE, BREAK_PARAGRAPH, BREAK_NOTE, BREAK_STRENGTH = 7 };
/* ... and any of these. */
enum { BREAK_COLON = 8, BREAK_HEADING = 16 /* the word is the first of a heading */ };

static inline int break_strength(unsigned char b)
{
    return b & BREAK_STRENGTH;
}

/* b[n] for the n words of one note, whose text is valid UTF-8. spans: document, start and end of each word in
 * code points, never decreasing. The first word is preceded by BREAK_NOTE. */
void breaks_of_note(unsigned char *b, const int32_t (*spans)[3], size_t n, const char *text, size_t bytes);

#endif
