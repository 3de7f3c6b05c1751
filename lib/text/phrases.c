/* SPDX-License-Identifier: Apache-2.0 */
#include "text/phrases.h"

#include "io/utf8check.h"
#include "text/utf8.h"

#include <string.h>

enum { LONGEST = 12 }; /* bytes of the longest word of the lists */

/* Each word is between two blanks. A word of several languages is in the first list of its kind. */
static const char negations[] = " no sin ni niega nunca ningun ninguna " /* es */
                                "sans pas aucun aucune non "             /* fr */
                                "not without never denies denied "       /* en */
                                "geen niet zonder noch ontkent ";        /* nl */
static const char links[] = " de del d' las los la el du des l' le les the van het ";
static const char dutch[] = " het een van met voor door bij naar niet geen werd wordt zijn ";
static const char english[] = " the and with was were from for not has his her ";
static const char functions[] =
    " a al ante bajo como con contra cuando desde donde durante e ella ellas ellos en entre era eran es esta "
    "este estas estos fue fueron ha han hacia hasta lo mas mediante muy o para pero por que se segun ser "
    "sobre su sus tambien tras u un una unas unos y ya au aux avec ce ces cette chez dans depuis dont elle "
    "est et ete etait etant etaient il ils leur leurs lors mais ne nous ou par pendant pour puis qu qui qu' "
    "n' s' c' j' m' t' sa se ses si son sont sous sur une vers vous an and are as at be been but by can for "
    "from had has have he her his in into is it its on or she so than that their then there these they this "
    "those to was were which while who will with aan als bij dan dat deze die dit door een er hij ik kan "
    "maar met na naar nog om onder ook op over sinds te tegen ten ter tijdens toch tot tussen uit voor "
    "waarbij waren wegens wel werd werden wij worden wordt ze zich zij zijn ";

static bool has(const char *list, const char *word, size_t n)
{
    char between[LONGEST + 3] = " ";
    memcpy(between + 1, word, n);
    between[n + 1] = ' ';
    return strstr(list, between) != NULL;
}

phrase_word phrase_kind(const char *plain, size_t n)
{
    if (n == 0 || n > LONGEST || memchr(plain, ' ', n) || memchr(plain, 0, n))
        return PHRASE_CONTENT;
    if (has(negations, plain, n))
        return PHRASE_NEGATION;
    if (has(links, plain, n))
        return PHRASE_LINK;
    if (n == 2 && memcmp(plain, "of", n) == 0)
        return PHRASE_OF;
    return has(functions, plain, n) ? PHRASE_FUNCTION : PHRASE_CONTENT;
}

int phrase_is_dutch(const char *plain, size_t n)
{
    if (n == 0 || n > LONGEST || memchr(plain, ' ', n) || memchr(plain, 0, n))
        return 0;
    return has(dutch, plain, n) - has(english, plain, n);
}

static bool is_apostrophe(int32_t c)
{
    return c == '\'' || c == 0x2019;
}

/* Hyphens: the one of ASCII, the hyphen, and the one at which no line ends. */
static bool joins(int32_t c)
{
    return is_apostrophe(c) || c == '-' || c == 0x2010 || c == 0x2011 || c == '/' || c == '.' || c == ' ' ||
           (c >= '\t' && c <= '\r') || c == 0xa0 || c == 0x202f;
}

bool phrase_ends(const char *between, size_t n)
{
    const unsigned char *at = (const unsigned char *)between, *end = at + n;
    while (at < end) {
        if (utf8_length(at, (size_t)(end - at)) == 0)
            return true;
        const int32_t c = utf8_get(&at);
        if (utf8_classify(c) == UTF8_OTHER && !joins(c))
            return true;
    }
    return false;
}

bool phrase_elides(const char *between, size_t n)
{
    const unsigned char *at = (const unsigned char *)between;
    return n > 0 && utf8_length(at, n) && is_apostrophe(utf8_get(&at));
}
