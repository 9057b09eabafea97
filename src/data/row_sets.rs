//! Order of the rows of a dataset, and rows that are held out.

use ndarray::ArrayView1;

use super::correlation::{RowOrder, RowSeries};
use super::grid::GroupedValues;
use super::invalid::InvalidData;
use super::{Dataset, correlation};
use crate::numerics::statistics::{order, sort_by};
use crate::text::whole;

impl Dataset {
    /// Rows in the order in which the samples were drawn: the order of their times, if these imply another order than that of the rows.
    pub fn sequence(&self) -> Vec<usize> {
        if self.clock.is_empty() { (0..self.samples()).collect() } else { order(&self.clock) }
    }

    /// Determines the dependence of the samples of a density from their order, and adds a note on it.
    #[must_use]
    pub fn ordered(mut self) -> Self {
        let sequence = self.sequence();
        let shares = self.shares();
        let order_of = |rows: &[usize]| {
            let of = |(k, column): (usize, ArrayView1<f64>)| RowSeries {
                values: rows.iter().map(|&row| column[row]).collect(),
                period: self.period_length(k),
            };
            let all: Vec<RowSeries> = self.x.columns().into_iter().enumerate().map(of).collect();
            let shares = shares.as_ref().map(|shares| rows.iter().map(|&row| shares[row]).collect::<Vec<f64>>());
            correlation::order(&all, shares.as_deref())
        };
        self.order = if self.series.is_empty() {
            order_of(&sequence)
        } else {
            let mut rest = sequence.as_slice();
            let each = self.series.iter().map(|&count| {
                let (part, others) = rest.split_at(count.min(rest.len()));
                rest = others;
                (count, order_of(part))
            });
            RowOrder::of_series(&each.collect::<Vec<_>>())
        };
        let sentence = self.order.sentence(self.samples(), &self.names);
        let list = if matches!(self.order, RowOrder::Grouped(_)) { &mut self.doubts } else { &mut self.notes };
        list.extend(sentence);
        self
    }

    /// Spreads the samples of columns with few distinct values over the interval of each value, and adds a note; a doubt if they may be
    /// discrete.
    #[must_use]
    pub fn off_grids(mut self) -> Self {
        for k in 0..self.inputs() {
            let values = GroupedValues::from_column(self.x.column(k).iter().copied());
            if values.are_coarse() {
                self.notes.push(values.sentence(&self.names[k]));
                self.doubts.extend(values.doubt(&self.names[k]));
                values.spread(k, self.x.column_mut(k).iter_mut());
            }
        }
        let periods = std::mem::take(&mut self.periods);
        self.repeating(periods)
    }

    /// Leaves out exact copies of other rows of values or derivatives, and adds a note. Neighbouring copies hide the noise from its estimates.
    /// All rows are kept if rows with equal inputs differ, because these are repeated measurements.
    #[must_use]
    pub fn without_copies(self) -> Self {
        if self.is_density || self.is_model {
            return self;
        }
        let measured = |row: usize| -> Vec<u64> {
            let slopes = self.gradient.iter().flat_map(|gradient| gradient.row(row).to_vec());
            let others = [&self.weights, &self.sigmas].into_iter().filter_map(|list| list.get(row).copied());
            [self.y[row]].into_iter().chain(slopes).chain(others).map(f64::to_bits).collect()
        };
        let mut rows: Vec<usize> = (0..self.samples()).collect();
        for column in self.x.columns().into_iter().rev() {
            sort_by(&mut rows, |&row| column[row]);
        }
        let mut kept = Vec::with_capacity(rows.len());
        for group in rows.chunk_by(|&a, &b| self.x.row(a) == self.x.row(b)) {
            if group[1..].iter().any(|&row| measured(row) != measured(group[0])) {
                return self;
            }
            kept.push(group[0]);
        }
        sort_by(&mut kept, |&row| row as f64);
        if kept.len() == self.samples() {
            return self;
        }
        let is_held_out = |&k: &usize| self.held_out.binary_search(&kept[k]).is_ok();
        let mut data = Self { held_out: (0..kept.len()).filter(is_held_out).collect(), ..self.select_rows(&kept) };
        data.notes.push(format!(
            "{} of {} rows are exact copies of other rows and are left out: copies would hide the noise of the values.",
            whole((self.samples() - kept.len()) as u64),
            whole(self.samples() as u64)
        ));
        data
    }

    /// Holds out rows: a fit does not use them for training, but is evaluated on them.
    ///
    /// # Errors
    /// If a row does not exist, or if too few other rows are left for training.
    pub fn hold_out(self, mut rows: Vec<usize>) -> Result<Self, InvalidData> {
        // The page uses one sort function everywhere, which reduces its size.
        sort_by(&mut rows, |&row| row as f64);
        rows.dedup();
        let samples = self.samples();
        if let Some(&row) = rows.last().filter(|&&row| row >= samples) {
            return Err(InvalidData(format!("row {row} cannot be held out: there are {samples} rows, numbered from 0")));
        }
        let data = Self { held_out: rows, ..self };
        data.split_held_out().map(|_| data)
    }

    /// Splits the data into training rows and, if there are any, held-out rows.
    ///
    /// # Errors
    /// If there are too few training rows, or if they are all equal.
    pub fn split_held_out(&self) -> Result<(Self, Option<Self>), InvalidData> {
        if self.held_out.is_empty() {
            return Ok((self.clone(), None));
        }
        let (held_out, rest): (Vec<usize>, Vec<usize>) =
            (0..self.samples()).partition(|row| self.held_out.binary_search(row).is_ok());
        let learnt = self.select_rows(&rest);
        if learnt.samples() < 2 {
            return Err(InvalidData(format!(
                "{} of {} rows are left to learn from, the others are held out; at least two are needed",
                learnt.samples(),
                self.samples()
            )));
        }
        Ok((learnt.checked(&self.derivative_names())?, Some(self.select_rows(&held_out))))
    }
}
