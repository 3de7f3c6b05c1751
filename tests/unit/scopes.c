/* SPDX-License-Identifier: Apache-2.0 */
/* lib/text/scopes: sentences in four languages. In a sentence, ^ and letters follow a word that is checked: n
 * negated, h of the past, f of relatives, u uncertain; ^ without letters: none of them. */
#include "text/scopes.h"

#include "base/err.h"
#include "base/mem.h"
#include "io/pack.h"
#include "tap.h"
#include "text/tokenize.h"

#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const char *const nl[] = {
    "Geen koorts^n of hoest^n, wel dyspneu^.",
    "Patiënt heeft geen diabetes^n, maar wel hypertensie^.",
    "Niet bekend met astma^n of COPD^n.",
    "Geen tekenen van decompensatie^n. Oedemen^ aan beide onderbenen.",
    "Geen aanwijzingen voor een longembolie^n; pleuravocht^ links.",
    "RX thorax: geen infiltraat^n, geen pleuravocht^n, cardiomegalie^ stabiel",
    "Koorts^n: neen. Hoest^: ja.",
    "Longembolie^n werd uitgesloten met CT.",
    "Bekend met hypertensie^, longembolie^n uitgesloten.",
    "Bekend met hypertensie^ maar longembolie^n uitgesloten.",
    "Geen verandering van het hartfalen^.",
    "Geen toename van de dyspneu^ en geen koorts^n.",
    "Een niet-kleincellig longcarcinoom^ rechts.",
    "Diabetes^ is niet onder controle ondanks insuline^.",
    "Een pneumonie^u kan niet worden uitgesloten.",
    "CT toont vermoedelijk een longembolie^u.",
    "Vermoeden van sepsis^u, start antibiotica.",
    "Mogelijk een TIA^u. Voorkamerfibrillatie^ gekend.",
    "Vader: diabetes^f. Patiënt rookt^.",
    "Vader met diabetes^f en hypertensie^f.",
    "Moeder overleden aan borstkanker^f, zus had een CVA^f.",
    "Diabetes^f bij moeder.",
    "Darmkanker^f in de familie.",
    "Familieanamnese: hypertensie^f. Trombose^f bij een oom.\nMedicatie: insuline^",
    "Familieanamnese:\nborstkanker^f bij moeder\ndiabetes^f\n\nAnamnese: hoest^",
    "Familieanamnese: geen diabetes^nf.",
    "Familieanamnese:\nborstkanker^f bij moeder\n\nHoest^ sinds gisteren.",
    "Familieanamnese: hypertensie^f.\nHoest^ sinds gisteren.",
    "Volgens dochter heeft patiënte dementie^.",
    "Bezoek gehad van de zoon. Decubitus^ stuit.",
    "Voorgeschiedenis: appendectomie^h, CVA^h.\nHuidig: pneumonie^",
    "Voorgeschiedenis:\n- CVA^h\n- TIA^h\n\nKlinisch onderzoek: souffle^",
    "Voorgeschiedenis: AMI^h. Allergie: penicilline^. Medicatie: bisoprolol^.",
    "Status na CABG^h.",
    "St. na appendectomie^h en cholecystectomie^h.",
    "Doorgemaakte pneumonie^h, restloos genezen.",
    "Vroeger alcoholabusus^h, momenteel nicotineabusus^.",
    "Longembolie^h in het verleden.",
    "Geen voorgeschiedenis van trombose^n.",
    "Patiënt ontkent thoracale pijn^n en palpitaties^n.",
    "Hoest zonder koorts^n, met sputum^.",
    "Zonder verandering van de hypertensie^.",
    "Nooit epilepsie^n gehad.",
    "Opname wegens hartfalen^. Geen.\nPneumonie^ rechts.",
    "geen allergieën^n\ndiabetes^",
    "Er werden bij deze patiënt tijdens het verblijf geen tekenen van een acute\ninfectie^n gevonden.",
    "Geen evidentie voor recidief^n, noch metastasen^n.",
    "Hemoculturen^n negatief, sepsis^ behandeld.",
    "Geen koorts^n een twee drie vier vijf zes zeven acht hoest^",
    "GEEN KOORTS^n. HOEST^ SINDS GISTEREN.",
    "Dd. pneumonie^u, longembolie^u.",
    "Ter preventie van trombose^u enoxaparine.",
    "Geen evt. koorts^n of koude rillingen^n.",
};

static const char *const fr[] = {
    "Pas de fièvre^n ni de toux^n.",
    "Pas d'argument pour une embolie pulmonaire^n.",
    "Le patient n'a pas de diabète^n mais une hypertension^.",
    "Absence d'épanchement^n. Cardiomégalie^ stable.",
    "Aucun signe de décompensation^n, oedèmes^n absents.",
    "Sans fièvre^n. Toux^ grasse.",
    "Fièvre^n : non. Toux^ : oui.",
    "Hypertension : non^. Diabète^ : oui.",
    "L'embolie^n pulmonaire est exclue.",
    "Diabète^ connu, embolie^n exclue.",
    "Pas de changement de la dyspnée^.",
    "Pas d'amélioration de l'insuffisance^ cardiaque, pas de fièvre^n.",
    "Diabète^ non insulinodépendant.",
    "Diabète^ non compliqué sous metformine^.",
    "Patient non fumeur, BPCO^ stade II.",
    "Une pneumonie^u n'est pas exclue.",
    "Suspicion de sepsis^u, antibiotiques.",
    "Suspicion d'AVC^u.",
    "Possible AIT^u. Fibrillation^ auriculaire connue.",
    "Père : diabète^f. Le patient fume^.",
    "Père diabétique^f, mère décédée d'un cancer^f.",
    "Mère connue pour une hypertension^f.",
    "Un diabète^f chez la mère.",
    "Cancer^f du côlon dans la famille.",
    "Antécédents familiaux : hypertension^f. Thrombose^f chez un oncle.\nTraitement : insuline^",
    "Antécédents familiaux :\ncancer^f du sein\ndiabète^f\n\nAnamnèse : toux^",
    "Antécédents familiaux d'infarctus^f.",
    "AF : infarctus^f chez le père.",
    "Selon la fille, démence^ connue de la patiente.",
    "Antécédents : appendicectomie^h, AVC^h.\nActuellement : pneumonie^",
    "Antécédents : AVC^h. Allergies : pénicilline^.",
    "Antécédents :\n- AVC^h\n- AIT^h\n\nExamen clinique : souffle^",
    "Status post pontage^h.",
    "Ancien infarctus^h inférieur.",
    "Antécédent de pneumonie^h.",
    "Embolie^h pulmonaire en rémission.",
    "Nie tout antécédent de thrombose^n.",
    "Patient nie toute douleur^n thoracique.",
    "Toux sans fièvre^n, avec expectorations^.",
    "Sans doute une bronchite^ virale.",
    "Jamais d'épilepsie^n.",
    "Pas d'antécédent de thrombose^n.",
    "On a d'abord évoqué une appendicite^u.",
    "En cas de fièvre^u, revenir.",
    "PAS DE FIEVRE^n. TOUX^ DEPUIS HIER.",
    "Recherche d'embolie^nu : négative.",
    "pas d'allergie^n\ndiabète^",
    "Risque de chute^u élevé.",
    "Il n'y a au cours de ce séjour pas de signe clinique ou biologique d'une\ninfection^n active.",
    "Pneumonie^n : hypothèse non retenue.",
};

static const char *const es[] = {
    "Sin fiebre^n ni tos^n.",
    "El paciente no presenta diabetes^n, pero sí hipertensión^.",
    "No hay evidencia de metástasis^n.",
    "No se observan adenopatías^n. Hepatomegalia^ leve.",
    "Niega dolor^n torácico y palpitaciones^n.",
    "Niega antecedentes de trombosis^n.",
    "Ausencia de derrame^n pleural; cardiomegalia^ estable.",
    "Fiebre^n: no. Tos^: sí.",
    "Se descartó embolia^n pulmonar.",
    "Hipertensión^ conocida, embolia^n descartada.",
    "Sin cambios en la cardiomegalia^.",
    "No se aprecian cambios en la neumonía^.",
    "No mejoría de la disnea^, no fiebre^n.",
    "Linfoma^ no Hodgkin en tratamiento^.",
    "Carcinoma^ no microcítico de pulmón.",
    "Sin embargo, la disnea^ persiste.",
    "Hipertensión^ no controlada con enalapril^.",
    "No se puede descartar neumonía^u.",
    "Sospecha de sepsis^u, se inicia antibiótico.",
    "Posible ictus^u. Fibrilación^ auricular conocida.",
    "Lesiones sugestivas de metástasis^u.",
    "Padre: diabetes^f. El paciente fuma^.",
    "Padre con diabetes^f e hipertensión^f.",
    "Madre fallecida de cáncer^f de mama.",
    "Diabetes^f en la madre.",
    "Cáncer^f de colon en la familia.",
    "Antecedentes familiares: hipertensión^f. Trombosis^f en un tío.\nTratamiento: insulina^",
    "Antecedentes familiares:\ncáncer^f de mama\ndiabetes^f\n\nAnamnesis: tos^",
    "Antecedentes familiares de infarto^f.",
    "Según la hija, la paciente tiene demencia^.",
    "Antecedentes personales: apendicectomía^h, ictus^h.\nActual: neumonía^",
    "Antecedentes: ictus^h. Alergias: penicilina^.",
    "Antecedentes:\n- ictus^h\n- angina^h\n\nExploración: soplo^",
    "Antecedentes de tuberculosis^h.",
    "Historia de asma^h en la infancia.",
    "Intervenido de apendicitis^h.",
    "Tuberculosis^h en el pasado.",
    "Antiguo infarto^h inferior.",
    "Tos sin fiebre^n, con expectoración^.",
    "Nunca ha tenido epilepsia^n.",
    "Paciente sin antecedentes de interés^n. Ingresa por neumonía^.",
    "Hemocultivos^n negativos, sepsis^ tratada.",
    "Neumonía^u no descartada.",
    "Riesgo de caída^u alto.",
    "SIN FIEBRE^n. TOS^ DESDE AYER.",
    "sin alergias^n\ndiabetes^",
    "Mujer que no refiere pérdida^n de peso aunque presenta astenia^.",
    "No solo fiebre^, también tos^.",
    "Exploración: abdomen blando, no se palpan masas^n, con dolor^ en hipogastrio",
    "Durante el ingreso no se objetivaron en ningún momento datos clínicos de una\ninfección^n activa.",
};

static const char *const en[] = {
    "No fever^n or cough^n, but dyspnea^.",
    "The patient has no history of diabetes^n but has hypertension^.",
    "No evidence of pulmonary embolism^n. Pleural effusion^ on the left.",
    "She denies chest pain^n and palpitations^n.",
    "Denies any syncope^n; reports dizziness^.",
    "Pulmonary embolism^n was ruled out.",
    "Known hypertension^, embolism^n ruled out.",
    "Fever^n: none. Cough^: yes.",
    "Negative for malignancy^n.",
    "No increase in the effusion^.",
    "No change in cardiomegaly^, no edema^n.",
    "No significant interval change in the pneumonia^.",
    "Non-small cell carcinoma^ of the lung.",
    "Not only fever^ but also rash^.",
    "Hypertension^ not well controlled.",
    "Gram negative sepsis^ treated.",
    "Pneumonia^u cannot be excluded.",
    "Cannot rule out pneumonia^u.",
    "Rule out sepsis^u.",
    "Possible stroke^u. Atrial fibrillation^ known.",
    "Findings suggestive of pneumonia^u.",
    "Concern for sepsis^u, started antibiotics.",
    "Father: diabetes^f. Patient smokes^.",
    "Father with diabetes^f and hypertension^f.",
    "Mother died of breast cancer^f, sister had a stroke^f.",
    "Family history: hypertension^f. Thrombosis^f in an uncle.\nMedications: insulin^",
    "Family history:\nbreast cancer^f\ndiabetes^f\n\nPhysical exam: murmur^",
    "Family history of infarction^f.",
    "No family history of diabetes^n.",
    "Diabetes^f in her mother.",
    "Colon cancer^f runs in the family.",
    "Per daughter, the patient has dementia^.",
    "Daughter reports confusion^.",
    "Past medical history: appendectomy^h, stroke^h.\nAssessment: pneumonia^",
    "Past medical history: stroke^h. Allergies: penicillin^.",
    "PMH:\n- stroke^h\n- angina^h\n\nExam: murmur^",
    "History of asthma^h.",
    "Status post bypass^h.",
    "s/p appendectomy^h",
    "h/o tuberculosis^h",
    "Pulmonary embolism^h in the past.",
    "Remote infarction^h, currently angina^.",
    "Cough without fever^n, with sputum^.",
    "Without change in the effusion^.",
    "He has never had seizures^n.",
    "Prophylaxis for thrombosis^u.",
    "NO FEVER^n. COUGH^ SINCE YESTERDAY.",
    "no allergies^n\ndiabetes^",
    "During the whole hospital stay there was no clinical or other sign of a\nnew infection^n anywhere.",
    "No mass^n, nodule^n or effusion^n.",
};
/* clang-format on */

typedef struct expected {
    int32_t end; /* code points of the text before the end of the word */
    int marks;
} expected;

/* The text without its marks; how many there were. */
static int strip(const char *marked, char *text, expected *e)
{
    int n = 0;
    int32_t at = 0;
    for (const char *s = marked; *s; s++) {
        if (*s != '^') {
            *text++ = *s;
            at += ((unsigned char)*s & 0xc0) != 0x80;
            continue;
        }
        e[n] = (expected){.end = at};
        for (const char *kind; s[1] && (kind = strchr("nhfu", s[1])); s++)
            e[n].marks |= 1 << (kind - "nhfu");
        n++;
    }
    *text = 0;
    return n;
}

static const char *language_of_note; /* NULL: the record does not have it */

/* A record of one note. */
static int make_record(record *r, const char *text, const tokens *words)
{
    pack p = {0};
    if (language_of_note) {
        pack_key(&p, "note_languages");
        pack_array(&p, 1);
        pack_str(&p, language_of_note);
    }
    pack_key(&p, "id");
    pack_str(&p, "e1");
    pack_key(&p, "documents");
    pack_array(&p, 1);
    pack_map(&p, 1);
    pack_str(&p, "text");
    pack_str(&p, text);
    pack_key(&p, "tokens");
    pack_array(&p, words->T);
    for (size_t i = 0; i < words->T; i++) {
        size_t n;
        const char *s = tokens_word(words, i, &n);
        pack_str_n(&p, s, n);
    }
    pack_key(&p, "spans");
    pack_i4(&p, words->spans[0], 2, (size_t[]){words->T, 3});
    pack whole = {0};
    pack_map(&whole, language_of_note ? 5 : 4);
    pack_raw(&whole, p.body.data, p.body.len);
    const int result = record_parse(r, whole.body.data, whole.body.len);
    pack_free(&p);
    pack_free(&whole);
    return result;
}

static seen_words seen; /* with one table */

static void check(scopes_work *w, const tokenizer *t, const char *marked)
{
    char text[1000], wrong[1000] = "";
    expected e[64];
    tokens words = {0};
    record r = {0};
    const int n = strip(marked, text, e);
    const unsigned char *marks = NULL;
    if (!tokenize(t, text, strlen(text), 0, &words) && !make_record(&r, text, &words))
        marks = seen_words_read(&seen, &r) ? NULL : scopes_mark(w, &seen);
    int found = 0;
    for (size_t i = 0; marks && i < seen.T; i++)
        for (int k = 0; k < n; k++)
            if (words.spans[i][2] == e[k].end) {
                size_t size;
                const char *word = tokens_word(&words, i, &size);
                found++;
                if (marks[i] != e[k].marks)
                    snprintf(wrong + strlen(wrong), sizeof wrong - strlen(wrong), " %.*s is %d", (int)size,
                             word, marks[i]);
            }
    for (char *c = marked[0] ? text : NULL; c && *c; c++)
        if (*c == '\n')
            *c = '|';
    ok(marks && found == n && !wrong[0], "%s%s", text, wrong);
    tokens_free(&words);
    record_free(&r);
}

/* Spans that do not fit the text give marks, right or wrong, for every word. */
static void odd_spans(scopes_work *w)
{
    static const char text[] = "Geen koorts.\nVader: diabetes";
    static const char *const words[] = {"geen", "koorts", "vader", "diabetes"};
    static const int32_t values[] = {INT32_MIN, -1, 0, 5, 13, 40, INT32_MAX};
    enum { T = 4, VALUES = sizeof values / sizeof *values };
    bool good = true;
    for (int at = 0; at < VALUES * VALUES * VALUES; at++) {
        pack p = {0};
        int32_t spans[T][3] = {{0, 0, 4}, {0, 5, 11}, {0, 13, 18}, {0, 20, 28}};
        record r = {0};
        spans[1][0] = values[at % VALUES];
        spans[1][1] = values[at / VALUES % VALUES];
        spans[1][2] = values[at / VALUES / VALUES];
        pack_map(&p, 4);
        pack_str(&p, "id");
        pack_str(&p, "e1");
        pack_str(&p, "documents");
        pack_array(&p, 1);
        pack_map(&p, 1);
        pack_str(&p, "text");
        pack_str(&p, text);
        pack_str(&p, "tokens");
        pack_array(&p, T);
        for (int i = 0; i < T; i++)
            pack_str(&p, words[i]);
        pack_str(&p, "spans");
        pack_i4(&p, spans[0], 2, (size_t[]){T, 3});
        good &= !record_parse(&r, p.body.data, p.body.len) && !seen_words_read(&seen, &r) &&
                scopes_mark(w, &seen) && seen.T == T;
        record_free(&r);
        pack_free(&p);
    }
    ok(good, "spans that do not fit the text");
}

static void check_all(scopes_work *w, language l, const char *const *sentences, size_t n)
{
    const tokenize_options options = {.language = l};
    tokenizer *t = tokenizer_new(&options);
    for (size_t i = 0; i < n; i++)
        check(w, t, sentences[i]);
    tokenizer_free(t);
}
#define CHECK_ALL(w, l, list) check_all(w, l, list, sizeof list / sizeof *list)

/* A table of that text. */
static scopes *table(const char *text)
{
    char path[] = "/tmp/scopes-XXXXXX";
    const int fd = mkstemp(path);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!f || fputs(text, f) < 0 || fclose(f)) {
        printf("Bail out! %s cannot be written\n", path);
        exit(1);
    }
    scopes *s = scopes_read(path);
    remove(path);
    return s;
}

static void reject(const char *text, const char *why)
{
    scopes *s = table(text);
    ok(!s && strstr(err_message(), why), "%s", s ? text : strchr(err_message(), ':'));
    scopes_free(s);
}

static void tables(void)
{
    const tokenize_options options = {0};
    tokenizer *t = tokenizer_new(&options);
    scopes *s =
        table("\xef\xbb\xbf# my own\r\n\r\nxx\tblip blop\tnegated\tbefore\r\nxx\tblip blop blap\tpseudo\n"
              "xx\tblip blop\tfamily\tafter\nxx\tbup\tend");
    scopes_work *w = s ? scopes_work_new(s) : NULL;
    if (!ok(w != NULL, "a table: %s", s ? "read" : err_message()))
        return;
    check(w, t, "Ach^f blip blop och^n. Ech^");
    check(w, t, "Ach^ blip blop blap och^. blip och^");
    check(w, t, "Blíp, blop och^");
    check(w, t, "blip blop och^n bup ech^");
    check(w, t, "");
    language_of_note = "yy"; /* the table has no phrases of it */
    check(w, t, "blip blop och^n bup ech^");
    language_of_note = NULL;
    scopes_work_free(w);
    scopes_free(s);
    seen_words_free(&seen);
    s = table("");
    w = scopes_work_new(s);
    check(w, t, "Geen koorts^");
    scopes_work_free(w);
    scopes_free(s);
    seen_words_free(&seen);
    tokenizer_free(t);
    reject("nl\tgeen\n", "line 1: expected language, phrase and kind with tabs between, got 2 columns");
    reject("\n\nnl\tgeen\tnegatief\tbefore\n", "line 3: column 3: expected negated");
    reject("nl\tgeen\tnegated\tinside\n", "line 1: column 4: expected before, after or line");
    reject("nl\tgeen\tnegated\n", "line 1: column 4");
    reject("nl\t...\tnegated\tbefore\n", "line 1: column 2: expected 1 to 5 words, got 0");
    reject("nl\ta b c d e f\tend\n", "column 2: expected 1 to 5 words, got 6");
    reject("nl\ta b\tcommon\n", "column 2: a common word is one word");
    reject("\tgeen\tend\n", "column 1: expected the name of a language");
    reject("nl\tgeen\tnegated\tbefore\nnl\tGéén\tnegated\tbefore\n", "line 2: the same phrase");
    reject("nl\t\xff\tend\n", "not UTF-8");
    reject("a\tx\tend\nb\tx\tend\nc\tx\tend\nd\tx\tend\ne\tx\tend\nf\tx\tend\ng\tx\tend\nh\tx\tend\ni\tx\tend"
           "\nj\tx\tend\n"
           "k\tx\tend\nl\tx\tend\nm\tx\tend\nn\tx\tend\no\tx\tend\np\tx\tend\nq\tx\tend\n",
           "line 17: column 1: more than 16 languages");
    ok(!scopes_read("/no/such/file") && strstr(err_message(), "/no/such/file"), "%s", err_message());
}

/* "sans" and "no" are French and Spanish: all languages count in a note without common words. */
static void languages(scopes_work *w)
{
    tokenizer *t = tokenizer_new(&(tokenize_options){0});
    check(w, t, "sans koorts^n. no koorts^n");
    language_of_note = "fr";
    check(w, t, "sans koorts^n. no koorts^");
    language_of_note = "es";
    check(w, t, "sans koorts^. no koorts^n");
    language_of_note = "de";
    check(w, t, "sans koorts^n. no koorts^n");
    language_of_note = NULL;
    tokenizer_free(t);
}

/* A table of words that is full is emptied before the next record. */
static void many_words(scopes_work *w)
{
    tokenizer *t = tokenizer_new(&(tokenize_options){0});
    bool added = true;
    for (int i = 0; i < SEEN_MOST; i++)
        added &= seen_words_add(&seen,
                                (char[]){'a' + i % 16, 'a' + i / 16 % 16, 'a' + i / 256 % 16,
                                         'a' + i / 4096 % 16, 'a' + i / 65536},
                                5) >= 0;
    ok(added && seen_words_count(&seen) >= SEEN_MOST, "%d words", seen_words_count(&seen));
    check(w, t, "Patiënt heeft koorts^");
    ok(seen_words_count(&seen) == 3, "emptied");
    tokenizer_free(t);
}

int main(void)
{
    scopes *s = scopes_new();
    scopes_work *w = s ? scopes_work_new(s) : NULL;
    if (!ok(s && w, "the table that is built in: %s", s ? "read" : err_message()))
        return tap_done();
    CHECK_ALL(w, LANGUAGE_ANY, nl);
    CHECK_ALL(w, LANGUAGE_NL, nl);
    CHECK_ALL(w, LANGUAGE_ANY, fr);
    CHECK_ALL(w, LANGUAGE_FR, fr);
    CHECK_ALL(w, LANGUAGE_ANY, es);
    CHECK_ALL(w, LANGUAGE_ANY, en);
    languages(w);
    odd_spans(w);
    many_words(w);
    seen_words_free(&seen);
    tables();
    ok(scopes_of_words((unsigned char[]){1, 3, 2}, 0, 2) == 1 &&
           scopes_of_words((unsigned char[]){1, 3, 2}, 0, 3) == 0 &&
           scopes_of_words((unsigned char[]){1}, 0, 0) == 0,
       "the marks of a match are those that all its words have");
    scopes_free(s);
    scopes_work_free(w);
    return tap_done();
}
