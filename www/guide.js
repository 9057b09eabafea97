// Guide: lessons on the live page, remarks on each benchmark, and the formulas of the potentials. The page loads this script when one of them is opened.
//
// A step of a lesson opens a link, describes a task, marks the control that the task wants, detects from the page whether the task is done, and explains its purpose. Its address is the address of
// the page with `?lesson=NAME.STEP`. The page reads it when it is opened (boot.js), embedded or not.
//
// Words between asterisks are emphasised.

import { make } from "./elements.js";

const readNumber = (id) => Number(document.getElementById(id)?.dataset.value ?? NaN);
const readSetting = (name) => new URLSearchParams(location.hash.slice(1)).get(name);
const isFinished = () => {
  const { state, shown, pending } = document.body.dataset;
  return state === "finished" && shown?.endsWith("finished") && pending === undefined;
};
const isTabOpen = (tab) => document.getElementById(tab)?.ariaSelected === "true";
const hasWells = (count) => isFinished() && readNumber("wells") === count;

export const lessons = [
  {
    id: "convex",
    title: "Why one convex network cannot have two wells",
    steps: [
      {
        link: "benchmark=double-well&modes=1",
        text: "The data are 200 values of a curve with two wells. Here a single network learns it. The network is *convex*: between any two of its points it never rises above the straight line that joins them.",
        task: "Wait until the training stops.",
        done: () => readSetting("modes") === "1" && isFinished(),
        why: "The fit has *one* well. R² is near 1 although it misses a well, because the steep walls have most of the variance. A convex function that has gone down and up again cannot go down a second time.",
      },
      {
        link: "benchmark=double-well&modes=1",
        text: "Two convex networks can represent two wells if a function joins them.",
        task: "Under *Model*, set *Modes offered* to 2, and wait for the training.",
        wants: "#control-modes",
        done: () => readSetting("modes") === "2" && hasWells(2),
        why: "Now there are two wells, and the error is a thousand times smaller. The band below the axis shows the responsible mode: one on the left, the other on the right. Where both share, the red fit lies below them.",
      },
      {
        link: "benchmark=double-well&modes=2",
        text: "No mode was assigned to a well in advance. Each mode is still convex everywhere.",
        task: "Show one mode alone: click its curve, or its name under *Modes* below the picture.",
        wants: "#panel-modes",
        done: () => document.getElementById("alone-end")?.hidden === false,
        why: "A single mode is a bowl over the whole domain. It is convex by construction, not by training: weights between its layers cannot be negative. Here each well has a mode of its own.",
      },
    ],
  },
  {
    id: "sharpness",
    title: "The soft minimum and its sharpness",
    steps: [
      {
        link: "benchmark=three-well&view=soft-minimum",
        text: "A soft minimum Ψ = −log(⅓ Σ exp(−ρ fᵢ))/ρ joins three parabolas. One number, the sharpness ρ, determines the transitions between them. The numbers below the picture belong to the trained fit.",
        task: "Move the slider of *sharpness* down to its left end, to 1.",
        wants: "#soft-rho",
        done: () => isTabOpen("view-soft-minimum") && readNumber("soft-rho-value") < 1.05,
        why: "Two wells and all barriers have disappeared. For still smaller ρ, Ψ approaches the mean of the three parabolas.",
      },
      {
        link: "benchmark=three-well&view=soft-minimum",
        text: "The opposite limit is a hard minimum.",
        task: "Move the sharpness to 100 or more.",
        wants: "#soft-rho",
        done: () => isTabOpen("view-soft-minimum") && readNumber("soft-rho-value") >= 100,
        why: "Ψ is now almost the lowest parabola: at most log(3)/ρ above it. It is still smooth, with all derivatives, but the corner between two wells can be arbitrarily sharp.",
      },
      {
        link: "benchmark=cosine-well",
        text: "Training determines ρ together with all other parameters. This curve has smooth passes between its wells. Here each mode is raised by log(N)/ρ, so that the fit touches a mode that is responsible alone.",
        task: "Wait for the end of the training, and read off ρ below the picture.",
        done: () => readSetting("benchmark") !== "three-well" && hasWells(4) && readNumber("rho") < 100,
        why: "The sharpness is a few units: the passes are as round as those of the curve.",
      },
      {
        link: "benchmark=three-well",
        text: "This curve is the minimum of three parabolas, with kinks where they cross.",
        task: "Wait for the end of the training, and compare ρ.",
        done: () => readSetting("benchmark") === "three-well" && isFinished() && readNumber("rho") > 1000,
        why: "The sharpness is more than a thousand times larger. Training finds abrupt transitions without further input. A minimum of the energies of several phases has such kinks.",
      },
    ],
  },
  {
    id: "gates",
    title: "Gates and number of modes",
    steps: [
      {
        link: "benchmark=three-well&modes=10",
        text: "The number of wells is unknown. The fit has ten modes, each with a *gate* that can close it.",
        task: "Wait for the end of the training.",
        done: () => isFinished() && readSetting("benchmark") === "three-well" && readNumber("responsible") === 3,
        why: "Three modes are responsible somewhere, the other seven nowhere. Three counts below the picture are distinct: open gates, modes that hold more than half somewhere, and wells.",
      },
      {
        link: "benchmark=three-well&modes=2",
        text: "Too few modes cannot represent all wells.",
        task: "With *Modes offered* at 2, count the wells of the fit. The curve has three.",
        done: () => readSetting("modes") === "2" && hasWells(2),
        why: "Each mode is one bowl, and under a sharp minimum two bowls have two wells, not three. The third is missing, and the error is large. So offer too many modes, and let gates close.",
      },
      {
        link: "benchmark=cosine-well&modes=10&panel=pruning",
        text: "Each mode has a removal cost: the increase of the error without it.",
        task: "After the training, move the slider under *Pruning* until a well is lost.",
        wants: "#prune",
        done: () => isFinished() && isTabOpen("panel-pruning") && /wells 4 →/.test(document.getElementById("prune-cost")?.textContent ?? ""),
        why: "Removing a mode that holds nothing costs nothing. Others raise the error before a well is lost. The slider shows the cost in advance, and *Cancel* restores the modes.",
      },
    ],
  },
  {
    id: "derivatives",
    title: "Derivatives instead of energies",
    steps: [
      {
        link: "benchmark=gene-circuit",
        text: "Energies can seldom be measured; forces and velocities can. Two genes repress each other, and only the *velocities* of cells are given: minus the slope of an unknown landscape.",
        task: "Wait for the end of the training.",
        done: () => isFinished() && readSetting("benchmark") === "gene-circuit" && readNumber("wells") === 2,
        why: "Two wells mean two kinds of cell. The potential is learnt from its derivatives alone, up to a constant, which forces do not determine.",
      },
      {
        link: "benchmark=gene-circuit",
        text: "Parity shows the error of the velocities, and whether they have a potential.",
        task: "Open *Parity* above the picture.",
        wants: "#view-parity",
        done: () => isTabOpen("view-parity") && isFinished(),
        why: "Each component of the fit is plotted against the true one: the points are on the diagonal. The fit is a gradient by construction, so it could not match a field without a potential.",
      },
      {
        link: "benchmark=gene-circuit&view=flow",
        text: "The two genes repress each other with a strength b.",
        task: "Under *Data*, set *b* to 0.5 and wait for the training.",
        wants: "#control-b",
        done: () => readSetting("b") === "0.5" && hasWells(1),
        why: "One well is left: with weak repression there is only one kind of cell. At a value of b in between, one valley splits into two.",
      },
    ],
  },
  {
    id: "density",
    title: "A density is an energy",
    steps: [
      {
        link: "benchmark=drawn-samples",
        text: "Some data are neither energies nor forces but *samples*: observed states of a system. In equilibrium their density is q = exp(−Ψ/kT)/Z, so Ψ can be learnt from the samples alone, by maximum likelihood.",
        task: "Wait for the end of the training.",
        done: () => isFinished() && location.hash.includes("drawn-samples") && readNumber("wells") === 2,
        why: "Where samples are dense, Ψ has a well. The grey dots are a kernel estimate for comparison. The fit does not use it, and needs no choice of a width.",
      },
      {
        link: "benchmark=drawn-samples",
        text: "Other samples give another energy.",
        task: "Draw hills with *Draw* (key d), or move samples with *Move*. With keys: Enter begins and ends a stroke, arrows move the cursor.",
        wants: "#sketch-pencil",
        done: () => (readSetting("drawing") ?? "") !== "" && isFinished(),
        why: "The fit follows while you draw, and restarts when you let go. Twice as many samples in one well lower it by kT log 2: try it.",
      },
      {
        link: "benchmark=drawn-samples&panel=stages",
        text: "Not every hump of a histogram is significant. The table of wells lists those that are.",
        task: "Open *Wells* below the picture and read off the free energies.",
        wants: "#panel-wells",
        done: () => isFinished() && isTabOpen("panel-wells"),
        why: "A minimum counts as a well if the samples support it at 95 %. The free energy of a basin is −kT log of its population, which includes the width of the basin and not only its depth.",
      },
    ],
  },
  {
    id: "memory",
    title: "Memory",
    steps: [
      {
        link: "benchmark=metamaterial&epochs=300&view=parity",
        text: "A material of two phases is loaded and unloaded. Its stress depends on its history: the strain alone does not determine the fraction of each phase. The potential has an additional *hidden state* z (in the pictures: h 0), learnt from strain and stress alone.",
        task: "Wait for the end of the training, which takes some seconds.",
        done: () => isFinished() && readSetting("benchmark") === "metamaterial",
        why: "The stress is the derivative of Ψ(ε, z) with respect to the strain. z moves when the force on it passes a threshold. The data do not contain the meaning of z.",
      },
      {
        link: "benchmark=metamaterial&epochs=300&view=parity",
        text: "Memory appears as loops.",
        task: "Open *Loops* above the picture.",
        wants: "#view-loops",
        done: () => isTabOpen("view-loops") && isFinished(),
        why: "Loading and unloading differ: the area between is the dissipated energy of a cycle. Without a hidden state both would be one line.",
      },
      {
        link: "benchmark=metamaterial&epochs=300&view=parity",
        text: "The hidden state can be compared with the true phase.",
        task: "Open *Inside*, and compare it with the true phase.",
        wants: "#view-inside",
        done: () => isTabOpen("view-inside") && isFinished(),
        why: "It follows the true phase, which is not in the data. The charts of dissipation compare the energy that is lost with the true one. The second law holds by construction, under any load.",
      },
    ],
  },
];

/// Remarks on each benchmark and experiments to try, one paragraph a line.
const guides = {
  "double-well": "A curve with a deep and a shallow well is learnt from 200 of its values. The band below the axis shows two modes, each responsible for a part of the domain. The barrier between the wells lies where the parts meet.\nTry noise of 10 %, or the recipe *paper*: it often keeps a third mode that forms the hump between the wells, as *Modes* shows.",
  "cosine-well": "Ripples on a parabola make four wells of two depths, learnt from 200 values. *Stages* lists the removal of unneeded modes, and the table compares the wells with the truth.\nTry fewer modes than wells, or particles with some heat under *Physics*: they leave the shallow wells first.",
  "three-well": "The minimum of three parabolas, with a kink wherever two of them cross. A soft minimum can follow a kink only with a large sharpness ρ. The picture on the lower right shows the growth of ρ.\nTry *Soft minimum*, which shows the same three parabolas at any sharpness, and noise, which hides the kinks.",
  "random-wells": "A random landscape of two to six wells. The number line shows the number of wells found, and the true number.\nTry other target seeds, the kinked and the Gaussian kind, and an *Ensemble* of seeds on the same target.",
  "muller-brown": "Three wells lie along a bent valley: a standard test of searches for reaction paths, learnt from 1,000 of its values. The map shows truth, fit and their difference. The table contains the error of the position of each well.\nTry noise of 5 %, or fewer samples: the shallow well in the middle is the first to be lost. Its barrier is a sixth of its neighbours’.",
  "random-landscape": "A random landscape of one to three inputs with two to five wells. The number line shows the number of wells found, and the true number. Each well should have a separate mode.\nTry other target seeds, the kinked and the Gaussian kind, derivatives in place of values, and a little noise.",
  "mechanochemical": "An energy of six strains and a concentration is learnt from its derivatives alone, the stresses and the chemical potential at 800 points. *Cuts* show truth, fit and their difference over two coordinates. Sliders set the others. Discs are wells in the colour of their mode: one cubic phase at c = 1, three tetragonal ones at c = 0.\nTry *Parity* for samples that were held out, noise, and the quartic skip, with which the fit is better outside of the sampled box.",
  "gene-circuit": "Two genes repress each other. A cell moves like a particle down a landscape, which is learnt from the velocities at 800 points. At b = 1 there are two stable states: one gene is on and the other off. A pass lies between them. At b = 0.1 there is one state.\nTry b in between. Click to place particles, and follow them in truth and fit. Try the symmetry *exchange*: without it, a particle near the diagonal may move to the wrong side.",
  "formula": "Under Data, type a potential of *x*, *y* and *z*. Every other letter is a parameter with a slider. Components separated by commas are a field of forces: *x - x^3, -y*.\nThe table compares wells and barriers with those of the formula. Try noise, other bounds, and parameters at which a well is lost.",
  "drawing": "Draw a curve into the picture with mouse, pen or finger: the fit follows. When you let go, a run starts that a link replays. *Move* drags single points, and wells with their surroundings. The *Eraser* removes points.\nWith keys: arrows move a cursor in the picture, Enter begins and ends a stroke, Delete removes the nearest point.",
  "drawn-samples": "Draw hills into the picture with mouse, pen or finger: the higher the pointer, the more samples are below it. A tap adds a single sample. Where samples are dense, −log q has a well, and the table contains the part of all samples that belongs to it. The fit follows. When you let go, a run starts that a link replays. *Move* drags a well with its samples: drag two together until they are one. The *Eraser* removes samples.\nTry few samples: a hill is a well only if it is significant.\nWith keys: arrows move a cursor in the picture, Enter begins and ends a stroke, Delete removes the samples at the cursor.",
  "schlogl": "Molecules react at random, and their number has two likely values. From 200 simulated trajectories a free energy is learnt at several times, the negative logarithm of an exactly normalised density. The picture also shows the exact distribution and a kernel estimate.\nTry the time, the rates, and fewer samples. Two modes hold the two peaks. The table compares the distances of both estimates to the exact distribution.",
  "metamaterial": "A material with two phases and memory: a potential with a hidden state is learnt from strain and stress alone, by training through time. The loops were held out. The hidden state is compared with the concentration, which is not in the data.\nTry drawing a strain path of your own, and the three dynamics: *play* and *Onsager* cannot create energy, *node* can.\nThe blue loops belong to a pretrained model, which comes with the page for comparison.",
  "own-samples": "The free energy of your own samples, its modes and the barrier between them, beside a kernel estimate.",
  "own-trajectories": "Your own runs of inputs and outputs in time: a potential with a hidden state learns the memory of the outputs. Some runs are held out, and their loops are drawn beside the fit.",
  "own-data": "Your own table: a potential of any number of inputs, from values, from derivatives, or from both. With several inputs, cuts show the fit over two of them; *Parity* compares it with the rows.\nTry more modes than the expected number of wells; gates of unneeded modes close. The link does not contain your data.",
  "own-joint": "The free energy surface of your own samples of several quantities, with its wells and the paths between them. A column of weights, or of the bias of the samples, removes the bias.\nTry fewer modes. Minima that are not significant are no wells.",
  "soft-parabolas-RHO": "A soft minimum of three parabolas. Its sharpness is the number in the link and can be compared with the learnt ρ. Networks cannot represent parabolas exactly, so a small error always remains.\nTry other numbers in the link: below 5 the wells merge.",
};

/// Formula of each known potential. Text between asterisks is a variable.
const formulas = {
  "double-well": "*Ψ*(*x*) = ⅖ (*x*⁴/4 − *x*² + *x*³/8)\n−3 ≤ *x* ≤ 3",
  "cosine-well": "*Ψ*(*x*) = (*x*² + 1.6 cos 4*x* + 1)/20\n−3 ≤ *x* ≤ 3",
  "three-well": "*Ψ*(*x*) = 0.05 min*ᵢ* (*aᵢ* (*x* − *xᵢ*)² + *bᵢ*)\n*a* = 12, 8, 4;  *xᵢ* = −1, 0, 2;  *b* = 2, −½, 1;  −3 ≤ *x* ≤ 3",
  "soft-parabolas-RHO": "*Ψ*(*x*) = −log(⅓ Σ*ᵢ* exp(−*ρ fᵢ*(*x*)))/*ρ*\n*fᵢ*(*x*) = 0.05 (*aᵢ* (*x* − *xᵢ*)² + *bᵢ*);  *a* = 12, 8, 4;  *xᵢ* = −1, 0, 2;  *b* = 2, −½, 1;  −3 ≤ *x* ≤ 3",
  "random-wells": "smooth: minima and maxima at random places, joined by polynomials of the fifth degree\nkinked: *Ψ*(*x*) = min*ᵢ* (*kᵢ* (*x* − *cᵢ*)² + *bᵢ*)\nGaussian: *Ψ*(*x*) = *k x*² − Σ*ᵢ dᵢ* exp(−(*x* − *cᵢ*)²/2*wᵢ*²)\n−3 ≤ *x* ≤ 3",
  "random-landscape": "*fᵢ*(*x*) = *bᵢ* + ½ (*x* − *cᵢ*)ᵀ *Aᵢ* (*x* − *cᵢ*), with curvatures of 0.8 to 5 along random axes\nsmooth: *Ψ*(*x*) = −log(Σ*ᵢ* exp(−*ρ fᵢ*(*x*)))/*ρ*,  2 ≤ *ρ* ≤ 20\nkinked: *Ψ*(*x*) = min*ᵢ fᵢ*(*x*)\nGaussian: *Ψ*(*x*) = ½ *k* |*x*|² − Σ*ᵢ dᵢ* exp(−½ (*x* − *cᵢ*)ᵀ *Aᵢ* (*x* − *cᵢ*))\n−2 ≤ *xₖ* ≤ 2",
  "muller-brown": "*Ψ*(*x*, *y*) = Σ*ₖ Aₖ* exp(*aₖ* (*x* − *xₖ*)² + *bₖ* (*x* − *xₖ*)(*y* − *yₖ*) + *cₖ* (*y* − *yₖ*)²)\n*A* = −200, −100, −170, 15;  *a* = −1, −1, −6.5, 0.7;  *b* = 0, 0, 11, 0.6;  *c* = −10, −10, −6.5, 0.7\n*xₖ* = 1, 0, −0.5, −1;  *yₖ* = 0, 0.5, 1.5, 1;  −1.5 ≤ *x* ≤ 1.1, −0.2 ≤ *y* ≤ 1.8",
  "mechanochemical": "*Ψ* = *d* (96 *c*² − 192 *c*³ + 96 *c*⁴) + 2√⅔ *e*/*s*³ (*c* − 1) (*E₁₁* + *E₂₂* − 2*E₃₃*) (*E₁₁* − 2*E₂₂* + *E₃₃*) (2*E₁₁* − *E₂₂* − *E₃₃*) + 6*e*/*s*² (2*c* − 1) *Q* + 4*e*/*s*⁴ *Q*² + *e*/2*s*² (6 (*E₁₂*² + *E₁₃*² + *E₂₃*²) + (*E₁₁* + *E₂₂* + *E₃₃*)²)\n*Q* = *E₁₁*² + *E₂₂*² + *E₃₃*² − *E₂₂ E₃₃* − *E₁₁ E₂₂* − *E₁₁ E₃₃*;  *d* = 2;  *e* = *s* = 0.1",
  "gene-circuit": "*Ψ* = −*x₁*²/2 + *x₁*³/3 − *x₂*²/2 + *x₂*³/3 − *b x₁*/(1 + *x₂*²) − *b x₂*/(1 + *x₁*²)\nd*x*/d*t* = −grad *Ψ*;  0 ≤ *x₁*, *x₂* ≤ 2",
  "schlogl": "*Ψ*(*n*) = −log *q*(*n*), the density of the number *n* of molecules X\nA + 2X → 3X: *c₁ A n*(*n* − 1)/2;  3X → A + 2X: *c₂ n*(*n* − 1)(*n* − 2)/6;  B → X: *c₃ B*;  X → B: *c₄ n*",
  "metamaterial": "*S* = *C* (*E* − *c E₀*),  *Ψ* = ½ (*E* − *c E₀*)·*S* + *c ΔΨ*\n*κ* = −∂*Ψ*/∂*c*: the phase *c* grows when *κ* reaches *k₊*, and shrinks when it reaches −*k₋*",
};

/// Creates an element with text in which words between asterisks are emphasised.
const makeElement = (name, text, properties) => make(name, properties, ...text.split("*").map((words, k) => (k % 2 === 0 ? words : make("em", {}, words))));

/// Fills the menu: the lessons, and the guide to the current benchmark.
export function showGuide(element, openLesson) {
  const chosen = document.getElementById("benchmark").value;
  const known = guides[chosen] ?? guides[chosen.replace(/-[^-]*$/, "-RHO")] ?? "";
  const lines = known.split("\n").filter(Boolean).map((line) => makeElement("p", line));
  const buttons = lessons.map((lesson) => {
    const button = makeElement("button", lesson.title, { type: "button", className: "plain" });
    button.dataset.lesson = lesson.id;
    button.addEventListener("click", () => openLesson(lesson.id));
    return button;
  });
  const tape = makeElement("button", "Open the tape: graph, derivative and plan of this fit", { type: "button", className: "plain", id: "open-tape" });
  tape.addEventListener("click", async () => {
    const menu = document.getElementById("guide");
    try {
      const { open: openTape } = await import("./tape.js");
      menu.open = false;
      openTape(menu.querySelector("summary"));
    } catch {
      tape.textContent = "The tape could not be loaded; check the connection, and try again";
    }
  });
  element.dataset.guide = chosen;
  const note = (text) => makeElement("p", text, { className: "note" });
  element.replaceChildren(...lines, note("Lessons of three to four steps:"), ...buttons, note("The engine at work:"), tape);
}

/// Writes the formula of the current potential.
export function showFormula(element) {
  const chosen = document.getElementById("benchmark").value;
  const known = formulas[chosen] ?? formulas[chosen.replace(/-[^-]*$/, "-RHO")];
  const lines = known?.split("\n") ?? ["The source is your own data, your drawing, or the formula above the picture."];
  element.replaceChildren(...lines.map((line) => makeElement("p", line)));
}

let progress;

/// Link of a step. Its stages belong to the current version of the recipe, its controls to the Lab.
const linkOfStep = (step) => `${step.link}&recipe_version=9&face=lab`;

/// Opens a step of a lesson, such as "gates.2". Without `isThere` the page goes to its link.
export function openStep(stepId, isThere = false) {
  const [id, step = "1"] = stepId.split(".");
  const lesson = lessons.find((lesson) => lesson.id === id);
  if (!lesson) return closeLesson();
  const k = Math.min(Math.max(Number(step) || 1, 1), lesson.steps.length) - 1;
  progress = { lesson, k, isDone: false, skippedChecks: isThere ? 0 : SKIPPED_CHECKS };
  // Address of the step. The page writes the part after the #, which stays unchanged.
  const query = new URLSearchParams(location.search);
  query.set("lesson", `${id}.${k + 1}`);
  const address = `${location.pathname}?${query}`.replace(/=(&|$)/g, "$1");
  history.replaceState(history.state, "", address + location.hash);
  if (!isThere) location.hash = linkOfStep(lesson.steps[k]);
  showStep();
  // The menu that held the focus is closed.
  if (document.activeElement === document.body || document.activeElement.closest("#guide")) document.querySelector("[data-lesson=title]").focus({ preventScroll: true });
  // On a phone the lesson lies below the picture, which a task lets the reader watch.
  const isPhone = matchMedia("(max-width: 760px)").matches && !document.body.classList.contains("embedded");
  if (isPhone) document.getElementById("picture").scrollIntoView();
}

// Back and forward restore the lesson of their address.
addEventListener("popstate", () => {
  const step = new URLSearchParams(location.search).get("lesson");
  const shown = progress && `${progress.lesson.id}.${progress.k + 1}`;
  if (step && step !== shown) openStep(step, true);
  else if (!step && progress) closeLesson();
});

/// Ends the lesson.
export function closeLesson() {
  progress = undefined;
  const query = new URLSearchParams(location.search);
  query.delete("lesson");
  const rest = query.size > 0 ? `?${query}`.replace(/=(&|$)/g, "$1") : "";
  history.replaceState(history.state, "", location.pathname + rest + location.hash);
  document.getElementById("lesson").hidden = true;
  markWanted();
  document.getElementById("run").focus();
}

function showStep() {
  const { lesson, k, isDone } = progress;
  const step = lesson.steps[k];
  const panel = document.getElementById("lesson");
  panel.hidden = false;
  const part = (name) => panel.querySelector(`[data-lesson=${name}]`);
  part("title").textContent = `${lesson.title}, ${k + 1} of ${lesson.steps.length}`;
  part("text").replaceChildren(...makeElement("p", step.text).childNodes);
  part("task").replaceChildren(...makeElement("p", step.task).childNodes);
  part("why").replaceChildren(...makeElement("p", step.why).childNodes);
  panel.dataset.step = `${lesson.id}.${k + 1}`;
  panel.dataset.done = String(isDone);
  part("back").disabled = k === 0;
  part("next").textContent = k + 1 < lesson.steps.length ? "Next" : "Done";
  markWanted(isDone ? undefined : step.wants);
}

/// Marks the control that the task is about.
function markWanted(selector) {
  for (const element of document.querySelectorAll(".wanted")) element.classList.remove("wanted");
  if (selector) document.querySelector(selector)?.classList.add("wanted");
}

/// Time between two checks of the task in milliseconds.
const CHECK_INTERVAL_MS = 250;
/// Number of checks that are left out after a step opens. Until the page has applied the link of the step, it shows the previous run.
const SKIPPED_CHECKS = 4;

/// Checks whether the task is done. The focus stays on a control of the page, where exploration can go on.
function checkTask() {
  if (!progress) return;
  // The simple face has none of the controls that the tasks want.
  if (document.body.dataset.face === "simple" && readSetting("face") === "simple") return closeLesson();
  if (progress.isDone) return;
  // Tabs appear with their run.
  markWanted(progress.lesson.steps[progress.k].wants);
  if (progress.skippedChecks > 0) {
    progress.skippedChecks -= 1;
    return;
  }
  if (!progress.lesson.steps[progress.k].done()) return;
  progress.isDone = true;
  showStep();
  const { activeElement } = document;
  if (activeElement === document.body || activeElement.closest("#lesson")) document.querySelector("#lesson [data-lesson=next]").focus({ preventScroll: true });
}

// The key l goes to the next step from everywhere but a field.
addEventListener("keydown", ({ key, ctrlKey, metaKey, altKey, repeat, target }) => {
  if (key !== "l" || ctrlKey || metaKey || altKey || repeat || !progress || target.closest?.("input:not([type=range]), select, textarea, dialog")) return;
  document.querySelector("#lesson [data-lesson=next]").click();
});

setInterval(checkTask, CHECK_INTERVAL_MS);
document.getElementById("lesson").addEventListener("click", (event) => {
  const name = event.target.dataset.lesson;
  if (!progress || !name) return;
  const { lesson, k } = progress;
  if (name === "close" || (name === "next" && k + 1 === lesson.steps.length)) return closeLesson();
  if (name === "next") openStep(`${lesson.id}.${k + 2}`, lesson.steps[k + 1].link === lesson.steps[k].link && progress.isDone);
  if (name === "back") openStep(`${lesson.id}.${k}`);
  if (name === "again") location.hash = linkOfStep(lesson.steps[k]);
});
