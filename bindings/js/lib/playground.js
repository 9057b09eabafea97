// Element <multiwell-playground> with the page of this package. A separate script defines it, so that it finds the page beside itself.

const script = document.createElement("script");
script.src = new URL("../playground/embed.js", import.meta.url).href;
/** Settled when the element is defined. */
export const defined = new Promise((resolve, reject) => {
  script.onload = () => resolve(customElements.get("multiwell-playground"));
  script.onerror = () => reject(new Error(`${script.src} could not be loaded; copy the folder playground of the package beside your page`));
});
document.head.append(script);
