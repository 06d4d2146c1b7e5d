// The list of rides: live, newest first, with a search.

import { get } from "./api.js";
import { announce, el, empty, replace, sign, toast, when } from "./dom.js";

const PAGE = 50;

export function ridesView(main) {
  let query = "";
  let limit = PAGE;
  let asking = null;
  let newest = null;
  const list = el("ol.rides", { "aria-label": "Rides, newest first" });
  const status = el("p.count", { "aria-live": "polite" });
  const more = el("button", { type: "button", hidden: true, onclick: () => { limit += PAGE; read(); } }, "Show older rides");
  const box = el("input", {
    type: "search", id: "search", autocomplete: "off", spellcheck: "false", maxlength: 300,
    placeholder: "fareId, customerId or execution", oninput: () => { query = box.value; limit = PAGE; later(); },
  });
  let timer = 0;
  const later = () => { clearTimeout(timer); timer = setTimeout(read, 200); };
  main.append(
    el("div.head", {},
      el("h1", {}, "Rides"),
      el("div.search", {}, el("label", { for: "search" }, "Search"), box),
      el("a.button.primary", { href: "#/start" }, "Start a ride")),
    status, list, el("div.after", {}, more));

  async function read() {
    asking?.abort();
    asking = new AbortController();
    try {
      draw(await get(`/rides?q=${encodeURIComponent(query)}&limit=${limit}`, asking.signal));
    } catch (error) {
      if (error.name !== "AbortError") toast(error.message, true);
    }
  }

  function draw(answer) {
    if (!query && newest && answer.rides[0] && answer.rides[0].ride !== newest) announce(`New ride: ${answer.rides[0].verdict}`);
    if (!query) newest = answer.rides[0]?.ride || "none";
    const focused = document.activeElement?.dataset?.ride;
    replace(list, answer.rides.map(row));
    if (focused) list.querySelector(`[data-ride="${focused}"]`)?.focus({ preventScroll: true });
    status.textContent = counted(answer);
    more.hidden = answer.found <= answer.rides.length;
    if (!answer.rides.length) {
      replace(list, el("li.none", {}, query
        ? empty("Nothing found", `No ride has “${answer.query}” in its fareId, customerId or execution.`)
        : empty("No ride yet", "Start one: it appears here while it runs.", el("a.button.primary", { href: "#/start" }, "Start a ride"))));
    }
  }

  function counted(answer) {
    const all = `${answer.known.toLocaleString()}${answer.isComplete ? "" : " and more"}`;
    if (!query) return `${all} ${answer.known === 1 ? "ride" : "rides"}`;
    const rest = answer.known - answer.searched;
    const note = rest > 0 ? `; ${rest.toLocaleString()} are not read yet, and are found by execution only` : "";
    return `${answer.found.toLocaleString()} of ${all} rides found${note}`;
  }

  read();
  return { topics: ["rides"], changed: read, close: () => { clearTimeout(timer); asking?.abort(); } };
}

function row(ride) {
  return el("li", {},
    el(`a.ride-row.${ride.tone}`, { href: `#/ride/${ride.ride}`, "data-ride": ride.ride },
      sign(ride.tone),
      el("span.what", {}, el("strong", {}, ride.verdict),
        el("span.sub", {}, el("span.name", {}, ride.name), el("span", {}, ride.machine))),
      el("span.fare", {}, el("span.label", {}, "fare "), ride.fare.fareId || "–"),
      el("span.customer", {}, el("span.label", {}, "customer "), ride.fare.customerId || "–"),
      el("span.amount", {}, ride.fare.fareAmount || "–"),
      el("span.time", {}, when(ride.started), ride.took ? el("span.took", {}, ride.took) : null)));
}
