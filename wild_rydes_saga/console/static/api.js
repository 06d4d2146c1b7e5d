// Talks to the console. The key came in the address's fragment, which no server sees, and goes into a header.

import { el } from "./dom.js";

const KEPT = "wild-rydes-console-key";
let key = "";
let about = { target: "", isLocal: true };
let allowed = "";

export function takeKey() {
  const found = /^#key=([\w-]+)$/.exec(location.hash);
  if (found) {
    localStorage.setItem(KEPT, found[1]);
    history.replaceState(null, "", location.pathname + "#/rides");
  }
  key = localStorage.getItem(KEPT) || "";
  return key !== "";
}

export class Refused extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

async function asked(path, options = {}) {
  let answer;
  try {
    answer = await fetch("/api" + path, { ...options, headers: { "x-console-key": key, ...options.headers } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, "The console has ended. Start it again: make up, or make console.");
  }
  return answer;
}

async function parsed(answer) {
  const body = await answer.json().catch((error) => {
    if (error.name === "AbortError") throw error;
    throw new Refused(answer.status, "The console answered with no JSON. Reload the page.");
  });
  if (!answer.ok) throw new Refused(answer.status, body.error || `Status ${answer.status}`);
  return body;
}

export async function get(path, signal) {
  return parsed(await asked(path, { signal }));
}

export async function readAbout() {
  about = await get("/about");
  return about;
}

// A change names the account and stack that the page shows. On AWS a person confirms that once.
export async function post(path, body = {}, what = "") {
  if (!about.target) await readAbout();
  if (!about.isLocal && allowed !== about.target && !(await confirmed(what))) {
    throw new Refused(0, "Nothing was changed.");
  }
  const headers = { "content-type": "application/json", "x-console-target": about.target };
  return parsed(await asked(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

function confirmed(what) {
  return new Promise((resolve) => {
    const dialog = el("dialog.confirm", { "aria-labelledby": "confirm-title" },
      el("form", { method: "dialog" },
        el("h2", { id: "confirm-title" }, "This changes a stack on AWS"),
        el("p", {}, el("strong", {}, about.target)),
        el("p", {}, what || "The change takes effect at once, and may cost money."),
        el("div.buttons", {},
          el("button", { value: "no" }, "Cancel"),
          el("button.primary", { value: "yes" }, "Change this stack"))));
    dialog.addEventListener("close", () => {
      if (dialog.returnValue === "yes") allowed = about.target;
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

// Server-sent events over fetch, since an EventSource cannot send the key in a header.
export function listen(topics, heard, state) {
  const stop = new AbortController();
  (async () => {
    for (let wait = 500; !stop.signal.aborted; wait = Math.min(wait * 2, 10000)) {
      try {
        const answer = await asked(`/events?topics=${topics.join(",")}`, { signal: stop.signal });
        if (!answer.ok) await parsed(answer);
        state("live");
        wait = 500;
        await readEvents(answer.body.getReader(), heard);
      } catch (error) {
        if (stop.signal.aborted) return;
        state("lost", error.message);
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  })();
  return () => stop.abort();
}

async function readEvents(reader, heard) {
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true }).replaceAll("\r\n", "\n");
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      hear(text.slice(0, end), heard);
      text = text.slice(end + 2);
    }
  }
}

function hear(block, heard) {
  let name = "message";
  let data = "";
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    if (line.startsWith("data:")) data += line.slice(5).trim();
  }
  if (data) heard(name, JSON.parse(data));
}
