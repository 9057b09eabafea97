// Loads the module and starts the page, or says what the browser lacks.

// The smallest module with a 128-bit vector instruction: () -> v128, i32.const 0, i8x16.splat.
const simd = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11,
]);

// The page has its embedded form from the beginning.
if (new URLSearchParams(location.search).has("embed")) {
  document.body.classList.add("embedded");
  // What a reader should know of the fit has room for as many words as it needs below the picture.
  document.querySelector("main").append(document.getElementById("altered"));
  restUnseen();
}

// What the page opens with if its address says nothing.
if (location.hash.length < 2 && location.search === "") document.body.classList.add("first");

// An embedded page that is scrolled out of view pauses, and goes on when it is seen again. Which part of a frame is seen, the observer knows
// across frames and sites, so that the document around needs no script. Who has paused by hand stays paused.
function restUnseen() {
  if (!("IntersectionObserver" in window)) return;
  let seen = true;
  let rests = false;
  const adapt = () => {
    const state = document.body.dataset.state;
    if (seen ? rests && state === "paused" : state === "running") {
      rests = !seen;
      document.getElementById("run").click();
    } else if (seen) {
      rests = false;
    }
  };
  new IntersectionObserver((entries) => {
    seen = entries.at(-1).isIntersecting;
    adapt();
  }).observe(document.documentElement);
  new MutationObserver(adapt).observe(document.body, { attributeFilter: ["data-state"] });
}

// Where there is little room, remarks have two lines until one asks for more.
function clampRemarks() {
  const [remark, more] = ["altered", "altered-more"].map((id) => document.getElementById(id));
  const offer = () => (more.hidden = remark.hidden || (remark.scrollHeight <= remark.clientHeight + 1 && !remark.classList.contains("open")));
  more.addEventListener("click", () => {
    const isWhole = remark.classList.toggle("open");
    more.setAttribute("aria-expanded", isWhole);
    more.textContent = isWhole ? "less" : "more";
  });
  new ResizeObserver(offer).observe(remark);
  new MutationObserver(offer).observe(remark, { attributes: true, childList: true, characterData: true, subtree: true });
}

function say(sentence) {
  document.body.dataset.state = "unsupported";
  const message = document.getElementById("message");
  document.getElementById("message-text").textContent = sentence;
  document.getElementById("status").textContent = "Not running.";
  message.setAttribute("role", "alert");
  message.hidden = false;
}

// From the second visit on the page works without a connection.
function serve() {
  const workers = navigator.serviceWorker;
  if (!workers) return;
  const isSecond = workers.controller;
  setTimeout(() => (isSecond ? isSecond.postMessage("fetch all") : workers.register("sw.js").catch(console.error)), 4000);
}

async function boot() {
  if (typeof WebAssembly !== "object" || typeof WebAssembly.validate !== "function") {
    return say("This browser has no WebAssembly, which training needs. Please open the page in a current Firefox, Chrome, Edge or Safari.");
  }
  if (!WebAssembly.validate(simd)) {
    return say("This browser has WebAssembly without 128-bit SIMD, which training needs. Firefox 89, Chrome 91 and Safari 16.4 or later have it.");
  }
  if (typeof Worker !== "function") {
    return say("This browser has no web workers, in which training runs. Please open the page in a current Firefox, Chrome, Edge or Safari.");
  }
  clampRemarks();
  try {
    const isEmbedded = document.body.classList.contains("embedded");
    const [multiwell, keep] = await Promise.all([import("./multiwell_web.js"), import("./keep.js")]);
    const [kept] = await Promise.all([isEmbedded ? undefined : keep.last(location.hash.slice(1)), multiwell.default()]);
    globalThis.multiwell = {
      keep: (run, record) => keep.keep(run, record, multiwell.say),
      table: async (name, text) => (await import("./table.js")).show(name, text),
    };
    // What the address says replays most runs; what it cannot say is handed over.
    multiwell.start_page(kept?.table || kept?.model ? kept : undefined);
    document.getElementById("open").addEventListener("toggle", ({ target }) => {
      if (target.open) keep.show(document.getElementById("kept"), (run) => ((target.open = false), multiwell.open_kept(run)));
    });
    document.getElementById("compare").addEventListener("click", async () => {
      try {
        (await import("./compare.js")).open(keep.given);
      } catch {
        multiwell.say("The script that compares could not be loaded; check the connection, and try again.");
      }
    });
    import("./pace.js").then(({ listen }) => listen(...["slow", "step", "run"].map((id) => document.getElementById(id))), console.error);
    import("./zoom.js").then(({ listen }) => listen(multiwell.zoom), console.error);
    const menu = document.getElementById("guide");
    const guide = async (act) => act(await import("./guide.js"));
    const begin = (place) => ((menu.open = false), guide(({ open }) => open(place)));
    menu.addEventListener("toggle", () => menu.open && guide(({ show }) => show(document.getElementById("guides"), begin)));
    const formula = document.getElementById("formula");
    formula.addEventListener("toggle", () => formula.open && guide(({ write }) => write(formula.lastElementChild)));
    const place = new URLSearchParams(location.search).get("lesson");
    if (place) guide(({ open }) => open(place, location.hash.length > 1));
    if (!isEmbedded) serve();
  } catch (error) {
    console.error(error);
    say(`The page could not be started: ${error.message ?? error}. Please reload it; if that does not help, its files may be incomplete.`);
  }
}

boot();
