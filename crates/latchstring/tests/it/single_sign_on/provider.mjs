// A real provider: the program `oidc-provider`, with one client and whoever signs in as whom they type.
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

const [folder, port, redirect, logout, ahead] = process.argv.slice(2);
const { Provider } = await import(pathToFileURL(`${folder}/node_modules/oidc-provider/lib/index.js`));

// Nobody reads on once it is ready, and a word to nobody would end the program.
console.info = console.warn = () => {};

// The server under test lives at another time.
const now = Date.now.bind(Date);
Date.now = () => now() + Number(ahead) * 1000;

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: "latchstring", client_secret: "a secret of the client", redirect_uris: [redirect],
    backchannel_logout_uri: logout, backchannel_logout_session_required: true,
  }],
  claims: { openid: ["sub", "sid"], email: ["email", "email_verified"], profile: ["name"] },
  features: { backchannelLogout: { enabled: true }, devInteractions: { enabled: true } },
  pkce: { required: () => true },
  findAccount: (_, sub) => ({
    accountId: sub,
    claims: () => ({ sub, email: `${sub}@aurora.example`, email_verified: true, name: "Real Person" }),
  }),
});
createServer(provider.callback()).listen(Number(port), "127.0.0.1", () => console.log("ready"));
