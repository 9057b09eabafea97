//! The command line: `multiwell list`, `fit`, `eval`, `landscape`, `sweep`, `figure`.

mod cli;

fn main() -> std::process::ExitCode {
    cli::run(std::env::args_os())
}
