// The band of whoever acts as support. When the access ends, so does the page.
(() => {
  const BASE = "/_latchstring", NAME = "latchstring-band";
  if (top !== window || window.lsBand) return;
  window.lsBand = 1;
  let about = null;
  let over = false;

  const make = (tag, text, attributes) => {
    const element = document.createElement(tag);
    element.textContent = text || "";
    for (const name in attributes) element.setAttribute(name, attributes[name]);
    return element;
  };
  const safe = (address) => {
    const url = URL.parse?.(address, location.href);
    return /^https?:$/.test(url?.protocol) ? url.href : BASE;
  };
  const CSS = `:host{all:initial;display:block!important}
div{display:flex;flex-wrap:wrap;align-items:center;gap:.35rem 1rem;padding:.45rem clamp(1rem,4vw,2.5rem);
background:#ffc72c;color:#1a1400;border-bottom:3px solid #7a4f00;font:16px/1.4 system-ui}
p{margin:0}form{margin:0 0 0 auto}
button,a{min-height:44px;padding:0 1.1rem;border:1px solid #1a1400;border-radius:10px;background:#1a1400;color:#ffe9ad;
font:600 15px system-ui;cursor:pointer;display:inline-flex;align-items:center;text-decoration:none}
:focus-visible{outline:3px solid #1a1400;outline-offset:2px}
main{position:fixed;inset:0;overflow:auto;padding:12vh max(1.25rem,50% - 20rem);background:#f6f2ea;color:#231e17;font:18px/1.5 system-ui;outline:0!important}
h1{font:400 2.25rem/1.2 Palatino,P052,Georgia,serif}a{margin-top:1.5rem;border-color:#1b4b63;background:#1b4b63;color:#fff}`;
  const room = (host) => {
    const root = host.attachShadow({ mode: "closed" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    root.adoptedStyleSheets = [sheet];
    return root;
  };

  function show() {
    if (about.title && !document.title.startsWith(about.title)) document.title = `${about.title} ${document.title}`;
    if (document.getElementById(NAME)) return;
    const host = make(NAME, "", { id: NAME });
    const band = make("div", "", { role: "region", "aria-label": about.label });
    const form = make("form", "", { method: "post", action: safe(about.leave_url) });
    form.append(make("button", about.leave, { type: "submit" }));
    const text = make("p");
    text.append(make("strong", about.text));
    band.append(text, make("p", about.mode), form);
    room(host).append(band);
    const page = document.documentElement;
    const keep = () => {
      if (!over && !host.isConnected) page.insertBefore(host, document.body);
    };
    keep();
    new MutationObserver(keep).observe(page, { childList: true });
  }

  function close() {
    if (over) return;
    over = true;
    const host = make(NAME);
    const main = make("main", "", { role: "alert", tabindex: "-1" });
    main.append(make("h1", about.ended), make("p", about.ended_text));
    main.append(make("a", about.ended_link, { href: safe(about.ended_url) }));
    room(host).append(main);
    document.getElementById(NAME)?.remove();
    document.body.replaceChildren(host);
    document.title = about.ended;
    main.focus();
    window.stop();
  }

  async function ask() {
    const answer = await fetch(`${BASE}/banner.json`, { credentials: "same-origin", cache: "no-store" });
    if (answer.status === 200) return answer.json();
    if (about && [401, 403, 404].includes(answer.status)) close();
    return null;
  }

  async function start() {
    about = await ask().catch(() => null);
    if (!about) return;
    show();
    const source = new EventSource(`${BASE}/events`);
    const end = () => { source.close(); close(); };
    source.addEventListener("grant.revoked", end);
    source.addEventListener("grant.expired", end);
    source.addEventListener("error", () => setTimeout(() => over || ask().catch(() => {}), 1000));
    addEventListener("pageshow", (event) => event.persisted && ask().catch(() => {}));
    const left = about.until ? Date.parse(about.until) - Date.parse(about.now || new Date()) : NaN;
    if (left > 0 && left < 2147483647) setTimeout(end, left);
  }

  if (document.body) start();
  else addEventListener("DOMContentLoaded", start);
})();
