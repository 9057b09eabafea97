// <multiwell-playground> is an element that shows the playground inside another document.
//
//     <script src="https://example.org/multiwell/embed.js" defer></script>
//     <multiwell-playground benchmark="double-well" modes="4" seed="7" height="420">
//       <a href="https://example.org/multiwell/#benchmark=double-well&modes=4&seed=7">Open the playground</a>
//     </multiwell-playground>
//
// Nothing is loaded until the element is scrolled into view. Then it contains a frame with the page in its embedded form: the run button, one sentence on the
// result, the picture and the numbers; a drawing can be drawn on. The page pauses while it is scrolled out of view. The frame takes no focus. Until then, and without scripts, the content of the element is shown.
//
// Attributes, all optional:
//
//     benchmark, modes, lr, seed and so on: every setting, with the name and the format of the page's link. Only the hidden layers have another
//                  name, because `hidden` has another meaning in HTML: layers="10,10"
//     settings     text after the # of a link, for settings without an attribute; the attributes above prevail. data=ADDRESS in it
//                  selects the table at this address of the page's own site: settings="benchmark=own-joint&data=data/alanine.dat&kT=2.494"
//     controls     additional controls, names as above with commas between, and the speed: controls="modes,lr,speed"
//     hide         parts to leave out, names with commas between: hide="numbers,result"
//     theme        "light" or "dark"; if absent, the preference of the browser. A change keeps the run
//     start        "running" (if absent), "paused" or "finished". A visible run has at most 600 epochs per second, so that it can be followed;
//                  controls="speed" adds the slider. A paused run waits for its button or for run(); a finished one is shown
//                  when it has ended. Other values are those of the setting `start`
//     height       pixels, a length with its unit, or "auto" for the height of the page's content; 480 if absent
//     caption      text below the picture
//     loading      "eager" loads at once, "lazy" (if absent) when the element comes into view
//     title        the name of the frame for screen readers
//     src          address of the page; if absent, index.html beside this script
//
// Methods:
//
//     run(), pause()   continue and pause the run; before the page has loaded, as soon as it has
//     set(settings)    sets several attributes at once: set({ modes: 4, layers: "6,6" }). The page loads again, reports "ready" again, and starts as
//                      the attribute `start` says
//
// Property `state`: { state, wells, settings } of the run, or null before the page has loaded. `state` is "running", "paused", "finished" or "diverged",
// `wells` the number of wells, and `settings` the text after the # of the run's link.
//
// Property `settings`: the text after the # of the run's link; before the page has loaded, the attribute. Setting it sets the attribute.
//
// Events, each with this object as its `detail`: "ready" when the page has loaded, "finished" when a run has ended.
//
// The script needs no bundler and no module support. The document may load it from another site.

(() => {
  "use strict";

  if (!("customElements" in window) || customElements.get("multiwell-playground")) return;

  const PAGE_ADDRESS = new URL("index.html", document.currentScript ? document.currentScript.src : document.baseURI).href;

  // Attributes of the element itself, and settings whose names have another meaning in HTML, with their names in the link. Other
  // `data-*` attributes are attributes of HTML.
  const OWN_ATTRIBUTES = ["settings", "controls", "hide", "theme", "start", "caption", "height", "title", "src", "loading"];
  const STARTS = ["running", "paused", "finished"];
  const RENAMED_SETTINGS = new Map([["layers", "hidden"], ["data-seed", "data-seed"]]);
  // Global attributes of HTML whose names are not properties of elements.
  const HTML_ATTRIBUTES =
    /^(accesskey|autocapitalize|class|contenteditable|enterkeyhint|exportparts|inputmode|is|item\w*|part|tabindex|writingsuggestions|aria-.*|data-.*)$/;
  const isSetting = (name) => RENAMED_SETTINGS.has(name) || (!OWN_ATTRIBUTES.includes(name) && !HTML_ATTRIBUTES.test(name) && !(name in HTMLElement.prototype));

  class MultiwellPlayground extends HTMLElement {
    static observedAttributes = OWN_ATTRIBUTES.filter((name) => name !== "loading");

    #observer = null;
    #frame = null;
    #state = null;
    // Command that waits for the page.
    #waiting = null;
    #listen = ({ source, data }) => {
      if (this.#frame && source === this.#frame.contentWindow && data?.multiwell) this.#report(data.multiwell);
    };
    // Only the page has the list of settings.
    #settings = new MutationObserver((changes) => this.#follow(changes));

    connectedCallback() {
      this.style.display = "block";
      this.#setHeight();
      this.#settings.observe(this, { attributes: true });
      addEventListener("message", this.#listen);
      if (this.#frame) return;
      if (this.getAttribute("loading") === "eager" || !("IntersectionObserver" in window)) {
        this.#load();
        return;
      }
      this.#observer = new IntersectionObserver((entries) => {
        if (entries.some((entry) => entry.isIntersecting)) this.#load();
      });
      this.#observer.observe(this);
    }

    disconnectedCallback() {
      this.#settings.disconnect();
      removeEventListener("message", this.#listen);
      this.#disconnectObserver();
    }

    attributeChangedCallback(name, before, after) {
      if (!this.isConnected || before === after) return;
      if (name === "height") this.#setHeight();
      else if (name === "theme" && this.#state) this.#command("theme", after);
      else if (this.#frame) this.#load();
    }

    get state() {
      return this.#state;
    }

    get settings() {
      return this.#state?.settings ?? this.getAttribute("settings") ?? "";
    }

    // Frameworks set properties in place of attributes.
    set settings(text) {
      this.setAttribute("settings", text);
    }

    run() {
      this.#steer("run");
    }

    pause() {
      this.#steer("pause");
    }

    set(settings) {
      for (const [name, value] of Object.entries(settings)) this.setAttribute(name, value);
      // At once, so that a run() after it is for the new page.
      this.#follow(this.#settings.takeRecords());
    }

    #follow(changes) {
      if (this.#frame && changes.some(({ attributeName }) => isSetting(attributeName))) this.#load();
    }

    #steer(command) {
      if (this.#state) this.#command(command);
      else this.#waiting = command;
    }

    #command(...command) {
      this.#frame?.contentWindow.postMessage({ multiwell: command }, "*");
    }

    #report({ height, ...detail }) {
      if (height && this.getAttribute("height") === "auto") this.style.height = `${height}px`;
      const before = this.#state?.state;
      this.#state = detail;
      if (!before) {
        if (this.#waiting) this.#command(this.#waiting);
        this.#waiting = null;
        this.dispatchEvent(new CustomEvent("ready", { detail }));
      }
      if (detail.state === "finished" && before !== "finished") this.dispatchEvent(new CustomEvent("finished", { detail }));
    }

    // Address of the frame: the page in its embedded form, with the settings after the #.
    get address() {
      const url = new URL(this.getAttribute("src") || PAGE_ADDRESS, document.baseURI);
      url.searchParams.set("embed", "");
      for (const name of ["controls", "hide", "theme", "caption"]) {
        if (this.hasAttribute(name)) url.searchParams.set(name, this.getAttribute(name));
      }
      const link = new URLSearchParams((this.getAttribute("settings") || "").replace(/^#/, ""));
      for (const { name, value } of this.attributes) {
        if (isSetting(name)) link.set(RENAMED_SETTINGS.get(name) ?? name, value);
      }
      const start = this.getAttribute("start");
      if (start !== null) (STARTS.includes(start) ? url.searchParams : link).set("start", start);
      // A comma needs no escape here and is easier to read without one.
      url.hash = link.toString().replaceAll("%2C", ",");
      return url.href;
    }

    // The page reports its height after it has loaded.
    #setHeight() {
      const height = (this.getAttribute("height") || "480").trim().replace(/^auto$/, "480");
      this.style.height = /^[0-9.]+$/.test(height) ? `${height}px` : height;
    }

    // Replaces the frame, because a change after the # alone would not restart the page.
    #load() {
      this.#disconnectObserver();
      this.#state = null;
      const benchmark = this.getAttribute("benchmark");
      this.#frame = document.createElement("iframe");
      this.#frame.title = this.getAttribute("title") || `multiwell playground${benchmark ? `: ${benchmark}` : ""}`;
      this.#frame.style.cssText = "display: block; width: 100%; height: 100%; border: 0";
      this.#frame.allow = "fullscreen; clipboard-write";
      this.#frame.src = this.address;
      // In a shadow root the frame hides the content of the element and does not replace it. React would report changed content as an error.
      (this.shadowRoot ?? this.attachShadow({ mode: "open" })).replaceChildren(this.#frame);
    }

    #disconnectObserver() {
      if (this.#observer) this.#observer.disconnect();
      this.#observer = null;
    }
  }

  customElements.define("multiwell-playground", MultiwellPlayground);
})();
