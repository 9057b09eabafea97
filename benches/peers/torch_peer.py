"""The workload in PyTorch: `eager` as one writes it, with autograd and the fused Adam; `compile` the whole epoch as one function."""

import peer  # first: it chooses the core

import numpy as np
import torch
from torch.nn.functional import logsigmoid, softplus

torch.set_num_threads(1)


def potential(p, x):
    """Psi at points x [inputs, samples], for parameters by name."""
    layers = sum(name.startswith("V") for name in p)
    h = None
    for k in range(1, layers + 1):
        v = p[f"V{k}"]
        # All modes see the same points, so that one product does for them all.
        z = (v.reshape(-1, v.shape[2]) @ x).reshape(v.shape[0], v.shape[1], -1) + p[f"b{k}"]
        if h is not None:
            z = torch.baddbmm(z, p[f"W{k}"], h)
        h = softplus(z)
    exponents = logsigmoid(5 * p["a"] - 10)[..., 0] - p["rho"][0, 0] * z[:, 0]
    return (float(np.log(exponents.shape[0])) - torch.logsumexp(exponents, 0)) / p["rho"][0, 0]


def make(workload, variant):
    task = workload["task"]
    array = lambda values, shape: torch.from_numpy(np.array(values, np.float32).reshape(shape))
    x = array(workload["x"], (task["samples"], task["inputs"])).T.contiguous()
    start = {a["name"]: array(a["values"], a["shape"]) for a in workload["params"]}
    values = task["work"] == "values"
    y = array(workload["y"], (task["samples"],)) if values else array(workload["y"], x.T.shape).T.contiguous()
    penalty = lambda p: workload["epsilon"] * p["a"].abs().sum()
    return (compiled if variant == "compile" else eager)(workload, start, x, y, values, penalty)


def eager(workload, start, x, y, values, penalty):
    held = {}

    def loss(p):
        if values:
            return ((potential(p, x) - y) ** 2).mean() + penalty(p)
        points = x.detach().requires_grad_()
        slope = torch.autograd.grad(potential(p, points).sum(), points, create_graph=True)[0]
        return ((slope - y) ** 2).mean() + penalty(p)

    def restart():
        held["p"] = p = {k: v.clone().requires_grad_() for k, v in start.items()}
        rates = sorted({peer.rate(workload, k) for k in p})
        groups = [{"params": [p[k] for k in p if peer.rate(workload, k) == r], "lr": r} for r in rates]
        held["adam"] = torch.optim.Adam(groups, betas=(0.9, 0.999), eps=1e-8, fused=True)
        return lambda: float(loss(held["p"]).detach())

    def train(epochs):
        p, adam = held["p"], held["adam"]
        for _ in range(epochs):
            adam.zero_grad()
            loss(p).backward()
            adam.step()
            with torch.no_grad():
                for k in p:
                    if peer.floor(k) is not None:
                        p[k].clamp_(min=peer.floor(k))

    restart()
    return train, restart


def compiled(workload, start, x, y, values, penalty):
    from torch.func import grad

    # One flat vector: a compiled function checks each tensor that it is given, at every call.
    sizes = [v.numel() for v in start.values()]
    flat = torch.cat([v.flatten() for v in start.values()])
    rates = torch.cat([torch.full((v.numel(),), peer.rate(workload, k)) for k, v in start.items()])
    floors = {k: -float("inf") if peer.floor(k) is None else peer.floor(k) for k in start}
    floors = torch.cat([torch.full((v.numel(),), floors[k]) for k, v in start.items()])
    held = {}

    def loss(flat):
        p = {k: part.view(v.shape) for (k, v), part in zip(start.items(), flat.split(sizes))}
        if values:
            return ((potential(p, x) - y) ** 2).mean() + penalty(p)
        slope = grad(lambda points: potential(p, points).sum())(x)
        return ((slope - y) ** 2).mean() + penalty(p)

    @torch.compile(fullgraph=True)
    def epoch(p, m, v, t):
        t = t + 1
        g = grad(loss)(p)
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g * g
        step = rates * (m / (1 - 0.9**t)) / (torch.sqrt(v / (1 - 0.999**t)) + 1e-8)
        return torch.maximum(p - step, floors), m, v, t

    def restart():
        held["state"] = (flat, torch.zeros_like(flat), torch.zeros_like(flat), torch.zeros(()))
        return lambda: float(loss(held["state"][0]))

    def train(epochs):
        state = held["state"]
        with torch.no_grad():
            for _ in range(epochs):
                state = epoch(*state)
        held["state"] = state

    restart()
    return train, restart


if __name__ == "__main__":
    peer.main(make, f"PyTorch {torch.__version__}")
