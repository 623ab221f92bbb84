// What has to hold of every page, whatever is on it.
import { AXE } from "./browser.mjs";

/** The narrow widths are that of WCAG 2.2 §1.4.10 (reflow) and that of a common phone. */
const WIDTHS = [320, 390, 1280];
const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 900 };
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const GRAVE = ["serious", "critical"];

export const LOOKS = [
  { viewport: PHONE, colorScheme: "light" },
  { viewport: PHONE, colorScheme: "dark" },
  { viewport: DESKTOP, colorScheme: "light" },
  { viewport: DESKTOP, colorScheme: "dark" },
];

/** Shows the page as a device with this viewport and colour scheme would. */
export async function look(page, { viewport, colorScheme }) {
  await page.setViewportSize(viewport);
  await page.emulateMedia({ colorScheme });
}

/** What is wrong with the page and what is merely worth a look, as sentences. */
export async function checkPage(page, { language, script }) {
  const faults = await page.evaluate(structure, language);
  if ((await page.locator("main").count()) !== 1) faults.push("not exactly one main");
  return check(page, faults, script ? [...WCAG, "best-practice"] : []);
}

/** The same for a mail, which has no landmarks and may be in any language. */
export async function checkMail(page) {
  const language = await page.evaluate(() => {
    // Mails leave the background to whoever shows them; axe-core takes one that nobody names for white.
    document.documentElement.style.background = "Canvas";
    return document.documentElement.lang;
  });
  return check(page, await page.evaluate(structure, language), WCAG);
}

async function check(page, faults, rules) {
  faults.push(...(await overflows(page)));
  const remarks = [];
  for (const each of rules.length > 0 ? [LOOKS[0], LOOKS[3]] : []) {
    await look(page, each);
    for (const violation of await violations(page, rules)) {
      (GRAVE.includes(violation.impact) ? faults : remarks).push(sentence(violation, each));
    }
  }
  await look(page, LOOKS[0]);
  return { faults, remarks };
}

/** Runs in the page. */
function structure(language) {
  const faults = [];
  const headings = document.querySelectorAll("h1").length;
  if (headings !== 1) faults.push(`${headings} h1 instead of one`);
  if (!document.title.trim()) faults.push("no title");
  if (document.documentElement.lang !== language)
    faults.push(`html lang is ${JSON.stringify(document.documentElement.lang)} instead of ${JSON.stringify(language)}`);
  for (const field of document.querySelectorAll("input, select, textarea")) {
    if (!field.checkVisibility()) continue;
    const labelled = field.labels.length > 0 || field.ariaLabel || field.hasAttribute("aria-labelledby");
    if (!labelled) faults.push(`no label: ${field.outerHTML}`);
  }
  return faults;
}

async function overflows(page) {
  const faults = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: PHONE.height });
    const { scrollWidth, clientWidth } = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return { scrollWidth, clientWidth };
    });
    if (scrollWidth > clientWidth) faults.push(`at ${width} px the page is ${scrollWidth} px wide`);
  }
  return faults;
}

async function violations(page, rules) {
  await page.evaluate(AXE);
  // Frames are mails in the inbox, in which no script runs; they are checked as pages of their own.
  const options = { runOnly: { type: "tag", values: rules }, resultTypes: ["violations"], iframes: false };
  return page.evaluate(async (options) => (await globalThis.axe.run(document, options)).violations, options);
}

function sentence({ id, impact, help, nodes }, { viewport, colorScheme }) {
  const where = nodes.map(({ html, failureSummary }) => `\n${html}\n${failureSummary}`.replaceAll("\n", "\n      "));
  return `axe ${id} (${impact}, ${viewport.width} px, ${colorScheme}): ${help}${where.join("")}`;
}
