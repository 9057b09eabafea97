//! Hostile names: fragments with a meaning in some language, alone and in random combinations.

/// Fragments of names. Those that are code leave a trace if they run.
const NAME_PARTS: [&str; 62] = [
    "E */ ...; /*",
    "E */ globalThis.ran = 1; /*",
    "*/ int ran(void) { return 1; } /*",
    "*/\n#error ran\n/*",
    "*/*/ /* /*/",
    "*\\\n/ ran",
    "*??/\n/ ran ??/",
    "// \\",
    "x\nfn ran() {}\n//",
    "x\n//! ```\n//! panic!()\n//! ```",
    "```\npanic!()\n```",
    "\"\"\"\nglobals()['ran'] = 1\n\"\"\"",
    "\"\"\" + str(open('ran', 'w')) + \"\"\"",
    "'''",
    "\"",
    "'",
    "`${globalThis.ran = 1}`",
    "${globalThis.ran = 1}",
    "\\",
    "\\\\",
    "\\\"\"\"",
    "\\u000a globalThis.ran = 1 //",
    "\\N{QUOTATION MARK}",
    "\\input{/etc/passwd}",
    "\n\\input{ran}\n",
    "\r\\immediate\\write18{touch ran}\r",
    "^^M\\input{ran}",
    "% $ & # _ { } ~ ^",
    "$x^2$",
    "\n      stop 'ran'\n",
    "\r      stop 'ran'\r",
    "! $omp parallel",
    "!$omp parallel",
    "!DIR$ ATTRIBUTES",
    "&\n     &ran",
    "\n#! FIELDS ran",
    "#! SET min_x 3",
    "\0",
    "\u{1b}[31m",
    "\u{7}\u{8}\u{b}\u{c}\u{7f}\u{85}",
    "\r\n",
    "\t",
    "\u{2028}globalThis.ran = 1\u{2028}",
    "\u{2029}",
    "\u{202e}}\u{2066}if ran\u{2069}",
    "\u{200f}\u{61c}\u{200b}\u{feff}",
    "</script><script>globalThis.ran = 1</script>",
    "<!-- -->",
    "../../ran",
    "C:\\ran",
    "=cmd|' /C calc'!A0",
    "{0} %s %n {}",
    "__import__('os').system('touch ran')",
    "lambda",
    "value",
    "der_x",
    "external.bias",
    "😀👩‍🚀 Ψ_é̂",
    "x [nm",
    "[kJ/mol]",
    "(a)",
    "1e5",
];

/// Returns the names: each fragment, a very long name, and random combinations, `count` in all.
pub fn all(count: usize) -> Vec<String> {
    let mut names: Vec<String> = NAME_PARTS.iter().map(ToString::to_string).collect();
    names.push("*/".repeat(50_000));
    let mut state = 1_u64;
    let mut below = |count: usize| {
        // Lehmer's random number generator modulo 2^31 - 1.
        state = state * 48271 % 2_147_483_647;
        state as usize % count
    };
    while names.len() < count {
        let parts = 1 + below(6);
        names.push((0..parts).map(|_| NAME_PARTS[below(NAME_PARTS.len())]).collect::<Vec<_>>().join(["", " ", "\n"][below(3)]));
    }
    names
}
