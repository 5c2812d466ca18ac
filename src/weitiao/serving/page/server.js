// Questions to the server.

import { say } from "./words.js";

let token = "";

export class Refused extends Error {
  constructor(status, reason) {
    super(reason);
    this.status = status;
  }
}

// A fault in words: the server's own, or that nobody answers.
export function told(error) {
  return error instanceof Refused ? error.message : say("gone");
}

// A text that UTF-8 can carry.
export const wellFormed = (text) => (text.toWellFormed ? text.toWellFormed() : text);

export function setToken(value) {
  token = value;
}

// The response to a question that was not refused; what is to be asked again later is.
async function response(path, query, signal) {
  for (;;) {
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    const options = { headers, signal };
    if (query) {
      headers["Content-Type"] = "application/json";
      Object.assign(options, { method: "POST", body: JSON.stringify(query) });
    }
    const said = await fetch(path, options);
    const later = Number(said.headers.get("Retry-After"));
    if (query && later && [429, 503].includes(said.status)) {
      await new Promise((done) => setTimeout(done, 1000 * later));
      signal?.throwIfAborted();
      continue;
    }
    if (said.ok) return said;
    const { error } = await said.json().catch(() => ({ error: said.statusText }));
    throw new Refused(said.status, error.message ?? error);
  }
}

// The answer to a question, as JSON.
export async function ask(path, query, signal) {
  return (await response(path, query, signal)).json();
}

// The answer to a conversation while it grows: { content } each time, in the end { reason } and
// { cut }: why it ended, and whether the oldest messages were left out.
export async function* hear(query, signal) {
  const said = await response("v1/chat/completions", { ...query, stream: true }, signal);
  const reader = said.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ""; ; ) {
    const { done, value } = await reader.read();
    if (done) throw new Error("the answer is torn");
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const data = event.slice("data: ".length);
      if (data === "[DONE]") return;
      const { error, choices, cut } = JSON.parse(data);
      if (error) throw new Refused(500, error.message);
      yield { content: choices[0].delta.content ?? "", reason: choices[0].finish_reason, cut };
    }
  }
}
