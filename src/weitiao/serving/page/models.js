// The models that answer, and which of them is chosen.

import { ask } from "./server.js";

let known; // models and limits

const chooser = () => document.getElementById("model");

// Ask which there are, and offer them; throws as `ask` does.
export async function openModels() {
  known = await ask("models");
  chooser().replaceChildren(...Object.keys(known.models).map((name) => new Option(name)));
}

export const opened = () => known !== undefined;
export const several = () => Object.keys(known.models).length > 1;
export const limits = () => known.limits;
export const name = () => chooser().value;
export const chosen = () => known.models[name()];
