//! The command line: `multiwell list`, `fit`, `eval`, `export`, `landscape`, `compare`, `sweep`, `figure`.
//!
//! Results go to standard output, and every error is one sentence on standard error. Exit codes: 0 for success, 1 if training diverged or a result
//! could not be written, 2 for bad input, 130 after Ctrl-C or a termination signal.

mod arguments;
mod compare;
mod eval;
mod export;
mod figure;
mod files;
mod fit;
mod input;
mod landscape;
mod list;
mod load;
mod report;
mod seeds;
mod sets;
mod sweep;
mod table;
mod training;

use std::fmt::Display;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use itertools::Itertools;
use multiwell::internal::problem::InvalidSetting;
use multiwell::internal::text::{self, printable};
use serde::Serialize;

/// Size of the stack of a thread: that of the main thread on Linux.
const STACK_BYTES: usize = 8 << 20;

/// Learns energy landscapes with several wells from data: gated soft minima of input convex neural networks.
#[derive(Debug, Parser)]
#[command(name = "multiwell", version)]
struct Arguments {
    /// Number of threads, shared by the fits; one fit uses several for passes over some hundred rows. Results have the same bits with any number [default: the number of processors]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Command to run.
    #[command(subcommand)]
    command: Command,
}

/// Commands of the program.
#[derive(Debug, Subcommand)]
enum Command {
    /// Lists the benchmark potentials.
    List,
    /// Fits a potential to a benchmark or to the rows of a CSV file, and reports the errors of the fit.
    Fit(Box<arguments::FitArguments>),
    /// Evaluates a fitted model at the points of a CSV file, and prints a CSV.
    Eval(arguments::Eval),
    /// Writes a fitted model as source code of another language, as a graph of ONNX, on a grid or as a formula.
    Export(export::Export),
    /// Describes the landscape of a fitted model: minima, barriers, curvatures, classes of the modes, distance from the truth.
    Landscape(landscape::LandscapeArguments),
    /// Fits the same data by an LSE-ICNN and by alternative methods, and prints a table of their scores.
    Compare(Box<compare::Compare>),
    /// Trains all combinations of settings and writes one line of a CSV file for each; continues an unfinished table.
    Sweep(Box<sweep::Sweep>),
    /// Draws the figures of the paper, or figures of tables by `sweep`, as SVG files with their numbers in CSV files.
    Figure(figure::FigureArguments),
    /// Writes completions for bash, fish and zsh, and manual pages, into a folder.
    Manual {
        /// Folder of the files, which exists.
        folder: PathBuf,
    },
}

/// Reason why a command did not succeed.
#[derive(Debug)]
enum Failure {
    /// The input cannot be used: sentences, exit code 2.
    BadInput(Vec<String>),
    /// Training diverged, or a result could not be written: exit code 1.
    Failed(String),
    /// The command was stopped by Ctrl-C, and the results so far are kept: exit code 130, as is usual in shells.
    Interrupted(String),
    /// The reader of standard output is closed, as in `| head`: exit code 0, without a message.
    NoReader,
}

impl Failure {
    fn bad_input(sentence: impl Display) -> Self {
        Self::BadInput(vec![sentence.to_string()])
    }

    fn problems(problems: &[InvalidSetting]) -> Self {
        Self::BadInput(problems.iter().map(ToString::to_string).collect())
    }

    fn report(self) -> ExitCode {
        let (sentences, code) = match self {
            Self::BadInput(sentences) => (sentences, 2),
            Self::Failed(sentence) => (vec![sentence], 1),
            Self::Interrupted(sentence) => (vec![sentence], 130),
            Self::NoReader => (Vec::new(), 0),
        };
        for sentence in sentences {
            print_error(&format!("error: {sentence}"));
        }
        code.into()
    }

    /// Adds a clause to the message of a command that has trained. An empty clause has no effect.
    fn and(self, clause: &str) -> Self {
        let longer = |sentence: String| format!("{}; {clause}", sentence.trim_end_matches('.'));
        match self {
            Self::Failed(sentence) if !clause.is_empty() => Self::Failed(longer(sentence)),
            Self::Interrupted(sentence) if !clause.is_empty() => Self::Interrupted(longer(sentence)),
            other => other,
        }
    }
}

fn main() -> ExitCode {
    let result = match Arguments::try_parse() {
        Ok(Arguments { threads, command }) => start_threads(threads).and_then(|pool| pool.install(|| run(&command))),
        Err(error) => usage(&error),
    };
    result.map_or_else(Failure::report, |()| ExitCode::SUCCESS)
}

/// Starts threads. Their default number is that of `RAYON_NUM_THREADS` or of the machine. The command runs on one of them: a thread outside
/// of the pool would wait for another one at each shared step.
fn start_threads(threads: Option<u16>) -> Result<rayon::ThreadPool, Failure> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.map_or(0, usize::from)).stack_size(STACK_BYTES);
    pool.build().map_err(|error| Failure::Failed(format!("threads cannot be started ({error}); try --threads 1")))
}

fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::List => list::list(),
        Command::Fit(fit) => fit::fit(fit),
        Command::Eval(eval) => eval::eval(eval),
        Command::Export(export) => export::export(export),
        Command::Figure(figure) => figure::figure(figure),
        Command::Landscape(landscape) => landscape::landscape(landscape),
        Command::Compare(compare) => compare::compare(compare),
        Command::Sweep(sweep) => sweep::sweep(sweep),
        Command::Manual { folder } => {
            write_manual(folder).map_err(|error| Failure::Failed(format!("{} cannot be written ({error})", folder.display())))
        }
    }
}

fn write_manual(folder: &Path) -> io::Result<()> {
    let mut command = Arguments::command().disable_help_subcommand(true);
    for shell in [Shell::Bash, Shell::Fish, Shell::Zsh] {
        clap_complete::generate_to(shell, &mut command, "multiwell", folder)?;
    }
    clap_mangen::generate_to(command, folder)
}

/// Prints help and version in clap's format. For incorrect usage, only the message itself is returned.
fn usage(error: &clap::Error) -> Result<(), Failure> {
    use clap::error::ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion, MissingSubcommand};
    let text = error.to_string();
    match error.kind() {
        DisplayHelp | DisplayVersion => print(&text),
        DisplayHelpOnMissingArgumentOrSubcommand | MissingSubcommand => Err(Failure::bad_input(
            "say what to do: list, fit, eval, export, landscape, compare, sweep, figure or manual; `multiwell --help` explains them",
        )),
        _ => {
            let paragraph = text.lines().take_while(|line| !line.trim().is_empty()).map(str::trim).join(" ");
            let sentence = paragraph.strip_prefix("error: ").unwrap_or(&paragraph);
            Err(Failure::bad_input(format!(
                "{sentence}; `multiwell --help` and, after a command, `--help` explain the arguments"
            )))
        }
    }
}

/// Writes a line of at most [`text::MAX_MESSAGE`] characters to standard error. If that is closed or full, the line is lost.
fn print_error(line: &str) {
    let _ = writeln!(io::stderr(), "{}", text::limited(&printable(&with_flags(line))));
}

/// Phrases of the library's sentences and the flags that do what they propose.
const FLAGS_OF_PHRASES: [(&str, &str); 9] = [
    ("choose derivative as their role", "--gradient"),
    ("choose force as their role", "--forces"),
    ("The view Physics", "multiwell landscape --tilt"),
    ("give it one under Parameters", "--set"),
    ("set Blocks", "--blocks"),
    ("set Periodic", "--periodic"),
    ("With Held out", "--hold-out"),
    ("name up to three of them as inputs", "--inputs"),
    ("the value of parameters without one", "--set"),
];

/// Adds the flags to a sentence of the library, which names settings by their titles on the page.
fn with_flags(line: &str) -> String {
    let add = |line: String, (phrase, flag): (&str, &str)| line.replace(phrase, &format!("{phrase} ({flag})"));
    FLAGS_OF_PHRASES.into_iter().fold(line.to_owned(), add)
}

/// A line of JSON.
fn json_line(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map(|line| line + "\n").map_err(|error| Failure::Failed(error.to_string()))
}

/// Writes to standard output.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::NoReader,
        _ => Failure::Failed(format!("standard output cannot be written ({error})")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use multiwell::internal::problem::settings;

    #[test]
    fn command_line_has_a_flag_for_every_setting() {
        Arguments::command().debug_assert();
        let mut line = vec!["multiwell".to_string(), "fit".into(), "double-well".into()];
        line.extend(settings::all().map(|setting| format!("--{}=-3e-1", setting.name)));
        let Command::Fit(fit) = Arguments::try_parse_from(line).unwrap().command else { panic!("not fit") };
        let given: Vec<&str> = fit.training.given.iter().map(|(name, _)| name).collect();
        let has_own_flag = |name: &&str| *name != arguments::INPUTS_SETTING;
        assert_eq!(given, settings::all().map(|setting| setting.name).filter(has_own_flag).collect::<Vec<_>>());
    }
}
