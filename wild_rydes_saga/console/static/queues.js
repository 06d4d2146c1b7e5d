// The queues, as they are: nothing is received.

import { get } from "./api.js";
import { copyButton, el, pretty, replace, toast, when } from "./dom.js";

export function queuesView(main) {
  const place = el("div.queues");
  const note = el("p.quiet");
  const open = new Set();
  main.append(el("h1", {}, "Queues"), note, place);

  async function read() {
    try {
      const answer = await get("/queues");
      note.textContent = answer.isLocal
        ? "Messages are shown, not received: they stay for their readers."
        : "On AWS a message can only be received, which hides it and counts. So only the numbers are shown here.";
      replace(place, answer.queues.map((queue) => panel(queue, open, answer.isLocal)));
    } catch (error) {
      toast(error.message, true);
    }
  }
  read();
  return { topics: ["queues"], changed: read };
}

function panel(queue, open, isLocal) {
  const { visible, hidden, delayed } = queue.counts;
  const total = visible + hidden + delayed;
  const held = hidden ? `, ${hidden} with a reader now` : "";
  return el("section.panel", { "aria-label": `${queue.name} queue` },
    el("div.row", {}, el("h2", {}, queue.name), el("span.total", {}, `${total} ${total === 1 ? "message" : "messages"}${held}`)),
    el("p.quiet", {}, queue.about),
    queue.messages.length ? el("ol.messages", {}, queue.messages.map((one) => message(one, open))) : null,
    isLocal && total > queue.messages.length ? el("p.quiet", {}, `The newest ${queue.messages.length} are shown.`) : null,
    el("div.line", {}, el("code", { tabindex: "0", "aria-label": "AWS CLI line" }, queue.line), copyButton(queue.line)));
}

function message(one, open) {
  const made = el("details", { open: open.has(one.id) },
    el("summary", {}, el("span", {}, one.summary), el("span.sub", {}, when(one.sent), one.isVisible ? null : el("span", {}, "with a reader now"))),
    el("p.sub", {}, Object.entries(one.attributes).map(([name, value]) => el("span", {}, `${name} = ${value}`)),
      el("span", {}, one.receives === 1 ? "received once" : `received ${one.receives} times`), one.ride ? el("a", { href: `#/ride/${one.ride}` }, "Open the ride") : null),
    el("pre", { tabindex: "0", "aria-label": "Body" }, pretty(one.body)));
  made.addEventListener("toggle", () => (made.open ? open.add(one.id) : open.delete(one.id)));
  return el("li", {}, made);
}
