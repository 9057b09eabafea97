// Gestures that show a part of a picture: a box or a drag of the mouse, the wheel with Ctrl, two fingers, a double click. What is drawn, the
// module decides: it is told which part of the plot area, as fractions from the left and from below, is to fill it.

/// Pixels: less is no drag, and no box.
const LEAST = 6;
/// Milliseconds in which a second click makes a double click.
const DOUBLE = 300;

/// Whether a pointer draws on a picture by itself.
const isDrawnUpon = (canvas) => canvas.classList.contains("stroke");

/// Where a place in the window lies in the plot area of a canvas.
function along(canvas, { clientX, clientY }) {
  const [left, top, right, bottom] = canvas.dataset.area.split(" ").map(Number);
  const box = canvas.getBoundingClientRect();
  return { u: (clientX - box.left - left) / (right - left), v: (box.top + bottom - clientY) / (bottom - top), width: right - left, height: bottom - top, left, top };
}

const within = (part) => Math.min(Math.max(part, 0), 1);

/// Calls `show(id of the canvas, left, right, low, high)`.
export function listen(show) {
  const canvasOf = ({ target }) => target?.closest?.("canvas[data-area]");
  const stop = (event) => (event.stopPropagation(), event.cancelable && event.preventDefault());
  const all = (canvas) => show(canvas.id, -Infinity, Infinity, -Infinity, Infinity);
  /// What was at `from` comes to `to`, so many times as large.
  const move = (canvas, from, to, factor = 1) =>
    show(canvas.id, from.u - to.u / factor, from.u + (1 - to.u) / factor, from.v - to.v / factor, from.v + (1 - to.v) / factor);
  const on = (kind, act) => document.addEventListener(kind, act, { capture: true, passive: false });

  // The wheel, and two fingers on a touchpad, which browsers report as the wheel with Ctrl. Without Ctrl the page scrolls.
  on("wheel", (event) => {
    const canvas = (event.ctrlKey || event.metaKey) && canvasOf(event);
    if (!canvas) return;
    stop(event);
    const at = along(canvas, event), turned = Math.min(Math.max(event.deltaY * (event.deltaMode ? 16 : 1), -30), 30);
    move(canvas, at, at, Math.exp(-turned / 100));
  });

  // The mouse: a box on all of a picture or with Shift, else the part is moved. Where a pointer draws, with Shift or Ctrl only.
  let drag, hasDragged = false;
  const end = () => {
    drag?.box?.remove();
    drag?.canvas.classList.remove("dragged");
    drag = undefined;
  };
  on("pointerdown", (event) => {
    const canvas = canvasOf(event);
    hasDragged = false;
    if (!canvas || event.pointerType === "touch" || event.button || (isDrawnUpon(canvas) && !event.shiftKey && !event.ctrlKey)) return;
    const from = along(canvas, event);
    if (from.u !== within(from.u) || from.v !== within(from.v)) return;
    drag = { canvas, from, x: event.clientX, y: event.clientY, isBox: event.shiftKey || (!event.ctrlKey && !("enlarged" in canvas.dataset)) };
    if (isDrawnUpon(canvas)) event.stopPropagation();
  });
  on("pointermove", (event) => {
    if (!drag || event.pointerType === "touch") return;
    const { canvas, from } = drag;
    if (!hasDragged && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < LEAST) return;
    if (!hasDragged) {
      hasDragged = true;
      canvas.setPointerCapture(event.pointerId);
      if (drag.isBox) canvas.parentElement.append((drag.box = Object.assign(document.createElement("span"), { className: "zoom-box" })));
      else canvas.classList.add("dragged");
    }
    event.stopPropagation();
    const to = along(canvas, event);
    if (!drag.isBox) {
      move(canvas, from, to);
      drag.from = to;
      return;
    }
    const { left, top, width, height } = from;
    const ends = (a, b, size) => (Math.abs(a - b) * size < LEAST ? [0, 1] : [within(Math.min(a, b)), within(Math.max(a, b))]);
    const [[l, r], [low, high]] = (drag.ends = [ends(from.u, to.u, width), ends(from.v, to.v, height)]);
    const place = { left: left + l * width, top: top + (1 - high) * height, width: (r - l) * width, height: (high - low) * height };
    for (const [name, pixels] of Object.entries(place)) drag.box.style[name] = `${pixels}px`;
  });
  on("pointerup", () => {
    if (drag?.ends) show(drag.canvas.id, ...drag.ends.flat());
    end();
  });
  on("pointercancel", end);
  on("keydown", ({ key }) => key === "Escape" && end());
  on("selectstart", (event) => drag && event.preventDefault());

  // A drag is no click. On a part of a picture a click waits for the second of a double click, which shows all.
  let timer, isRepeated = false;
  on("click", (event) => {
    const canvas = canvasOf(event);
    if (!canvas || isRepeated) return;
    if (hasDragged) {
      hasDragged = false;
      return stop(event);
    }
    if (!("enlarged" in canvas.dataset)) return;
    stop(event);
    clearTimeout(timer);
    if (event.detail > 1) return;
    const { clientX, clientY, pointerType } = event;
    timer = setTimeout(() => {
      isRepeated = true;
      canvas.dispatchEvent(new PointerEvent("click", { clientX, clientY, pointerType, bubbles: true }));
      isRepeated = false;
    }, DOUBLE);
  });
  on("dblclick", (event) => {
    const canvas = canvasOf(event);
    if (canvas && "enlarged" in canvas.dataset && !isDrawnUpon(canvas)) all(canvas);
  });

  // Two fingers; one scrolls the page.
  let pinch;
  const spread = ([a, b]) => Math.max(Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY), 1);
  const middle = ([a, b]) => ({ clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2 });
  on("touchstart", (event) => {
    const canvas = canvasOf(event), { touches } = event;
    if (!canvas || touches.length !== 2 || canvasOf(touches[0]) !== canvas || canvasOf(touches[1]) !== canvas) return;
    event.preventDefault();
    // What the first finger has begun is given up.
    if (isDrawnUpon(canvas)) canvas.dispatchEvent(new PointerEvent("pointercancel", { pointerType: "touch" }));
    pinch = { canvas, at: along(canvas, middle(touches)), size: spread(touches) };
  });
  on("touchmove", (event) => {
    if (!pinch || event.touches.length !== 2) return;
    event.preventDefault();
    const at = along(pinch.canvas, middle(event.touches)), size = spread(event.touches);
    move(pinch.canvas, pinch.at, at, size / pinch.size);
    Object.assign(pinch, { at, size });
  });
  for (const kind of ["touchend", "touchcancel"]) on(kind, ({ touches }) => touches.length || (pinch = undefined));
  for (const kind of ["pointerdown", "pointermove"]) on(kind, (event) => pinch && event.pointerType === "touch" && event.stopPropagation());
  // Two fingers on a touchpad, in Safari.
  let size = 1;
  on("gesturestart", (event) => canvasOf(event) && (event.preventDefault(), (size = 1)));
  on("gesturechange", (event) => {
    const canvas = !pinch && canvasOf(event);
    if (!canvas) return;
    event.preventDefault();
    const at = along(canvas, event);
    move(canvas, at, at, event.scale / size);
    size = event.scale;
  });

  // The way back, beside the canvas.
  const offer = (canvas) => {
    let button = canvas.parentElement.querySelector(".whole");
    if (!button) {
      button = Object.assign(document.createElement("button"), { type: "button", className: "whole", textContent: "reset", title: "Show all of the picture (double click, or key 0)" });
      button.setAttribute("aria-label", "Show all of the picture");
      button.addEventListener("click", () => (all(canvas), canvas.focus()));
      canvas.parentElement.append(button);
    }
    const [, top, right] = canvas.dataset.area.split(" ");
    Object.assign(button.style, { top: `${Number(top) + 4}px`, right: `${canvas.clientWidth - right + 4}px` });
    button.hidden = !("enlarged" in canvas.dataset);
  };
  const isOffered = (canvas) => "enlarged" in canvas.dataset || canvas.parentElement.querySelector(".whole");
  new MutationObserver((changes) => new Set(changes.map(({ target }) => target).filter(isOffered)).forEach(offer)).observe(document.body, {
    attributeFilter: ["data-enlarged", "data-area"],
    subtree: true,
  });
}
