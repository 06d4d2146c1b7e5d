// Start a ride: the lab's payload, a button for each of its rides, and the line that does the same.

import { get, post } from "./api.js";
import { copyButton, el, replace, toast } from "./dom.js";

const TEXTS = { customerId: "customerId", fareId: "fareId", fareAmount: "fareAmount", cc: "cc (card number)", expiryDate: "expiryDate", cvv: "cvv" };

const MACHINES = { saga: "the finished saga", express: "the finished saga on Express", mine: "your machine (start-here)" };

export function startView(main) {
  const place = el("div");
  main.append(el("h1", {}, "Start a ride"), place);
  get("/start").then((settings) => draw(place, settings)).catch((error) => replace(place, el("p.notice.bad", {}, error.message)));
}

export async function begin(body, button) {
  const began = performance.now();
  if (button) button.disabled = true;
  try {
    const answer = await post("/start", body, "The ride charges a card through the stack's gateway.");
    window.rideClicked = began;
    location.hash = `#/ride/${answer.ride}`;
  } catch (error) {
    toast(error.message, true);
  } finally {
    if (button) button.disabled = false;
  }
}

function draw(place, settings) {
  const inputs = {};
  const field = (name, value, options = {}) => {
    inputs[name] = el("input", { id: `field-${name}`, name, autocomplete: "off", spellcheck: "false", value, oninput: line, ...options });
    return el("div.field", {}, el("label", { for: `field-${name}` }, TEXTS[name] || name), inputs[name],
      el("small", { id: `rule-${name}` }, options.note || ""));
  };
  const machine = el("select", { id: "machine", onchange: line },
    Object.keys(settings.machines).map((name) => el("option", { value: name }, MACHINES[name])));
  const command = el("pre.command", { tabindex: "0", "aria-label": "AWS CLI lines" });
  const body = () => ({ machine: machine.value, ...Object.fromEntries(Object.entries(inputs).map(([name, one]) => [name, one.value])) });

  function line() {
    const fare = Object.fromEntries(Object.keys(settings.fare).map((name) => [name, inputs[name].value]));
    const text = JSON.stringify(fare).slice(0, -1).replaceAll("'", "'\\''");
    const start = machine.value === "express"
      ? "start-sync-execution --name ride-$RANDOM --query '[status, output, error, cause]'" : "start-execution";
    command.textContent = `source ${settings.settings}\naws stepfunctions ${start} --state-machine-arn ${settings.machines[machine.value]} \\\n  --input '${text},'"$LAB_CARD"'}'`;
  }

  const form = el("form.form", { onsubmit: (event) => { event.preventDefault(); begin(body(), event.submitter); } },
    el("div.fields", {},
      Object.entries(settings.fare).map(([name, value]) => field(name, value, { note: short(settings.rules[name]) })),
      settings.card.map((one) => field(one.field, "", { type: "password", placeholder: "the lab's", note: short(one.rule) }))),
    el("div.buttons", {}, el("button.primary", { type: "submit" }, "Start this ride")));
  const quick = el("div.quick", {}, settings.buttons.map((one) => el("button.card", {
    type: "button", "data-ride-title": one.title,
    onclick: (event) => begin({ ...body(), ...settings.fare, ...one.fare }, event.currentTarget),
  }, el("strong", {}, one.title), el("code", {}, one.fare.customerId), one.note ? el("span", {}, one.note) : null)));
  replace(place,
    el("section.panel", { "aria-label": "The lab's rides" }, el("h2", {}, "The lab's rides"),
      el("div.field.machine", {}, el("label", { for: "machine" }, "Machine, for each ride that you start here"), machine), quick),
    el("section.panel", { "aria-label": "A ride of your own" }, el("h2", {}, "A ride of your own"),
      settings.card.length ? el("p.quiet", {}, "An empty card field is the lab's card. What you type there goes into the execution's input, which AWS keeps. No page here shows it.") : null, form),
    el("section.panel", { "aria-label": "The same with the AWS CLI" },
      el("div.row", {}, el("h2", {}, "The same with the AWS CLI"), copyButton(() => command.textContent)), command,
      el("p.quiet", {}, "$LAB_CARD is the lab's card. The first line sets it.")));
  line();
}

function short(rule) {
  return rule.split(",")[0].replace("a string of ", "").replace("a string ", "");
}
