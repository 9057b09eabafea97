// Slow motion: epoch by epoch, eight a second, until it is pressed again or the run goes on by itself.

const MILLISECONDS = 125;

export function listen(button, step, run) {
  let timer;
  const state = () => document.body.dataset.state;
  const number = () => parseInt(document.body.dataset.shown);
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
    button.textContent = "slow";
  };
  const offer = () => {
    if (timer && state() !== "paused") stop();
    button.hidden = step.hidden || !["running", "paused"].includes(state());
  };
  button.addEventListener("click", () => {
    if (timer) {
      stop();
      return run.click();
    }
    // The first step pauses.
    step.click();
    // Another run is not slowed down: between two steps it may have begun.
    const slowed = number();
    timer = setInterval(() => (step.disabled || number() !== slowed ? stop() : step.click()), MILLISECONDS);
    button.textContent = "full speed";
  });
  new MutationObserver(offer).observe(document.body, { attributeFilter: ["data-state"] });
  offer();
}
