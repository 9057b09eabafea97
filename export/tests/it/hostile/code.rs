//! Text that a compiler reads: everything but comments.

/// Languages, by their kinds of comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    C,
    Rust,
    Js,
    Python,
    Fortran,
    Latex,
}

/// Returns a text without its comments. In Python, the initial string is removed, too.
pub fn code(text: &str, language: Language) -> String {
    match language {
        Language::C => braces(&text.replace("??/", "\\").replace("\\\n", ""), language),
        Language::Rust | Language::Js => braces(text, language),
        Language::Python => after_docstring(text).to_owned(),
        Language::Fortran => lines(text, |line| if line.starts_with(['!', 'c', 'C', '*']) { "" } else { line }),
        Language::Latex => lines(text, |line| &line[..comment_of_latex(line)]),
    }
}

/// Text before the first code.
pub fn header(text: &str, language: Language) -> &str {
    match language {
        Language::C | Language::Js => &text[..=text.find("*/\n\n").expect("a comment") + 2],
        Language::Rust | Language::Fortran => &text[..=text.find("\n\n").expect("a comment")],
        Language::Python => &text[..text.len() - after_docstring(text).len()],
        Language::Latex => &text[..=text.find("\n\\begin").expect("an equation")],
    }
}

fn lines(text: &str, kept: impl Fn(&str) -> &str) -> String {
    let lines = text.split(['\n', '\r']).map(kept).filter(|line| !line.trim().is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

fn comment_of_latex(line: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in line.char_indices() {
        if c == '%' && !is_escaped {
            return at;
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    line.len()
}

fn after_docstring(text: &str) -> &str {
    let inside = text.strip_prefix("\"\"\"").expect("a string");
    let mut is_escaped = false;
    for (at, c) in inside.char_indices() {
        if !is_escaped && inside[at..].starts_with("\"\"\"") {
            return &inside[at + 3..];
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    panic!("a string without end");
}

/// Text of C, Rust or JavaScript without its comments.
fn braces(text: &str, language: Language) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let len = if rest.starts_with("/*") {
            end_of_block(rest, language == Language::Rust)
        } else if rest.starts_with("//") {
            let ends: &[char] = if language == Language::Js { &['\n', '\r', '\u{2028}', '\u{2029}'] } else { &['\n'] };
            rest.find(ends).unwrap_or(rest.len())
        } else if c == '"' || language != Language::Rust && c == '\'' || language == Language::Js && c == '`' {
            let end = end_of_string(rest, c);
            code.push_str(&rest[..end]);
            end
        } else {
            code.push(c);
            c.len_utf8()
        };
        rest = &rest[len..];
    }
    code.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn end_of_block(text: &str, nests: bool) -> usize {
    let (mut depth, mut at) = (1, 2);
    while depth > 0 {
        let rest = &text[at..];
        let end = rest.find("*/").expect("an end of the comment");
        if let Some(begin) = rest.find("/*").filter(|&begin| nests && begin < end) {
            (depth, at) = (depth + 1, at + begin + 2);
        } else {
            (depth, at) = (depth - 1, at + end + 2);
        }
    }
    at
}

fn end_of_string(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if c == quote && !is_escaped {
            return at + 1;
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    panic!("a string without end");
}
