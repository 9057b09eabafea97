//! ONNX: the graph of a function, with derivatives as outputs.
//!
//! Operations are those of the default operator set 17. Softplus and the sigmoid are composed of other operations, because runtimes differ in their
//! accuracy.

mod proto;

use multiwell_engine::graph::{Axis, Binary, NodeId, Op, Unary};
use prost::Message;

use super::comments;
use super::function::{Argument, Function, FunctionOutput};
use super::nodes::{self, NodeStep, Uses};
use super::sheet::NamedModel;
use proto::{
    AttributeProto, Dimension, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto, TensorType,
    TypeProto, ValueInfoProto,
};

/// Version of the default operator set.
const OPSET_VERSION: i64 = 17;
/// Version of the file format that belongs to the operator set.
const IR_VERSION: i64 = 8;
/// The types of numbers.
const FLOAT_TYPE: i32 = 1;
const INT64_TYPE: i32 = 7;
const DOUBLE_TYPE: i32 = 11;

/// Writes the function with the most results as a file, in single precision if `is_single`.
pub fn write(sheet: &NamedModel, is_single: bool) -> Vec<u8> {
    let function = sheet.whole();
    let mut writer = OnnxWriter {
        function,
        number: if is_single { FLOAT_TYPE } else { DOUBLE_TYPE },
        graph: GraphProto { name: sheet.name.clone(), ..GraphProto::default() },
        fresh: 0,
    };
    for argument in &function.arguments {
        writer.argument(argument);
    }
    for step in nodes::steps(function) {
        match step {
            NodeStep::Known { node, shape, values } => writer.add_constant(node, shape, &values),
            NodeStep::Computed(node) => writer.computed(node),
        }
    }
    for result in &function.results {
        writer.result(result);
    }
    let model = ModelProto {
        ir_version: IR_VERSION,
        producer_name: "multiwell".into(),
        producer_version: env!("CARGO_PKG_VERSION").into(),
        doc_string: comments::plain(&sheet.header()),
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: OPSET_VERSION }],
        graph: Some(writer.graph),
    };
    model.encode_to_vec()
}

struct OnnxWriter<'a> {
    function: &'a Function,
    /// Type of its numbers.
    number: i32,
    graph: GraphProto,
    /// Number of generated names.
    fresh: usize,
}

fn name(node: NodeId) -> String {
    format!("v{}", node.index())
}

impl OnnxWriter<'_> {
    /// Returns a new name that is not in use.
    fn fresh_name(&mut self) -> String {
        self.fresh += 1;
        format!("t{}", self.fresh)
    }

    /// Adds an operation whose result is called `to`.
    fn add_node(&mut self, op: &str, inputs: &[&str], attributes: Vec<AttributeProto>, to: &str) {
        let input = inputs.iter().map(ToString::to_string).collect();
        self.graph.node.push(NodeProto { input, output: vec![to.into()], op_type: op.into(), attribute: attributes });
    }

    /// Adds an operation, and returns the name of its result.
    fn add(&mut self, op: &str, inputs: &[&str]) -> String {
        let to = self.fresh_name();
        self.add_node(op, inputs, Vec::new(), &to);
        to
    }

    fn tensor(&mut self, called: &str, dims: &[usize], data_type: i32, raw_data: Vec<u8>) {
        let dims = dims.iter().map(|&extent| whole(extent)).collect();
        self.graph.initializer.push(TensorProto { dims, data_type, name: called.into(), raw_data });
    }

    fn numbers(&mut self, called: &str, dims: &[usize], values: &[f64]) {
        let bytes = |value: &f64| {
            if self.number == FLOAT_TYPE { (*value as f32).to_le_bytes().to_vec() } else { value.to_le_bytes().to_vec() }
        };
        let bytes = values.iter().flat_map(bytes).collect();
        self.tensor(called, dims, self.number, bytes);
    }

    /// Adds a single number and returns its name.
    fn constant(&mut self, value: f64) -> String {
        let called = self.fresh_name();
        self.numbers(&called, &[], &[value]);
        called
    }

    /// Adds integers, such as extents and axes, and returns their name.
    fn integers(&mut self, values: &[i64]) -> String {
        let called = self.fresh_name();
        self.tensor(&called, &[values.len()], INT64_TYPE, values.iter().flat_map(|value| value.to_le_bytes()).collect());
        called
    }

    fn info(&self, called: &str, extents: &[usize]) -> ValueInfoProto {
        let samples = Dimension { dim_value: None, dim_param: Some("samples".into()) };
        let extents = extents.iter().map(|&extent| Dimension { dim_value: Some(whole(extent)), dim_param: None });
        let shape = Some(TensorShapeProto { dim: std::iter::once(samples).chain(extents).collect() });
        let tensor_type = Some(TensorType { elem_type: self.number, shape });
        ValueInfoProto { name: called.into(), kind: Some(TypeProto { tensor_type }), doc_string: String::new() }
    }

    /// Adds an argument `[samples, numbers]`, reshaped to `[samples, 1, numbers]`.
    fn argument(&mut self, argument: &Argument) {
        let mut x = argument.name.to_string();
        self.graph.input.push(self.info(&x, &[argument.len]));
        if argument.is_periodic() {
            let part = |pick: &dyn Fn([f64; 2]) -> f64, other: f64| -> Vec<f64> {
                (0..argument.len).map(|k| argument.periods[k].map_or(other, pick)).collect()
            };
            let [middle, period, turn] = [part(&|p| p[0], 0.0), part(&|p| p[1], 1.0), part(&|p| p[1], 0.0)].map(|values| {
                let called = self.fresh_name();
                self.numbers(&called, &[argument.len], &values);
                called
            });
            let centred = self.add("Sub", &[&x, &middle]);
            let turns = self.add("Div", &[&centred, &period]);
            let turns = self.add("Round", &[&turns]);
            let whole = self.add("Mul", &[&turns, &turn]);
            x = self.add("Sub", &[&x, &whole]);
        }
        let axes = self.integers(&[1]);
        self.add_node("Unsqueeze", &[&x, &axes], Vec::new(), &argument.within());
    }

    /// Adds a value that does not depend on the arguments. As a matrix it has a separate name.
    fn add_constant(&mut self, node: NodeId, [modes, rows, cols]: [usize; 3], values: &[f64]) {
        let uses = Uses::count(self.function, node);
        if uses.vector && cols == 1 {
            self.numbers(&name(node), &[modes, rows], values);
        }
        if uses.matrix {
            self.numbers(&format!("{}_matrix", name(node)), &[modes, rows, cols], values);
        }
        if uses.transposed {
            let transposed: Vec<f64> = (0..values.len())
                .map(|k| values[k / (rows * cols) * rows * cols + k % rows * cols + k % (rows * cols) / rows])
                .collect();
            self.numbers(&format!("{}_transposed", name(node)), &[modes, cols, rows], &transposed);
        }
    }

    fn computed(&mut self, node: NodeId) {
        let graph = &self.function.graph;
        let (shape, to) = (graph.shape(node), name(node));
        let axis_of = |axis: Axis| if axis == Axis::Modes { 1_i64 } else { 2 };
        match graph.op(node) {
            Op::Input(k) => {
                let x = self.function.arguments[k as usize].within();
                self.add_node("Identity", &[&x], Vec::new(), &to);
            }
            Op::Unary(f, x) => self.unary(f, &name(x), &to),
            Op::Binary(f, a, b) => {
                let op = match f {
                    Binary::Add => "Add",
                    Binary::Sub => "Sub",
                    Binary::Mul => "Mul",
                    Binary::Div => "Div",
                    Binary::Min => "Min",
                    Binary::Max => "Max",
                };
                self.add_node(op, &[&name(a), &name(b)], Vec::new(), &to);
            }
            Op::Powi(x, n) => {
                let n = self.constant(f64::from(n));
                self.add_node("Pow", &[&name(x), &n], Vec::new(), &to);
            }
            Op::Powf(x, power) => {
                let power = self.constant(power.value());
                self.add_node("Pow", &[&name(x), &power], Vec::new(), &to);
            }
            Op::Select(a, b, c) => {
                let zero = self.constant(0.0);
                let holds = self.add("Greater", &[&name(a), &zero]);
                self.add_node("Where", &[&holds, &name(b), &name(c)], Vec::new(), &to);
            }
            Op::Broadcast(x, _) => {
                let extents = self.integers(&[1, whole(shape.modes), whole(shape.rows)]);
                self.add_node("Expand", &[&name(x), &extents], Vec::new(), &to);
            }
            Op::Sum(axis, x) => {
                let axes = self.integers(&[axis_of(axis)]);
                self.add_node("ReduceSum", &[&name(x), &axes], vec![integer("keepdims", 1)], &to);
            }
            Op::Max(axis, x) => {
                let axes = AttributeProto { name: "axes".into(), i: 0, ints: vec![axis_of(axis)], kind: 7 };
                self.add_node("ReduceMax", &[&name(x)], vec![axes, integer("keepdims", 1)], &to);
            }
            Op::Slice { x, axis, start, len } => {
                let [start, end, axes] =
                    [i64::from(start), i64::from(start + len), axis_of(axis)].map(|value| self.integers(&[value]));
                self.add_node("Slice", &[&name(x), &start, &end, &axes], Vec::new(), &to);
            }
            Op::Pad { x, axis, start, len } => {
                let own = graph.shape(x).extent(axis).unwrap_or(1);
                let mut pads = [0; 6];
                pads[axis_of(axis) as usize] = i64::from(start);
                pads[axis_of(axis) as usize + 3] = i64::from(len) - i64::from(start) - whole(own);
                let pads = self.integers(&pads);
                self.add_node("Pad", &[&name(x), &pads], Vec::new(), &to);
            }
            Op::MatVec(w, h) => self.product(&format!("{}_matrix", name(w)), h, &to),
            Op::MatVecT(w, g) => self.product(&format!("{}_transposed", name(w)), g, &to),
            op => unreachable!("{op:?} does not depend on the sample"),
        }
    }

    /// Adds a product of a matrix `[modes, rows, cols]` and vectors `[samples, modes, cols]`.
    fn product(&mut self, w: &str, h: NodeId, to: &str) {
        let axes = self.integers(&[3]);
        let column = self.add("Unsqueeze", &[&name(h), &axes]);
        let product = self.add("MatMul", &[w, &column]);
        self.add_node("Squeeze", &[&product, &axes], Vec::new(), to);
    }

    fn unary(&mut self, f: Unary, x: &str, to: &str) {
        let op = match f {
            Unary::Softplus => return self.softplus(x, to),
            Unary::LogSigmoid => {
                let minus = self.add("Neg", &[x]);
                let softplus = self.fresh_name();
                self.softplus(&minus, &softplus);
                return self.add_node("Neg", &[&softplus], Vec::new(), to);
            }
            Unary::Sigmoid => return self.sigmoid(x, to),
            Unary::Step => {
                let [zero, one] = [0.0, 1.0].map(|value| self.constant(value));
                let holds = self.add("Greater", &[x, &zero]);
                return self.add_node("Where", &[&holds, &one, &zero], Vec::new(), to);
            }
            Unary::Neg => "Neg",
            Unary::Exp => "Exp",
            Unary::Log => "Log",
            Unary::Tanh => "Tanh",
            Unary::Abs => "Abs",
            Unary::Sign => "Sign",
            Unary::Sqrt => "Sqrt",
            Unary::Sin => "Sin",
            Unary::Cos => "Cos",
            Unary::Atan => "Atan",
            Unary::Relu => "Relu",
            Unary::StopGradient => "Identity",
        };
        self.add_node(op, &[x], Vec::new(), to);
    }

    /// `e^-|x|`
    fn small(&mut self, x: &str) -> String {
        let size = self.add("Abs", &[x]);
        let minus = self.add("Neg", &[&size]);
        self.add("Exp", &[&minus])
    }

    fn softplus(&mut self, x: &str, to: &str) {
        let (e, one) = (self.small(x), self.constant(1.0));
        let sum = self.add("Add", &[&e, &one]);
        let (log, above) = (self.add("Log", &[&sum]), self.add("Relu", &[x]));
        self.add_node("Add", &[&above, &log], Vec::new(), to);
    }

    fn sigmoid(&mut self, x: &str, to: &str) {
        let e = self.small(x);
        let [zero, one] = [0.0, 1.0].map(|value| self.constant(value));
        let holds = self.add("Greater", &[x, &zero]);
        let top = self.add("Where", &[&holds, &one, &e]);
        let sum = self.add("Add", &[&e, &one]);
        self.add_node("Div", &[&top, &sum], Vec::new(), to);
    }

    /// Adds a result `[samples]` or `[samples, extents]`.
    fn result(&mut self, result: &FunctionOutput) {
        let parts: Vec<String> = result.nodes.iter().map(|&node| self.every_sample(node)).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let joined = if let [one] = parts[..] {
            one.to_string()
        } else {
            let to = self.fresh_name();
            self.add_node("Concat", &parts, vec![integer("axis", 1)], &to);
            to
        };
        let extents: Vec<i64> = std::iter::once(-1).chain(result.shape.iter().map(|&extent| whole(extent))).collect();
        let extents = self.integers(&extents);
        self.add_node("Reshape", &[&joined, &extents], Vec::new(), result.name);
        self.graph.output.push(self.info(result.name, &result.shape));
    }

    /// Adds a value as `[samples, 1, numbers]`, even if it is the same for all samples.
    fn every_sample(&mut self, node: NodeId) -> String {
        let shape = self.function.graph.shape(node);
        if shape.batched {
            return name(node);
        }
        let x = self.function.arguments[0].within();
        let (zero, axes) = (self.constant(0.0), self.integers(&[2]));
        let to = self.fresh_name();
        self.add_node("ReduceSum", &[&x, &axes], vec![integer("keepdims", 1)], &to);
        let zeros = self.add("Mul", &[&to, &zero]);
        self.add("Add", &[&zeros, &name(node)])
    }
}

fn integer(name: &str, i: i64) -> AttributeProto {
    AttributeProto { name: name.into(), i, ints: Vec::new(), kind: 2 }
}

/// An extent in ONNX's integer type.
fn whole(extent: usize) -> i64 {
    i64::try_from(extent).expect("extents are small")
}
