"""Fits as modules of PyTorch."""

import numpy as np
import torch


class Exported(torch.nn.Module):
    """Functions of an exported fit. Its tables of numbers are buffers, or parameters of a subclass that can be trained."""

    _is_trainable = False

    def __init__(self, source):
        super().__init__()
        self.source = source
        self._define()
        for name, table in [(name, table) for name, table in self._functions.items() if isinstance(table, np.ndarray)]:
            table, name = torch.from_numpy(table), name.strip("_")
            if self._is_trainable:
                self.register_parameter(name, torch.nn.Parameter(table))
            else:
                self.register_buffer(name, table)

    def _define(self):
        self._functions = {"__name__": "multiwell_exported"}
        exec(compile(self.source, "<multiwell>", "exec"), self._functions)

    def __getstate__(self):
        return {name: value for name, value in self.__dict__.items() if name not in ("_functions", "_compiled_call_impl")}

    def __setstate__(self, state):
        super().__setstate__(state)
        self._define()

    def _call(self, name, *arguments):
        if name not in self._functions:
            raise AttributeError(f"the exported fit has no function {name}")
        # The functions read their tables by these names. Tables may have been replaced since the last call.
        tables = {**dict(self.named_parameters()), **dict(self.named_buffers())}
        self._functions.update((f"_{name}", table) for name, table in tables.items())
        return self._functions[name](*arguments)


class Surface(Exported):
    """A potential or a density as functions of tensors. Derivatives follow from the value, so that they agree with it after further training."""

    _is_trainable = True

    def forward(self, x):
        return self.value(x)

    def value(self, x):
        """Returns the value."""
        return self._call("value", x)

    def density(self, x):
        """Returns the density."""
        return self._call("density", x)

    def cumulative(self, x):
        """Returns the probability below a position, for a density of one quantity."""
        return self._call("cumulative", x)

    def gradient(self, x):
        """Returns value and gradient."""
        return self._differentiated(x, 1)

    def hessian(self, x):
        """Returns value, gradient and Hessian."""
        return self._differentiated(x, 2)

    def _differentiated(self, x, order):
        is_recorded = torch.is_grad_enabled()
        with torch.enable_grad():
            x = self._functions["_tensor"](x)
            x = x if x.requires_grad else x.detach().requires_grad_()
            results = [self.value(x)]
            has_one_input = results[0].shape == x.shape

            def slopes(values):
                return torch.autograd.grad(values.sum(), x, create_graph=True)[0]

            results.append(slopes(results[0]))
            if order == 2 and has_one_input:
                results.append(slopes(results[1]))
            elif order == 2:
                results.append(torch.stack([slopes(results[1][..., k]) for k in range(x.shape[-1])], dim=-2))
        return tuple(results) if is_recorded else tuple(result.detach() for result in results)


class Step(Exported):
    """A step of a material as a function of tensors. Stress and tangent have tables of their own, which must agree, so that it is not trained."""

    def forward(self, *arguments):
        return self.step(*arguments)

    def step(self, *arguments):
        """Returns the stress, the tangent, the states after the step, the free energy and the dissipated energy."""
        return self._call("step", *arguments)
