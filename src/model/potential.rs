//! A fitted LSE-ICNN in the units of the data, `Psi(x) = scale_y psi((x - shift_x) / scale_x) + shift_y`. By the chain rule,
//! `dPsi/dx = (scale_y / scale_x) dpsi/dx`.

use ndarray::{Array1, Array2};

use super::lse::{CLOSED_HEIGHT, log_gate};
use super::model_file::{ModelFile, ModelFileError, Normalization};
use super::params::{ParamKind, Params};
use super::pool::ValuePool;
use super::{Architecture, Convexity, LseIcnn, Symmetry, features};
use crate::graph::Graph;
use crate::plan::Scalar;
use crate::plan::{Batch, Plan, PlanOptions};

/// The outputs of an evaluation besides Psi.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outputs {
    /// The gradient with respect to the inputs.
    pub gradient: bool,
    /// The curve and the responsibility of each mode.
    pub modes: bool,
    /// The Hessian with respect to the inputs.
    pub hessian: bool,
}

/// Values at a batch of points, in the units of the data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PointValues {
    /// Psi, `[points]`.
    pub psi: Vec<f64>,
    /// Gradient `[points, inputs]`, if requested.
    pub gradient: Vec<f64>,
    /// The curve of each mode, `f_i - log s(a_i) / rho`, `[points, modes]`, if requested.
    pub curves: Vec<f64>,
    /// Responsibilities, `[points, modes]`, if requested.
    pub responsibilities: Vec<f64>,
    /// Hessian `[points, inputs, inputs]`, if requested.
    pub hessian: Vec<f64>,
}

/// Compiled evaluation of one architecture. The parameters are passed to each call.
#[derive(Debug)]
pub struct Evaluator<T: Scalar> {
    plan: Plan<T>,
    parts: Outputs,
    inputs: usize,
    periodic: Vec<bool>,
    scaling: Normalization,
    /// Force, one component for each input, or empty. The evaluation returns `Psi(x) - force x`.
    tilt: Vec<f64>,
    rho: usize,
    batch: Batch<T>,
}

impl<T: Scalar> Evaluator<T> {
    /// Compiles the outputs for an architecture and a scaling.
    pub fn new(arch: &Architecture, scaling: Normalization, parts: Outputs) -> Self {
        let mut graph = Graph::new();
        let model = LseIcnn::record(&mut graph, arch);
        let mut outputs = vec![model.psi];
        if parts.gradient {
            outputs.push(model.gradient(&mut graph));
        }
        if parts.modes {
            outputs.push(model.exponents);
            outputs.push(model.responsibilities(&mut graph));
        }
        if parts.hessian {
            outputs.extend(model.hessian(&mut graph));
        }
        let plan = Plan::compile(&graph, &outputs, PlanOptions::default());
        let batch = plan.batch(0);
        let rho = model.params.get("rho").expect("an LSE-ICNN has a rho").offset;
        let periodic = arch.periodic.clone();
        Self { plan, parts, inputs: arch.inputs, periodic, scaling, tilt: Vec::new(), rho, batch }
    }

    /// Values at points `[points, inputs]` in the units of the data, for parameters in the units of the network.
    ///
    /// # Panics
    /// If the number of parameters or inputs does not match the architecture.
    pub fn evaluate(&mut self, params: &[T], x: &[f64]) -> PointValues {
        let points = x.len() / self.inputs;
        assert!(points * self.inputs == x.len(), "{} coordinates for points of {} inputs", x.len(), self.inputs);
        if points == 0 {
            return PointValues::default();
        }
        if self.batch.samples() != points {
            self.batch = self.plan.batch(points);
        }
        let Normalization { input_shift, input_scale, output_shift, output_scale } = &self.scaling;
        self.batch.set_with(0, &|point, input| {
            let x = (x[point * self.inputs + input] - input_shift[input]) / input_scale[input];
            let is_periodic = self.periodic.get(input).is_some_and(|&is_periodic| is_periodic);
            T::narrow(if is_periodic { features::wrapped_angle(x) } else { x })
        });
        self.plan.set_params(params);
        self.plan.run(&self.batch);
        let value = |psi: f64| psi * output_scale + output_shift;
        let numbers = |k: usize| self.plan.output(k).iter().map(|x| x.widen());
        let mut values = PointValues { psi: numbers(0).map(value).collect(), ..PointValues::default() };
        let mut next = 1;
        if self.parts.gradient {
            let slope = |(k, g): (usize, f64)| g * output_scale / input_scale[k % self.inputs];
            values.gradient = numbers(next).enumerate().map(slope).collect();
            next += 1;
        }
        if self.parts.modes {
            let rho = params[self.rho].widen();
            values.curves = numbers(next).map(|e| value(-e / rho)).collect();
            values.responsibilities = numbers(next + 1).collect();
            next += 2;
        }
        if self.parts.hessian {
            let d = self.inputs;
            values.hessian = vec![0.0; points * d * d];
            for row in 0..d {
                for (k, slope) in numbers(next + row).enumerate() {
                    let (point, column) = (k / d, k % d);
                    values.hessian[(point * d + row) * d + column] =
                        slope * output_scale / (input_scale[row] * input_scale[column]);
                }
            }
        }
        if !self.tilt.is_empty() {
            self.lower(x, &mut values);
        }
        values
    }

    /// Subtracts the work of the force from the potential and from each of its modes.
    fn lower(&self, x: &[f64], values: &mut PointValues) {
        let modes = values.curves.len() / values.psi.len();
        for (k, x) in x.chunks(self.inputs).enumerate() {
            let work: f64 = x.iter().zip(&self.tilt).map(|(x, force)| x * force).sum();
            values.psi[k] -= work;
            values.curves[k * modes..(k + 1) * modes].iter_mut().for_each(|curve| *curve -= work);
        }
        for (k, slope) in values.gradient.iter_mut().enumerate() {
            *slope -= self.tilt[k % self.inputs];
        }
    }
}

/// A fitted potential, which can be evaluated in `f64` from several threads at once.
///
/// ```
/// use multiwell::internal::model::model_file::Normalization;
/// use multiwell::internal::model::{Architecture, Potential};
/// // One mode without hidden units would be a line; its parameters are V1, b1, V2, W2, b2, a, rho.
/// let arch = Architecture::new(1, 1, &[1]);
/// let psi = Potential::new(&arch, &Normalization::identity(1), vec![1.0, 0.0, 0.5, 2.0, -1.0, 40.0, 1.0]);
/// let softplus = |x: f64| x.exp().ln_1p();
/// assert!((psi.value(&[0.3]) - (0.5 * 0.3 + 2.0 * softplus(0.3) - 1.0)).abs() < 1e-12);
/// ```
#[derive(Debug)]
pub struct Potential {
    arch: Architecture,
    scaling: Normalization,
    tilt: Vec<f64>,
    layout: Params,
    params: Vec<f64>,
    /// Modes that are evaluated: those that are not closed, or all if all are.
    open: Vec<usize>,
    /// Parameters of these modes.
    open_params: Vec<f64>,
    evaluators: ValuePool<Evaluator<f64>>,
}

impl Clone for Potential {
    fn clone(&self) -> Self {
        Self::new(&self.arch, &self.scaling, self.params.clone()).tilted(&self.tilt)
    }
}

impl Potential {
    /// A potential with parameters in the units of the network, in the order of the flat vector.
    pub fn new(arch: &Architecture, scaling: &Normalization, params: Vec<f64>) -> Self {
        let (layout, evaluators) = (declared(arch), ValuePool::default());
        let (open, open_params) = (Vec::new(), Vec::new());
        let scaling = scaling.clone();
        let mut potential = Self { arch: arch.clone(), scaling, tilt: Vec::new(), layout, params, open, open_params, evaluators };
        potential.find_open_modes();
        potential
    }

    /// Determines the open modes from the parameters.
    fn find_open_modes(&mut self) {
        let mut open = super::lse::open_modes(&self.layout, &self.params);
        if open.is_empty() {
            open = (0..self.arch.modes).collect();
        }
        if open != self.open {
            self.evaluators.clear();
        }
        self.open_params = self.layout.of_modes(&self.params, &open);
        self.open = open;
    }

    /// The potential under a force, `Psi(x) - force x`, with one component for each input. It replaces a previous force. An empty force restores the
    /// learnt potential.
    ///
    /// # Panics
    /// If the number of inputs differs.
    #[must_use]
    pub fn tilted(mut self, force: &[f64]) -> Self {
        assert!(force.is_empty() || force.len() == self.inputs(), "a force of {} inputs", force.len());
        self.tilt = force.to_vec();
        self.evaluators.clear();
        self
    }

    /// Evaluator of the open modes in any precision. Calls need the parameters of the open modes.
    fn evaluator<T: Scalar>(&self, parts: Outputs) -> Evaluator<T> {
        let arch = Architecture { modes: self.open.len(), ..self.arch.clone() };
        Evaluator { tilt: self.tilt.clone(), ..Evaluator::new(&arch, self.scaling.clone(), parts) }
    }

    /// Returns the potential of a model file.
    ///
    /// # Errors
    /// If the file is not valid, see [`ModelFile::check`].
    pub fn from_file(file: &ModelFile) -> Result<Self, ModelFileError> {
        file.check()?;
        Ok(Self::new(&file.architecture(), &file.scaling, file.flat_params()?))
    }

    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.arch.inputs
    }

    /// The size and structure of its network.
    pub fn architecture(&self) -> &Architecture {
        &self.arch
    }

    /// Number of modes.
    pub fn modes(&self) -> usize {
        self.arch.modes
    }

    /// Adds a constant.
    pub fn lift(&mut self, by: f64) {
        self.scaling.output_shift += by;
        self.evaluators.clear();
    }

    /// The scaling of inputs and output.
    pub fn scaling(&self) -> &Normalization {
        &self.scaling
    }

    /// The parameters in the units of the network, in the order of the flat vector.
    pub fn params(&self) -> &[f64] {
        &self.params
    }

    /// Replaces the parameters by others of the same architecture. Nothing is compiled again unless other modes are closed.
    ///
    /// # Panics
    /// If the number of parameters differs.
    pub fn set_params(&mut self, params: Vec<f64>) {
        assert_eq!(params.len(), self.params.len(), "parameters of another architecture");
        self.params = params;
        self.find_open_modes();
    }

    /// The sharpness in the units of the data.
    pub fn rho(&self) -> f64 {
        self.param("rho")[0] / self.scaling.output_scale
    }

    /// The gates `s(a_i)`.
    pub fn gates(&self) -> Vec<f64> {
        self.param("a").into_iter().map(super::lse::gate).collect()
    }

    /// Smallest weight of one mode on a hidden value; infinite if there are none.
    pub fn smallest_weight(&self, mode: usize) -> f64 {
        let weights = self.layout.iter().filter(|p| p.kind == ParamKind::NonNegative).flat_map(|p| &self.params[p.of_mode(mode)]);
        let absolute = self.arch.convexity == Convexity::Absolute;
        weights.fold(f64::INFINITY, |least, &w| least.min(if absolute { w.abs() } else { w }))
    }

    /// One mode as a potential, `f_i - log(s_i / N) / rho`. The shift makes it equal to the full potential where only this mode is responsible.
    pub fn single_mode(&self, mode: usize) -> Self {
        let arch = Architecture { modes: 1, offered: 1, ..self.arch.clone() };
        let mut scaling = self.scaling.clone();
        scaling.output_shift += (self.arch.offered as f64).ln() / self.rho();
        Self::new(&arch, &scaling, self.params_of(mode)).tilted(&self.tilt)
    }

    /// The potential as a function of its features (see [`super::features`]), in which each mode is convex. A symmetry is omitted.
    pub fn over_features(&self) -> Self {
        let arch =
            Architecture { inputs: self.arch.features(), periodic: Vec::new(), symmetry: Symmetry::None, ..self.arch.clone() };
        let Normalization { input_shift, input_scale, .. } = &self.scaling;
        let parts = (0..self.inputs())
            .flat_map(|k| if self.arch.is_periodic(k) { vec![(0.0, 1.0); 2] } else { vec![(input_shift[k], input_scale[k])] });
        let (input_shift, input_scale) = parts.unzip();
        Self::new(&arch, &Normalization { input_shift, input_scale, ..self.scaling.clone() }, self.params.clone())
    }

    /// Features of points `x` `[points, inputs]`, the inputs of [`Potential::over_features`].
    pub fn features(&self, x: &[f64]) -> Vec<f64> {
        let angle = |(k, x): (usize, &f64)| {
            let input = k % self.inputs();
            if self.arch.is_periodic(input) {
                (x - self.scaling.input_shift[input]) / self.scaling.input_scale[input]
            } else {
                *x
            }
        };
        features::of_points(&self.arch.periodic, &x.iter().enumerate().map(angle).collect::<Vec<_>>()).into_owned()
    }

    /// Returns true if cosine and sine of some inputs are features of the modes.
    pub fn has_angles(&self) -> bool {
        !self.arch.periodic.is_empty()
    }

    /// Periodicity in each input; empty if it is periodic in none. Under a force, it is not periodic
    /// in the inputs on which the force acts.
    pub fn periodic(&self) -> Vec<bool> {
        let is_pulled = |k: usize| self.tilt.get(k).is_some_and(|&force| force != 0.0);
        self.arch.periodic.iter().enumerate().map(|(k, &is_periodic)| is_periodic && !is_pulled(k)).collect()
    }

    /// Evaluator in single precision, which is much faster, and the parameters for its calls. Closed modes are left out.
    pub fn quick(&self, parts: Outputs) -> (Evaluator<f32>, Vec<f32>) {
        let params = self.open_params.iter().map(|&p| p as f32).collect();
        (self.evaluator(parts), params)
    }

    /// The parameters of [`Potential::single_mode`].
    pub fn params_of(&self, mode: usize) -> Vec<f64> {
        self.layout.of_modes(&self.params, &[mode])
    }

    /// Closes modes permanently, see [`super::lse::close`].
    pub fn close(&mut self, modes: &[usize]) {
        for &mode in modes {
            super::lse::close(&self.layout, &mut self.params, mode);
        }
        self.find_open_modes();
    }

    fn param(&self, name: &str) -> Vec<f64> {
        self.layout.get(name).map_or_else(Vec::new, |p| self.params[p.range()].to_vec())
    }

    /// Psi and the requested outputs at points `[points, inputs]`.
    ///
    /// # Panics
    /// If the number of coordinates is not a multiple of the number of inputs.
    pub fn values(&self, x: &[f64], parts: Outputs) -> PointValues {
        let open = |evaluator: &mut Evaluator<f64>| evaluator.evaluate(&self.open_params, x);
        let values = self.evaluators.with(|e| e.parts == parts, || self.evaluator(parts), open);
        if parts.modes && self.open.len() < self.arch.modes { self.with_closed_modes(values, x) } else { values }
    }

    /// Adds the curves and responsibilities of closed modes, which are constants.
    fn with_closed_modes(&self, values: PointValues, x: &[f64]) -> PointValues {
        let (modes, open) = (self.arch.modes, self.open.len());
        let height =
            (CLOSED_HEIGHT - log_gate(0.0) / self.param("rho")[0]) * self.scaling.output_scale + self.scaling.output_shift;
        let mut all = PointValues { responsibilities: vec![0.0; modes * values.psi.len()], curves: Vec::new(), ..values };
        for (k, x) in x.chunks(self.inputs()).enumerate() {
            let work: f64 = x.iter().zip(&self.tilt).map(|(x, force)| x * force).sum();
            all.curves.resize((k + 1) * modes, height - work);
            for (of_open, mode) in (k * open..).zip(&self.open) {
                all.curves[k * modes + mode] = values.curves[of_open];
                all.responsibilities[k * modes + mode] = values.responsibilities[of_open];
            }
        }
        all
    }

    /// Psi at one point.
    ///
    /// # Panics
    /// If the number of inputs differs.
    pub fn value(&self, x: &[f64]) -> f64 {
        self.at(x, Outputs::default()).psi[0]
    }

    /// The gradient `[inputs]` at one point.
    ///
    /// # Panics
    /// If the number of inputs differs.
    pub fn gradient(&self, x: &[f64]) -> Vec<f64> {
        self.at(x, Outputs { gradient: true, ..Outputs::default() }).gradient
    }

    /// The Hessian `[inputs, inputs]` at one point.
    ///
    /// # Panics
    /// If the number of inputs differs.
    pub fn hessian(&self, x: &[f64]) -> Array2<f64> {
        let hessian = self.at(x, Outputs { hessian: true, ..Outputs::default() }).hessian;
        Array2::from_shape_vec((x.len(), x.len()), hessian).expect("a square")
    }

    /// The responsibility of each mode at one point, `[modes]`. They sum to 1.
    ///
    /// # Panics
    /// If the number of inputs differs.
    pub fn responsibilities(&self, x: &[f64]) -> Vec<f64> {
        self.at(x, Outputs { modes: true, ..Outputs::default() }).responsibilities
    }

    fn at(&self, x: &[f64], parts: Outputs) -> PointValues {
        assert!(x.len() == self.inputs(), "a point of {} inputs for a potential of {}", x.len(), self.inputs());
        self.values(x, parts)
    }

    /// Values `[points]` and gradients `[points, inputs]` (`[points, 0]` if not requested) at points `[points, inputs]`.
    ///
    /// # Panics
    /// If the number of inputs differs.
    pub fn evaluate(&self, x: &Array2<f64>, gradient: bool) -> (Array1<f64>, Array2<f64>) {
        assert!(x.ncols() == self.inputs(), "points of {} inputs for a potential of {}", x.ncols(), self.inputs());
        let flat: Vec<f64> = x.iter().copied().collect();
        let values = self.values(&flat, Outputs { gradient, ..Outputs::default() });
        let columns = if gradient { self.inputs() } else { 0 };
        let slopes = Array2::from_shape_vec((x.nrows(), columns), values.gradient).expect("one gradient a point");
        (Array1::from_vec(values.psi), slopes)
    }
}

/// The declared parameters of an architecture.
pub fn declared(arch: &Architecture) -> Params {
    LseIcnn::record(&mut Graph::new(), arch).params
}
