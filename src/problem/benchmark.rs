//! Description of a benchmark of any problem.

use super::settings::setting::Context;

/// Something that can be trained.
#[derive(Clone, Copy, Debug)]
pub struct Benchmark {
    /// Its id in links and on the command line.
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// One sentence on the data and the result of the fit.
    pub sentence: &'static str,
    /// Names of those settings of its problem that have no effect on it.
    pub unused: &'static [&'static str],
    /// Whether it learns from a table of the user. Such a benchmark is in no menu.
    pub reads_table: bool,
    /// Content of such a table, as the end of a sentence: `... has no effect on a file's rows`.
    pub data: &'static str,
    /// Roles that a column of such a table can have, by their names in [`super::proposal`].
    pub parts: &'static [&'static str],
}

impl Benchmark {
    /// Reason why a setting has no effect, if this benchmark is the one that is trained.
    pub fn idle(&self, context: &Context) -> Option<String> {
        (context.benchmark == self.id).then(|| format!("on {}", self.data))
    }
}
