//! The storage of a plan, and its optional outputs.

use multiwell_engine::grad::grad;
use multiwell_engine::graph::{Axis, Graph, NodeId};
use multiwell_engine::plan::{Plan, PlanOptions, Reduction};

/// A soft minimum over modes of networks of two layers, with its gradient and the parameter gradient of the squared gradient. Several segments use
/// many of the values.
fn recorded() -> (Graph, Vec<NodeId>) {
    let mut g = Graph::new();
    let x = g.input(1, 3);
    let mut h = x;
    for (rows, cols) in [(7, 3), (5, 7), (1, 5)] {
        let (w, b) = (g.param(4, rows, cols), g.param(4, rows, 1));
        let product = g.matvec(w, h);
        let sum = g.add(product, b);
        h = g.softplus(sum);
    }
    let minus = g.neg(h);
    let soft = g.log_sum_exp(Axis::Modes, minus);
    let slope = grad(&mut g, soft, &[x])[0].expect("depends on x");
    let square = g.mul(slope, slope);
    let loss = g.sum_all(square);
    let leaves = g.params().to_vec();
    let slopes = grad(&mut g, loss, &leaves);
    let outputs = [loss, slope].into_iter().chain(slopes.into_iter().flatten()).collect();
    (g, outputs)
}

#[test]
fn storage_of_plan_is_reproducible() {
    let (graph, outputs) = recorded();
    let storage = || Plan::<f32>::compile(&graph, &outputs, PlanOptions::default()).storage();
    let first = storage();
    // Every hash map has a different seed, and therefore a different order.
    assert!((0..30).all(|_| storage() == first));
}

/// Checks `x w` with a second, unused parameter: the derivative with respect to the second parameter is absent.
#[test]
fn absent_derivative_is_none_and_zero_in_gradient() {
    let mut g = Graph::new();
    let x = g.input(1, 2);
    let (w, _unused, v) = (g.param(1, 1, 2), g.param(1, 3, 1), g.param(1, 1, 1));
    let product = g.matvec(w, x);
    let y = g.mul(v, product);
    let loss = g.sum_all(y);
    let leaves = g.params().to_vec();
    let outputs: Vec<Option<NodeId>> = [Some(loss)].into_iter().chain(grad(&mut g, loss, &leaves)).collect();
    assert!(outputs[2].is_none());
    let params = [1.0, 2.0, 7.0, 7.0, 7.0, 3.0];
    let run = |reduction: Reduction| {
        let mut plan = Plan::<f64>::compile_present(&g, &outputs, PlanOptions { reduction, ..PlanOptions::default() });
        let mut batch = plan.batch(2);
        batch.set(0, &[1.0, 10.0, 100.0, 1000.0]);
        plan.set_params(&params);
        plan.run(&batch);
        plan
    };
    let plan = run(Reduction::Summed);
    assert_eq!(plan.output(0), [3.0 * (21.0 + 2100.0)]);
    assert!(plan.try_output(2).is_none());
    let mut gradient = [f64::NAN; 6];
    plan.copy_gradient(1, &mut gradient);
    assert_eq!(gradient, [303.0, 3030.0, 0.0, 0.0, 0.0, 2121.0]);
    // One row of a Jacobian for each sample.
    let plan = run(Reduction::PerSample);
    let columns: Vec<_> = plan.outputs_by_param(1).collect();
    assert_eq!(columns, [(0..2, Some(&[3.0, 30.0, 300.0, 3000.0][..])), (2..5, None), (5..6, Some(&[21.0, 2100.0][..]))]);
}

/// One instruction computes single rows of the soft minimum for all modes, even if each sample has a separate sum. The bits are the same as mode by
/// mode.
#[test]
fn single_rows_of_all_modes_use_one_instruction() {
    let mut g = Graph::new();
    let (x, w) = (g.input(1, 3), g.param(4, 5, 3));
    let (a, v) = (g.param(4, 1, 1), g.param(4, 1, 5));
    let h = g.matvec(w, x);
    let h = g.softplus(h);
    let height = g.matvec(v, h);
    let minus = g.neg(height);
    let minus = g.add(minus, a);
    let soft = g.log_sum_exp(Axis::Modes, minus);
    let loss = g.sum_all(soft);
    let slopes = grad(&mut g, loss, &[w, v, a]);
    let outputs: Vec<NodeId> = [loss].into_iter().chain(slopes.into_iter().flatten()).collect();
    let numbers = |len: usize| (0..len).map(|k| (k as f32 * 0.7).sin()).collect::<Vec<f32>>();
    let run = |fuse: bool, reduction: Reduction| {
        let mut plan = Plan::<f32>::compile(&g, &outputs, PlanOptions { fuse, reduction, ..PlanOptions::default() });
        plan.set_params(&numbers(g.params().iter().map(|&p| g.shape(p).len()).sum()));
        let mut batch = plan.batch(100);
        batch.set(0, &numbers(300));
        plan.run(&batch);
        let calls: usize = plan.program().passes.iter().flatten().map(|code| code.modes * code.instrs.len()).sum();
        let bits = (0..outputs.len()).map(|k| plan.output(k).iter().map(|x| x.to_bits()).collect::<Vec<_>>()).collect::<Vec<_>>();
        (calls, bits)
    };
    for reduction in [Reduction::Summed, Reduction::PerSample] {
        let [(merged, bits), (alone, expected)] = [true, false].map(|fuse| run(fuse, reduction));
        assert!(merged < alone * 2 / 3, "{merged} calls of {alone}");
        assert_eq!(bits, expected, "{reduction:?}");
    }
}

/// Every mode of `exp(x)` times the second mode. The second mode is computed last. It is sliced and repeated in the segment of the first one.
#[test]
fn sliced_mode_is_computed_before_it_is_read() {
    let mut g = Graph::new();
    let x = g.input(2, 1);
    let e = g.exp(x);
    let second = g.slice(e, Axis::Modes, 1, 1);
    let product = g.mul(e, second);
    for fuse in [false, true] {
        let mut plan = Plan::<f64>::compile(&g, &[product], PlanOptions { fuse, ..PlanOptions::default() });
        let mut batch = plan.batch(2);
        batch.set(0, &[0.0, 1.0, 2.0, -1.0]);
        plan.run(&batch);
        let expected = [1.0_f64, 2.0, 1.0, -2.0].map(f64::exp);
        assert!(plan.output(0).iter().zip(expected).all(|(y, e)| (y - e).abs() < 1e-12), "{:?}", plan.output(0));
    }
}

mod reading {
    use multiwell_engine::plan::program::{Instr, TileTarget};
    use multiwell_engine::plan::reading::{PlanReading, ValueLocation};

    use super::*;

    fn target(instr: &Instr) -> Option<TileTarget> {
        match *instr {
            Instr::Load { dst, .. }
            | Instr::Entries { dst, .. }
            | Instr::SoftplusSigmoid { h: dst, .. }
            | Instr::ReduceRows { dst, .. }
            | Instr::ReduceModes { dst, .. }
            | Instr::MatVec { dst, .. } => Some(dst),
            _ => None,
        }
    }

    #[test]
    fn reading_of_plan_matches_its_program() {
        let (graph, outputs) = recorded();
        let plan = Plan::<f32>::compile(&graph, &outputs, PlanOptions::default());
        let reading = PlanReading::new(&graph, &outputs, PlanOptions::default());
        let instrs: Vec<&Instr> = plan.program().passes.iter().flatten().flat_map(|code| &code.instrs).collect();
        assert_eq!(instrs.len(), reading.steps().len());
        let mut written = 0;
        for (instr, step) in instrs.into_iter().zip(reading.steps()) {
            let Some(dst) = target(instr) else { continue };
            let ValueLocation::Tile { target, live_steps, .. } = reading.place(step.writes[0]) else {
                panic!("{instr:?} is nowhere")
            };
            // One instruction may compute all modes, as rows.
            let modes = graph.shape(step.writes[0]).modes;
            let is_flat = step.modes == 1 && modes > 1;
            let expected =
                if is_flat { (target.base, 0, target.rows * modes) } else { (target.base, target.stride, target.rows) };
            assert_eq!((dst.base, dst.stride, dst.rows), expected, "{instr:?}");
            assert!(live_steps[0] <= live_steps[1]);
            written += 1;
        }
        assert!(written > 20, "{written} instructions");
        for node in graph.nodes() {
            match reading.place(node) {
                ValueLocation::View(of) => assert!(of < node),
                ValueLocation::Merged(into) => {
                    assert!(into > node && !matches!(reading.place(into), ValueLocation::Merged(_) | ValueLocation::Absent));
                }
                ValueLocation::Uniform(at) => assert!(at + graph.shape(node).len() <= plan.uniform().len()),
                ValueLocation::Tile { .. } | ValueLocation::Absent => {}
            }
        }
    }

    #[test]
    fn repeated_step_does_not_change_later_runs() {
        let (graph, outputs) = recorded();
        let mut plan = Plan::<f64>::compile(&graph, &outputs, PlanOptions::default());
        let numbers = |len: usize| (0..len).map(|k| (k as f64 * 0.7).sin()).collect::<Vec<f64>>();
        plan.set_params(&numbers(graph.params().iter().map(|&p| graph.shape(p).len()).sum()));
        let all = |plan: &Plan<f64>| (0..outputs.len()).map(|k| plan.output(k).to_vec()).collect::<Vec<_>>();
        // Batches of less than one tile, and of several tiles of maximum width.
        for samples in [50, 5_000] {
            let mut batch = plan.batch(samples);
            batch.set(0, &numbers(3 * samples));
            plan.run(&batch);
            let before = all(&plan);
            for step in PlanReading::new(&graph, &outputs, PlanOptions::default()).steps() {
                plan.repeat(&batch, step, 3);
            }
            plan.run(&batch);
            assert_eq!(all(&plan), before);
        }
    }
}

/// Sums and maxima over the samples, values of each sample and Jacobians have the same bits for any number of threads. The batches have few or many
/// tiles.
#[cfg(feature = "threads")]
#[test]
fn results_have_same_bits_for_any_number_of_threads() {
    use multiwell_engine::plan::threads;
    let (mut graph, outputs) = recorded();
    let slope = outputs[1];
    let spread = graph.max_over(Axis::Samples, slope);
    let square = graph.mul(slope, slope);
    let mean = graph.sum(Axis::Samples, square);
    let apart = graph.sub(square, mean);
    let square = graph.mul(apart, apart);
    let second = graph.sum_all(square);
    let all: Vec<NodeId> = outputs.iter().copied().chain([spread, second]).collect();
    let params: Vec<f32> = (0..4 * (21 + 7 + 35 + 5 + 5 + 1)).map(|k| (k as f32 * 0.7).sin()).collect();
    let run = |outputs: &[NodeId], reduction: Reduction, samples: usize| {
        let mut plan = Plan::<f32>::compile(&graph, outputs, PlanOptions { reduction, width: Some(8), ..PlanOptions::default() });
        let mut batch = plan.batch(samples);
        batch.set(0, &(0..3 * samples).map(|k| (k as f32 * 0.37).cos()).collect::<Vec<_>>());
        plan.set_params(&params);
        // Two runs, so that the second one uses the buffers that are kept between runs.
        (0..2).for_each(|_| plan.run(&batch));
        (0..outputs.len()).flat_map(|k| plan.output(k).iter().map(|x| x.to_bits()).collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    for (outputs, reduction, samples) in
        [(&all, Reduction::Summed, &[1, 257, 4096, 4097, 9000][..]), (&outputs, Reduction::PerSample, &[60, 257, 700])]
    {
        for &samples in samples {
            let one = threads::single_threaded(|| run(outputs, reduction, samples));
            for count in [1, 2, 3, 8] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build().unwrap();
                assert!(
                    pool.install(|| run(outputs, reduction, samples)) == one,
                    "{count} threads, {samples} samples, {reduction:?}"
                );
            }
        }
    }
}

/// The derivative of a maximum over the samples finds the samples that attain it. It compares the maximum with values that a later pass computes
/// again. In that pass, the product behind the values has no other user. A kernel that merged the product with an addition would round otherwise, and
/// no sample would attain the maximum.
#[test]
fn later_pass_recomputes_value_with_same_bits() {
    let mut g = Graph::new();
    let x = g.input(1, 3);
    let (w, b) = (g.param(1, 4, 3), g.param(1, 4, 1));
    let product = g.matvec(w, x);
    let value = g.add(product, b);
    let largest = g.max_over(Axis::Samples, value);
    let other = g.softplus(product);
    let (a, b) = (g.sum_all(largest), g.sum_all(other));
    let sum = g.add(a, b);
    let leaves = g.params().to_vec();
    let outputs: Vec<NodeId> = [sum].into_iter().chain(grad(&mut g, sum, &leaves).into_iter().flatten()).collect();
    let params: Vec<f32> = (0..16_i16).map(|k| (f32::from(k) * 1.7).sin()).collect();
    let samples: Vec<f32> = (0..300_i16).map(|k| (f32::from(k) * 0.9).cos()).collect();
    let mut plan = Plan::<f32>::compile(&g, &outputs, PlanOptions::default());
    plan.set_params(&params);
    let mut batch = plan.batch(100);
    batch.set(0, &samples);
    plan.run(&batch);
    // Each entry of the second parameter changes one maximum by the same amount.
    assert_eq!(plan.output(2), [1.0; 4]);
}

#[test]
fn part_of_batch_equals_batch_of_its_samples() {
    let mut g = Graph::new();
    let (x, y) = (g.input(1, 3), g.input(2, 2));
    let (a, b) = (g.sum(Axis::Rows, x), g.sum(Axis::Modes, y));
    let b = g.sum(Axis::Rows, b);
    let sum = g.mul(a, b);
    // Narrow tiles, so that a range of samples spans several tiles at other positions than in the whole batch.
    let options = PlanOptions { width: Some(3), ..PlanOptions::default() };
    let mut plan = Plan::<f32>::compile(&g, &[sum], options);
    let numbers = |len: usize| (0..len).map(|k| ((k * k) as f32 * 0.37).sin()).collect::<Vec<f32>>();
    let (of_x, of_y) = (numbers(117 * 3), numbers(117 * 4));
    let mut whole = plan.batch(117);
    whole.set(0, &of_x);
    whole.set_with(1, &|sample, row| of_y[sample * 4 + row]);
    for (first, end) in [(0, 8), (16, 56), (40, 117), (0, 117), (112, 117)] {
        let mut alone = plan.batch(end - first);
        alone.set(0, &of_x[first * 3..end * 3]);
        alone.set(1, &of_y[first * 4..end * 4]);
        let mut part = plan.batch(end - first);
        part.cut_out(&whole, first);
        plan.run(&alone);
        let expected = plan.output(0).to_vec();
        plan.run(&part);
        assert_eq!(plan.output(0), expected);
    }
}
