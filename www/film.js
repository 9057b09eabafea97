// Records the main picture while a run trains, as a video. The page loads this script on request.

const FRAMES_PER_SECOND = 30;
const BITS_PER_SECOND = 4e6;
const VIDEO_TYPES = ["video/webm;codecs=vp9", "video/webm", "video/mp4"];
// Time for which the finished fit is shown at the end, in milliseconds.
const END_MS = 1500;

/// Whether the browser can record a canvas.
export const canRecord = () => typeof MediaRecorder === "function" && VIDEO_TYPES.some((type) => MediaRecorder.isTypeSupported(type));

/// The visible canvases of the picture, with their places in it.
function visibleCanvases(picture) {
  const { left, top } = picture.getBoundingClientRect();
  const seen = [...picture.querySelectorAll("canvas")].filter((canvas) => canvas.checkVisibility() && canvas.width > 0);
  return seen.map((canvas) => ({ canvas, box: canvas.getBoundingClientRect() })).map(({ canvas, box }) => [canvas, box.left - left, box.top - top, box.width, box.height]);
}

/// Restarts the run and records it until it ends. Resolves with the video and the ending of its file name.
export async function recordRun(restart) {
  const picture = document.getElementById("picture");
  const scale = Math.min(2, devicePixelRatio || 1);
  const film = document.createElement("canvas");
  // Codecs need even numbers.
  [film.width, film.height] = [picture.clientWidth, picture.clientHeight].map((size) => 2 * Math.round((size * scale) / 2));
  const context = film.getContext("2d");
  const draw = () => {
    context.fillStyle = getComputedStyle(document.body).backgroundColor;
    context.fillRect(0, 0, film.width, film.height);
    for (const [canvas, ...box] of visibleCanvases(picture)) context.drawImage(canvas, ...box.map((length) => length * scale));
  };
  const type = VIDEO_TYPES.find((one) => MediaRecorder.isTypeSupported(one));
  const recorder = new MediaRecorder(film.captureStream(FRAMES_PER_SECOND), { mimeType: type, videoBitsPerSecond: BITS_PER_SECOND });
  const pieces = [];
  recorder.ondataavailable = ({ data }) => pieces.push(data);
  const stopped = new Promise((resolve) => (recorder.onstop = resolve));
  const before = document.body.dataset.shown;
  restart();
  recorder.start(1000);
  await new Promise((resolve) => {
    let endedAt;
    const step = (now) => {
      draw();
      const { state, shown } = document.body.dataset;
      const hasEnded = shown !== before && !["running", "loading"].includes(state);
      endedAt = hasEnded ? (endedAt ?? now) : undefined;
      if (endedAt !== undefined && now - endedAt > END_MS) resolve();
      else requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
  recorder.stop();
  await stopped;
  return { video: new Blob(pieces, { type }), ending: type.startsWith("video/mp4") ? "mp4" : "webm" };
}
