// Landscape of a fit, from the survey in JSON.

/** Returns a landscape. `minima` replace the minima of the survey; `logZ` is added to the values of saddles; `joint` has the numbers of a joint density. */
export function readLandscape(survey, { minima = survey.minima, logZ = 0, joint } = {}) {
  const { threshold } = survey;
  const minimum = (found, k) => ({
    x: found.x,
    value: found.value,
    barrier: found.barrier ?? null,
    barrierAt: found.barrier_at ?? null,
    barrierAtEdge: found.barrier_at_edge ?? false,
    // A density of one quantity may have a single well, which has no barrier.
    isWell: found.supported !== false && ((found.mass ?? null) !== null || ((found.barrier ?? null) !== null && found.barrier > threshold)),
    curvatures: found.curvatures ?? [],
    modes: found.modes ?? [],
    xInterval: found.interval?.x ?? null,
    valueInterval: found.interval?.value ?? null,
    barrierInterval: found.barrier_interval ?? null,
    barrierBound: found.barrier_bound ?? null,
    population: found.mass ?? joint?.populations?.[k] ?? null,
    populationInterval: found.mass_interval ?? joint?.population_intervals?.[k] ?? null,
    freeEnergy: found.delta_g ?? joint?.free_energies?.[k] ?? null,
    freeEnergyInterval: found.delta_g_interval ?? joint?.free_energy_intervals?.[k] ?? null,
    isCertain: (found.mass ?? null) === null ? null : (found.supported ?? null),
  });
  const all = minima.map(minimum);
  return {
    minima: all,
    wells: all.filter((one) => one.isWell),
    saddles: survey.maxima.map(({ x, value, curvatures }) => ({ x, value: value + logZ, curvatures })),
    paths: survey.paths.map(({ minima, saddle, height, points, values }) => ({ minima, saddle, height, points, values })),
    threshold,
    isPartial: survey.partial,
  };
}
