// SPDX-License-Identifier: Apache-2.0
// Comparing text without case and accents: "Œdème" is "oedeme".

const accents = /[\u0300-\u036f]/g;
const ligatures = {œ: "oe", æ: "ae", ß: "ss"};

const fold = text => /^[\x00-\x7f]*$/.test(text) ? text.toLowerCase()
  : text.normalize("NFD").replace(accents, "").toLowerCase().replace(/[œæß]/g, c => ligatures[c]);

// "Essential (primary) hypertension" -> ["essential", "primary", "hypertension"]
const foldedWords = text => fold(text).split(/[^\p{L}\p{N}]+/u).filter(Boolean);

const compact = text => foldedWords(text).join("");

// Whether each word begins a word of the text, which is folded words with a blank before each.
const hasWords = (text, wanted) => wanted.every(word => text.includes(" " + word));

const foldCharacter = c => /\s/.test(c) ? " " : fold(c);

// The folded text of a note, and the unit of the note at each of its units; null if these are the same.
const foldNote = text => {
  const parts = [], units = [];
  let same = true, at = 0, next = 0; // next: units of the folded text
  // Most of the text is ASCII, which has as many units.
  for (const [part] of text.matchAll(/[\x00-\x7f]+|[^\x00-\x7f]/gu)) {
    const folded = part.charCodeAt(0) < 128 ? part.toLowerCase().replace(/\s/g, " ") : foldCharacter(part);
    if (folded.length !== part.length && same) {
      same = false;
      for (let i = 0; i < next; i++) units.push(i);
    }
    if (!same) for (let i = 0; i < folded.length; i++) units.push(at + Math.min(i, part.length - 1));
    parts.push(folded);
    next += folded.length;
    at += part.length;
  }
  units.push(at);
  return {text: parts.join(""), units: same ? null : units};
};
