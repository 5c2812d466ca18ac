// A file of texts: its columns are offered, its rows are asked part by part, and come back as a CSV.

import { written } from "./answers.js";
import { decode, format, parse } from "./csv.js";
import { chosen, limits, name } from "./models.js";
import { ask, told, wellFormed } from "./server.js";
import { say } from "./words.js";

const CHUNK = 64; // rows that are asked at once

const $ = (id) => document.getElementById(id);
let file; // { name, rows }: the file that was given
let running; // aborts its scoring

export async function take(given) {
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
export function offerColumns() {
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
    if (part.length && (part.length >= Math.min(CHUNK, limits().texts) || bytes + size(text) > limits().body / 2)) {
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
  const long = (text) => [...[].concat(text).join("")].length > limits().characters;
  const sent = texts.filter((text) => !long(text));
  const answers = sent.length ? await ask("predict", { model: name(), texts: sent }, signal) : [];
  return texts.map((text) => (long(text) ? { error: say("long", limits().characters) } : answers.shift()));
}

export async function score(event) {
  event.preventDefault();
  const [column, other] = [Number($("column").value), Number($("other").value)];
  const rows = file.rows.slice($("header").checked ? 1 : 0);
  if (running || !rows.length) return;
  if (chosen().pair && file.rows[0].length < 2) return void ($("state").textContent = say("two"));
  const cell = (row, i) => wellFormed(row[i] ?? "");
  const texts = rows.map((row) => (chosen().pair ? [cell(row, column), cell(row, other)] : cell(row, column)));
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

export function cancel() {
  running?.abort();
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
  const { classes } = chosen();
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
