// The learner's machine: edit, check, deploy, ride; and the lab's chapters.

import { get, post } from "./api.js";
import { announce, codeName, copyButton, el, replace, toast } from "./dom.js";
import { begin } from "./start.js";

const AS_DEPLOYED = "This is what start-here runs now.";

export function machineView(main) {
  const place = el("div");
  const progress = el("p.count", { "aria-live": "polite" });
  main.append(el("h1", {}, "Your machine"), place);
  Promise.all([get("/machine"), get("/start")])
    .then(([machine, start]) => draw(place, machine, start, progress))
    .catch((error) => replace(place, el("p.notice.bad", {}, error.message)));
  return {
    topics: ["machine"],
    changed: async () => { progress.textContent = (await get("/machine/progress")).progress; },
  };
}

function draw(place, machine, start, progress) {
  const result = el("div.result", { "aria-live": "polite" });
  const chapters = el("div");
  const state = el("p.count", { "aria-live": "polite" }, AS_DEPLOYED);
  const editor = el("textarea.editor", {
    id: "definition", spellcheck: "false", autocomplete: "off", autocapitalize: "off", wrap: "off", value: machine.definition,
    oninput: () => { state.textContent = editor.value === machine.definition ? AS_DEPLOYED : "Changed, and not deployed yet."; },
  });

  async function act(button, path, what, done) {
    button.disabled = true;
    try {
      done(await post(path, { definition: editor.value }, what));
    } catch (error) {
      state.textContent = error.message;
      toast(error.message, true);
    }
    button.disabled = false;
    progress.textContent = "";
  }

  const deploy = el("button", { type: "button", onclick: () => act(deploy, "/machine/deploy", "It replaces the definition of start-here.",
    (answer) => { machine.definition = editor.value; state.textContent = answer.done; toast(answer.done); }) }, "Deploy to start-here");
  const check = el("button.primary", { type: "button", onclick: () => {
    replace(result, el("p.notice", {}, "Checking: the definition is read, put into start-here, ridden four times, and checked on every path."), progress);
    act(check, "/machine/check", "It deploys the definition to start-here, and rides the lab's four rides on it.", (checked) => {
      if (checked.rides.length) machine.definition = editor.value;
      state.textContent = checked.rides.length ? AS_DEPLOYED : "Not deployed: it cannot be ridden.";
      announce(checked.verdict);
      replace(result, checkedPanel(checked, editor));
      drawChapters(chapters, machine, checked);
    }).then(() => { if (result.querySelector(".notice")) replace(result); });
  } }, "Deploy and check");
  const rides = start.buttons.filter((one) => !one.fare.fareId).map((one) => el("button", {
    type: "button", onclick: (event) => begin({ machine: "mine", ...start.fare, fareId: "wr_564", ...one.fare }, event.currentTarget) }, one.title));

  drawChapters(chapters, machine, null);
  replace(place, el("div.machine-grid", {},
    el("div", {},
      el("section.panel", { "aria-label": "Definition" },
        el("div.row", {}, el("label", { for: "definition" }, `Definition of ${machine.machine}`), state), editor,
        el("div.buttons", {}, check, deploy),
        el("p.quiet", {}, "Both put the definition into start-here. The check then rides the lab's four rides on it, and checks every path.")),
      result,
      el("section.panel", { "aria-label": "Ride it" }, el("h2", {}, "Ride it"),
        el("p.quiet", {}, "Each button starts a ride on what is deployed."), el("div.buttons", {}, rides))),
    chapters));
}

function checkedPanel(checked, editor) {
  const items = checked.items.map((item) => el(`li.${item.mark.replace(" ", "-")}`, {}, mark(item.mark),
    el("div", {}, el("strong", {}, item.name), " ", code(item.sentence),
      item.line ? el("button.small", { type: "button", onclick: () => goTo(editor, item.line) }, `Line ${item.line}`) : null,
      item.hint ? el("p.hint", {}, code(`To correct it: ${item.hint}`)) : null)));
  const rides = checked.rides.map((ride) => el("a.button", { href: `#/ride/${ride.ride}` }, `${ride.right ? "✓" : "✗"} ${ride.title}`));
  return el("section.panel.checked", { "aria-label": "Result" },
    el("h2", {}, code(checked.verdict)), el("p", {}, el("strong", {}, "Next: "), code(checked.next)),
    el("ol.items", {}, items),
    rides.length ? el("div", {}, el("h3", {}, "Its rides"), el("div.buttons", {}, rides)) : null,
    checked.findings.length ? el("details", {}, el("summary", {}, `sagalint: ${checked.findings.length} findings`),
      checked.findings.map((one) => el("div.finding", {}, el("strong", {}, `${one.level}: ${one.rule}`), el("p", {}, code(one.sentence)), el("p.hint", {}, code(`Fix: ${one.fix}`))))) : null);
}

const MARKS = { passed: ["done", "✓"], failed: ["failed", "✗"], "not reached": ["ahead", "·"] };

function mark(name) {
  const [tone, text] = MARKS[name];
  return el(`span.sign.${tone}`, { role: "img", "aria-label": name }, text);
}

function goTo(editor, line) {
  const lines = editor.value.split("\n");
  const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  editor.focus();
  editor.setSelectionRange(start, start + (lines[line - 1] || "").length);
  editor.scrollTop = Math.max(0, (line - 6) * parseFloat(getComputedStyle(editor).lineHeight));
}

function drawChapters(place, machine, checked) {
  const done = checked ? checked.chapter : -1;
  const all = machine.chapters.map((chapter) => {
    const result = checked?.chapters.find((one) => one.number === chapter.number);
    const now = checked ? chapter.number === done + 1 : chapter.number === 1;
    return el("details.chapter", { open: now },
      el("summary", {}, result ? mark(result.passed ? "passed" : "failed") : el("span.sign.ahead", { "aria-hidden": "true" }, "·"),
        el("span", {}, `${chapter.number}. ${chapter.title}`)),
      el("div.inside", {}, el("p", {}, code(chapter.goal)), result?.why ? el("p.notice", {}, code(result.why)) : null,
        el("div.scroll", {}, el("table", {}, el("tbody", {}, chapter.payload.map(([name, value]) => el("tr", {}, el("th", { scope: "row" }, code(name)), el("td", {}, code(value))))))),
        chapter.change ? el("p", {}, code(chapter.change)) : null,
        el("details.data", {}, el("summary", {}, "Hint"), el("p", {}, code(chapter.hint))),
        el("details.data", {}, el("summary", {}, "Skeleton: fill each “?”"), copyButton(chapter.skeleton), el("pre", { tabindex: "0", "aria-label": "Skeleton" }, chapter.skeleton))));
  });
  replace(place, el("section.panel", { "aria-label": "Chapters" },
    el("div.row", {}, el("h2", {}, `The lab in ${machine.chapters.length} chapters`), checked ? el("span.total", {}, `${done} of ${machine.chapters.length} passed`) : null),
    all));
}

// Text with `code` in it, as the lab's page has it.
function code(text) {
  return text.split("`").map((part, index) => (index % 2 ? codeName(part) : part));
}
