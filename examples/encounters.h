/* SPDX-License-Identifier: Apache-2.0 */
/* The codes of the invented encounters, and the structures of the tables of each language. Everything here
 * and in encounters-nl.h and encounters-fr.h was invented for ecan. Nothing comes from a patient.
 *
 * To add a code, add a row to `codes`, and a row with phrases for it to the header of each language. */
#ifndef ENCOUNTERS_H
#define ENCOUNTERS_H

#include <stddef.h>

typedef struct diagnosis {
    const char *code, *description;
    int weight; /* relative frequency; a few codes are frequent and many are rare, as in real data */

    /* a  acute: a reason for admission       c  chronic: part of the history
     * r  visible in imaging                  m, f  only men, only women
     * How notes can mention it for a patient who does not have it:
     * D  negated ("geen ..."),  F  in the family,  X  suspected and ruled out,  H  long ago */
    const char *properties;

    const char
        *parts; /* a patient with all of these codes has this code instead; the notes mention each of them */
    const char *like; /* the less specific code that it replaces; phrases of both are used */
    const char *with; /* comorbidities, each with its probability in per cent: "N18.3:60 W19:80" */
} diagnosis;

/* Phrases for a code. `says` are noun phrases, with their indefinite article if they have one. The program
 * removes the article or replaces it by `de` or `d'`. `hints` are sentences with the evidence in square
 * brackets, after the letter of their section (see `section`) and a colon. A leading ~ marks an ambiguous
 * phrase, which is only used together with an unambiguous one. The frequency of a phrase in a list is
 * proportional to 1/(rank + 2). */
typedef struct phrases {
    const char *code;
    const char *const *says, *const *hints;
} phrases;

/* A section of a note. Templates have slots:
 *   {}     phrases, with article        {.}    without       {de}   after de or d' (French)
 *   {!} {!.} {!de}   a phrase of a code that the patient does not have
 *   {12-34} {1,2-3,4}   a number between them     {a/b}  either     {a|b}  a for a man, b for a woman */
typedef struct section {
    char key; /* a reason, h history, m medicines, s social, e examination, l laboratory, r radiology, n
                 nursing, p course and conclusion, b plan */
    const char *heading;
    const char *const *says; /* sentences for a code of the patient; NULL: the section only has hints */
    const char *const
        *filler;     /* sentences without a code; "!D!E87 Hb ..." not for patients with a code of D or E87 */
    int least, most; /* number of those */
    const char *separator; /* between sentences: " ", or "\n- " for a list */
} section;

typedef struct note {
    const char *type;
    char place; /* f first, l last, m in the middle */
    const section *sections;
    int n_sections;
} note;

typedef struct language {
    const char *name;             /* ISO 639-1 */
    const char *const *articles;  /* "een ", "une ", with their space */
    const char *const *aspirated; /* words with h before which de does not become d' */
    const char *and, * or ;       /* before the last item of a list: " en ", " of " */
    const char *const *denied, *const *family, *const *ruled_out, *const *over;
    const phrases *phrases;
    int n_phrases;
    const note *notes;
    int n_notes;
} language;

#define LIST(...)                                                                                            \
    (const char *const[])                                                                                    \
    {                                                                                                        \
        __VA_ARGS__, NULL                                                                                    \
    }
#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

/* clang-format off */
static const diagnosis codes[] = {
    {"A04.7", "Enterocolitis due to Clostridium difficile", 14, "a DXH", 0, 0, "E86:50"},
    {"A15.0", "Tuberculosis of lung, confirmed by sputum microscopy", 1, "ar DXFH", 0, 0, 0},
    {"A41.9", "Sepsis, unspecified", 140, "a DX", 0, 0, "N17.9:35 N39.0:25"},
    {"B02.9", "Zoster without complication", 2, "a XH", 0, 0, 0},
    {"C18.9", "Malignant neoplasm of colon, unspecified", 40, "acr XF", 0, 0, "C78.7:30 D50.9:35"},
    {"C34.9", "Malignant neoplasm of bronchus or lung, unspecified", 40, "cr XF", 0, 0, "F17.2:50 C79.5:25"},
    {"C50.9", "Malignant neoplasm of breast, unspecified", 32, "cf XF", 0, 0, "C79.5:25"},
    {"C61", "Malignant neoplasm of prostate", 40, "cm XF", 0, 0, "C79.5:30"},
    {"C78.7", "Secondary malignant neoplasm of liver", 14, "cr DX", 0, 0, 0},
    {"C79.5", "Secondary malignant neoplasm of bone and bone marrow", 10, "cr DX", 0, 0, 0},
    {"D50.9", "Iron deficiency anaemia, unspecified", 160, "c D", 0, 0, 0},
    {"D62", "Acute posthaemorrhagic anaemia", 72, "a D", 0, 0, 0},
    {"D69.6", "Thrombocytopenia, unspecified", 14, "a D", 0, 0, 0},
    {"E03.9", "Hypothyroidism, unspecified", 140, "c DF", 0, 0, 0},
    {"E05.9", "Thyrotoxicosis, unspecified", 2, "c DFX", 0, 0, "I48.9:40"},
    {"E11.2", "Type 2 diabetes mellitus with renal complications", 80, "c X", 0, "E11.9", "N18.3:60"},
    {"E11.4", "Type 2 diabetes mellitus with neurological complications", 72, "c X", 0, "E11.9", "I70.2:15"},
    {"E11.7", "Type 2 diabetes mellitus with multiple complications", 3, "c", "E11.2 E11.4", "E11.9", 0},
    {"E11.9", "Type 2 diabetes mellitus without complications", 600, "c DF", 0, 0, "I10:40"},
    {"E27.1", "Primary adrenocortical insufficiency", 1, "c X", 0, 0, 0},
    {"E66.9", "Obesity, unspecified", 140, "c", 0, 0, "G47.3:15"},
    {"E78.0", "Pure hypercholesterolaemia", 480, "c DF", 0, 0, 0},
    {"E86", "Volume depletion", 120, "a D", 0, 0, "N17.9:25"},
    {"E87.1", "Hypo-osmolality and hyponatraemia", 140, "a D", 0, 0, 0},
    {"E87.6", "Hypokalaemia", 140, "a D", 0, 0, 0},
    {"F03", "Unspecified dementia", 120, "c DF", 0, 0, "F05.9:25"},
    {"F05.9", "Delirium, unspecified", 140, "a DXH", 0, 0, 0},
    {"F10.2", "Alcohol dependence syndrome", 88, "c DF", 0, 0, 0},
    {"F17.2", "Tobacco dependence syndrome", 320, "c D", 0, 0, 0},
    {"F32.9", "Depressive episode, unspecified", 160, "c DFH", 0, 0, "F41.9:15"},
    {"F41.9", "Anxiety disorder, unspecified", 60, "c D", 0, 0, 0},
    {"G20", "Parkinson disease", 60, "c FX", 0, 0, 0},
    {"G30.9", "Alzheimer disease, unspecified", 48, "c F", 0, "F03", "F05.9:25"},
    {"G35", "Multiple sclerosis", 3, "c FX", 0, 0, 0},
    {"G40.9", "Epilepsy, unspecified", 60, "ca DFX", 0, 0, 0},
    {"G43.9", "Migraine, unspecified", 14, "c DF", 0, 0, 0},
    {"G45.9", "Transient cerebral ischaemic attack, unspecified", 72, "a XH", 0, 0, 0},
    {"G47.3", "Sleep apnoea", 48, "c DX", 0, 0, 0},
    {"G61.0", "Guillain-Barre syndrome", 1, "a X", 0, 0, 0},
    {"H40.9", "Glaucoma, unspecified", 2, "c DF", 0, 0, 0},
    {"H91.9", "Hearing loss, unspecified", 10, "c F", 0, 0, 0},
    {"I10", "Essential (primary) hypertension", 1200, "c DF", 0, 0, 0},
    {"I11.0", "Hypertensive heart disease with (congestive) heart failure", 0, "ac", "I10 I50.0", 0, 0},
    {"I21.9", "Acute myocardial infarction, unspecified", 180, "a DXF", 0, 0, "Z95.5:40 E78.0:40"},
    {"I25.1", "Atherosclerotic heart disease", 260, "c DF", 0, 0, "E78.0:40"},
    {"I25.2", "Old myocardial infarction", 112, "c", 0, 0, "I25.1:40 Z95.5:35"},
    {"I26.9", "Pulmonary embolism without mention of acute cor pulmonale", 100, "ar DXHF", 0, 0, "I80.2:25"},
    {"I33.0", "Acute and subacute infective endocarditis", 3, "a DX", 0, 0, 0},
    {"I35.0", "Aortic (valve) stenosis", 32, "cr DX", 0, 0, 0},
    {"I48.9", "Atrial fibrillation and atrial flutter, unspecified", 480, "ca DX", 0, 0, "Z92.1:50"},
    {"I50.0", "Congestive heart failure", 400, "ac DXF", 0, 0, "I48.9:25"},
    {"I63.9", "Cerebral infarction, unspecified", 180, "ar DXF", 0, 0, "I48.9:20"},
    {"I69.3", "Sequelae of cerebral infarction", 100, "c", 0, 0, 0},
    {"I70.2", "Atherosclerosis of arteries of extremities", 40, "c DF", 0, 0, "F17.2:40"},
    {"I71.0", "Dissection of aorta", 1, "ar DX", 0, 0, 0},
    {"I71.4", "Abdominal aortic aneurysm, without mention of rupture", 2, "cr DXF", 0, 0, 0},
    {"I80.2", "Phlebitis and thrombophlebitis of other deep vessels of lower extremities", 72, "ar DXHF", 0, 0, 0},
    {"J10.1", "Influenza with other respiratory manifestations", 32, "a DX", 0, 0, 0},
    {"J18.9", "Pneumonia, unspecified", 360, "ar DXH", 0, 0, "J96.0:15"},
    {"J44.0", "Chronic obstructive pulmonary disease with acute lower respiratory infection", 3, "a", "J44.9 J18.9", 0, 0},
    {"J44.1", "Chronic obstructive pulmonary disease with acute exacerbation", 100, "a X", 0, "J44.9", "J96.0:25 F17.2:30"},
    {"J44.9", "Chronic obstructive pulmonary disease, unspecified", 320, "c DXF", 0, 0, "F17.2:25"},
    {"J45.9", "Asthma, unspecified", 72, "ca DF", 0, 0, 0},
    {"J90", "Pleural effusion, not elsewhere classified", 60, "ar DX", 0, 0, 0},
    {"J96.0", "Acute respiratory failure", 60, "a D", 0, 0, 0},
    {"K21.9", "Gastro-oesophageal reflux disease without oesophagitis", 200, "c D", 0, 0, 0},
    {"K25.4", "Gastric ulcer, chronic or unspecified with haemorrhage", 3, "a", "K25.9 K92.2", 0, "D62:50"},
    {"K25.9", "Gastric ulcer, without haemorrhage or perforation", 40, "c XH", 0, 0, 0},
    {"K35.8", "Acute appendicitis, other and unspecified", 14, "ar DXH", 0, 0, 0},
    {"K50.9", "Crohn disease, unspecified", 2, "c FX", 0, 0, 0},
    {"K56.7", "Ileus, unspecified", 14, "ar DX", 0, 0, 0},
    {"K57.3", "Diverticular disease of large intestine without perforation or abscess", 48, "cr", 0, 0, 0},
    {"K70.3", "Alcoholic cirrhosis of liver", 28, "c", 0, "K74.6", "F10.2:70 D69.6:30"},
    {"K74.6", "Other and unspecified cirrhosis of liver", 32, "cr DX", 0, 0, "D69.6:25"},
    {"K80.0", "Calculus of gallbladder with acute cholecystitis", 10, "a", "K80.2 K81.0", 0, 0},
    {"K80.2", "Calculus of gallbladder without cholecystitis", 80, "cr D", 0, 0, 0},
    {"K81.0", "Acute cholecystitis", 40, "ar DX", 0, 0, 0},
    {"K85.9", "Acute pancreatitis, unspecified", 60, "ar DXH", 0, 0, "K80.2:40"},
    {"K92.2", "Gastrointestinal haemorrhage, unspecified", 72, "a DX", 0, 0, "D62:50"},
    {"L03.1", "Cellulitis of other parts of limb", 60, "a DXH", 0, 0, 0},
    {"L89.9", "Decubitus ulcer and pressure area, unspecified", 60, "a D", 0, 0, 0},
    {"M06.9", "Rheumatoid arthritis, unspecified", 10, "c DFX", 0, 0, 0},
    {"M10.9", "Gout, unspecified", 48, "ca DXF", 0, 0, 0},
    {"M16.9", "Coxarthrosis, unspecified", 40, "cr", 0, 0, "Z96.6:30"},
    {"M17.9", "Gonarthrosis, unspecified", 40, "cr", 0, 0, "Z96.6:30"},
    {"M31.5", "Giant cell arteritis with polymyalgia rheumatica", 1, "a X", 0, 0, 0},
    {"M54.5", "Low back pain", 48, "ac D", 0, 0, 0},
    {"M81.9", "Osteoporosis, unspecified", 100, "c DF", 0, 0, 0},
    {"N17.9", "Acute renal failure, unspecified", 220, "a DXH", 0, 0, 0},
    {"N18.3", "Chronic kidney disease, stage 3", 260, "c D", 0, 0, 0},
    {"N20.0", "Calculus of kidney", 32, "ar DXH", 0, 0, 0},
    {"N39.0", "Urinary tract infection, site not specified", 320, "a DXH", 0, 0, 0},
    {"N40", "Hyperplasia of prostate", 100, "cm D", 0, 0, "R33:25"},
    {"R33", "Retention of urine", 48, "a D", 0, 0, 0},
    {"R55", "Syncope and collapse", 48, "a DX", 0, 0, 0},
    {"S06.0", "Concussion", 32, "a DX", 0, 0, "W19:60"},
    {"S52.5", "Fracture of lower end of radius", 32, "ar DX", 0, 0, "W19:70"},
    {"S72.0", "Fracture of neck of femur", 120, "ar DX", 0, 0, "W19:75 M81.9:30"},
    {"S72.1", "Pertrochanteric fracture", 56, "ar DX", 0, 0, "W19:75 M81.9:30"},
    {"T81.4", "Infection following a procedure, not elsewhere classified", 3, "a D", 0, 0, 0},
    {"U07.1", "COVID-19, virus identified", 60, "a DXH", 0, 0, "J96.0:25"},
    {"W19", "Unspecified fall", 60, "a D", 0, 0, 0},
    {"Z88.0", "Personal history of allergy to penicillin", 72, "c D", 0, 0, 0},
    {"Z92.1", "Personal history of long-term (current) use of anticoagulants", 160, "c D", 0, 0, 0},
    {"Z95.0", "Presence of electronic cardiac devices", 48, "c D", 0, 0, 0},
    {"Z95.1", "Presence of aortocoronary bypass graft", 40, "c", 0, 0, "I25.1:60"},
    {"Z95.5", "Presence of coronary angioplasty implant and graft", 64, "c", 0, 0, "I25.1:50"},
    {"Z96.6", "Presence of orthopaedic joint implants", 56, "c", 0, 0, 0},
};
/* clang-format on */

#endif
