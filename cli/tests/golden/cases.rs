//! The command lines whose results are recorded. Add a case at the end of its list; lines of a case share a folder, in which the tables of
//! [`crate::tables`] lie.

/// Command lines that are run one after another, without the name of the program.
pub struct Case {
    /// The name of its expected file.
    pub name: &'static str,
    /// The command lines; words are separated by spaces.
    pub lines: &'static [&'static str],
}

const fn case(name: &'static str, lines: &'static [&'static str]) -> Case {
    Case { name, lines }
}

/// All cases, those that take longest first.
pub const CASES: &[Case] = &[
    // Figures.
    case("figure-01-to-04", &["figure 1..4 --epochs 150 --seeds 0..2 --out drawn"]),
    case("figure-02-reliable", &["figure 2 --recipe reliable --epochs 300 --seeds 0,1 --out drawn"]),
    case("figure-05-to-07", &["figure 5..7 --epochs 300 --seeds 1,2 --out drawn"]),
    case("figure-08", &["figure 8 --epochs 60 --seeds 3,5 --out drawn"]),
    case("figure-09-to-11", &["figure 9..11 --epochs 4 --seeds 1,2 --out drawn"]),
    case("figure-12-to-13", &["figure 12..13 --epochs 300 --seeds 1,2 --out drawn"]),
    case(
        "figure-study",
        &[
            "sweep --threads 2 double-well,soft-parabolas-3,soft-parabolas-30 --recipe paper,reliable --modes 3 --hidden 6 --epochs 200 --epsilon 0,1e-3 \
             --samples 60 --seed 0..2 --data-seed same --out runs-1.csv",
            "sweep random-wells --recipe reliable --modes 4 --hidden 6 --epochs 200 --target-kind smooth,kinked --noise 0,0.01 --seed 0..1 \
             --target-seed same --data-seed same --out runs-2.csv",
            // What is drawn follows the order of the rows, which is that in which the runs ended; merging sorts them.
            "sweep --merge runs-1.csv --out sorted-1.csv",
            "sweep --merge runs-2.csv --out sorted-2.csv",
            "figure --threads 2 study --runs sorted-1.csv sorted-2.csv --out drawn",
        ],
    ),
    // Values on a line.
    case("cosine-reliable", &["fit cosine-well --epochs 12000 --json --model-out m.json --history-out h.csv"]),
    case(
        "cosine-paper",
        &["fit cosine-well --recipe paper --epochs 3000 --lr 5e-3 --gate-lr 1e-3 --json --model-out m.json --history-out h.csv"],
    ),
    case(
        "double-reliable",
        &["fit double-well --epochs 4000 --epsilon 1e-3 --seed 3 --json --model-out m.json --history-out h.csv"],
    ),
    case(
        "double-paper",
        &["fit double-well --recipe paper --modes 4 --hidden 8,8,8 --epochs 1500 --json --model-out m.json --history-out h.csv"],
    ),
    case(
        "double-noise",
        &["fit double-well --modes 5 --epochs 3000 --noise 0.05 --data-seed 7 --samples 300 --json --model-out m.json"],
    ),
    case(
        "double-stop-loss",
        &["fit double-well --recipe paper --modes 3 --lr 1e-2 --stop-loss 0.02 --epochs 5000 --json --history-out h.csv"],
    ),
    case(
        "double-diverges",
        &["fit double-well --recipe paper --modes 3 --lr 1e4 --epochs 400 --json --history-out h.csv --model-out m.json"],
    ),
    case(
        "double-skip-quadratic",
        &["fit double-well --recipe paper --modes 3 --skip quadratic --epochs 800 --json --model-out m.json"],
    ),
    case("double-skip-quartic", &["fit double-well --modes 4 --skip quartic --epochs 1500 --json --model-out m.json"]),
    case("three-reliable", &["fit three-well --modes 6 --epochs 10000 --json --model-out m.json --history-out h.csv"]),
    case(
        "three-cosine-schedule",
        &[
            "fit --threads 2 three-well --recipe paper --schedule cosine --epochs 2000 --lr 1e-2 --gate-lr 1e-2 --json --model-out m.json --history-out h.csv",
        ],
    ),
    case(
        "three-standard-grid",
        &[
            "fit three-well --recipe paper --scaling standard --sampling grid --samples 150 --epochs 1500 --json --model-out m.json",
        ],
    ),
    case("three-grid", &["fit three-well --sampling grid --samples 90 --modes 5 --epochs 3000 --json"]),
    case("random-smooth", &["fit random-wells --target-seed 4 --modes 8 --epochs 4000 --json --model-out m.json"]),
    case("random-kinked", &["fit random-wells --target-kind kinked --target-seed 2 --modes 8 --epochs 4000 --json"]),
    case("random-gaussians", &["fit random-wells --target-kind gaussians --target-seed 3 --recipe paper --epochs 1000 --json"]),
    case(
        "random-landscapes",
        &[
            "fit random-landscape --inputs 2 --target-kind kinked --modes 6 --samples 300 --epochs 3000 --json --model-out m.json",
            "fit random-landscape --inputs 3 --observed derivatives --modes 4 --hidden 6 --samples 200 --epochs 300 --json",
            "sweep random-landscape --inputs 1,2 --observed values,derivatives --target-kind gaussians --modes 4 --hidden 6 --samples 100 \
             --epochs 200 --out t.csv",
        ],
    ),
    case(
        "formulas",
        &[
            "fit --formula a*(x^2-1)^2+0.3*x --set a=1.5 --bounds -2..1.8 --modes 4 --samples 100 --epochs 1000 --json --model-out m.json",
            "fit formula --formula x-x^3,-y --modes 3 --hidden 6 --samples 100 --epochs 300 --json",
            "landscape --threads 2 m.json",
            "fit formula --formula log(x)",
            "fit formula --formula x+ --set b=2 --bounds 0..1",
            "sweep double-well --formula x --out t.csv",
            "sweep double-well --set a=1 --out t.csv",
            "sweep double-well --bounds 0..1 --out t.csv",
        ],
    ),
    case(
        "drawings",
        &[
            "fit --drawing Cm2sH0j8OEOER-JYXcRMdsgChmiYnEXctUPoyAV44QqM887Y --bounds x=0..10,y=0..50 --modes 4 --samples 100 --epochs 1000 --json",
            "fit drawing --modes 3 --hidden 6 --samples 100 --epochs 300 --json --model-out m.json",
            "landscape m.json",
            "fit --drawing AAAA____AA",
            "fit --drawing AAgA__gA",
            "fit double-well --drawing AAAA____",
        ],
    ),
    case(
        "drawn-samples",
        &[
            "fit drawn-samples --epochs 1000 --json --model-out m.json",
            "fit drawn-samples --drawing _____________j4l__aX1HDByHEEV_GE__R__r___________J___k_K__K6__Z7__VufG________f --bounds x=0..100 --kT 2.494 --unit kJ/mol --epochs 1000 --json",
            "landscape m.json",
            "eval --threads 2 m.json --grid 5 --density",
            "fit drawn-samples --drawing AAAA",
            "fit drawn-samples --drawing AAAAAAAAAAA",
            "fit drawn-samples --blocks 4",
        ],
    ),
    case("soft-parabolas-30", &["fit soft-parabolas-30 --modes 5 --epochs 4000 --json --model-out m.json"]),
    case("soft-parabolas-0.1", &["fit soft-parabolas-0.1 --recipe paper --modes 4 --epochs 1000 --json"]),
    case("one-mode", &["fit double-well --modes 1 --hidden 5 --epochs 1000 --json --model-out m.json"]),
    // Several seeds, and going on from a file.
    case(
        "seeds",
        &[
            "fit double-well --modes 4 --hidden 6,6 --epochs 1000 --seeds 0..2,5 --data-seed same --json --model-out m.json --history-out h.csv",
            "fit random-wells --modes 4 --hidden 6 --recipe paper --epochs 300 --seeds 1,2 --target-seed same --json",
        ],
    ),
    case(
        "init",
        &[
            "fit three-well --recipe paper --modes 4 --hidden 6,6 --epochs 500 --json --model-out m.json",
            "fit three-well --recipe paper --init m.json --epochs 300 --json --model-out paper.json",
            "fit three-well --init m.json --epochs 1500 --json --model-out reliable.json --history-out h.csv",
        ],
    ),
    // Derivatives.
    case("mechanochemical-reliable", &["fit mechanochemical --epochs 400 --json --model-out m.json --history-out h.csv"]),
    case(
        "mechanochemical-paper",
        &["fit mechanochemical --recipe paper --epochs 300 --modes 6 --lr 1e-2 --json --model-out m.json --history-out h.csv"],
    ),
    case(
        "mechanochemical-quartic",
        &["fit mechanochemical --skip quartic --epochs 300 --noise 0.02 --samples 500 --json --model-out m.json"],
    ),
    case("gene-weak", &["fit gene-circuit --b 0.1 --epochs 600 --json --model-out m.json --history-out h.csv"]),
    case("gene-strong", &["fit gene-circuit --b 1 --epochs 600 --symmetry exchange --json --model-out m.json"]),
    case(
        "gene-paper",
        &[
            "fit gene-circuit --recipe paper --b 0.5 --schedule cosine --epochs 500 --symmetry exchange --skip quadratic --json --model-out m.json",
        ],
    ),
    case("gene-seeds", &["fit gene-circuit --epochs 200 --seeds 0..2 --data-seed same --json --model-out m.json"]),
    // Tables of values and derivatives.
    case("line", &["fit line.csv --modes 4 --epochs 3000 --json --model-out m.json --history-out h.csv"]),
    case("line-paper", &["fit line.csv --recipe paper --scaling raw --modes 4 --epochs 1000 --json --model-out m.json"]),
    case("many-rows", &["fit many.csv --modes 2 --hidden 10,10 --epochs 700 --json --model-out m.json"]),
    case("many-rows-wide", &["fit many.csv --modes 3 --hidden 8,8 --epochs 600 --seed 2 --json"]),
    case(
        "plane",
        &[
            "fit plane.csv --inputs u,v --target y --modes 4 --hidden 8,8 --epochs 1500 --json --model-out m.json --history-out h.csv",
        ],
    ),
    case(
        "plane-paper",
        &[
            "fit plane.csv --inputs v,u --target y --recipe paper --modes 4 --epochs 800 --symmetry exchange --json --model-out m.json",
        ],
    ),
    case(
        "plane-gradient",
        &["fit plane.csv --inputs u,v --gradient fu,fv --modes 4 --epochs 500 --json --model-out m.json --history-out h.csv"],
    ),
    case(
        "plane-gradient-missing",
        &["fit plane.csv --inputs u,v --gradient fu,- --modes 4 --epochs 400 --json --model-out m.json"],
    ),
    case("plane-gradient-gaps", &["fit gaps.csv --inputs u,v --gradient fu,fv --modes 4 --epochs 400 --json --model-out m.json"]),
    case(
        "plane-both",
        &["fit gaps.csv --inputs u,v --target y --gradient fu,fv --modes 4 --epochs 400 --json --model-out m.json"],
    ),
    case(
        "plane-both-weight",
        &[
            "fit plane.csv --inputs u,v --target y --gradient fu,fv --value-weight 0.1 --recipe paper --modes 4 --epochs 500 --json --model-out m.json",
        ],
    ),
    case("line-gradient", &["fit plane.csv --inputs u --gradient fu --modes 3 --epochs 300 --json"]),
    // Densities.
    case("schlogl", &["fit schlogl --epochs 150 --json --model-out m.json --history-out h.csv"]),
    case(
        "schlogl-rates",
        &["fit schlogl --epochs 80 --c1 2.5e-7 --c2 1.2e-4 --c3 1.1e-3 --c4 3.4 --samples 120 --seed 2 --data-seed 3 --json"],
    ),
    case(
        "schlogl-last",
        &["fit schlogl --epochs 80 --pooling later --start last --decay 3 --json --model-out m.json --history-out h.csv"],
    ),
    case(
        "schlogl-seeds",
        &[
            "fit schlogl --epochs 40 --samples 60 --pooling both --decay 1 --kl 0.01 --seeds 0,1 --data-seed same --json --model-out m.json",
        ],
    ),
    case(
        "density",
        &[
            "fit samples.csv --density --epochs 150 --json --model-out m.json --history-out h.csv",
            "fit samples.csv --density --init m.json --epochs 60 --json",
        ],
    ),
    case(
        "density-drawn",
        &[
            "fit samples.csv --density --independent --support=-9..9 --epochs 60 --json",
            "fit left.csv right.csv --density --inputs angle --umbrella centres.csv --kT 1 --epochs 60 --json",
        ],
    ),
    case("density-columns", &["fit columns.csv --density --modes 3 --hidden 6 --lr 2e-2 --epochs 100 --json --model-out m.json"]),
    case("density-times", &["fit times.csv --density --modes 4 --epochs 100 --json --model-out m.json --history-out h.csv"]),
    case(
        "density-alone",
        &["fit times.csv --density --modes 4 --pooling alone --decay 0.5 --kl 0.1 --epochs 100 --json --model-out m.json"],
    ),
    // Materials with memory.
    case(
        "metamaterial-play",
        &[
            "fit metamaterial --epochs 20 --json --model-out m.json",
            "fit metamaterial --init m.json --epochs 4 --json --model-out again.json",
        ],
    ),
    case("metamaterial-onsager", &["fit metamaterial --dynamics onsager --epochs 8 --json --model-out m.json"]),
    case("metamaterial-node", &["fit metamaterial --dynamics node --epochs 12 --json --model-out m.json"]),
    case("metamaterial-fixed-phase", &["fit metamaterial --fixed-phase --epochs 12 --json --model-out m.json"]),
    case("metamaterial-fixed-onsager", &["fit metamaterial --fixed-phase --dynamics onsager --epochs 4 --json"]),
    case("metamaterial-fixed-node", &["fit metamaterial --fixed-phase --dynamics node --epochs 6 --json"]),
    case(
        "metamaterial-loads",
        &[
            "fit metamaterial --structural yes --amplitude 0.2 --period 25 --samples 40 --batch 8 --hidden 6,6 --lr 2e-3 --seed 4 --data-seed 5 \
             --epochs 6 --json --model-out m.json",
        ],
    ),
    case("metamaterial-seeds", &["fit metamaterial --samples 30 --hidden 6 --epochs 3 --seeds 1,2 --json"]),
    case("runs-play", &["fit runs.csv --run run --time t --inputs e --outputs s --epochs 20 --json --model-out m.json"]),
    case(
        "runs-onsager",
        &[
            "fit runs.csv --run run --time t --inputs e --outputs s --dynamics onsager --epochs 10 --batch 4 --json --model-out m.json",
        ],
    ),
    case(
        "runs-node",
        &[
            "fit runs.csv --run run --time t --inputs e --outputs s --dynamics node --structural no --epochs 10 --json --model-out m.json",
        ],
    ),
    case(
        "runs-two-inputs",
        &["fit tensor.csv --run run --time t --inputs e,f --outputs s,r --epochs 10 --json --model-out m.json"],
    ),
    // What is said of model files.
    case(
        "eval-and-landscape-line",
        &[
            "fit double-well --modes 4 --hidden 6,6 --epochs 800 --json --model-out m.json",
            "eval m.json points.csv",
            "eval m.json points.csv --gradient",
            "landscape m.json --prune --json",
            "landscape m.json --benchmark cosine-well --json",
            "landscape m.json --data line.csv --json",
        ],
    ),
    case(
        "eval-and-landscape-table",
        &[
            "fit line.csv --modes 3 --epochs 800 --json --model-out line.json",
            "landscape line.json --data line.csv --prune --json",
            "fit plane.csv --inputs u,v --target y --modes 3 --hidden 6 --recipe paper --epochs 500 --json --model-out plane.json",
            "eval plane.json corners.csv --gradient",
            "landscape plane.json --data plane.csv --json",
            "fit plane.csv --inputs u,v --gradient fu,fv --modes 3 --hidden 6 --epochs 200 --json --model-out slope.json",
            "eval slope.json corners.csv --gradient",
            "landscape slope.json --data plane.csv --gradient fu,fv --json",
        ],
    ),
    case(
        "eval-and-landscape-forces",
        &[
            "fit gene-circuit --epochs 300 --json --model-out gene.json",
            "landscape gene.json --prune --json",
            "fit mechanochemical --epochs 60 --modes 4 --hidden 8 --json --model-out material.json",
            "landscape material.json --json",
        ],
    ),
    case(
        "eval-and-landscape-others",
        &[
            "fit samples.csv --density --decay 1 --epochs 60 --json --model-out density.json",
            "eval density.json points.csv",
            "landscape density.json --json",
            "fit runs.csv --run run --time t --inputs e --outputs s --epochs 3 --json --model-out runs.json",
            "eval runs.json points.csv",
            "landscape runs.json --json",
        ],
    ),
    case(
        "standard-errors",
        &[
            "fit uncertain.csv --inputs x --target y --sigma err --modes 3 --hidden 6 --epochs 800 --uncertainty 1 --hold-out 0.2 --json --model-out m.json",
            "fit uncertain.csv --inputs x --target y --sigma err --recipe paper --modes 3 --hidden 6 --epochs 400 --json",
            "fit uncertain.csv --inputs x --gradient dydx --sigma err --modes 3 --hidden 6 --epochs 400 --json",
            "fit uncertain.csv --inputs x --target y --gradient dydx --sigma err --modes 3 --hidden 6 --epochs 400 --json",
            "fit uncertain.csv --inputs x --target y --sigma y --json",
            "fit uncertain.csv --inputs x --target y --sigma dydx --json",
            "sweep uncertain.csv --inputs x --target y --sigma err --recipe paper --modes 2 --hidden 4 --epochs 40 --uncertainty 0 --out t.csv",
            "fit double-well --sigma err --json",
        ],
    ),
    case(
        "landscape-under-load",
        &[
            "fit double-well --modes 4 --hidden 6,6 --epochs 800 --json --model-out m.json",
            "landscape m.json --tilt -0.05 --kT 0.05 --json",
            "landscape m.json --tilt 0 --rates",
            "fit muller-brown --modes 5 --hidden 6 --samples 400 --epochs 800 --json --model-out m2.json",
            "landscape m2.json --tilt 10,-5 --kT 5 --friction 2 --json",
            "fit samples.csv --density --decay 1 --epochs 60 --json --model-out density.json",
            "landscape density.json --tilt 0.1 --rates --json",
        ],
    ),
    // Sweeps.
    case(
        "sweep",
        &[
            "sweep double-well,gene-circuit --recipe paper,reliable --modes 2,3 --hidden 4/5,5 --epochs 60 --lr 1e-2 --gate-lr 1e-3 --seed 1 \
             --out t.csv",
            "sweep double-well --modes 2..9 --dry-run --out none.csv",
            "sweep random-wells --recipe paper --modes 3 --hidden 5 --epochs 100 --samples 50 --noise 0,0.02 --target-kind smooth,gaussians \
             --target-seed 1,2 --sampling uniform,grid --scaling raw,standard --schedule constant,cosine --stop-loss 1e-9 --epsilon 1e-5..1e-3x10 \
             --seed 0 --data-seed same --shard 2/3 --out shard.csv",
            "sweep gene-circuit --b 0.1,1 --skip none,quadratic --symmetry none,exchange --epochs 60 --out gene.csv",
        ],
    ),
    case(
        "sweep-tables",
        &[
            "sweep line.csv --modes 2,3 --hidden 5 --epochs 200 --seed 0..1 --out line.csv.out.csv",
            "sweep gaps.csv --inputs u,v --target y --gradient fu,fv --value-weight 0.5,1 --modes 3 --hidden 5 --epochs 60 --out gaps.out.csv",
            "sweep --merge line.csv.out.csv gaps.out.csv --out merged.csv",
        ],
    ),
    // Model files of the first of these recordings (`cli/tests/golden/data`) still open.
    case(
        "old-files",
        &[
            "eval potential.json points.csv --gradient",
            "landscape potential.json --prune --json",
            "fit double-well --init potential.json --epochs 600 --json --model-out potential.out.json",
            "eval gradient.json states.csv --gradient",
            "landscape gradient.json --json",
            "fit gene-circuit --init gradient.json --epochs 60 --json --model-out gradient.out.json",
            "fit gene-circuit --init gradient.json --recipe paper --epochs 60 --json",
            "fit times.csv --density --init density.json --modes 2 --hidden 4 --decay 1 --epochs 20 --json --model-out density.out.json",
            "fit schlogl --init schlogl.json --modes 3 --hidden 4 --samples 50 --decay 1 --pooling alone --epochs 20 --json",
            "fit metamaterial --init material.json --samples 20 --epochs 2 --json --model-out material.out.json",
            "fit metamaterial --init node.json --samples 20 --epochs 2 --json",
            "fit runs.csv --run run --time t --inputs e --outputs s --init spring.json --epochs 2 --json",
        ],
    ),
    case("list", &["list"]),
    // Models of densities and of materials.
    case(
        "eval-others",
        &[
            "landscape density.json --json",
            "landscape schlogl.json",
            "eval schlogl.json corners.csv",
            "eval density.json states.csv --gradient",
            "eval spring.json runs.csv --run run --time t",
        ],
    ),
    case(
        "eval-on-grids",
        &[
            "fit plane.csv --inputs u,v --target y --modes 3 --hidden 6 --recipe paper --epochs 500 --json --model-out plane.json",
            "eval plane.json --grid 4x3 --hessian --responsibilities",
            "eval plane.json --grid 3 --bounds u=-1..1 --gradient --out grid.csv",
            "landscape plane.json --json",
            "eval density.json --grid 7 --density",
        ],
    ),
    case(
        "exports",
        &[
            "fit plane.csv --inputs u,v --target y --modes 2 --hidden 3 --recipe paper --epochs 300 --json --model-out plane.json",
            "export plane.json --to c --hessian --out plane.c",
            "export plane.json --to c --fast --name surface",
            "export plane.json --to rust",
            "export plane.json --to python",
            "export plane.json --to jax",
            "export plane.json --to js",
            "export plane.json --to fortran",
            "export plane.json --to umat --roles u=11,v=field1",
            "export plane.json --to umat --roles u=11,v=22",
            "export plane.json --to umat --roles u=11,v=constant2 --measure lagrange",
            "export spring.json --to vumat --roles e=11",
            "export plane.json --to onnx --float32 --out plane.onnx",
            "export plane.json --to formula",
            "export plane.json --to plumed --grid 4x3 --bounds u=-1..1",
            "export plane.json --to npz --grid 3 --out plane.npz",
            "export density.json --to c --set 1",
            "export spring.json --to c",
        ],
    ),
    case(
        "joint-density",
        &[
            "fit pairs.csv --density --inputs a,b --modes 3 --hidden 6 --epochs 600 --uncertainty 1 --json --model-out joint.json",
            "fit pairs.csv --density --inputs a,b --weights w --modes 3 --hidden 6 --epochs 300 --json --history-out h.csv",
            "fit pairs.csv --density --inputs a,b --bias v --kT 2.5 --unit kJ/mol --blocks 10 --modes 2 --hidden 6 --epochs 300 --json",
            "fit pairs.csv --density --inputs a --weights w --modes 3 --hidden 6 --epochs 300 --json",
            "landscape joint.json --json",
            "eval joint.json --grid 4 --density",
            "fit pairs.csv --density --inputs a,b --init joint.json --epochs 60 --json",
        ],
    ),
    // Forces, and rows that are held out.
    case(
        "held-out",
        &[
            "fit plane.csv --inputs u,v --forces fu,fv --hold-out 0.25 --data-seed 3 --modes 3 --epochs 200 --json --model-out m.json",
            "landscape m.json --data plane.csv --forces fu,fv --json",
            "fit parts.csv --inputs u,v --target y --split part --modes 3 --hidden 5 --epochs 100 --json",
            "sweep parts.csv --inputs u,v --forces fu,fv --split part --recipe paper --modes 2 --hidden 4 --epochs 40 --uncertainty 0 --out t.csv",
        ],
    ),
    // Intervals, of values, derivatives and samples, in tables and as fields.
    case(
        "intervals",
        &[
            "fit double-well --noise 0.03 --modes 4 --uncertainty 1 --json",
            "fit parts.csv --inputs u,v --target y --modes 3 --hidden 5 --uncertainty 20 --json",
            "fit plane.csv --inputs u,v --forces fu,fv --modes 3 --epochs 200 --uncertainty 1 --json",
            "fit samples.csv --density --epochs 150 --uncertainty 1 --json",
        ],
    ),
    // Periodic inputs: stated, or taken from a model file.
    case(
        "periodic",
        &[
            "fit angles.csv --inputs phi,psi --target F --periodic phi:360,psi:-180..180 --modes 3 --hidden 5 --epochs 1500 --json --model-out m.json",
            "eval m.json --grid 3x3 --gradient",
            "landscape m.json --json",
            "fit angles.csv --inputs phi,psi --forces fphi,fpsi --periodic 360 --modes 2 --hidden 4 --epochs 400 --json",
            "fit angles.csv --inputs phi,psi --target F --init m.json --epochs 50 --json",
            "fit --formula cos(x)+0.5*sin(2*x+y) --periodic 2pi --modes 3 --hidden 5 --samples 200 --epochs 300 --json --model-out f.json",
            "fit --formula cos(x)+0.5*sin(2*x+y) --init f.json --epochs 100 --samples 200 --json",
            "fit --formula x^2 --periodic x:4",
            "fit angles.csv --inputs phi --target F --periodic none --recipe paper --modes 2 --hidden 4 --epochs 40 --json",
            "sweep angles.csv --inputs phi,psi --target F --periodic 360 --recipe paper --modes 2 --hidden 4 --epochs 40 --uncertainty 0 --out t.csv",
        ],
    ),
    // Comparisons. What multiplies large matrices takes the kernels of the processor that it finds, so such methods are not recorded.
    case(
        "compare",
        &[
            "compare --threads 2 double-well --modes 3 --hidden 5 --epochs 400 --samples 60 --noise 0.02 --seeds 1,2 --methods lse-icnn,hard-minimum,tanh --json",
            "compare gene-circuit --modes 2 --hidden 4 --epochs 200 --samples 60 --methods softplus,spline --json",
            "compare plane.csv --inputs u,v --target y --hold-out 0.25 --modes 2 --hidden 4 --epochs 200 --methods tanh --json",
            "compare pairs.csv --density --inputs a,b --modes 2 --hidden 6 --epochs 300 --json",
            "compare double-well --density --kT 0.3 --samples 200 --modes 3 --hidden 6 --epochs 300 --methods lse-icnn,mixture --json",
        ],
    ),
];
