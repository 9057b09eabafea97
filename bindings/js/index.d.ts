/** Differentiable multi-well potentials, densities and materials with memory, learnt from data. All computations run in workers. */

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
  /** Relative precisions of the rows: a row with twice the weight has half the variance. */
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

/** Trajectories of a material with memory, all with the same number of rows. */
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

/** Data that a fit can learn from. */
export type Data = PotentialData | DensityData | TrajectoryData | BenchmarkData;

/** Settings, by the names of the command line, unchanged or in camel case: `holdOut` is `--hold-out`. A wrong setting gives an error with one sentence. */
export interface Settings {
  /** Number of modes that are offered; the fit may leave some unused. */
  modes?: number;
  /** Widths of the hidden layers of each mode. */
  hidden?: number | readonly number[];
  /** The last epoch. */
  epochs?: number;
  /** Recipe of the training. */
  recipe?: "reliable" | "paper";
  /** Seed of the initial weights. Equal seeds, data and settings give equal bits. */
  seed?: number;
  /** Periodic inputs with their periods: `"phi:360, psi:2pi"`, or one period for all. */
  periodic?: string;
  /** Convex polynomial that is added to the layers of each mode. */
  skip?: "none" | "quadratic" | "quartic";
  /** Symmetry of the potential. */
  symmetry?: "none" | "exchange";
  /** Fraction of the rows that is held out from training. */
  holdOut?: number;
  /** Whether minima and barriers get intervals. They contain the truth with a probability of nine tenths. */
  uncertainty?: boolean | number;
  /** The weight of sparsity. */
  epsilon?: number;
  /** The learning rate. */
  lr?: number;
  /** Thermal energy, the unit of the potential of several quantities or weighted samples. */
  kT?: number;
  /** Number of independent blocks of consecutive samples. */
  blocks?: number;
  /** Evolution law of the hidden states of a material. */
  dynamics?: "play" | "onsager" | "node" | "auto";
  /** Any other setting of the command line. */
  [name: string]: string | number | boolean | readonly number[] | null | undefined;
}

/** Progress of training. */
export interface Progress {
  /** The work done, in epochs. */
  done: number;
  /** Estimate of all work, in epochs. */
  all: number;
  /** The stage of the recipe. */
  stage: string;
  /** Text of the model file of the present fit, if `snapshots` are requested. */
  model?: string;
}

export interface FitOptions {
  /** Called about twenty times a second, and at the end. If it returns `true`, training ends early and returns the present fit. */
  onProgress?: (progress: Progress) => unknown;
  /** Cancels the fit: the promise is rejected at once with the reason of the signal. */
  signal?: AbortSignal;
  /** Whether progress reports contain the present model. */
  snapshots?: boolean;
}

/** Description of a model. */
export interface Description {
  /** Kind: a potential, a joint density, a density of one quantity, or a material. */
  kind: "potential" | "joint" | "density" | "material";
  /** Names of the inputs. */
  inputs: string[];
  /** Names of the outputs; empty for a density of one quantity. */
  outputs: string[];
  /** Domain of each input on which the model was learnt, low and high; empty if the file does not contain it. */
  domain: [number, number][];
  /** Whether each input is periodic. */
  periodic: boolean[];
  /** Thermal energy of a joint density. */
  kT: number | null;
}

/** A fit. It contains plain data: it can be stored as JSON, or sent to a worker. */
export interface Fit extends Description {
  /** Text of the model file, which the command line, the Python package and the page also read. */
  text: string;
  /** Numbers that `multiwell fit --json` prints. */
  metrics: { [name: string]: any };
  /** Warnings to read before the fit is used, in sentences. */
  warnings: string[];
  /** Remarks on the data, in sentences. */
  notes: string[];
  /** History of training, by columns. */
  history: { [column: string]: number[] | string[] };
}

/** A fit, or the text of a model file. */
export type Model = Fit | string;

/** Values at points. */
export interface Evaluation {
  /** Potential at the points; for a density of one quantity, `-log q`. */
  values: Float64Array;
  /** Logarithm of the density, for densities. */
  logDensity?: Float64Array;
  /** `[points, inputs]`, row after row. */
  gradient?: Float64Array;
  /** `[points, inputs, inputs]`. */
  hessian?: Float64Array;
  /** Contribution of each mode to the soft minimum, `[points, modes]`. */
  responsibilities?: Float64Array;
  /** Value of each mode, `[points, modes]`. */
  modes?: Float64Array;
}

export interface EvaluateOptions {
  gradient?: boolean;
  hessian?: boolean;
  responsibilities?: boolean;
  modes?: boolean;
  signal?: AbortSignal;
}

/** Response of a material. */
export interface Response {
  /** `[trajectories, rows, outputs]`. */
  outputs: Float64Array;
  /** Energy that is dissipated at each step, `[trajectories, rows - 1]`. */
  dissipation: Float64Array;
}

/** A local minimum. A fit with `uncertainty` has intervals that contain the truth with a probability of nine tenths. */
export interface Minimum {
  x: number[];
  value: number;
  /** Lowest rise on a path to another well or out of the domain. */
  barrier: number | null;
  barrierAt: number[] | null;
  /** Whether `barrierAt` lies on the edge of the data, beyond which the barrier may be higher. */
  barrierAtEdge: boolean;
  /** Whether the barrier is above the threshold. Other minima are ripples. */
  isWell: boolean;
  /** Eigenvalues of the Hessian. */
  curvatures: number[];
  /** Modes that hold the minimum: a single one, or those that share it. Empty for a density of one quantity. */
  modes: number[];
  /** Responsibilities of these modes at the minimum. */
  responsibilities: number[];
  xInterval: [number, number][] | null;
  valueInterval: [number, number] | null;
  barrierInterval: [number, number] | null;
  /** Lower bound of the barrier in place of an interval. `barrierAt` then lies on the edge of the data, or a density has too few samples around it. */
  barrierBound: number | null;
  /** Probability of the basin, for a density. */
  population: number | null;
  populationInterval: [number, number] | null;
  /** Free energy above the most probable basin, for a density. */
  freeEnergy: number | null;
  freeEnergyInterval: [number, number] | null;
  /** Whether the samples support the well at 95 %, for a density of one quantity. */
  isCertain: boolean | null;
}

/** A saddle; for a curve, a maximum. */
export interface Saddle {
  x: number[];
  value: number;
  curvatures: number[];
}

/** A minimum energy path over a saddle between two minima, by their indices; `null` is a path out of the domain. */
export interface Path {
  minima: [number | null, number | null];
  saddle: number[];
  height: number;
  points: number[][];
  values: number[];
}

/** Minima, saddles and paths. Minima of one input are sorted from left to right, those of several by value, the lowest first. */
export interface Landscape {
  minima: Minimum[];
  /** Minima that are wells. */
  wells: Minimum[];
  saddles: Saddle[];
  paths: Path[];
  /** Smallest barrier of a well. */
  threshold: number;
  /** Whether the search was stopped early. */
  isPartial: boolean;
}

export interface ExportOptions {
  /** Name of the exported functions. */
  name?: string;
  /** Whether second derivatives are written too. */
  hessian?: boolean;
  /** Whether C uses built-in polynomials for exponentials and logarithms. */
  fast?: boolean;
  /** Whether ONNX has single precision. */
  float32?: boolean;
  /** Whether ONNX has the value alone, without derivatives. */
  values?: boolean;
  /** Number of grid points along each input, or one number for each. The default is 100. */
  points?: number | number[];
  /** Called with each remark on the exported form, for example on an input that has another name in a grid. */
  onNote?: (note: string) => unknown;
  signal?: AbortSignal;
}

/** An error with one sentence that explains it and what to do. */
export class MultiwellError extends Error {}

/** Fits data. */
export function fit(data: Data, settings?: Settings, options?: FitOptions): Promise<Fit>;

/** Evaluates a model of a material along trajectories. */
export function evaluate(model: Model, along: Omit<TrajectoryData, "outputs">, options?: { signal?: AbortSignal }): Promise<Response>;
/** Evaluates a potential or a density at points. A typed array contains the points row after row. */
export function evaluate(model: Model, points: Table, options?: EvaluateOptions): Promise<Evaluation>;

/** Computes minima with barriers, saddles and paths. */
export function landscape(model: Model, options?: { signal?: AbortSignal }): Promise<Landscape>;

/** Returns the description of a model. */
export function describe(model: Model, options?: { signal?: AbortSignal }): Promise<Description>;

/** Exports the model in another form, which does not need multiwell. */
export function exportModel(model: Model, to: "onnx" | "npz", options?: ExportOptions): Promise<Uint8Array>;
export function exportModel(
  model: Model,
  to: "c" | "rust" | "python" | "jax" | "torch" | "js" | "fortran" | "umat" | "vumat" | "formula" | "plumed",
  options?: ExportOptions,
): Promise<string>;

/** Ends all workers. The next call starts new ones. */
export function close(): void;
