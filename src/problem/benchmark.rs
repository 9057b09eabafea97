//! Description of a benchmark of any problem.

use super::settings::setting::Context;

/// Benchmark of a problem: a source of training data.
#[derive(Clone, Copy, Debug)]
pub struct Benchmark {
    /// Id in links and on the command line.
    pub id: &'static str,
    /// Displayed name.
    pub name: &'static str,
    /// One sentence on the data and the result of the fit.
    pub sentence: &'static str,
    /// Names of settings of its problem without effect on it.
    pub unused: &'static [&'static str],
    /// True if the data are a user's table. Such a benchmark is in no menu.
    pub reads_table: bool,
    /// Content of such a table, as the end of a sentence: `... has no effect on a file's rows`.
    pub data: &'static str,
    /// Roles that a column of such a table can have, as named in [`super::proposal`].
    pub roles: &'static [&'static str],
}

impl Benchmark {
    /// Reason why a setting has no effect, if this is the current benchmark.
    pub fn idle(&self, context: &Context) -> Option<String> {
        (context.benchmark == self.id).then(|| format!("on {}", self.data))
    }
}
