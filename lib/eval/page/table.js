// SPDX-License-Identifier: Apache-2.0
// The table of codes, of which the coder adds one: lines of code, tab, description (formats/labels.md).
//
// It is searched in blocks of rows. A row of the folded text of a block is "\n i109 i10 9 essential hypertension": the code without
// points, and then the words of code and description, each after a blank. So a word that begins with some letters is a blank
// and these letters. Blocks are made a few at a time, because 100,000 rows take longer than a coder should wait.

const blockRows = 1000;

let tableText = "\n"; // a line end before each row and at the end
let blocks = [];      // [{begin, text}]: where its first row begins in tableText; the folded rows
let blockEnd = 1;     // where the next block begins
let onTable = () => {}; // called when a block is added

const foldRows = rows => "\n" + rows.replace(/^[^\t\n]*/gm, code => compact(code) + " " + code).split("\n")
  .map(row => " " + foldedWords(row).join(" ")).join("\n");

const addBlock = () => {
  const begin = blockEnd;
  for (let i = 0; i < blockRows && blockEnd < tableText.length; i++) blockEnd = tableText.indexOf("\n", blockEnd) + 1;
  blocks.push({begin, text: foldRows(tableText.slice(begin, blockEnd - 1)) + "\n"});
};

const tableReady = () => blockEnd >= tableText.length;

const makeBlocks = () => {
  const until = performance.now() + 8;
  while (!tableReady() && performance.now() < until) addBlock();
  onTable();
  if (!tableReady()) setTimeout(makeBlocks, 4);
};

// text: the lines, each with a line end.
const setTable = text => {
  tableText = "\n" + text;
  blocks = [];
  blockEnd = 1;
  setTimeout(makeBlocks, 50);
};

const rowAt = begin => {
  const [code, ...description] = tableText.slice(begin, tableText.indexOf("\n", begin)).split("\t");
  return {code, description: description.join("\t")};
};

// The row of a code; undefined: the table does not have it.
const findCode = code => {
  if (!code || /[\t\n]/.test(code)) return undefined;
  for (const end of ["\t", "\n"]) {
    const at = tableText.indexOf("\n" + code + end);
    if (at >= 0) return rowAt(at + 1);
  }
  return undefined;
};

const describe = code => findCode(code)?.description ?? "";

// The beginnings of the rows of a block, ascending.
const rowsOf = block => {
  if (block.rows) return block.rows;
  const rows = [];
  for (let at = block.begin, i = 0; i < blockRows && at < tableText.length; i++) {
    rows.push(at);
    at = tableText.indexOf("\n", at) + 1;
  }
  return block.rows = rows;
};

// The best rows are those whose code is what was typed, then those whose code begins with it, then those that begin with the first
// word, and of these the shortest.
const rankOf = (row, wanted, typed) => {
  const space = row.indexOf(" ", 1), code = row.slice(1, space < 0 ? undefined : space);
  const kind = code === typed ? 0 : code.startsWith(typed) ? 1 : row.startsWith(" " + code + " " + wanted[0]) || row.includes(" " + wanted[0], space + 1) ? 2 : 3;
  return kind * 500 + Math.min(row.length, 499);
};

const searchBlock = (block, wanted, typed, ranked, most) => {
  const {text} = block, longest = wanted.reduce((a, b) => b.length > a.length ? b : a), others = wanted.filter(word => word !== longest);
  let rowNumber = 0, counted = 0;
  for (let at = text.indexOf(" " + longest); at >= 0;) {
    const begin = text.lastIndexOf("\n", at) + 1, end = text.indexOf("\n", at), row = text.slice(begin, end);
    if (hasWords(row, others)) {
      for (; counted < begin - 1; rowNumber++) counted = text.indexOf("\n", counted + 1); // the row's number: line ends before it
      const rank = rankOf(row, wanted, typed), same = ranked[rank] ??= [];
      if (same.length < most) same.push({block, row: rowNumber});
    }
    at = text.indexOf(" " + longest, end);
  }
};

// At most `most` rows with all words of the query, each as the beginning of a word, the best first.
const searchTable = (query, most) => {
  const wanted = foldedWords(query), typed = wanted.join(""), ranked = [];
  if (!wanted.length) return [];
  for (const block of blocks) searchBlock(block, wanted, typed, ranked, most);
  return ranked.flat().slice(0, most).map(({block, row}) => rowAt(rowsOf(block)[row]));
};
