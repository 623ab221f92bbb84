// The life of an account, from sign-up to deletion, with a second factor.
import { addAuthenticator, removeAuthenticator, signInByRecoveryCode } from "./authenticator.mjs";
import { failToSignIn, Person, resetPassword, signIn, signOut, signUp } from "./person.mjs";
import { fillIn } from "./profile.mjs";
import { endOne, endOthers, isSignedOut } from "./sessions.mjs";

export async function lifeOfAnAccount(world) {
  const { visitors } = world;
  const person = new Person("ada");
  const ada = await visitors.arrive("ada");

  await signUp(ada, person, world);
  await failToSignIn(ada, person, "not the password", "sign-in refused");
  await signIn(ada, person);
  await fillIn(ada);
  await changePassword(ada, person, "crimson kettle whistles at noon");
  await changeEmail(ada, person, "countess@example.com", world);
  await addAuthenticator(ada, person, world);
  await signOut(ada);

  await signIn(ada, person);
  const elsewhere = await visitors.arrive("ada elsewhere");
  await signInByRecoveryCode(elsewhere, person);
  await endOne(ada, elsewhere);
  await signIn(elsewhere, person);
  await endOthers(ada, elsewhere);
  await signIn(elsewhere, person);
  await resetPassword(ada, person, "amber submarine hums at dusk", world);
  await isSignedOut(elsewhere);
  await elsewhere.leave();

  await signIn(ada, person);
  await removeAuthenticator(ada, person);
  await remove(ada, person);
  await ada.leave();
}

async function changePassword(visitor, person, password) {
  await visitor.open("/account/security", "security");
  const typed = { current: person.password, password, password2: password };
  const wrong = { ...typed, current: "not the password" };
  await visitor.submit("/account/password", wrong, "password not changed", { status: "4xx" });
  await visitor.submit("/account/password", typed, "security, another password");
  person.password = password;
}

/** Changes the address, by the mail that goes to the new one. */
async function changeEmail(visitor, person, email, { inbox }) {
  await visitor.open("/account/security", "security");
  await visitor.submit("/account/email", { email, current: person.password }, "security, check your inbox");
  await visitor.open(await inbox.link(email, "/confirm-email"), "the link mailed to the new address");
  await visitor.submit("/confirm-email", {}, "the new address is confirmed");
  person.email = email;
  await signIn(visitor, person);
}

/** Deletes the account. */
async function remove(visitor, person) {
  await visitor.open("/account/security", "security");
  await visitor.submit("/account/delete", { current: person.password }, "the account is deleted");
  await failToSignIn(visitor, person, person.password, "sign-in of a deleted account");
}
