// What the local server has for developers: its inbox and its clock.
import { setTimeout as sleep } from "node:timers/promises";

const MAIL_TIMEOUT_MS = 10_000;

/** The messages that the server keeps instead of sending them. */
export class Inbox {
  #url;
  #read = new Set();

  constructor(base) {
    this.#url = new URL("/_local/inbox", base);
  }

  /** All messages, oldest first. */
  async messages() {
    return answer(await fetch(this.#url));
  }

  /** The link to this path in the next mail to this address that has one. Gives each mail once. */
  async link(to, path) {
    const deadline = Date.now() + MAIL_TIMEOUT_MS;
    while (Date.now() < deadline) {
      const messages = await this.messages();
      for (const [index, message] of messages.entries()) {
        const link = links(message.text).find((link) => new URL(link).pathname === path);
        if (link && message.to.includes(to) && !this.#read.has(index)) {
          this.#read.add(index);
          return link;
        }
      }
      await sleep(100);
    }
    throw new Error(`no mail to ${to} with a link to ${path} within ${MAIL_TIMEOUT_MS / 1000} s`);
  }
}

/** The server's clock. */
export class Clock {
  #url;

  constructor(base) {
    this.#url = new URL("/_local/clock", base);
  }

  /** Epoch seconds. */
  async now() {
    return (await answer(await fetch(this.#url))).now;
  }

  /** Moves it forward and gives the new time. */
  async advance(seconds) {
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify({ advance_seconds: seconds });
    return (await answer(await fetch(this.#url, { method: "POST", headers, body }))).now;
  }
}

function links(text) {
  return text.match(/https?:\/\/\S+/g) ?? [];
}

async function answer(response) {
  if (!response.ok) throw new Error(`${response.url} answers ${response.status}`);
  return response.json();
}
