// The pages that mails lead to, when something is wrong: the link, the address, or what was typed.
import { Person } from "./person.mjs";

export async function deadLinks({ visitors }) {
  const visitor = await visitors.arrive("late");
  const nobody = { email: new Person("nobody").email };

  await visitor.open("/activate", "activation without a code");
  await visitor.open("/activate?code=gone", "activation with a dead code");
  await visitor.submit("/activate", {}, "activation refused", { status: "4xx" });
  await visitor.submit("/activate/resend", nobody, "activation mailed again");

  await visitor.open("/reset-password?uid=1&t=gone", "new password with a dead link");
  const typed = { password: "a password for nothing", password2: "a password for nothing" };
  const different = { ...typed, password2: "another one" };
  await visitor.submit("/reset-password", different, "passwords differ", { status: "4xx" });
  await visitor.expect("is told so", visitor.page.locator("[role=alert]").isVisible());
  await visitor.submit("/reset-password", typed, "new password refused", { status: "4xx" });
  await visitor.submit("/reset-password/request", nobody, "forgot password of nobody");
  await visitor.leave();
}
