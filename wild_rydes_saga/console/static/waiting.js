// The rides that wait for a person.

import { get, post } from "./api.js";
import { announce, el, empty, replace, toast, when } from "./dom.js";

export function waitingView(main) {
  const list = el("div.waiting");
  const verdict = el("p.count", { "aria-live": "polite" });
  const all = el("button.primary", { type: "button", hidden: true, onclick: () => act("/waiting/recover", all) }, "Recover all");
  main.append(el("div.head", {}, el("h1", {}, "Waiting for you"), all), verdict, list);

  async function act(path, button) {
    button.disabled = true;
    try {
      const answer = await post(path, {}, "A recovery undoes the ride, refunds it and settles it.");
      toast(answer.done);
      announce(answer.done);
    } catch (error) {
      toast(error.message, true);
    }
    button.disabled = false;
    read();
  }

  async function read() {
    try {
      const { rides } = await get("/waiting");
      all.hidden = rides.filter((ride) => ride.canRecover).length < 2;
      verdict.textContent = rides.length ? `${rides.length} ${rides.length === 1 ? "ride waits" : "rides wait"} for you.` : "";
      replace(list, rides.length ? rides.map((ride) => card(ride, act))
        : empty("Nothing waits for you", "No ride is parked, and none has been open for longer than a ride can run."));
    } catch (error) {
      toast(error.message, true);
    }
  }
  read();
  return { topics: ["waiting"], changed: read };
}

function card(ride, act) {
  const button = el("button.primary", { type: "button", onclick: () => act(`/ride/${ride.ride}/recover`, button) }, "Recover");
  return el("article.panel.wait", { "data-ride": ride.ride },
    el("div.row", {}, el("h2", {}, el("a", { href: `#/ride/${ride.ride}` }, ride.fare.fareId || ride.name)), el("span.tag", {}, ride.status), when(ride.since)),
    el("p.why", {}, ride.why),
    ride.stillToDo.length ? el("p", {}, "Still to do: ", el("strong", {}, ride.stillToDo.join(", "))) : null,
    el("p.sub", {}, el("code", {}, ride.name), el("span", {}, `customer ${ride.fare.customerId || "–"}`), el("span", {}, ride.fare.fareAmount)),
    ride.recovering ? el("p.notice", {}, ride.recovering) : null,
    ride.canRecover ? el("div.buttons", {}, button) : null);
}
