//! `cargo xtask`: set-up of tools, builds, local server and tests. All use of tools is in this crate.
//!
//! A command installs missing tools that it needs, and prints a line for each. Tools are installed into a folder in the user's cache (see
//! [`setup::Tools`]). No other files of the user change.

mod bench;
mod book;
mod browser;
mod files;
mod js;
mod licences;
mod page_tools;
mod process;
mod python;
mod release;
mod serve;
mod setup;
mod site;
mod suite;
mod tally;
mod widget;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use setup::{GREMLINS_PACKAGE, PAGE_TOOLS, SetupTool};
use suite::Suite;

/// A value, or one sentence that explains the failure.
type TaskResult<T = ()> = Result<T, String>;

/// Sets up tools, builds, serves and tests. Missing tools are installed into a folder of the user's cache.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_version_flag = true, arg_required_else_help = true)]
struct CommandLine {
    #[command(subcommand)]
    command: XtaskCommand,
}

#[derive(Debug, PartialEq, Subcommand)]
enum XtaskCommand {
    /// Build the page and serve it on this machine
    Serve {
        /// Port to listen at [default: the first free one from 8080]
        #[arg(long)]
        port: Option<u16>,
        /// Open the page in a browser
        #[arg(long)]
        open: bool,
        /// Serve the page as built before
        #[arg(long)]
        skip_build: bool,
    },
    /// Build the page into dist/
    Build,
    /// Build the book into dist/book/
    Book,
    /// Convert the equations of a book for mdBook
    #[command(hide = true)]
    Equations { question: Vec<String> },
    /// Build the npm package into target/js/, with the page in it
    Npm,
    /// Build the front end of the notebook widget, which the Python package contains if it exists
    Widget,
    /// Run the tests
    Test {
        /// Include the suites that need `JupyterLab`, Firefox, a Dask cluster or other programs
        #[arg(long, conflicts_with = "only")]
        all: bool,
        /// Run one suite
        #[arg(long)]
        only: Option<Suite>,
    },
    /// Time everything natively and in Chrome, and compare with the recorded run
    Bench(bench::BenchOptions),
    /// Check the licences and sources of all dependencies, and write licence texts and bills of materials
    Licences,
    /// Write pictures of every view of the page at four widths, light and dark
    Shots {
        /// Folder of the pictures
        #[arg(long, default_value = "target/shots")]
        out: PathBuf,
        /// Use the page as built before
        #[arg(long)]
        skip_build: bool,
    },
    /// Measure layout shift, time of the first picture on a slow network, long tasks and frames of the page
    Measure {
        /// Use the page as built before
        #[arg(long)]
        skip_build: bool,
    },
    /// Use the page at random, and fail on any error or if its memory grows
    Soak {
        /// Duration in minutes
        #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
        minutes: u32,
        /// Seed of the random numbers [default: a new one]
        #[arg(long)]
        seed: Option<u64>,
        /// Use the page as built before
        #[arg(long)]
        skip_build: bool,
    },
    /// Build everything that a release consists of, and publish nothing
    Release {
        /// Confirms that nothing is published
        #[arg(long, required = true)]
        dry_run: bool,
    },
    /// Install the tools of `build` and `test`
    Setup,
    /// Remove the tools that this program has installed
    CleanTools,
}

fn main() -> ExitCode {
    process::warn_about_flags();
    match run(CommandLine::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("xtask: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: XtaskCommand) -> TaskResult {
    let root = root();
    let install_tools = || setup::install(&root, PAGE_TOOLS.iter().copied());
    let build_page = || install_tools().and_then(|()| site::build(&root));
    let report = |file: PathBuf| println!("[build] {}", file.display());
    match command {
        XtaskCommand::Serve { port, open, skip_build } => {
            if !skip_build {
                build_page()?;
            }
            site::check_built(&root)?;
            serve::serve(&root.join(site::DIST_FOLDER), port, open)
        }
        XtaskCommand::Build => build_page(),
        XtaskCommand::Book => {
            setup::install(&root, [SetupTool::Cargo(setup::MDBOOK_TOOL)])?;
            book::build(&root)
        }
        // The question is whether an output format of mdBook is supported. Success means yes.
        XtaskCommand::Equations { question } if !question.is_empty() => Ok(()),
        XtaskCommand::Equations { .. } => book::preprocess(),
        XtaskCommand::Npm => {
            install_tools()?;
            site::build_page(&root, &[])?;
            js::build(&root).map(report)
        }
        XtaskCommand::Widget => {
            install_tools()?;
            widget::build(&root).map(report)
        }
        XtaskCommand::Test { all, only } => suite::run(&root, &Suite::select(all, only)),
        XtaskCommand::Bench(options) => bench::run(&root, &options),
        XtaskCommand::Licences => licences::run(&root),
        XtaskCommand::Shots { out, skip_build } => page_tools::run(&root, "shots", &out, &[], skip_build),
        XtaskCommand::Measure { skip_build } => page_tools::run(&root, "measure", &root.join("target/shots"), &[], skip_build),
        XtaskCommand::Soak { minutes, seed, skip_build } => {
            setup::install(&root, [SetupTool::Npm(GREMLINS_PACKAGE)])?;
            let library = setup::Tools::find()?.npm_file(&GREMLINS_PACKAGE).display().to_string();
            let seed = seed.unwrap_or_else(|| std::process::id().into());
            let variables = [("MULTIWELL_SOAK", format!("{minutes} {seed}")), ("MULTIWELL_GREMLINS", library)];
            page_tools::run(&root, "soak", &root.join("target/soak"), &variables, skip_build)
        }
        XtaskCommand::Release { .. } => release::run(&root),
        XtaskCommand::Setup => {
            install_tools()?;
            suite::install_tools(&root, &Suite::select(false, None))
        }
        XtaskCommand::CleanTools => setup::Tools::find()?.remove(),
    }
}

/// Root of the repository: the folder above the folder of this package.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace").to_path_buf()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parsed(line: &str) -> TaskResult<XtaskCommand> {
        let words = ["xtask"].into_iter().chain(line.split_whitespace());
        CommandLine::try_parse_from(words).map(|arguments| arguments.command).map_err(|error| error.to_string())
    }

    #[test]
    fn options_belong_to_their_commands() {
        CommandLine::command().debug_assert();
        assert_eq!(parsed("serve --port 81 --open"), Ok(XtaskCommand::Serve { port: Some(81), open: true, skip_build: false }));
        assert_eq!(parsed("test --only lint"), Ok(XtaskCommand::Test { all: false, only: Some(Suite::Lint) }));
        assert!(matches!(parsed("equations supports html"), Ok(XtaskCommand::Equations { question }) if question.len() == 2));
        assert!(parsed("bench --rounds 0").is_err() && parsed("soak --minutes 0").is_err() && parsed("release").is_err());
        assert!(parsed("test --only everything").unwrap_err().contains("native"));
        assert!(parsed("measure --out there").is_err() && parsed("build --open").is_err() && parsed("").is_err());
    }
}
