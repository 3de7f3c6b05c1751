// SPDX-License-Identifier: Apache-2.0
// The group of a code in the list of codes: for codes that look like ICD-10 their chapter, for others their first character.

const chapters = [
  ["A00-B99", "Infectious and parasitic diseases", "Infectieziekten en parasitaire aandoeningen", "Maladies infectieuses et parasitaires"],
  ["C00-D49", "Neoplasms", "Nieuwvormingen", "Tumeurs"],
  ["D50-D89", "Blood and immune mechanism", "Bloed en immuunsysteem", "Sang et système immunitaire"],
  ["E00-E90", "Endocrine, nutritional and metabolic", "Endocrien, voeding en stofwisseling", "Endocrinologie, nutrition et métabolisme"],
  ["F00-F99", "Mental and behavioural", "Psychisch en gedrag", "Troubles mentaux et du comportement"],
  ["G00-G99", "Nervous system", "Zenuwstelsel", "Système nerveux"],
  ["H00-H59", "Eye", "Oog", "Œil"],
  ["H60-H95", "Ear", "Oor", "Oreille"],
  ["I00-I99", "Circulatory system", "Hart en vaatstelsel", "Appareil circulatoire"],
  ["J00-J99", "Respiratory system", "Ademhalingsstelsel", "Appareil respiratoire"],
  ["K00-K95", "Digestive system", "Spijsverteringsstelsel", "Appareil digestif"],
  ["L00-L99", "Skin", "Huid en subcutis", "Peau"],
  ["M00-M99", "Musculoskeletal system", "Botspierstelsel en bindweefsel", "Système ostéo-articulaire et muscles"],
  ["N00-N99", "Genitourinary system", "Urogenitaal stelsel", "Appareil génito-urinaire"],
  ["O00-O99", "Pregnancy and childbirth", "Zwangerschap en bevalling", "Grossesse et accouchement"],
  ["P00-P96", "Perinatal period", "Perinatale periode", "Période périnatale"],
  ["Q00-Q99", "Congenital malformations", "Aangeboren afwijkingen", "Malformations congénitales"],
  ["R00-R99", "Symptoms and findings", "Symptomen en bevindingen", "Symptômes et résultats"],
  ["S00-T98", "Injury and poisoning", "Letsel en vergiftiging", "Lésions et empoisonnements"],
  ["U00-U99", "Special purposes", "Bijzondere doeleinden", "Codes particuliers"],
  ["V00-Y99", "External causes", "Uitwendige oorzaken", "Causes externes"],
  ["Z00-Z99", "Health status and contact", "Gezondheidstoestand en contacten", "État de santé et recours aux soins"]];

// "I48.91" and "O9A.2" look like ICD-10, "0DTJ4ZZ", "401.9" and "44054006" do not.
const chapterIndex = code => {
  const category = /^[A-Z]\d[\dA-Z](?![\dA-Z]{4})/.exec(code)?.[0];
  return category === undefined ? -1 : chapters.findIndex(([range]) => category >= range.slice(0, 3) && (category <= range.slice(4) || category.slice(0, 2) === range.slice(4, 6)));
};

// {key, name}: codes with equal keys are a group; groups are in the order of their keys.
const chapterOf = code => {
  const i = chapterIndex(code), first = code.slice(0, 1).toUpperCase();
  if (i < 0) return {key: "~" + first, name: t("beginsWith", first)};
  const [range, ...names] = chapters[i];
  return {key: range, name: range.replace("-", "–") + " " + names[["en", "nl", "fr"].indexOf(language)]};
};
