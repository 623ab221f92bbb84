// What a browser says of a page that nobody sees: errors on the console, requests that fail or leave the origin.

/** Listens to all pages of a context. */
export class Watch {
  #faults = [];
  #origin;

  constructor(context, base) {
    this.#origin = new URL(base).origin;
    context.on("console", (message) => this.#console(message));
    context.on("weberror", (error) => this.#fault(`page error: ${error.error().message}`));
    context.on("request", (request) => this.#request(request));
    context.on("requestfailed", (request) =>
      this.#fault(`request failed: ${request.url()}: ${request.failure()?.errorText}`),
    );
    context.on("response", (response) => this.#response(response));
  }

  /** What was found since the last call. */
  take() {
    return this.#faults.splice(0);
  }

  #fault(text) {
    this.#faults.push(text);
  }

  #console(message) {
    if (!["error", "warning"].includes(message.type())) return;
    // Chromium says this of every answer from 400 on. A page may well have such a status; the visitor knows which.
    if (message.text().startsWith("Failed to load resource: the server responded with a status")) return;
    this.#fault(`console ${message.type()}: ${message.text()}`);
  }

  #request(request) {
    const url = new URL(request.url());
    if (url.protocol !== "data:" && url.origin !== this.#origin) this.#fault(`request to another origin: ${url}`);
  }

  #response(response) {
    if (response.request().isNavigationRequest() || response.status() < 400) return;
    this.#fault(`status ${response.status()}: ${response.url()}`);
  }
}
