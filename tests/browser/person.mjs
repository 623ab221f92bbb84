// What anybody does with an account, step by step: signs up, signs in, forgets the password.

const PASSWORD = "violet tractor sings at dawn";

/** Somebody with an account, or soon. */
export class Person {
  password = PASSWORD;
  authenticator = null;
  recoveryCodes = [];

  constructor(name) {
    this.email = `${name}@example.com`;
  }
}

/** Makes an account and confirms its address by the mail. */
export async function signUp(visitor, person, { inbox }) {
  await visitor.open("/sign-up", "sign-up");
  const names = { first_name: "Ada", last_name: "Lovelace" };
  const typed = { ...names, email: person.email, password: person.password };
  await visitor.submit("/sign-up", typed, "sign-up, check your inbox");
  await visitor.open(await inbox.link(person.email, "/activate"), "the mailed link");
  await visitor.submit("/activate", {}, "the address is confirmed");
}

/** Signs in and ends at the account, or at the question for the second factor if the person has one. */
export async function enterPassword(visitor, { email, password, authenticator }) {
  await visitor.open("/sign-in", "sign-in");
  await visitor.submit("/sign-in", { email, password }, authenticator ? "sign-in, second factor" : "signed in");
}

export async function enterCode(visitor, code) {
  await visitor.submit("/sign-in/code", { code }, "signed in with the second factor");
}

/** Signs in, with the second factor if the person has one, and ends at the account. */
export async function signIn(visitor, person) {
  await enterPassword(visitor, person);
  if (person.authenticator) await enterCode(visitor, await person.authenticator.code());
  await visitor.expectPath("/account");
}

/** Tries to sign in and is refused. */
export async function failToSignIn(visitor, { email }, password, name) {
  await visitor.open("/sign-in", "sign-in");
  await visitor.submit("/sign-in", { email, password }, name, { status: "4xx" });
  await visitor.expect("the page says why", visitor.page.locator("[role=alert]").isVisible());
  await visitor.open("/account", "the account of nobody");
  await visitor.expectPath("/sign-in");
}

export async function signOut(visitor) {
  await visitor.submit("/sign-out", {}, "signed out");
  await visitor.expectPath("/sign-in");
}

/** Asks for a mail and sets a new password by it. */
export async function resetPassword(visitor, person, password, { inbox }) {
  await visitor.open("/reset-password", "forgot password");
  await visitor.submit("/reset-password/request", { email: person.email }, "forgot password, check your inbox");
  await visitor.open(await inbox.link(person.email, "/reset-password"), "new password");
  await visitor.submit("/reset-password", { password, password2: password }, "the new password is set");
  person.password = password;
}
