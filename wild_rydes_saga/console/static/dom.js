// Builds elements. Text is set as text, never as HTML.

export function el(kind, attributes = {}, ...children) {
  const [tag, ...classes] = kind.split(".");
  const made = document.createElement(tag || "div");
  if (classes.length) made.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "value") made.value = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export function replace(parent, ...children) {
  parent.replaceChildren(...children.flat(2).filter(Boolean));
  return parent;
}

// The server's picture, as elements of this document. It is parsed as XML: nothing in it can run.
export function picture(svg) {
  const drawn = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  if (drawn.nodeName !== "svg") return el("p.notice", {}, "The picture could not be drawn.");
  return document.importNode(drawn, true);
}

const SIGNS = { running: "…", done: "✓", caught: "!", failed: "✗" };
const NAMES = { running: "running", done: "completed", caught: "undone", failed: "needs attention" };

export function sign(tone) {
  return el(`span.sign.${tone}`, { role: "img", "aria-label": NAMES[tone] || tone }, SIGNS[tone] || "·");
}

export function ago(iso) {
  const seconds = Math.max(0, (Date.now() - Date.parse(iso)) / 1000);
  if (seconds < 5) return "now";
  for (const [size, name] of [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]]) {
    if (seconds >= size) return `${Math.floor(seconds / size)} ${name} ago`;
  }
  return "now";
}

export function when(iso) {
  if (!iso) return "";
  const stamp = new Date(iso);
  return el("time", { datetime: iso, title: stamp.toLocaleString() }, ago(iso));
}

export function clock(iso) {
  return iso ? new Date(iso).toLocaleTimeString([], { hour12: false }) + "." + iso.slice(20, 23) : "";
}

export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

// A name in code may go on in the next line after a sign that separates its parts, and not within a word.
export function codeName(text) {
  return el("code", {}, text.split(/(?<=[.:/_,}])/).flatMap((part, index) => (index ? [el("wbr"), part] : [part])));
}

export function announce(text) {
  document.getElementById("announcer").textContent = text;
}

export function toast(text, bad = false) {
  const made = el(`div.toast${bad ? ".bad" : ""}`, {}, el("span", {}, text));
  made.append(el("button.plain", { type: "button", "aria-label": "Close", onclick: () => made.remove() }, "×"));
  document.getElementById("toasts").append(made);
  setTimeout(() => made.remove(), bad ? 15000 : 6000);
}

export function copyButton(text, label = "Copy") {
  const button = el("button.small", { type: "button" }, label);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(typeof text === "function" ? text() : text);
      button.textContent = "Copied";
      announce("Copied");
      setTimeout(() => { button.textContent = label; }, 1500);
    } catch {
      toast("The browser does not allow copying here: select the text instead.", true);
    }
  });
  return button;
}

export function empty(title, text, ...more) {
  return el("div.empty", {}, el("h2", {}, title), el("p", {}, text), ...more);
}
