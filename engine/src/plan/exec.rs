//! Runs a plan: alternately its stages and its passes, and within a pass tile by tile.

use std::marker::PhantomData;

use super::parts::BatchPass;
#[cfg(feature = "threads")]
use super::program::PlanOutput;
use super::stage::{copy_out, run_stage};
#[cfg(feature = "threads")]
use super::threads::SharedPass;
use super::tile::TilePosition;
use super::tile::TileRun;
use super::{Batch, KernelSet, Plan, Reduction, Scalar};
#[cfg(feature = "naive")]
use crate::kernels::naive::Naive;
use crate::kernels::{Kernels, simd::Simd};

/// Runs the whole program.
pub fn run<T: Scalar>(plan: &mut Plan<T>, batch: &Batch<T>) {
    match plan.kernels {
        KernelSet::Simd => replay::<T, Simd>(plan, batch),
        #[cfg(feature = "naive")]
        KernelSet::Naive => replay::<T, Naive>(plan, batch),
    }
}

fn replay<T: Scalar, K: Kernels<T::Lane>>(plan: &mut Plan<T>, batch: &Batch<T>) {
    let program = &plan.program;
    let per_sample = plan.reduction == Reduction::PerSample;
    for (output, place) in plan.outputs.iter_mut().zip(&program.outputs) {
        let copies = if place.batched || per_sample { batch.samples() } else { 1 };
        output.resize(copies * place.len, T::zero());
    }
    #[cfg(feature = "threads")]
    let extents = [plan.tile.len(), plan.sums.len(), plan.scratch.len()];
    let mut run = TileRun {
        uniform: &mut plan.uniform,
        tile: &mut plan.tile,
        sums: &mut plan.sums,
        scratch: &mut plan.scratch,
        sinks: &program.sinks,
        width: plan.width,
        kernels: PhantomData::<K>,
    };
    for (number, codes) in program.passes.iter().enumerate() {
        run_stage(&program.stages[number], run.uniform);
        let sinks = &program.sinks[program.pass_sinks[number].clone()];
        let after = per_sample.then(|| &program.stages[number + 1][..]);
        let pass = BatchPass { program, codes, sinks, after, batch };
        #[cfg(feature = "threads")]
        if pass.halves(&(0..batch.tiles())).is_some() && super::threads::may_share() {
            let whole =
                |(output, place): (_, &PlanOutput)| if place.batched || per_sample { Vec::as_mut_slice(output) } else { &mut [] };
            let outputs = plan.outputs.iter_mut().zip(&program.outputs).map(whole).collect();
            SharedPass { pass, uniform: run.uniform, extents, workspaces: &plan.workspaces }.all::<K>(outputs, run.sums);
        } else {
            pass.run_serially(&mut run, 0..batch.tiles(), &mut plan.outputs, &mut plan.spare);
        }
        #[cfg(not(feature = "threads"))]
        pass.run_serially(&mut run, 0..batch.tiles(), &mut plan.outputs, &mut plan.spare);
        if !per_sample {
            for sink in sinks {
                run.finish(sink);
            }
        }
    }
    if !per_sample || program.passes.is_empty() {
        run_stage(&program.stages[program.passes.len()], run.uniform);
        for (output, place) in plan.outputs.iter_mut().zip(&program.outputs) {
            if let Some(source) = place.source {
                output.chunks_exact_mut(place.len).for_each(|row| copy_out(run.uniform, source, place.shape, row));
            }
        }
    }
}

/// Runs the instructions before a given one on the first tile, and then that instruction alone, `times` times.
pub fn repeat<T: Scalar>(plan: &mut Plan<T>, batch: &Batch<T>, at: [usize; 3], times: usize) {
    match plan.kernels {
        KernelSet::Simd => repeat_with::<T, Simd>(plan, batch, at, times),
        #[cfg(feature = "naive")]
        KernelSet::Naive => repeat_with::<T, Naive>(plan, batch, at, times),
    }
}

fn repeat_with<T: Scalar, K: Kernels<T::Lane>>(plan: &mut Plan<T>, batch: &Batch<T>, at: [usize; 3], times: usize) {
    use super::program::Code;
    let [pass, segment, instr] = at;
    let codes = &plan.program.passes[pass];
    let code = &codes[segment];
    let before = Code { modes: code.modes, instrs: code.instrs[..instr].to_vec() };
    let alone = Code { modes: code.modes, instrs: vec![code.instrs[instr]] };
    let per_sample = plan.reduction == Reduction::PerSample;
    let position = TilePosition { batch, tile: 0, first: 0, valid: batch.samples().min(batch.tile_samples()), is_first: true };
    let mut run = TileRun {
        uniform: &mut plan.uniform,
        tile: &mut plan.tile,
        sums: &mut plan.sums,
        scratch: &mut plan.scratch,
        sinks: &plan.program.sinks,
        width: batch.tile_width(0),
        kernels: PhantomData::<K>,
    };
    for code in codes[..segment].iter().chain([&before]) {
        run.segment(code, &position, &mut plan.outputs, per_sample);
    }
    for _ in 0..times {
        run.segment(&alone, &position, &mut plan.outputs, per_sample);
    }
}
