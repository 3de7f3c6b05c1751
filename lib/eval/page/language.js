// SPDX-License-Identifier: Apache-2.0
// Texts, numbers and dates in the language of the page.

let language = "en";

const t = (key, ...values) => strings[language][key].replace(/\{(\d)\}/g, (_, i) => values[i]);

// Formats of the reader: those of the first language of the browser that is the language of the page, such as en-GB for English.
const formats = new Map();
const formatOf = (name, create) => {
  const key = language + name;
  if (!formats.has(key)) formats.set(key, create(navigator.languages.find(l => l.slice(0, 2) === language) ?? language));
  return formats.get(key);
};

const numeral = n => formatOf("number", l => new Intl.NumberFormat(l)).format(n);

// 0.93 as 93%. Only 0 is shown as 0%, and only 1 as 100%.
const percent = p => {
  const text = whole => formatOf("percent", l => new Intl.NumberFormat(l, {style: "percent", maximumFractionDigits: 0})).format(whole);
  if (p > 0 && p < .005) return "<" + text(.01);
  return p >= .995 && p < 1 ? ">" + text(.99) : text(p);
};

// "2024-03-01" as 1 Mar 2024, "2024-03-01T09:30:00" also with its time, in the zone in which it was written; any other text as it is.
const dateOf = text => {
  const [, year, month, day, hour, minute] = /^(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d):(\d\d)(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)?$/.exec(text) ?? [];
  const date = new Date(Date.UTC(year, month - 1, day, hour ?? 0, minute ?? 0));
  if (!year || date.getUTCDate() !== Number(day) || date.getUTCMonth() !== month - 1) return text;
  const time = hour === undefined ? {} : {timeStyle: "short"};
  return formatOf(hour === undefined ? "date" : "time", l => new Intl.DateTimeFormat(l, {dateStyle: "medium", timeZone: "UTC", ...time})).format(date);
};
