//! Files of other programs (`tests/data/tables`) with a few parts changed.

use std::io::Read;
use std::path::Path;
use std::sync::LazyLock;

use flate2::Compression;
use flate2::read::GzEncoder;

use super::random::Random;

/// All of these files.
static FILES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/tables");
    let mut paths: Vec<_> = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).expect("a file")).collect()
});

/// Parts that a reader has to understand or to refuse.
const PARTS: [&[u8]; 34] = [
    b"#! FIELDS x y\n",
    b"#! SET min_phi pi/0\n",
    b"#! SET max_phi -pi\n",
    b"# x y z\n",
    b"@    xaxis  label \"\\f{\"\n",
    b"@ s4294967295 legend \"\\\"\n",
    b"sep=;\n",
    b"inf",
    b"-nan",
    b"1,234",
    b"0,5",
    b"1D400",
    b"+/-",
    b"[nm]",
    b"\"",
    b";",
    b"\t",
    b"\n\n",
    b"\r",
    b"\0",
    b"\xff",
    b"(18446744073709551615,)",
    b"(4294967296, 4294967296)",
    b"()",
    b"(,)",
    b"(0,)",
    b"(1, 0)",
    b"'<f8'",
    b"'>i2'",
    b"'|b1'",
    b"True",
    b"'descr': [",
    b"PK\x05\x06",
    b"\x1f\x8b",
];

/// One of the files with a few bytes changed, cut out, repeated or put in, which may then be compressed.
pub fn mutated(random: &mut Random) -> Vec<u8> {
    let mut bytes = random.pick::<Vec<u8>>(&FILES).clone();
    for _ in 0..random.below(5) {
        let (at, other) = (random.below(bytes.len() + 1), random.below(bytes.len() + 1));
        let range = at.min(other)..at.max(other);
        let part = *random.pick(&PARTS);
        match random.below(8) {
            0 if at < bytes.len() => bytes[at] = random.below(256) as u8,
            // Sizes and places of a header are small numbers.
            1 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(range.start..range.end.min(range.start + 40))),
            4 => drop(bytes.splice(at..at, part.iter().copied())),
            5 => drop(bytes.splice(at..(at + part.len()).min(bytes.len()), part.iter().copied())),
            6 => {
                let from = *random.pick(b".,;\t \n");
                let to = *random.pick(b".,;\t \n");
                bytes.iter_mut().filter(|byte| **byte == from).for_each(|byte| *byte = to);
            }
            _ => {
                let copy = bytes[range.start..range.end.min(range.start + 200)].to_vec();
                bytes.splice(at..at, copy);
            }
        }
    }
    if random.one_in(4) {
        let mut packed = Vec::new();
        GzEncoder::new(bytes.as_slice(), Compression::fast()).read_to_end(&mut packed).expect("memory can be read");
        return packed;
    }
    bytes
}
