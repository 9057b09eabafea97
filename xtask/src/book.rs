//! The book: `docs/book`, built by mdBook into the folder of the page.
//!
//! mdBook leaves equations to a script from the network. This program is a preprocessor of mdBook (`cargo xtask equations`) that converts them to
//! `MathML`. The pages of the book therefore load nothing from other sites.

use std::io::Read;
use std::path::Path;

use pulldown_latex::config::{DisplayMode, RenderConfig};
use pulldown_latex::{Parser, Storage, push_mathml};
use serde_json::Value;

use crate::{TaskResult, files, process, setup, site};

/// Sources of the book, in the root of the repository.
const BOOK_SOURCES: &str = "docs/book";
/// Folder of the book in the folder of the page.
pub const BOOK_FOLDER: &str = "book";

/// Builds the book beside the page, with the figures of its chapters.
pub fn build(root: &Path) -> TaskResult {
    let target = root.join(site::DIST_FOLDER).join(BOOK_FOLDER);
    let this = std::env::current_exe().map_err(|error| format!("could not find this program: {error}"))?;
    let mut mdbook = setup::Tools::find()?.program("mdbook", &root.join(BOOK_SOURCES))?;
    mdbook.env("MDBOOK_LOG", "warn").env("MDBOOK_PREPROCESSOR__EQUATIONS__COMMAND", format!("\"{}\" equations", this.display()));
    process::run(mdbook.arg("build").arg("--dest-dir").arg(&target), "build the book")?;
    files::copy_folder(&root.join("docs/figures"), &target.join("figures"))?;
    println!("[build] the book, {}", target.join("index.html").display());
    Ok(())
}

/// Reads a book in mdBook's format from standard input, and writes it with its equations in `MathML` to standard output.
pub fn preprocess() -> TaskResult {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| format!("could not read the book: {error}"))?;
    let input: (Value, Value) = serde_json::from_str(&text)
        .map_err(|error| format!("mdBook calls `cargo xtask equations` and gives it a book; this is none: {error}"))?;
    let mut book = input.1;
    convert_chapters(&mut book)?;
    println!("{book}");
    Ok(())
}

/// Converts the text of every chapter, at any depth.
fn convert_chapters(part: &mut Value) -> TaskResult {
    match part {
        Value::Array(parts) => parts.iter_mut().try_for_each(convert_chapters),
        Value::Object(fields) => {
            if let Some(Value::String(text)) = fields.get_mut("content") {
                *text = convert_chapter(text)?;
            }
            fields.values_mut().try_for_each(convert_chapters)
        }
        _ => Ok(()),
    }
}

/// Converts `$...$`, and equations between two lines `$$`, to `MathML`, and removes links to files outside the book. Code does not change.
fn convert_chapter(text: &str) -> TaskResult<String> {
    let (mut out, mut fence, mut equation) = (String::new(), 0, None::<String>);
    for line in text.lines() {
        let backticks = line.trim().len() - line.trim().trim_start_matches('`').len();
        let is_fence = equation.is_none() && backticks > 2 && (fence == 0 || fence == backticks);
        fence = if is_fence { backticks - fence } else { fence };
        match (&mut equation, line.trim()) {
            (None, "$$") if fence == 0 => equation = Some(String::new()),
            (Some(formula), "$$") => {
                out += &format!("<div class=\"equation\">{}</div>", mathml(formula, DisplayMode::Block)?);
                equation = None;
            }
            (Some(formula), line) => *formula += &format!("{line} "),
            (None, _) if fence > 0 => out += line,
            (None, _) => out += &convert_line(line)?,
        }
        out.push('\n');
    }
    equation.map_or(Ok(out), |formula| Err(format!("the equation that begins with `{formula:.40}` is not closed by `$$`")))
}

/// Removes the links of a line that lead out of the book, and converts its equations to `MathML`.
fn convert_line(line: &str) -> TaskResult<String> {
    let mut out = String::new();
    // Every second part is code.
    for (place, part) in without_links(line).split('`').enumerate() {
        if place % 2 == 1 {
            out += &format!("`{part}`");
            continue;
        }
        let mut rest = part;
        while let Some((before, (formula, after))) = rest.split_once('$').and_then(|(b, tail)| Some((b, tail.split_once('$')?))) {
            out += before;
            out += &mathml(formula, DisplayMode::Inline)?;
            rest = after;
        }
        out += rest;
    }
    Ok(out)
}

/// Replaces links to files above the chapters by their texts. Links to the page are kept.
fn without_links(line: &str) -> String {
    let mut line = line.to_owned();
    let mut from = 0;
    while let Some(middle) = line[from..].find("](../").map(|at| from + at) {
        let (begin, end) = (line[..middle].rfind('['), line[middle..].find(')').map(|at| middle + at));
        match (begin, end) {
            (Some(begin), Some(end)) if !line[middle..].starts_with("](../index.html") => {
                let words = line[begin + 1..middle].to_owned();
                line.replace_range(begin..=end, &words);
                from = begin + words.len();
            }
            _ => from = middle + 1,
        }
    }
    line
}

/// `MathML` of a formula in LaTeX, without characters that have a meaning in Markdown.
fn mathml(formula: &str, display_mode: DisplayMode) -> TaskResult<String> {
    let storage = Storage::new();
    let events: Vec<_> = Parser::new(formula, &storage).collect();
    if let Some(Err(error)) = events.iter().find(|event| event.is_err()) {
        return Err(format!("the formula `{formula}` of the book cannot be read: {error}"));
    }
    let mut out = String::new();
    push_mathml(&mut out, events.into_iter(), RenderConfig { display_mode, ..RenderConfig::default() })
        .map_err(|error| format!("the formula `{formula}` of the book cannot be written: {error}"))?;
    let entities = ["*", "_", "|", "[", "]", "`", "\\"].map(|sign| (sign, format!("&#{};", sign.as_bytes()[0])));
    Ok(entities.into_iter().fold(out.replace('\n', " "), |out, (sign, entity)| out.replace(sign, &entity)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equations_become_mathml_and_code_is_unchanged() {
        let text = convert_chapter("so $a_i \\ge 0$, `$x$`\n\n$$\nx^2\n+ 1\n$$\n\n````sh\n```{x}\necho $x$\n````\n")
            .expect("it can be read");
        assert!(
            text.starts_with("so <math display=\"inline\">") && text.contains("`$x$`") && text.contains("```{x}\necho $x$\n````"),
            "{text}"
        );
        assert!(text.contains("<div class=\"equation\"><math display=\"block\">"), "{text}");
        assert!(!text.split("<math").nth(1).is_some_and(|math| math.contains('_')), "{text}");
        assert!(convert_chapter("$$\nx\n").is_err() && convert_chapter("$\\notacommand{x}$").is_err());
    }

    #[test]
    fn links_out_of_book_become_text() {
        assert_eq!(without_links("see [`data`](../examples/data), [a](b.md)"), "see `data`, [a](b.md)");
        let kept = "[open](../index.html#seed=1)";
        assert_eq!(without_links(kept), kept);
        assert_eq!(without_links(&format!("{kept} and [the map](../ARCHITECTURE.md)")), format!("{kept} and the map"));
    }

    /// Chapters that include a page of `docs` have its name, so that links between these pages are valid in the book.
    #[test]
    fn every_chapter_exists_and_loads_only_local_files() {
        let folder = crate::root().join(BOOK_SOURCES).join("src");
        let read = |path: &Path| files::read_text(path).unwrap();
        let summary = read(&folder.join("SUMMARY.md"));
        let names: Vec<&str> = summary.split("](").skip(1).filter_map(|part| Some(part.split_once(')')?.0)).collect();
        assert!(names.len() > 10, "{names:?}");
        let mut playgrounds = 0;
        for name in &names {
            let mut text = read(&folder.join(name));
            playgrounds += text.matches("</multiwell-playground>").count();
            if let Some((before, (page, after))) =
                text.split_once("{{#include ").and_then(|(before, rest)| Some((before, rest.split_once("}}")?)))
            {
                text = format!("{before}{}{after}", read(&folder.join(page)));
            }
            convert_chapter(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            // Every second part is code.
            let loads = text.split("```").step_by(2).any(|part| part.contains("src=\"http"));
            assert!(!loads, "{name} loads something from elsewhere");
            for link in text.split("](").skip(1).filter_map(|part| part.split_once(')')).map(|(link, _)| link) {
                let file = link.split_once('#').map_or(link, |(file, _)| file);
                let is_page = Path::new(file).extension().is_some_and(|kind| kind == "md");
                assert!(!is_page || file.starts_with("../") || names.contains(&file), "{name} links to {file}");
            }
        }
        assert!(playgrounds >= 8, "{playgrounds} playgrounds");
    }
}
