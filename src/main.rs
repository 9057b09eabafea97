//! The command line: `multiwell list`, `multiwell fit`, `multiwell eval`.

mod cli;

fn main() -> std::process::ExitCode {
    cli::run(std::env::args_os())
}
