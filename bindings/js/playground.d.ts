/** Importing this defines the element `<multiwell-playground>`, whose page comes with the package. */

/** The run of a playground. */
export interface PlaygroundState {
  state: "loading" | "running" | "paused" | "finished" | "diverged" | "failed" | "unsupported";
  /** Number of wells, once it is known. */
  wells: number | null;
  /** Text after the # of the run's link. */
  settings: string;
}

/** The element `<multiwell-playground>`. It fires `ready` and `finished`, both with a `PlaygroundState` as `detail`. */
export interface MultiwellPlayground extends HTMLElement {
  /** The run, or null before the page has loaded. */
  readonly state: PlaygroundState | null;
  /** Text after the # of the run's link; before the page has loaded, the attribute. Setting it sets the attribute. */
  settings: string;
  /** Continues the run if it is paused. */
  run(): void;
  /** Pauses the run. */
  pause(): void;
  /** Sets several attributes at once. The run restarts. */
  set(settings: Record<string, string | number>): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "multiwell-playground": MultiwellPlayground;
  }
}

/** Settled when the element is defined. */
export const defined: Promise<CustomElementConstructor>;
