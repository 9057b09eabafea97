// Random actions on the page by gremlins.js. This script runs in each document after that library.
// Links to other documents have no effect.
addEventListener("click", (event) => event.target.closest?.("a[href]:not([href^='#'])") && event.preventDefault(), true);
window.open = () => null;
const byId = (id) => document.getElementById(id);

// Performs one action, and returns its description. A seed determines the action for the same content of the page.
async function act(seed) {
  const KEYS = [" ", ".", "r", "n", "p", "?", "d", "m", "e", "0", "+", "-", "Escape", "Enter", "Delete", "ArrowLeft", "ArrowRight", "ArrowUp", "z", "Z"];
  const TEXTS = ["", " ", "0", "-1", "1e99", "NaN", "2.5", "1,5", "8, 8", "ten", "<b>bold</b>", "%zz&=#", "🜁", "a=1,b=2", "1".repeat(3000),
    "x^4 - a*x^2 + b*x", "min(x^2, (x - 2)^2 + 0.5)", "(x^2 - 1)^2 + k*(y - x/2)^2", "cos(3*x) + x^2/4", "1/x", "x^2 - (", "q(x)"];
  const words = [], randomizer = new gremlins.Chance(seed), part = () => randomizer.floating({ min: 0, max: 1 });
  const note = (element) => (words.push(`${element.localName} #${element.closest("[id]")?.id} ${element.innerText?.slice(0, 30) ?? ""}`), element);
  const dialog = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document;
  const isUsable = (element) => dialog.contains(element) && !element.disabled && !element.readOnly
    && element.checkVisibility({ visibilityProperty: true }) && element.getBoundingClientRect().width > 0;
  const pick = (selector) => {
    const usable = [...document.querySelectorAll(selector)].filter(isUsable);
    const element = note(usable.length > 0 ? randomizer.pick(usable) : document.body);
    element.scrollIntoView({ block: "center", behavior: "instant" });
    return element;
  };
  const place = (element) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    return { clientX: left + width * part(), clientY: top + height * part() };
  };
  const fill = (field, value) => {
    note(field).focus();
    field.value = value;
    for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
    return String(value).slice(0, 40);
  };
  // The typist of gremlins.js sends events without a key, and its touches are no pointer events.
  const press = () => {
    const key = randomizer.pick(KEYS), target = part() < 0.5 ? note(document.activeElement) : pick("canvas, [role=tab]");
    target.dispatchEvent(new KeyboardEvent("keydown", { key, ctrlKey: /z/i.test(key), shiftKey: key === "Z", bubbles: true, cancelable: true }));
    return key;
  };
  const draw = () => {
    const canvas = pick("canvas"), shared = { pointerId: 1, pointerType: "mouse", isPrimary: true, shiftKey: part() < 0.2, bubbles: true, cancelable: true };
    const send = (kind, buttons) => canvas.dispatchEvent(new PointerEvent(kind, { ...shared, ...place(canvas), buttons }));
    send("pointerdown", 1), send("pointermove", 1), send("pointermove", 1), send("pointerup", 0);
    canvas.dispatchEvent(new WheelEvent("wheel", { ...shared, ...place(canvas), ctrlKey: true, deltaY: 60 * part() - 30 }));
  };
  const fillers = {
    "input[type=range]": (slider) => fill(slider, Number(slider.min) + (slider.max - slider.min) * part()),
    select: (list) => fill(list, list.options[Math.floor(list.length * part())]?.value),
    "textarea, input[type=text], input:not([type])": (field) => fill(field, part() < 0.5 ? randomizer.pick(TEXTS) : Math.round(field.value * 3 * part())),
  };
  const click = () => Object.values(place(pick("button, summary, a[href^='#'], input[type=checkbox], input[type=radio]")));
  const own = (action) => ({ logger }) => () => logger.log("gremlin", action.name, action());
  const { clicker, formFiller, scroller } = gremlins.species, shown = { showAction: false, log: true };
  const horde = gremlins.createHorde({
    species: [clicker({ ...shown, positionSelector: click, clickTypes: ["click", "click", "click", "dblclick"] }), scroller(shown), own(press), own(draw),
      formFiller({ ...shown, elementMapTypes: fillers, canFillElement: isUsable, maxNbTries: 200 })],
    strategies: [gremlins.strategies.distribution({ distribution: [0.44, 0.03, 0.14, 0.14, 0.25], nb: 1, delay: 200 * part() })],
    logger: { log: (_, ...parts) => words.unshift(...parts.filter((word) => !(word instanceof Element))) }, mogwais: [], randomizer,
  });
  return horde.unleash().then(() => words.join(" "));
}
