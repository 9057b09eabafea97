//! Formulas as `MathML`.

use std::f64::consts::{E, PI};

use super::parse::{self, Node, Operator, Parsed};

/// Precedence of a sum, a product and an operand that needs no parentheses.
const SUM: u8 = 1;
const PRODUCT: u8 = 3;
const OPERAND: u8 = 9;

/// `MathML` of a formula; `None` if the formula cannot be read.
///
/// ```
/// use multiwell::internal::potentials::mathml;
/// let text = mathml("x^2/2").unwrap();
/// assert!(text.contains("<mfrac><msup><mi>x</mi><mn>2</mn></msup><mn>2</mn></mfrac>"));
/// ```
pub fn mathml(formula: &str) -> Option<String> {
    let parsed = parse::parse(formula).ok()?;
    let components: Vec<String> = parsed.roots.iter().map(|&root| parsed.within(root, 0)).collect();
    Some(format!("<math>{}</math>", components.join("<mo>,</mo>")))
}

impl Parsed {
    /// A node, in parentheses if its precedence is below `least`.
    fn within(&self, node: usize, least: u8) -> String {
        let (text, precedence) = self.typeset(node);
        if precedence < least { parenthesized(&text) } else { text }
    }

    /// A node with its precedence.
    fn typeset(&self, node: usize) -> (String, u8) {
        let all = |node: usize| self.within(node, 0);
        match &self.nodes[node].0 {
            Node::Number(value) if *value == PI => ("<mi>π</mi>".into(), OPERAND),
            Node::Number(value) if *value == E => ("<mi>e</mi>".into(), OPERAND),
            Node::Number(value) => (format!("<mn>{value}</mn>"), OPERAND),
            Node::Name(name) => (identifier(name), OPERAND),
            Node::Negative(of) => (format!("<mrow><mo>−</mo>{}</mrow>", self.within(*of, PRODUCT)), SUM),
            Node::Binary(Operator::Add, a, b) => (format!("{}<mo>+</mo>{}", all(*a), all(*b)), SUM),
            Node::Binary(Operator::Subtract, a, b) => (format!("{}<mo>−</mo>{}", all(*a), self.within(*b, SUM + 1)), SUM),
            Node::Binary(Operator::Multiply, a, b) => {
                // Only a number after a factor needs a sign.
                let sign = if self.begins_with_number(*b) { "<mo>·</mo>" } else { "<mo>&#x2062;</mo>" };
                (format!("{}{sign}{}", self.within(*a, PRODUCT), self.within(*b, PRODUCT)), PRODUCT)
            }
            Node::Binary(Operator::Divide, a, b) => (format!("<mfrac>{}{}</mfrac>", row(all(*a)), row(all(*b))), PRODUCT),
            Node::Binary(Operator::Power, a, b) => {
                (format!("<msup>{}{}</msup>", row(self.within(*a, OPERAND)), row(all(*b))), OPERAND)
            }
            Node::Call("sqrt", of) => (format!("<msqrt>{}</msqrt>", self.arguments(of)), OPERAND),
            Node::Call("abs", of) => (format!("<mrow><mo>|</mo>{}<mo>|</mo></mrow>", self.arguments(of)), OPERAND),
            Node::Call("exp", of) => (format!("<msup><mi>e</mi><mrow>{}</mrow></msup>", self.arguments(of)), OPERAND - 1),
            Node::Call(name, of) => {
                (format!("<mrow><mi>{name}</mi><mo>&#x2061;</mo>{}</mrow>", parenthesized(&self.arguments(of))), OPERAND)
            }
        }
    }

    fn arguments(&self, of: &[usize]) -> String {
        of.iter().map(|&node| self.within(node, 0)).collect::<Vec<_>>().join("<mo>,</mo>")
    }

    fn begins_with_number(&self, node: usize) -> bool {
        match &self.nodes[node].0 {
            Node::Number(value) => *value != PI && *value != E,
            Node::Binary(Operator::Multiply | Operator::Power, first, _) => self.begins_with_number(*first),
            _ => false,
        }
    }
}

/// A name. Digits at its end are an index.
fn identifier(name: &str) -> String {
    let letters = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let index = &name[letters.len()..];
    if index.is_empty() { format!("<mi>{name}</mi>") } else { format!("<msub><mi>{letters}</mi><mn>{index}</mn></msub>") }
}

fn parenthesized(text: &str) -> String {
    format!("<mrow><mo>(</mo>{text}<mo>)</mo></mrow>")
}

/// A text as one argument of an element.
fn row(text: String) -> String {
    let is_single = ["<mi>", "<mn>", "<msup>", "<msub>", "<mrow>"].iter().any(|begin| {
        let name = &begin[1..begin.len() - 1];
        text.starts_with(begin) && text.matches(begin).count() == 1 && text.ends_with(&format!("</{name}>"))
    });
    if is_single { text } else { format!("<mrow>{text}</mrow>") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text of the elements, with a fraction and a power as calls.
    fn read(formula: &str) -> String {
        let marked = mathml(formula).unwrap();
        let marked = marked.replace("<mfrac>", "frac{").replace("<msup>", "pow{").replace("<msqrt>", "root{");
        let marked = marked.replace("</mfrac>", "}").replace("</msup>", "}").replace("</msqrt>", "}");
        let mut text = String::new();
        for part in marked.split('<') {
            text += part.split_once('>').map_or(part, |(_, rest)| rest);
        }
        text.replace("&#x2062;", "").replace("&#x2061;", "")
    }

    #[test]
    fn parentheses_are_kept_where_they_matter() {
        for (formula, expected) in [
            ("a*(x^2 - 1)^2 + 0.3*x", "apow{(pow{x2}−1)2}+0.3x"),
            ("-x^2", "−pow{x2}"),
            ("(-x)^2", "pow{(−x)2}"),
            ("x - (y - 1)", "x−(y−1)"),
            ("(x - y) - 1", "x−y−1"),
            ("(x+1)/(y-1)/2", "frac{frac{x+1y−1}2}"),
            ("2*x*3", "2x·3"),
            ("2^3^2", "pow{2pow{32}}"),
            ("(x/2)^2", "pow{(frac{x2})2}"),
            ("x*(-2)", "x(−2)"),
            ("sqrt(x^2+1) - abs(y)", "root{pow{x2}+1}−|y|"),
            ("min(x, 2) + sin(2*pi*x)^2", "min(x,2)+pow{sin(2πx)2}"),
            ("x1 - x1^3, -x2", "x1−pow{x13},−x2"),
        ] {
            assert_eq!(read(formula), expected, "{formula}");
        }
        assert!(mathml("x +").is_none());
    }

    #[test]
    fn elements_are_balanced_and_fractions_have_two_parts() {
        let text = mathml("exp(-(x^2 + y^2)/2)/(1 + x/y) - x1/x2*cos(x)^2").unwrap();
        for name in ["mrow", "mfrac", "msup", "msub", "mi", "mn", "mo"] {
            assert_eq!(
                text.matches(&format!("<{name}>")).count(),
                text.matches(&format!("</{name}>")).count(),
                "{name} in {text}"
            );
        }
    }
}
