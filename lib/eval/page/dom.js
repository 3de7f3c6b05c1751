// SPDX-License-Identifier: Apache-2.0
// Elements of the page.

const $ = id => document.getElementById(id);

const say = text => { $("status").textContent = text; };

// An element with properties, and children that are elements or text.
const make = (name, properties, ...children) => {
  const {data, aria, ...rest} = properties, element = Object.assign(document.createElement(name), rest);
  Object.assign(element.dataset, data);
  for (const [key, value] of Object.entries(aria ?? {})) element.setAttribute("aria-" + key, value);
  element.append(...children);
  return element;
};

const icon = name => {
  const svg = document.querySelector("#next svg").cloneNode(true);
  svg.firstElementChild.setAttribute("href", "#icon-" + name);
  return svg;
};

const iconButton = (name, label, properties = {}) =>
  make("button", {type: "button", title: label, ...properties, aria: {label, ...properties.aria}}, icon(name));

const option = (value, text) => make("option", {value}, text);

// A text for one line: short, and without characters that change the direction of the text around it.
const inLine = (text, most = 120) => {
  const plain = text.slice(0, 2 * most).replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "");
  return plain.length > most ? plain.slice(0, most) + "…" : plain;
};

// Scrolls a pane, and nothing around it, until the element is within it.
const scrollWithin = (pane, element) => {
  const outer = pane.getBoundingClientRect(), box = element.getBoundingClientRect();
  if (box.top < outer.top) pane.scrollTop += box.top - outer.top;
  else if (box.bottom > outer.bottom) pane.scrollTop += box.bottom - outer.bottom;
};
