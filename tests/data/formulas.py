"""Writes formulas.json: 200 formulas with their values, first and second derivatives, by sympy to 40 digits.

The formulas are read here by Python's own parser, whose precedence is the one that is asked for (a sign binds less tightly than a
power, a power groups to the right), so that parser, functions and derivatives are compared with something independent.

    python3 tests/data/formulas.py > tests/data/formulas.json
"""

import json
import random
import re

import sympy as sp

BOUNDS = "0.25..1.5"
NAMES = {name: sp.Symbol(name, real=True) for name in ["x", "y", "z", "x1", "x2", "x3", "a", "b", "k"]}
LETTERS = {"a": sp.Rational(3, 8), "b": sp.Rational(7, 4), "k": sp.Rational(5, 2)}
FUNCTIONS = {
    "sin": sp.sin, "cos": sp.cos, "tan": sp.tan, "asin": sp.asin, "acos": sp.acos, "atan": sp.atan, "sinh": sp.sinh,
    "cosh": sp.cosh, "tanh": sp.tanh, "exp": sp.exp, "log": sp.log, "ln": sp.log, "sqrt": sp.sqrt, "abs": sp.Abs,
    "min": sp.Min, "max": sp.Max, "pi": sp.pi, "e": sp.E, "π": sp.pi,
}

# Each by itself: precedence, signs, powers, numbers, functions. Where Python writes it otherwise, its spelling comes second.
WRITTEN = [
    "x^4 - 2*x^2 + 0.3*x", "sin(x)*cos(y)", "-x^2", "(-x)^2", "2^3^x", "2^x^2", "(2^x)^2", "x^-2", "x^-y", "-x^-y", "2^-x^2",
    "--x^2", "-(-x)^3", "+x", "x - -y", "x*-y", "1 - x - y - z", "1 - (x - y) - z", "x/y/z", "x/(y/z)", "x/y*z", "x*y/z",
    "x**3 - y**2", "1e-3*x^2", "1.5E1*x", ".5*x^3", "2.*x", "pi*x^2", "e^x", "e^(-x^2/2)/sqrt(2*pi)", "exp(-x)*exp(-y)",
    ("2x^2 - 3x", "2*x**2 - 3*x"), ("3(x+1)", "3*(x+1)"), ("2sin(x) + 0.5cos(2y)", "2*sin(x) + 0.5*cos(2*y)"),
    ("2pi*x", "2*pi*x"), ("x - 2y^2", "x - 2*y**2"), ("4x*y", "4*x*y"), ("1e1x", "10*x"), ("π*x·y", "pi*x*y"),
    ("x − 2×y", "x - 2*y"), "a*(x^2 - 1)^2 + b*x", "exp(-k*(x-1)^2) + exp(-k*(y-1)^2)", "x^k", "x^a", "(x+y)^(k+a)", "x^0 + x", "x^1",
    "x^2.5", "x^(1/2)", "x^0.5 + y^1.5", "x^y", "(x+1)^(y+1)", "a^x", "2^x", "x^10", "x^-3", "(x-1)^3", "(x-1)^5*(y-1)^4",
    "sin(x)", "cos(x)", "tan(x/2)", "asin(x/2)", "acos(x/2)", "atan(x)", "atan(10*x - 5)", "sinh(x)", "cosh(x)", "tanh(x)",
    "exp(x)", "log(x)", "ln(x)", "sqrt(x)", "abs(x - 1)", "min(x, y)", "max(x, y)", "max(x, 1.1*y, z/2)", "min(x^2, 2-y, 1.03)",
    "sin(cos(tan(x/3)))", "log(log(x + 2))", "sqrt(sqrt(x) + sqrt(y))", "exp(sin(x*y))", "atan(x/y)", "asin(x*y/4)",
    "abs(sin(3*x))", "log(x)/log(2)", "1/(1 + exp(-5*(x-1)))", "x1*(x1-x2)^2 + x3", "x1^2 + x2^2", "sin(x1)*sin(x2)*sin(x3)",
    "(x^2 + y^2 - 1)^2 + a*x", "-200*exp(-(x-1)^2 - 10*y^2) + 15*exp(0.7*(x+1)^2 + 0.6*(x+1)*(y-1) + 0.7*(y-1)^2)",
    "0.5*k*(sqrt(x^2 + y^2) - 1)^2", "4*((1/x)^12 - (1/x)^6)", "(1 - exp(-1.2*(x - 0.9)))^2", "1 + cos(3*x) + a*cos(x)",
    "x*log(x) + (2-x)*log(2-x) + k*x*(2-x)", "log(exp(-k*(x-1)^2) + exp(-k*(x-0.5)^2 - a))", "x^3*y^2*z", "(x*y*z)^2",
]


def generated(rng, depth):
    """A random formula that can be evaluated wherever its inputs are above zero."""
    if depth == 0 or rng.random() < 0.1:
        return rng.choice(["x", "y", "z", "a", "b", "k", str(rng.randint(1, 9)), f"{rng.uniform(0.1, 3):.3f}", "pi"])
    part = lambda: generated(rng, depth - 1)
    bounded = lambda: f"({part()})/(10 + ({part()})^2)"
    forms = [
        lambda: f"{part()} + {part()}", lambda: f"{part()} - ({part()})", lambda: f"({part()})*({part()})",
        lambda: f"({part()})/(1.5 + ({part()})^2)", lambda: f"({part()})^{rng.randint(2, 4)}", lambda: f"-({part()})",
        lambda: f"sin({part()})", lambda: f"cos({part()})", lambda: f"tanh({part()})", lambda: f"atan({part()})",
        lambda: f"exp(-abs({part()})/4)", lambda: f"log(2 + ({part()})^2)", lambda: f"sqrt(1 + ({part()})^2)",
        lambda: f"asin(tanh({bounded()}))", lambda: f"acos(tanh({bounded()}))", lambda: f"sinh({bounded()})",
        lambda: f"cosh({bounded()})", lambda: f"tan(tanh({bounded()}))",
        lambda: f"(1 + ({part()})^2)^{rng.uniform(-1.5, 1.5):.2f}", lambda: f"max({part()}, {part()})",
        lambda: f"min({part()}, {part()})", lambda: f"(1 + ({part()})^2)^tanh({part()})",
    ]
    return rng.choice(forms)()


def value(expression, at):
    """A number to 40 digits; where a derivative jumps it is not looked at."""
    return sp.N(expression.subs(at), 40)


def case(text, spelling, rng):
    expression = eval(spelling.replace("^", "**"), {"__builtins__": {}}, FUNCTIONS | NAMES)
    expression = sp.nsimplify(sp.sympify(expression), rational=True)
    series = ["x1", "x2", "x3"] if any(name in text for name in ["x1", "x2", "x3"]) else ["x", "y", "z"]
    inputs = [name for name in series if re.search(rf"(?<![a-z]){name}(?![a-z0-9])", text)]
    symbols = [NAMES[name] for name in inputs]
    given = {NAMES[name]: number for name, number in LETTERS.items()}
    points, values, gradients, hessians = [], [], [], []
    for _ in range(3):
        point = [sp.Rational(rng.randint(17, 95), 64) for _ in inputs]
        at = given | dict(zip(symbols, point))
        first = [sp.diff(expression, one) for one in symbols]
        second = [sp.diff(one, other) for one in first for other in symbols]
        numbers = [value(one, at) for one in [expression, *first, *second]]
        if not all(number.is_real and number.is_number and number.is_finite for number in numbers):
            raise ValueError(text)
        floats = [float(number) for number in numbers]
        count = len(inputs)
        points.append([float(one) for one in point])
        values.append(floats[0])
        gradients.append(floats[1:1 + count])
        hessians.append(floats[1 + count:])
    return {"formula": text, "inputs": inputs, "points": points, "values": values, "gradients": gradients, "hessians": hessians}


def main():
    rng = random.Random(13)
    cases = [case(*(one if isinstance(one, tuple) else (one, one)), rng) for one in WRITTEN]
    while len(cases) < 200:
        text = generated(rng, rng.choice([2, 2, 3]))
        if len(text) > 200:
            continue
        try:
            found = case(text, text, rng)
        except (ValueError, TypeError):
            continue
        sizes = [abs(number) for number in found["values"]]
        if found["inputs"] and 1e-3 < min(sizes) and max(sizes) < 1e4 and len(set(found["values"])) == 3:
            cases.append(found)
    letters = ", ".join(f"{name}={float(number)}" for name, number in LETTERS.items())
    lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in cases)
    print(f'{{"set": {json.dumps(letters)}, "bounds": {json.dumps(BOUNDS)}, "cases": [\n{lines}\n]}}')


main()
