// A window of Chrome by WebDriver, whose address and capabilities `cargo xtask test` gives.

import { readFile } from "node:fs/promises";

/** Milliseconds after which something that is waited for will not come. */
const PATIENCE = 60_000;

async function ask(method, url, body) {
  const answer = await fetch(url, { method, body: body && JSON.stringify(body), headers: { "Content-Type": "application/json" } });
  const { value } = await answer.json();
  if (!answer.ok) throw new Error(`${url}: ${value.message}`);
  return value;
}

export class Window {
  #session;

  static async open() {
    const { MULTIWELL_WEBDRIVER: driver, MULTIWELL_CAPABILITIES: file } = process.env;
    if (!driver || !file) throw new Error("these tests are run by `cargo xtask test --only js`");
    const alwaysMatch = { ...JSON.parse(await readFile(file, "utf8")), "goog:loggingPrefs": { browser: "ALL" } };
    const { sessionId } = await ask("POST", `${driver}/session`, { capabilities: { alwaysMatch } });
    const window = new Window();
    window.#session = `${driver}/session/${sessionId}`;
    await ask("POST", `${window.#session}/timeouts`, { script: PATIENCE, pageLoad: PATIENCE });
    return window;
  }

  close() {
    return ask("DELETE", this.#session);
  }

  goto(url) {
    return ask("POST", `${this.#session}/url`, { url });
  }

  /** Runs the body of an asynchronous function in the page. */
  run(body, ...args) {
    return ask("POST", `${this.#session}/execute/sync`, { script: `return (async () => { ${body} })()`, args });
  }

  /** Waits until an expression is true, and returns it. */
  async until(expression, patience = PATIENCE) {
    const end = Date.now() + patience;
    for (;;) {
      const value = await this.run(`return ${expression}`).catch(() => null);
      if (value) return value;
      if (Date.now() > end) {
        const text = await this.run("return document.body.innerText");
        throw new Error(`waited in vain for ${expression}; the page says: ${text}\n${await this.console()}`);
      }
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  /** What the console says. */
  async console() {
    const lines = await ask("POST", `${this.#session}/se/log`, { type: "browser" });
    return lines.map(({ message }) => message).join("\n");
  }

  devtools(cmd, params) {
    return ask("POST", `${this.#session}/goog/cdp/execute`, { cmd, params });
  }

  /** Enters a frame, which `until` or `run` has returned, or leaves all. */
  frame(id = null) {
    return ask("POST", `${this.#session}/frame`, { id });
  }

  /** A picture of what is seen, as PNG. */
  async picture() {
    return Buffer.from(await ask("GET", `${this.#session}/screenshot`), "base64");
  }
}
