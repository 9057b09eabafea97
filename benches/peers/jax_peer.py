"""The workload in JAX, jitted: `step` calls a compiled epoch from a Python loop, `scan` compiles a hundred of them as one."""

import peer  # first: it chooses the core

import jax
import jax.numpy as jnp
import numpy as np

CHUNK = 100


def potential(p, x):
    """Psi at points x [inputs, samples], for parameters by name."""
    layers = sum(name.startswith("V") for name in p)
    h = None
    for k in range(1, layers + 1):
        z = jnp.einsum("mwi,in->mwn", p[f"V{k}"], x) + p[f"b{k}"]
        if h is not None:
            z = z + jnp.einsum("mwv,mvn->mwn", p[f"W{k}"], h)
        h = jax.nn.softplus(z)
    exponents = jax.nn.log_sigmoid(5 * p["a"] - 10)[..., 0] - p["rho"][0, 0] * z[:, 0]
    return (jnp.log(exponents.shape[0]) - jax.scipy.special.logsumexp(exponents, axis=0)) / p["rho"][0, 0]


def step(workload, state, g):
    """Adam and the projection."""
    p, m, v, t = state
    t = t + 1
    m = {k: 0.9 * m[k] + 0.1 * g[k] for k in p}
    v = {k: 0.999 * v[k] + 0.001 * g[k] * g[k] for k in p}
    new = {}
    for k in p:
        new[k] = p[k] - peer.rate(workload, k) * (m[k] / (1 - 0.9**t)) / (jnp.sqrt(v[k] / (1 - 0.999**t)) + 1e-8)
        if peer.floor(k) is not None:
            new[k] = jnp.maximum(new[k], peer.floor(k))
    return new, m, v, t


def trajectories(workload, start):
    """The metamaterial with the paper's dynamics: Euler's steps as a scan, an epoch as a scan over mini-batches."""
    steps, batch, states = 100, 64, 6
    count = workload["task"]["samples"]
    # What is scanned over stands first: [batches, samples, paths, numbers].
    split = lambda values, each: jnp.asarray(
        np.array(values, np.float32).reshape(count // batch, batch, steps + 1, each).transpose(0, 2, 1, 3)
    )
    data = split(workload["x"], 9), split(workload["y"], 2)

    def psi(p, x, h):
        sees = jnp.concatenate([x, h], -1).reshape(-1, 3 + states)
        return potential(p, sees.T)

    def rate(p, x, h):
        y = jnp.concatenate([x, h], -1)
        for k in (1, 2, 3):
            y = y @ p[f"A{k}"][0].T + p[f"c{k}"][0, :, 0]
            y = jnp.tanh(y) if k < 3 else y
        return y

    def loss(p, x, y):
        def advance(h, x):
            return h + rate(p, x, h) / steps, h

        last, before = jax.lax.scan(advance, jnp.zeros((batch, states), jnp.float32), x[:-1])
        h = jnp.concatenate([before, last[None]])
        x = x[..., :3]
        slope = jax.grad(lambda x: psi(p, x, h).sum())(x)
        e = x[..., 0]
        s11 = slope[..., 0] + 2 * e * slope[..., 1] + 3 * e * e * slope[..., 2]
        return jnp.mean((jnp.stack([s11, slope[..., 0]], -1) - y) ** 2)

    def epoch(state):
        return jax.lax.scan(lambda s, d: (step(workload, s, jax.grad(loss)(s[0], *d)), None), state, data)[0]

    one = jax.jit(epoch)
    mean = jax.jit(lambda p: jnp.mean(jax.lax.map(lambda d: loss(p, *d), data)))
    held = {}

    def restart():
        zeros = jax.tree.map(jnp.zeros_like, start)
        held["state"] = (start, zeros, zeros, jnp.float32(0))
        return lambda: float(mean(held["state"][0]))

    def train(epochs):
        for _ in range(epochs):
            held["state"] = one(held["state"])
        jax.block_until_ready(held["state"])

    # An epoch is long: a hundred at a time would measure for a minute.
    train.chunk = 1
    restart()
    return train, restart


def make(workload, variant):
    task = workload["task"]
    array = lambda values, shape: jnp.asarray(np.array(values, np.float32).reshape(shape))
    start = {a["name"]: array(a["values"], a["shape"]) for a in workload["params"]}
    if task["work"] == "trajectories":
        return trajectories(workload, start)
    x = array(workload["x"], (task["samples"], task["inputs"])).T
    if task["work"] == "values":
        y = array(workload["y"], (task["samples"],))
        data = lambda p: jnp.mean((potential(p, x) - y) ** 2)
    else:
        y = array(workload["y"], (task["samples"], task["inputs"])).T
        data = lambda p: jnp.mean((jax.grad(lambda x: potential(p, x).sum())(x) - y) ** 2)
    loss = lambda p: data(p) + workload["epsilon"] * jnp.sum(jnp.abs(p["a"]))

    def epoch(state):
        return step(workload, state, jax.grad(loss)(state[0]))

    one = jax.jit(epoch)
    hundred = jax.jit(lambda state: jax.lax.scan(lambda s, _: (epoch(s), None), state, None, length=CHUNK)[0])
    loss = jax.jit(loss)
    held = {}

    def restart():
        zeros = jax.tree.map(jnp.zeros_like, start)
        held["state"] = (start, zeros, zeros, jnp.float32(0))
        return lambda: float(loss(held["state"][0]))

    def train(epochs):
        state = held["state"]
        if variant == "scan":
            assert epochs % CHUNK == 0
            for _ in range(epochs // CHUNK):
                state = hundred(state)
        else:
            for _ in range(epochs):
                state = one(state)
        held["state"] = jax.block_until_ready(state)

    restart()
    return train, restart


if __name__ == "__main__":
    peer.main(make, f"JAX {jax.__version__}")
