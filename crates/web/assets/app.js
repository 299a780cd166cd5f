// What a page gains with a script: copy buttons, a ring that moves, and news without a reload. All of it works without.

const body = document.body;
const status = document.getElementById("status");
const words = body.dataset;
// The server's clock decides; the one of this machine only counts the seconds since.
const serverAhead = Number(words.now) ? Number(words.now) * 1000 - Date.now() : 0;
const now = () => (Date.now() + serverAhead) / 1000;

/** Puts one sentence where everybody gets it, seen and spoken. */
function say(sentence) {
  if (!sentence || !status) return;
  const line = document.createElement("p");
  line.className = "live";
  line.textContent = sentence;
  status.replaceChildren(line);
}

// --- what an action did ---

function begin() {
  const first = document.getElementById("errors") ?? (status?.firstElementChild ? status : null);
  if (first && !location.hash) first.focus({ preventScroll: first === status });
}

// --- copy ---

function showCopyButtons(root) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
}

function showPrintButtons() {
  for (const button of document.querySelectorAll("[data-print][hidden]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }
}

async function copy(button) {
  const label = button.querySelector("span") ?? button;
  const before = label.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    return;
  }
  label.textContent = words.copied;
  say(words.copied);
  setTimeout(() => { label.textContent = before; }, 2500);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// A form that is on its way is not sent a second time.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 4000);
});

// --- rings ---

const spoken = new Map();

function linesOf(left, [d, h, min]) {
  const minutes = Math.floor(left / 60);
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor(minutes / 60) % 24;
  const rest = minutes % 60;
  if (days) return hours ? [`${days} ${d}`, `${hours} ${h}`] : [`${days} ${d}`];
  if (hours) return [`${hours} ${h}`, String(rest).padStart(2, "0")];
  return [String(rest), min];
}

/** Speaks when five minutes and one minute are left, and at the end; a page that is opened later says nothing old. */
function announce(to, left) {
  const step = left <= 0 ? 0 : left <= 60 ? 1 : left <= 300 ? 5 : 9;
  const last = spoken.get(to);
  spoken.set(to, step);
  if (last === undefined || last === step) return;
  say(step === 0 ? words.over : step === 1 ? words.soon1 : words.soon5);
  if (step === 0) refresh();
}

function moveRings() {
  for (const ring of document.querySelectorAll("[data-ring]")) {
    const [from, to] = ring.dataset.ring.split(" ").map(Number);
    const left = Math.max(0, to - now());
    const share = Math.min(100, (100 * left) / Math.max(1, to - from)).toFixed(1);
    ring.querySelector(".v")?.setAttribute("stroke-dasharray", `${share} 100`);
    ring.classList.toggle("soon", left <= 300);
    const lines = linesOf(left, ring.dataset.units.split(" "));
    const text = ring.querySelector("b");
    const shown = lines.join("\n");
    if (text && text.dataset.shown !== shown) {
      text.dataset.shown = shown;
      text.replaceChildren(...lines.flatMap((line, i) => (i ? [document.createElement("br"), line] : [line])));
    }
    announce(to, left);
  }
}

// With less motion wanted, the ring steps once a minute.
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

// --- news ---

/**
 * Who an element is, in words that hold in the next page too. What acts (a link, a form, a button) is told apart by what it
 * does: nothing that somebody is on or has pressed turns into something else under their hands.
 */
function identity(element) {
  const { tagName: tag, id } = element;
  const told = (name) => element.getAttribute(name) ?? "";
  if (id) return `${tag}#${id}`;
  switch (tag.toLowerCase()) {
    case "a": return `${tag} ${told("href")}`;
    case "form": return `${tag} ${told("method")} ${told("action")} ${hiddenValues(element)}`;
    case "button": return `${tag} ${told("name")} ${told("value")} ${wordsOf(element)}`;
    case "input": case "select": case "textarea":
      return `${tag} ${told("type")} ${told("name")} ${/^(hidden|radio|checkbox)$/.test(element.type) ? told("value") : ""}`;
    default: return tag;
  }
}

const hiddenValues = (form) =>
  [...form.querySelectorAll("input[type=hidden]")].map((field) => `${field.name}=${field.getAttribute("value")}`).join("&");

/** What an element is about, where it says so by what can be done in it: a row of a list by its link. */
function subject(element) {
  const act = element.matches("a, form, button, input, summary") ? null : element.querySelector("a[href], form[action]");
  return act ? identity(act) : "";
}

const isSame = (one, other) =>
  one.nodeType === other.nodeType &&
  (one.nodeType !== Node.ELEMENT_NODE || (identity(one) === identity(other) && subject(one) === subject(other)));

/** What is the script's and the reader's in a page, and not the server's. */
const isOurs = (element, name) =>
  (name === "open" && element.tagName === "DETAILS") || (name === "hidden" && "copy" in element.dataset) || name === "data-sent";

/**
 * Makes `old` say what `fresh` says and keeps every node that is still the same, so that whoever reads or stands in there
 * stays where they are: the focus, an open menu, the place of a screen reader.
 */
function become(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !isOurs(old, name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value && !isOurs(old, name)) old.setAttribute(name, value);
  }
  let at = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    let match = at;
    while (match && !isSame(match, child)) match = match.nextSibling;
    if (!match) {
      old.insertBefore(child, at);
      continue;
    }
    while (at !== match) {
      const gone = at;
      at = at.nextSibling;
      gone.remove();
    }
    become(match, child);
    at = match.nextSibling;
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

const wordsOf = (element) => element.textContent.replace(/\s+/g, " ").trim();

/**
 * What had the focus may stand elsewhere now: what does the same and says the same takes it. Or it is gone: the status line
 * says why, so the focus goes there.
 */
function keepFocus(region, had) {
  if (!had || had.isConnected) return;
  const acts = [...region.querySelectorAll("a[href], button, input, select, textarea, summary")];
  const same = acts.find((act) =>
    identity(act) === identity(had) && wordsOf(act) === wordsOf(had) && act.form?.action === had.form?.action);
  same?.focus({ preventScroll: true });
  if (!same || document.activeElement !== same) status?.focus({ preventScroll: true });
}

/** Somebody is typing in there, and what they typed must not be lost. */
function isBusy(region) {
  const fields = region.querySelectorAll("input:not([type=hidden]), textarea, select");
  return [...fields].some((field) =>
    field === document.activeElement ||
    (field.type === "checkbox" || field.type === "radio"
      ? field.checked !== field.defaultChecked
      : "defaultValue" in field && field.value !== field.defaultValue));
}

// A press that has begun ends on what it began on, and what is typed is not lost: the page is fetched once more after that.
let isPressed = false;
let isHeld = false;

function release() {
  if (!isHeld) return;
  isHeld = false;
  setTimeout(refresh, 0);
}

addEventListener("pointerdown", () => { isPressed = true; }, true);
for (const end of ["pointerup", "pointercancel", "blur"]) {
  addEventListener(end, () => {
    isPressed = false;
    release();
  });
}
document.addEventListener("focusout", release);

function replaceRegions(next) {
  if (isPressed) {
    isHeld = true;
    return;
  }
  const said = [];
  let changed = false;
  for (const region of document.querySelectorAll("[data-live-region]")) {
    const id = CSS.escape(region.dataset.liveRegion);
    const fresh = next.querySelector(`[data-live-region="${id}"]`);
    if (!fresh || essence(region) === essence(fresh)) continue;
    if (isBusy(region)) {
      isHeld = true;
      continue;
    }
    changed = true;
    if (fresh.dataset.say && fresh.dataset.say !== region.dataset.say) said.push(fresh.dataset.say);
    const had = region.contains(document.activeElement) ? document.activeElement : null;
    become(region, fresh);
    showCopyButtons(region);
    keepFocus(region, had);
  }
  const asOf = next.querySelector(".foot-in > span");
  if (asOf) document.querySelector(".foot-in > span")?.replaceWith(asOf);
  if (changed) say(said.join(" ") || words.changed);
  moveRings();
}

/** What a region says, without what only the script or the clock moves. */
function essence(region) {
  const copied = region.cloneNode(true);
  for (const part of copied.querySelectorAll("[role=timer]")) part.replaceWith(part.dataset.ring ?? "");
  for (const details of copied.querySelectorAll("details")) details.open = false;
  for (const button of copied.querySelectorAll("[data-copy]")) button.hidden = true;
  for (const form of copied.querySelectorAll("form")) form.removeAttribute("data-sent");
  return copied.outerHTML.replace(/\s+/g, " ");
}

// The one text that is taken as markup: a page of this server, fetched from where this one came from. Scripts in a
// parsed document do not run.
const policy = window.trustedTypes?.createPolicy("latchstring", { createHTML: (page) => page });
const ours = (page) => policy?.createHTML(page) ?? page;

let running = null;
let again = false;

/** Fetches this page once more. What comes while it is on its way leads to one more, not to many. */
async function refresh() {
  if (!document.querySelector("[data-live-region]")) return;
  if (running) {
    again = true;
    return;
  }
  // What is shown may stand at an address of its own, where it stays when the page has moved on to the next.
  const from = document.querySelector("[data-live-from]")?.dataset.liveFrom ?? location.href;
  running = fetch(from, { headers: { accept: "text/html" }, credentials: "same-origin", cache: "no-store" });
  try {
    const answer = await running;
    if (answer.redirected || answer.status === 401 || answer.status === 403) {
      // The session has ended or the page is no longer this person's: the server says so best.
      location.reload();
      return;
    }
    if (answer.ok) replaceRegions(new DOMParser().parseFromString(ours(await answer.text()), "text/html"));
  } catch {
    say(words.lost);
  } finally {
    running = null;
  }
  if (again) {
    again = false;
    setTimeout(refresh, 300);
  }
}

// "missed": the server could not keep every piece of news for us, so something may have changed.
const NEWS = ["changed", "missed"];

function listen(address) {
  let wasLost = false;
  const source = new EventSource(address, { withCredentials: true });
  let waiting = 0;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 80);
  };
  for (const name of NEWS) source.addEventListener(name, soon);
  source.addEventListener("open", () => {
    if (!wasLost) return;
    wasLost = false;
    say(words.back);
    refresh();
  });
  source.addEventListener("error", () => {
    if (!wasLost) say(words.lost);
    wasLost = true;
    // A server that refuses does not try again by itself.
    if (source.readyState === EventSource.CLOSED) setTimeout(refresh, 3000);
  });
  addEventListener("pagehide", () => source.close());
}

addEventListener("pageshow", (event) => {
  // From the browser's memory, after going back: what it shows may have ended.
  if (event.persisted) location.reload();
});

begin();
showPrintButtons();
showCopyButtons(document);
moveRings();
setInterval(moveRings, calm ? 60_000 : 1_000);
if (words.live) listen(words.live);
