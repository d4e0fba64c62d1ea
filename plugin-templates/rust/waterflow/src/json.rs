use crate::{parse, Failure};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};

/// A JSON value: `Null`, `Bool(bool)`, `Number(f64)`, `Text(String)`, `List(Vec<Json>)` or `Object(Vec<(String, Json)>)`, whose members keep
/// their order. `.into()` makes one of a `bool`, an `f64`, `i32` or `u32`, a text, and a `Vec` or slice of these.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads JSON text. The failure says at which byte it is wrong.
    pub fn parse(text: &str) -> Result<Json, Failure> {
        parse::parse(text)
    }

    /// `Json::object([("path", path.into())])`. The value of a key that is there twice is the last one.
    pub fn object<Key: Into<String>>(members: impl IntoIterator<Item = (Key, Json)>) -> Json {
        Json::Object(Vec::new()).with_all(members)
    }

    /// The object with one member more.
    pub fn with(self, key: &str, value: impl Into<Json>) -> Json {
        self.with_all([(key, value.into())])
    }

    /// The object with one member more where there is a value.
    pub fn with_some(self, key: &str, value: Option<impl Into<Json>>) -> Json {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    fn with_all<Key: Into<String>>(self, members: impl IntoIterator<Item = (Key, Json)>) -> Json {
        let mut all = match self {
            Json::Object(all) => all,
            _ => Vec::new(),
        };
        for (key, value) in members {
            let key = key.into();
            match all.iter_mut().find(|(name, _)| *name == key) {
                Some((_, old)) => *old = value,
                None => all.push((key, value)),
            }
        }
        Json::Object(all)
    }

    /// A member of an object; None where there is none, or this is no object.
    pub fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// A member that is text. The failure names it.
    pub fn text(&self, key: &str) -> Result<&str, Failure> {
        self.get(key).and_then(Json::as_text).ok_or_else(|| missing(key, "text"))
    }

    /// A member that is a number.
    pub fn number(&self, key: &str) -> Result<f64, Failure> {
        self.get(key).and_then(Json::as_number).ok_or_else(|| missing(key, "a number"))
    }

    /// A member that is true or false.
    pub fn flag(&self, key: &str) -> Result<bool, Failure> {
        self.get(key).and_then(Json::as_flag).ok_or_else(|| missing(key, "true or false"))
    }

    /// A member that is a list.
    pub fn list(&self, key: &str) -> Result<&[Json], Failure> {
        self.get(key).and_then(Json::as_list).ok_or_else(|| missing(key, "a list"))
    }

    /// The text, if this is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if this is one.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Json::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// True or false, if this is one of them.
    pub fn as_flag(&self) -> Option<bool> {
        match self {
            Json::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    /// The items, if this is a list.
    pub fn as_list(&self) -> Option<&[Json]> {
        match self {
            Json::List(items) => Some(items),
            _ => None,
        }
    }

    /// Whether this is null.
    pub fn is_null(&self) -> bool {
        *self == Json::Null
    }
}

fn missing(key: &str, what: &str) -> Failure {
    Failure::Plugin(format!("`{key}` is not {what}"))
}

/// JSON text. A number that JSON has no way to write (not a number, infinite) becomes null.
impl fmt::Display for Json {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Json::Null => to.write_str("null"),
            Json::Bool(flag) => write!(to, "{flag}"),
            Json::Number(number) if number.is_finite() => write!(to, "{number}"),
            Json::Number(_) => to.write_str("null"),
            Json::Text(text) => quote(text, to),
            Json::List(items) => {
                to.write_char('[')?;
                for (index, item) in items.iter().enumerate() {
                    separate(index, to)?;
                    write!(to, "{item}")?;
                }
                to.write_char(']')
            }
            Json::Object(members) => {
                to.write_char('{')?;
                for (index, (key, value)) in members.iter().enumerate() {
                    separate(index, to)?;
                    quote(key, to)?;
                    write!(to, ":{value}")?;
                }
                to.write_char('}')
            }
        }
    }
}

fn separate(index: usize, to: &mut fmt::Formatter<'_>) -> fmt::Result {
    if index == 0 {
        Ok(())
    } else {
        to.write_char(',')
    }
}

fn quote(text: &str, to: &mut fmt::Formatter<'_>) -> fmt::Result {
    to.write_char('"')?;
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        to.write_str(&text[plain..at])?;
        match byte {
            b'"' => to.write_str("\\\"")?,
            b'\\' => to.write_str("\\\\")?,
            b'\n' => to.write_str("\\n")?,
            _ => write!(to, "\\u{byte:04x}")?,
        }
        plain = at + 1;
    }
    to.write_str(&text[plain..])?;
    to.write_char('"')
}

impl From<bool> for Json {
    fn from(flag: bool) -> Json {
        Json::Bool(flag)
    }
}

impl From<f64> for Json {
    fn from(number: f64) -> Json {
        Json::Number(number)
    }
}

impl From<i32> for Json {
    fn from(number: i32) -> Json {
        Json::Number(number.into())
    }
}

impl From<u32> for Json {
    fn from(number: u32) -> Json {
        Json::Number(number.into())
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Json {
        Json::Text(text.into())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Json {
        Json::Text(text)
    }
}

impl<Item: Into<Json>> From<Vec<Item>> for Json {
    fn from(items: Vec<Item>) -> Json {
        Json::List(items.into_iter().map(Into::into).collect())
    }
}

impl<Item: Into<Json> + Clone> From<&[Item]> for Json {
    fn from(items: &[Item]) -> Json {
        Json::List(items.iter().cloned().map(Into::into).collect())
    }
}
