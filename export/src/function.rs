//! The functions that exported code consists of: graphs with named arguments and results.

use itertools::Itertools;
use multiwell_engine::graph::{Graph, NodeId};
use multiwell_engine::plan::{Plan, PlanOptions};

/// A function: a recorded graph of one sample, with its arguments and results.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// Its arguments, one for each input of the graph.
    pub arguments: Vec<Argument>,
    /// Its results. If the first is a number, it is the return value of the function.
    pub results: Vec<FunctionOutput>,
    /// Graph of the function.
    pub graph: Graph,
    /// Parameters of the graph, in the order of their declaration.
    pub params: Vec<f64>,
    /// Names of the parameters, as in a model file; empty if they have none.
    pub names: Vec<String>,
    /// Settings of the graph, in the order of their declaration.
    pub settings: Vec<Vec<f64>>,
}

/// An argument of a function.
#[derive(Clone, Debug)]
pub struct Argument {
    /// Its name.
    pub name: &'static str,
    /// Its number of entries.
    pub len: usize,
    /// Range of interest of each entry.
    pub ranges: Vec<[f64; 2]>,
    /// Middle and length of the period of each entry, or `None`; empty if no entry is periodic. A periodic entry may have any value. It is shifted to
    /// within half a period of the middle before the graph is evaluated.
    pub periods: Vec<Option<[f64; 2]>>,
}

impl Argument {
    /// Returns true if some of its entries are periodic.
    pub fn is_periodic(&self) -> bool {
        self.periods.iter().any(Option::is_some)
    }

    /// Name of the argument after the shift into its periods.
    pub fn within(&self) -> String {
        format!("{}_within", self.name)
    }

    /// The argument after the shift into its periods, which the graph reads.
    fn wrapped(&self, values: &[f64]) -> Vec<f64> {
        let within = |(k, &x): (usize, &f64)| match self.periods.get(k % self.len) {
            Some(Some([middle, period])) => x - period * ((x - middle) / period).round(),
            _ => x,
        };
        values.iter().enumerate().map(within).collect()
    }
}

/// A result of a function.
#[derive(Clone, Debug)]
pub struct FunctionOutput {
    /// Its name.
    pub name: &'static str,
    /// Its extents; empty for a number.
    pub shape: Vec<usize>,
    /// The nodes that hold it, one after the other.
    pub nodes: Vec<NodeId>,
}

impl FunctionOutput {
    /// A number.
    pub fn number(name: &'static str, node: NodeId) -> Self {
        Self { name, shape: Vec::new(), nodes: vec![node] }
    }

    /// A vector or a matrix.
    pub fn from_nodes(name: &'static str, shape: &[usize], nodes: Vec<NodeId>) -> Self {
        Self { name, shape: shape.to_vec(), nodes }
    }

    /// Number of its entries.
    pub fn numbers(&self) -> usize {
        self.shape.iter().product()
    }

    /// Returns true if it is a number, not an array.
    pub fn is_number(&self) -> bool {
        self.shape.is_empty()
    }
}

impl Function {
    /// Description of the arguments and results.
    pub fn described(&self) -> String {
        let named = |result: &FunctionOutput| {
            let extents = result.shape.iter().map(ToString::to_string).join(", ");
            if result.is_number() { format!("`{}`", result.name) } else { format!("`{}` [{extents}]", result.name) }
        };
        let arguments: Vec<String> =
            self.arguments.iter().map(|argument| format!("`{}` [{}]", argument.name, argument.len)).collect();
        let written: Vec<String> = self.written().iter().map(named).collect();
        let written = if written.is_empty() { String::new() } else { format!("writes {}", written.join(" and ")) };
        match self.returned() {
            Some(result) if written.is_empty() => format!("Returns the {} at {}.", result.name, arguments.join(", ")),
            Some(result) => format!("Returns the {} at {}, and {written}.", result.name, arguments.join(", ")),
            None => format!("From {}: {written}.", arguments.join(", ")),
        }
    }

    /// The nodes of all results, in order.
    pub fn nodes(&self) -> Vec<NodeId> {
        self.results.iter().flat_map(|result| result.nodes.iter().copied()).collect()
    }

    /// The result that the function returns, if it is a number.
    pub fn returned(&self) -> Option<&FunctionOutput> {
        self.results.first().filter(|result| result.is_number())
    }

    /// The results that are written to arrays.
    pub fn written(&self) -> &[FunctionOutput] {
        &self.results[usize::from(self.returned().is_some())..]
    }

    /// A plan of some nodes in double precision, after one run at zero.
    pub fn plan_of(&self, nodes: &[NodeId]) -> Plan<f64> {
        let mut plan = Plan::compile(&self.graph, nodes, PlanOptions::default());
        plan.set_params(&self.params);
        self.settings.iter().enumerate().for_each(|(k, setting)| plan.set_setting(k, setting));
        let batch = plan.batch(1);
        plan.run(&batch);
        plan
    }

    /// Evaluates the function with the engine in double precision at many points. Each argument contains its numbers, one point after the other, and
    /// the results have the same form.
    ///
    /// # Panics
    /// If the arguments differ from those of the function.
    pub fn evaluate(&self, arguments: &[Vec<f64>]) -> Vec<Vec<f64>> {
        assert_eq!(arguments.len(), self.arguments.len(), "arguments of {}", self.name);
        let points = arguments[0].len() / self.arguments[0].len;
        let mut plan = self.plan_of(&self.nodes());
        let mut batch = plan.batch(points);
        for (k, (values, argument)) in arguments.iter().zip(&self.arguments).enumerate() {
            batch.set(k, &argument.wrapped(values));
        }
        plan.run(&batch);
        let mut next = 0;
        let result = |result: &FunctionOutput| {
            let parts: Vec<&[f64]> = (next..next + result.nodes.len()).map(|k| plan.output(k)).collect();
            next += parts.len();
            let part = result.numbers() / parts.len();
            // Values that are the same for all points are passed once.
            let at = |values: &[f64], point: usize| if values.len() == part { 0 } else { point * part };
            (0..points)
                .flat_map(|point| parts.iter().flat_map(move |values| values[at(values, point)..][..part].iter().copied()))
                .collect()
        };
        self.results.iter().map(result).collect()
    }
}
