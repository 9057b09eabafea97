/** What went wrong, in a sentence that says what to do. */
export class MultiwellError extends Error {
  name = "MultiwellError";
}
