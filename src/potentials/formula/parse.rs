//! Parses the text of a formula by operator precedence (Pratt), into a list of nodes in which operands precede their users.
//!
//! Operators from low to high precedence: `+ -`, then `* /`, then a sign, then `^`, which groups to the right: `-x^2` is `-(x^2)`, `2^3^2`
//! is `2^(3^2)`. A number or a closing parenthesis directly before a name or a parenthesis is multiplied by it (`2x`, `x²(x + 1)`), except
//! after `/` and `^`, where the meaning is ambiguous. Length and depth are limited, so that no text can exhaust the stack.

use super::error::FormulaError;
use super::parameters::{FUNCTION_NAMES, MAX_INPUTS, NAMED_CONSTANTS, is_of_name};
use crate::text::{decimal, printable};

/// Largest number of characters of a formula.
pub const MAX_CHARACTERS: usize = 500;
/// Largest depth of nested parentheses, signs and powers.
const MAX_DEPTH: usize = 60;

/// Binary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

impl Operator {
    /// Precedence towards the operand before the operator and towards the operand after it.
    fn binding(self) -> (u8, u8) {
        match self {
            Self::Add | Self::Subtract => (1, 2),
            Self::Multiply | Self::Divide => (3, 4),
            Self::Power => (8, 7),
        }
    }
}

/// Precedence of a sign.
const SIGN_PRECEDENCE: u8 = 5;

/// Node of a formula. Operands are indices in the list of nodes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Number(f64),
    /// Name that is neither a function nor a constant.
    Name(String),
    Negative(usize),
    Binary(Operator, usize, usize),
    /// Name of a function, with its arguments.
    Call(&'static str, Vec<usize>),
}

/// Parsed formula: a potential, or the components of a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parsed {
    /// Nodes, each with its position in the text, from one.
    pub nodes: Vec<(Node, usize)>,
    /// Indices of the nodes of the components.
    pub roots: Vec<usize>,
    /// True if the formula is a field.
    pub is_field: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(f64),
    Name(String),
    Operator(Operator),
    Open,
    Close,
    Separator(char),
    End,
}

/// Error at a character, counted from one.
fn at(place: usize, clause: &str) -> FormulaError {
    FormulaError::new("formula", format!("cannot be read at character {place}: {clause}"))
}

/// Tokens of a text with their positions. The last token is the end of the text.
fn tokens(text: &str) -> Result<Vec<(Token, usize)>, FormulaError> {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() > MAX_CHARACTERS {
        let sentence = format!("has {} characters, but may have {MAX_CHARACTERS}: shorten it", characters.len());
        return Err(FormulaError::new("formula", sentence));
    }
    let (mut tokens, mut k) = (Vec::new(), 0);
    while let Some(&c) = characters.get(k) {
        let rest = &characters[k..];
        let (token, length) = match c {
            _ if c.is_whitespace() => {
                k += 1;
                continue;
            }
            '0'..='9' | '.' => number(rest, k + 1)?,
            'a'..='z' | 'A'..='Z' => {
                let name: String = rest.iter().take_while(|c| is_of_name(**c)).collect();
                let length = name.len();
                (Token::Name(name), length)
            }
            'π' => (Token::Name("pi".into()), 1),
            '√' => (Token::Name(c.into()), 1),
            '½' | '¼' | '¾' => (Token::Number([0.5, 0.25, 0.75][usize::from(c == '¼') + 2 * usize::from(c == '¾')]), 1),
            _ if superscript(c).is_some() => {
                tokens.push((Token::Operator(Operator::Power), k + 1));
                let digits: Vec<f64> = rest.iter().map_while(|c| superscript(*c)).collect();
                (Token::Number(digits.iter().fold(0.0, |value, digit| 10.0 * value + digit)), digits.len())
            }
            '+' => (Token::Operator(Operator::Add), 1),
            '-' | '−' => (Token::Operator(Operator::Subtract), 1),
            '*' if rest.get(1) == Some(&'*') => (Token::Operator(Operator::Power), 2),
            '*' | '·' | '×' => (Token::Operator(Operator::Multiply), 1),
            '/' => (Token::Operator(Operator::Divide), 1),
            '^' => (Token::Operator(Operator::Power), 1),
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            ',' | ';' => (Token::Separator(c), 1),
            '=' => return Err(at(k + 1, "give only the right side of the equation")),
            '|' => return Err(at(k + 1, "write abs(x) for |x|")),
            _ => return Err(at(k + 1, &format!("{} has no meaning in a formula{}", shown(c), replacement(c)))),
        };
        tokens.push((token, k + 1));
        k += length;
    }
    tokens.push((Token::End, characters.len() + 1));
    Ok(tokens)
}

/// Value of a superscript digit.
fn superscript(c: char) -> Option<f64> {
    "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().position(|digit| digit == c).map(|value| value as f64)
}

/// Returns a character in quotes, with its code if it is not printable.
fn shown(c: char) -> String {
    format!("\"{}\"", printable(&c.to_string()))
}

/// Notation that replaces a character that is common in formulas, as a clause; empty for other characters.
fn replacement(c: char) -> &'static str {
    match c {
        'α'..='ω' | 'Α'..='Ω' => "; names have Latin letters, such as a, or alpha with alpha=1 under Parameters",
        '≥' | '≤' | '<' | '>' => "; a formula has no comparisons",
        _ => "",
    }
}

/// Reads the number at the beginning of some characters. Returns it with its length.
fn number(from: &[char], place: usize) -> Result<(Token, usize), FormulaError> {
    let digits = |start: usize| from[start.min(from.len())..].iter().take_while(|c| c.is_ascii_digit()).count();
    let whole = digits(0);
    let mut length = whole;
    if from.get(whole) == Some(&'.') {
        let decimals = digits(whole + 1);
        if whole + decimals == 0 {
            return Err(at(place, "a point without digits is no number"));
        }
        length = whole + 1 + decimals;
    }
    if matches!(from.get(length), Some('e' | 'E')) {
        let sign = usize::from(matches!(from.get(length + 1), Some('+' | '-' | '−')));
        let exponent = digits(length + 1 + sign);
        // Without digits, the letter is the constant e.
        length += if exponent > 0 { 1 + sign + exponent } else { 0 };
    }
    match decimal(&from[..length].iter().collect::<String>()) {
        Some(value) if value.is_finite() => Ok((Token::Number(value), length)),
        _ => Err(at(place, "the number is too large")),
    }
}

struct Parser {
    tokens: Vec<(Token, usize)>,
    next: usize,
    nodes: Vec<(Node, usize)>,
}

/// Parses a formula.
///
/// # Errors
/// One sentence on the error, with the position of its character.
pub(super) fn parse(text: &str) -> Result<Parsed, FormulaError> {
    let mut parser = Parser { tokens: tokens(text)?, next: 0, nodes: Vec::new() };
    if parser.peek() == &Token::End {
        return Err(FormulaError::new("formula", "is empty: write one such as x^4 - 2*x^2"));
    }
    let (mut roots, mut is_field) = (Vec::new(), false);
    loop {
        roots.push(parser.expression(0, 0)?);
        let place = parser.place();
        match parser.next_token() {
            Token::End => break,
            Token::Separator(c) => {
                parser.refuse_decimal_comma(c, place)?;
                is_field = true;
                // A separator at the end makes the formula a field of a single component.
                if parser.peek() == &Token::End {
                    break;
                }
                if roots.len() == MAX_INPUTS {
                    return Err(at(place, "a field has at most three components"));
                }
            }
            Token::Close => return Err(at(place, "there is no \"(\" for this \")\"")),
            _ => return Err(at(place, "an operator such as * is missing in front")),
        }
    }
    Ok(Parsed { nodes: parser.nodes, roots, is_field })
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.next].0
    }

    fn place(&self) -> usize {
        self.tokens[self.next].1
    }

    /// Returns the next token and advances. The end token is never passed.
    fn next_token(&mut self) -> Token {
        let token = self.tokens[self.next].0.clone();
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        token
    }

    fn add(&mut self, node: Node, place: usize) -> usize {
        self.nodes.push((node, place));
        self.nodes.len() - 1
    }

    /// Parses an expression of operators with a precedence of at least `least`.
    fn expression(&mut self, least: u8, depth: usize) -> Result<usize, FormulaError> {
        let mut left = self.operand(depth)?;
        let mut last = None;
        loop {
            let place = self.place();
            let operator = match self.peek() {
                Token::Operator(operator) => *operator,
                Token::Name(_) | Token::Open if self.multiplies(last)? => Operator::Multiply,
                _ => return Ok(left),
            };
            let (before, after) = operator.binding();
            if before < least {
                return Ok(left);
            }
            if matches!(self.peek(), Token::Operator(_)) {
                self.next_token();
            }
            let right = self.expression(after, depth + 1)?;
            left = self.add(Node::Binary(operator, left, right), place);
            last = Some(operator);
        }
    }

    /// Returns true if the number or parenthesis before a name or a parenthesis is multiplied by it. `last` is the operator in front of it.
    fn multiplies(&self, last: Option<Operator>) -> Result<bool, FormulaError> {
        let mut before = self.tokens[..self.next].iter().rev();
        let (is_number, factor) = match before.next() {
            Some((Token::Number(_), factor)) => (true, *factor),
            Some((Token::Close, factor)) => (false, *factor),
            _ => return Ok(false),
        };
        let ambiguous =
            |clause: &str| Err(at(self.place(), &format!("write * or parentheses, because {clause} may be read in two ways")));
        if last == Some(Operator::Divide) {
            return ambiguous("a factor behind a divisor, as in 1/2x,");
        }
        let first = before.find(|(token, _)| *token != Token::Operator(Operator::Subtract));
        // The exponent of a superscript has the position of its operator.
        if is_number && first.is_some_and(|(token, power)| *token == Token::Operator(Operator::Power) && *power != factor) {
            return ambiguous("a factor behind an exponent, as in x^2x,");
        }
        Ok(true)
    }

    /// Parses a number, a name, a call, an expression in parentheses, or one of these with signs.
    fn operand(&mut self, depth: usize) -> Result<usize, FormulaError> {
        let place = self.place();
        if depth > MAX_DEPTH {
            return Err(at(place, &format!("more than {MAX_DEPTH} parts stand inside one another")));
        }
        match self.next_token() {
            Token::Number(value) => Ok(self.add(Node::Number(value), place)),
            Token::Name(name) => self.named(&name, place, depth),
            Token::Operator(Operator::Subtract) => {
                let operand = self.expression(SIGN_PRECEDENCE, depth + 1)?;
                Ok(self.add(Node::Negative(operand), place))
            }
            Token::Operator(Operator::Add) => self.expression(SIGN_PRECEDENCE, depth + 1),
            Token::Open => {
                let inside = self.expression(0, depth + 1)?;
                self.close(place)?;
                Ok(inside)
            }
            Token::End => Err(at(place, "it ends where a number, a letter or \"(\" should follow")),
            _ => Err(at(place, "a number, a letter or \"(\" should stand here")),
        }
    }

    /// Parses the number, name or call behind a root sign without parentheses.
    fn root(&mut self, place: usize, depth: usize) -> Result<usize, FormulaError> {
        let inside = self.operand(depth + 1)?;
        if matches!(self.peek(), Token::Operator(Operator::Power) | Token::Name(_) | Token::Open) {
            return Err(at(self.place(), "write parentheses below the root, because √2x and √x² may be read in two ways"));
        }
        Ok(self.add(Node::Call("sqrt", vec![inside]), place))
    }

    /// Parses a name as a constant, a function call or a variable.
    fn named(&mut self, name: &str, place: usize, depth: usize) -> Result<usize, FormulaError> {
        let is_call = self.peek() == &Token::Open;
        let name = match name {
            "√" if !is_call => return self.root(place, depth),
            "√" => "sqrt",
            _ => name,
        };
        let Some(&(function, least)) = FUNCTION_NAMES.iter().find(|(known, _)| *known == name) else {
            if is_call {
                let known = FUNCTION_NAMES.map(|(known, _)| known).join(", ");
                let name = crate::text::shortened(name);
                let behind = FUNCTION_NAMES
                    .iter()
                    .map(|(known, _)| *known)
                    .find(|known| name.len() > known.len() && name.ends_with(known));
                let product = match behind {
                    Some(function) => format!("{}*{function}(...)", &name[..name.len() - function.len()]),
                    None => format!("{name}*(...)"),
                };
                let clause = format!("{name} is no function: write {product} for a product, or one of {known}");
                return Err(at(place, &clause));
            }
            let constant = NAMED_CONSTANTS.iter().find(|(known, _)| *known == name).map(|(_, value)| Node::Number(*value));
            return Ok(self.add(constant.unwrap_or_else(|| Node::Name(name.into())), place));
        };
        if !is_call {
            return Err(at(place, &format!("{function} needs its argument in parentheses, as in {function}(x)")));
        }
        let open = self.place();
        self.next_token();
        let mut arguments = vec![self.expression(0, depth + 1)?];
        while *self.peek() == Token::Separator(',') {
            self.next_token();
            arguments.push(self.expression(0, depth + 1)?);
        }
        self.close(open)?;
        let count = arguments.len();
        if count < least || least == 1 && count > 1 {
            let needs = if least == 1 { "one argument" } else { "two arguments or more" };
            return Err(at(place, &format!("{function} takes {needs}, not {count}")));
        }
        Ok(self.add(Node::Call(function, arguments), place))
    }

    /// Reads the parenthesis that closes the one at `open`.
    fn close(&mut self, open: usize) -> Result<(), FormulaError> {
        let place = self.place();
        match self.next_token() {
            Token::Close => Ok(()),
            Token::End => Err(at(open, "this \"(\" is not closed")),
            Token::Separator(_) => Err(at(place, "components are not separated inside parentheses")),
            _ => Err(at(place, "an operator such as * is missing in front")),
        }
    }

    /// Refuses a comma between digits, which is probably a decimal comma.
    fn refuse_decimal_comma(&self, separator: char, place: usize) -> Result<(), FormulaError> {
        let (before, after) = (self.next.checked_sub(2).map(|k| &self.tokens[k]), &self.tokens[self.next]);
        let joined =
            matches!(before, Some((Token::Number(_), _))) && matches!(after, (Token::Number(_), next) if *next == place + 1);
        if separator == ',' && joined {
            return Err(at(place, "write decimals with a point, and a blank behind a comma that separates components"));
        }
        Ok(())
    }
}
