//! History of a run: losses and counts over epochs. It is thinned in a way that keeps spikes visible.
//!
//! An entry covers the epochs since the one before it, with the smallest and the largest loss among them. When the history is full, neighbouring
//! entries are merged and their distance doubles. The length is therefore bounded.

/// Maximum number of entries.
pub const MAX_ENTRIES: usize = 512;

/// Entry of a history.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HistoryEntry {
    /// Last epoch of the entry.
    pub epoch: u64,
    /// Smallest loss since the previous entry.
    pub loss_low: f64,
    /// Largest loss since the previous entry.
    pub loss_high: f64,
    /// Number of responsible modes at the epoch.
    pub responsible: usize,
    /// Number of gates above the threshold at the epoch.
    pub active: usize,
    /// Sharpness at the epoch.
    pub rho: f64,
    /// Gates at the epoch.
    pub gates: Vec<f64>,
}

/// Thinned history of a run.
#[derive(Clone, Debug)]
pub struct History {
    entries: Vec<HistoryEntry>,
    stride: u64,
    low: f64,
    high: f64,
}

impl Default for History {
    fn default() -> Self {
        Self { entries: Vec::with_capacity(MAX_ENTRIES), stride: 1, low: f64::INFINITY, high: f64::NEG_INFINITY }
    }
}

impl History {
    /// Entries, oldest first.
    pub fn entries(&self) -> &[HistoryEntry] {
        &self.entries
    }

    /// Records the loss at `epoch`. If the epoch ends an entry, `reading` is called for an entry with the
    /// other quantities.
    pub fn record(&mut self, epoch: u64, loss: f64, reading: impl FnOnce() -> HistoryEntry) {
        self.low = self.low.min(loss);
        self.high = self.high.max(loss);
        if epoch.is_multiple_of(self.stride) {
            self.entries.push(HistoryEntry { epoch, loss_low: self.low, loss_high: self.high, ..reading() });
            (self.low, self.high) = (f64::INFINITY, f64::NEG_INFINITY);
            if self.entries.len() == MAX_ENTRIES {
                self.thin();
            }
        }
    }

    fn thin(&mut self) {
        self.stride *= 2;
        let stride = self.stride;
        let mut kept: Vec<HistoryEntry> = Vec::with_capacity(MAX_ENTRIES);
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for mut entry in self.entries.drain(..) {
            low = low.min(entry.loss_low);
            high = high.max(entry.loss_high);
            if entry.epoch.is_multiple_of(stride) {
                (entry.loss_low, entry.loss_high) = (low, high);
                (low, high) = (f64::INFINITY, f64::NEG_INFINITY);
                kept.push(entry);
            }
        }
        // Values after the last remaining entry belong to the next one.
        (self.low, self.high) = (low.min(self.low), high.max(self.high));
        self.entries = kept;
    }

    /// Removes the entries after `epoch`. The extremes of the loss there are kept for the next entry, so that a roll-back does
    /// not hide the spike that caused it.
    pub fn rewind(&mut self, epoch: u64) {
        while let Some(last) = self.entries.last().filter(|e| e.epoch > epoch) {
            self.low = self.low.min(last.loss_low);
            self.high = self.high.max(last.loss_high);
            self.entries.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(losses: impl Iterator<Item = f64>) -> History {
        let mut history = History::default();
        for (epoch, loss) in losses.enumerate() {
            history.record(epoch as u64, loss, HistoryEntry::default);
        }
        history
    }

    #[test]
    fn spike_survives_thinning_of_history() {
        for spike in [3, 4_999, 99_990] {
            let history = history((0..100_000).map(|e| if e == spike { 1e9 } else { 1.0 / f64::from(e + 1) }));
            assert!(history.entries().len() < MAX_ENTRIES);
            let top = history.entries().iter().map(|e| e.loss_high).fold(history.high, f64::max);
            assert_eq!(top, 1e9);
        }
    }

    #[test]
    fn history_entries_are_equally_spaced_and_cover_every_epoch() {
        let history = history((0..70_000).map(f64::from));
        let epochs: Vec<u64> = history.entries().iter().map(|e| e.epoch).collect();
        assert!(epochs.windows(2).all(|w| w[1] - w[0] == history.stride));
        assert!(history.entries().windows(2).all(|w| w[1].loss_low == w[0].epoch as f64 + 1.0));
    }
}
