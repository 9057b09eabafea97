use std::time::Instant;

use super::*;
use ndarray::array;

fn columns(inputs: &[&str], target: Option<&str>) -> Columns {
    Columns { inputs: inputs.iter().map(ToString::to_string).collect(), target: target.map(Into::into), ..Columns::default() }
}

fn any(text: &str) -> Result<Dataset, CsvError> {
    read("t.csv", text.as_bytes(), &Columns::default())
}

fn sentence(text: &str, columns: &Columns) -> String {
    let sentence = read("t.csv", text.as_bytes(), columns).unwrap_err().to_string();
    assert!(!sentence.contains('\n'), "more than one line: {sentence}");
    sentence
}

fn complains(text: &str, words: &str) {
    let sentence = sentence(text, &Columns::default());
    assert!(sentence.starts_with("t.csv: ") && sentence.contains(words), "{sentence}");
}

#[test]
fn two_columns_are_input_and_target_in_order() {
    let data = any("a,b\n1,2\n3,4.5e1\n").unwrap();
    assert_eq!((data.x, data.y), (array![[1.0], [3.0]], array![2.0, 45.0]));
    assert_eq!((data.name, data.names), ("t.csv".into(), vec!["a".to_string(), "b".into()]));
}

#[test]
fn columns_are_read_by_name_in_requested_order() {
    let text = "e,y,u,v\n9,1,2,3\n8,4,5,7\n";
    let data = read("t.csv", text.as_bytes(), &columns(&["v", "u"], Some("y"))).unwrap();
    assert_eq!((data.x, data.y), (array![[3.0, 2.0], [7.0, 5.0]], array![1.0, 4.0]));
    assert_eq!(data.names, ["v", "u", "y"]);
}

#[test]
fn unambiguous_columns_need_not_be_named() {
    let swapped = read("t.csv", "a,b\n1,2\n3,4\n".as_bytes(), &columns(&[], Some("a"))).unwrap();
    assert_eq!((swapped.x, swapped.y), (array![[2.0], [4.0]], array![1.0, 3.0]));
    let rest = read("t.csv", "a,b,c\n1,2,5\n3,4,6\n".as_bytes(), &columns(&["c", "a"], None)).unwrap();
    assert_eq!(rest.y, array![2.0, 4.0]);
    complains("a,b,c\n1,2,3\n4,5,6\n", "say which columns are the inputs and which one is the target; the columns are a, b, c");
    assert!(sentence("a,b,c\n1,2,3\n", &columns(&[], Some("a"))).contains("say which"));
}

#[test]
fn separators_quotes_and_line_ends_of_other_programs_are_read() {
    let plain = any("x,y\n1,2\n3,4\n").unwrap();
    for text in [
        "\u{feff}x,y\r\n1,2\r\n3,4\r\n",
        "x;y\n1;2\n3;4\n",
        "x\ty\n1\t2\n3\t4",
        "\n\nx , y\n\n 1 , 2 \n\n3,4\n\n",
        "\"x\",\"y\"\n\"1\",\"2\"\n\"3\",\"4\"\n",
        "# x, y\n1, 2\n3, 4\n",
        ",x,y\n0,1,2\n1,3,4\n",
        "x,y,\n1,2,\n3,4,\n",
        "x,y\r1,2\r3,4\r",
    ] {
        assert_eq!(any(text).as_ref(), Ok(&plain), "{text:?}");
    }
    assert_eq!(any("\"a;b;c\",y\n1,2\n3,4\n").unwrap().names, ["a;b;c", "y"]);
}

#[test]
fn columns_without_header_get_names() {
    let data = any("0.1,2\n0.2,3\n").unwrap();
    assert_eq!((data.names.join(" "), data.samples()), ("x y".into(), 2));
    assert_eq!(data.notes, ["The table has no header: its columns are called x and y."]);
    complains("1\n2\n", "there is only one column (\"x\")");
    complains("1,2,3\n2,3,5\n", "the columns are x, y, z");
    complains("1,2,3,4\n2,3,5,6\n", "the columns are x1, x2, x3, y");
    let names = |text: &str| header("t.csv", text.as_bytes()).unwrap().join(" ");
    assert_eq!((names("1;2;\n2;3;\n"), names("3 2 1\n2 3 1\n")), ("x y".into(), "x y z".into()));
    // Increasing numbers may be times of sets of samples.
    assert_eq!(names("0.5,1,2\n3,4,5\n"), "0.5 1 2");
    let by_number = read("t.csv", "0.5,1,2\n3,4,6\n4,6,5\n".as_bytes(), &columns(&["0.5"], Some("2"))).unwrap();
    assert_eq!(by_number.names, ["x", "z"]);
}

#[test]
fn missing_and_repeated_columns_are_reported() {
    let text = "x,y,y\n1,2,3\n4,5,6\n";
    assert!(sentence(text, &columns(&["z"], Some("y"))).contains("there is no column \"z\"; the columns are x, y, y"));
    assert!(sentence(text, &columns(&["x"], Some("y"))).contains("several columns are called \"y\""));
    assert!(sentence("x,y\n1,2\n", &columns(&["x", "x"], Some("y"))).contains("column \"x\" is asked for twice"));
    assert!(sentence("x,y\n1,2\n", &columns(&["y"], Some("y"))).contains("asked for twice"));
    assert!(sentence("x,y\n1,2\n", &columns(&[""], Some("y"))).contains("there is no column"));
    complains("y,y\n1,2\n3,4\n", "several columns are called \"y\"");
    complains("end distance\n1\n3\n", "only one column (\"end distance\")");
}

#[test]
fn invalid_numbers_are_reported_with_row_and_column() {
    complains("x,y\n1,2\n3,four\n", "row 2 (line 3), column \"y\": \"four\" is not a number");
    complains("x;y\n1,5;2.5\n3;4\n", "write a point, not a comma");
    complains("x,y\n1,nan\ninf,2\n", "each of the 2 rows holds inf or nan");
    complains("x,y\n1,1e308\n3,4\n", "1e308 is too large");
    complains("x,y\n1,1e999\n3,4\n", "1e999 is not a finite number");
    let unused = "x,y,label\n1,2,red\n3,4,blue\n";
    assert!(read("t.csv", unused.as_bytes(), &columns(&["x"], Some("y"))).is_ok());
}

#[test]
fn short_tables_and_ragged_rows_are_refused() {
    complains("", "the file is empty");
    complains(" \n\t\n", "the file is empty");
    complains("x,y\n", "no row of numbers");
    complains("x,y\n1,2\n", "only one row");
    complains("x,y\n1,2\n3\n", "row 2 (line 3) has 1 field, but the header has 2");
    complains("x,y\n1,2,3\n", "row 1 (line 2) has 3 fields");
}

#[test]
fn constant_columns_are_refused() {
    complains("x,y\n1,2\n3,2\n", "column \"y\" has the same number in every row");
    complains("x,y\n1,2\n1,3\n", "column \"x\" has the same number in every row");
}

#[test]
fn invalid_characters_in_numbers_are_refused() {
    let latin1 = b"x,\xe9nergie\n1,2\n3,\xff\n";
    assert!(read("t.csv", &latin1[..], &Columns::default()).unwrap_err().to_string().contains("is not a number"));
    let junk: Vec<u8> = (0..4096_u32).map(|k| (k.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    assert!(read("t.csv", junk.as_slice(), &Columns::default()).is_err());
}

#[test]
fn messages_on_long_tables_are_short() {
    let wide = (0..5_000).map(|k| format!("column{k}")).collect::<Vec<_>>().join(",");
    assert!(sentence(&format!("{wide}\n"), &columns(&["q"], None)).len() < 300);
    let long = format!("x,y\n1,{}\n", "z".repeat(1 << 20));
    assert!(sentence(&long, &Columns::default()).len() < 300);
}

#[test]
fn points_are_read_without_target() {
    let names = ["v".to_string(), "u".into()];
    assert_eq!(read_points("p.csv", "u,v\n1,2\n".as_bytes(), &names).unwrap(), array![[2.0, 1.0]]);
    let error = read_points("p.csv", "u,w\n1,2\n".as_bytes(), &names).unwrap_err().to_string();
    assert_eq!(error, "p.csv: there is no column \"v\"; the columns are u, w");
    assert_eq!(read_points("p.csv", "u,v\n".as_bytes(), &names).unwrap_err().reason, Reason::NoRows);
}

fn forces(gradient: &[&str], target: Option<&str>) -> Columns {
    Columns { gradient: gradient.iter().map(ToString::to_string).collect(), ..columns(&["a", "b"], target) }
}

#[test]
fn missing_derivatives_are_accepted() {
    let text = "b,a,fa,fb,y\n1,2,3,,9\n4,5,6,7,8\n5,6,nan,8,8\n";
    let data = read("t.csv", text.as_bytes(), &forces(&["fa", "fb"], None)).unwrap();
    assert_eq!((data.x, data.names), (array![[2.0, 1.0], [5.0, 4.0], [6.0, 5.0]], vec!["a".into(), "b".into(), "Psi".into()]));
    let gradient = data.gradient.unwrap();
    assert!(gradient[[0, 1]].is_nan() && gradient[[2, 0]].is_nan() && data.y.iter().all(|y| y.is_nan()));
    assert_eq!((gradient[[0, 0]], gradient[[1, 1]], gradient[[2, 1]]), (3.0, 7.0, 8.0));
    let data = read("t.csv", text.as_bytes(), &forces(&["-", "fb"], Some("y"))).unwrap();
    assert_eq!((data.y.to_vec(), data.has_values()), (vec![9.0, 8.0, 8.0], true));
    assert!(data.gradient.unwrap().column(0).iter().all(|g| g.is_nan()));
}

#[test]
fn invalid_derivatives_are_refused() {
    let text = "a,b,fa,fb\n1,2,3,\n4,5,6,\n";
    for (gradient, words) in [
        (&["fa"][..], "the derivatives named are 1, the inputs 2"),
        (&["-", "-"], "nothing to learn from"),
        (&["fa", "fb"], "\"fb\" has no number in any row"),
        (&["fa", "fa"], "asked for twice"),
        (&["fa", "fc"], "there is no column \"fc\""),
    ] {
        let sentence = sentence(text, &forces(gradient, None));
        assert!(sentence.contains(words), "{sentence}");
    }
    let wrong = sentence("a,b,fa,fb\n1,2,3,x\n4,5,6,7\n", &forces(&["fa", "fb"], None));
    assert!(wrong.contains("row 1") && wrong.contains("\"x\" is not a number"), "{wrong}");
    // An input must be known in every row.
    let some = read("t.csv", "a,b,fa,fb\n1,,3,4\n4,5,6,7\n5,6,7,NA\n".as_bytes(), &forces(&["fa", "fb"], None)).unwrap();
    assert_eq!(some.samples(), 2);
    assert_eq!(
        some.notes,
        [
            "Rows that lack a number in a column that is used are left out: 1 of 3.",
            "1 field holds no number, such as NA, and is taken as empty."
        ]
    );
}

#[test]
fn forces_are_negated_derivatives_and_combine_with_them() {
    let text = "a,b,ga,Fb\n1,2,3,4\n4,5,6,\n5,6,7,8\n";
    let named = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let of = |gradient: &[&str], forces: &[&str]| Columns { forces: named(forces), ..super::tests::forces(gradient, None) };
    let data = read("t.csv", text.as_bytes(), &of(&["ga", "-"], &["-", "Fb"])).unwrap();
    let gradient = data.gradient.unwrap();
    assert_eq!((gradient[[0, 0]], gradient[[0, 1]], gradient[[2, 1]], data.has_forces), (3.0, -4.0, -8.0, true));
    assert!(gradient[[1, 1]].is_nan());
    assert!(!read("t.csv", text.as_bytes(), &of(&["ga", "-"], &[])).unwrap().has_forces);
    assert!(
        sentence(text, &of(&["ga", "-"], &["Fb", "-"]))
            .contains("both a derivative with respect to \"a\" and a force along \"a\"")
    );
    assert!(sentence(text, &of(&[], &["Fb"])).contains("the forces named are 1, the inputs 2"));
    assert!(sentence(text, &of(&[], &["-", "-"])).contains("nothing to learn from"));
}

#[test]
fn standard_errors_are_read_from_column() {
    let own = |sigma: &str| Columns { sigma: Some(sigma.into()), ..columns(&["x"], Some("y")) };
    let text = "x,y,err,g\n0,1,0.1,2\n1,2,0.5,\n2,4,0.1,3\n";
    let read = |text: &str, columns: &Columns| read("t.csv", text.as_bytes(), columns).unwrap();
    let data = read(text, &own("err"));
    assert_eq!((data.sigmas.clone(), data.y.to_vec()), (vec![0.1, 0.5, 0.1], vec![1.0, 2.0, 4.0]));
    // The column of standard errors is neither an input nor the target, so the other columns need no names.
    assert_eq!(read("x,y,err\n0,1,1\n1,2,2\n", &Columns { sigma: Some("err".into()), ..Columns::default() }).sigmas, [1.0, 2.0]);
    let slopes = Columns { gradient: vec!["g".into()], ..own("err") };
    let data = read(text, &slopes);
    assert!(data.sigmas == [0.1, 0.5, 0.1] && data.gradient.unwrap()[[1, 0]].is_nan());
    let only = data_only(&read(text, &own("err")));
    assert_eq!(only, [0.5, 0.1]);
    assert!(sentence(text, &own("y")).contains("asked for twice"));
    assert!(sentence(text, &own("none")).contains("there is no column"));
    assert!(sentence("x,y,err\n0,1,1\n1,2,0\n", &own("err")).contains("row 2 has the standard error 0; standard errors must be"));
    assert_eq!(read("x,y,err\n0,1,1\n1,2,\n2,3,1\n", &own("err")).sigmas, [1.0, 1.0]);
}

/// Standard errors of the rows that are left when the first row is held out.
fn data_only(data: &Dataset) -> Vec<f64> {
    data.clone().hold_out(vec![0]).unwrap().split_held_out().unwrap().0.sigmas
}

#[test]
fn held_out_rows_are_read_from_column() {
    let held_out = |text: &str, columns: &Columns| read("t.csv", text.as_bytes(), columns).unwrap().held_out;
    let own = |split: &str| Columns { split: Some(split.into()), ..columns(&["x"], Some("y")) };
    let text = "x,y,split\n0,1,train\n1,2,Test\n2,4,0\n3,8,1.0\n4,9,held-out\n5,8,training\n";
    assert_eq!(held_out(text, &Columns::default()), [1, 3, 4]);
    assert_eq!(held_out(text, &own("split")), [1, 3, 4]);
    assert!(held_out(text, &own("-")).is_empty());
    let other = text.replace("split", "part");
    assert_eq!(held_out(&other, &own("part")), [1, 3, 4]);
    assert!(sentence(&other, &Columns::default()).contains("say which columns"));
    // Derivatives have held-out rows too.
    assert_eq!(held_out(text, &Columns { gradient: vec!["y".into()], ..columns(&["x"], None) }), [1, 3, 4]);
    // A column of other numbers does not mark held-out rows unless it is named.
    let numbers = "x,y,split\n0,1,3\n1,2,4\n";
    assert!(held_out(numbers, &columns(&["x"], Some("y"))).is_empty());
    assert!(sentence(numbers, &own("split")).contains("row 1, column \"split\" holds \"3\"; write train or 0"));
    assert!(sentence(text, &own("y")).contains("asked for twice"));
}

#[test]
fn fast_reader_agrees_with_general_reader() {
    let columns = Columns { inputs: vec!["b".into(), "a".into()], target: Some("d".into()), ..Columns::default() };
    let rows = "1,-2.5e3,x,0.125\r\n\n 3 ,+4.0,,7\n-0,1e-300,\t,2";
    let plain = format!("a,b,c,d\n{rows}");
    let quoted = format!("a,b,c,d\n{}", rows.replace('x', "\"x\""));
    let read = |text: &str| read_text("t", text, &columns);
    let data = read(&plain).unwrap();
    assert_eq!(data, read(&quoted).unwrap());
    assert_eq!((data.x[[0, 0]], data.x[[1, 1]], data.y[2]), (-2500.0, 3.0, 2.0));
    // Both readers of numbers report the same error.
    for (from, to) in [("7", "seven"), ("7", "inf"), ("7", "1e999"), (",7", ",7,8"), ("0.125", ""), ("3 ,", "3 ")] {
        let [plain, quoted] = [&plain, &quoted].map(|text| read(&text.replace(from, to)));
        assert_eq!(plain, quoted, "{from} {to}");
    }
    let reader = super::read("t", plain.as_bytes(), &columns).unwrap();
    assert_eq!(reader, data);
}

#[test]
fn rows_with_missing_numbers_are_omitted_and_counted() {
    let note = "Rows that lack a number in a column that is used are left out: 4 of 8.";
    let words = ["", "NA", "null", "-"];
    let rows = words.map(|word| format!("1,{word},a\n")).concat();
    let data =
        read("t.csv", format!("x,y,w\n{rows}2,3,a\n3,4,b\n4,6,\n5,9,NA\n").as_bytes(), &columns(&["x"], Some("y"))).unwrap();
    assert_eq!((data.y.to_vec(), data.notes.concat()), (vec![3.0, 4.0, 6.0, 9.0], note.into()));
    // The column of row names in R has no name.
    let data = any("\"\",\"x\",\"y\"\n\"1\",-1,0.1\n\"2\",0,NA\n\"3\",1,0.5\n").unwrap();
    assert_eq!((data.x.column(0).to_vec(), data.notes.len()), (vec![-1.0, 1.0], 1));
    let first_is_missing = any("1,NA\n2,3\n3,4\n").unwrap();
    assert_eq!((first_is_missing.names.join(" "), first_is_missing.samples()), ("x y".into(), 2));
    let row = |k: i32| format!("{k},{}\n", if k % 4 == 1 { "NA".into() } else { (k * k).to_string() });
    let rows = (0..12).map(row).collect::<Vec<_>>().concat();
    let sets = read_samples_text("t", &format!("a,b\n{rows}"), &[]).unwrap();
    assert_eq!(sets.notes, ["Fields without a number between the samples of a column are left out: 3."]);
    let joint = Columns { inputs: vec!["a".into(), "b".into()], ..Columns::default() };
    let data = read_joint("t", &format!("a,b\n{rows}"), &joint, None).unwrap();
    assert_eq!((data.samples(), data.notes.len()), (9, 1));
}

#[test]
fn rows_with_missing_fields_are_omitted_and_counted() {
    let text = "x  y   T\n1  2\n2  3\n3  4  0.5\n4  5  0.6\n5  6  0.8\n";
    let data = read("t.csv", text.as_bytes(), &columns(&["x"], Some("T"))).unwrap();
    let note = "Rows with fewer fields than the header has are left out: 2 of 5.";
    assert_eq!((data.y.to_vec(), data.notes.concat()), (vec![0.5, 0.6, 0.8], note.into()));
    let end = any("x\ty\t\r\n1\t2\t\r\n2\t3\t\r\n3\t5\t\r\n\t\r\n").unwrap();
    assert_eq!((end.samples(), end.notes.len()), (3, 0));
    complains("x  y  T\n1  2\n2  3\n3  4  0.5\n", "row 3 (line 4) has 3 fields");
    complains("x  y\n1  2\n3  4\n5  6  7\n", "row 3 (line 4) has 3 fields, but the header has 2");
}

#[test]
fn errors_below_skipped_lines_name_lines_of_file() {
    complains("A title\nx,y\n1,2\n3,4\n5,6\n7,four\n", "row 4 (line 6), column \"y\": \"four\" is not a number");
    let data = any("Made by hand\n# x E\n1 2\n2 3\n").unwrap();
    assert_eq!(data.names.join(" "), "x E");
}

#[test]
fn expressions_of_columns_are_read_as_columns() {
    let text = "N,lnPI,err\n0,1,1\n1,2,1\n2,4,1\n3,8,1\n";
    let of = |target: &str| read("t.csv", text.as_bytes(), &columns(&["N"], Some(target)));
    let data = of("-lnPI").unwrap();
    assert_eq!((data.y.to_vec(), data.names.join(" ")), (vec![-1.0, -2.0, -4.0, -8.0], "N -lnPI".into()));
    assert_eq!(of("2*lnPI - N").unwrap().y[3], 13.0);
    // If one of two columns is named, the other one is the input.
    let short = read("t.csv", "N,p\n0,1\n1,0\n2,4\n".as_bytes(), &columns(&[], Some("-log(p)"))).unwrap();
    assert_eq!(
        (short.x.column(0).to_vec(), short.notes.concat()),
        (vec![0.0, 2.0], "Rows in which -log(p) is not a finite number are left out: 1 of 3.".into())
    );
    // A column of that name takes precedence.
    let own = read("t.csv", "x,y,-y\n0,1,5\n1,2,7\n".as_bytes(), &columns(&["x"], Some("-y"))).unwrap();
    assert_eq!(own.y.to_vec(), [5.0, 7.0]);
    let slopes = Columns { gradient: vec!["-F/2".into()], ..columns(&["x*10"], None) };
    let data = read("t.csv", "x,F\n0,2\n1,\n2,6\n".as_bytes(), &slopes).unwrap();
    let gradient = data.gradient.unwrap();
    assert_eq!((data.x.column(0).to_vec(), gradient[[0, 0]], gradient[[2, 0]]), (vec![0.0, 10.0, 20.0], -1.0, -3.0));
    assert!(gradient[[1, 0]].is_nan());
    assert_eq!(read_points("p", "x,y\n1,2\n3,4\n".as_bytes(), &["y-x".to_string()]).unwrap(), array![[1.0], [1.0]]);
    let said = |target: &str| of(target).unwrap_err().to_string();
    assert!(said("-lnP").contains("there is no column \"-lnP\""));
    assert!(said("-lnPI*foo").contains("nor an expression of columns: there is no column foo"), "{}", said("-lnPI*foo"));
    assert!(said("-lnPI +").contains("should follow"), "{}", said("-lnPI +"));
}

#[test]
fn excessively_wide_tables_are_refused_in_linear_time() {
    let wide = ",".repeat(3_000_000);
    let start = Instant::now();
    complains(&wide, "line 1 has more than 10000 columns");
    complains(&format!("x,y\n1,2\n{wide}\n"), "line 3 has more than 10000 columns");
    let names = (0..4_000).map(|k| format!("c{k}")).collect::<Vec<_>>().join(",");
    let row = vec!["1"; 4_000].join(",");
    let seen = inspection::inspect_text("t.csv".into(), format!("{names}\n{row}\n{row}\n")).unwrap();
    assert_eq!(seen.names.len(), 4_000);
    guess(&seen.names);
    // Comparing all names with each other would take a minute.
    assert!(start.elapsed().as_secs_f64() < 10.0);
}
