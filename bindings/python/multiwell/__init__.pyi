"""Differentiable multi-well potentials, densities and materials learnt from data, as scikit-learn estimators."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal, TypeAlias, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import Self

__all__ = [
    "GradientRegressor",
    "Hysteresis",
    "Landscape",
    "Minimum",
    "MultiwellDensity",
    "MultiwellRegressor",
    "Path",
    "Saddle",
    "__version__",
]

__version__: str

_Floats: TypeAlias = NDArray[np.float64]
_Interval: TypeAlias = tuple[float, float]
_Progress: TypeAlias = bool | Callable[[int, int, str], object]
_Widths: TypeAlias = int | Sequence[int] | None
_Range: TypeAlias = tuple[float, float]
_Periodic: TypeAlias = str | Mapping[Any, float | _Range] | None
_Measured: TypeAlias = int | str | Sequence[int | str] | None
_RandomState: TypeAlias = int | np.random.RandomState | None
_Trajectories: TypeAlias = ArrayLike | Sequence[ArrayLike]

@dataclass(eq=False)
class Minimum:
    x: _Floats
    value: float
    barrier: float | None = ...
    barrier_at: _Floats | None = ...
    barrier_at_edge: bool = ...
    is_well: bool = ...
    curvatures: _Floats = ...
    modes: list[int] = ...
    x_interval: _Floats | None = ...
    value_interval: _Interval | None = ...
    barrier_interval: _Interval | None = ...
    population: float | None = ...
    free_energy: float | None = ...
    free_energy_interval: _Interval | None = ...
    is_certain: bool | None = ...

@dataclass(eq=False)
class Saddle:
    x: _Floats
    value: float
    curvatures: _Floats

@dataclass(eq=False)
class Path:
    minima: tuple[int | None, int | None]
    saddle: _Floats
    height: float
    points: _Floats
    values: _Floats

@dataclass(eq=False)
class Landscape:
    minima: list[Minimum]
    saddles: list[Saddle]
    paths: list[Path]
    threshold: float
    is_partial: bool = ...
    @property
    def wells(self) -> list[Minimum]: ...

class _Base:
    landscape_: Landscape
    metrics_: dict[str, Any]
    warnings_: list[str]
    notes_: list[str]
    history_: dict[str, NDArray[Any]]
    n_features_in_: int
    feature_names_in_: NDArray[np.object_]
    settings: Mapping[str, object] | None
    progress: _Progress
    @property
    def model_(self) -> str: ...
    def get_params(self, deep: bool = ...) -> dict[str, Any]: ...
    def set_params(self, **params: Any) -> Self: ...
    def save(self, path: str | os.PathLike[str]) -> None: ...
    @overload
    def export(
        self,
        to: Literal["c", "rust", "python", "jax", "torch", "js", "fortran", "umat", "vumat", "formula", "plumed"],
        path: None = ...,
        *,
        name: str | None = ...,
        hessian: bool = ...,
        fast: bool = ...,
        float32: bool = ...,
        values: bool = ...,
        points: int | Sequence[int] | Mapping[Any, int] = ...,
        bounds: Mapping[Any, _Range] | None = ...,
        roles: Mapping[Any, str] | None = ...,
        measure: Literal["small", "lagrange"] = ...,
    ) -> str: ...
    @overload
    def export(
        self,
        to: Literal["onnx", "npz"],
        path: None = ...,
        *,
        name: str | None = ...,
        hessian: bool = ...,
        fast: bool = ...,
        float32: bool = ...,
        values: bool = ...,
        points: int | Sequence[int] | Mapping[Any, int] = ...,
        bounds: Mapping[Any, _Range] | None = ...,
        roles: Mapping[Any, str] | None = ...,
        measure: Literal["small", "lagrange"] = ...,
    ) -> bytes: ...
    @overload
    def export(
        self,
        to: Literal["c", "rust", "python", "jax", "torch", "js", "fortran", "umat", "vumat", "formula", "plumed", "onnx", "npz"],
        path: str | os.PathLike[str],
        *,
        name: str | None = ...,
        hessian: bool = ...,
        fast: bool = ...,
        float32: bool = ...,
        values: bool = ...,
        points: int | Sequence[int] | Mapping[Any, int] = ...,
        bounds: Mapping[Any, _Range] | None = ...,
        roles: Mapping[Any, str] | None = ...,
        measure: Literal["small", "lagrange"] = ...,
    ) -> None: ...
    def to_jax(self) -> ModuleType: ...
    def to_torch(self) -> Any: ...
    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self: ...

class _Surface(_Base):
    def gradient(self, X: ArrayLike) -> _Floats: ...
    def hessian(self, X: ArrayLike) -> _Floats: ...
    def responsibilities(self, X: ArrayLike) -> _Floats: ...
    def plot(
        self,
        X: ArrayLike | None = ...,
        y: ArrayLike | None = ...,
        *,
        ax: Any = ...,
        inputs: tuple[int, int] = ...,
        points: int = ...,
    ) -> Any: ...

class MultiwellRegressor(_Surface):
    def __init__(
        self,
        modes: int | None = ...,
        *,
        hidden: _Widths = ...,
        epochs: int | None = ...,
        recipe: Literal["reliable", "paper"] | None = ...,
        random_state: _RandomState = ...,
        n_jobs: int | None = ...,
        periodic: _Periodic = ...,
        skip: Literal["none", "quadratic", "quartic"] | None = ...,
        symmetry: Literal["none", "exchange"] | None = ...,
        hold_out: float | None = ...,
        uncertainty: bool | int = ...,
        settings: Mapping[str, object] | None = ...,
        progress: _Progress = ...,
    ) -> None: ...
    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = ...) -> Self: ...
    @overload
    def predict(self, X: ArrayLike, return_std: Literal[False] = ...) -> _Floats: ...
    @overload
    def predict(self, X: ArrayLike, return_std: Literal[True]) -> tuple[_Floats, _Floats]: ...
    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = ...) -> float: ...

class GradientRegressor(_Surface):
    def __init__(
        self,
        modes: int | None = ...,
        *,
        forces: bool = ...,
        measured: _Measured = ...,
        hidden: _Widths = ...,
        epochs: int | None = ...,
        recipe: Literal["reliable", "paper"] | None = ...,
        random_state: _RandomState = ...,
        n_jobs: int | None = ...,
        periodic: _Periodic = ...,
        skip: Literal["none", "quadratic", "quartic"] | None = ...,
        symmetry: Literal["none", "exchange"] | None = ...,
        hold_out: float | None = ...,
        uncertainty: bool | int = ...,
        settings: Mapping[str, object] | None = ...,
        progress: _Progress = ...,
    ) -> None: ...
    def fit(
        self, X: ArrayLike, y: ArrayLike, values: ArrayLike | None = ..., sample_weight: ArrayLike | None = ...
    ) -> Self: ...
    @overload
    def predict(self, X: ArrayLike, return_std: Literal[False] = ...) -> _Floats: ...
    @overload
    def predict(self, X: ArrayLike, return_std: Literal[True]) -> tuple[_Floats, _Floats]: ...
    def potential(self, X: ArrayLike) -> _Floats: ...
    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = ...) -> float: ...

class MultiwellDensity(_Surface):
    def __init__(
        self,
        modes: int | None = ...,
        *,
        components: int | None = ...,
        hidden: _Widths = ...,
        epochs: int | None = ...,
        random_state: _RandomState = ...,
        n_jobs: int | None = ...,
        kT: float | None = ...,
        blocks: int | None = ...,
        periodic: _Periodic = ...,
        uncertainty: bool | int = ...,
        settings: Mapping[str, object] | None = ...,
        progress: _Progress = ...,
    ) -> None: ...
    def fit(self, X: ArrayLike, y: object = ..., sample_weight: ArrayLike | None = ...) -> Self: ...
    def potential(self, X: ArrayLike) -> _Floats: ...
    def score_samples(self, X: ArrayLike) -> _Floats: ...
    def score(self, X: ArrayLike, y: object = ...) -> float: ...
    def sample(
        self, n_samples: int = ..., random_state: int | np.random.RandomState | None = ...
    ) -> _Floats: ...

class Hysteresis(_Base):
    def __init__(
        self,
        dynamics: str | None = ...,
        *,
        hidden: _Widths = ...,
        epochs: int | None = ...,
        random_state: _RandomState = ...,
        n_jobs: int | None = ...,
        measured: _Measured = ...,
        input_names: str | Sequence[str] | None = ...,
        output_names: str | Sequence[str] | None = ...,
        settings: Mapping[str, object] | None = ...,
        progress: _Progress = ...,
    ) -> None: ...
    def fit(self, X: _Trajectories, y: _Trajectories, time: _Trajectories | None = ...) -> Self: ...
    def predict(self, X: _Trajectories, time: _Trajectories | None = ...) -> Any: ...
    def dissipation(self, X: _Trajectories, time: _Trajectories | None = ...) -> Any: ...
    def score(self, X: _Trajectories, y: _Trajectories, time: _Trajectories | None = ...) -> float: ...

class Playground:
    data: dict[str, Any]
    settings: dict[str, Any]
    model: str
    metrics: dict[str, Any]
    notes: list[str]
    status: str
    message: str
    progress: dict[str, Any]
    height: int
    estimator: MultiwellRegressor | GradientRegressor | MultiwellDensity
    def __init__(
        self,
        data: object = ...,
        y: ArrayLike | None = ...,
        *,
        inputs: str | Sequence[str] | None = ...,
        target: str | None = ...,
        gradient: Sequence[str] | ArrayLike | None = ...,
        forces: Sequence[str] | ArrayLike | None = ...,
        density: bool = ...,
        sample_weight: ArrayLike | None = ...,
        benchmark: str = ...,
        height: int = ...,
        **settings: object,
    ) -> None: ...
    def set_data(
        self,
        data: object,
        y: ArrayLike | None = ...,
        *,
        inputs: str | Sequence[str] | None = ...,
        target: str | None = ...,
        gradient: Sequence[str] | ArrayLike | None = ...,
        forces: Sequence[str] | ArrayLike | None = ...,
        density: bool = ...,
        sample_weight: ArrayLike | None = ...,
    ) -> None: ...
    @property
    def frame(self) -> Any: ...
    def train(self) -> None: ...
    def stop(self) -> None: ...
    def observe(self, handler: Callable[..., object], names: str | Sequence[str] = ...) -> None: ...
    @property
    def landscape(self) -> Landscape: ...
    def state_json(self) -> str: ...
    @overload
    def to_html(self, path: None = ..., title: str = ...) -> str: ...
    @overload
    def to_html(self, path: str | os.PathLike[str], title: str = ...) -> None: ...
    @staticmethod
    def write_module(path: str | os.PathLike[str]) -> None: ...
