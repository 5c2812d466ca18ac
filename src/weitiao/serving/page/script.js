// The page: texts in, labels out, or a conversation; files are a part of their own.

import { card, element } from "./answers.js";
import { forget, showMessages, stop, talk } from "./chat.js";
import { cancel, offerColumns, score, take } from "./files.js";
import { chosen, name, opened, openModels, several } from "./models.js";
import { ask, setToken, told, wellFormed } from "./server.js";
import { changeLanguage, say, translate } from "./words.js";

const $ = (id) => document.getElementById(id);
let answered = []; // [texts, answers] that are shown

function showAnswers() {
  if (chosen().chat) return showMessages();
  $("answers").replaceChildren(...answered.map(([text, answer]) => card(text, answer)));
}

async function label(event) {
  event.preventDefault();
  const button = $("ask").querySelector("button");
  if (button.disabled) return;
  button.disabled = true;
  $("fault").textContent = "";
  await (chosen().chat ? send() : labelTexts());
  button.disabled = false;
}

async function send() {
  const text = $("text").value;
  $("text").value = "";
  try {
    if (!(await talk(name(), wellFormed(text)))) $("fault").textContent = say("silent");
  } catch (error) {
    $("text").value ||= text;
    $("fault").textContent = told(error);
  }
  $("text").focus();
}

async function labelTexts() {
  const lines = $("text").value.split("\n").filter((line) => line.trim());
  const texts = chosen().pair ? [[$("text").value, $("pair").value].map(wellFormed)] : lines.map(wellFormed);
  try {
    const answers = await ask("predict", { model: name(), texts });
    answered = texts.map((text, i) => [text, answers[i]]);
  } catch (error) {
    answered = [];
    $("fault").textContent = told(error);
  }
  showAnswers();
}

function showModel() {
  $("second").hidden = $("of-other").hidden = !chosen().pair;
  $("pair").required = chosen().pair;
  $("of-text").textContent = say(chosen().chat ? "message" : chosen().pair ? "first" : "texts");
  $("ask").querySelector("button").textContent = say(chosen().chat ? "send" : "label");
  $("of-pair").textContent = say(chosen().options ? "options" : "pair");
}

async function open() {
  try {
    await openModels();
  } catch (error) {
    $("key").hidden = error.status !== 401;
    if (error.status !== 401) $("work").before(element("p", "fault", told(error)));
    return error.status === 401;
  }
  $("key").hidden = true;
  $("work").hidden = false;
  $("choice").hidden = !several();
  showModel();
  $("text").focus();
  return false;
}

function listen() {
  $("language").addEventListener("click", () => {
    changeLanguage();
    offerColumns();
    if (!opened()) return;
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
  $("cancel").addEventListener("click", cancel);
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
