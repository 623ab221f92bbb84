// The life of an account, from sign-up to deletion, with a second factor.
import { failToSignIn, Person, resetPassword, signIn, signOut, signUp } from "./person.mjs";
import { Authenticator } from "./totp.mjs";

const NEW_PASSWORD = "amber submarine hums at dusk";
const RECOVERY_CODES = 10;
const PICTURE = {
  name: "avatar.png",
  mimeType: "image/png",
  buffer: Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
    "base64",
  ),
};

export async function lifeOfAnAccount(world) {
  const { visitors, clock } = world;
  const person = new Person("ada");
  const ada = await visitors.arrive("ada");

  await signUp(ada, person, world);
  await failToSignIn(ada, person, "not the password", "sign-in refused");
  await signIn(ada, person);
  await fillIn(ada);
  person.authenticator = await addAuthenticator(ada, clock);
  await signOut(ada);

  await signIn(ada, person);
  const elsewhere = await visitors.arrive("ada elsewhere");
  await signIn(elsewhere, person);
  await endOthers(ada, elsewhere);
  await signIn(elsewhere, person);
  await resetPassword(ada, person, NEW_PASSWORD, world);
  await isSignedOut(elsewhere);
  await elsewhere.leave();

  await signIn(ada, person);
  await removeAuthenticator(ada, person);
  await remove(ada, person);
  await ada.leave();
}

/** Name, picture and an attribute. */
async function fillIn(visitor) {
  const { page } = visitor;
  await visitor.submit("/account/profile", { first_name: "Augusta", last_name: "King" }, "account, another name");
  await visitor.expect("the name is kept", (await visitor.form("/account/profile").locator("[name=first_name]").inputValue()) === "Augusta");

  await visitor.submit("/account/avatar", { picture: PICTURE }, "account, a picture");
  const loaded = page.locator("main img").evaluate((image) => image.complete && image.naturalWidth > 0);
  await visitor.expect("the picture is shown", loaded);
  await visitor.submit("/account/avatar/remove", {}, "account, no picture");
  await visitor.expect("no picture is shown", (await page.locator("main img").count()) === 0);

  await visitor.submit("/account/attributes", { key: "theme", text: "aubergine" }, "account, an attribute");
  await visitor.expect("the attribute is shown", page.getByText("aubergine").isVisible());
  await visitor.submit("/account/attributes/remove", {}, "account, no attribute");
  await visitor.expect("no attribute is shown", (await page.getByText("aubergine").count()) === 0);
}

/** Turns the second factor on, by the secret shown as text. */
async function addAuthenticator(visitor, clock) {
  await visitor.open("/account/security", "security");
  await visitor.submit("/account/authenticator", {}, "authenticator, its secret");
  const secret = await visitor.page.locator("main code").first().innerText();
  const authenticator = new Authenticator(secret, clock);
  const confirm = "/account/authenticator/confirm";
  await visitor.submit(confirm, { code: await authenticator.code() }, "authenticator, recovery codes");
  const codes = await visitor.page.locator("main code").allInnerTexts();
  await visitor.expect(`sees ${RECOVERY_CODES} recovery codes`, new Set(codes).size === RECOVERY_CODES);
  return authenticator;
}

async function endOthers(visitor, elsewhere) {
  await visitor.open("/account/sessions", "sessions");
  await visitor.submit("/account/sessions/end-others", {}, "sessions, the others ended");
  await isSignedOut(elsewhere);
}

async function isSignedOut(visitor) {
  await visitor.open("/account", "comes back");
  await visitor.expectPath("/sign-in");
}

async function removeAuthenticator(visitor, person) {
  await visitor.open("/account/security", "security with an authenticator");
  const proof = { current: person.password, code: await person.authenticator.code() };
  await visitor.submit("/account/authenticator/remove", proof, "security, no authenticator");
  person.authenticator = null;
}

/** Deletes the account. */
async function remove(visitor, person) {
  await visitor.open("/account/security", "security");
  await visitor.submit("/account/delete", { current: person.password }, "the account is deleted");
  await failToSignIn(visitor, person, person.password, "sign-in of a deleted account");
}
