/** Differentiable multi-well potentials, densities and materials with memory, learnt from data. Everything that is computed is computed in workers. */

/** Numbers in a list. */
export type Numbers = ArrayLike<number>;

/** Rows of numbers: a list of numbers (one column), a list of rows, or the numbers row after row with the number of columns. */
export type Table = Numbers | readonly Numbers[] | { data: Numbers; columns: number };

/** Values of a potential at points, its derivatives or forces, or values and derivatives. */
export interface PotentialData {
  /** Points, one a row. */
  x: Table;
  /** Values at the points. */
  y?: Numbers;
  /** Derivatives by the inputs, one a row; `null` or NaN where one was not measured. */
  gradient?: Table | readonly (number | null)[] | readonly (readonly (number | null)[])[];
  /** Forces, minus the derivatives, in the same form. */
  forces?: Table | readonly (number | null)[] | readonly (readonly (number | null)[])[];
  /** Relative precisions of the rows: one with twice the weight has half the variance. */
  weights?: Numbers;
  /** Standard errors of the rows, in place of weights. */
  sigma?: Numbers;
  /** Names of the inputs. */
  names?: string | readonly string[];
  /** Name of the potential. */
  target?: string;
}

/** Samples of a density of one to three quantities. */
export interface DensityData {
  /** Samples, one a row. */
  samples: Table;
  /** Weights of the samples, if they are not equal. */
  weights?: Numbers;
  /** Names of the quantities. */
  names?: string | readonly string[];
}

/** Trajectories of a material with memory, all of equally many rows. */
export interface TrajectoryData {
  /** Times, of all trajectories or of each. */
  time: Numbers | readonly Numbers[];
  /** A table of inputs for each trajectory. */
  inputs: readonly Table[];
  /** A table of outputs for each trajectory. */
  outputs: readonly Table[];
  /** Names of the columns. */
  names?: { inputs?: string | readonly string[]; outputs?: string | readonly string[] };
}

/** A benchmark that comes with the program, by its id: `"double-well"`. */
export interface BenchmarkData {
  benchmark: string;
}

/** What can be learnt from. */
export type Data = PotentialData | DensityData | TrajectoryData | BenchmarkData;

/** Settings, by the names of the command line, as they are or in camel case: `holdOut` is `--hold-out`. A wrong one is refused by a sentence. */
export interface Settings {
  /** Modes that are offered; the fit may leave some unused. */
  modes?: number;
  /** Widths of the hidden layers of each mode. */
  hidden?: number | readonly number[];
  /** The last epoch. */
  epochs?: number;
  /** How it is trained. */
  recipe?: "reliable" | "paper";
  /** Seed of the initial weights. Equal seeds, data and settings give equal bits. */
  seed?: number;
  /** Inputs that are angles, with their periods: `"phi:360, psi:2pi"`, or one period for all. */
  periodic?: string;
  /** The convex polynomial that each mode has besides its layers. */
  skip?: "none" | "quadratic" | "quartic";
  /** What the potential is made invariant under. */
  symmetry?: "none" | "exchange";
  /** Fraction of the rows that the fit does not learn from. */
  holdOut?: number;
  /** Whether minima and barriers get intervals that contain the truth with a probability of nine tenths. */
  uncertainty?: boolean | number;
  /** The weight of sparsity. */
  epsilon?: number;
  /** The learning rate. */
  lr?: number;
  /** The thermal energy, in whose unit the potential of several quantities or weighted samples is. */
  kT?: number;
  /** Blocks of consecutive samples that are independent of each other. */
  blocks?: number;
  /** How hidden states of a material move. */
  dynamics?: "play" | "onsager" | "node" | "auto";
  /** Any other setting of the command line. */
  [name: string]: string | number | boolean | readonly number[] | null | undefined;
}

/** How far training is. */
export interface Progress {
  /** The work done, in epochs. */
  done: number;
  /** All work, as far as it is known. */
  all: number;
  /** The stage of the recipe. */
  stage: string;
  /** The text of the model file as the fit is now, if `snapshots` are asked for. */
  model?: string;
}

export interface FitOptions {
  /** Called about twenty times a second, and at the end. If it returns `true`, training ends early, and the fit is as it is then. */
  onProgress?: (progress: Progress) => unknown;
  /** Gives the fit up: the promise is rejected at once with the reason of the signal. */
  signal?: AbortSignal;
  /** Whether progress brings the model as it is. */
  snapshots?: boolean;
}

/** What a model is of. */
export interface Description {
  /** A potential, a joint density, a density of one quantity, or a material. */
  kind: "potential" | "joint" | "density" | "material";
  /** Names of the inputs. */
  inputs: string[];
  /** Names of the outputs; none of a density of one quantity. */
  outputs: string[];
  /** Where each input was learnt, low and high; empty if the file does not say it. */
  domain: [number, number][];
  /** Which inputs it is periodic in. */
  periodic: boolean[];
  /** The thermal energy of a joint density. */
  kT: number | null;
}

/** A fit. It holds no handles: it can be kept as JSON, or sent to a worker. */
export interface Fit extends Description {
  /** The text of the model file, which the command line, the Python package and the page read too. */
  text: string;
  /** The numbers that `multiwell fit --json` prints. */
  metrics: { [name: string]: any };
  /** What to know before using the fit, in sentences. */
  warnings: string[];
  /** Remarks on the data, in sentences. */
  notes: string[];
  /** The history of training, by columns. */
  history: { [column: string]: number[] | string[] };
}

/** A fit, or the text of a model file. */
export type Model = Fit | string;

/** Values at points. */
export interface Evaluation {
  /** The potential at the points; of a density of one quantity `-log q`. */
  values: Float64Array;
  /** The logarithm of the density, of densities. */
  logDensity?: Float64Array;
  /** `[points, inputs]`, row after row. */
  gradient?: Float64Array;
  /** `[points, inputs, inputs]`. */
  hessian?: Float64Array;
  /** How much each mode contributes to the soft minimum, `[points, modes]`. */
  responsibilities?: Float64Array;
  /** Each mode, `[points, modes]`. */
  modes?: Float64Array;
}

export interface EvaluateOptions {
  gradient?: boolean;
  hessian?: boolean;
  responsibilities?: boolean;
  modes?: boolean;
  signal?: AbortSignal;
}

/** The answer of a material. */
export interface Response {
  /** `[trajectories, rows, outputs]`. */
  outputs: Float64Array;
  /** The energy that is dissipated at each step, `[trajectories, rows - 1]`. */
  dissipation: Float64Array;
}

/** A local minimum. Intervals contain the truth with a probability of nine tenths; a fit with `uncertainty` has them. */
export interface Minimum {
  x: number[];
  value: number;
  /** The lowest rise on a way to another well or out of the domain. */
  barrier: number | null;
  barrierAt: number[] | null;
  /** Whether that place lies on the edge of the data, beyond which the barrier may be higher. */
  barrierAtEdge: boolean;
  /** Whether the barrier is above the threshold: other minima are ripples. */
  isWell: boolean;
  /** Eigenvalues of the Hessian. */
  curvatures: number[];
  xInterval: [number, number][] | null;
  valueInterval: [number, number] | null;
  barrierInterval: [number, number] | null;
  /** Of a density: the probability of the basin. */
  population: number | null;
  /** Of a density: the free energy above the most probable basin. */
  freeEnergy: number | null;
  freeEnergyInterval: [number, number] | null;
  /** Of a density of one quantity: whether a mode of its own is worth its parameters to the samples. */
  isCertain: boolean | null;
}

/** A saddle; of a curve, a maximum. */
export interface Saddle {
  x: number[];
  value: number;
  curvatures: number[];
}

/** A minimum energy path over a saddle between two minima, by their indices; `null` is a way out of the domain. */
export interface Path {
  minima: [number | null, number | null];
  saddle: number[];
  height: number;
  points: number[][];
  values: number[];
}

/** Minima (from left to right of one input, the lowest first of several), saddles and paths. */
export interface Landscape {
  minima: Minimum[];
  /** The minima that are wells. */
  wells: Minimum[];
  saddles: Saddle[];
  paths: Path[];
  /** The smallest barrier of a well. */
  threshold: number;
  /** Whether the search was stopped early. */
  isPartial: boolean;
}

export interface ExportOptions {
  /** What functions are called by. */
  name?: string;
  /** Whether second derivatives are written too. */
  hessian?: boolean;
  /** Whether C takes polynomials of the file's own. */
  fast?: boolean;
  /** Whether ONNX has single precision. */
  float32?: boolean;
  /** Points of a grid along each input. */
  points?: number;
  signal?: AbortSignal;
}

/** What went wrong, in a sentence that says what to do. */
export class MultiwellError extends Error {}

/** Fits data. */
export function fit(data: Data, settings?: Settings, options?: FitOptions): Promise<Fit>;

/** Evaluates a model of a material along trajectories. */
export function evaluate(model: Model, along: Omit<TrajectoryData, "outputs">, options?: { signal?: AbortSignal }): Promise<Response>;
/** Evaluates a potential or a density at points. A typed array holds them row after row. */
export function evaluate(model: Model, points: Table, options?: EvaluateOptions): Promise<Evaluation>;

/** Minima with barriers, saddles and paths. */
export function landscape(model: Model, options?: { signal?: AbortSignal }): Promise<Landscape>;

/** What a model is of. */
export function describe(model: Model, options?: { signal?: AbortSignal }): Promise<Description>;

/** The model in another form, which needs no multiwell. */
export function exportModel(model: Model, to: "onnx" | "npz", options?: ExportOptions): Promise<Uint8Array>;
export function exportModel(
  model: Model,
  to: "c" | "rust" | "python" | "jax" | "torch" | "js" | "fortran" | "umat" | "vumat" | "formula" | "plumed",
  options?: ExportOptions,
): Promise<string>;

/** Ends all workers. The next call starts new ones. */
export function close(): void;
