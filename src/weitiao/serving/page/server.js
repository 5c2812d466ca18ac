// Questions to the server.

let token = "";

export class Refused extends Error {
  constructor(status, reason) {
    super(reason);
    this.status = status;
  }
}

export function setToken(value) {
  token = value;
}

// The answer to a question, as JSON; what is to be asked again later is.
export async function ask(path, query, signal) {
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
    const content = await said.json().catch(() => ({ error: said.statusText }));
    if (!said.ok) throw new Refused(said.status, content.error);
    return content;
  }
}
