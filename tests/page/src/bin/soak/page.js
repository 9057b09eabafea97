// What can be used on the page, found by what it is and not by its name. Put into every page before its scripts.
window.soak = (() => {
  const kinds = {
    click: "button, summary, a[href^='#'], [role=tab], input[type=checkbox], input[type=radio]",
    choose: "select",
    slide: "input[type=range]",
    type: "input[type=text], input[type=number], input[type=search], input:not([type]), textarea",
    picture: "canvas",
  };
  // What leaves the page does nothing; downloads are denied by the browser.
  addEventListener("click", (event) => event.target.closest?.("a[href]:not([href^='#'])") && event.preventDefault(), true);
  window.open = () => null;

  const isThere = (element) => {
    const { width, height } = element.getBoundingClientRect();
    return width > 0 && height > 0 && !element.disabled && !element.readOnly && element.checkVisibility({ visibilityProperty: true });
  };
  const name = (element) => {
    const near = element.closest("[id]");
    const words = (element.getAttribute("aria-label") || element.innerText || element.value || "").trim().slice(0, 30);
    return `${near ? "#" + near.id : ""}${near === element ? "" : " " + element.localName} “${words}”`;
  };
  // A dialog that is open is all that can be used.
  const one = (selector, chance) => {
    const open = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document;
    const all = [...open.querySelectorAll(selector)].filter(isThere);
    const element = all[Math.floor(chance * all.length)];
    element?.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    return element;
  };
  // The part of an element that is in the window.
  const seen = (element) => {
    const box = element.getBoundingClientRect();
    const [left, top] = [Math.max(box.left, 0), Math.max(box.top, 0)];
    return { left, top, width: Math.min(box.right, innerWidth) - left, height: Math.min(box.bottom, innerHeight) - top };
  };
  const tell = (element, ...kinds) => kinds.forEach((kind) => element.dispatchEvent(new Event(kind, { bubbles: true })));

  return {
    // Where to press on one of a kind.
    find(kind, chance) {
      const element = one(kinds[kind], chance);
      if (!element) return null;
      const box = seen(element);
      const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
      const isCovered = !hit || !(element.contains(hit) || hit.contains(element));
      return { name: name(element) + (isCovered ? " (covered)" : ""), ...box };
    },
    choose(selector, chance, which) {
      const list = one(selector || kinds.choose, chance);
      if (!list) return null;
      const options = [...list.options].filter((option) => !option.disabled && !option.hidden);
      if (options.length === 0) return null;
      list.focus();
      list.value = options[Math.floor(which * options.length)].value;
      tell(list, "input", "change");
      return `${name(list).replace(/ “.*/su, "")} = ${list.value}`;
    },
    slide(chance, to) {
      const slider = one(kinds.slide, chance);
      if (!slider) return null;
      const [low, high, from] = [Number(slider.min || 0), Number(slider.max || 100), Number(slider.value)];
      slider.focus();
      for (const part of [0.3, 0.7, 1]) {
        slider.value = from + part * (low + to * (high - low) - from);
        tell(slider, "input");
      }
      tell(slider, "change");
      return `${name(slider)} = ${slider.value}`;
    },
    // The field gets the focus, and all of its text is selected.
    type(chance) {
      const field = one(kinds.type, chance);
      if (!field) return null;
      field.focus();
      field.select();
      return { name: name(field), text: field.value };
    },
    // To a state that is the same each time but for the run.
    tidy() {
      document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
      document.querySelectorAll("details.menu[open], details.term[open]").forEach((details) => (details.open = false));
      for (const button of document.querySelectorAll("#pinned button, #message-close, [data-lesson=close]")) {
        if (!/show/.test(button.innerText)) button.click();
      }
      // Both hold for whatever run follows.
      if (document.body.dataset.face !== "lab") document.getElementById("face").click();
      const speed = document.getElementById("speed");
      speed.value = speed.max;
      speed.dispatchEvent(new Event("input"));
      // Of several inputs there is no such tab, and no way to it.
      const landscape = document.getElementById("view-landscape");
      if (isThere(landscape)) landscape.click();
      scrollTo(0, 0);
    },
    // Whether the run of this seed has ended, at this epoch. A run that waits is told to go on, as a user would.
    hasEnded(seed, epoch) {
      const { state, shown } = document.body.dataset;
      if (document.getElementById("control-seed").value !== seed || !shown.endsWith(` ${state}`)) return false;
      if (state === "paused") document.getElementById("run").click();
      return state === "finished" && document.getElementById("epoch").dataset.value === epoch;
    },
  };
})();
