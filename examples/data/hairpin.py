"""A force-extension curve of a molecule with two states, each a worm-like chain, held at one extension after another.

    python hairpin.py > hairpin.csv

The free energy is A(x) = -kT log(sum of exp(-(G_i + W_i(x))/kT)), and its derivative is the mean tension. W is the work of stretching a worm-like
chain by the formula of Marko and Siggia (Macromolecules 28, 1995). Each tension has a standard error, which is smaller where it was measured for longer.
"""

import math
import random

KT = 4.11  # pN nm, at 298 K
PERSISTENCE = 1.0  # nm
STATES = [(30.0, 0.0), (52.0, 95.0)]  # contour length in nm, free energy in pN nm


def work(x, contour):
    part = x / contour
    return KT * contour / PERSISTENCE * (1 / (4 * (1 - part)) - part / 4 + part**2 / 2 - 1 / 4)


def tension(x):
    def of_chain(contour):
        part = x / contour
        return KT / PERSISTENCE * (1 / (4 * (1 - part) ** 2) - 1 / 4 + part)

    states = [(contour, math.exp(-(energy + work(x, contour)) / KT)) for contour, energy in STATES if x < contour]
    return sum(weight * of_chain(contour) for contour, weight in states) / sum(weight for _, weight in states)


random.seed(1)
print("x [nm],dA/dx [pN],sigma")
for k in range(140):
    x = 8 + 36 * k / 139
    sigma = 0.15 if k % 3 else 0.45
    print(f"{x:.3f},{random.gauss(tension(x), sigma):.3f},{sigma}")
