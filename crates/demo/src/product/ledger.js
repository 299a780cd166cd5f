// Everything here adds to pages that work without it.

const forge = document.querySelector("#forge");
if (forge) {
  forge.hidden = false;
  forge.querySelector("button").addEventListener("click", sendForged);
}

async function sendForged() {
  const result = document.querySelector("#forged");
  const answer = await fetch("/request.json", {
    headers: { "Remote-User": "admin", "X-Latchstring-Acting": "none" },
    redirect: "manual",
  });
  if (!answer.ok) {
    result.textContent = `The request was refused before it reached the product (${answer.status}).`;
    return;
  }
  const arrived = new Map(await answer.json());
  const said = (name) => arrived.get(name) ?? "nothing";
  result.textContent =
    `Sent: Remote-User admin, X-Latchstring-Acting none. ` +
    `Arrived: Remote-User ${said("remote-user")}, X-Latchstring-Acting ${said("x-latchstring-acting")}.`;
}

if (document.querySelector("#streams")) {
  openEvents();
  openSocket();
}

function openEvents() {
  const shown = document.querySelector("#events");
  const events = new EventSource("/ticker/events");
  events.addEventListener("message", (event) => {
    shown.textContent = event.data;
  });
  events.addEventListener("ended", (event) => {
    events.close();
    finish(shown, event.data);
  });
  events.addEventListener("error", () => {
    if (events.readyState === EventSource.CLOSED) finish(shown, "The stream was refused.");
  });
}

function openSocket() {
  const shown = document.querySelector("#socket");
  const socket = new WebSocket(`${location.protocol.replace("http", "ws")}//${location.host}/ticker/socket`);
  socket.addEventListener("message", (event) => {
    shown.textContent = event.data;
  });
  socket.addEventListener("close", (event) => {
    // 1013: the product asks to come back, and the proxy will ask Latchstring about it.
    if (event.code === 1013) setTimeout(openSocket, 1000);
    else finish(shown, event.reason || "The stream was closed.");
  });
}

function finish(shown, reason) {
  shown.textContent = "Ended";
  document.querySelector("#streams-status").textContent = reason;
}
