/** Importing this defines the element `<multiwell-playground>`, whose page comes with the package. */

/** Settled when the element is defined. */
export const defined: Promise<CustomElementConstructor>;
