// The pages in a browser: goes through all of them as people do, and checks each on the way.
//
// node walk.mjs --base URL --browser PROGRAM [--screenshots DIR]; packages from the folder NODE_PACKAGES.
import { mkdirSync } from "node:fs";
import { parseArgs } from "node:util";

import { lifeOfAnAccount } from "./account.mjs";
import { startBrowser } from "./browser.mjs";
import { keyboardOnly } from "./keyboard.mjs";
import { everyLanguage } from "./languages.mjs";
import { deadLinks } from "./links.mjs";
import { costPage, inboxPage, startPages } from "./local-pages.mjs";
import { everyMail } from "./mails.mjs";
import { Report } from "./report.mjs";
import { Clock, Inbox } from "./server.mjs";
import { Visitors } from "./visitor.mjs";
import { withoutScript } from "./without-script.mjs";

const PARTS = {
  "the local server's own pages": startPages,
  "links that lead nowhere": deadLinks,
  "the life of an account": lifeOfAnAccount,
  "without script": withoutScript,
  "by keyboard": keyboardOnly,
  "in every language": everyLanguage,
  "the mails": everyMail,
  "what it cost": costPage,
  "the inbox": inboxPage,
};

const { values: options } = parseArgs({
  options: {
    base: { type: "string" },
    browser: { type: "string" },
    screenshots: { type: "string" },
  },
});
if (options.screenshots) mkdirSync(options.screenshots, { recursive: true });

const browser = await startBrowser(options.browser);
const report = new Report();
const { base, screenshots } = options;
const world = {
  visitors: new Visitors({ browser, base, report, screenshots }),
  inbox: new Inbox(base),
  clock: new Clock(base),
};
try {
  for (const [name, walk] of Object.entries(PARTS)) await report.part(name, () => walk(world));
} finally {
  await browser.close();
}
console.log(`\n${report.steps} steps, ${report.failed} failed`);
process.exitCode = report.failed > 0 ? 1 : 0;
