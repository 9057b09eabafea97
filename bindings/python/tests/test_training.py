"""How training behaves: bits, interruption, progress, threads."""

import multiprocessing
import os
import pathlib
import re
import subprocess
import sys
import threading
import time

import numpy as np
import pandas as pd
import pytest

import multiwell
from multiwell import GradientRegressor, Hysteresis, MultiwellDensity, MultiwellRegressor, _multiwell, _processor

ROOT = pathlib.Path(__file__).parents[3]
PROGRAM = pathlib.Path(os.environ.get("MULTIWELL_PROGRAM", ROOT / "target/release/multiwell"))
HUGE = 1_000_000_000


def of_program(arguments, table, folder):
    """The model file that the command line writes for the table."""
    table.to_csv(folder / "table.csv", index=False)
    model = folder / "program.json"
    command = [PROGRAM, "fit", folder / "table.csv", *arguments, "--model-out", model, "--json"]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    return model.read_text()


@pytest.mark.skipif(not PROGRAM.exists(), reason="the command line has not been built")
def test_fits_have_same_bits_as_command_line(curve, samples, trajectories, tmp_path):
    x, y = curve
    table = pd.DataFrame({"x": x[:, 0], "y": y})
    flags = ["--modes", "4", "--hidden", "6", "--epochs", "100", "--seed", "9"]
    settings = {"modes": 4, "hidden": 6, "epochs": 100, "random_state": 9}
    assert MultiwellRegressor(**settings).fit(x, y).model_ == of_program(flags, table, tmp_path)
    paper = MultiwellRegressor(**settings, recipe="paper", settings={"lr": 0.02})
    assert paper.fit(x, y).model_ == of_program([*flags, "--recipe", "paper", "--lr", "0.02"], table, tmp_path)

    slopes = table.rename(columns={"y": "f"})
    found = GradientRegressor(**settings, forces=True).fit(x, y).model_
    expected = of_program([*flags, "--inputs", "x", "--forces", "f"], slopes, tmp_path)
    assert found == expected

    both = table.assign(g=np.gradient(y, x[:, 0]))
    found = GradientRegressor(**settings).fit(x, both["g"], values=both["y"]).model_
    assert found == of_program([*flags, "--inputs", "x", "--target", "y", "--gradient", "g"], both, tmp_path)

    several = pd.DataFrame(samples, columns=["a", "b"])
    flags = ["--density", "--modes", "2", "--hidden", "4", "--epochs", "300"]
    settings = {"modes": 2, "hidden": 4, "epochs": 300}
    joint = MultiwellDensity(**settings).fit(several).model_
    assert joint == of_program([*flags, "--inputs", "a,b"], several, tmp_path)
    one = MultiwellDensity(**settings).fit(several[["a"]]).model_
    assert one == of_program(flags, several[["a"]], tmp_path)

    time, inputs, outputs = trajectories
    runs = np.repeat(np.arange(1, len(inputs) + 1), len(time))
    table = pd.DataFrame({"run": runs, "t": np.tile(time, len(inputs)), "x": inputs.ravel(), "y": outputs.ravel()})
    found = Hysteresis("play", epochs=20).fit(inputs[:, :, np.newaxis], outputs, time).model_
    flags = ["--dynamics", "play", "--epochs", "20", "--run", "run", "--time", "t", "--inputs", "x", "--outputs", "y"]
    assert found == of_program(flags, table, tmp_path)


#: Longest wait for a program in seconds. A program that Ctrl-C does not stop runs for hours.
TIMEOUT_S = 300
#: Interrupts calls by Ctrl-C after half a second of processor time, and prints for each the processor time until it ends. Unlike elapsed time, it does
#: not depend on other programs. One program for several calls imports the package once.
INTERRUPTED = """
import os, signal, threading, time
import multiwell, numpy as np
{setup}
def press():
    global pressed
    while time.process_time() < begun + 0.5:
        time.sleep(0.01)
    pressed = time.process_time()
    os.kill(os.getpid(), signal.SIGINT)
# A parent in the background may ignore the signal, and children inherit this.
signal.signal(signal.SIGINT, signal.default_int_handler)
for call in [{calls}]:
    begun = time.process_time()
    threading.Thread(target=press, daemon=True).start()
    try:
        call()
        print("not interrupted")
    except KeyboardInterrupt:
        print(time.process_time() - pressed)
"""


def interrupted(calls, setup):
    """Returns for each call the processor time of all threads in seconds from Ctrl-C to its end."""
    command = [sys.executable, "-c", INTERRUPTED.format(calls=", ".join(f"lambda: {call}" for call in calls), setup=setup)]
    printed = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, timeout=TIMEOUT_S).stdout
    return dict(zip(calls, map(float, printed.splitlines()), strict=True))


def test_ctrl_c_interrupts_training():
    setup = """
from multiwell import Hysteresis, MultiwellDensity, MultiwellRegressor
rows = lambda *size: np.random.default_rng(1).normal(size=size)
fit = lambda model, x: model.fit(x, np.sin(x[:, 0]))
t = np.linspace(0, 1, 200)
x = rows(100, 1) * np.sin(9 * t)
"""
    calls = [
        f"fit(MultiwellRegressor(recipe='paper', epochs={HUGE}), rows(2000, 1))",
        f"fit(MultiwellRegressor(epochs={HUGE}), rows(1000, 3))",
        # With the default size, the recipe ends within a second.
        f"MultiwellDensity(modes=40, hidden=(30, 30), epochs={HUGE}).fit(rows(1000, 1))",
        f"MultiwellDensity(epochs={HUGE}).fit(rows(500, 2))",
        "Hysteresis('play', epochs=1_000_000).fit(x[:, :, np.newaxis], np.tanh(x), t)",
    ]
    found = interrupted(calls, setup)
    assert max(found.values()) < 0.5, found


def test_ctrl_c_interrupts_evaluation():
    setup = """
x = np.random.default_rng(1).uniform(-2, 2, size=(300, 2))
model = multiwell.MultiwellRegressor(4, epochs=100, uncertainty=True).fit(x, np.sum((x**2 - 1) ** 2, axis=1))
x = np.tile(x, (30_000, 1))
"""
    calls = ["predict(x)", "gradient(x)", "hessian(x)", "responsibilities(x)", "predict(x, return_std=True)"]
    found = interrupted([f"model.{call}" for call in calls], setup)
    assert max(found.values()) < 0.2 * os.cpu_count(), found


@pytest.mark.parametrize("jobs", [2, -1])
def test_number_of_threads_leaves_bits_unchanged_and_process_can_fork(curve, jobs):
    x, y = curve
    expected = MultiwellRegressor(6, epochs=300).fit(x, y)
    model = MultiwellRegressor(6, epochs=300, n_jobs=jobs).fit(x, y)
    assert model.model_ == expected.model_
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply_async(model.fit, (x, y)).get(TIMEOUT_S).model_ == expected.model_
        assert np.array_equal(pool.apply_async(model.predict, (x,)).get(TIMEOUT_S), expected.predict(x))


def test_other_threads_run_during_training(curve):
    x, y = curve
    counted, stop = [0], threading.Event()

    def count():
        while not stop.is_set():
            counted[0] += 1
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    # On a busy computer, processor time is shorter than elapsed time.
    begun = time.process_time()
    MultiwellRegressor(recipe="paper", epochs=8000).fit(x, y)
    taken = time.process_time() - begun
    stop.set()
    thread.join()
    assert counted[0] > 100 * taken


def test_progress_is_reported_and_can_end_training(curve):
    x, y = curve
    calls = []
    model = MultiwellRegressor(3, epochs=500, progress=lambda *call: calls.append(call)).fit(x, y)
    done, total, stage = calls[-1]
    assert done == total > 0 and isinstance(stage, str)
    without = MultiwellRegressor(3, epochs=500).fit(x, y)
    assert model.model_ == without.model_

    early = MultiwellRegressor(3, epochs=HUGE, recipe="paper", progress=lambda done, total, stage: done > 100).fit(x, y)
    assert 0 < early.metrics_["epochs"] < HUGE

    def fails(*_):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        MultiwellRegressor(3, epochs=HUGE, progress=fails).fit(x, y)


def test_progress_is_shown_by_tqdm(curve, capsys):
    pytest.importorskip("tqdm")
    MultiwellRegressor(3, epochs=300, progress=True).fit(*curve)
    assert "epoch" in capsys.readouterr().err


def test_flags_and_version_match_repository():
    version = re.search(r'^version = "(.*)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1]
    assert multiwell.__version__ == version
    import platform

    assert _multiwell.X86_64_V3 == (platform.machine().lower() in ("x86_64", "amd64"))


def test_older_processor_is_refused():
    _processor.check()
    _processor.check("aarch64", {"AVX2": False})
    # What NumPy does not tell is taken to be there.
    _processor.check("x86_64", {})
    with pytest.raises(ImportError, match="lacks AVX2, BMI2; .* baseline"):
        _processor.check("x86_64", {"AVX": True, "AVX2": False, "BMI2": False})


def test_readme_program_runs_unchanged(tmp_path, monkeypatch, capsys):
    text = (ROOT / "bindings/python/README.md").read_text()
    program = re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]
    assert len(program.strip().splitlines()) <= 12
    monkeypatch.chdir(tmp_path)
    exec(compile(program, "README.md", "exec"), {})
    assert (tmp_path / "fit.png").stat().st_size > 5000
    assert capsys.readouterr().out.count("a well at") == 2
    assert np.__name__ in program
