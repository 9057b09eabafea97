//! A user's own data for a fit.

use std::path::{Path, PathBuf};

use multiwell::internal::data::Dataset;
use multiwell::internal::data::csv::{self, Columns};
use multiwell::internal::data::umbrella::{self, Window};
use multiwell::internal::data::unpack::Unpacked;
use multiwell::internal::problem::Settings;
use multiwell::internal::problem::benchmarks::UnknownBenchmark;
use multiwell::internal::problem::potential::job::read_joint;
use multiwell::internal::problem::table::UserTable;
use multiwell::internal::text::shortened;

use crate::arguments::FitArguments;
use crate::{Failure, input, print_error};

/// Rows of a user's file for the fit of a potential. Prints notes about columns whose role is doubtful.
pub(super) fn own_rows(path: &Path, text: String, columns: &Columns) -> Result<Dataset, Failure> {
    let data = own_data(path, &text, columns)?;
    // The text may be long.
    drop(text);
    let (x, y) = (shortened(&data.names[0]), data.names.get(1).map(|name| shortened(name)).unwrap_or_default());
    if *columns == Columns::default() && csv::are_samples(&data.names) {
        print_error(&format!(
            "note: {y} is fitted as a function of {x}, but the names read as those of samples; for their density use --density, and --inputs {x},{y} for the joint one"
        ));
    } else if *columns == Columns::default() && data.looks_like_samples() {
        print_error(&format!(
            "note: {y} is fitted as a function of {x}, of which it seems to depend little; if the rows are samples, use --density"
        ));
    }
    note_columns(&data, columns);
    Ok(data)
}

/// Prints notes about columns whose names suggest another role.
pub(super) fn note_columns(data: &Dataset, columns: &Columns) {
    let (inputs, target) = data.names.split_at(data.inputs());
    let has_target = !columns.has_slopes() || columns.target.is_some();
    let target = target.iter().find(|_| has_target).cloned();
    let slopes = columns.gradient.iter().chain(&columns.forces);
    let names: Vec<String> = inputs.iter().chain(&target).chain(slopes).cloned().collect();
    for remark in csv::remarks(&names, &Columns { inputs: inputs.to_vec(), target, ..columns.clone() }) {
        let way_out = match &remark {
            csv::Remark::SlopeAsValue(column, _) => format!(" To learn the potential, use --gradient {column}."),
            csv::Remark::Forces(_) => " Use --forces for forces.".into(),
            csv::Remark::Uncertainty(column) => format!(" Use --sigma {column}."),
            csv::Remark::Derivatives(_) => " Use --gradient for derivatives.".into(),
            _ => String::new(),
        };
        print_error(&format!("note: {remark}{way_out}"));
    }
}

/// The text of a user's file.
pub fn own_text(path: &Path) -> Result<String, Failure> {
    // A single word is more likely a misspelt benchmark than the name of a missing file.
    if path.extension().is_none() && path.components().count() == 1 && !path.exists() {
        let unknown = UnknownBenchmark(path.display().to_string());
        return Err(Failure::bad_input(format!("{unknown}, or give the path of a table")));
    }
    input::table(path)
}

/// Samples of all umbrella windows as one set.
pub(super) fn umbrella(arguments: &FitArguments, centres: &Path, settings: &Settings) -> Result<Dataset, Failure> {
    let inputs = &arguments.training.columns.inputs;
    let refused = |sentence: String| Failure::bad_input(format!("{}: {sentence}", centres.display()));
    let windows = umbrella::read_windows(&input::text(centres)?, inputs.len()).map_err(refused)?;
    let files: Vec<&PathBuf> = [&arguments.training.data].into_iter().chain(&arguments.more).collect();
    if windows.len() != files.len() {
        return Err(refused(format!(
            "there are {} windows, but {} files; give the file of each window",
            windows.len(),
            files.len()
        )));
    }
    let is_of = |window: &Window, path: &Path| {
        let name = Path::new(&window.name);
        name == path || Some(name.as_os_str()) == path.file_name() || Some(name.as_os_str()) == path.file_stem()
    };
    let mut all = Vec::new();
    for (place, path) in files.into_iter().enumerate() {
        let in_order = windows.get(place).filter(|window| window.name.is_empty());
        let window = in_order.or_else(|| windows.iter().find(|window| is_of(window, path)));
        let window =
            window.ok_or_else(|| refused(format!("no line is of the file {}", shortened(&path.display().to_string()))))?;
        let columns = Columns { inputs: inputs.clone(), ..Columns::default() };
        let table = UserTable { name: path.display().to_string(), text: own_text(path)?, columns, held: 0 };
        all.push((window.clone(), read_joint(&table, settings).map_err(|problem| Failure::problems(&[problem]))?));
    }
    let own = settings.potential().cloned().unwrap_or_default();
    let periods = all[0].1.stated_periods(&own.periodic).map_err(Failure::bad_input)?;
    if own.kt.is_none() {
        print_error("note: the spring constants are taken to be in units of kT, for no --kT is given");
    }
    umbrella::combined(all, own.kt.unwrap_or(1.0), &periods).map_err(Failure::bad_input)
}

/// Text of a table with the samples of several files.
pub(super) fn own_sets(arguments: &FitArguments) -> Result<String, Failure> {
    let read = |path: &PathBuf| Ok((path.display().to_string(), input::read(path)?));
    let files: Vec<(String, Vec<u8>)> =
        [&arguments.training.data].into_iter().chain(&arguments.more).map(read).collect::<Result<_, Failure>>()?;
    let Unpacked { text, notes } = csv::sets_of(&files).map_err(Failure::bad_input)?;
    input::print_notes(&notes);
    Ok(text)
}

/// The rows of a user's file.
pub fn own_data(path: &Path, text: &str, columns: &Columns) -> Result<Dataset, Failure> {
    csv::read_text(&path.display().to_string(), text, columns).map_err(|error| {
        let hint = match &error.reason {
            csv::Reason::Unsaid(columns) => hint(columns),
            csv::Reason::OneColumn(_) => "; if the rows are samples, use --density".into(),
            _ => String::new(),
        };
        Failure::bad_input(format!("{error}{hint}"))
    })
}

/// Instructions for the choice of columns, with the flags that the names of the columns suggest.
pub(super) fn hint(names: &[String]) -> String {
    /// Maximum number of columns that are examined.
    const MAX_HINT_COLUMNS: usize = 12;
    let how = "; use --inputs and --target, or --density if the rows are samples";
    // There is no suggestion if the names contain no more information than the positions of the columns.
    if names.len() > MAX_HINT_COLUMNS || !csv::names_show_roles(names) {
        return how.into();
    }
    let Columns { inputs, target, gradient, forces, sigma, .. } = csv::guess(names);
    let lists = [
        ("--inputs", inputs),
        ("--target", target.into_iter().collect()),
        ("--gradient", gradient),
        ("--forces", forces),
        ("--sigma", sigma.into_iter().collect()),
    ];
    let known: Vec<_> = lists.iter().filter(|(_, names)| !names.is_empty()).collect();
    let can_be_typed = |name: &String| !name.contains([',', ' ', '"']) && name.len() < 40;
    if !known.iter().all(|(_, names)| names.iter().all(can_be_typed)) {
        return how.into();
    }
    let flags: Vec<String> = known.iter().map(|(flag, names)| format!("{flag} {}", names.join(","))).collect();
    format!("{how}; the names suggest {}", flags.join(" "))
}
