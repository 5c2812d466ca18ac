// What was said of a text, drawn: label, probabilities, spans, and what of the text was not read.

import { say } from "./words.js";

const BARS = 5; // classes that are shown at once

export function element(name, kind, ...content) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  made.append(...content); // texts become text nodes, never markup
  return made;
}

function bars(probabilities) {
  const sorted = Object.entries(probabilities).sort((a, b) => b[1] - a[1]);
  const drawn = (some) => {
    const list = element("dl", "bars");
    for (const [name, p] of some) {
      const bar = element("i");
      bar.style.width = `${100 * p}%`;
      list.append(element("dt", "", name), element("div", "bar", bar), element("dd", "", `${(100 * p).toFixed(1)} %`));
    }
    return list;
  };
  const shown = [drawn(sorted.slice(0, BARS))];
  if (sorted.length > BARS) {
    shown.push(element("details", "", element("summary", "", say("more", sorted.length)), drawn(sorted.slice(BARS))));
  }
  return shown;
}

// A label as it stands in a CSV: spans and answers as JSON, several labels with a bar between them.
export function written(label) {
  const labels = [].concat(label);
  return labels.some(isSpan) ? JSON.stringify(labels.map(({ start, end, label, text }) => [start, end, label ?? text])) : labels.join("|");
}

// A text whose spans that were not read are struck out; they count code points.
function struck(text, spans) {
  const points = [...text];
  const parts = [];
  let done = 0;
  for (const [begin, end] of spans) {
    parts.push(points.slice(done, begin).join(""), element("del", "", points.slice(begin, end).join("")));
    done = end;
  }
  return [...parts, points.slice(done).join("")];
}

// What the model got: each text with what it did not read of it.
function asRead(row, cut) {
  const texts = [].concat(row);
  const spans = texts.length > 1 ? cut ?? [] : [cut ?? []];
  return texts.flatMap((text, i) => [...(i ? ["\n"] : []), ...struck(text, spans[i] ?? [])]);
}

const isSpan = (label) => typeof label === "object";

// A text with the spans that were found in it, an answer's without a name; they count code points.
function marked(text, spans) {
  const points = [...text];
  const parts = [];
  let done = 0;
  for (const { start, end, label } of spans) {
    const name = label === undefined ? [] : [element("small", "", label)];
    parts.push(points.slice(done, start).join(""), element("mark", "", points.slice(start, end).join(""), ...name));
    done = end;
  }
  return [...parts, points.slice(done).join("")];
}

// A span whose name says how sure it is, where that is known.
function named(span, sure) {
  return sure === undefined ? span : { ...span, label: [span.label ?? "", sure.toFixed(3)].join(" ").trim() };
}

export function card(text, answer) {
  const labels = [].concat(answer.label);
  const sure = answer.more?.probability; // of each span; or of an answer, which has no name
  const spans = labels.filter(isSpan).map((span, i) => named(span, Array.isArray(sure) ? sure[i] : sure));
  const [first, ...others] = [].concat(text);
  const shown = spans.length ? marked(first, spans) : [first];
  const made = element("li", "", element("p", "text", ...shown, ...others.map((other) => `\n${other}`)));
  if (!spans.length) made.append(element("p", "said", labels.join(" · ") || say("none")));
  if (answer.probabilities) made.append(...bars(answer.probabilities));
  const options = answer.more?.probabilities; // of a row's options, which are called A, B, …
  if (options) made.append(...bars(Object.fromEntries(options.map((p, i) => [String.fromCharCode(65 + i), p]))));
  if (answer.cleaned !== undefined || answer.cut) {
    const read = asRead(answer.cleaned ?? text, answer.cut);
    made.append(element("p", "note", say("cleaned"), ...read));
  }
  if (answer.cut) made.append(element("p", "note", say("cut")));
  return made;
}
