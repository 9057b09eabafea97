//! `cargo xtask`: sets up tools, builds, serves and tests. All knowledge of tools is in this crate.
//!
//! Every command first sets up the tools that it needs, and prints a line for each step; tools that are present are left alone.
//! Tools are installed into a folder of the user's cache (see [`setup::Tools::folder`]), so that nothing else of the user is
//! changed.

mod bench;
mod book;
mod chrome;
mod doctor;
mod driver;
mod firefox;
mod fuzz;
mod js;
mod licences;
mod looks;
mod mutants;
mod page;
mod process;
mod python;
mod release;
mod sanitize;
mod serve;
mod setup;
mod site;
mod suite;
mod tally;
mod widget;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A value, or one sentence on what went wrong and what to do.
type Outcome<T = ()> = Result<T, String>;

const HELP: &str = "\
cargo xtask serve [--port N] [--open] [--skip-build]   build the page and serve it on this machine
cargo xtask build                                      build the page into dist/
cargo xtask book                                       build the book into dist/book/
cargo xtask npm                                        build the npm package into target/js/, with the page in it
cargo xtask widget                                     build the front end of the notebook widget, which the Python package
                                                       brings along if it is there when that is installed
cargo xtask test [--all] [--only PART]                 run the tests; --all adds those that need Jupyter, Firefox or a Dask
                                                       cluster;
                                                       PART is one of format, lint, native, python, wasm, page, js,
                                                       widget, firefox, cluster
cargo xtask bench [--rounds N] [--record]              time everything natively and in Chrome, compare with the
                                                       recorded run; --record makes this run the recorded one
cargo xtask bench --export DIR                         write what benches/peers needs into a folder
cargo xtask fuzz [--minutes N] [--only TARGET]         give inputs that libFuzzer makes up to everything that reads, N minutes
                                                       for each of tables, arrays, models, links, formulas, drawings,
                                                       messages, lists
cargo xtask sanitize                                   run the tests of the engine, which alone has unsafe code, with
                                                       AddressSanitizer, and by Miri where it is installed
cargo xtask licences                                   check the licences and sources of all dependencies, write what others
                                                       have written and is shipped, and bills of materials
cargo xtask mutants FILE [--most N] [--test NAME]      change a file of the library or the engine in at most N small ways, and
                                                       tell which of them no test in its room notices, or none in tests/NAME
cargo xtask shots [--out DIR] [--skip-build]           photograph every view of the page at four widths, light and dark
cargo xtask measure [--skip-build]                     tell layout shift, time of the first picture on a slow network, long
                                                       tasks and frames of the page
cargo xtask soak [--minutes N] [--seed S] [--skip-build]
                                                       use the page by chance for an hour or N minutes, tell whether its
                                                       memory grows, and fail on any error
cargo xtask release --dry-run                          make everything that a release consists of, and publish nothing
cargo xtask setup                                      only install what the others need
cargo xtask doctor                                     say what of that is there, and where
cargo xtask clean-tools                                remove the tools that this command has installed

The tools that are missing are installed first, into a folder of their own in the user's cache.";

/// Commands of the command line.
#[derive(Debug, PartialEq)]
enum Command {
    Serve {
        port: Option<u16>,
        open: bool,
        build: bool,
    },
    Build,
    Book,
    /// What mdBook calls while it builds the book.
    Equations {
        is_asked: bool,
    },
    Npm,
    Widget,
    Test {
        which: suite::Which,
    },
    Bench(bench::Options),
    Fuzz(fuzz::Options),
    Sanitize,
    Licences,
    Mutants(mutants::Options),
    Looks {
        question: looks::Question,
        build: bool,
    },
    Release {
        dry_run: bool,
    },
    Setup,
    Doctor,
    CleanTools,
    Help,
}

fn main() -> ExitCode {
    let outcome = parse(std::env::args_os().skip(1)).and_then(|command| run(&command));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("xtask: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Outcome {
    let root = root();
    process::leave_out_rustflags();
    match command {
        Command::Serve { port, open, build } => {
            if *build {
                setup::for_page(&root)?;
                site::build(&root)?;
            }
            serve::built(&root.join(site::DIST), *port, *open)
        }
        Command::Build => {
            setup::for_page(&root)?;
            site::build(&root)
        }
        Command::Book => {
            setup::for_book(&root)?;
            book::build(&root)
        }
        // mdBook asks whether a form of output is supported, to which success is the answer.
        Command::Equations { is_asked: true } => Ok(()),
        Command::Equations { is_asked: false } => book::preprocess(),
        Command::Npm => {
            setup::for_page(&root)?;
            site::build(&root)?;
            js::build(&root).map(|packed| println!("[build] {}", packed.display()))
        }
        Command::Widget => {
            setup::for_page(&root)?;
            setup::for_widget()?;
            widget::build(&root).map(|file| println!("[build] {}", file.display()))
        }
        Command::Test { which } => suite::run(&root, *which),
        Command::Bench(options) => bench::run(&root, options),
        Command::Fuzz(options) => fuzz::run(&root, options),
        Command::Sanitize => sanitize::run(&root),
        Command::Licences => licences::run(&root),
        Command::Mutants(options) => mutants::run(&root, options),
        Command::Looks { question, build } => looks::run(&root, question, *build),
        Command::Release { dry_run: true } => release::run(&root),
        Command::Release { dry_run: false } => {
            Err("`cargo xtask release` publishes nothing by itself; add --dry-run, and see docs/releasing.md".into())
        }
        Command::Setup => {
            setup::for_page(&root)?;
            setup::for_tests(&root).map(drop)
        }
        Command::Doctor => doctor::tell(&root),
        Command::CleanTools => setup::Tools::find()?.remove(),
        Command::Help => {
            println!("{HELP}");
            Ok(())
        }
    }
}

fn parse(arguments: impl Iterator<Item = std::ffi::OsString>) -> Outcome<Command> {
    use lexopt::prelude::*;
    let mut parser = lexopt::Parser::from_args(arguments);
    let explain = |error: lexopt::Error| format!("{error}; `cargo xtask help` lists what there is");
    let mut command = None;
    while let Some(argument) = parser.next().map_err(explain)? {
        match (&mut command, argument) {
            (_, Short('h') | Long("help")) => return Ok(Command::Help),
            (None, Value(name)) => {
                command = Some(match name.to_string_lossy().as_ref() {
                    "serve" => Command::Serve { port: None, open: false, build: true },
                    "build" => Command::Build,
                    "book" => Command::Book,
                    "equations" => Command::Equations { is_asked: false },
                    "npm" => Command::Npm,
                    "widget" => Command::Widget,
                    "test" => Command::Test { which: suite::Which::Usual },
                    "bench" => Command::Bench(bench::Options::default()),
                    "fuzz" => Command::Fuzz(fuzz::Options::default()),
                    "sanitize" => Command::Sanitize,
                    "licences" => Command::Licences,
                    "mutants" => {
                        let file =
                            parser.value().map_err(|_| "`cargo xtask mutants` takes a file, such as src/numerics/passes.rs")?;
                        Command::Mutants(mutants::Options { file: file.to_string_lossy().into(), ..Default::default() })
                    }
                    "shots" => Command::Looks { question: looks::Question::Shots { out: None }, build: true },
                    "measure" => Command::Looks { question: looks::Question::Measure, build: true },
                    "soak" => Command::Looks { question: looks::Question::Soak(looks::Soaking::default()), build: true },
                    "release" => Command::Release { dry_run: false },
                    "setup" => Command::Setup,
                    "doctor" => Command::Doctor,
                    "clean-tools" => Command::CleanTools,
                    "help" => Command::Help,
                    other => return Err(format!("there is no command `{other}`; `cargo xtask help` lists what there is")),
                });
            }
            (Some(Command::Equations { is_asked }), Value(_)) => *is_asked = true,
            (Some(Command::Serve { port, .. }), Long("port")) => {
                let value = parser.value().map_err(explain)?;
                *port = Some(value.parse().map_err(|_| format!("--port takes a number up to 65535, not {}", value.display()))?);
            }
            (Some(Command::Serve { open, .. }), Long("open")) => *open = true,
            (Some(Command::Serve { build, .. } | Command::Looks { build, .. }), Long("skip-build")) => *build = false,
            (Some(Command::Test { which }), Long("all")) => *which = suite::Which::All,
            (Some(Command::Test { which }), Long("only")) => {
                let value = parser.value().map_err(explain)?;
                *which = suite::Which::Only(suite::Suite::from_name(&value.to_string_lossy())?);
            }
            (Some(Command::Bench(options)), Long("rounds")) => {
                let value = parser.value().map_err(explain)?;
                let rounds = value.parse().ok().filter(|&rounds| rounds > 0);
                options.rounds = rounds.ok_or_else(|| format!("--rounds takes a number from 1 on, not {}", value.display()))?;
            }
            (Some(Command::Fuzz(options)), Long("minutes")) => {
                options.take_minutes(&parser.value().map_err(explain)?.to_string_lossy())?;
            }
            (Some(Command::Fuzz(options)), Long("only")) => {
                options.take_target(&parser.value().map_err(explain)?.to_string_lossy())?;
            }
            (Some(Command::Mutants(options)), Long("most")) => {
                options.take_most(&parser.value().map_err(explain)?.to_string_lossy())?;
            }
            (Some(Command::Mutants(options)), Long("test")) => {
                options.tests.push(parser.value().map_err(explain)?.to_string_lossy().into());
            }
            (Some(Command::Looks { question: looks::Question::Shots { out }, .. }), Long("out")) => {
                *out = Some(parser.value().map_err(explain)?.into());
            }
            (Some(Command::Looks { question: looks::Question::Soak(soaking), .. }), Long("minutes")) => {
                soaking.take_minutes(&parser.value().map_err(explain)?.to_string_lossy())?;
            }
            (Some(Command::Looks { question: looks::Question::Soak(soaking), .. }), Long("seed")) => {
                soaking.take_seed(&parser.value().map_err(explain)?.to_string_lossy())?;
            }
            (Some(Command::Release { dry_run }), Long("dry-run")) => *dry_run = true,
            (Some(Command::Bench(options)), Long("record")) => options.record = true,
            (Some(Command::Bench(options)), Long("export")) => options.export = Some(parser.value().map_err(explain)?.into()),
            (_, argument) => return Err(explain(argument.unexpected())),
        }
    }
    Ok(command.unwrap_or(Command::Help))
}

/// The root of the repository: the folder above this package's.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace").to_path_buf()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Outcome<Command> {
        parse(line.split_whitespace().map(Into::into))
    }

    #[test]
    fn options_belong_to_their_command() {
        assert_eq!(parsed("serve --port 81 --open"), Ok(Command::Serve { port: Some(81), open: true, build: true }));
        assert_eq!(parsed("test --only lint"), Ok(Command::Test { which: suite::Which::Only(suite::Suite::Lint) }));
        assert_eq!(parsed("test --all"), Ok(Command::Test { which: suite::Which::All }));
        let recorded = bench::Options { rounds: 3, record: true, ..bench::Options::default() };
        assert_eq!(parsed("bench --rounds 3 --record"), Ok(Command::Bench(recorded)));
        assert!(parsed("bench --rounds 0").is_err());
        let fuzzed = fuzz::Options { minutes: 0.5, only: Some("links") };
        assert_eq!(parsed("fuzz --minutes 0.5 --only links"), Ok(Command::Fuzz(fuzzed)));
        assert!(parsed("fuzz --minutes 0").is_err() && parsed("fuzz --only link").unwrap_err().contains("links"));
        let mutants = mutants::Options { file: "src/text.rs".into(), most: Some(60), tests: vec!["words".into()] };
        assert_eq!(parsed("mutants src/text.rs --most 60 --test words"), Ok(Command::Mutants(mutants)));
        assert!(parsed("mutants").is_err() && parsed("mutants src/text.rs --most 0").is_err());
        let shots = looks::Question::Shots { out: Some("there".into()) };
        assert_eq!(parsed("shots --out there --skip-build"), Ok(Command::Looks { question: shots, build: false }));
        assert!(parsed("measure --out there").is_err());
        let soak = looks::Question::Soak(looks::Soaking { minutes: 0.5, seed: Some(7) });
        assert_eq!(parsed("soak --minutes 0.5 --seed 7"), Ok(Command::Looks { question: soak, build: true }));
        assert!(parsed("soak --minutes 0").is_err() && parsed("soak --seed x").unwrap_err().contains("--seed"));
        assert_eq!(parsed("release --dry-run"), Ok(Command::Release { dry_run: true }));
        assert_eq!(parsed("equations supports html"), Ok(Command::Equations { is_asked: true }));
        assert_eq!(parsed(""), Ok(Command::Help));
        assert!(parsed("build --open").is_err());
        assert!(parsed("serve --port x").unwrap_err().contains("--port"));
        assert!(parsed("test --only everything").unwrap_err().contains("native"));
        assert!(parsed("sevre").unwrap_err().contains("sevre"));
    }
}
