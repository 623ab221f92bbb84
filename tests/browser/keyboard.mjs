// Signing in and out with the keyboard alone.
import { Person, signUp } from "./person.mjs";

const MOST_STEPS = 40;

export async function keyboardOnly(world) {
  const person = new Person("helen");
  const helen = await world.visitors.arrive("helen");
  await signUp(helen, person, world);
  await helen.open("/sign-in", "sign-in");
  await reach(helen, "[name=email]");
  await helen.page.keyboard.type(person.email);
  await reach(helen, "[name=password]");
  await helen.page.keyboard.type(person.password);
  await helen.follow(() => helen.page.keyboard.press("Enter"), "signed in by keyboard");
  await helen.expectPath("/account");
  await reach(helen, 'form[action="/sign-out"] button');
  await helen.follow(() => helen.page.keyboard.press("Enter"), "signed out by keyboard");
  await helen.expectPath("/sign-in");
  await helen.leave();
}

/** Presses Tab until the element has the focus. Each element on the way shows that it has it. */
async function reach(visitor, selector) {
  for (let step = 0; step < MOST_STEPS; step += 1) {
    await visitor.page.keyboard.press("Tab");
    const { there, shown, tag } = await visitor.page.evaluate(focused, selector);
    if (!shown) await visitor.expect(`sees the focus on ${tag}`, false);
    if (there) return visitor.expect(`reaches ${selector}`, true);
  }
  throw new Error(`${selector} is not reached by ${MOST_STEPS} tabs`);
}

/** Runs in the page. */
function focused(selector) {
  const element = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const shown = element === document.body || (outlineStyle !== "none" && outlineWidth !== "0px");
  return { there: element.matches(selector), shown, tag: element.outerHTML.split(">")[0] };
}
