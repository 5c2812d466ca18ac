// The page: texts in, labels out; a file in, a CSV out.

import { forget, showMessages, stop, talk } from "./chat.js";
import { decode, format, parse } from "./csv.js";
import { ask, Refused, setToken } from "./server.js";
import { changeLanguage, say, translate } from "./words.js";

const BARS = 5; // classes that are shown at once
const CHUNK = 64; // rows of a file that are asked at once

const $ = (id) => document.getElementById(id);
let known; // models and limits
let file; // { name, rows }: the file that was given
let running; // aborts the scoring of a file
let answered = []; // [texts, answers] that are shown

const chats = () => known.models[$("model").value].chat;
const pairs = () => known.models[$("model").value].pair;
const wellFormed = (text) => (text.toWellFormed ? text.toWellFormed() : text);

function element(name, kind, ...content) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  made.append(...content); // texts become text nodes, never markup
  return made;
}

function told(error) {
  return error instanceof Refused ? error.message : say("gone");
}

// -- texts --------------------------------------------------------------------------------------

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
function written(label) {
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

function card(text, answer) {
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

function showAnswers() {
  if (chats()) return showMessages();
  $("answers").replaceChildren(...answered.map(([text, answer]) => card(text, answer)));
}

async function label(event) {
  event.preventDefault();
  const button = $("ask").querySelector("button");
  if (button.disabled) return;
  button.disabled = true;
  $("fault").textContent = "";
  await (chats() ? send() : labelTexts());
  button.disabled = false;
}

async function send() {
  const text = $("text").value;
  $("text").value = "";
  try {
    if (!(await talk($("model").value, wellFormed(text)))) $("fault").textContent = say("silent");
  } catch (error) {
    $("text").value ||= text;
    $("fault").textContent = told(error);
  }
  $("text").focus();
}

async function labelTexts() {
  const lines = $("text").value.split("\n").filter((line) => line.trim());
  const texts = pairs() ? [[$("text").value, $("pair").value].map(wellFormed)] : lines.map(wellFormed);
  try {
    const answers = await ask("predict", { model: $("model").value, texts });
    answered = texts.map((text, i) => [text, answers[i]]);
  } catch (error) {
    answered = [];
    $("fault").textContent = told(error);
  }
  showAnswers();
}

// -- files --------------------------------------------------------------------------------------

async function take(given) {
  if (!given || running) return;
  const plain = !/\.(csv|tsv)$/i.test(given.name);
  file = { name: given.name, rows: parse(decode(await given.arrayBuffer()), plain) };
  $("score").hidden = false;
  $("result").hidden = true;
  $("progress").hidden = true;
  $("header").checked = !plain;
  $("state").textContent = file.rows.length ? `${file.name} · ${say("rows", file.rows.length)}` : say("empty");
  offerColumns();
}

// The columns by name, the one with the longest texts first chosen.
function offerColumns() {
  if (!file) return;
  const width = Math.max(0, ...file.rows.slice(0, 100).map((row) => row.length));
  const sizes = Array.from({ length: width }, (_, i) => [
    file.rows.slice(1, 100).reduce((sum, row) => sum + (row[i] ?? "").length, 0), i]);
  const order = sizes.sort((a, b) => b[0] - a[0]).map(([, i]) => i);
  ["column", "other"].forEach((id, place) => {
    const before = $(id).value;
    const names = Array.from({ length: width }, (_, i) => ($("header").checked && file.rows[0][i]) || say("nth", i + 1));
    $(id).replaceChildren(...names.map((name, i) => new Option(name, i)));
    $(id).value = before && before < width && file.offered ? before : order[place] ?? "";
  });
  file.offered = true;
}

// Parts of a file that a request may hold: [start, texts]; a text that is too long is alone in none.
function* chunks(texts) {
  const size = (text) => new TextEncoder().encode(JSON.stringify(text)).length;
  let part = [], bytes = 0, start = 0;
  for (const [i, text] of texts.entries()) {
    if (part.length && (part.length >= Math.min(CHUNK, known.limits.texts) || bytes + size(text) > known.limits.body / 2)) {
      yield [start, part];
      [part, bytes, start] = [[], 0, i];
    }
    part.push(text);
    bytes += size(text) + 1;
  }
  if (part.length) yield [start, part];
}

// What is said of each text; a text that is refused alone has its reason as `error`.
async function answersTo(texts, signal) {
  const long = (text) => [...[].concat(text).join("")].length > known.limits.characters;
  const sent = texts.filter((text) => !long(text));
  const answers = sent.length ? await ask("predict", { model: $("model").value, texts: sent }, signal) : [];
  return texts.map((text) => (long(text) ? { error: say("long", known.limits.characters) } : answers.shift()));
}

async function score(event) {
  event.preventDefault();
  const [column, other] = [Number($("column").value), Number($("other").value)];
  const rows = file.rows.slice($("header").checked ? 1 : 0);
  if (running || !rows.length) return;
  if (pairs() && file.rows[0].length < 2) return void ($("state").textContent = say("two"));
  const cell = (row, i) => wellFormed(row[i] ?? "");
  const texts = rows.map((row) => (pairs() ? [cell(row, column), cell(row, other)] : cell(row, column)));
  begin(rows.length);
  try {
    const answers = [];
    for (const [start, part] of chunks(texts)) {
      answers.push(...(await answersTo(part, running.signal)));
      $("progress").value = start + part.length;
      $("state").textContent = say("progress", start + part.length, rows.length);
    }
    offer(rows, answers);
  } catch (error) {
    $("state").textContent = error.name === "AbortError" ? say("stopped") : told(error);
  }
  running = undefined;
  $("cancel").hidden = true;
}

function begin(rows) {
  running = new AbortController();
  $("result").hidden = true;
  $("cancel").hidden = false;
  $("progress").hidden = false;
  $("progress").value = 0;
  $("progress").max = rows;
  $("state").textContent = say("progress", 0, rows);
}

// A link to the rows with what was said of them.
function offer(rows, answers) {
  const { classes } = known.models[$("model").value];
  const width = Math.max(...rows.map((row) => row.length));
  const names = Array.from({ length: width }, (_, i) => ($("header").checked && file.rows[0][i]) || `column ${i + 1}`);
  const failed = answers.filter((answer) => answer.error).length;
  const added = (name) => (names.includes(name) ? `predicted ${name}` : name);
  const head = [...names, added("label"), ...classes.map((name) => `p(${name})`), ...(failed ? ["error"] : [])];
  const lines = rows.map((row, i) => {
    const { label = "", probabilities = {}, error = "" } = answers[i];
    const cells = Array.from({ length: width }, (_, j) => row[j] ?? "");
    return [...cells, written(label), ...classes.map((name) => probabilities[name] ?? ""), ...(failed ? [error] : [])];
  });
  const link = $("result");
  URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(new Blob([format([head, ...lines])], { type: "text/csv" }));
  link.download = `${file.name.replace(/\.\w+$/, "")}-labelled.csv`;
  link.textContent = say("save", link.download);
  link.hidden = false;
  link.focus();
  $("state").textContent = say("done", rows.length - failed) + (failed ? ` ${say("failed", failed)}` : "");
}

// -- the page -----------------------------------------------------------------------------------

function showModel() {
  $("second").hidden = $("of-other").hidden = !pairs();
  $("pair").required = pairs();
  $("of-text").textContent = say(chats() ? "message" : pairs() ? "first" : "texts");
  $("ask").querySelector("button").textContent = say(chats() ? "send" : "label");
  $("of-pair").textContent = say(known.models[$("model").value].options ? "options" : "pair");
}

async function open() {
  try {
    known = await ask("models");
  } catch (error) {
    $("key").hidden = error.status !== 401;
    if (error.status !== 401) $("work").before(element("p", "fault", told(error)));
    return error.status === 401;
  }
  $("key").hidden = true;
  $("work").hidden = false;
  $("model").replaceChildren(...Object.keys(known.models).map((name) => new Option(name)));
  $("choice").hidden = Object.keys(known.models).length < 2;
  showModel();
  $("text").focus();
  return false;
}

function listen() {
  $("language").addEventListener("click", () => {
    changeLanguage();
    offerColumns();
    if (!known) return;
    showModel();
    showAnswers();
  });
  $("key").addEventListener("submit", async (event) => {
    event.preventDefault();
    setToken($("token").value);
    const wrong = await open();
    $("token").setCustomValidity(wrong ? say("wrong") : "");
    if (wrong) $("token").reportValidity();
  });
  $("token").addEventListener("input", () => $("token").setCustomValidity(""));
  $("model").addEventListener("change", () => {
    forget();
    answered = [];
    showModel();
    showAnswers();
  });
  $("stop").addEventListener("click", stop);
  $("forget").addEventListener("click", forget);
  $("ask").addEventListener("submit", label);
  $("ask").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) $("ask").requestSubmit();
  });
  $("file").addEventListener("change", () => take($("file").files[0]));
  $("header").addEventListener("change", offerColumns);
  $("score").addEventListener("submit", score);
  $("cancel").addEventListener("click", () => running?.abort());
  for (const name of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(name, (event) => {
      event.preventDefault(); // else a file that misses its place would take the page's
      $("drop").classList.toggle("over", name === "dragover");
      if (name === "drop") take(event.dataTransfer.files[0]);
    });
  }
}

translate();
listen();
open();
