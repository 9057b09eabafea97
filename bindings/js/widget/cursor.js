// Values under the pointer. For a curve, the readout has the position and the value of the fit, which is computed at that position and not read from the
// picture.

const SVG = "http://www.w3.org/2000/svg";

/** Shows a line and a readout where the pointer is over the picture of a curve. */
export function attachReadout(drawing, readout, { area, ends }, session, formatNumber) {
  const [left, right, top, bottom] = area;
  const svg = drawing.querySelector("svg");
  const line = document.createElementNS(SVG, "line");
  const scale = svg.viewBox.baseVal.width / svg.width.baseVal.value || 1;
  let last = 0;
  const hide = () => {
    last += 1;
    line.remove();
    readout.hidden = true;
  };
  const move = async ({ clientX }) => {
    const box = svg.getBoundingClientRect();
    const pixel = ((clientX - box.left) / box.width) * svg.width.baseVal.value;
    const along = (pixel - left) / (right - left);
    if (along < 0 || along > 1) return hide();
    const turn = ++last;
    const x = ends[0] + along * (ends[1] - ends[0]);
    for (const [name, value] of Object.entries({ x1: pixel, x2: pixel, y1: top, y2: bottom })) line.setAttribute(name, String(value * scale));
    line.setAttribute("class", "cursor");
    line.setAttribute("stroke-width", String(scale));
    svg.append(line);
    readout.hidden = false;
    readout.textContent = `${session.names[0]} ${formatNumber(x)}`;
    readout.style.left = `${(100 * pixel) / svg.width.baseVal.value}%`;
    readout.classList.toggle("leftward", along > 0.75);
    const value = await session.valueAt([x]);
    if (turn === last && value !== null) readout.textContent = `${session.names[0]} ${formatNumber(x)}\n${session.names[1]} ${formatNumber(value)}`;
  };
  drawing.addEventListener("pointermove", move);
  drawing.addEventListener("pointerleave", hide);
}
