//! The book: `docs/book`, made by mdBook into the folder of the page.
//!
//! mdBook leaves equations to a script from the network. Here they are turned into `MathML` while the book is made, by a
//! preprocessor of mdBook that is this program (`cargo xtask equations`), so that a page of the book loads nothing from elsewhere.

use std::io::Read;
use std::path::Path;

use pulldown_latex::config::{DisplayMode, RenderConfig};
use pulldown_latex::{Parser, Storage, push_mathml};
use serde_json::Value;

use crate::{Outcome, process, setup, site};

/// The sources of the book, in the root of the repository.
const SOURCES: &str = "docs/book";

/// The folder of the book in that of the page.
pub const PLACE: &str = "book";

/// Makes the book beside the page, with the figures that its chapters show.
pub fn build(root: &Path) -> Outcome {
    let target = root.join(site::DIST).join(PLACE);
    let this = std::env::current_exe().map_err(|error| format!("could not find this program: {error}"))?;
    let mut mdbook = setup::Tools::find()?.program("mdbook", &root.join(SOURCES))?;
    mdbook.env("MDBOOK_LOG", "warn").env("MDBOOK_PREPROCESSOR__EQUATIONS__COMMAND", format!("\"{}\" equations", this.display()));
    process::run(mdbook.arg("build").arg("--dest-dir").arg(&target), "build the book")?;
    site::copy_folder(&root.join("docs/figures"), &target.join("figures"))?;
    println!("[build] the book, {}", target.join("index.html").display());
    Ok(())
}

/// Reads a book in mdBook's form from standard input, and writes it with its equations in `MathML` to standard output.
pub fn preprocess() -> Outcome {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| format!("could not read the book: {error}"))?;
    let input: (Value, Value) = serde_json::from_str(&text)
        .map_err(|error| format!("mdBook calls `cargo xtask equations` and gives it a book; this is none: {error}"))?;
    let mut book = input.1;
    chapters(&mut book)?;
    println!("{book}");
    Ok(())
}

/// Changes the text of every chapter, at any depth.
fn chapters(part: &mut Value) -> Outcome {
    match part {
        Value::Array(parts) => parts.iter_mut().try_for_each(chapters),
        Value::Object(fields) => {
            if let Some(Value::String(text)) = fields.get_mut("content") {
                *text = chapter(text)?;
            }
            fields.values_mut().try_for_each(chapters)
        }
        _ => Ok(()),
    }
}

/// The text of a chapter with `MathML` for `$...$` and, on lines of their own, `$$` ... `$$`, and without links to files of the
/// repository that are no part of the book. What is code stays as it is.
fn chapter(text: &str) -> Outcome<String> {
    let (mut out, mut is_code, mut equation) = (String::new(), false, None::<String>);
    for line in text.lines() {
        is_code ^= equation.is_none() && line.trim_start().starts_with("```");
        match (&mut equation, line.trim()) {
            (None, "$$") if !is_code => equation = Some(String::new()),
            (Some(formula), "$$") => {
                out += &format!("<div class=\"equation\">{}</div>", mathml(formula, DisplayMode::Block)?);
                equation = None;
            }
            (Some(formula), line) => *formula += &format!("{line} "),
            (None, _) if is_code => out += line,
            (None, _) => out += &prose(line)?,
        }
        out.push('\n');
    }
    equation.map_or(Ok(out), |formula| Err(format!("the equation that begins with `{formula:.40}` is not closed by `$$`")))
}

/// A line without its links out of the book, and with its equations in `MathML`.
fn prose(line: &str) -> Outcome<String> {
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

/// A line in which links to what lies above the chapters are the words that they stood under. Links to the page stay.
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

/// `MathML` of a formula in LaTeX, in which nothing has a meaning in Markdown.
fn mathml(formula: &str, display_mode: DisplayMode) -> Outcome<String> {
    let storage = Storage::new();
    let events: Vec<_> = Parser::new(formula, &storage).collect();
    if let Some(Err(error)) = events.iter().find(|event| event.is_err()) {
        return Err(format!("the formula `{formula}` of the book cannot be read: {error}"));
    }
    let mut out = String::new();
    push_mathml(&mut out, events.into_iter(), RenderConfig { display_mode, ..RenderConfig::default() })
        .map_err(|error| format!("the formula `{formula}` of the book cannot be written: {error}"))?;
    let signs = [
        ('*', "&#42;"),
        ('_', "&#95;"),
        ('|', "&#124;"),
        ('[', "&#91;"),
        (']', "&#93;"),
        ('`', "&#96;"),
        ('\\', "&#92;"),
        ('\n', " "),
    ];
    Ok(signs.into_iter().fold(out, |out, (sign, entity)| out.replace(sign, entity)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equations_become_mathml_and_code_stays() {
        let text = chapter("so $a_i \\ge 0$, `$x$`\n\n$$\nx^2\n+ 1\n$$\n\n```sh\necho $x$\n```\n").expect("it can be read");
        assert!(
            text.starts_with("so <math display=\"inline\">") && text.contains("`$x$`") && text.contains("echo $x$"),
            "{text}"
        );
        assert!(text.contains("<div class=\"equation\"><math display=\"block\">"), "{text}");
        assert!(!text.split("<math").nth(1).is_some_and(|math| math.contains('_')), "{text}");
        assert!(chapter("$$\nx\n").is_err() && chapter("$\\notacommand{x}$").is_err());
    }

    #[test]
    fn links_lead_to_the_book_or_to_the_page() {
        assert_eq!(without_links("see [`data`](../examples/data), [a](b.md)"), "see `data`, [a](b.md)");
        let kept = "[open](../index.html#seed=1)";
        assert_eq!(without_links(kept), kept);
        assert_eq!(without_links(&format!("{kept} and [the map](../ARCHITECTURE.md)")), format!("{kept} and the map"));
    }

    /// Chapters that include a page of `docs` are called like it, so that links between these pages hold in the book.
    #[test]
    fn every_chapter_is_there_and_loads_nothing_from_elsewhere() {
        let folder = crate::root().join(SOURCES).join("src");
        let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
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
            chapter(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
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
