// Slow motion: eight epochs a second, one at a time, until the button is pressed again or the run continues at full speed.

const STEP_INTERVAL_MS = 125;

export function listen(button, step, run) {
  let timer;
  const readState = () => document.body.dataset.state;
  const readRunNumber = () => parseInt(document.body.dataset.shown);
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
    button.textContent = "slow";
  };
  const updateButton = () => {
    if (timer && readState() !== "paused") stop();
    button.hidden = step.hidden || !["running", "paused"].includes(readState());
  };
  button.addEventListener("click", () => {
    if (timer) {
      stop();
      return run.click();
    }
    // The first step pauses.
    step.click();
    // Another run may begin between two steps. It is not slowed down.
    const slowedRun = readRunNumber();
    timer = setInterval(() => (step.disabled || readRunNumber() !== slowedRun ? stop() : step.click()), STEP_INTERVAL_MS);
    button.textContent = "full speed";
  });
  new MutationObserver(updateButton).observe(document.body, { attributeFilter: ["data-state"] });
  updateButton();
}
