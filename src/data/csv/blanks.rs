//! Tables whose columns are separated by blanks, as many programs of simulation write them, often below lines that begin with `#`.

/// What PLUMED writes before the names of columns.
const FIELDS: &[u8] = b"#! FIELDS";

/// The same table with commas, line by line, if blanks separate its columns, else the bytes as they are. Its header is the first line, or the
/// last of the lines with `#` that it begins with, or the one of these that lists fields; other lines with `#` become blank.
pub(super) fn with_commas(bytes: Vec<u8>) -> Vec<u8> {
    let lines: Vec<&[u8]> = bytes.split(|&b| b == b'\n').collect();
    let filled = |line: &&[u8]| !line.trim_ascii().is_empty();
    let is_remark = |line: &[u8]| line.trim_ascii().starts_with(b"#");
    let lists_fields = |line: &[u8]| line.trim_ascii().starts_with(FIELDS);
    let begin = || lines.iter().enumerate().filter(|(_, line)| filled(line));
    let remarks = || begin().take_while(|(_, line)| is_remark(line));
    let named = remarks().find(|(_, line)| lists_fields(line)).or_else(|| remarks().last()).or_else(|| begin().next());
    let Some((at, header)) = named else { return bytes };
    let names = words(without_mark(header));
    let first = lines[at + 1..].iter().find(|line| filled(line) && !is_remark(line));
    let is_number = |word: &&[u8]| std::str::from_utf8(word).is_ok_and(|word| word.parse::<f64>().is_ok());
    let is_row = |line: &&[u8]| words(line).len() == names.len() && words(line).iter().all(is_number);
    let is_separated = header.iter().any(|byte| b",;\t\"".contains(byte));
    if names.len() < 2 || is_separated || first.is_none_or(|line| !is_row(line)) {
        return bytes;
    }
    let rewritten = lines.iter().enumerate().map(|(k, line)| match k {
        _ if k == at => names.join(&b','),
        _ if is_remark(line) => Vec::new(),
        _ => words(line).join(&b','),
    });
    rewritten.collect::<Vec<_>>().join(&b'\n')
}

/// A header without the mark before its names.
fn without_mark(header: &[u8]) -> &[u8] {
    let header = header.trim_ascii();
    let names = header.strip_prefix(FIELDS).or_else(|| header.strip_prefix(b"#")).unwrap_or(header);
    names.trim_ascii()
}

fn words(line: &[u8]) -> Vec<&[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn becomes(text: &str, expected: &str) {
        assert_eq!(String::from_utf8(with_commas(text.into())).unwrap(), expected);
    }

    #[test]
    fn columns_by_blanks_are_separated_by_commas_and_lines_keep_their_numbers() {
        becomes("x  y\n 1 2\r\n\n3 -4e5\n", "x,y\n1,2\n\n3,-4e5\n");
        becomes("# of a run\n# x y\n1 2\n# end\n3 4", "\nx,y\n1,2\n\n3,4");
        becomes("#! FIELDS x y\n#! SET n 3\n1 2\n", "x,y\n\n1,2\n");
    }

    #[test]
    fn other_tables_stay_as_they_are() {
        for text in ["x y\n1\n2\n", "x,y\n1,2\n", "# x,y\n1,2\n", "the x\ty\n1 2\n", "x y\n1 a\n", "", "\n", "x"] {
            becomes(text, text);
        }
    }
}
