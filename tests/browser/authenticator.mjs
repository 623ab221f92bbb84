// The second factor: turning it on, signing in with it, turning it off.
import { enterCode, enterPassword } from "./person.mjs";
import { Authenticator } from "./totp.mjs";

const RECOVERY_CODES = 10;

/** Turns it on, by the secret that is shown as text. */
export async function addAuthenticator(visitor, person, { clock }) {
  const confirm = "/account/authenticator/confirm";
  await visitor.open("/account/security", "security");
  await visitor.submit("/account/authenticator", {}, "authenticator, its secret");
  const secret = await visitor.page.locator("main code").first().innerText();
  person.authenticator = new Authenticator(secret, clock);
  await visitor.submit(confirm, { code: await person.authenticator.code() }, "authenticator, recovery codes");
  person.recoveryCodes = await visitor.page.locator("main code").allInnerTexts();
  await visitor.expect(`sees ${RECOVERY_CODES} recovery codes`, new Set(person.recoveryCodes).size === RECOVERY_CODES);
}

/** Signs in without the app, after a code that is wrong. */
export async function signInByRecoveryCode(visitor, person) {
  await enterPassword(visitor, person);
  await visitor.submit("/sign-in/code", { code: "000000" }, "second factor refused", { status: "4xx" });
  await enterCode(visitor, person.recoveryCodes.pop());
  await visitor.expectPath("/account");
}

export async function removeAuthenticator(visitor, person) {
  await visitor.open("/account/security", "security with an authenticator");
  const proof = { current: person.password, code: await person.authenticator.code() };
  await visitor.submit("/account/authenticator/remove", proof, "security, no authenticator");
  person.authenticator = null;
}
