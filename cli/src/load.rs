//! Report of `multiwell landscape` about a potential under a force, and about the rates between its wells.

use clap::Args;
use itertools::Itertools;
use multiwell::Density;
use multiwell::internal::data::units;
use multiwell::internal::dynamics::{Coexistence, Span, Tilts};
use multiwell::internal::landscape::rates::{LARGEST_CORRECTION, MIN_RATE_BARRIER};
use multiwell::internal::landscape::{Rate, Survey, rates};
use multiwell::internal::model::Potential;
use multiwell::internal::model::potential::Outputs;
use serde::Serialize;

use super::Failure;
use super::landscape::{optional_number, place, rows};
use super::table::{columns, number};

/// Assumptions behind a rate.
const RATE_ASSUMPTIONS: &str = "overdamped motion with the same friction in every direction, a barrier of many kT, and a well and a saddle that are parabolas within kT; a way over \
the edge of the domain has no rate";

/// Quantity of a fitted density: its potential in units of kT.
pub const DENSITY_QUANTITY: &str = "-log q";

/// A force, a temperature and a friction.
#[derive(Debug, Default, Args)]
pub struct LoadArguments {
    /// Force F on the potential, Psi(x) - F x: one number per input, in units of Psi per unit of the input. For one input, also prints the forces at which
    /// wells are equally deep or disappear.
    #[arg(long, value_name = "F1,F2,...", value_delimiter = ',', allow_hyphen_values = true)]
    pub tilt: Vec<f64>,

    /// Print the rates between wells that a saddle joins, by the formulas of Kramers and Langer; without --kT only their prefactors.
    #[arg(long)]
    pub rates: bool,

    /// Thermal energy of the rates, in units of Psi: 2.494 for kJ/mol at 300 K.
    #[arg(long = "kT", value_name = "KT")]
    pub kt: Option<f64>,

    /// Friction of the rates (force per velocity), in units of Psi times time per squared unit of the inputs [default: 1; rates are then in units of 1/friction].
    #[arg(long, value_name = "GAMMA", requires = "kt")]
    pub friction: Option<f64>,
}

impl LoadArguments {
    /// Refuses a load that does not fit the inputs of a potential.
    pub fn check(&self, inputs: &[String]) -> Result<(), Failure> {
        let is_force = self.tilt.iter().all(|force| force.is_finite());
        if !self.tilt.is_empty() && (self.tilt.len() != inputs.len() || !is_force) {
            let names = inputs.join(", ");
            return Err(Failure::bad_input(format!(
                "--tilt needs one finite number for each input ({names}), separated by commas"
            )));
        }
        for (name, value) in [("--kT", self.kt), ("--friction", self.friction)] {
            if value.is_some_and(|value| !(value > 0.0 && value.is_finite())) {
                return Err(Failure::bad_input(format!("{name} must be a finite number above 0")));
            }
        }
        Ok(())
    }

    /// Load on a density, whose potential is in units of kT.
    pub fn of_density(&self) -> Result<Self, Failure> {
        if self.kt.is_some() || self.friction.is_some() {
            return Err(Failure::bad_input(
                "--kT and --friction have no effect on the model of a density, whose potential is in kT; ask for --rates, which are then in units of the diffusion constant",
            ));
        }
        self.check(&["x".into()])?;
        Ok(Self { tilt: self.tilt.clone(), rates: self.rates, kt: self.rates.then_some(1.0), friction: None })
    }

    /// A density under the force, with its survey and the requested results.
    pub fn of_density_under(&self, density: &Density) -> (Density, Survey, LoadResults) {
        let tilted = self.tilt.first().map_or_else(|| density.clone(), |&force| density.clone().tilted(force));
        let is_asked = self.has_rates() || !self.tilt.is_empty();
        let survey = if is_asked { tilted.survey() } else { Survey::default() };
        // Without a force, the fit has determined which minima are wells. Under a force, the threshold is a barrier of one kT.
        let load = self.report_load(density.potential(), &[density.domain()], &survey, &|_, _| 1.0);
        (tilted, survey, load)
    }

    fn has_rates(&self) -> bool {
        self.rates || self.kt.is_some()
    }

    /// Computes the results for the load. `untilted` is the potential without the force, and `survey` is that under the force. The barriers of
    /// coexisting wells exceed a threshold that depends on the positions of minimum and maximum.
    pub fn report_load(
        &self,
        untilted: &Potential,
        bounds: &[[f64; 2]],
        survey: &Survey,
        threshold: &dyn Fn(f64, f64) -> f64,
    ) -> LoadResults {
        let fit = untilted.clone().tilted(&self.tilt);
        let rates = self.has_rates().then(|| rates(&fit, survey, self.kt, self.friction));
        let [domain] = *bounds else {
            return LoadResults { tilt: self.tilt.clone(), spans: None, coexistences: None, rates };
        };
        let curve = &mut |xs: &[f64]| {
            let values = untilted.values(xs, Outputs { gradient: true, hessian: true, ..Outputs::default() });
            [values.psi, values.gradient, values.hessian]
        };
        let mut tilts = Tilts::new(domain, curve);
        let is_asked = !self.tilt.is_empty();
        let spans = is_asked.then(|| survey.minima.iter().map(|minimum| tilts.span(minimum.x[0])).collect());
        let coexistences = is_asked.then(|| tilts.coexistences_above(threshold));
        LoadResults { tilt: self.tilt.clone(), spans, coexistences, rates }
    }

    /// Table of the rates, with their assumptions and doubts.
    fn described(&self, rates: &[Rate], survey: &Survey, [target, inputs]: [&str; 2], head: &str) -> String {
        if rates.is_empty() {
            return "\nrates\n  there are no two wells that a saddle inside the domain joins\n".into();
        }
        let mut text = String::from(if inputs.contains(',') { "\nrates (Langer)\n" } else { "\nrates (Kramers)\n" });
        let at = |k: usize| place(&survey.minima[k].x);
        let row = |rate: &Rate| {
            let [prefactor, per_time, correction] = [rate.prefactor, rate.rate, rate.correction].map(optional_number);
            vec![at(rate.from), at(rate.to), place(&rate.over), number(rate.rise), prefactor, per_time, correction]
        };
        let head = [&format!("from {head}"), "to", "over", "rise", "prefactor", "rate", "correction"].map(String::from);
        let shown = if self.kt.is_some() { head.len() } else { 5 };
        let lines = std::iter::once(head.to_vec()).chain(rates.iter().map(row)).map(|line| line[..shown].to_vec());
        text += &columns(&lines.collect::<Vec<_>>(), "  ", &[]);
        text += &format!("  {}\n", self.units(target, inputs));
        text += &format!("  assumed: {RATE_ASSUMPTIONS}\n");
        if rates.iter().any(|rate| rate.prefactor.is_none()) {
            text += "  -: the way is highest at a kink, where there is no curvature and so no rate\n";
        }
        self.doubts(rates).into_iter().fold(text, |text, doubt| text + "  warning: " + &doubt + "\n")
    }

    /// Units of prefactors and rates.
    fn units(&self, target: &str, inputs: &str) -> String {
        let unit = |name: &str| units::split(name).1.map(ToString::to_string);
        let all: Vec<Option<String>> = inputs.split(", ").map(unit).collect();
        let per_square = match (unit(target), all.iter().all_equal_value()) {
            (Some(of), Ok(Some(by))) => format!("{of}/({by})^2"),
            _ => "Psi per square of the inputs' unit".into(),
        };
        match (self.kt, self.friction) {
            _ if target == DENSITY_QUANTITY => {
                format!("prefactor and rate: times the diffusion constant, per square of the unit of {inputs}")
            }
            (None, _) => format!("prefactor: times 1/friction, in {per_square}; a rate is prefactor exp(-rise/kT) / friction"),
            (Some(kt), None) => format!("kT {}; prefactor and rate: times 1/friction, in {per_square}", number(kt)),
            (Some(kt), Some(friction)) => {
                format!(
                    "kT {}, friction {}; prefactor in {per_square}, rate per unit of the time in the friction",
                    number(kt),
                    number(friction)
                )
            }
        }
    }

    /// Reasons to doubt the rates.
    fn doubts(&self, rates: &[Rate]) -> Vec<String> {
        let Some(kt) = self.kt else { return Vec::new() };
        let mut doubts = Vec::new();
        let low = rates.iter().filter(|rate| rate.rise < MIN_RATE_BARRIER * kt).count();
        if low > 0 {
            doubts.push(format!(
                "{low} of {} barriers are below {MIN_RATE_BARRIER} kT, where there is no rate to speak of",
                rates.len()
            ));
        }
        let is_off = |correction: f64| !(1.0 / LARGEST_CORRECTION..=LARGEST_CORRECTION).contains(&correction);
        let off = rates.iter().filter(|rate| rate.correction.is_some_and(is_off)).count();
        if off > 0 {
            doubts.push(format!(
                "in {off} of {} rates well or saddle are no parabolas within kT; multiply by the correction, which is the quadrature of exp(-Psi/kT) in their principal directions",
                rates.len()
            ));
        }
        doubts
    }
}

/// Additions of a force and of rates to a survey.
#[derive(Debug, Serialize)]
pub struct LoadResults {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tilt: Vec<f64>,
    /// Forces at which each minimum of a curve exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    spans: Option<Vec<Option<Span>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coexistences: Option<Vec<Coexistence>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rates: Option<Vec<Rate>>,
}

impl LoadResults {
    /// Text that follows that of the survey. `names` are those of the target and of the inputs in the training data.
    pub fn described(&self, arguments: &LoadArguments, survey: &Survey, names: [&str; 2], head: &str) -> String {
        let mut text = String::new();
        if let Some(spans) = &self.spans {
            text += "\nforces at which a minimum exists\n";
            let end = |tilt: f64, at_edge: bool| number(tilt) + if at_edge { " (leaves)" } else { "" };
            let row = |(minimum, span): (_, &Option<Span>)| {
                let minimum: &multiwell::internal::landscape::Minimum = minimum;
                let span = span.clone()?;
                let [from, to] = [0, 1].map(|k| end(span.tilts[k], span.at_edge[k]));
                Some([place(&minimum.x), from, to])
            };
            text += &rows([head, "from", "to"], survey.minima.iter().zip(spans).filter_map(row));
            text += "  leaves: over the edge of the domain; otherwise it meets a maximum and disappears\n";
        }
        match &self.coexistences {
            Some(found) if found.is_empty() => {
                text += "\nno two neighbouring wells are equally deep at any force at which both exist, by barriers that the errors of the fit do not explain\n";
            }
            Some(found) => {
                text += "\nforces at which two neighbouring wells are equally deep\n";
                let row = |c: &Coexistence| {
                    let lowest = if c.is_lowest { "" } else { "another is deeper" };
                    [number(c.tilt), number(c.wells[0]), number(c.wells[1]), number(c.top), number(c.barrier), lowest.into()]
                };
                text += &rows(["force", "wells at", "and", "top", "barrier", ""], found.iter().map(row));
                let is_low = |c: &&Coexistence| arguments.kt.is_some_and(|kt| c.barrier < kt);
                if let (Some(kt), count @ 1..) = (arguments.kt, found.iter().filter(is_low).count()) {
                    text += &format!(
                        "  warning: {count} of {} barriers are below kT {}: these wells are not distinct under thermal motion\n",
                        found.len(),
                        number(kt)
                    );
                }
            }
            None => {}
        }
        match &self.rates {
            Some(rates) => text + &arguments.described(rates, survey, names, head),
            None => text,
        }
    }
}
