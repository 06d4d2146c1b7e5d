// One ride: its picture, its states, its money, its message and its recovery.

import { get, post } from "./api.js";
import { announce, clock, copyButton, el, picture, pretty, replace, sign, toast, when } from "./dom.js";

export function rideView(main, handle) {
  let chosen = "";
  let picked = false;
  let last = "";
  let ride = null;
  const head = el("div.ride-head", {}, el("p.count", {}, "Reading the ride …"));
  const graph = el("div.graph");
  const detail = el("section.panel.detail", { "aria-label": "State", tabindex: "-1" });
  const facts = el("div.facts");
  const recovery = el("div.recovery");
  const logs = logsPanel(handle);
  const note = el("p.quiet.note", { hidden: true });
  main.append(el("p.back", {}, el("a", { href: "#/rides" }, "← Rides")), head,
    el("div.ride-grid", {}, el("section.panel.picture", { "aria-label": "Path" }, graph, legend(), note), el("div.side", {}, detail, facts)),
    recovery);

  async function read() {
    try {
      draw(await get(`/ride/${handle}`));
    } catch (error) {
      if (!ride) replace(head, el("p.notice.bad", {}, error.message));
      else toast(error.message, true);
    }
  }

  function draw(found) {
    const version = JSON.stringify(found);
    if (version === last) return;
    last = version;
    if (ride && ride.verdict !== found.verdict) announce(`The ride is ${found.verdict}`);
    ride = found;
    replace(head, heading(ride, handle, read));
    drawGraph(graph, ride, "", pick);
    note.textContent = ride.note || "";
    note.hidden = !ride.note;
    if (!picked || !ride.states[chosen]) chosen = interesting(ride);
    show();
    replace(facts, moneyPanel(ride), messagePanel(ride), farePanel(ride), logs);
    replace(recovery, ride.recovery ? recoveryPanel(ride.recovery) : null);
  }

  function pick(name) {
    chosen = name;
    picked = true;
    show();
    announce(`${name} is shown`);
    if (window.matchMedia("(max-width: 900px)").matches) detail.scrollIntoView({ block: "start" });
  }

  function show() {
    for (const one of graph.querySelectorAll(".state")) one.classList.toggle("chosen", one.dataset.state === chosen);
    replace(detail, stateDetail(chosen, ride.states[chosen], ride.status));
  }

  read();
  return { topics: [`ride:${handle}`], changed: read };
}

function heading(ride, handle, read) {
  const act = (path, what) => async (event) => {
    event.target.disabled = true;
    try {
      toast((await post(`/ride/${handle}/${path}`, {}, what)).done);
    } catch (error) {
      toast(error.message, true);
    }
    event.target.disabled = false;
    read();
  };
  return [
    el("h1.verdict", {}, sign(ride.tone), el("span", {}, ride.verdict)),
    el("p.sub", {}, el("code", {}, ride.name), copyButton(ride.sagaId, "Copy ARN"), el("span", {}, ride.machine),
      el("span", {}, ride.status), when(ride.started), ride.took ? el("span", {}, `took ${ride.took}`) : null),
    ride.cause ? el("p.cause", {}, `${ride.error}: ${ride.cause}`) : null,
    ride.recovering ? el("p.notice", {}, `Recovery: ${ride.recovering}`) : null,
    el("div.buttons", {},
      ride.canCancel ? el("button.danger", { type: "button", onclick: act("cancel", "The ride is stopped and rolled back.") }, "Cancel this ride") : null,
      ride.canRecover ? el("button.primary", { type: "button", onclick: act("recover", "The recovery undoes the ride, and settles it.") }, "Recover it now") : null),
  ];
}

function drawGraph(place, ride, chosen, pick) {
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.state : null;
  const drawn = picture(ride.svg);
  for (const state of drawn.querySelectorAll?.(".state") || []) {
    state.addEventListener("click", () => pick(state.dataset.state));
    state.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        pick(state.dataset.state);
      }
    });
    if (state.dataset.state === focused) setTimeout(() => state.focus({ preventScroll: true }));
  }
  replace(place, drawn);
  requestAnimationFrame(() => fit(drawn));
}

// As large as the window allows, so that all of it is in view. But its smallest text stays readable: a picture that is
// larger even so is scrolled.
const LARGEST = 1.4;
const SMALLEST = 0.82;
const BESIDE = 160;

// Graphviz measures text with a font that the reader may not have: a name that is wider than its box is narrowed.
function fit(drawn) {
  const [width, height] = ["width", "height"].map((name) => parseFloat(drawn.getAttribute(name)) || 1);
  const scale = Math.min(LARGEST, drawn.parentElement.clientWidth / width, (window.innerHeight - BESIDE) / height);
  drawn.style.width = `${Math.round(width * Math.max(SMALLEST, scale))}px`;
  drawn.closest(".picture")?.classList.toggle("tall", scale < SMALLEST);
  for (const state of drawn.querySelectorAll?.(".state") || []) {
    const room = state.querySelector("path").getBBox().width - 16;
    for (const text of state.querySelectorAll("text:not(.sign)")) {
      if (room > 0 && text.getComputedTextLength() > room) {
        text.setAttribute("textLength", room);
        text.setAttribute("lengthAdjust", "spacingAndGlyphs");
      }
    }
  }
}

function interesting(ride) {
  const entered = ride.path.filter((name) => ride.states[name]);
  const failing = entered.find((name) => ride.states[name].visits.some((visit) =>
    visit.attempts.some((attempt) => !["succeeded", "running"].includes(attempt.result))));
  return failing || entered.at(-1) || Object.keys(ride.states)[0] || "";
}

function legend() {
  const items = [["done", "✓", "succeeded"], ["caught", "!", "caught an error"], ["failed", "✗", "failed"],
    ["running", "…", "running"], ["ahead", "", "not entered"]];
  return el("ul.legend", { "aria-label": "Colours" }, items.map(([tone, mark, text]) =>
    el("li", {}, el(`span.swatch.${tone}`, { "aria-hidden": "true" }, mark), text)));
}

function stateDetail(name, state, status) {
  if (!state) return [el("h2", {}, "State"), el("p.quiet", {}, "Choose a state in the picture.")];
  if (!state.visits.length) return [el("h2", {}, name), el("p.quiet", {}, `${state.type} state, not entered by this ride.`)];
  return [el("h2", {}, name), state.visits.map((visit, index) => el("div.visit", {},
    state.visits.length > 1 ? el("h3", {}, `Visit ${index + 1}`) : null,
    el("p.sub", {}, el("span", {}, `${state.type} state`), visit.entered ? times(visit, status) : el("span", {}, "its times and data are in no history")),
    visit.attempts.length ? attempts(visit.attempts) : null,
    data("Input", visit.input, visit.input === "{}" ? NOTHING_PASSED : ""), data("Arguments of its call", visit.arguments), data("Output", visit.output)))];
}

const NOTHING_PASSED = "The state before passes nothing on. A state reads the execution's input and the variables instead.";

function times(visit, status) {
  return [el("span", {}, `entered ${clock(visit.entered)}`),
    el("span", {}, visit.took ? `took ${visit.took}` : status === "RUNNING" ? "running" : "the execution ended here")];
}

function attempts(all) {
  return el("div.scroll", {}, el("table.attempts", {},
    el("caption", {}, !all[0].began ? "The last attempt" : all.length === 1 ? "1 attempt" : `${all.length} attempts`),
    el("thead", {}, el("tr", {}, ["#", "Result", "Began", "Took"].map((text) => el("th", { scope: "col" }, text)))),
    el("tbody", {}, all.map((one) => el(`tr.${tone(one.result)}`, {}, el("td", {}, String(one.number)),
      el("td", {}, el("strong", {}, one.result), one.cause ? el("details", {}, el("summary", {}, "Cause"), el("pre", {}, pretty(one.cause))) : null),
      el("td", {}, clock(one.began) || "–"), el("td", {}, one.took || (one.began ? "…" : "–")))))));
}

function tone(result) {
  return { succeeded: "done", running: "running" }[result] || "bad";
}

function data(title, text, note = "") {
  if (!text) return null;
  const shown = pretty(text);
  return el("details.data", { open: shown.length < 1500 }, el("summary", {}, title), el("pre", { tabindex: "0", "aria-label": title }, shown),
    note ? el("p.quiet.note", {}, note) : null);
}

function panel(title, ...content) {
  return el("section.panel", { "aria-label": title }, el("h2", {}, title), ...content);
}

function pairs(rows) {
  return el("dl.pairs", {}, rows.map(([name, value]) => [el("dt", {}, name), el("dd", {}, value || "–")]));
}

function moneyPanel(ride) {
  return panel("Money", el("table.money", {},
    el("thead", {}, el("tr", {}, el("td"), el("th", { scope: "col" }, "Before"), el("th", { scope: "col" }, "After"))),
    el("tbody", {}, ride.money.map(([name, before, after]) => el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, before),
      el(`td${before === after ? "" : ".moved"}`, {}, after))))), pairs(ride.ledgers));
}

function messagePanel(ride) {
  const { queue, body } = ride.message;
  const texts = { none: "No message was sent.", unclear: "A message was sent, and neither queue holds it: its attribute IsSuccessful is missing or wrong, or a reader has taken it, or the ride was refused for its fareId.", "": "No message yet." };
  const text = texts[queue] ?? `In the ${queue} queue${body ? "." : ": a reader may have taken it."}`;
  return panel("Message", el("p", {}, text), body ? data("Message", body) : null);
}

function farePanel(ride) {
  return panel("Fare", pairs([...Object.entries(ride.fare), ["sagaId", ride.sagaId]]));
}

// Read on demand: on AWS it is a call for each log group.
function logsPanel(handle) {
  const place = el("div", { "aria-live": "polite" });
  const button = el("button.small", { type: "button", onclick: async () => {
    button.disabled = true;
    try {
      const { lines, found } = await get(`/ride/${handle}/logs`);
      replace(place, lines.length ? el("ol.messages", {}, lines.map(logLine)) : el("p.quiet", {}, "No line names this ride."),
        found > lines.length ? el("p.quiet", {}, `The first ${lines.length} of ${found} lines are shown.`) : null);
    } catch (error) {
      toast(error.message, true);
    }
    button.disabled = false;
  } }, "Read the logs");
  return panel("Logs", el("p.quiet", {}, "What the functions have logged of this ride, and on AWS the machines."), button, place);
}

function logLine(one) {
  return el("li", {}, el("details", {},
    el("summary", {}, el("span", {}, one.message || "metrics"), el("span.sub", {}, el("span", {}, one.from), el("span", {}, one.level), el("span", {}, clock(one.at)))),
    el("pre", { tabindex: "0", "aria-label": "Line" }, pretty(one.line))));
}

function recoveryPanel(recovery) {
  let chosen = interesting(recovery);
  const graph = el("div.graph");
  const detail = el("section.panel.detail", { "aria-label": "State of the recovery" });
  const pick = (name) => {
    chosen = name;
    replace(detail, stateDetail(name, recovery.states[name], recovery.status));
  };
  drawGraph(graph, recovery, chosen, pick);
  pick(chosen);
  return [el("h2.part", {}, `Recovery: ${recovery.status}`), el("p.path", {}, recovery.path.join(" → ")),
    el("div.ride-grid", {}, el("section.panel.picture", { "aria-label": "Path of the recovery" }, graph), el("div.side", {}, detail))];
}
