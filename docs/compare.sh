#!/bin/sh
# Prints the tables of docs/compare.md.
# The program is that of `cargo build --release`; MULTIWELL names another one. RAYON_NUM_THREADS limits the threads.
set -eu
cd "$(dirname "$0")"
multiwell=${MULTIWELL:-../target/release/multiwell}
compare() {
    echo "$ multiwell compare $*"
    "$multiwell" compare "$@"
    echo
}

# A smooth curve, a kinked one, a smooth surface, a random one with noise.
compare double-well --noise 0.05 --seeds 1..5 --data-seed same
compare random-wells --target-kind kinked --target-seed 3 --seeds 1..5 --data-seed same
compare muller-brown --seeds 1..3 --data-seed same
compare random-landscape --target-kind gaussians --target-seed 2 --noise 0.02

# Densities of one and of two quantities.
compare --density --formula '2*(x^2-1)^2+0.5*x' --bounds=-3..3 --samples 300 --seeds 1..5 --data-seed same
compare muller-brown --density --kT 20 --samples 1000
