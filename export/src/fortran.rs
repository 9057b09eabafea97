//! Fortran: a module of pure procedures that calls intrinsic functions only.
//!
//! It is written in fixed source form, in columns 7 to 72. Compilers read this form under any option for the length of lines, and a finite element
//! program chooses that option itself.

use super::comments;
use super::function::{Function, FunctionOutput};
use super::loops::{self, Dialect, LanguageMarks, digits};
use super::model::Normalised;
use super::routine::{Routine, Tables};
use super::sheet::{CHECK_POINTS, NamedModel};
use itertools::Itertools;
use multiwell::internal::text::decimal;

#[derive(Clone, Copy, Debug)]
struct Fortran;

/// A number in double precision.
pub fn double(value: f64) -> String {
    let digits = digits(value);
    if digits.contains('e') { digits.replace('e', "d") } else { digits + "d0" }
}

impl Dialect for Fortran {
    fn marks(&self) -> LanguageMarks {
        LanguageMarks { entry: ["(", ")"], statement: "", and: ".and.", end_of_loop: "end do", end_of_if: "end if" }
    }

    fn loop_over(&self, variable: &str, count: usize) -> String {
        format!("do {variable} = 0, {}", count - 1)
    }

    fn if_statement(&self, condition: &str) -> String {
        format!("if ({condition}) then")
    }

    fn choose(&self, condition: &str, a: &str, b: &str) -> String {
        format!("merge({a}, {b}, {condition})")
    }

    fn number(&self, value: f64) -> String {
        if value < 0.0 { format!("({})", double(value)) } else { double(value) }
    }

    fn call(&self, function: &str, arguments: &[&str]) -> String {
        let name = match function {
            // The results of min and max are undefined for NaN.
            "min" => "smaller",
            "max" => "larger",
            "pow" => return power(arguments[0], arguments[1]),
            other => other,
        };
        format!("{name}({})", arguments.join(", "))
    }
}

/// A power. The exponent is written as an integer if it is one, because only then may the base be negative.
fn power(base: &str, exponent: &str) -> String {
    match decimal(&exponent.trim_matches(['(', ')']).replace('d', "e")) {
        Some(value) if value.fract() == 0.0 && (0.0..1e3).contains(&value) => format!("{base} ** {value:.0}"),
        Some(value) if value.fract() == 0.0 && value.abs() < 1e3 => format!("{base} ** ({value:.0})"),
        _ => format!("{base} ** {exponent}"),
    }
}

/// Number of columns of a statement.
const STATEMENT_COLUMNS: usize = 66;
/// Number of table entries that one statement sets. The number of its continuation lines is limited.
const ENTRIES_PER_STATEMENT: usize = 200;
/// Maximum length of a name in characters. With its suffix, it is shorter than the 63 that the language allows.
const MAX_NAME_LETTERS: usize = 40;

/// Converts text to fixed source form. The text has one statement or comment a line, indented by four spaces a level.
pub fn fixed(text: &str) -> String {
    let mut written = String::new();
    for line in text.lines() {
        let body = line.trim();
        if body.is_empty() || body.starts_with('!') {
            written += body;
            written.push('\n');
            continue;
        }
        let indent = (line.len() - line.trim_start().len()).min(24) / 2;
        let (mut rest, mut begin, mut room) = (body, " ".repeat(6 + indent), STATEMENT_COLUMNS - indent);
        while rest.len() > room {
            // A statement is not broken within a string, which would include the columns up to the end of the line.
            let is_outside = |end: &usize| rest[..*end].matches('\'').count() % 2 == 0;
            let mut spaces = rest[..=room].rmatch_indices(' ').map(|(end, _)| end);
            let end = spaces.find(is_outside).filter(|&end| end > 0).unwrap_or(room);
            written += &format!("{begin}{}\n", rest[..end].trim_end());
            rest = rest[end..].trim_start();
            (begin, room) = (format!("     &{}", " ".repeat(indent + 2)), STATEMENT_COLUMNS - indent - 2);
        }
        written += &format!("{begin}{rest}\n");
    }
    written
}

/// Prefix of the names of a model's module and of its content.
pub fn prefix(sheet: &NamedModel) -> String {
    sheet.name.chars().take(MAX_NAME_LETTERS).collect()
}

/// The functions of the model, as a file with a module.
pub fn write(sheet: &NamedModel) -> String {
    let name = prefix(sheet);
    let usage = [
        String::new(),
        "A module in fixed source form (.f): pure procedures that allocate nothing and may be".into(),
        "called from any thread. Arrays may have any lower bound; a matrix is written row by row.".into(),
        format!("{name}_check(worst) compares with ten values of multiwell: worst should be below 1e-12."),
    ];
    fixed(&(comments::marked("!", &[sheet.header(), usage.into()].concat()) + "\n" + &module(sheet)))
}

/// A module with the functions of the model.
pub fn module(sheet: &NamedModel) -> String {
    let name = prefix(sheet);
    let (routines, tables) = Routine::all(sheet.functions);
    let mut bodies: String =
        sheet.functions.iter().zip(&routines).map(|(function, routine)| body(&name, function, routine)).collect();
    if let Some(density) = &sheet.model.density {
        bodies += &of_density(&name, sheet.whole().arguments[0].len, density);
    }
    bodies += &check(&name, sheet);
    let helpers = loops::helpers(&bodies, &HELPER_FUNCTIONS).concat();
    let public = sheet.functions.iter().map(|function| function.name).chain(["check"]);
    let of_density = sheet
        .model
        .density
        .iter()
        .flat_map(|density| ["density"].into_iter().chain(density.cumulative.as_ref().map(|_| "cumulative")));
    let public = public.chain(of_density).map(|function| format!("{name}_{function}")).join(", ");
    format!(
        "module {name}_model\n    implicit none\n    private\n    public :: {public}\n{}\ncontains\n{helpers}{bodies}\nend module\n",
        constant_tables(&tables, sheet.model.density.as_ref())
    )
}

/// Tables of numbers that are set once.
fn constant_tables(tables: &Tables, density: Option<&Normalised>) -> String {
    let cumulative = density.and_then(|density| density.cumulative.as_ref());
    let below = cumulative.map(|cumulative| ("BELOW".to_string(), &cumulative.below[..]));
    let tables: Vec<(String, &[f64])> = tables.iter().map(|(number, table)| (format!("C{number}"), table)).chain(below).collect();
    if tables.is_empty() { String::new() } else { "    integer :: i\n".to_string() + &set(&tables) }
}

/// Declarations of arrays with their numbers. The integer `i` must be declared.
fn set(tables: &[(String, &[f64])]) -> String {
    let declared = tables.iter().map(|(name, table)| format!("    double precision, save :: {name}(0:{})\n", table.len() - 1));
    let part = |name: &str, (k, part): (usize, &[f64])| {
        let (first, last) = (k * ENTRIES_PER_STATEMENT, k * ENTRIES_PER_STATEMENT + part.len() - 1);
        format!("    data ({name}(i), i = {first}, {last}) / {} /\n", part.iter().map(|&value| double(value)).join(", "))
    };
    let data = tables
        .iter()
        .flat_map(|(name, table)| table.chunks(ENTRIES_PER_STATEMENT).enumerate().map(move |chunk| part(name, chunk)));
    declared.chain(data).collect()
}

/// Helper functions of the module, each behind the functions that call it.
const HELPER_FUNCTIONS: [(&str, &str); 6] = [
    ("difference", DIFFERENCE_CODE),
    ("sigmoid", SIGMOID_CODE),
    ("softplus", SOFTPLUS_CODE),
    ("log1p", LOG1P_CODE),
    ("larger", LARGER_CODE),
    ("smaller", SMALLER_CODE),
];

const LARGER_CODE: &str = "
    pure double precision function larger(a, b)
        double precision, intent(in) :: a, b
        larger = merge(a, b, a > b)
    end function
";

const SMALLER_CODE: &str = "
    pure double precision function smaller(a, b)
        double precision, intent(in) :: a, b
        smaller = merge(a, b, a < b)
    end function
";

/// Logarithm of one plus x. Where one plus x is rounded, the logarithm of the rounded number is corrected by the ratio of x to the added amount.
const LOG1P_CODE: &str = "
! log(1 + x) of x that is not negative.
    pure double precision function log1p(x)
        double precision, intent(in) :: x
        double precision :: y
        y = 1d0 + x
        log1p = x
        if (y > 1d0) log1p = log(y) * (x / (y - 1d0))
    end function
";

const SOFTPLUS_CODE: &str = "
    pure double precision function softplus(x)
        double precision, intent(in) :: x
        softplus = larger(x, 0d0) + log1p(exp(-abs(x)))
    end function
";

const SIGMOID_CODE: &str = "
    pure double precision function sigmoid(x)
        double precision, intent(in) :: x
        double precision :: e
        e = exp(-abs(x))
        sigmoid = merge(1d0, e, x > 0d0) / (1d0 + e)
    end function
";

const DIFFERENCE_CODE: &str = "
! The largest difference, relative to the largest expected number.
    pure double precision function difference(found, expected)
        double precision, intent(in) :: found(:), expected(:)
        double precision :: largest
        largest = maxval(abs(expected))
        difference = huge(largest)
        if (.not. all(abs(found) <= huge(largest))) return
        difference = maxval(abs(found - expected)) / merge(largest, 1d0, largest > 0d0)
    end function
";

/// Array in which a result is computed. A scalar result is not an array.
fn array_of(result: &FunctionOutput) -> String {
    if result.is_number() { format!("{}_found", result.name) } else { result.name.into() }
}

fn body(name: &str, function: &Function, routine: &Routine) -> String {
    let code = loops::body(&Fortran, routine, &loops::arguments(function), &loops::results(function, array_of));
    let given = function.arguments.iter().map(|argument| argument.name);
    let names = given.chain(function.results.iter().map(|result| result.name)).join(", ");
    let procedure = format!("{name}_{}", function.name);
    let mut lines = vec![format!("\n! {}", function.described()), format!("    pure recursive subroutine {procedure}({names})")];
    let mut declare = |what: String| lines.push(format!("        {what}"));
    for argument in &function.arguments {
        declare(format!("double precision, intent(in) :: {}(0:{})", argument.name, argument.len - 1));
    }
    for result in &function.results {
        let extent = if result.is_number() { String::new() } else { format!("(0:{})", result.numbers() - 1) };
        declare(format!("double precision, intent(out) :: {}{extent}", result.name));
    }
    declare(format!("double precision :: t(0:{})", loops::storage(routine) - 1));
    let numbers = function.results.iter().filter(|result| result.is_number());
    let variables = loops::variables(&code).into_iter().map(Into::into);
    let variables = variables.chain(numbers.map(|result| format!("{}(0:0)", array_of(result)))).join(", ");
    if !variables.is_empty() {
        declare(format!("double precision :: {variables}"));
    }
    let counts = |variable: &&str| code.iter().any(|line| line.trim_start().starts_with(&format!("do {variable} = ")));
    let counters = ["m", "r", "k"].into_iter().filter(counts).join(", ");
    if !counters.is_empty() {
        declare(format!("integer :: {counters}"));
    }
    for argument in function.arguments.iter().filter(|argument| argument.is_periodic()) {
        declare(format!("double precision :: {}(0:{})", argument.within(), argument.len - 1));
    }
    for argument in function.arguments.iter().filter(|argument| argument.is_periodic()) {
        let within =
            loops::within(&Fortran, argument, |x, middle, period| format!("{x} - {period} * anint(({x} - {middle}) / {period})"));
        lines.extend(within.iter().enumerate().map(|(k, value)| format!("        {}({k}) = {value}", argument.within())));
    }
    lines.extend(code.iter().map(|line| format!("    {line}")));
    for result in function.results.iter().filter(|result| result.is_number()) {
        lines.push(format!("        {} = {}(0)", result.name, array_of(result)));
    }
    lines.join("\n") + "\n    end subroutine\n"
}

/// Writes the density, and the probability below a position.
fn of_density(name: &str, inputs: usize, density: &Normalised) -> String {
    let unit = if density.kt == 1.0 { String::new() } else { format!(" / {}", double(density.kt)) };
    let mut text = format!(
        "
! Returns the density.
    pure recursive double precision function {name}_density(x)
        double precision, intent(in) :: x(0:{})
        double precision :: value
        call {name}_value(x, value)
        {name}_density = exp(-value{unit})
    end function
",
        inputs - 1
    );
    if let Some(cumulative) = &density.cumulative {
        let (last, first, step) = (cumulative.below.len() - 1, double(cumulative.first), double(cumulative.step));
        text += &format!(
            "
! Returns the probability below x.
    pure double precision function {name}_cumulative(x)
        double precision, intent(in) :: x
        double precision :: edge
        integer :: k
        edge = smaller(larger((x - ({first})) / {step}, 0d0), {last}d0)
        k = {}
        if (edge < {last}d0) k = int(edge)
        {name}_cumulative = BELOW(k) + (edge - k) * (BELOW(k + 1) - BELOW(k))
    end function
",
            last - 1
        );
    }
    text
}

/// A procedure that checks the last function.
fn check(name: &str, sheet: &NamedModel) -> String {
    let (function, [arguments, results]) = (sheet.whole(), sheet.check());
    let arguments = arguments.iter().map(|of| (format!("{}_at", of.name), &of.values[..]));
    let tables: Vec<_> = arguments.chain(results.iter().map(|of| (format!("{}_is", of.name), &of.values[..]))).collect();
    let found =
        function.results.iter().map(|result| format!("{}(0:{})", result.name, CHECK_POINTS * result.numbers() - 1)).join(", ");
    let given = function.arguments.iter().map(|argument| format!("{}_at({} * k)", argument.name, argument.len));
    let taken = function.results.iter().map(|result| format!("{}({} * k)", result.name, result.numbers()));
    let call = format!("call {name}_{}({})", function.name, given.chain(taken).join(", "));
    let compared = function.results.iter().map(|result| format!("difference({0}, {0}_is)", result.name)).join(", ");
    let compared = if function.results.len() > 1 { format!("max({compared})") } else { compared };
    let set = set(&tables).lines().map(|line| format!("    {line}\n")).join("");
    format!(
        "
! Compares with {CHECK_POINTS} values of multiwell: the largest difference, relative to the largest number of its kind.
    recursive subroutine {name}_check(worst)
        double precision, intent(out) :: worst
        integer :: i, k
        double precision :: {found}
{set}        do k = 0, {}
            {call}
        end do
        worst = {compared}
    end subroutine
",
        CHECK_POINTS - 1
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_stay_within_fixed_form_columns() {
        let long = format!("    data (C0(i), i = 0, 19) / {} /", ["-0.12345678901234567d-12"; 20].join(", "));
        let text = fixed(&format!(
            "! A comment that stays as long as it is, however long that may be, for nobody reads beyond its mark.\n{long}\n"
        ));
        let mut lines = text.lines();
        assert!(lines.next().is_some_and(|line| line.len() > 72));
        let lines: Vec<&str> = lines.collect();
        assert!(lines.len() > 10 && lines.iter().all(|line| line.len() <= 72 && line.len() > 20), "{text}");
        assert!(lines[0].starts_with("        data (") && lines[1..].iter().all(|line| line.starts_with("     &")), "{text}");
        let stop = "    if (nstatev < kept + own) error stop 'vumat: *DEPVAR is too small'\n";
        assert!(
            fixed(stop).lines().nth(1).is_some_and(|line| line.trim_end() == "     &    'vumat: *DEPVAR is too small'"),
            "{}",
            fixed(stop)
        );
    }

    #[test]
    fn numbers_and_powers_have_double_precision() {
        assert_eq!([0.5, -1e-7, 3.0, 1e22].map(double), ["0.5d0", "-1d-7", "3.0d0", "1d22"].map(String::from));
        assert_eq!(Fortran.call("pow", &["x", &Fortran.number(3.0)]), "x ** 3");
        assert_eq!(Fortran.call("pow", &["x", &Fortran.number(-2.0)]), "x ** (-2)");
        assert_eq!(Fortran.call("pow", &["x", &Fortran.number(0.5)]), "x ** 0.5d0");
    }
}
