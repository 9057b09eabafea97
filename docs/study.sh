#!/bin/sh
# Makes everything in docs/figures. Stopped, it goes on where it was; tables of runs are kept in target/study.
# The program is that of `cargo build --release`; MULTIWELL names another one. RAYON_NUM_THREADS limits the threads.
set -eu
cd "$(dirname "$0")"
multiwell=${MULTIWELL:-../target/release/multiwell}
tables=${TABLES:-../target/study}
mkdir -p "$tables"

wells=double-well,cosine-well,three-well
sharp=soft-parabolas-0.01..1e5x10,soft-parabolas-3..300x10

# Figures 1 to 4, and the table of counts: recipe paper, 10 seeds, 50,000 epochs.
"$multiwell" figure 1..4 --out figures

# Counts against epsilon, modes offered and seed.
"$multiwell" sweep "$wells" --recipe paper --epochs 20000 --modes 5,10,20 --epsilon 0,1e-6..1e-2x10 --seed 0..9 \
    --out "$tables/paper-counts.csv"
"$multiwell" sweep "$wells" --recipe reliable --modes 5,10,20 --epsilon 0,1e-6..1e-2x10 --seed 0..9 --data-seed same \
    --out "$tables/reliable-counts.csv"

# Learnt sharpness against the true one.
"$multiwell" sweep "$sharp" --recipe paper --seed 0..4 --data-seed same --out "$tables/paper-sharpness.csv"
"$multiwell" sweep "$sharp" --recipe reliable --samples 200,2000 --seed 0..4 --data-seed same --out "$tables/reliable-sharpness.csv"

# Defaults, 100 seeds of weights and data, random and equally spaced samples, 10 and 20 modes offered; and random targets.
"$multiwell" sweep "$wells" --recipe reliable --modes 10,20 --sampling uniform,grid --seed 0..99 --data-seed same \
    --out "$tables/reliable-seeds.csv"
"$multiwell" sweep random-wells --recipe reliable --target-kind smooth,kinked,gaussians --noise 0,0.01 --seed 0..33 --data-seed same \
    --target-seed same --out "$tables/reliable-random.csv"

"$multiwell" figure study --out figures --runs "$tables/paper-counts.csv" "$tables/reliable-counts.csv" \
    "$tables/paper-sharpness.csv" "$tables/reliable-sharpness.csv" "$tables/reliable-seeds.csv" "$tables/reliable-random.csv"

# Basins that are not convex inside.
others=lse-icnn,tanh,spline,gaussian-process
for a in 0.02 0.05 0.1; do
    "$multiwell" compare --formula '(x^2-1)^2+a*cos(15*x)' --set "a=$a" --bounds=-1.7..1.7 --samples 200 --noise 0.02 --seeds 1..3 \
        --data-seed same --methods "$others"
done
for banana in '4*(y-x^2)^2+0.3*x^2' '(x^2-1)^2+4*(y-x^2)^2+0.2*x'; do
    "$multiwell" compare --formula "$banana" --bounds x=-2..2,y=-1..4 --samples 600 --methods lse-icnn,tanh,gaussian-process
done

# Gaussian mixtures in one to ten dimensions.
# python benches/wells/potentials.py "$multiwell" gaussians --learnt values --inputs 5 --samples 200 --seeds 1..2
