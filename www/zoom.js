// Gestures that show a part of a picture: a box or a drag of the mouse, the wheel with Ctrl, two fingers, a double click. The module draws the picture. Its
// input is the part of the plot area to be shown, as fractions from the left and from below.

import { make } from "./elements.js";

/// Smallest drag or box in pixels.
const MIN_DRAG_PX = 6;
/// Smallest ratio of the horizontal to the vertical part of the start of a stroke.
const MIN_SLOPE = 0.25;
/// Maximum time between the two clicks of a double click in milliseconds.
const DOUBLE_CLICK_MS = 300;

/// Whether the pointer draws on a picture.
const isDrawable = (canvas) => canvas.classList.contains("stroke");

/// Position of a point of the window in the plot area of a canvas.
function locate(canvas, { clientX, clientY }) {
  const [left, top, right, bottom] = canvas.dataset.area.split(" ").map(Number);
  const box = canvas.getBoundingClientRect();
  return { u: (clientX - box.left - left) / (right - left), v: (box.top + bottom - clientY) / (bottom - top), width: right - left, height: bottom - top, left, top };
}

const clamp = (part) => Math.min(Math.max(part, 0), 1);

/// Handles the gestures and calls `show(id of the canvas, left, right, low, high)`.
export function listen(show) {
  const canvasOf = ({ target }) => target?.closest?.("canvas[data-area]");
  const consume = (event) => (event.stopPropagation(), event.cancelable && event.preventDefault());
  const showAll = (canvas) => show(canvas.id, -Infinity, Infinity, -Infinity, Infinity);
  /// Moves the point at `from` to `to` and enlarges the picture by a factor.
  const move = (canvas, from, to, factor = 1) =>
    show(canvas.id, from.u - to.u / factor, from.u + (1 - to.u) / factor, from.v - to.v / factor, from.v + (1 - to.v) / factor);
  const on = (kind, act) => document.addEventListener(kind, act, { capture: true, passive: false });

  // The wheel, and two fingers on a touchpad, which browsers report as the wheel with Ctrl. Without Ctrl the page scrolls.
  on("wheel", (event) => {
    const canvas = (event.ctrlKey || event.metaKey) && canvasOf(event);
    if (!canvas) return;
    consume(event);
    const at = locate(canvas, event), deltaY = Math.min(Math.max(event.deltaY * (event.deltaMode ? 16 : 1), -30), 30);
    move(canvas, at, at, Math.exp(-deltaY / 100));
  });

  // Mouse: a box if all of a picture is shown or with Shift, otherwise a drag of the part. Where a pointer draws, only with Shift or Ctrl.
  let drag, hasDragged = false;
  const end = () => {
    drag?.box?.remove();
    drag?.canvas.classList.remove("dragged");
    drag = undefined;
  };
  on("pointerdown", (event) => {
    const canvas = canvasOf(event);
    hasDragged = false;
    if (!canvas || event.pointerType === "touch" || event.button || (isDrawable(canvas) && !event.shiftKey && !event.ctrlKey)) return;
    const from = locate(canvas, event);
    if (from.u !== clamp(from.u) || from.v !== clamp(from.v)) return;
    drag = { canvas, from, x: event.clientX, y: event.clientY, isBox: event.shiftKey || (!event.ctrlKey && !("enlarged" in canvas.dataset)) };
    if (isDrawable(canvas)) event.stopPropagation();
  });
  on("pointermove", (event) => {
    if (!drag || event.pointerType === "touch") return;
    const { canvas, from } = drag;
    if (!hasDragged && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < MIN_DRAG_PX) return;
    if (!hasDragged) {
      hasDragged = true;
      canvas.setPointerCapture(event.pointerId);
      if (drag.isBox) canvas.parentElement.append((drag.box = make("span", { className: "zoom-box" })));
      else canvas.classList.add("dragged");
    }
    event.stopPropagation();
    const to = locate(canvas, event);
    if (!drag.isBox) {
      move(canvas, from, to);
      drag.from = to;
      return;
    }
    const { left, top, width, height } = from;
    const ends = (a, b, size) => (Math.abs(a - b) * size < MIN_DRAG_PX ? [0, 1] : [clamp(Math.min(a, b)), clamp(Math.max(a, b))]);
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

  // A drag is not a click. On a part of a picture, a click waits for a possible second click, because a double click shows all.
  let timer, isRepeated = false;
  on("click", (event) => {
    const canvas = canvasOf(event);
    if (!canvas || isRepeated) return;
    if (hasDragged) {
      hasDragged = false;
      return consume(event);
    }
    if (!("enlarged" in canvas.dataset)) return;
    consume(event);
    clearTimeout(timer);
    if (event.detail > 1) return;
    const { clientX, clientY, pointerType } = event;
    timer = setTimeout(() => {
      isRepeated = true;
      canvas.dispatchEvent(new PointerEvent("click", { clientX, clientY, pointerType, bubbles: true }));
      isRepeated = false;
    }, DOUBLE_CLICK_MS);
  });
  on("dblclick", (event) => {
    const canvas = canvasOf(event);
    if (canvas && "enlarged" in canvas.dataset && !isDrawable(canvas)) showAll(canvas);
  });

  // One finger draws, unless it starts upright: then it scrolls the page.
  let stroke;
  on("touchstart", ({ target, touches }) => (stroke = touches.length === 1 && canvasOf({ target })?.matches(".pans") ? { from: touches[0] } : undefined));
  on("touchmove", (event) => {
    if (!stroke || event.touches.length !== 1) return;
    const [dx, dy] = ["clientX", "clientY"].map((name) => Math.abs(event.touches[0][name] - stroke.from[name]));
    stroke.draws ??= dx >= MIN_SLOPE * dy;
    if (stroke.draws && event.cancelable) event.preventDefault();
  });

  // Two fingers zoom; one finger scrolls the page.
  let pinch;
  const measureDistance = ([a, b]) => Math.max(Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY), 1);
  const findMiddle = ([a, b]) => ({ clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2 });
  on("touchstart", (event) => {
    const canvas = canvasOf(event), { touches } = event;
    if (!canvas || touches.length !== 2 || canvasOf(touches[0]) !== canvas || canvasOf(touches[1]) !== canvas) return;
    event.preventDefault();
    // The action of the first finger is cancelled.
    if (isDrawable(canvas)) canvas.dispatchEvent(new PointerEvent("pointercancel", { pointerType: "touch" }));
    pinch = { canvas, at: locate(canvas, findMiddle(touches)), size: measureDistance(touches) };
  });
  on("touchmove", (event) => {
    if (!pinch || event.touches.length !== 2) return;
    event.preventDefault();
    const at = locate(pinch.canvas, findMiddle(event.touches)), size = measureDistance(event.touches);
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
    const at = locate(canvas, event);
    move(canvas, at, at, event.scale / size);
    size = event.scale;
  });

  // Button that resets the picture, beside the canvas.
  const updateResetButton = (canvas) => {
    let button = canvas.parentElement.querySelector(".whole");
    if (!button) {
      const title = "Show all of the picture (double click, or key 0)";
      button = make("button", { type: "button", className: "whole", title, "aria-label": "Show all of the picture" }, "reset");
      button.addEventListener("click", () => (showAll(canvas), canvas.focus()));
      canvas.parentElement.append(button);
    }
    const [, top, right] = canvas.dataset.area.split(" ");
    Object.assign(button.style, { top: `${Number(top) + 4}px`, right: `${canvas.clientWidth - right + 4}px` });
    button.hidden = !("enlarged" in canvas.dataset);
  };
  const hasResetButton = (canvas) => "enlarged" in canvas.dataset || canvas.parentElement.querySelector(".whole");
  new MutationObserver((changes) => new Set(changes.map(({ target }) => target).filter(hasResetButton)).forEach(updateResetButton)).observe(document.body, {
    attributeFilter: ["data-enlarged", "data-area"],
    subtree: true,
  });
}
