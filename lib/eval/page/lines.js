// SPDX-License-Identifier: Apache-2.0
// Tables in the text of a note: their columns are only aligned if each character has the same width.

// "Hb   12.5   g/dL" has cells; "It hurts.  A sentence follows." and longer lines are prose.
const isTableLine = line => {
  if (line.length > 400) return false;
  const cells = line.trim().replace(/([.!?:;,]) {2}(?=\S)/g, "$1 ").split(/\t+| {2,}|\s*\|\s*/).filter(Boolean).length;
  return cells > 2 || (cells === 2 && /\S(?:\t+| {3,})\S/.test(line.trim()));
};

// The largest number of characters before a tab, with two blanks: so wide are the columns.
const tabSize = lines => {
  let most = 0;
  for (const line of lines) for (const cell of line.split("\t").slice(0, -1)) most = Math.max(most, cell.length);
  return Math.min(most + 2, 40);
};

// Two or more such lines, one after the other, as [{begin, end, tab, wide}] in units, with their line ends. wide: the longest line.
const findTables = text => {
  if (!/\t| {2}|\|/.test(text)) return [];
  const found = [];
  let lines = [], begin = 0, at = 0;
  const close = () => {
    if (lines.length > 1) found.push({begin, end: at, tab: tabSize(lines), wide: Math.max(...lines.map(l => l.length))});
    lines = [];
  };
  for (const line of text.split("\n")) {
    const inTable = isTableLine(line);
    if (!inTable) close();
    else {
      if (!lines.length) begin = at;
      lines.push(line);
    }
    at = Math.min(at + line.length + 1, text.length);
  }
  close();
  return found;
};

const tablesOf = note => note.tables ??= findTables(note.text);

// About how many lines the note takes if a line has that many characters: its height before it is laid out.
const linesOf = (text, width) => {
  let n = 0;
  for (let at = 0; at <= text.length;) {
    const end = text.indexOf("\n", at), size = (end < 0 ? text.length : end) - at;
    n += Math.max(1, Math.ceil(size / width));
    at += size + 1;
  }
  return n;
};
