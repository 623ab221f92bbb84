// The pages in each language: nothing of the English one may be left.
import { Person, signIn, signUp } from "./person.mjs";

const LANGUAGES = ["en", "de", "fr", "es"];
/** Words that are the same in English. */
const SHARED = ["Avatar", "Sessions", "Attribute"];

export async function everyLanguage(world) {
  const english = new Set();
  for (const language of LANGUAGES) {
    const person = new Person(`visitor-${language}`);
    const visitor = await world.visitors.arrive(language, { language });
    await signUp(visitor, person, world);
    await visitor.open("/sign-in", "sign-in");
    const found = await headings(visitor.page);
    await signIn(visitor, person);
    found.push(...(await headings(visitor.page)));
    if (language === "en") found.forEach((heading) => english.add(heading));
    else await expectNone(visitor, found.filter((words) => english.has(words) && !SHARED.includes(words)));
    await visitor.leave();
  }
}

/** The words one finds one's way by. */
function headings(page) {
  return page.locator("main :is(h1, h2, h3, label, button), header :is(a, button)").allInnerTexts();
}

async function expectNone(visitor, left) {
  const named = left.map((words) => `, not ${JSON.stringify(words)}`).join("");
  await visitor.expect(`nothing is left in English${named}`, left.length === 0);
}
