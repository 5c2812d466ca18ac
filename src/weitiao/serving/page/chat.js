// A conversation with a model that chats: each answer is shown while it grows.

import { hear } from "./server.js";
import { say } from "./words.js";

let messages = []; // what was said: { role, content, notes }, these by their names in words.js
let growing; // aborts the answer that grows

const $ = (id) => document.getElementById(id);

function paragraph(kind, text) {
  const made = document.createElement("p");
  made.className = kind;
  made.textContent = text; // never markup
  return made;
}

function shown({ role, content, notes = [] }) {
  const item = document.createElement("li");
  item.className = role;
  item.append(paragraph(role === "user" ? "text" : "said", content));
  item.append(...notes.map((name) => paragraph("note", say(name))));
  return item;
}

export function showMessages() {
  $("answers").replaceChildren(...messages.map(shown));
  $("answers").ariaBusy = growing ? "true" : "false"; // a screen reader waits for the whole answer
  $("forget").hidden = !messages.length;
  $("stop").hidden = !growing;
}

// Forget what was said, and end the answer that grows.
export function forget() {
  stop();
  messages = [];
  showMessages();
}

export function stop() {
  growing?.abort();
}

// Ask a model, and show its answer while it grows; says whether there is one. What was heard until
// it is stopped stays; a message without an answer, or whose answer fails, is forgotten.
export async function talk(model, content) {
  const here = messages; // once it is forgotten, these are others
  const answer = { role: "assistant", content: "" };
  here.push({ role: "user", content });
  const query = { model, messages: here.map(({ role, content }) => ({ role, content })) };
  here.push(answer);
  const own = (growing = new AbortController());
  showMessages();
  let kept = false;
  try {
    for await (const { content, reason, cut } of hear(query, own.signal)) {
      answer.content += content;
      answer.notes = [...(cut ? ["forgotten"] : []), ...(reason === "length" ? ["longest"] : [])];
      if (here === messages) $("answers").lastChild.replaceWith(shown(answer));
    }
    kept = Boolean(answer.content.trim());
  } catch (error) {
    if (error.name !== "AbortError") throw error;
    kept = Boolean(answer.content.trim());
    return true; // it was asked for
  } finally {
    if (!kept) here.splice(-2);
    if (growing === own) growing = undefined;
    if (here === messages) showMessages();
  }
  return kept;
}
