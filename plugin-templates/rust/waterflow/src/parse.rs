use crate::{Failure, Json};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// As deep as values may lie in each other: what is nested deeper is refused before the stack is used up.
const MOST_LEVELS: usize = 200;

pub(crate) fn parse(text: &str) -> Result<Json, Failure> {
    let mut parser = Parser { text, at: 0 };
    let value = parser.value(0)?;
    parser.skip_space();
    if parser.at < text.len() {
        return Err(parser.wrong("there is more behind the value"));
    }
    Ok(value)
}

struct Parser<'text> {
    text: &'text str,
    at: usize,
}

impl Parser<'_> {
    fn value(&mut self, level: usize) -> Result<Json, Failure> {
        if level > MOST_LEVELS {
            return Err(self.wrong("it is nested too deeply"));
        }
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.object(level),
            Some(b'[') => self.list(level),
            Some(b'"') => Ok(Json::Text(self.string()?)),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            _ => self.number(),
        }
    }

    fn object(&mut self, level: usize) -> Result<Json, Failure> {
        self.at += 1;
        let mut members = Vec::new();
        if self.ends(b'}') {
            return Ok(Json::Object(members));
        }
        loop {
            self.skip_space();
            let key = self.string()?;
            self.expect(b':')?;
            members.push((key, self.value(level + 1)?));
            if self.ends(b'}') {
                return Ok(Json::Object(members));
            }
            self.expect(b',')?;
        }
    }

    fn list(&mut self, level: usize) -> Result<Json, Failure> {
        self.at += 1;
        let mut items = Vec::new();
        if self.ends(b']') {
            return Ok(Json::List(items));
        }
        loop {
            items.push(self.value(level + 1)?);
            if self.ends(b']') {
                return Ok(Json::List(items));
            }
            self.expect(b',')?;
        }
    }

    fn string(&mut self) -> Result<String, Failure> {
        if self.peek() != Some(b'"') {
            return Err(self.wrong("a text is missing"));
        }
        self.at += 1;
        let mut text = String::new();
        let mut plain = self.at;
        loop {
            match self.peek() {
                Some(b'"') => {
                    text.push_str(&self.text[plain..self.at]);
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    text.push_str(&self.text[plain..self.at]);
                    self.at += 1;
                    text.push(self.escaped()?);
                    plain = self.at;
                }
                Some(byte) if byte >= 0x20 => self.at += 1,
                _ => return Err(self.wrong("a text doesn't end")),
            }
        }
    }

    fn escaped(&mut self) -> Result<char, Failure> {
        let byte = self.peek();
        self.at += 1;
        Ok(match byte {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(self.wrong("an escape that JSON doesn't have")),
        })
    }

    /// One or, of a surrogate pair, two escapes. Half a pair has no place in Rust's text, and becomes U+FFFD.
    fn unicode(&mut self) -> Result<char, Failure> {
        let first = self.hex()?;
        if (0xd800..0xdc00).contains(&first) && self.text.as_bytes()[self.at..].starts_with(b"\\u") {
            let before = self.at;
            self.at += 2;
            let second = self.hex()?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = before;
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&mut self) -> Result<u32, Failure> {
        let digits =
            self.text.as_bytes().get(self.at..self.at + 4).filter(|four| four.iter().all(u8::is_ascii_hexdigit));
        let Some(digits) = digits else {
            return Err(self.wrong("an escape without four hex digits"));
        };
        self.at += 4;
        Ok(digits.iter().fold(0, |code, digit| code * 16 + (*digit as char).to_digit(16).unwrap_or(0)))
    }

    fn number(&mut self) -> Result<Json, Failure> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')) {
            self.at += 1;
        }
        match self.text[start..self.at].parse() {
            Ok(number) => Ok(Json::Number(number)),
            Err(_) => Err(self.wrong("a value is missing")),
        }
    }

    fn word(&mut self, word: &str, value: Json) -> Result<Json, Failure> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.wrong("a value is missing"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn ends(&mut self, byte: u8) -> bool {
        self.skip_space();
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, byte: u8) -> Result<(), Failure> {
        if self.ends(byte) {
            return Ok(());
        }
        Err(self.wrong(&format!("`{}` is missing", byte as char)))
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn wrong(&self, what: &str) -> Failure {
        Failure::Plugin(format!("no JSON at byte {}: {what}", self.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn what_is_written_is_read_again() {
        for text in ["null", "[true,false,-1.5,12345678901]", r#"{"a":{"b":["ü€😀","\"\\\n\u0001"]},"":[]}"#] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn reads_escapes_and_spaces() {
        let text = parse(" [ \"\\u00fc\\ud83d\\ude00\\/\\t\\ud83dx\" , 1e3 ] ").unwrap();
        assert_eq!(text, Json::List([Json::Text("ü😀/\t\u{fffd}x".into()), Json::Number(1000.0)].into()));
    }

    #[test]
    fn refuses_what_is_no_json() {
        let deep = "[".repeat(10_000);
        for text in ["", "{", "[1,]", "{\"a\"}", "\"a", "tru", "1 2", "\"\\x\"", "\"\\u12\"", "-", &deep] {
            assert!(parse(text).is_err(), "{text:.20}");
        }
    }
}
