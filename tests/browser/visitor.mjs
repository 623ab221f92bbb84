// Somebody with a browser of their own: goes through pages by links and forms, and every page is checked on the way.
import { join } from "node:path";

import { LOOKS, checkMail, checkPage, look } from "./checks.mjs";
import { Watch } from "./watch.mjs";

const TIMEOUT_MS = 15_000;

/** Where visitors come from: one browser, one server, one report. */
export class Visitors {
  constructor({ browser, base, report, screenshots }) {
    Object.assign(this, { browser, base, report, screenshots });
  }

  /** A visitor without cookies. `who` begins the lines of the report and the names of the pictures. */
  async arrive(who, { language = "en", script = true } = {}) {
    const context = await this.browser.newContext({
      baseURL: this.base,
      locale: language,
      javaScriptEnabled: script,
      viewport: LOOKS[0].viewport,
    });
    context.setDefaultTimeout(TIMEOUT_MS);
    const watch = new Watch(context, this.base);
    return new Visitor(this, { who, language, script, context, watch, page: await context.newPage() });
  }
}

export class Visitor {
  #visitors;
  #watch;

  constructor(visitors, { watch, ...rest }) {
    this.#visitors = visitors;
    this.#watch = watch;
    Object.assign(this, rest);
  }

  async leave() {
    await this.context.close();
  }

  /** Opens an address of the server. */
  async open(url, name) {
    await this.follow(() => this.page.goto(url), name);
  }

  /** Shows a mail, which comes from no server. */
  async read(html, name) {
    await this.page.setContent(html);
    await this.#arrived(name, checkMail);
  }

  /**
   * Fills the form with this action and presses its button. Values by field; a value with a `buffer` is a file. The
   * status is that of the page it leads to: one, or a hundred such as "4xx".
   */
  async submit(action, values, name, { status = 200 } = {}) {
    const form = this.form(action);
    for (const [field, value] of Object.entries(values)) await fill(form.locator(`[name="${field}"]`), value);
    await this.follow(() => form.locator("button").click(), name, { status });
  }

  /** Does what leads to another page, and checks that page. */
  async follow(act, name, { status = 200 } = {}) {
    const [response] = await Promise.all([this.page.waitForNavigation(), act()]);
    await this.#arrived(name, checkPage);
    if (!is(response.status(), status)) throw new Error(`status ${response.status()}: ${response.url()}`);
  }

  /** The first form with this action, whatever its query. */
  form(action) {
    return this.page.locator(`form[action="${action}"], form[action^="${action}?"]`).first();
  }

  /** Notes what has to hold of the page that is shown. */
  async expect(claim, holds) {
    const faults = (await holds) ? [] : [`not so at ${this.page.url()}`];
    this.#visitors.report.step(`${this.who}: ${claim}`, { faults });
  }

  expectPath(path) {
    const shown = new URL(this.page.url()).pathname;
    return this.expect(`is at ${path}`, shown === path);
  }

  /** Checks the page that is shown, and takes its pictures. */
  async #arrived(name, check) {
    const found = await check(this.page, this);
    found.faults.push(...this.#watch.take());
    this.#visitors.report.step(`${this.who}: ${name}`, found);
    if (this.#visitors.screenshots) await this.#picture(name);
  }

  async #picture(name) {
    const slug = `${this.who} ${name}`.toLowerCase().replace(/[^a-z0-9]+/g, "-");
    for (const each of LOOKS) {
      await look(this.page, each);
      const path = join(this.#visitors.screenshots, `${slug}-${each.viewport.width}-${each.colorScheme}.png`);
      await this.page.screenshot({ path, fullPage: true });
    }
    await look(this.page, LOOKS[0]);
  }
}

async function fill(field, value) {
  if (value.buffer) return field.setInputFiles(value);
  const element = await field.evaluate((element) => element.localName);
  return element === "select" ? field.selectOption(value) : field.fill(value);
}

function is(status, expected) {
  return typeof expected === "string" ? String(status)[0] === expected[0] : status === expected;
}
