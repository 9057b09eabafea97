// Loads the module and starts the page, or shows which required feature the browser lacks. A classic script: a module script would not run in a sandboxed frame,
// and could not say so.
"use strict";

// The smallest module with a 128-bit vector instruction: () -> v128, i32.const 0, i8x16.splat.
const SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11,
]);

// Delay of the service worker in milliseconds. The page starts first.
const SERVICE_WORKER_DELAY_MS = 4000;
// Time in milliseconds for which a message without an action is shown.
const NOTE_MS = 8000;

// The embedded form applies before the first picture.
const address = new URLSearchParams(location.search);
if (address.has("embed")) {
  document.body.classList.add("embedded");
  setTheme(address.get("theme"));
  connectToHost();
  // The remarks on the fit move below the picture, where their length is not limited.
  document.querySelector("main").append(document.getElementById("altered"));
  pauseWhenUnseen();
}

// The class `first` marks a page whose address contains no settings. It shows the face of the last visit. Links contain their face, or belong to the Lab.
const isFirst = location.hash.length < 2 && location.search === "";
if (isFirst) document.body.classList.add("first");
document.body.dataset.face = isFirst ? findLastFace() : /[#&]face=simple(&|$)/.test(location.hash) ? "simple" : "lab";

// The face of the last visit; of the first visit, the simple one.
function findLastFace() {
  try {
    return localStorage.getItem("face") === "lab" ? "lab" : "simple";
  } catch {
    return "simple";
  }
}

// The theme of the surrounding document; any other text follows the preference of the browser.
function setTheme(theme) {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

// Reports the state of the run to the surrounding document, and takes its commands. The element in embed.js sends and receives these messages.
function connectToHost() {
  const run = document.getElementById("run");
  const state = () => document.body.dataset.state;
  if (address.get("caption")) {
    const caption = Object.assign(document.createElement("p"), { id: "caption", textContent: address.get("caption") });
    document.querySelector("main").append(caption);
  }
  const commands = {
    run: () => state() === "paused" && run.click(),
    pause: () => state() === "running" && run.click(),
    theme: (theme) => {
      setTheme(theme);
      globalThis.multiwell?.showTheme();
    },
  };
  addEventListener("message", ({ source, data }) => {
    const [command, value] = Array.isArray(data?.multiwell) ? data.multiwell : [];
    if (source === parent && Object.hasOwn(commands, command)) commands[command](value);
  });
  const report = () => {
    if (state() === "loading") return;
    const wells = Number(document.getElementById("wells").dataset.value ?? Number.NaN);
    const { height } = document.body.getBoundingClientRect();
    const detail = { state: state(), wells: Number.isNaN(wells) ? null : wells, settings: location.hash.slice(1), height };
    parent.postMessage({ multiwell: detail }, "*");
  };
  new MutationObserver(report).observe(document.body, { attributeFilter: ["data-state"] });
  // Views that arrive after the start of the run are higher than its first picture.
  new ResizeObserver(report).observe(document.body);
}

// An embedded page pauses when it is scrolled out of view, and continues when it is visible again. The observer detects visibility across frames and sites, so
// the surrounding document needs no script. A page that the user has paused stays paused.
function pauseWhenUnseen() {
  if (!("IntersectionObserver" in window)) return;
  let isVisible = true;
  let isAutoPaused = false;
  const updateRun = () => {
    const state = document.body.dataset.state;
    if (isVisible ? isAutoPaused && state === "paused" : state === "running") {
      isAutoPaused = !isVisible;
      document.getElementById("run").click();
    } else if (isVisible) {
      isAutoPaused = false;
    }
  };
  new IntersectionObserver((entries) => {
    isVisible = entries.at(-1).isIntersecting;
    updateRun();
  }).observe(document.documentElement);
  new MutationObserver(updateRun).observe(document.body, { attributeFilter: ["data-state"] });
}

// On small screens, remarks are limited to two lines until the user asks for more.
function clampRemarks() {
  const [remark, button] = ["altered", "altered-more"].map((id) => document.getElementById(id));
  const updateButton = () => (button.hidden = remark.hidden || (remark.scrollHeight <= remark.clientHeight + 1 && !remark.classList.contains("open")));
  button.addEventListener("click", () => {
    const isOpen = remark.classList.toggle("open");
    button.setAttribute("aria-expanded", isOpen);
    button.textContent = isOpen ? "less" : "more";
  });
  new ResizeObserver(updateButton).observe(remark);
  new MutationObserver(updateButton).observe(remark, { attributes: true, childList: true, characterData: true, subtree: true });
}

// Closes a message after NOTE_MS, and later while it is hovered or focused. The module keeps errors and messages with an action.
function closeNotes(close) {
  const message = document.getElementById("message");
  let timer;
  const wait = () => {
    clearTimeout(timer);
    if (!message.hidden) timer = setTimeout(() => (message.matches(":hover, :focus-within") ? wait() : close()), NOTE_MS);
  };
  new MutationObserver(wait).observe(message, { attributes: true, childList: true, subtree: true });
}

// Restarts the run, records it, and saves the video.
async function saveFilm() {
  try {
    const { canRecord, recordRun } = await import("./film.js");
    if (!canRecord()) throw new Error("this browser cannot record a picture; please try another one");
    const restart = document.getElementById("restart");
    if (restart.disabled) throw new Error("there is no run");
    multiwell.showMessage("The training is recorded. The video is saved when it ends or is paused.");
    const { video, ending } = await recordRun(() => restart.click());
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(video), download: `training.${ending}` });
    link.click();
    URL.revokeObjectURL(link.href);
    multiwell.showMessage(`The video is saved as ${link.download}.`);
  } catch (error) {
    multiwell.showError(`The training cannot be recorded: ${error.message ?? error}.`);
  }
}

function showFailure(sentence) {
  document.body.dataset.state = "unsupported";
  const message = document.getElementById("message");
  document.getElementById("message-text").textContent = sentence;
  document.getElementById("status").textContent = "Not running.";
  message.setAttribute("role", "alert");
  message.hidden = false;
}

// From the second visit on, the page works without a connection.
function registerServiceWorker() {
  const workers = navigator.serviceWorker;
  if (!workers) return;
  const controller = workers.controller;
  setTimeout(() => (controller ? controller.postMessage("fetch all") : workers.register("sw.js").catch(console.error)), SERVICE_WORKER_DELAY_MS);
}

async function boot() {
  if (location.protocol === "file:") {
    return showFailure("The page is opened as a file, and browsers load no modules from files. Please serve its folder, for example by `python3 -m http.server`.");
  }
  if (window.origin === "null") {
    return showFailure("This frame is sandboxed, so the page cannot load its files. Please add allow-same-origin to the sandbox attribute of the frame.");
  }
  if (typeof WebAssembly !== "object" || typeof WebAssembly.validate !== "function") {
    return showFailure("This browser has no WebAssembly, which training needs. Please open the page in a current Firefox, Chrome, Edge or Safari.");
  }
  if (!WebAssembly.validate(SIMD_PROBE)) {
    return showFailure("This browser has WebAssembly without 128-bit SIMD, which training needs. Firefox 89, Chrome 91 and Safari 16.4 or later have it.");
  }
  if (typeof Worker !== "function") {
    return showFailure("This browser has no web workers, in which training runs. Please open the page in a current Firefox, Chrome, Edge or Safari.");
  }
  try {
    clampRemarks();
    const isEmbedded = document.body.classList.contains("embedded");
    // The largest file is requested first.
    const file = fetch("multiwell_web_bg.wasm");
    const [multiwell, keep, module] = await Promise.all([import("./multiwell_web.js"), import("./keep.js"), file]);
    const lastRun = isEmbedded ? undefined : keep.findLastRun(location.hash.slice(1));
    const [kept] = await Promise.all([lastRun, multiwell.default({ module_or_path: module })]);
    globalThis.multiwell = {
      showTheme: multiwell.show_theme,
      showMessage: multiwell.show_note,
      showError: multiwell.show_message,
      keep: (run, record) => keep.keep(run, record, multiwell.show_message),
      table: async (name, text) => (await import("./table.js")).showTables(name, text),
    };
    // The address replays most runs. A stored table or model, which the address cannot contain, is passed to the page.
    closeNotes(multiwell.close_note);
    multiwell.start_page(kept?.table || kept?.model ? kept : undefined);
    document.getElementById("open").addEventListener("toggle", ({ target }) => {
      if (target.open) keep.showRuns(document.getElementById("kept"), (run) => ((target.open = false), multiwell.open_kept(run)));
    });
    document.getElementById("compare").addEventListener("click", async () => {
      try {
        (await import("./compare.js")).open(keep.dataOfRun);
      } catch {
        multiwell.show_message("The comparison script could not be loaded. Check the connection, and try again.");
      }
    });
    document.getElementById("export-film").addEventListener("click", saveFilm);
    import("./zoom.js").then(({ listen }) => listen(multiwell.zoom), console.error);
    const menu = document.getElementById("guide");
    const withGuide = async (action) => action(await import("./guide.js"));
    const openLesson = (step) => ((menu.open = false), withGuide(({ openStep }) => openStep(step)));
    menu.addEventListener("toggle", () => menu.open && withGuide(({ showGuide }) => showGuide(document.getElementById("guides"), openLesson)));
    document.getElementById("lessons").addEventListener("click", (event) => {
      if (!event.target.href) return;
      event.preventDefault();
      document.getElementById("help-dialog").close();
      openLesson(new URL(event.target.href).searchParams.get("lesson"));
    });
    const formula = document.getElementById("formula");
    formula.addEventListener("toggle", () => formula.open && withGuide(({ showFormula }) => showFormula(formula.lastElementChild)));
    const step = address.get("lesson");
    if (step) withGuide(({ openStep }) => openStep(step, location.hash.length > 1));
    if (!isEmbedded) registerServiceWorker();
  } catch (error) {
    console.error(error);
    showFailure(`The page could not be started: ${error.message ?? error}. Please reload it; if that does not help, its files may be incomplete.`);
  }
}

boot();
