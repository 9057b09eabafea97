// <multiwell-playground>: the playground inside another document.
//
//     <script src="https://example.org/multiwell/embed.js" defer></script>
//     <multiwell-playground benchmark="double-well" modes="4" seed="7" height="420">
//       <a href="https://example.org/multiwell/#benchmark=double-well&modes=4&seed=7">Open the playground</a>
//     </multiwell-playground>
//
// Nothing is loaded until the element is scrolled into view. It then holds a frame with the page in its embedded form: the
// picture, the run button and the numbers, which pauses while it is scrolled out of view. The frame takes no focus. The content of the element is shown until then, and without
// scripts.
//
// Attributes, all optional:
//
//     benchmark, modes, lr, seed and so on: every setting by its name in the page's link, written as there; only the hidden layers are called
//                  otherwise, because `hidden` means something else in HTML: layers="10,10"
//     settings     all that comes after the # of a link, for what has no attribute; the attributes above prevail. With data=ADDRESS in it, the
//                  table at this address of the page's own site is learnt from: settings="benchmark=own-joint&data=data/alanine.dat&kT=2.494"
//     controls     which controls to show besides, names as above with commas between: controls="modes,lr"
//     hide         which parts to leave out, names with commas between: hide="numbers"
//     height       pixels, or a length with its unit; 480 if absent
//     loading      "eager" loads at once, "lazy" (if absent) when the element comes into view
//     title        the name of the frame for screen readers
//     src          address of the page; if absent, index.html beside this script
//
// The script needs no bundler and no module support, and may be loaded from another site than the document's.

(() => {
  "use strict";

  if (!("customElements" in window) || customElements.get("multiwell-playground")) return;

  const page = new URL("index.html", document.currentScript ? document.currentScript.src : document.baseURI).href;

  // The attributes of the element itself, and settings whose names have another meaning in HTML, with their names in the link.
  const own = ["settings", "controls", "hide", "height", "title", "src", "loading"];
  const renamed = new Map([["layers", "hidden"], ["data-seed", "data-seed"]]);
  // Global attributes of HTML whose names are not properties of elements.
  const html =
    /^(accesskey|autocapitalize|class|contenteditable|enterkeyhint|exportparts|inputmode|is|item\w*|part|tabindex|writingsuggestions|aria-.*|data-.*)$/;
  const isSetting = (name) => renamed.has(name) || (!own.includes(name) && !html.test(name) && !(name in HTMLElement.prototype));

  class MultiwellPlayground extends HTMLElement {
    static observedAttributes = own.filter((name) => name !== "loading");

    #observer = null;
    #frame = null;
    // The page knows the names of settings, this script does not.
    #settings = new MutationObserver((changes) => {
      if (this.#frame && changes.some(({ attributeName }) => isSetting(attributeName))) this.#load();
    });

    connectedCallback() {
      this.style.display = "block";
      this.#measure();
      this.#settings.observe(this, { attributes: true });
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
      this.#stopWatching();
    }

    attributeChangedCallback(name, before, after) {
      if (!this.isConnected || before === after) return;
      if (name === "height") this.#measure();
      else if (this.#frame) this.#load();
    }

    // The address of the frame: that of the page in its embedded form, with the settings after the #.
    get address() {
      const url = new URL(this.getAttribute("src") || page, document.baseURI);
      url.searchParams.set("embed", "");
      for (const name of ["controls", "hide"]) {
        if (this.hasAttribute(name)) url.searchParams.set(name, this.getAttribute(name));
      }
      const link = new URLSearchParams((this.getAttribute("settings") || "").replace(/^#/, ""));
      for (const { name, value } of this.attributes) {
        if (isSetting(name)) link.set(renamed.get(name) ?? name, value);
      }
      // A comma needs no escape here and is easier to read without one.
      url.hash = link.toString().replaceAll("%2C", ",");
      return url.href;
    }

    #measure() {
      const height = (this.getAttribute("height") || "480").trim();
      this.style.height = /^[0-9.]+$/.test(height) ? `${height}px` : height;
    }

    // Replaces the frame, because a change behind the # alone would not restart the page.
    #load() {
      this.#stopWatching();
      const benchmark = this.getAttribute("benchmark");
      this.#frame = document.createElement("iframe");
      this.#frame.title = this.getAttribute("title") || `multiwell playground${benchmark ? `: ${benchmark}` : ""}`;
      this.#frame.style.cssText = "display: block; width: 100%; height: 100%; border: 0";
      this.#frame.allow = "fullscreen; clipboard-write";
      this.#frame.src = this.address;
      this.replaceChildren(this.#frame);
    }

    #stopWatching() {
      if (this.#observer) this.#observer.disconnect();
      this.#observer = null;
    }
  }

  customElements.define("multiwell-playground", MultiwellPlayground);
})();
