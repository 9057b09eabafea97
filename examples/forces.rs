//! Learns a potential of three inputs from its derivatives alone, and evaluates it from several threads.

use multiwell::Dataset;
use multiwell::internal::potentials::sampling::spread;
use multiwell::{Error, Fit};
use ndarray::Array2;

/// The potential `(x^2 - 1)^2 + y^2 + z^2 / 2`: two wells, a barrier of 1 between them.
pub fn main() -> Result<(), Error> {
    let points = spread(&[[-1.6, 1.6], [-1.2, 1.2], [-1.6, 1.6]], 600);
    let slopes: Vec<f64> = points.rows().into_iter().flat_map(|p| [4.0 * p[0] * (p[0] * p[0] - 1.0), 2.0 * p[1], p[2]]).collect();
    let gradient = Array2::from_shape_vec(points.raw_dim(), slopes).expect("three derivatives a point");
    // Measurements are often forces, which are minus the gradient.
    let data = Dataset::gradients(points, gradient)?.named(&["x", "y", "z", "Psi"]);

    let fit = Fit::potential(&data).modes(4).epochs(3000).run()?;
    for well in fit.minima() {
        println!("a well at {:.2?} with a barrier of {:.2}", well.x, well.barrier.unwrap_or(f64::NAN));
    }
    for saddle in fit.landscape().map(|survey| &survey.saddles).into_iter().flatten() {
        println!("a saddle at {:.2?}, curvatures {:.2?}", saddle.x, saddle.curvatures);
    }

    let psi = &fit.model;
    std::thread::scope(|scope| {
        for x in [-1.0, 0.0, 1.0] {
            scope.spawn(move || {
                println!("gradient {:.2?}, Hessian {:.2}", psi.gradient(&[x, 0.0, 0.0]), psi.hessian(&[x, 0.0, 0.0]));
            });
        }
    });
    Ok(())
}
