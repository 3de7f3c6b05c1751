// SPDX-License-Identifier: Apache-2.0
// Saving decisions to a file that the coder chooses, and opening it again.

let file = null; // the file that decisions are saved to, once it was chosen

const download = (name, text) => {
  const url = URL.createObjectURL(new Blob([text], {type: "application/x-ndjson"}));
  make("a", {href: url, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
};

const writeFile = async text => {
  const stream = await file.createWritable();
  await stream.write(text);
  await stream.close();
};

// The browser asks for a file the first time, and then the same one is written again. A browser that cannot do this downloads a file.
const saveDecisions = async () => {
  if (!reviews.size) return say(t("nothing"));
  const text = decisionLines(), n = reviews.size;
  try {
    if (window.showSaveFilePicker) {
      file ??= await showSaveFilePicker({suggestedName: "decisions.jsonl", types: [{accept: {"application/x-ndjson": [".jsonl"]}}]});
      await writeFile(text);
    } else download("decisions.jsonl", text);
  } catch (error) {
    file = null;
    return say(error.name === "AbortError" ? t("notSaved") : t("saveFailed"));
  }
  setUnsaved(false);
  say(n === 1 ? t("savedOne") : t("saved", numeral(n)));
};

const openDecisions = async () => {
  const [opened] = $("file").files;
  if (!opened) return;
  const {changes, encounters, others, bad} = readDecisions(await opened.text());
  $("file").value = "";
  if (bad) return say(t("notDecisions", bad));
  const before = unsaved;
  if (changes.length) change(changes);
  setUnsaved(before); // decisions read from a file need not be saved again
  refresh(changes.filter(c => c.number === shown.number).map(c => c.code));
  say(others ? t("openedOthers", encounters, others) : t("opened", encounters));
};
