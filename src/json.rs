//! JSON between text and [`serde_json::Value`], and from there to what serde can make of it.
//!
//! `serde_json` does this too, but brings tables of its own for reading and writing decimal numbers: 33 KB of a page of 400. Here
//! the standard library reads and writes them: the shortest digits that give the same bits back.

use std::fmt::Write as _;

use serde::de::value::{Error, MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Number, Value};

/// Lists and maps within one another, at most.
const DEEPEST: usize = 64;

/// The text of a value, on one line.
pub fn write(value: &Value) -> String {
    let mut text = String::new();
    put(value, &mut text);
    text
}

fn put(value: &Value, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(number) => put_number(number, text),
        Value::String(words) => put_words(words, text),
        Value::Array(items) => {
            text.push('[');
            for (i, item) in items.iter().enumerate() {
                comma(i, text);
                put(item, text);
            }
            text.push(']');
        }
        Value::Object(map) => {
            text.push('{');
            for (i, (name, item)) in map.iter().enumerate() {
                comma(i, text);
                put_words(name, text);
                text.push(':');
                put(item, text);
            }
            text.push('}');
        }
    }
}

fn comma(i: usize, text: &mut String) {
    if i > 0 {
        text.push(',');
    }
}

fn put_number(number: &Number, text: &mut String) {
    let written = match (number.as_u64(), number.as_i64(), number.as_f64()) {
        (Some(whole), ..) => write!(text, "{whole}"),
        (_, Some(whole), _) => write!(text, "{whole}"),
        (.., Some(value)) => write!(text, "{value:?}"),
        _ => text.write_str("null"),
    };
    debug_assert!(written.is_ok(), "writing to a string does not fail");
}

fn put_words(words: &str, text: &mut String) {
    text.push('"');
    for c in words.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            c if c < ' ' => {
                let hex = |nibble: u32| char::from_digit(nibble, 16).unwrap_or('0');
                text.push_str("\\u00");
                text.extend([hex(u32::from(c) >> 4), hex(u32::from(c) & 15)]);
            }
            c => text.push(c),
        }
    }
    text.push('"');
}

/// The value that a text stands for.
///
/// # Errors
/// A few words on what is wrong, with line and column.
pub fn read(text: &str) -> Result<Value, String> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(0);
    let value = value.and_then(|value| if reader.peek().is_none() { Ok(value) } else { Err("something follows its end") });
    value.map_err(|what| {
        let before = &text[..text.floor_char_boundary(reader.at)];
        let line = before.bytes().filter(|&b| b == b'\n').count() + 1;
        let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
        format!("{what} at line {line} column {column}")
    })
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

type Found<T> = Result<T, &'static str>;

impl Reader<'_> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.byte()
    }

    /// Whether that byte is this one, which is then passed.
    fn passes(&mut self, wanted: u8) -> bool {
        let is_it = self.peek() == Some(wanted);
        self.at += usize::from(is_it);
        is_it
    }

    fn value(&mut self, depth: usize) -> Found<Value> {
        if depth > DEEPEST {
            return Err("too many lists within one another");
        }
        match self.peek() {
            Some(b'{') => self.map(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => Ok(Value::String(self.words()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => {
                let words = [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))];
                let rest = self.text.get(self.at..).unwrap_or_default();
                let (word, value) = words.into_iter().find(|(word, _)| rest.starts_with(word)).ok_or("no value")?;
                self.at += word.len();
                Ok(value)
            }
        }
    }

    fn list(&mut self, depth: usize) -> Found<Value> {
        let mut items = Vec::new();
        self.at += 1;
        if !self.passes(b']') {
            loop {
                items.push(self.value(depth + 1)?);
                if self.passes(b']') {
                    break;
                }
                if !self.passes(b',') {
                    return Err("no comma and no `]`");
                }
            }
        }
        Ok(Value::Array(items))
    }

    fn map(&mut self, depth: usize) -> Found<Value> {
        let mut map = Map::new();
        self.at += 1;
        if !self.passes(b'}') {
            loop {
                if self.peek() != Some(b'"') {
                    return Err("no name in quotes");
                }
                let name = self.words()?;
                if map.contains_key(&name) {
                    return Err("a name for the second time");
                }
                if !self.passes(b':') {
                    return Err("no colon");
                }
                map.insert(name, self.value(depth + 1)?);
                if self.passes(b'}') {
                    break;
                }
                if !self.passes(b',') {
                    return Err("no comma and no `}`");
                }
            }
        }
        Ok(Value::Object(map))
    }

    fn number(&mut self) -> Found<Value> {
        let start = self.at;
        while matches!(self.byte(), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
            self.at += 1;
        }
        let digits = &self.text[start..self.at];
        // What the standard library would take and JSON does not: a point without digits on both sides, zeros in front.
        let unsigned = digits.trim_start_matches('-').as_bytes();
        let zero_in_front = matches!(unsigned, [b'0', b'0'..=b'9', ..]);
        let loose_point =
            (0..unsigned.len()).any(|i| unsigned[i] == b'.' && !unsigned.get(i + 1).is_some_and(u8::is_ascii_digit));
        let value = digits.parse::<u64>().map(Number::from).or_else(|_| digits.parse::<i64>().map(Number::from)).ok();
        let value = value.or_else(|| Number::from_f64(digits.parse().ok()?)).filter(|_| !zero_in_front && !loose_point);
        if value.is_none() {
            self.at = start;
        }
        value.map(Value::Number).ok_or("no number")
    }

    fn words(&mut self) -> Found<String> {
        let mut words = String::new();
        self.at += 1;
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let plain = rest.bytes().position(|b| b == b'"' || b == b'\\' || b < b' ').ok_or("no quotes at the end")?;
            words.push_str(&rest[..plain]);
            self.at += plain + 1;
            match rest.as_bytes()[plain] {
                b'"' => return Ok(words),
                b'\\' => words.push(self.escaped()?),
                _ => return Err("a line break or control character within quotes"),
            }
        }
    }

    fn escaped(&mut self) -> Found<char> {
        let letter = self.byte();
        self.at += 1;
        Ok(match letter {
            Some(c @ (b'"' | b'\\' | b'/')) => c.into(),
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'u') => {
                let mut code = self.hex()?;
                // Two halves of a character beyond the first plane.
                if (0xd800..0xdc00).contains(&code) && self.text[self.at..].starts_with("\\u") {
                    self.at += 2;
                    let low = self.hex()?.wrapping_sub(0xdc00);
                    code = if low < 0x400 { 0x1_0000 + ((code - 0xd800) << 10) + low } else { code };
                }
                char::from_u32(code).ok_or("no such character")?
            }
            _ => return Err("an unknown escape"),
        })
    }

    fn hex(&mut self) -> Found<u32> {
        let digits = self.text.get(self.at..self.at + 4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        self.at += 4;
        u32::from_str_radix(digits.ok_or("no four hexadecimal digits")?, 16).map_err(|_| "no such character")
    }
}

/// What a value stands for.
///
/// # Errors
/// A few words on what does not fit.
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T, String> {
    T::deserialize(Given(value)).map_err(|e| e.to_string())
}

/// A value as serde takes it, with errors that do not write numbers in `serde_json`'s way.
struct Given<'a>(&'a Value);

impl IntoDeserializer<'_> for Given<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl Given<'_> {
    fn is_not(&self, wanted: &str) -> Error {
        let found = match self.0 {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        serde::de::Error::custom(format_args!("there is {found} where {wanted} should be"))
    }
}

impl<'de> Deserializer<'de> for Given<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(on) => visitor.visit_bool(*on),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(whole), _) => visitor.visit_u64(whole),
                (_, Some(whole)) => visitor.visit_i64(whole),
                _ => visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(words) => visitor.visit_str(words),
            Value::Array(items) => visitor.visit_seq(SeqDeserializer::new(items.iter().map(Given))),
            Value::Object(map) => {
                visitor.visit_map(MapDeserializer::new(map.iter().map(|(name, item)| (name.as_str(), Given(item)))))
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self.0.as_str().unwrap_or_default().into_deserializer())
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    // What is asked for is known in most cases: only that is compiled for it, which is a fifth of the code.

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Object(map) => {
                visitor.visit_map(MapDeserializer::new(map.iter().map(|(name, item)| (name.as_str(), Given(item)))))
            }
            _ => Err(self.is_not("an object")),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(items) => visitor.visit_seq(SeqDeserializer::new(items.iter().map(Given))),
            _ => Err(self.is_not("a list")),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::String(words) => visitor.visit_str(words),
            _ => Err(self.is_not("a text")),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Bool(on) => visitor.visit_bool(*on),
            _ => Err(self.is_not("true or false")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str bytes byte_buf unit unit_struct tuple_struct identifier
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Settings;
    use proptest::prelude::*;

    fn values() -> impl Strategy<Value = Value> {
        let number = prop_oneof![
            any::<f64>().prop_map(|v| Number::from_f64(v).map_or(Value::Null, Value::Number)),
            any::<u64>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
        ];
        let leaf =
            prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::Bool), number, any::<String>().prop_map(Value::String)];
        leaf.prop_recursive(4, 30, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
                prop::collection::vec((any::<String>(), inner), 0..5)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_here_and_by_serde_json(value in values()) {
            let text = write(&value);
            prop_assert_eq!(read(&text), Ok(value.clone()), "{}", text);
            prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value.clone());
            prop_assert_eq!(read(&serde_json::to_string_pretty(&value).unwrap()), Ok(value));
        }

        #[test]
        fn what_serde_json_refuses_is_refused(text in "[\\[\\]{}\", :0-9eE.+nulltrfas\\\\-]{0,12}") {
            match serde_json::from_str::<Value>(&text) {
                Ok(value) => prop_assert_eq!(read(&text), Ok(value)),
                Err(_) => prop_assert!(read(&text).is_err(), "{} is read as {:?}", text, read(&text)),
            }
        }
    }

    #[test]
    fn escapes_are_read() {
        assert_eq!(read(r#""\u00e4\ud83d\ude00\/\b""#), Ok(Value::String("ä😀/\u{8}".into())));
        for text in [r#""\ud83d""#, r#""\ud83d\u0041""#, r#""\x""#, r#""\u12g4""#, "\"a\nb\""] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn errors_say_where() {
        assert_eq!(read("{\"a\": 1,\n  \"b\": [1 2]}"), Err("no comma and no `]` at line 2 column 11".into()));
        assert_eq!(read(""), Err("no value at line 1 column 1".into()));
        assert_eq!(read("1 2"), Err("something follows its end at line 1 column 3".into()));
    }

    #[test]
    fn a_text_of_nothing_but_brackets_is_refused() {
        assert!(read(&"[".repeat(1_000_000)).unwrap_err().starts_with("too many lists"));
    }

    #[test]
    fn settings_come_back_from_their_value() {
        let settings = Settings::default().with("stop-loss=1e-9&hidden=3,4&seed=9007199254740991").unwrap();
        let text = write(&serde_json::to_value(&settings).unwrap());
        assert_eq!(from_value(&read(&text).unwrap()), Ok(settings));
        assert!(from_value::<Settings>(&serde_json::json!({ "recipe": "soup" })).unwrap_err().contains("soup"));
        assert!(from_value::<Settings>(&serde_json::json!({ "modes": 1.5 })).unwrap_err().contains("1.5"));
    }
}
