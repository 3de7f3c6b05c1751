/* SPDX-License-Identifier: Apache-2.0 */
#include "text/language_list.h"

#include "base/err.h"
#include "base/list.h"
#include "base/map.h"

#include <string.h>

/* Function words, and a few words that are frequent in clinical notes, without accents. A word of several
 * languages counts for each. Models depend on these words: a change to them changes words of notes whose
 * language is guessed. */
static const char *const words_of[LANGUAGE_KINDS] = {
    [LANGUAGE_FR] =
        "le la les des du de un une et en est dans pour pas par sur au aux avec que qui il elle ce "
        "cette ces son sa ses se ne plus ou mais sans lors chez depuis apres avant sous entre a ete "
        "etait ont sont nous vous je qu leur deux tres aussi comme suite meme soit puis afin donc "
        "ainsi fait vers y jours jour mois ans semaine droite gauche droit monsieur madame sortie "
        "douleur douleurs fievre traitement absence",
    [LANGUAGE_NL] =
        "de het een van en in is op te met voor niet zijn aan er dat die ook bij nog om tot uit door "
        "naar over maar als of dan werd wordt worden heeft had hebben kan geen wel na onder dit deze "
        "was waren men zal zou ze zij hij haar hem u we wij ik je zonder sinds tegen tussen wegens "
        "volgens omdat waarbij gedurende alsook steeds reeds zeer meer al alle daarna nadien vanaf "
        "hierbij dag dagen jaar weken links rechts rechter linker mevrouw mijnheer gekend bekend "
        "opname ontslag behandeling klachten pijn koorts bloed",
    [LANGUAGE_EN] =
        "the of and to in a is was with for on at by from that this which no not as an be were are "
        "had has have he she his her it or but without after before into over than been who there "
        "their they did does will would could also during both within then left right year years day "
        "days weeks months pain fever treatment showed revealed history presented blood",
    [LANGUAGE_ES] =
        "el la los las de del un una y en con por para se no que su al lo es fue ha sin sobre entre "
        "desde como mas pero o muy este esta estos estas a sus le hasta era habia tras durante ante "
        "segun cual cuando donde tambien ya ni otra otro han anos dia dias meses paciente derecho "
        "derecha izquierdo izquierda presenta dolor fiebre tratamiento sangre aunque tanto fueron asi "
        "cada todo todos hacia mediante sino uno si",
};

const char *language_name(language l)
{
    static const char *const names[LANGUAGE_KINDS] = {"any", "fr", "nl", "en", "es"};
    return names[l];
}

/* LANGUAGE_KINDS: no language has the name. */
static language named(const char *name, size_t n)
{
    language l = LANGUAGE_ANY;
    while (l < LANGUAGE_KINDS && (strlen(language_name(l)) != n || strncmp(language_name(l), name, n) != 0))
        l++;
    return l;
}

int language_list_parse(language_list *l, const char *text)
{
    static const char choices[] = "choose any, fr or nl, or a list of fr, nl, en and es, such as nl,fr";
    const char *rest = text, *item;
    size_t n;
    *l = (language_list){0};
    while (list_next(&rest, &item, &n)) {
        const language is = named(item, n);
        if (is == LANGUAGE_KINDS)
            return err_set("invalid value '%.40s': %s", text, choices);
        for (int i = 0; i < l->n; i++)
            if (l->of[i] == is || is == LANGUAGE_ANY || l->of[0] == LANGUAGE_ANY)
                return err_set("invalid value '%.40s': %s", text,
                               l->of[i] == is ? "name each language once" : choices);
        l->of[l->n++] = is;
    }
    if (l->n == 1 && l->of[0] != LANGUAGE_ANY && !language_has_rules(l->of[0]))
        return err_set("invalid value '%s': %s has no rules of its own: use any", text, text);
    return 0;
}

language language_list_find(const language_list *l, const char *tag, size_t n)
{
    for (int i = 0; i < l->n; i++) {
        const char *name = language_name(l->of[i]);
        if (n >= 2 && (tag[0] | 0x20) == name[0] && (tag[1] | 0x20) == name[1] &&
            (n == 2 || tag[2] == '-' || tag[2] == '_'))
            return l->of[i];
    }
    return LANGUAGE_ANY;
}

/* ---- function words ---- */

struct language_words {
    language_list list;
    map *words;
    unsigned char *bits; /* [words] a bit for each language of the list, in its order */
    size_t room;
};

static int add_words(language_words *w, int i)
{
    for (const char *s = words_of[w->list.of[i]]; *s;) {
        const size_t n = strcspn(s, " "), had = w->room;
        const int32_t at = map_add(w->words, s, n);
        if (at < 0 || mem_grow(&w->bits, &w->room, (size_t)at + 1, sizeof *w->bits))
            return -1;
        memset(w->bits + had, 0, w->room - had);
        w->bits[at] |= (unsigned char)(1 << i);
        s += n + (s[n] == ' ');
    }
    return 0;
}

language_words *language_words_new(const language_list *l)
{
    language_words *w = mem_array(1, sizeof *w);
    if (!w)
        return NULL;
    w->list = *l;
    w->words = map_new();
    int result = w->words ? 0 : -1;
    for (int i = 0; !result && i < l->n; i++)
        result = add_words(w, i);
    if (!result)
        return w;
    language_words_free(w);
    return NULL;
}

void language_words_free(language_words *w)
{
    if (!w)
        return;
    if (w->words)
        map_free(w->words);
    mem_free(w->bits);
    mem_free(w);
}

language language_words_guess(const language_words *w, const tokens *t, size_t from)
{
    size_t count[LANGUAGE_KINDS] = {0};
    int best = 0;
    for (size_t i = from, n; i < t->T; i++) {
        const char *s = tokens_word(t, i, &n);
        const int32_t at = map_find(w->words, s, n);
        for (int k = 0; at >= 0 && k < w->list.n; k++)
            count[k] += w->bits[at] >> k & 1;
    }
    for (int k = 1; k < w->list.n; k++)
        if (count[k] > count[best])
            best = k;
    return w->list.of[best];
}
