// Passkeys: a form with data-passkey asks the browser for one and sends what it answers. Without this script the form is
// hidden, and a sentence stands in its place.

const status = document.getElementById("status");
// A challenge lasts five minutes; the one behind the suggestions of the address field is asked anew before that.
const SUGGESTED_FOR = 4 * 60 * 1000;
let suggesting = null;

/** Puts one sentence where everybody gets it, seen and spoken. */
function say(sentence) {
  if (!sentence || !status) return;
  const line = document.createElement("p");
  line.className = "live";
  line.textContent = sentence;
  status.replaceChildren(line);
}

// --- for browsers that do not read and write JSON themselves ---

function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function letters(buffer) {
  const plain = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function read(kind, options) {
  const own = kind === "create" ? "parseCreationOptionsFromJSON" : "parseRequestOptionsFromJSON";
  if (PublicKeyCredential[own]) return PublicKeyCredential[own](options);
  const known = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));
  const publicKey = { ...options, challenge: bytes(options.challenge) };
  if (kind === "create") {
    publicKey.user = { ...options.user, id: bytes(options.user.id) };
    publicKey.excludeCredentials = known(options.excludeCredentials);
  } else {
    publicKey.allowCredentials = known(options.allowCredentials);
  }
  return publicKey;
}

function write(credential) {
  if (credential.toJSON) return credential.toJSON();
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = letters(credential.response[name]);
  }
  const { id, type } = credential;
  return { id, rawId: letters(credential.rawId), type, response, clientExtensionResults: {} };
}

// --- asking ---

/** What went wrong on the server, with its code. */
class Refused extends Error {
  constructor(problem, otherwise) {
    super(problem.detail ?? otherwise);
    this.code = problem.code;
  }
}

async function begin(form) {
  const headers = { "content-type": "application/json", accept: "application/json" };
  const answer = await fetch(form.dataset.begin, { method: "POST", headers, body: "{}" });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(body, form.dataset.failed);
  return body;
}

async function ask(form, how) {
  const kind = form.dataset.passkey;
  const { ceremony_id: ceremony, options } = await begin(form);
  const credential = await navigator.credentials[kind]({ publicKey: read(kind, options), ...how });
  form.elements.ceremony_id.value = ceremony;
  form.elements.response.value = JSON.stringify(write(credential));
  form.submit();
}

function tell(form, error) {
  if (error.code === "reauth_required") {
    location.assign(`/account/confirm?return_to=${encodeURIComponent(location.pathname)}`);
  } else if (error.code === "sign_in_over") {
    location.assign("/sign-in?over=1");
  } else if (error instanceof Refused) {
    say(error.message);
  } else if (error.name === "NotAllowedError" || error.name === "AbortError") {
    say(form.dataset.stopped);
  } else if (error.name === "InvalidStateError") {
    say(form.dataset.known);
  } else {
    say(form.dataset.failed);
  }
}

async function act(form) {
  const button = form.querySelector("button");
  button.disabled = true;
  suggesting?.abort();
  suggesting = null;
  try {
    await ask(form, {});
  } catch (error) {
    tell(form, error);
    button.focus();
  } finally {
    button.disabled = false;
    if ("autofill" in form.dataset) suggest(form);
  }
}

/** Lets the browser suggest passkeys in the address field. Whoever types an address instead sees nothing of it. */
async function suggest(form) {
  // What was just refused is not suggested again: there is the button.
  if (suggesting || document.getElementById("errors")) return;
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  const mine = new AbortController();
  suggesting = mine;
  const anew = setTimeout(() => {
    mine.abort();
    if (suggesting === mine) suggesting = null;
    suggest(form);
  }, SUGGESTED_FOR);
  try {
    await ask(form, { mediation: "conditional", signal: mine.signal });
  } catch {
    // Nobody asked for it by a click, so nobody is told. The button is there.
    if (!mine.signal.aborted) clearTimeout(anew);
  }
}

if (window.PublicKeyCredential && navigator.credentials) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    const without = form.nextElementSibling;
    if (without?.matches("[data-passkey-without]")) without.hidden = true;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      act(form);
    });
    if ("autofill" in form.dataset) suggest(form);
  }
}
