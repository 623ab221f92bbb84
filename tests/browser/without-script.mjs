// The same pages in a browser that runs no script.
import { Person, resetPassword, signIn, signOut, signUp } from "./person.mjs";

export async function withoutScript(world) {
  const person = new Person("grace");
  const grace = await world.visitors.arrive("grace", { script: false });
  await signUp(grace, person, world);
  await signIn(grace, person);
  await grace.submit("/account/profile", { first_name: "Grace", last_name: "Hopper" }, "account, another name");
  await grace.submit("/account/attributes", { key: "theme", text: "aubergine" }, "account, an attribute");
  await grace.open("/account/security", "security");
  await grace.open("/account/sessions", "sessions");
  await signOut(grace);
  await resetPassword(grace, person, "amber submarine hums at dusk", world);
  await signIn(grace, person);
  await grace.leave();
}
