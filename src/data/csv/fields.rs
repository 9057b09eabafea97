//! The fields of a line.

/// Splits a line into its fields, without the blanks around them. Quotes at the beginning of a field enclose its text. Quotes within a
/// field are characters, such as those of a second derivative. A blank as the separator stands for any number of blanks and tabs.
pub(super) fn split(line: &str, separator: u8) -> Vec<String> {
    let by_blanks = separator == b' ';
    let mut fields = Vec::new();
    let (mut field, mut is_quoted, mut is_open) = (String::new(), false, false);
    let mut characters = line.trim().chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' if is_quoted || field.trim().is_empty() => {
                is_quoted = !is_quoted;
                is_open = true;
            }
            c if is_quoted => field.push(c),
            c if by_blanks && c.is_ascii_whitespace() => {
                if is_open {
                    fields.push(std::mem::take(&mut field));
                }
                is_open = false;
            }
            c if !by_blanks && c == char::from(separator) => fields.push(std::mem::take(&mut field).trim().to_owned()),
            c => {
                field.push(c);
                is_open = true;
            }
        }
    }
    if is_open || !by_blanks {
        fields.push(field.trim().to_owned());
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_fields_are_not_split() {
        assert_eq!(split(" a  \"b c\"\t\"d\"\"\" ", b' '), ["a", "b c", "d\""]);
        assert_eq!(split("a; \"b;c\" ;;d ", b';'), ["a", "b;c", "", "d"]);
        assert_eq!(split("a, V'' (mV),V\" (mV), M\" ", b','), ["a", "V'' (mV)", "V\" (mV)", "M\""]);
        assert_eq!((split("", b' ').len(), split("", b',').len()), (0, 1));
    }
}
