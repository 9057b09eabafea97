/** An error with one sentence that explains it and what to do. */
export class MultiwellError extends Error {
  name = "MultiwellError";
}
