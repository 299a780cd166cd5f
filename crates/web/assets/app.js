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

/** Where the focus and the open menus are, in words that hold after the region has been replaced. */
function remember(region) {
  const active = region.contains(document.activeElement) ? document.activeElement : null;
  const path = (element) => {
    const steps = [];
    for (let at = element; at && at !== region; at = at.parentElement) {
      steps.unshift([...at.parentElement.children].indexOf(at));
    }
    return steps;
  };
  return {
    focus: active && { id: active.id, href: active.getAttribute("href"), path: path(active), tag: active.tagName },
    open: [...region.querySelectorAll("details")].map((details) => details.open),
  };
}

function restore(region, { focus, open }) {
  const details = region.querySelectorAll("details");
  if (details.length === open.length) details.forEach((one, i) => { one.open = open[i]; });
  if (!focus) return;
  const byPath = focus.path.reduce((at, step) => at?.children[step], region);
  const same =
    (focus.id && document.getElementById(focus.id)) ||
    (focus.href && region.querySelector(`[href="${CSS.escape(focus.href)}"]`)) ||
    (byPath?.tagName === focus.tag ? byPath : null);
  // What had the focus may be gone: the status line says why, so the focus goes there.
  (same ?? status)?.focus({ preventScroll: true });
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

function replaceRegions(next) {
  const said = [];
  let changed = false;
  for (const region of document.querySelectorAll("[data-live-region]")) {
    const id = CSS.escape(region.dataset.liveRegion);
    const fresh = next.querySelector(`[data-live-region="${id}"]`);
    if (!fresh || isBusy(region)) continue;
    if (essence(region) === essence(fresh)) continue;
    changed = true;
    if (fresh.dataset.say && fresh.dataset.say !== region.dataset.say) said.push(fresh.dataset.say);
    const before = remember(region);
    region.replaceWith(fresh);
    showCopyButtons(fresh);
    restore(fresh, before);
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
showCopyButtons(document);
moveRings();
setInterval(moveRings, calm ? 60_000 : 1_000);
if (words.live) listen(words.live);
