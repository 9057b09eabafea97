//! `cargo xtask test`: runs all test suites, the fastest first, up to the first that fails.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::chrome::Chrome;
use crate::driver::Driver;
use crate::serve::Site;
use crate::tally::Tally;
use crate::{Outcome, firefox, js, process, python, setup, site, widget};

const WEB_TARGET: &str = "wasm32-unknown-unknown";
/// Most browsers in which the page is tested at a time.
const MOST_BROWSERS: usize = 4;

/// A test suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// Formatting as by rustfmt.
    Format,
    /// Lints by clippy, for the native target and for the web.
    Lint,
    /// Tests that do not need a browser.
    Native,
    /// Tests of the Python package.
    Python,
    /// WebAssembly tests, in a page and in a worker.
    Wasm,
    /// End-to-end tests of the built page.
    Page,
    /// Tests of the npm package, in Node and in a page.
    Js,
    /// Tests of the notebook widget, in JupyterLab and in a page without a kernel.
    Widget,
    /// The tests of the page in Firefox, and the bits of a fit there, in Chrome and natively.
    Firefox,
    /// The example of a sweep on a Dask cluster, on processes of this machine.
    Cluster,
}

/// Which suites are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All but those that need a program of others to run in.
    Usual,
    /// All.
    All,
    /// A single one.
    Only(Suite),
}

impl Which {
    fn has(self, suite: Suite) -> bool {
        match self {
            Self::Usual => !matches!(suite, Suite::Widget | Suite::Firefox | Suite::Cluster),
            Self::All => true,
            Self::Only(one) => one == suite,
        }
    }
}

impl Suite {
    const ALL: [Self; 10] = [
        Self::Format,
        Self::Lint,
        Self::Native,
        Self::Python,
        Self::Wasm,
        Self::Page,
        Self::Js,
        Self::Widget,
        Self::Firefox,
        Self::Cluster,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Lint => "lint",
            Self::Native => "native",
            Self::Python => "python",
            Self::Wasm => "wasm",
            Self::Page => "page",
            Self::Js => "js",
            Self::Widget => "widget",
            Self::Firefox => "firefox",
            Self::Cluster => "cluster",
        }
    }

    /// The suite called `name`.
    pub fn from_name(name: &str) -> Outcome<Self> {
        let names = || Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|suite| suite.name() == name)
            .ok_or_else(|| format!("there is no suite `{name}`; there are {}", names()))
    }
}

/// Runs suites in order, and prints a line of counts.
pub fn run(root: &Path, which: Which) -> Outcome {
    let begun = Instant::now();
    setup::for_page(root)?;
    let chrome = setup::for_tests(root)?;
    println!("[set-up] done in {:.0} s", begun.elapsed().as_secs_f64());

    let bench = Bench { root, chrome, has_page: Cell::new(false) };
    let mut total = Tally::default();
    let mut outcome = Ok(());
    for suite in Suite::ALL.into_iter().filter(|suite| which.has(*suite)) {
        println!("\n[test] {}", suite.name());
        let started = Instant::now();
        let mut tally = Tally::default();
        let result = bench.run(suite, &mut tally);
        if result.is_err() && tally.failed == 0 {
            tally.count(false);
        }
        println!("[test] {}: {tally}, {:.0} s", suite.name(), started.elapsed().as_secs_f64());
        total = total.plus(tally);
        if let Err(sentence) = result {
            println!("[test] stopped here: {sentence}");
            outcome = Err(format!("the suite `{0}` failed; `cargo xtask test --only {0}` runs it alone", suite.name()));
            break;
        }
    }
    println!("\n[test] all of it took {:.0} s", begun.elapsed().as_secs_f64());
    println!("{total}");
    outcome
}

/// The environment of the suites.
struct Bench<'a> {
    root: &'a Path,
    chrome: Chrome,
    has_page: Cell<bool>,
}

impl Bench<'_> {
    fn run(&self, suite: Suite, tally: &mut Tally) -> Outcome {
        match suite {
            Suite::Format => self.check(tally, &["fmt", "--all", "--check"], "pass the formatting check (`cargo fmt` mends it)"),
            Suite::Lint => {
                let native = ["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"];
                self.check(tally, &native, "pass the lints")?;
                let web = [
                    "clippy",
                    "--quiet",
                    "--target",
                    WEB_TARGET,
                    "--package",
                    "webtests",
                    "--package",
                    "multiwell_web",
                    "--package",
                    "multiwell_js",
                    "--package",
                    "multiwell",
                ];
                let which = ["--no-default-features", "--lib", "--test", "page", "--test", "worker", "--", "-D", "warnings"];
                self.check(tally, &[&web[..], &which].concat(), "pass the lints for the web")?;
                // Links in the documentation of the libraries lead somewhere.
                let mut cargo = process::program("cargo", self.root);
                cargo.args(["doc", "--quiet", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings");
                let documented = process::run(&mut cargo, "document the libraries without warnings");
                tally.count(documented.is_ok());
                documented
            }
            Suite::Native => {
                let packages = [
                    "multiwell",
                    "multiwell-engine",
                    "multiwell-export",
                    "multiwell-compare",
                    "multiwell-cli",
                    "multiwell-fuzz",
                    "multiwell_web",
                ];
                let mut cargo = process::program("cargo", self.root);
                cargo.args(["test", "--release", "--no-fail-fast"]).args(packages.map(|package| format!("--package={package}")));
                cargo.env("MULTIWELL_PYTHON", setup::Tools::find()?.python());
                process::run_seeing(&mut cargo, "pass the native tests", |line| tally.see(line))?;
                // This crate, except for its tests, has been compiled already, because it is running.
                let mut cargo = process::program("cargo", self.root);
                let own = cargo.args(["test", "--package", "xtask"]);
                process::run_seeing(own, "pass the tests of xtask", |line| tally.see(line))
            }
            Suite::Python => python::test(self.root, tally),
            Suite::Wasm => self.wasm(tally),
            Suite::Page => self.page(tally),
            Suite::Firefox => self.firefox(tally),
            Suite::Cluster => {
                let python = setup::for_cluster(self.root)?;
                let mut cargo = process::program("cargo", self.root);
                cargo.args(["test", "--release", "--package", "multiwell-cli", "--test", "cli", "cluster::"]);
                cargo.env("MULTIWELL_DASK", python);
                process::run_seeing(&mut cargo, "pass the test of a Dask cluster", |line| tally.see(line))
            }
            Suite::Widget => widget::test(self.root, &self.chrome, &self.capabilities()?, tally),
            Suite::Js => {
                self.build_page()?;
                js::test(self.root, &self.chrome, &self.capabilities()?, tally)
            }
        }
    }

    /// Runs a cargo command that counts as one check.
    fn check(&self, tally: &mut Tally, arguments: &[&str], task: &str) -> Outcome {
        let result = process::run(process::program("cargo", self.root).args(arguments), task);
        tally.count(result.is_ok());
        result
    }

    /// The file with the capabilities of the browser for the test runner.
    fn capabilities(&self) -> Outcome<PathBuf> {
        let folder = self.root.join("target");
        std::fs::create_dir_all(&folder).map_err(|error| format!("could not make {}: {error}", folder.display()))?;
        let file = folder.join("webdriver.json");
        self.chrome.write_capabilities(&file)?;
        Ok(file)
    }

    fn wasm(&self, tally: &mut Tally) -> Outcome {
        let tools = setup::Tools::find()?;
        let mut command = tools.program("wasm-pack", &self.root.join("webtests"))?;
        command.args(["test", "--headless", "--chrome", "--mode", "no-install", "--release", "--chromedriver"]);
        command.arg(&self.chrome.driver);
        command.env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", self.capabilities()?).env("WASM_BINDGEN_TEST_TIMEOUT", "300");
        process::run_seeing(&mut command, "pass the WebAssembly tests", |line| tally.see(line))
    }

    /// Builds the page, which two suites need, once.
    fn build_page(&self) -> Outcome {
        if !self.has_page.replace(true) {
            site::build(self.root)?;
        }
        Ok(())
    }

    fn page(&self, tally: &mut Tally) -> Outcome {
        self.build_page()?;
        let (_, compressed) = site::module_size(self.root)?;
        tally.count(compressed <= site::MAX_MODULE_BYTES);
        if compressed > site::MAX_MODULE_BYTES {
            let sizes = [compressed, site::MAX_MODULE_BYTES].map(site::kilobytes);
            return Err(format!("the compressed module has {:.0} KB; the budget is {:.0} KB", sizes[0], sizes[1]));
        }
        let site = Site::start(&self.root.join(site::DIST), 0)?;
        let driver = self.chrome.drive()?;
        // A test waits for most of its time: for the browser to start, and for what it has asked for.
        let browsers = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(MOST_BROWSERS));
        let mut cargo = self.page_tests(&site, &driver, &self.capabilities()?, browsers)?;
        process::run_seeing(&mut cargo, "pass the tests of the page", |line| tally.see(line))
    }

    /// The tests of the page, in so many browsers at a time.
    fn page_tests(&self, site: &Site, driver: &Driver, capabilities: &Path, browsers: usize) -> Outcome<Command> {
        let mut cargo = process::program("cargo", self.root);
        cargo
            .args(["test", "--quiet", "--package", "e2e", "--no-fail-fast", "--", "--nocapture"])
            .arg(format!("--test-threads={browsers}"))
            .env("RUST_BACKTRACE", "0")
            .env("MULTIWELL_PAGE", &site.url)
            .env("MULTIWELL_WEBDRIVER", driver.url())
            .env("MULTIWELL_CAPABILITIES", capabilities)
            .env("MULTIWELL_AXE", setup::Tools::find()?.axe())
            .env("MULTIWELL_SCREENSHOTS", self.root.join("target/screenshots"));
        Ok(cargo)
    }

    /// The same tests in Firefox; those that ask for what only Chrome has end there, and are counted in a line of their own.
    fn firefox(&self, tally: &mut Tally) -> Outcome {
        let firefox = firefox::set_up(self.root)?;
        self.build_page()?;
        let mut cargo = process::program("cargo", self.root);
        process::run(cargo.args(["build", "--quiet", "--release", "--package", "multiwell-cli"]), "compile the command line")?;
        let capabilities = self.root.join("target/firefox.json");
        firefox.write_capabilities(&capabilities)?;
        let site = Site::start(&self.root.join(site::DIST), 0)?;
        let (driver, chrome) = (firefox.drive()?, self.chrome.drive()?);
        // Geckodriver drives one Firefox at a time.
        let mut cargo = self.page_tests(&site, &driver, &capabilities, 1)?;
        cargo
            .env("MULTIWELL_CHROME_WEBDRIVER", chrome.url())
            .env("MULTIWELL_CHROME_CAPABILITIES", self.capabilities()?)
            .env("MULTIWELL_CLI", self.root.join("target/release/multiwell"));
        let mut ended = BTreeSet::new();
        let outcome = process::run_seeing(&mut cargo, "pass the tests of the page in Firefox", |line| {
            tally.see(line);
            // Dots for the tests before may stand in front. One test may open several pages.
            let told = line.trim_start_matches('.').strip_prefix("only in Chrome: ");
            ended.extend(told.and_then(|told| told.split_once(',')).map(|(name, _)| name.to_owned()));
        });
        println!("[test] {} of these tests have ended where they ask for what only Chrome has", ended.len());
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::Suite;

    #[test]
    fn parts_are_found_by_their_names() {
        for suite in Suite::ALL {
            assert_eq!(Suite::from_name(suite.name()), Ok(suite));
        }
    }
}
