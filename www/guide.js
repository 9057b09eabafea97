// The guide: lessons on the live page, what to look at in each benchmark, and the formulas of what is learnt. Loaded when one of them is opened.
//
// A step of a lesson sets the stage by a link, asks for something that can be done, sees by what the page shows whether it was done, and says why it
// matters. Its address is that of the page with `?lesson=NAME.STEP`; the page reads it when it is opened (boot.js), embedded or not.
//
// In texts words between asterisks are emphasised.

const number = (id) => Number(document.getElementById(id)?.dataset.value ?? NaN);
const setting = (name) => new URLSearchParams(location.hash.slice(1)).get(name);
const isFinished = () => document.body.dataset.state === "finished" && document.body.dataset.shown?.endsWith("finished");
const isOpen = (tab) => document.getElementById(tab)?.ariaSelected === "true";
const wells = (count) => isFinished() && number("wells") === count;

export const lessons = [
  {
    id: "convex",
    title: "Why one convex network cannot have two wells",
    steps: [
      {
        link: "benchmark=double-well&modes=1",
        text: "A curve with two wells is to be learnt from 200 of its values. Here a single network may learn it, and it is *convex*: between any two of its points it never rises above the straight line that joins them.",
        task: "Let it train until it has stopped.",
        done: () => setting("modes") === "1" && isFinished(),
        why: "It has stopped with *one* well and a large error. A convex function that has gone down and up again can never come down a second time: whatever it does about one well, it pays for at the other.",
      },
      {
        link: "benchmark=double-well&modes=1",
        text: "Two convex networks could hold a well each, if something joined them.",
        task: "Under *Model*, set *Modes offered* to 2, and let it train.",
        done: () => setting("modes") === "2" && wells(2),
        why: "Now there are two wells, and the error is a thousand times smaller. The red fit follows one mode on the left and the other on the right; the band below the axis shows which of them holds which part.",
      },
      {
        link: "benchmark=double-well&modes=2",
        text: "Nothing has told a mode where its well is. Each is still convex, everywhere.",
        task: "See one mode alone: click its curve, or its name under *Modes* below the picture.",
        done: () => document.getElementById("alone-end")?.hidden === false,
        why: "Alone it is a bowl over the whole domain. That it is convex is no result of training but the way in which the network is built: weights between its layers cannot be negative. So each well of a fit has a mode that vouches for it.",
      },
    ],
  },
  {
    id: "sharpness",
    title: "The soft minimum and its sharpness",
    steps: [
      {
        link: "benchmark=three-well&view=soft-minimum",
        text: "Three parabolas, and what joins them: a soft minimum Ψ = −log(⅓ Σ exp(−ρ fᵢ))/ρ. One number, the sharpness ρ, says how it passes from one to the next.",
        task: "Move the slider of *sharpness* down to its left end, to 1.",
        done: () => isOpen("view-soft-minimum") && number("soft-rho-value") < 1.05,
        why: "When ρ is small Ψ comes close to the mean of the three parabolas: what was between the wells is smoothed away, and the wells with it. A soft minimum can also have too little of a minimum in it.",
      },
      {
        link: "benchmark=three-well&view=soft-minimum",
        text: "And the other way?",
        task: "Move the sharpness above 100.",
        done: () => isOpen("view-soft-minimum") && number("soft-rho-value") >= 100,
        why: "Ψ now lies on the lowest parabola but for a hair: never more than log(3)/ρ above it. It is still smooth, with all derivatives, but the corner between two wells is as sharp as you like.",
      },
      {
        link: "benchmark=cosine-well",
        text: "Nobody sets ρ: training finds it, with everything else. This curve passes smoothly from well to well.",
        task: "Let it train to its end, and read off ρ below the picture.",
        done: () => setting("benchmark") !== "three-well" && wells(4) && number("rho") < 100,
        why: "A sharpness of a few units: the passes are as round as those of the curve.",
      },
      {
        link: "benchmark=three-well",
        text: "This one is the smallest of three parabolas, with kinks where they cross.",
        task: "Let it train to its end, and compare ρ.",
        done: () => setting("benchmark") === "three-well" && isFinished() && number("rho") > 1000,
        why: "More than a thousand times sharper. The method has found out by itself that the transitions are abrupt: in mechanics that is the difference between a phase transition and a soft spring.",
      },
    ],
  },
  {
    id: "gates",
    title: "Gates, and how many modes",
    steps: [
      {
        link: "benchmark=three-well&modes=10",
        text: "How many wells are there? The method is offered ten modes; each has a *gate* that can close it.",
        task: "Let it train to its end.",
        done: () => isFinished() && setting("benchmark") === "three-well" && number("responsible") === 3,
        why: "Three modes are responsible for something, the other seven for nothing. Three figures below the picture are kept apart: gates that are open, modes that hold more than half somewhere, and wells.",
      },
      {
        link: "benchmark=three-well&modes=2",
        text: "What if it is offered too few?",
        task: "With *Modes offered* at 2, see how many of the three wells it can have.",
        done: () => setting("modes") === "2" && wells(2),
        why: "Each mode is one bowl, and under a sharp minimum two bowls have two wells, not three. The third is missed, and the error says so. That is why one offers too many and lets gates close.",
      },
      {
        link: "benchmark=cosine-well&modes=10&panel=pruning",
        text: "Is a mode needed? One can ask what the fit would lose without it.",
        task: "When it has ended, move the slider under *Pruning* until a well is lost.",
        done: () => isFinished() && isOpen("panel-pruning") && /wells 4 →/.test(document.getElementById("prune-cost")?.textContent ?? ""),
        why: "Modes that hold nothing cost nothing. The first that costs a well is one too many: the price is known before it is paid, and *Cancel* gives it back.",
      },
    ],
  },
  {
    id: "derivatives",
    title: "Derivatives instead of energies",
    steps: [
      {
        link: "benchmark=gene-circuit",
        text: "Energies can seldom be measured; forces and velocities can. Two genes repress each other, and only the *velocities* of cells are given: minus the slope of a landscape that nobody has seen.",
        task: "Let it train to its end.",
        done: () => isFinished() && setting("benchmark") === "gene-circuit" && number("wells") === 2,
        why: "Two wells: two kinds of cell. The potential is learnt from its derivatives alone, up to a constant that no force can tell.",
      },
      {
        link: "benchmark=gene-circuit",
        text: "How well are the velocities met, and do they belong to one potential?",
        task: "Open *Parity* above the picture.",
        done: () => isOpen("view-parity") && isFinished(),
        why: "Each component of the fit against the true one: points on the diagonal. A field that has no potential could not be met in all components at once, for the fit is a gradient by construction.",
      },
      {
        link: "benchmark=gene-circuit",
        text: "The two genes repress each other with a strength b.",
        task: "Under *Data*, set *b* to 0.5 and let it train.",
        done: () => setting("b") === "0.5" && wells(1),
        why: "One well is left: with weak repression there is only one kind of cell. Somewhere between lies the fork where one valley becomes two, and each fit on the way is a landscape of its own.",
      },
    ],
  },
  {
    id: "density",
    title: "A density is an energy",
    steps: [
      {
        link: "benchmark=drawn-samples",
        text: "Sometimes there are neither energies nor forces, but only *samples*: where a system has been seen. In equilibrium its density is q = exp(−Ψ/kT)/Z, so that Ψ can be learnt from the samples alone, by maximum likelihood.",
        task: "Let it train to its end.",
        done: () => isFinished() && location.hash.includes("drawn-samples") && number("wells") === 2,
        why: "Where samples are dense, Ψ has a well. The grey dots are only for the eye: a kernel estimate. The fit has not seen it, and no width was chosen.",
      },
      {
        link: "benchmark=drawn-samples",
        text: "Then other samples should give another energy.",
        task: "Draw hills with the *Pencil* (key d), or move samples with *Move*; by keys: Enter puts the pencil down and lifts it, arrows move it.",
        done: () => (setting("drawing") ?? "") !== "" && isFinished(),
        why: "The fit follows while you draw and is learnt anew when you let go. Twice as many samples in one well lower it by kT log 2: try it.",
      },
      {
        link: "benchmark=drawn-samples&panel=wells",
        text: "Not every hump of a histogram is a well.",
        task: "Open *Wells* below the picture and read off the free energies.",
        done: () => isFinished() && isOpen("panel-wells"),
        why: "A well counts if the samples can tell it from none: its evidence is in the table. The free energy of a basin is −kT log of its population, with what the depth of a single point does not say.",
      },
    ],
  },
  {
    id: "memory",
    title: "A memory",
    steps: [
      {
        link: "benchmark=metamaterial&epochs=300",
        text: "A material of two phases is loaded and unloaded. Its stress depends on where it has been: a strain alone does not say how much of it has flipped. A *hidden state* z is added to the potential, and learnt from strain and stress alone.",
        task: "Let it train to its end; it takes some seconds.",
        done: () => isFinished() && setting("benchmark") === "metamaterial",
        why: "The stress is the slope of Ψ(ε, z) by the strain; z moves when the force on it passes a threshold. Nobody has told what z means.",
      },
      {
        link: "benchmark=metamaterial&epochs=300&view=loops",
        text: "Memory is seen in loops.",
        task: "Open *Loops* above the picture.",
        done: () => isOpen("view-loops") && isFinished(),
        why: "Up one way, down another: the area between is the energy that a cycle dissipates. In a potential without a hidden state both ways would be one line.",
      },
      {
        link: "benchmark=metamaterial&epochs=300&view=inside",
        text: "What has the hidden state become?",
        task: "Open *Inside*, and compare it with the true phase.",
        done: () => isOpen("view-inside") && isFinished(),
        why: "It follows the phase that was never shown. The number line says what it learnt about dissipation; the second law holds by construction, for whatever load.",
      },
    ],
  },
];

/// What to look at and what to try, a paragraph a line.
const guides = {
  "double-well": "A curve with a deep and a shallow well is learnt from 200 of its values. Look at the band below the axis: two modes share the domain, and the barrier between the wells is where one hands over to the other.\nTry noise of 10 %, or the recipe *paper*: it often keeps a third mode that makes the hump between the wells, as *Modes* tells.",
  "cosine-well": "Ripples on a parabola make four wells of two depths, learnt from 200 values. Watch under *Stages* how ten modes become as many as are needed, and compare the table of wells with the truth.\nTry fewer modes than wells, or let balls roll with some heat under *Physics*: the shallow wells are left first.",
  "three-well": "The smallest of three parabolas, with a kink wherever two of them cross: a soft minimum can follow a kink only with a large sharpness ρ. Watch ρ grow in the picture on the lower right while the kinks sharpen.\nTry *Soft minimum*, which shows the same three parabolas at any sharpness, and noise, which hides the kinks.",
  "random-wells": "A landscape of two to six wells that nobody has chosen: does the recipe find their number? The number line says how many of how many.\nTry other target seeds, the kinked and the Gaussian kind, and an *Ensemble* of seeds on the same target.",
  "muller-brown": "Three wells lie along a bent valley: the surface on which searches for reaction paths are tested, learnt from 1,000 of its values. The map shows truth, fit and their difference; the table says how far each well is from where it should be.\nTry noise of 5 %, or fewer samples: the shallow well in the middle, whose barrier is a sixth of its neighbours’, is the first to be lost.",
  "random-landscape": "A landscape of one to three inputs with two to five wells that nobody has chosen: does the recipe find them, and give each a mode of its own? The number line says how many of how many.\nTry other target seeds, the kinked and the Gaussian kind, derivatives in place of values, and a little noise.",
  "mechanochemical": "Nobody measures an energy: this one, of six strains and a concentration, is learnt from its derivatives alone, the stresses and the chemical potential at 800 points. *Cuts* show truth, fit and their difference over two coordinates, the others held by the sliders; discs are wells in the colour of the mode that holds them: one cubic phase at c = 1, three tetragonal ones at c = 0.\nTry *Parity* for samples that were held out, noise, and the quartic skip, with which the fit is better outside of the sampled box.",
  "gene-circuit": "Two genes repress each other; a cell drifts down a landscape that is learnt from the velocities at 800 points. At b = 1 there are two stable states, one gene on and the other off, with a pass between them; at b = 0.1 there is one.\nTry b in between, click to place cells and see where truth and fit take them, and the symmetry *exchange*: without it, a cell near the diagonal may fall to the wrong side.",
  "formula": "Under Data, type a potential of *x*, *y* and *z*; each other letter gets a slider. Components separated by commas are a field of forces: *x - x^3, -y*.\nThe table compares wells and barriers with those of the formula. Try noise, other bounds, and letters at which a well is lost.",
  "drawing": "Draw a curve into the picture with mouse, pen or finger: the fit follows, and when you let go it is learnt anew, as a link to it replays it. *Move* drags single points, and wells with what is around them; the *Eraser* takes points away.\nBy keys: arrows move a cursor in the picture, Enter puts the tool down and lifts it, Delete takes the nearest point away.",
  "drawn-samples": "Draw hills into the picture with mouse, pen or finger: the higher the pencil, the more samples there are below it; a tap puts a single one. Where samples are dense, −log q has a well, and the table says how many of them belong to it. The fit follows, and when you let go it is learnt anew, as a link to it replays it. *Move* drags a well with its samples: drag two together until they are one. The *Eraser* takes samples away.\nTry few samples: a hill is a well only if they tell it from chance.\nBy keys: arrows move a cursor in the picture, Enter puts the tool down and lifts it, Delete takes the samples there away.",
  "schlogl": "Molecules react at random, and their number has two likely values. From 200 simulated trajectories a free energy is learnt at several times, the negative logarithm of a density that is normalised exactly; the exact distribution is known and drawn beside it, as is a kernel estimate.\nTry the time, the rates, and fewer samples: two modes hold the two peaks, and the distances to the exact distribution say which estimate is nearer.",
  "metamaterial": "A material with a phase that flips and a memory of it: from strain and stress alone a potential with hidden state is learnt, trained through time. Look at the loops, which were held out, and at the hidden states beside the concentration that was never shown.\nTry drawing a strain path of your own, and the three dynamics: *play* and *Onsager* cannot create energy, *node* can.\nThe blue loops are those of a model that was trained before and comes with the page, so that there is something to compare with from the first moment.",
  "own-samples": "Your own samples: the free energy whose density they were drawn from, its modes and the barrier between them, beside a kernel estimate. How smooth it is, cross-validation decides.",
  "own-trajectories": "Your own runs of inputs and outputs in time: a potential with hidden state learns what the outputs remember. Some runs are held out, and their loops are drawn beside the fit.",
  "own-data": "Your own table: a potential of any number of inputs, from values, from derivatives, or from both. With several inputs, cuts show the fit over two of them; *Parity* compares it with the rows.\nTry more modes than you expect wells; those that are not needed close their gates. The link does not carry your data.",
  "own-joint": "Your own samples of several quantities: the free energy surface whose density they were drawn from, with its wells and the paths between them. A column of weights, or of the bias under which the rows were drawn, undoes the bias.\nTry fewer modes; what the samples cannot tell from none is no well.",
  "soft-parabolas-RHO": "A soft minimum of three parabolas whose sharpness is known, the number in the link: what is learnt of ρ can be held against it. Modes that are parabolas are not in the networks’ reach exactly, so a little is always left.\nTry other numbers in the link: below 5 the wells run together.",
};

/// The potential that is learnt, where it is known: what stands between asterisks is a variable.
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

/// An element with text in which words between asterisks are emphasised.
function written(name, text, properties = {}) {
  const element = Object.assign(document.createElement(name), properties);
  text.split("*").forEach((words, k) => {
    if (k % 2 === 0) return element.append(words);
    element.append(Object.assign(document.createElement("em"), { textContent: words }));
  });
  return element;
}

/// Fills the menu: the lessons, and the guide to what is shown.
export function show(element, begin) {
  const chosen = document.getElementById("benchmark").value;
  const known = guides[chosen] ?? guides[chosen.replace(/-[^-]*$/, "-RHO")] ?? "";
  const lines = known.split("\n").filter(Boolean).map((line) => written("p", line));
  const buttons = lessons.map((lesson) => {
    const button = written("button", lesson.title, { type: "button", className: "plain" });
    button.dataset.lesson = lesson.id;
    button.addEventListener("click", () => begin(lesson.id));
    return button;
  });
  const tape = written("button", "Open the tape: graph, derivative and plan of this fit", { type: "button", className: "plain", id: "open-tape" });
  tape.addEventListener("click", async () => {
    const menu = document.getElementById("guide");
    try {
      const { open } = await import("./tape.js");
      menu.open = false;
      open(menu.querySelector("summary"));
    } catch {
      tape.textContent = "The tape could not be loaded; check the connection, and try again";
    }
  });
  element.dataset.guide = chosen;
  const note = (text) => written("p", text, { className: "note" });
  element.replaceChildren(...lines, note("Lessons, three to four steps each:"), ...buttons, note("The engine at work:"), tape);
}

/// Writes down the potential that is shown.
export function write(element) {
  const chosen = document.getElementById("benchmark").value;
  const known = formulas[chosen] ?? formulas[chosen.replace(/-[^-]*$/, "-RHO")];
  const lines = known?.split("\n") ?? ["What is learnt has no formula that is known here: it is your data, or the formula under *Data*."];
  element.replaceChildren(...lines.map((line) => written("p", line)));
}

let now;

/// The stages are those of today's recipe.
const stage = (step) => `${step.link}&recipe_version=6`;

/// Opens a step of a lesson: "gates.2". Without `isThere` the page goes to its link.
export function open(place, isThere = false) {
  const [id, step = "1"] = place.split(".");
  const lesson = lessons.find((lesson) => lesson.id === id);
  if (!lesson) return close();
  const k = Math.min(Math.max(Number(step) || 1, 1), lesson.steps.length) - 1;
  now = { lesson, k, isDone: false };
  // The address of the step; what the page writes behind the # stays its own.
  const query = new URLSearchParams(location.search);
  query.set("lesson", `${id}.${k + 1}`);
  const address = `${location.pathname}?${query}`.replace(/=(&|$)/g, "$1");
  history.replaceState(history.state, "", address + location.hash);
  if (!isThere) location.hash = stage(lesson.steps[k]);
  draw();
}

/// Ends the lesson.
export function close() {
  now = undefined;
  const query = new URLSearchParams(location.search);
  query.delete("lesson");
  const rest = query.size > 0 ? `?${query}`.replace(/=(&|$)/g, "$1") : "";
  history.replaceState(history.state, "", location.pathname + rest + location.hash);
  document.getElementById("lesson").hidden = true;
  document.getElementById("run").focus();
}

function draw() {
  const { lesson, k, isDone } = now;
  const step = lesson.steps[k];
  const panel = document.getElementById("lesson");
  panel.hidden = false;
  const part = (name) => panel.querySelector(`[data-lesson=${name}]`);
  part("title").textContent = `${lesson.title}, ${k + 1} of ${lesson.steps.length}`;
  part("text").replaceChildren(...written("p", step.text).childNodes);
  part("task").replaceChildren(...written("p", step.task).childNodes);
  part("why").replaceChildren(...written("p", step.why).childNodes);
  panel.dataset.step = `${lesson.id}.${k + 1}`;
  panel.dataset.done = String(isDone);
  part("back").disabled = k === 0;
  part("next").textContent = k + 1 < lesson.steps.length ? "Next" : "Done";
}

/// Looks whether what was asked for has been done.
function look() {
  if (!now || now.isDone || !now.lesson.steps[now.k].done()) return;
  now.isDone = true;
  draw();
}

setInterval(look, 250);
document.getElementById("lesson").addEventListener("click", (event) => {
  const name = event.target.dataset.lesson;
  if (!now || !name) return;
  const { lesson, k } = now;
  if (name === "close" || (name === "next" && k + 1 === lesson.steps.length)) return close();
  if (name === "next") open(`${lesson.id}.${k + 2}`, lesson.steps[k + 1].link === lesson.steps[k].link && now.isDone);
  if (name === "back") open(`${lesson.id}.${k}`);
  if (name === "again") location.hash = stage(lesson.steps[k]);
});
