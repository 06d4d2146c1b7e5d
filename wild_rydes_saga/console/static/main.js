// The page: its navigation, and which view is open.

import { listen, readAbout, takeKey } from "./api.js";
import { el, empty, replace, toast } from "./dom.js";
import { machineView } from "./machine.js";
import { queuesView } from "./queues.js";
import { rideView } from "./ride.js";
import { ridesView } from "./rides.js";
import { startView } from "./start.js";
import { waitingView } from "./waiting.js";

const VIEWS = [
  { path: "rides", title: "Rides", open: ridesView },
  { path: "start", title: "Start", open: startView },
  { path: "queues", title: "Queues", open: queuesView },
  { path: "waiting", title: "Waiting for you", parts: ["", "Waiting", " for you"], open: waitingView },
  { path: "machine", title: "Your machine", parts: ["Your ", "Machine", ""], open: machineView },
  { path: "ride", title: "Ride", open: rideView, hidden: true },
];

const main = document.getElementById("main");
let close = () => {};
let lastTrouble = "";

function drawNav(current) {
  const shown = current === "ride" ? "rides" : current;
  replace(document.getElementById("nav"), VIEWS.filter((view) => !view.hidden).map((view) =>
    el("a", { href: `#/${view.path}`, "aria-current": view.path === shown ? "page" : null, "aria-label": view.title }, named(view))));
}

// The whole title where there is room, a part of it on a phone.
function named(view) {
  if (!view.parts) return view.title;
  const [before, kept, after] = view.parts;
  return [el("span.narrow", {}, kept), el("span.wide", {}, before + (before ? kept.toLowerCase() : kept) + after)];
}

function setLight(state, text) {
  const light = document.getElementById("light");
  light.className = `light ${state}`;
  if (state === "lost" && text && text !== lastTrouble) toast(text, true);
  lastTrouble = state === "lost" ? text : "";
}

async function drawAbout() {
  try {
    const about = await readAbout();
    const place = document.getElementById("place");
    place.textContent = about.target;
    place.parentElement.classList.toggle("aws", !about.isLocal);
    const calls = Object.entries(about.calls).map(([name, count]) => `${name} ${count}`).join(", ");
    replace(document.getElementById("foot"), `AWS calls in the last minute: ${about.callsPerMinute}`,
      calls ? el("span.detail", {}, ` (${calls})`) : null);
  } catch (error) {
    setLight("lost", error.message);
  }
}

function route() {
  if (/^#key=/.test(location.hash) && takeKey()) drawAbout();
  const [, name = "rides", argument = ""] = /^#\/(\w+)\/?([\w-]*)/.exec(location.hash) || [];
  const view = VIEWS.find((one) => one.path === name) || VIEWS[0];
  close();
  drawNav(view.path);
  document.title = `${view.title} · Wild Rydes console`;
  replace(main);
  window.scrollTo(0, 0);
  const opened = view.open(main, argument) || {};
  let stop = () => {};
  if (opened.topics) {
    stop = listen(opened.topics, (event, data) => {
      if (event === "changed") opened.changed(data);
      if (event === "trouble") setLight("slow", data.error), opened.trouble ? opened.trouble(data.error) : toast(data.error, true);
      else setLight("live");
    }, setLight);
  }
  close = () => {
    stop();
    if (opened.close) opened.close();
  };
}

if (takeKey()) {
  window.addEventListener("hashchange", () => {
    route();
    main.focus({ preventScroll: true });
  });
  drawAbout();
  setInterval(drawAbout, 10000);
  route();
} else {
  drawNav("");
  document.getElementById("place").textContent = "locked";
  replace(main, empty("Open the address that make up printed",
    "It ends with a key. Another user of this machine does not have it. To print the address again: make console"));
  window.addEventListener("hashchange", () => location.reload());
}
