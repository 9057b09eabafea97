//! Modules for the front ends: the page, the command line, the bindings, the exports. They are unstable and may change with each release.
//!
//! Each module uses only the modules above it:
//!
//! | module | contents |
//! |---|---|
//! | [`graph`](crate::graph), [`grad`](crate::grad), [`plan`](crate::plan), [`kernels`](crate::kernels) | the engine: record once, differentiate the graph, compile, replay without allocation |
//! | [`text`] | words and numbers as text |
//! | [`numerics`] | extrema, barriers, statistics, splines |
//! | [`data`], [`potentials`] | tables, samples and trajectories; benchmark potentials |
//! | [`model`] | the LSE-ICNN as a graph, its parameters, its model file |
//! | [`loss`] | objectives: values, gradients, likelihoods, errors through time |
//! | [`train`] | Adam, Levenberg-Marquardt, quasi-Newton, schedules, history, snapshots |
//! | [`landscape`], [`dynamics`] | minima, saddles, barriers, classes of modes; motion on a landscape |
//! | [`recipe`] | staged training |
//! | [`plot`] | figures over any plotters backend |
//! | [`problem`] | potentials, densities and materials: settings, fits, metrics, views |
//! | [`fit`] | the front door |
//! | [`controller`] | links, messages, ensembles, analysis for a front end |

macro_rules! expose {
    ($($module:ident)*) => {$(
        #[doc = concat!("Module `", stringify!($module), "`.")]
        pub mod $module {
            pub use crate::$module::*;
        }
    )*};
}

expose! { controller data dynamics fit landscape loss model numerics plot potentials problem recipe text train }
