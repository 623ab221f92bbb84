// Debian's Chromium, driven from outside: starts it so that it talks to nobody but the pages' server.
import { createRequire } from "node:module";
import { join } from "node:path";
import { readFileSync } from "node:fs";

const packages = createRequire(join(process.env.NODE_PACKAGES ?? process.cwd(), "package.json"));
const { chromium } = packages("playwright-core");

/** The text of axe-core, which is given to pages through the DevTools: their policy lets no page load it. */
export const AXE = readFileSync(packages.resolve("axe-core/axe.min.js"), "utf8");

const QUIET = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts the browser; its profile is new and goes with it. */
export function startBrowser(executablePath) {
  return chromium.launch({ executablePath, args: QUIET, timeout: 60_000 });
}
