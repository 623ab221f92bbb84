// One-time codes as an authenticator app makes them (RFC 6238: SHA-1, 30 seconds, six digits).
import { createHmac } from "node:crypto";

const STEP_SECONDS = 30;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** An app that has taken over a secret. It gives no code twice: the server takes each step once. */
export class Authenticator {
  #secret;
  #clock;
  #lastStep = 0;

  constructor(secret, clock) {
    this.#secret = fromBase32(secret);
    this.#clock = clock;
  }

  /** The code of a step that none was given for; moves the server's clock when that step has not begun. */
  async code() {
    let now = await this.#clock.now();
    if (step(now) <= this.#lastStep) {
      now = await this.#clock.advance((this.#lastStep + 1) * STEP_SECONDS - now);
    }
    this.#lastStep = step(now);
    return codeOf(this.#secret, this.#lastStep);
  }
}

function step(seconds) {
  return Math.floor(seconds / STEP_SECONDS);
}

function codeOf(secret, counter) {
  const message = Buffer.alloc(8);
  message.writeBigUInt64BE(BigInt(counter));
  const digest = createHmac("sha1", secret).update(message).digest();
  const offset = digest[digest.length - 1] & 0xf;
  const number = digest.readUInt32BE(offset) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

function fromBase32(text) {
  const letters = [...text.toUpperCase().replace(/[\s=-]/g, "")];
  const bits = letters.map((letter) => {
    const value = ALPHABET.indexOf(letter);
    if (value < 0) throw new Error(`${JSON.stringify(letter)} is no letter of base 32`);
    return value.toString(2).padStart(5, "0");
  });
  return Buffer.from(bits.join("").match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
}
