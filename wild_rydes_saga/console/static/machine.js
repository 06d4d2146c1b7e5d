// The learner's machine: edit, check, deploy, ride.

import { get, post } from "./api.js";
import { el, replace, toast } from "./dom.js";
import { begin } from "./start.js";

export function machineView(main) {
  const place = el("div");
  main.append(el("h1", {}, "Your machine"), place);
  Promise.all([get("/machine"), get("/start")])
    .then(([machine, start]) => draw(place, machine, start))
    .catch((error) => replace(place, el("p.notice.bad", {}, error.message)));
}

function draw(place, machine, start) {
  const editor = el("textarea.editor", { id: "definition", spellcheck: "false", autocomplete: "off", wrap: "off", value: machine.definition, rows: 28 });
  const state = el("p.count", { "aria-live": "polite" }, "This is what start-here runs now.");
  editor.addEventListener("input", () => { state.textContent = editor.value === machine.definition ? "This is what start-here runs now." : "Changed, and not deployed yet."; });
  editor.addEventListener("keydown", (event) => {
    if (event.key === "Tab" && !event.shiftKey && event.ctrlKey === false && editor.dataset.tabs === "on") {
      event.preventDefault();
      editor.setRangeText("  ", editor.selectionStart, editor.selectionEnd, "end");
    }
  });
  const deploy = el("button.primary", { type: "button", onclick: async () => {
    deploy.disabled = true;
    try {
      const answer = await post("/machine/deploy", { definition: editor.value }, "It replaces the definition of start-here.");
      machine.definition = editor.value;
      state.textContent = answer.done;
      toast(answer.done);
    } catch (error) {
      state.textContent = error.message;
      toast(error.message, true);
    }
    deploy.disabled = false;
  } }, "Deploy to start-here");
  const rides = start.buttons.filter((one) => !one.fare.fareId).map((one) => el("button", {
    type: "button", onclick: (event) => begin({ machine: "mine", ...start.fare, fareId: "wr_564", ...one.fare }, event.currentTarget) }, one.title));
  replace(place,
    el("section.panel", { "aria-label": "Definition" },
      el("div.row", {}, el("label", { for: "definition" }, `Definition of ${machine.machine}`), state), editor,
      el("div.buttons", {}, deploy)),
    el("section.panel", { "aria-label": "Ride it" }, el("h2", {}, "Ride it"),
      el("p.quiet", {}, "Each button starts a ride on what is deployed."), el("div.buttons", {}, rides)));
}
