// The widget in a notebook of JupyterLab, and in pages without a kernel.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { Window } from "./browser.mjs";

const { MULTIWELL_SITE: site, MULTIWELL_JUPYTER: python, MULTIWELL_PACKAGES: packages, MULTIWELL_SCREENSHOTS: pictures } = process.env;
let window;

before(async () => {
  window = await Window.open();
  await window.devtools("Emulation.setDeviceMetricsOverride", { width: 1280, height: 860, deviceScaleFactor: 1, mobile: false });
});
after(() => window.close());

/** Starts JupyterLab in this folder with settings of its own; returns its address and what ends it. */
function lab() {
  const own = Object.fromEntries(["JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"].map((name) => [name, `${process.cwd()}/.jupyter/${name}`]));
  const flags = ["--no-browser", "--allow-root", "--ServerApp.port=0", "--ServerApp.open_browser=False", "--IdentityProvider.token=", "--LabApp.expose_app_in_browser=True"];
  const child = spawn(python, ["-m", "jupyterlab", ...flags], { env: { ...process.env, ...own, PYTHONPATH: packages }, stdio: ["ignore", "ignore", "pipe"] });
  return new Promise((resolve, reject) => {
    let said = "";
    child.stderr.on("data", (data) => {
      said += data;
      const address = said.match(/http:\/\/(?:127\.0\.0\.1|localhost):\d+\/lab/);
      if (address) resolve({ address: address[0], end: () => child.kill("SIGTERM") });
    });
    child.on("exit", () => reject(new Error(`JupyterLab has ended: ${said}`)));
  });
}

/** An expression for what the widget has of a selector, wherever in the page it stands. */
const inside = (selector) =>
  `[...document.querySelectorAll("*")].map((at) => at.shadowRoot?.querySelector(".frame")).find(Boolean)?.querySelector(${JSON.stringify(selector)})`;
const stateIs = (state) =>
  `[...document.querySelectorAll("*")].map((at) => at.shadowRoot?.querySelector(".frame")).find(Boolean)?.dataset.state === "${state}"`;

async function picture(name) {
  if (!pictures) return;
  await mkdir(pictures, { recursive: true });
  await writeFile(`${pictures}/${name}.png`, await window.picture());
}

/** The contents of a file, once it is there. */
async function written(file) {
  const end = Date.now() + 30_000;
  for (;;) {
    const text = await readFile(file, "utf8").catch(() => "");
    try {
      return JSON.parse(text);
    } catch (error) {
      if (Date.now() > end) throw new Error(`${file} was not written: ${await window.run("return document.body.innerText")}`, { cause: error });
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}

/** The value of an expression in the kernel, which must be JSON. */
async function kept(expression) {
  const code = JSON.stringify(`json.dump(${expression}, open("asked.json", "w"))`);
  await window.run(`await jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute({ code: ${code} }).done; return true`);
  return JSON.parse(await readFile("asked.json", "utf8"));
}

/** Waits until something holds. */
async function until(holds) {
  const end = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited in vain until ${holds}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

const runNext = () => window.run('return jupyterapp.commands.execute("notebook:run-cell-and-select-next").then(() => true)');

test("a notebook trains in the browser and has the fit in the kernel", { timeout: 240_000 }, async () => {
  const { address, end } = await lab();
  try {
    await window.goto(address);
    await window.until("window.jupyterapp && document.querySelector('.jp-Launcher, .jp-NotebookPanel') && true");
    await window.run('return jupyterapp.commands.execute("docmanager:open", { path: "notebook.ipynb" }).then(() => true)');
    await window.until("[...document.querySelectorAll('.jp-Notebook .jp-CodeCell')].length >= 4");
    await window.until("document.querySelector('.jp-NotebookPanel .jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'");
    await runNext();
    await window.until(stateIs("ready"));
    await window.run(`${inside(".go")}.click()`);
    await window.until(stateIs("fitted"));
    assert.match(await window.run(`return ${inside(".numbers")}.textContent`), /wells2/);
    await picture("notebook-light");
    await runNext();
    const first = await written("first.json");
    assert.deepEqual([first.names, first.settings.seed, first.params], [["r"], 5, 4]);
    assert.ok(first.score > 0.99 && first.epochs > 1, `${first.score}`);
    assert.ok(first.wells.length === 2 && Math.abs(first.wells[0][0] + 1.035) < 0.05, JSON.stringify(first.wells));

    // A setting changed in the picture is changed in the kernel, and one changed there in the picture.
    await window.run(`const field = ${inside("#multiwell-seed")}; field.value = "6"; field.dispatchEvent(new Event("change"))`);
    await until(async () => (await kept("playground.settings")).seed === 6);
    await runNext();
    await window.until(`${inside("#multiwell-modes")}.value === "3"`);
    await window.until(stateIs("training").replace("===", "!==").concat(` && ${inside(".status")}.textContent.startsWith("Done")`));
    await runNext();
    const second = await written("second.json");
    assert.deepEqual([second.settings.modes, second.settings.seed], [3, 6]);
    assert.notEqual(second.text, first.text);

    // A table that is opened in the picture is what Python has.
    await window.run(`
      const files = new DataTransfer();
      files.items.add(new File(["q,V\\n" + Array.from({ length: 50 }, (_, k) => k / 10 + "," + Math.sin(k / 8)).join("\\n")], "waves.csv"));
      const input = ${inside("input[type=file]")};
      input.files = files.files;
      input.dispatchEvent(new Event("change"));`);
    await window.until(stateIs("ready"));
    await until(async () => (await kept('playground.data.get("target")')) === "V");
    assert.deepEqual(await kept("[list(playground.frame), *playground.frame.shape, playground.model]"), [["q", "V"], 50, 2, ""]);
    await window.run(`${inside(".go")}.click()`);
    await window.until(`${inside(".status")}.textContent.startsWith("Done")`);
    assert.match(await window.run(`return ${inside("thead")}.textContent`), /qVbarrier/);
    await window.run('return jupyterapp.commands.execute("apputils:change-theme", { theme: "JupyterLab Dark" }).then(() => true)');
    await window.until(`${inside(".go")}.closest(".frame").classList.contains("dark")`);
    // The picture is drawn again on a dark background.
    await window.until(`${inside("svg rect")}.getAttribute("fill").toLowerCase() === "#131517"`);
    await window.until("!document.querySelector('#jupyterlab-splash')");
    await window.run(`${inside(".go")}.scrollIntoView()`);
    await picture("notebook-dark");
  } finally {
    end();
  }
});

test("a page without a kernel shows the fit, and trains to the same bits", async () => {
  const { text } = await written("first.json");
  const page = await readFile("page.html", "utf8");
  assert.ok(!/\bsrc=|https?:\/\/(?!www\.w3\.org)/.test(page.replace(/<script type="module">[^]*<\/script>/, "")), "the page asks for something");
  await window.goto(`${site}page.html`);
  await window.until(stateIs("fitted"));
  assert.match(await window.run(`return ${inside("table")}.textContent`), /well/);
  await window.run(`${inside(".go")}.click()`);
  await window.until(`${inside(".status")}.textContent.startsWith("Done")`);
  assert.equal(await window.run("return playground.model"), text);
  await picture("page-without-kernel");
});

test("where workers are forbidden it trains without one, to the same bits", async () => {
  const { text } = await written("first.json");
  const page = await readFile("page.html", "utf8");
  const policy = `<meta http-equiv="Content-Security-Policy" content="worker-src 'none'; connect-src 'none'">`;
  const counted = "<script>window.Worker = class extends Worker { constructor(...given) { super(...given); this.addEventListener('message', () => (window.hasWorker = true)); } }</script>";
  await writeFile("no-workers.html", page.replace('<meta charset="utf-8">', `<meta charset="utf-8">\n${policy}\n${counted}`));
  await window.goto(`${site}no-workers.html`);
  await window.until(stateIs("fitted"));
  await window.run(`${inside(".go")}.click()`);
  await window.until(`${inside(".status")}.textContent.startsWith("Done")`);
  assert.equal(await window.run("return window.hasWorker"), null);
  assert.equal(await window.run("return playground.model"), text);
});
