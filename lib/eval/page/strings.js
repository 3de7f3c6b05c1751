// SPDX-License-Identifier: Apache-2.0
// The texts of the page, in three languages. {0} and {1} are replaced by values.
const strings = {
  en: {
    title: "Codes and their evidence", encounter: "Encounter", encounters: "Encounters", tools: "Tools",
    previousEncounter: "Previous encounter", nextEncounter: "Next encounter", count: "{0} of {1}",
    search: "Search by encounter or code", found: "{0} of {1} encounters",
    save: "Save", saveLong: "Save the decisions to a file", open: "Open", openLong: "Open a file of decisions", print: "Print", language: "Language", help: "Help and keys",
    notes: "Notes", note: "Note {0}", codes: "Codes", decided: "{0} of {1} decided", undo: "Undo",
    accept: "Accept {0}", reject: "Reject {0}", remove: "Remove {0}",
    accepted: "accepted", rejected: "rejected", undecided: "not decided", added: "added by you",
    saidAccepted: "{0} accepted.", saidRejected: "{0} rejected.", saidCleared: "{0}: decision removed.",
    saidAdded: "{0} added.", saidRemoved: "{0} removed.", saidUndone: "Undone: {0}.", allDecided: "All codes are decided.",
    asked: "not predicted", recorded: "recorded already", noEvidence: "No evidence.", noCodes: "No code is predicted.",
    noCoderEvidence: "No text was selected as evidence.",
    place: "{0}: place {1} of {2}, {3}", weight: "weight {0}", term: "term", byYou: "selected by you",
    negated: "negated", historical: "historical", family: "about a relative", uncertain: "uncertain",
    speaks: "“{0}” supports:", showAll: "Show all codes",
    add: "Add a missed code", addFor: "Add a code for “{0}”", addDo: "Add", code: "Code", cancel: "Cancel", close: "Close",
    addHint: "Text that you select in a note becomes its evidence.",
    printOne: "This encounter", printAll: "All encounters ({0})",
    saved: "Saved: the decisions on {0} encounters.", savedOne: "Saved: the decisions on 1 encounter.",
    nothing: "There are no decisions yet.", opened: "Opened: decisions on {0} encounters.",
    openedOthers: "Opened: decisions on {0} encounters; {1} are not on this page.",
    notDecisions: "Line {0} of the file holds no decisions. Nothing was changed.",
    incomplete: "This page is incomplete: the program that wrote it did not finish.",
    notRead: "Grey text was not read by the model: {0}.", oneWord: "{0} word", someWords: "{0} words",
    oneOtherNote: "{0} note of another type", otherNotes: "{0} notes of other types",
    letters: "Use single letters as keys", privacyTitle: "Where decisions are kept",
    privacy: "Only in this window. They are lost when it is closed. Nothing is stored in the browser and nothing leaves this computer, " +
      "because the notes are patient data. Save the decisions to a file before you close the window. Open reads them again.",
    attention: "Marked words have the highest attention weights of the model. A stronger colour is a higher weight. " +
      "Words with a dotted underline are a term of the code. Marks do not prove that the text supports the code: read it.",
    keys: {code: "next, previous code", place: "next, previous place of its evidence", accept: "accept and continue",
      reject: "reject and continue", undo: "undo", word: "codes that this place supports", add: "add a missed code",
      encounter: "next, previous encounter", list: "list of encounters", save: "save decisions", clear: "show everything again",
      help: "this help"},
  },
  nl: {
    title: "Codes en hun vindplaatsen", encounter: "Dossier", encounters: "Dossiers", tools: "Hulpmiddelen",
    previousEncounter: "Vorig dossier", nextEncounter: "Volgend dossier", count: "{0} van {1}",
    search: "Zoek op dossier of code", found: "{0} van {1} dossiers",
    save: "Bewaren", saveLong: "De beslissingen in een bestand bewaren", open: "Openen", openLong: "Een bestand met beslissingen openen", print: "Afdrukken", language: "Taal", help: "Hulp en toetsen",
    notes: "Verslagen", note: "Verslag {0}", codes: "Codes", decided: "{0} van {1} beslist", undo: "Ongedaan maken",
    accept: "{0} aanvaarden", reject: "{0} verwerpen", remove: "{0} verwijderen",
    accepted: "aanvaard", rejected: "verworpen", undecided: "niet beslist", added: "door u toegevoegd",
    saidAccepted: "{0} aanvaard.", saidRejected: "{0} verworpen.", saidCleared: "{0}: beslissing ingetrokken.",
    saidAdded: "{0} toegevoegd.", saidRemoved: "{0} verwijderd.", saidUndone: "Ongedaan gemaakt: {0}.",
    allDecided: "Over alle codes is beslist.",
    asked: "niet voorspeld", recorded: "al vastgelegd", noEvidence: "Geen vindplaats.", noCodes: "Er is geen code voorspeld.",
    noCoderEvidence: "Er is geen tekst als vindplaats geselecteerd.",
    place: "{0}: plaats {1} van {2}, {3}", weight: "gewicht {0}", term: "term", byYou: "door u geselecteerd",
    negated: "ontkend", historical: "van vroeger", family: "over een familielid", uncertain: "onzeker",
    speaks: "“{0}” ondersteunt:", showAll: "Alle codes tonen",
    add: "Gemiste code toevoegen", addFor: "Code toevoegen voor “{0}”", addDo: "Toevoegen", code: "Code", cancel: "Annuleren",
    close: "Sluiten", addHint: "Tekst die u in een verslag selecteert, wordt de vindplaats.",
    printOne: "Dit dossier", printAll: "Alle dossiers ({0})",
    saved: "Bewaard: de beslissingen over {0} dossiers.", savedOne: "Bewaard: de beslissingen over 1 dossier.",
    nothing: "Er zijn nog geen beslissingen.", opened: "Geopend: beslissingen over {0} dossiers.",
    openedOthers: "Geopend: beslissingen over {0} dossiers; {1} staan niet op deze pagina.",
    notDecisions: "Regel {0} van het bestand bevat geen beslissingen. Er is niets veranderd.",
    incomplete: "Deze pagina is onvolledig: het programma dat haar schreef, kwam niet tot het einde.",
    notRead: "Grijze tekst heeft het model niet gelezen: {0}.", oneWord: "{0} woord", someWords: "{0} woorden",
    oneOtherNote: "{0} verslag van een ander type", otherNotes: "{0} verslagen van andere types",
    letters: "Losse letters zijn toetsen", privacyTitle: "Waar beslissingen blijven",
    privacy: "Alleen in dit venster: wie het sluit, is ze kwijt. Er wordt niets in de browser bewaard en niets verlaat deze " +
      "computer, want de verslagen zijn gegevens van patiënten. Bewaar de beslissingen in een bestand voor u sluit; Openen haalt ze terug.",
    attention: "Gemarkeerde woorden zijn waar het model keek: hoe sterker de kleur, hoe hoger het gewicht. " +
      "Woorden met een stippellijn zijn een term van de code. Markeringen bewijzen niet dat de tekst zegt wat de code betekent.",
    keys: {code: "volgende, vorige code", place: "volgende, vorige vindplaats", accept: "aanvaarden en verder",
      reject: "verwerpen en verder", undo: "ongedaan maken", word: "codes die deze plaats ondersteunt",
      add: "gemiste code toevoegen", encounter: "volgend, vorig dossier", list: "lijst van dossiers",
      save: "beslissingen bewaren", clear: "alles weer tonen", help: "deze hulp"},
  },
  fr: {
    title: "Codes et leurs preuves", encounter: "Séjour", encounters: "Séjours", tools: "Outils",
    previousEncounter: "Séjour précédent", nextEncounter: "Séjour suivant", count: "{0} sur {1}",
    search: "Chercher un séjour ou un code", found: "{0} séjours sur {1}",
    save: "Enregistrer", saveLong: "Enregistrer les décisions dans un fichier", open: "Ouvrir", openLong: "Ouvrir un fichier de décisions", print: "Imprimer", language: "Langue", help: "Aide et touches",
    notes: "Documents", note: "Document {0}", codes: "Codes", decided: "{0} décidés sur {1}", undo: "Annuler",
    accept: "Accepter {0}", reject: "Rejeter {0}", remove: "Retirer {0}",
    accepted: "accepté", rejected: "rejeté", undecided: "non décidé", added: "ajouté par vous",
    saidAccepted: "{0} accepté.", saidRejected: "{0} rejeté.", saidCleared: "{0} : décision retirée.",
    saidAdded: "{0} ajouté.", saidRemoved: "{0} retiré.", saidUndone: "Annulé : {0}.",
    allDecided: "Tous les codes sont décidés.",
    asked: "non prédit", recorded: "déjà enregistré", noEvidence: "Pas de preuve.", noCodes: "Aucun code n’est prédit.",
    noCoderEvidence: "Aucun texte n’a été sélectionné comme preuve.",
    place: "{0} : passage {1} sur {2}, {3}", weight: "poids {0}", term: "terme", byYou: "sélectionné par vous",
    negated: "nié", historical: "passé", family: "concerne un proche", uncertain: "incertain",
    speaks: "« {0} » justifie :", showAll: "Montrer tous les codes",
    add: "Ajouter un code manqué", addFor: "Ajouter un code pour « {0} »", addDo: "Ajouter", code: "Code", cancel: "Abandonner",
    close: "Fermer", addHint: "Le texte que vous sélectionnez dans un document devient sa preuve.",
    printOne: "Ce séjour", printAll: "Tous les séjours ({0})",
    saved: "Enregistré : les décisions sur {0} séjours.", savedOne: "Enregistré : les décisions sur 1 séjour.",
    nothing: "Il n’y a pas encore de décisions.", opened: "Ouvert : décisions sur {0} séjours.",
    openedOthers: "Ouvert : décisions sur {0} séjours ; {1} ne sont pas sur cette page.",
    notDecisions: "La ligne {0} du fichier ne contient pas de décisions. Rien n’a été changé.",
    incomplete: "Cette page est incomplète : le programme qui l’a écrite n’est pas allé jusqu’au bout.",
    notRead: "Le modèle n’a pas lu le texte en gris : {0}.", oneWord: "{0} mot", someWords: "{0} mots",
    oneOtherNote: "{0} document d’un autre type", otherNotes: "{0} documents d’autres types",
    letters: "Les lettres seules sont des touches", privacyTitle: "Où restent les décisions",
    privacy: "Dans cette fenêtre seulement : elles disparaissent quand on la ferme. Rien n’est gardé dans le navigateur et rien ne " +
      "quitte cet ordinateur, car les documents sont des données de patients. Enregistrez les décisions avant de fermer ; Ouvrir les ramène.",
    attention: "Les mots marqués sont ceux que le modèle a regardés : plus la couleur est forte, plus le poids est élevé. " +
      "Les mots soulignés en pointillé sont un terme du code. Les marques ne prouvent pas que le texte dit ce que le code signifie.",
    keys: {code: "code suivant, précédent", place: "passage suivant, précédent", accept: "accepter, puis suivant",
      reject: "rejeter, puis suivant", undo: "annuler", word: "codes que ce passage justifie", add: "ajouter un code manqué",
      encounter: "séjour suivant, précédent", list: "liste des séjours", save: "enregistrer les décisions",
      clear: "tout montrer de nouveau", help: "cette aide"},
  },
};

let language = "en";

const t = (key, ...values) => strings[language][key].replace(/\{(\d)\}/g, (_, i) => values[i]);

// 0.93 as 93%. Only 0 is shown as 0%, and only 1 as 100%.
const percent = p => {
  const text = whole => new Intl.NumberFormat(language, {style: "percent", maximumFractionDigits: 0}).format(whole);
  if (p > 0 && p < .005) return "<" + text(.01);
  return p >= .995 && p < 1 ? ">" + text(.99) : text(p);
};
