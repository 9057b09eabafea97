//! The dialog about a table that was opened: what is learnt from it, and which column has which part in that.

use web_sys::{Element, Event, HtmlDialogElement};

use super::app::App;
use super::message::{self, Remedy};
use super::{act, dom, menu};
use multiwell::controller::protocol::Table;
use multiwell::data::csv::{self, Columns, guess, remarks};
use multiwell::problem::benchmarks::{self, Benchmark};
use multiwell::problem::settings::{Scaling, Settings};

/// More columns are not offered.
const MOST: usize = 200;
/// The parts that a column of a potential's table can have.
const INPUT: &str = "input";
const VALUE: &str = "value";
const DERIVATIVE: &str = "derivative";
/// What a table says of a derivative that it does not hold.
const NOT_MEASURED: &str = "-";

/// Listens to the dialog.
pub fn listen() {
    dom::on(&dom::by_id::<Element>("columns-kind"), "change", |_: Event| act(App::propose_columns));
    dom::on(&dom::by_id::<Element>("columns"), "change", |_: Event| {
        act(|app| {
            app.offer_parts(None);
            app.remark();
        });
    });
    dom::on(&dom::by_id::<Element>("columns-dialog"), "close", |_: Event| act(App::columns_chosen));
}

/// The names in a table's first line, for the choice of columns; the worker reads the table itself and says what is wrong with it.
fn header(text: &str) -> Vec<String> {
    let line = text.trim_start_matches('\u{feff}').lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
    let separator = [',', ';', '\t'].into_iter().max_by_key(|&s| line.matches(s).count()).unwrap_or(',');
    let names = line.split(separator).map(|name| name.trim().trim_matches('"').trim_start_matches('#').trim().to_owned());
    names.filter(|name| !name.is_empty()).collect()
}

fn part_of(k: usize) -> String {
    dom::find::<Element>(&format!("column-{k}")).map(|select| dom::value(&select)).unwrap_or_default()
}

fn kind() -> Option<Benchmark> {
    benchmarks::find(&dom::value(&dom::by_id::<Element>("columns-kind")))
}

/// The kinds of fits in the words of the dialog, which asks what the columns hold.
fn kind_name(id: &str) -> &'static str {
    match id {
        Settings::OWN_SAMPLES => "A density for each column: its numbers are samples",
        Settings::OWN_TRAJECTORIES => "A material with memory: rows are moments of runs in time",
        _ => "A potential: rows are points with values or derivatives",
    }
}

fn kind_meaning(id: &str) -> &'static str {
    match id {
        Settings::OWN_SAMPLES => {
            "Each column is a set of samples by itself, with a density exp(−Ψ)/Z of its own. A joint density of several columns cannot be \
             learnt yet."
        }
        Settings::OWN_TRAJECTORIES => {
            "A potential with hidden state is learnt from runs: what goes in, and what comes out and does work on it. A column names the \
             run and one holds the time."
        }
        _ => {
            "Values are a function of the inputs: y(x), or E(x, y). Derivatives carry the sign of the gradient, so a force must be reversed. \
             Derivatives by some inputs may be missing, and so may single fields of them."
        }
    }
}

/// Whether a table of two columns can be nothing but a function of the first: neither a derivative nor samples.
fn is_function(names: &[String], table: &Table) -> bool {
    let columns = guess(names);
    let by_name = columns.gradient.is_empty() && columns.inputs == names[..1] && remarks(names, &columns).is_empty();
    // What cannot be read is refused by whoever reads it, with a sentence.
    by_name && !csv::read(&table.name, table.text.as_bytes(), &columns).is_ok_and(|data| data.looks_like_samples())
}

/// What the names of all columns speak for: times are those of samples, and runs in time have a column for each of both.
fn likely_kind(names: &[String]) -> &'static str {
    let has = |words: [&str; 2]| names.iter().any(|name| words.contains(&name.to_lowercase().as_str()));
    let is_time = |name: &String| name.trim_start_matches(['t', ' ', '=']).parse::<f64>().is_ok();
    if names.len() == 1 || (names.len() > 2 && names.iter().all(is_time)) {
        Settings::OWN_SAMPLES
    } else if has(["run", "id"]) && has(["time", "t"]) {
        Settings::OWN_TRAJECTORIES
    } else {
        Settings::OWN_DATA
    }
}

/// What a column's name says of its part in something that is no potential.
fn likely(name: &str, k: usize, names: &[String], parts: &[&str]) -> String {
    let [.., before, last] = *parts else { return parts.concat() };
    let name = name.to_lowercase();
    let synonym = match name.as_str() {
        "id" => "run",
        "t" => "time",
        name => name,
    };
    // Of those without a name that says so the first half is what goes in, and the rest what comes out.
    let rest = names.len().saturating_sub(parts.len() - 2);
    let goes_in = names.len() - k > rest / 2;
    let by_name = parts.iter().find(|part| **part == synonym);
    by_name.copied().unwrap_or(if goes_in { before } else { last }).to_owned()
}

/// What the choices of the dialog say about a potential: its inputs, its values and its derivatives; or what is wrong with them.
fn chosen(names: &[String]) -> Result<Columns, &'static str> {
    let parts: Vec<String> = (0..names.len()).map(part_of).collect();
    let with = |part: &str| (0..names.len()).filter(|&k| parts[k] == part).collect::<Vec<_>>();
    let (inputs, values) = (with(INPUT), with(VALUE));
    let gradient: Vec<Vec<usize>> = inputs.iter().map(|input| with(&format!("{DERIVATIVE} {input}"))).collect();
    let measured = gradient.iter().any(|columns| !columns.is_empty());
    let name = |k: &usize| names[*k].clone();
    if inputs.is_empty() {
        Err("No column was chosen as an input.")
    } else if gradient.iter().chain([&values]).any(|columns| columns.len() > 1) {
        Err("Two columns were chosen as the same thing.")
    } else if values.is_empty() && !measured {
        Err("No column was chosen as the value or as a derivative.")
    } else {
        let by = |columns: &Vec<usize>| columns.first().map_or_else(|| NOT_MEASURED.into(), name);
        Ok(Columns {
            inputs: inputs.iter().map(name).collect(),
            target: values.first().map(name),
            gradient: gradient.iter().map(by).filter(|_| measured).collect(),
        })
    }
}

impl App {
    /// Takes a table: learnt at once where its columns leave no choice, else asked about.
    pub fn opened_table(&mut self, name: String, text: String) {
        let names = header(&text);
        let table = Table { name, text, ..Table::default() };
        if names.len() > MOST {
            let words = format!(
                "{} has {} columns; at most {MOST} can be chosen from. Please save those that matter.",
                table.name,
                names.len()
            );
            message::say(&words, true, Remedy::None);
            return;
        }
        let kind = likely_kind(&names);
        if names.len() < 2 || (names.len() == 2 && kind == Settings::OWN_DATA && is_function(&names, &table)) {
            self.learn(table, kind);
            return;
        }
        let kinds: Element = dom::by_id("columns-kind");
        if kinds.child_element_count() == 0 {
            benchmarks::own().for_each(|own| dom::option(&kinds, own.id, kind_name(own.id)));
        }
        dom::set_value(&kinds, kind);
        let list: Element = dom::by_id("columns");
        list.set_text_content(None);
        for (k, name) in names.iter().enumerate() {
            let (label, select) = (dom::make("label", ""), dom::make("select", ""));
            dom::set(&label, "for", &format!("column-{k}"));
            dom::set(&select, "id", &format!("column-{k}"));
            dom::write(&label, name);
            dom::put(&list, &[&label, &select]);
        }
        self.waiting = Some((table, names));
        self.propose_columns();
        dom::write(&dom::by_id("columns-problem"), "");
        menu::dialog("columns-dialog");
    }

    /// Gives each column the part that its name speaks for.
    fn propose_columns(&mut self) {
        let Some((_, names)) = &self.waiting else { return };
        let Columns { inputs, target, gradient } = guess(names);
        let at = |name: &String| names.iter().position(|n| n == name);
        let parts: Vec<&str> = kind().map(|kind| kind.parts.to_vec()).unwrap_or_default();
        dom::write(&dom::by_id("columns-meaning"), kind().map_or("", |kind| kind_meaning(kind.id)));
        let proposed = names.iter().enumerate().map(|(k, name)| {
            if !parts.contains(&VALUE) {
                return likely(name, k, names, &parts);
            }
            let by = gradient.iter().position(|g| g == name).and_then(|g| at(&inputs[g]));
            match by {
                Some(input) => format!("{DERIVATIVE} {input}"),
                None if inputs.contains(name) => INPUT.into(),
                None if target.as_ref() == Some(name) => VALUE.into(),
                None => String::new(),
            }
        });
        let proposed: Vec<String> = proposed.collect();
        self.offer_parts(Some(&proposed));
        self.remark();
    }

    /// Says what the present choice leaves out, and what in it may be meant otherwise.
    fn remark(&self) {
        let Some((_, names)) = &self.waiting else { return };
        let list: Element = dom::by_id("columns-remarks");
        list.set_text_content(None);
        let is_potential = kind().is_some_and(|kind| kind.parts.contains(&VALUE));
        let columns = if is_potential { chosen(names) } else { Err("") };
        for remark in columns.map(|columns| remarks(names, &columns)).unwrap_or_default() {
            let line = dom::make("li", "");
            dom::write(&line, &remark.to_string());
            dom::put(&list, &[&line]);
        }
    }

    /// Offers each column the parts that it can have, derivatives by the inputs there are; those it has stay, or become `wanted`.
    fn offer_parts(&mut self, wanted: Option<&[String]>) {
        let Some((_, names)) = &self.waiting else { return };
        let now: Vec<String> = wanted.map_or_else(|| (0..names.len()).map(part_of).collect(), <[String]>::to_vec);
        let parts = kind().map_or(&[][..], |kind| kind.parts);
        for k in 0..names.len() {
            let select: Element = dom::by_id(&format!("column-{k}"));
            select.set_text_content(None);
            dom::option(&select, "", "not used");
            for part in parts.iter().filter(|part| **part != DERIVATIVE) {
                dom::option(&select, part, part);
            }
            for input in (0..names.len()).filter(|&i| i != k && parts.contains(&DERIVATIVE) && now[i] == INPUT) {
                dom::option(&select, &format!("{DERIVATIVE} {input}"), &format!("derivative by {}", names[input]));
            }
            dom::set_value(&select, &now[k]);
            if dom::value(&select) != now[k] {
                dom::set_value(&select, "");
            }
        }
    }

    fn columns_chosen(&mut self) {
        let Some((mut table, names)) = self.waiting.take() else { return };
        let dialog: HtmlDialogElement = dom::by_id("columns-dialog");
        let agreed = dialog.return_value() == "ok";
        // Escape leaves what was returned before.
        dialog.set_return_value("");
        if !agreed {
            return;
        }
        let Some(kind) = kind() else { return };
        if kind.parts.contains(&VALUE) {
            match chosen(&names) {
                Ok(Columns { inputs, target, gradient }) => {
                    (table.inputs, table.target, table.gradient) = (inputs, target.unwrap_or_default(), gradient);
                }
                Err(problem) => {
                    dom::write(&dom::by_id("columns-problem"), problem);
                    self.waiting = Some((table, names));
                    menu::dialog("columns-dialog");
                    return;
                }
            }
        }
        if !kind.parts.contains(&VALUE) {
            let parts = names.iter().enumerate().map(|(k, name)| (part_of(k), name.clone()));
            let (inputs, others): (Vec<_>, Vec<_>) =
                parts.filter(|(part, _)| !part.is_empty()).partition(|(part, _)| part == INPUT);
            (table.inputs, table.others) = (inputs.into_iter().map(|(_, name)| name).collect(), others);
        }
        self.learn(table, kind.id);
    }

    fn learn(&mut self, table: Table, benchmark: &str) {
        // As the command line does it: a file's numbers may be of any size.
        let mut settings = Settings { scaling: Scaling::Standard, ..self.settings_for(benchmark) };
        if !table.gradient.is_empty() && !table.target.is_empty() && settings.value_weight == 0.0 {
            // A column that was chosen is meant to count.
            settings.value_weight = 1.0;
        }
        self.start(settings, Some(table), None, true);
    }
}
