"""Times a million predictions of a fitted curve beside a network of scikit-learn."""
import statistics
import time

import numpy as np
from sklearn.neural_network import MLPRegressor

import multiwell

x = np.linspace(-2, 2, 200)[:, None]
y = ((x**2 - 1) ** 2 / 4 + 0.1 * x)[:, 0]
points = np.random.default_rng(1).uniform(-2, 2, (1_000_000, 1))
models = {"multiwell": multiwell.MultiwellRegressor().fit(x, y)}
for activation in ("relu", "tanh", "logistic"):
    models[f"MLPRegressor(10, 10), {activation}"] = MLPRegressor(hidden_layer_sizes=(10, 10), activation=activation, max_iter=50).fit(x, y)
times = {name: [] for name in models}
for _ in range(11):
    for name, model in models.items():
        start = time.perf_counter()
        model.predict(points)
        times[name].append(time.perf_counter() - start)
for name, seconds in times.items():
    print(f"{name}: {statistics.median(seconds):.3f} s")
