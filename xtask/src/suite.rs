//! `cargo xtask test`: runs of the test suites, the fastest first.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use clap::ValueEnum;

use crate::browser::{Driver, WebBrowser};
use crate::serve::{CachePolicy, Site};
use crate::setup::{
    self, AXE_PACKAGE, CLIPPY_COMPONENT, CLUSTER_PACKAGES, DOCUMENT_PACKAGES, GECKODRIVER_TOOL, MDBOOK_TOOL, NOTEBOOK_PACKAGES,
    PAGE_TOOLS, PYTHON_PACKAGES, RUSTFMT_COMPONENT, SetupTool, TYPESCRIPT_PACKAGE, Tools, WASM_BINDGEN_TOOL, WASM_PACK_TOOL,
    WASM_TARGET,
};
use crate::tally::Tally;
use crate::{TaskResult, js, process, python, site, widget};

/// Maximum number of browsers in which the page is tested at a time.
const MAX_BROWSERS: usize = 4;

/// A test suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Suite {
    /// Formatting by rustfmt
    Format,
    /// Lints by clippy, natively and for the web, and the documentation of the libraries
    Lint,
    /// Tests without a browser
    Native,
    /// Tests of the Python package
    Python,
    /// Tests of the library in a worker of Chrome
    Wasm,
    /// Tests of the built page in Chrome
    Page,
    /// Tests of the npm package in Node and in Chrome
    Js,
    /// Recipes to the end of their training, and golden results
    Recipes,
    /// Tests of the notebook widget in `JupyterLab`
    Widget,
    /// Tests of the built page in Firefox, and equal bits of fits there, in Chrome and natively
    Firefox,
    /// Example of a sweep on a Dask cluster
    Cluster,
    /// Exports in programs of other authors, of which those that cannot be installed are skipped
    Clients,
}

impl Suite {
    /// The suites of a run.
    pub fn select(all: bool, only: Option<Self>) -> Vec<Self> {
        let is_usual =
            |it: &Self| all || !matches!(it, Self::Recipes | Self::Widget | Self::Firefox | Self::Cluster | Self::Clients);
        only.map_or_else(|| Self::value_variants().iter().copied().filter(is_usual).collect(), |suite| vec![suite])
    }

    fn name(self) -> String {
        self.to_possible_value().expect("no suite is skipped").get_name().to_owned()
    }

    /// Tools that the suite needs.
    fn tools(self) -> Vec<SetupTool> {
        use SetupTool::{Cargo, Chrome, Fortran, Npm, Python, WasmTarget};
        let page = [Cargo(MDBOOK_TOOL), Python(DOCUMENT_PACKAGES), Npm(AXE_PACKAGE), Chrome];
        match self {
            Self::Format => vec![RUSTFMT_COMPONENT],
            Self::Lint => vec![CLIPPY_COMPONENT, WasmTarget],
            Self::Native => vec![Python(PYTHON_PACKAGES), Fortran],
            Self::Python => [PAGE_TOOLS, &[Python(PYTHON_PACKAGES), Fortran]].concat(),
            Self::Wasm => vec![WasmTarget, Cargo(WASM_BINDGEN_TOOL), Cargo(WASM_PACK_TOOL), Chrome],
            Self::Page => [PAGE_TOOLS, &page].concat(),
            Self::Js => [PAGE_TOOLS, &[Npm(TYPESCRIPT_PACKAGE), Chrome]].concat(),
            Self::Widget => [PAGE_TOOLS, &[Python(PYTHON_PACKAGES), Python(NOTEBOOK_PACKAGES), Chrome]].concat(),
            Self::Firefox => [PAGE_TOOLS, &page, &[Cargo(GECKODRIVER_TOOL), SetupTool::Firefox]].concat(),
            Self::Cluster => vec![Python(CLUSTER_PACKAGES)],
            Self::Clients => PAGE_TOOLS.to_vec(),
            Self::Recipes => Vec::new(),
        }
    }
}

/// Installs the tools of suites.
pub fn install_tools(root: &Path, suites: &[Suite]) -> TaskResult {
    setup::install(root, suites.iter().flat_map(|suite| suite.tools()))
}

/// Runs suites in order, and prints a line of counts. A failed suite does not prevent the others.
pub fn run(root: &Path, suites: &[Suite]) -> TaskResult {
    let started = Instant::now();
    let mut runner = Runner { root, tally: Tally::default(), has_page: false };
    let mut total = Tally::default();
    let outcome = run_each(suites, |suite| {
        let suite_started = Instant::now();
        runner.tally = Tally::default();
        let result = install_tools(root, &[suite]).and_then(|()| runner.run(suite));
        runner.tally.failed = runner.tally.failed.max(result.is_err().into());
        println!("[test] {}: {}, {:.0} s", suite.name(), runner.tally, suite_started.elapsed().as_secs_f64());
        total.add(runner.tally);
        result
    });
    println!("\n[test] all of it took {:.0} s\n{total}", started.elapsed().as_secs_f64());
    outcome
}

/// Runs each suite. The error names those that failed.
fn run_each(suites: &[Suite], mut run: impl FnMut(Suite) -> TaskResult) -> TaskResult {
    let mut failed = Vec::new();
    for suite in suites {
        println!("\n[test] {}", suite.name());
        if let Err(sentence) = run(*suite) {
            println!("[test] {} failed: {sentence}", suite.name());
            failed.push(suite.name());
        }
    }
    let Some(first) = failed.first() else { return Ok(()) };
    Err(format!("these suites failed: {}; `cargo xtask test --only {first}` runs one alone", failed.join(", ")))
}

/// State of a run of suites.
struct Runner<'a> {
    root: &'a Path,
    /// Counts of the current suite.
    tally: Tally,
    /// True if the page has been built.
    has_page: bool,
}

impl Runner<'_> {
    fn run(&mut self, suite: Suite) -> TaskResult {
        match suite {
            Suite::Format => self.check("fmt --all --check", "pass the formatting check (`cargo fmt` mends it)"),
            Suite::Lint => self.lint(),
            Suite::Native => {
                let all =
                    "-pmultiwell -pmultiwell-engine -pmultiwell-export -pmultiwell-compare -pmultiwell-cli -pmultiwell-fuzz";
                let mut cargo = process::cargo(self.root, &format!("test --release --no-fail-fast {all} -pmultiwell_web"));
                cargo.env("MULTIWELL_PYTHON", Tools::find()?.python(&PYTHON_PACKAGES));
                self.count(&mut cargo, "pass the native tests")?;
                // The call has no --release, because this crate itself is compiled without it.
                self.count(&mut process::cargo(self.root, "test --package xtask"), "pass the tests of xtask")
            }
            Suite::Python => python::test(self.root, &mut self.tally),
            Suite::Wasm => self.test_wasm(),
            Suite::Page => self.test_page(),
            Suite::Js => self.build_page().and_then(|()| js::test(self.root, &mut self.tally)),
            Suite::Recipes => {
                let full = "test --release -pmultiwell -pmultiwell-cli --no-fail-fast -- --ignored full::";
                self.count(&mut process::cargo(self.root, full), "pass the tests of full recipes")
            }
            Suite::Widget => widget::test(self.root, &mut self.tally),
            Suite::Firefox => self.test_page_in_firefox(),
            Suite::Cluster => {
                let mut cargo = process::cargo(self.root, "test --release --package multiwell-cli --test cli cluster::");
                cargo.env("MULTIWELL_DASK", Tools::find()?.python(&CLUSTER_PACKAGES));
                self.count(&mut cargo, "pass the test of a Dask cluster")
            }
            Suite::Clients => {
                self.build_page()?;
                let mut python = process::program("python3", self.root);
                let paths = [Tools::find()?.folder.join("clients"), process::build_program(self.root)?, js::build(self.root)?];
                self.count(python.arg("tests/clients/run.py").args(paths), "use exports in other programs")
            }
        }
    }

    /// Runs a cargo command that counts as one check.
    fn check(&mut self, arguments: &str, task: &str) -> TaskResult {
        // Warnings of rustdoc are broken links.
        self.tally.check(process::run(process::cargo(self.root, arguments).env("RUSTDOCFLAGS", "-D warnings"), task))
    }

    /// Runs tests and counts them.
    fn count(&mut self, command: &mut Command, task: &str) -> TaskResult {
        process::run_with_lines(command, task, |line| self.tally.add_line(line))
    }

    fn lint(&mut self) -> TaskResult {
        self.check("clippy --quiet --workspace --all-targets -- -D warnings", "pass the lints")?;
        let web = format!(
            "clippy --quiet -pmultiwell-wasm-tests -pmultiwell_web -pmultiwell_js -pmultiwell --no-default-features \
             --lib --test worker --target {WASM_TARGET} -- -D warnings"
        );
        self.check(&web, "pass the lints for the web")?;
        self.check("doc --quiet --no-deps", "document the libraries without warnings")
    }

    fn test_wasm(&mut self) -> TaskResult {
        let chrome = WebBrowser::chrome()?;
        let mut command = Tools::find()?.program("wasm-pack", &self.root.join("tests/wasm"))?;
        command.args(["test", "--headless", "--chrome", "--mode", "no-install", "--release", "--chromedriver"]);
        command.arg(&chrome.driver);
        command.env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", chrome.write_capabilities(self.root)?);
        self.count(command.env("WASM_BINDGEN_TEST_TIMEOUT", "300"), "pass the WebAssembly tests")
    }

    /// Builds the page, once for all suites.
    fn build_page(&mut self) -> TaskResult {
        self.has_page = self.has_page || site::build(self.root).map(|()| true)?;
        Ok(())
    }

    fn test_page(&mut self) -> TaskResult {
        self.build_page()?;
        self.tally.check(site::check_module_size(self.root))?;
        let site = Site::start(&self.root.join(site::DIST_FOLDER), 0, CachePolicy::NoStore)?;
        let driver = WebBrowser::chrome()?.start_driver(self.root)?;
        // A test mostly waits for the start of the browser and for results.
        let browsers = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(MAX_BROWSERS));
        self.count(&mut self.page_tests(&site, &driver, browsers)?, "pass the tests of the page")
    }

    /// Command of the tests of the page, in `browsers` browsers at a time.
    fn page_tests(&self, site: &Site, driver: &Driver, browsers: usize) -> TaskResult<Command> {
        let tools = Tools::find()?;
        let mut cargo = process::cargo(self.root, "test --quiet --package multiwell-page-tests --no-fail-fast -- --nocapture");
        // The documents of the recipes for embedding are built by mdBook and by programs in Python.
        let programs = [tools.find_program(&MDBOOK_TOOL), Some(tools.python(&DOCUMENT_PACKAGES))];
        process::prepend_path(&mut cargo, programs.iter().flatten().filter_map(|program| program.parent()))?;
        cargo
            .arg(format!("--test-threads={browsers}"))
            .env("RUST_BACKTRACE", "0")
            .env("MULTIWELL_PAGE", &site.url)
            .env("MULTIWELL_AXE", tools.npm_file(&AXE_PACKAGE))
            .env("MULTIWELL_DOCUMENTS", Site::start(&self.root.join("target/documents"), 0, CachePolicy::NoStore)?.url)
            .env("MULTIWELL_SCREENSHOTS", self.root.join("target/screenshots"));
        driver.set_environment(&mut cargo);
        Ok(cargo)
    }

    /// Runs the tests of the page in Firefox. Those that need Chrome end early, and are counted in a separate line.
    fn test_page_in_firefox(&mut self) -> TaskResult {
        self.build_page()?;
        let multiwell = process::build_program(self.root)?;
        let site = Site::start(&self.root.join(site::DIST_FOLDER), 0, CachePolicy::NoStore)?;
        let (firefox, chrome) = (WebBrowser::firefox()?.start_driver(self.root)?, WebBrowser::chrome()?.start_driver(self.root)?);
        // Geckodriver drives one Firefox at a time.
        let mut cargo = self.page_tests(&site, &firefox, 1)?;
        cargo
            .env("MULTIWELL_CHROME_WEBDRIVER", chrome.url())
            .env("MULTIWELL_CHROME_CAPABILITIES", &chrome.capabilities)
            .env("MULTIWELL_CLI", multiwell);
        let mut ended_early = BTreeSet::new();
        let outcome = process::run_with_lines(&mut cargo, "pass the tests of the page in Firefox", |line| {
            self.tally.add_line(line);
            // Dots for previous tests may precede the message. One test may open several pages.
            let message = line.trim_start_matches('.').strip_prefix("only in Chrome: ");
            ended_early.extend(message.and_then(|message| message.split_once(',')).map(|(name, _)| name.to_owned()));
        });
        println!("[test] {} of these tests have ended where they need Chrome", ended_early.len());
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_suite_runs_and_failed_ones_are_named() {
        let mut runs = Vec::new();
        let outcome = run_each(&[Suite::Format, Suite::Lint, Suite::Js], |suite| {
            runs.push(suite);
            if suite == Suite::Lint { Ok(()) } else { Err("a reason".into()) }
        });
        assert_eq!(runs, [Suite::Format, Suite::Lint, Suite::Js]);
        assert!(outcome.unwrap_err().starts_with("these suites failed: format, js; "));
    }
}
