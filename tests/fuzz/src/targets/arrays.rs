//! NumPy files, alone and in archives, and data compressed by gzip.

use std::io::Write;

use arbitrary::{Result, Unstructured};
use flate2::write::{DeflateEncoder, GzEncoder};
use flate2::{Compression, Crc};
use multiwell::internal::data::csv::{self, Bytes, Columns, inspect_files};
use multiwell::internal::data::unpack::unpack;

use crate::is_sentence;
use crate::odd::{damage, one, raw_or_built, text, word};

fn array(u: &mut Unstructured) -> Result<Vec<u8>> {
    let kind = word(u, "element types")?;
    let order = one(u, &["False", "False", "True", "Maybe"])?;
    let shape = if u.ratio(2, 3)? {
        format!("({}, {})", u.int_in_range(0..=12)?, u.int_in_range(0..=4)?)
    } else {
        word(u, "array shapes")?.to_owned()
    };
    let header = format!("{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
    let version = u.int_in_range(0..=4_u8)?;
    let mut bytes = b"\x93NUMPY".to_vec();
    bytes.extend([version, 0]);
    if version < 2 {
        bytes.extend((header.len() as u16).to_le_bytes());
    } else {
        bytes.extend((header.len() as u32).to_le_bytes());
    }
    bytes.extend(header.as_bytes());
    let length = u.int_in_range(0..=500)?;
    let start = u.arbitrary::<u8>()?;
    bytes.extend((0..length).map(|k: u32| start.wrapping_mul(k as u8).rotate_left(k % 8)));
    Ok(bytes)
}

fn deflated(data: &[u8]) -> Vec<u8> {
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(data).and_then(|()| packed.finish()).expect("memory takes what is written")
}

fn gzipped(data: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(data).and_then(|()| packed.finish()).expect("memory takes what is written")
}

/// A random archive. Its list may name a file repeatedly, unlike the list of a real program.
fn archive(u: &mut Unstructured) -> Result<Vec<u8>> {
    let (mut out, mut list, mut count) = (Vec::new(), Vec::new(), 0_u16);
    for _ in 0..u.int_in_range(0..=4)? {
        let name = format!("{}.npy", one(u, &["x", "y", "phi", "a b", "[Content_Types].xml", ""])?);
        let data = array(u)?;
        let mut sum = Crc::new();
        sum.update(&data);
        let is_deflated = u.arbitrary::<bool>()?;
        let packed = if is_deflated { deflated(&data) } else { data.clone() };
        let offset = out.len() as u32;
        let sizes = [sum.sum(), packed.len() as u32, data.len() as u32].map(u32::to_le_bytes).concat();
        let method = if is_deflated { [8, 0] } else { [0, 0] };
        let name_length = (name.len() as u16).to_le_bytes();
        out.extend(
            [b"PK\x03\x04".as_slice(), &[20, 0, 0, 0], &method, &[0; 4], &sizes, &name_length, &[0, 0], name.as_bytes(), &packed]
                .concat(),
        );
        let entry = [
            b"PK\x01\x02".as_slice(),
            &[20, 0, 20, 0, 0, 0],
            &method,
            &[0; 4],
            &sizes,
            &name_length,
            &[0; 12],
            &offset.to_le_bytes(),
            name.as_bytes(),
        ]
        .concat();
        for _ in 0..if u.ratio(1, 8)? { u.int_in_range(1..=200)? } else { 1 } {
            list.extend_from_slice(&entry);
            count += 1;
        }
    }
    let begin = out.len() as u32;
    out.extend(&list);
    let counts = [count.to_le_bytes(), count.to_le_bytes()].concat();
    out.extend(
        [b"PK\x05\x06".as_slice(), &[0; 4], &counts, &(list.len() as u32).to_le_bytes(), &begin.to_le_bytes(), &[0, 0]].concat(),
    );
    Ok(out)
}

fn file(u: &mut Unstructured) -> Result<Vec<u8>> {
    let mut bytes = match u.int_in_range(0..=3)? {
        0 => text(u, 200)?.into_bytes(),
        1 => archive(u)?,
        2 => {
            // A repeated piece has the highest compression ratio.
            let piece = text(u, 20)?.into_bytes();
            piece.repeat(u.int_in_range(0..=400)?)
        }
        _ => array(u)?,
    };
    for _ in 0..if u.ratio(1, 3)? { u.int_in_range(1..=5)? } else { 0 } {
        bytes = gzipped(&bytes);
    }
    damage(u, &mut bytes)?;
    Ok(bytes)
}

/// Reads a file of any kind, alone and together with another.
pub fn check(input: &[u8]) {
    let bytes = raw_or_built(input, file);
    match unpack(bytes.clone()) {
        Ok(unpacked) => {
            unpacked.notes.iter().for_each(is_sentence);
            // The page reads the unpacked text, and the command line reads the file.
            let rows = |bytes: &[u8]| csv::read("t.npy", bytes, &Columns::default()).map(|data| data.y.len()).ok();
            assert!(rows(&bytes) == rows(unpacked.text.as_bytes()), "the unpacked text has other rows");
        }
        Err(error) => is_sentence(&error),
    }
    let of = |name: &str, bytes: &[u8]| (name.to_owned(), Bytes::from(bytes.to_vec()));
    let names = ["COLVAR", "a.npy", ".gz", ""].map(|name| vec![of(name, &bytes)]);
    let _ = csv::sets_of(&[("a".into(), bytes.clone()), ("b".into(), bytes.clone())]);
    for files in names.into_iter().chain([vec![of("a.npy.gz", &bytes)], vec![of("a.npz", &bytes), of("b.csv", b"x\n1\n2\n")]]) {
        match inspect_files(files) {
            Ok(table) => table.notes.iter().for_each(is_sentence),
            Err(error) => is_sentence(&error),
        }
    }
}
