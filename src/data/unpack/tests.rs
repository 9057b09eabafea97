use std::io::Read;

use super::*;
use flate2::Compression;
use flate2::read::GzEncoder;

/// File of `tests/data/tables`, as written by the program in its name.
fn file(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tables").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn text(name: &str) -> String {
    unpack(file(name)).unwrap_or_else(|error| panic!("{name}: {error}")).text
}

fn refused(name: &str, bytes: Vec<u8>, words: &str) {
    let sentence = unpack(bytes).unwrap_err().to_string();
    assert!(sentence.contains(words) && sentence.contains(';') && !sentence.contains('\n'), "{name}: {sentence}");
}

/// The numbers of a text without a header.
fn numbers(text: &str) -> Vec<Vec<f64>> {
    text.lines().map(|line| line.split(',').map(|field| field.parse().unwrap()).collect()).collect()
}

fn close(a: f64, b: f64, relative: f64) -> bool {
    (a - b).abs() <= relative * b.abs().max(1e-3)
}

#[test]
fn arrays_of_every_type_order_and_npy_version_are_read() {
    let curve: Vec<Vec<f64>> =
        (0..40).map(|k| -1.5 + 3.0 * f64::from(k) / 39.0).map(|x: f64| vec![x, x.powi(4) - x * x + 0.1 * x]).collect();
    for (name, precision) in [("energy.npy", 1e-12), ("big_endian.npy", 1e-5), ("version3.npy", 2e-3)] {
        let found = numbers(&text(name));
        assert_eq!(found.len(), 40, "{name}");
        for (row, expected) in found.iter().zip(&curve) {
            assert!(row.iter().zip(expected).all(|(a, b)| close(*a, *b, precision)), "{name}: {row:?} {expected:?}");
        }
    }
    let whole: Vec<String> = text("version2.npy").lines().map(String::from).collect();
    assert_eq!((whole[0].as_str(), whole[1].as_str(), whole[19].as_str()), ("0.0", "1.0", "19.0"));
    assert!(text("phi.npy").lines().all(|line| line.parse::<f64>().is_ok()));
    assert_eq!(unpack(file("energy.npy.gz")), unpack(file("energy.npy")));
}

#[test]
fn every_type_of_real_numbers_keeps_its_value() {
    let array = |kind: &str, data: &[u8]| {
        let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': (1,), }}\n");
        let mut bytes = [numpy::NUMPY_MAGIC, &[1, 0], &(header.len() as u16).to_le_bytes()].concat();
        bytes.extend([header.as_bytes(), data].concat());
        unpack(bytes).unwrap().text
    };
    assert_eq!(array("<f8", &1e-300_f64.to_le_bytes()), "1e-300\n");
    assert_eq!(array(">i8", &(-5_i64).to_be_bytes()), "-5.0\n");
    assert_eq!(array("|u1", &[200]), "200.0\n");
    assert_eq!(array("|i1", &[200]), "-56.0\n");
    assert_eq!(array("|b1", &[1]), "1.0\n");
    assert_eq!(array("<u4", &[1, 0, 0, 1]), "16777217.0\n");
    assert_eq!(array("<f2", &0x3555_u16.to_le_bytes()), "0.333251953125\n");
    assert_eq!(array("<f2", &0xfc00_u16.to_le_bytes()), "-inf\n");
    assert_eq!(array("<f4", &f32::NAN.to_le_bytes()), "NaN\n");
}

#[test]
fn repeated_entry_of_archive_is_read_once() {
    let archive = file("samples.npz");
    let at = |bytes: &[u8]| archive.windows(4).position(|four| four == bytes).unwrap();
    let (list, end) = (at(b"PK\x01\x02"), at(b"PK\x05\x06"));
    let times = 60_000 / (end - list).div_ceil(46);
    let entries = archive[list..end].windows(4).filter(|four| four == b"PK\x01\x02").count() * times;
    let mut again = [&archive[..list], &archive[list..end].repeat(times), &archive[end..]].concat();
    let place = again.len() - 22 + 10;
    again[place..place + 2].copy_from_slice(&(entries as u16).to_le_bytes());
    assert_eq!(unpack(again), unpack(archive));
}

#[test]
fn unsupported_and_damaged_files_are_refused() {
    for (name, words) in [
        ("structured.npy", "structured array"),
        ("object.npy", "objects of Python"),
        ("complex.npy", "complex numbers"),
        ("three.npy", "shape (2, 3, 4)"),
        ("wide.npy", "2 rows and 500 columns"),
    ] {
        refused(name, file(name), words);
    }
    for (bytes, words) in [
        (&b"\x89HDF\r\n"[..], "numpy.savez"),
        (b"PAR1....", "CSV"),
        (b"BZh9", "gzip"),
        (b"x,y\n\0", "CSV or .npy"),
        (b"\x1f\x8b\x08garbage", "damaged"),
        (b"\x93NUMPY\x01\0\xff\xff{}", "numpy.save"),
        (b"\x93NUMPY\x09\0\x02\0{}", "numpy.save"),
        (b"PK\x03\x04", "damaged"),
    ] {
        refused("t", bytes.to_vec(), words);
    }
    let cut = |name: &str, off: usize| file(name)[..file(name).len() - off].to_vec();
    refused("energy.npy", cut("energy.npy", 8), "cut off");
    refused("energy.npy.gz", cut("energy.npy.gz", 12), "damaged");
    refused("forces.npz", cut("forces.npz", 40), "damaged");
    let mut wrong = file("forces.npz");
    wrong[400] ^= 1;
    refused("forces.npz", wrong, "checksum");
}

#[test]
fn texts_of_other_encodings_are_read() {
    let plain = "x [µm],y\n1,2\n";
    let utf16: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = plain.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let western: Vec<u8> = plain.chars().map(|c| c as u8).collect();
    for bytes in [
        plain.as_bytes().to_vec(),
        [b"\xef\xbb\xbf", plain.as_bytes()].concat(),
        [b"\xff\xfe".to_vec(), utf16].concat(),
        [b"\xfe\xff".to_vec(), big].concat(),
        western,
    ] {
        assert_eq!(unpack(bytes).unwrap().text, plain);
    }
}

#[test]
fn files_compressed_in_parts_or_several_times_are_unpacked() {
    let packed = |bytes: &[u8]| {
        let mut packed = Vec::new();
        GzEncoder::new(bytes, Compression::fast()).read_to_end(&mut packed).unwrap();
        packed
    };
    let parts = [packed(b"x,y\n"), packed(b"1,2\n")].concat();
    assert_eq!(unpack(parts.clone()).unwrap().text, "x,y\n1,2\n");
    assert_eq!(unpack(packed(&parts)).unwrap().text, "x,y\n1,2\n");
}

#[test]
fn json_and_workbooks_are_refused_with_advice() {
    for text in ["{\"x\": 1, \"y\": 2}\n{\"x\": 2, \"y\": 3}\n", "[{\"x\": 1}]", " [[1, 2], [3, 4]]"] {
        refused("t.jsonl", text.into(), "save it as CSV");
    }
    assert!(unpack(b"[Header]\nx,y\n1,2\n".to_vec()).is_ok());
}

#[test]
fn oversized_arrays_of_small_types_are_refused() {
    let head = "{'descr': '|u1', 'fortran_order': False, 'shape': (100000000, 2), }";
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((head.len() as u16).to_le_bytes());
    bytes.extend(head.as_bytes());
    refused("a.npy", bytes, "more numbers than are read");
}
