//! Tests of the recipes of the chapter "In other documents". Each document is built from the files and the commands of the chapter.

use std::path::Path;
use std::process::Command;

use multiwell_page_tests::visit;
use serde_json::json;

const CHAPTER: &str = include_str!("../../../docs/book/src/documents.md");
/// Conversion of Quarto. It renders the document by pandoc; Quarto itself is in no registry of packages.
const RENDER_BY_PANDOC: &str = "python -c 'import pypandoc; pypandoc.convert_file(
    \"index.qmd\", \"html\", format=\"markdown\", outputfile=\"index.html\", extra_args=[\"--standalone\"])'";

/// JavaScript that keeps the events of the element, with the number of wells.
const RECORD_EVENTS: &str = "globalThis.events = [];
    for (const name of ['ready', 'finished']) {
        addEventListener(name, ({ type, detail }) => detail?.state && events.push([type, detail.wells]), true);
    }";

/// Runs commands of the chapter in a folder.
fn run(commands: &str, folder: &Path) {
    let mut shell = Command::new("sh");
    shell.args(["-e", "-c", &commands.replace("quarto render", RENDER_BY_PANDOC)]).current_dir(folder);
    let output = shell.output().expect("a shell can be started");
    assert!(output.status.success(), "{commands}{}", String::from_utf8_lossy(&output.stderr));
}

/// Follows a section of the chapter in a folder: writes each file that it names before a block, and runs each block of commands.
fn follow(title: &str, folder: &Path) {
    let is_section = |section: &&str| section.lines().next() == Some(title);
    let section = CHAPTER.split("\n## ").find(is_section).unwrap_or_else(|| panic!("the chapter has no section {title}"));
    let (mut lines, mut name) = (section.lines(), "");
    while let Some(line) = lines.next() {
        name = line.strip_prefix('`').and_then(|line| line.strip_suffix("`:")).unwrap_or(name);
        let language = line.trim_start_matches('`');
        let fence = &line[..line.len() - language.len()];
        if fence.len() < 3 {
            continue;
        }
        let text: String = lines.by_ref().take_while(|line| *line != fence).flat_map(|line| [line, "\n"]).collect();
        if language == "sh" {
            run(&text, folder);
        } else {
            let file = folder.join(name);
            std::fs::create_dir_all(file.parent().expect("a file is in a folder")).expect("a folder can be created");
            std::fs::write(file, text).expect("a file can be written");
        }
    }
}

/// Builds the document of a recipe, opens its page, and waits until its figure has been trained.
async fn build_and_open(title: &'static str, page_path: &'static str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let recipe = root.join("target/documents").join(title);
    let document = recipe.join("document");
    let _ = std::fs::remove_dir_all(&recipe);
    std::fs::create_dir_all(&document).expect("a folder can be created");
    std::os::unix::fs::symlink(root.join("dist"), document.join("dist")).expect("a link can be created");
    follow("The page", &document);
    follow(title, &document);
    let site = std::env::var("MULTIWELL_DOCUMENTS").expect("`cargo xtask test --only page` serves the documents");
    visit("build.json", move |page| async move {
        page.before_scripts(RECORD_EVENTS).await;
        page.goto_elsewhere(&format!("{site}{title}/document/{page_path}")).await;
        page.until("the figure has been trained", 60, "events.some(([type]) => type === 'finished')").await;
        assert_eq!(page.script("return events.map(([type]) => type)").await, json!(["ready", "finished"]));
        assert_eq!(page.script("return events[1][1]").await, 2, "the double well has two wells");
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn figure_trains_in_mkdocs() {
    build_and_open("MkDocs", "site/index.html").await;
}

#[tokio::test]
async fn figure_trains_in_sphinx() {
    build_and_open("Sphinx", "_build/index.html").await;
}

#[tokio::test]
async fn figure_trains_in_mdbook() {
    build_and_open("mdBook", "book/wells.html").await;
}

#[tokio::test]
async fn figure_trains_in_document_converted_as_by_quarto() {
    build_and_open("Quarto", "index.html").await;
}
