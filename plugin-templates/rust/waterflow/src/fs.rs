//! Files of the workspace. Paths are relative to it and `/`-separated.

use crate::arguments::{arguments, both};
use crate::{base64, call, Failure, Json};
use alloc::string::String;
use alloc::vec::Vec;

fn path_only(operation: &str, path: &str) -> Result<Json, Failure> {
    call("fs", operation, Json::object([("path", path.into())]))
}

fn from_to(operation: &str, from: &str, to: &str) -> Result<Json, Failure> {
    call("fs", operation, Json::object([("from", from.into()), ("to", to.into())]))
}

pub(crate) fn into_text(answer: Json) -> Result<String, Failure> {
    match answer {
        Json::Text(text) => Ok(text),
        _ => Err("the host's answer is no text".into()),
    }
}

/// A file's text.
pub fn read(path: &str) -> Result<String, Failure> {
    into_text(path_only("read", path)?)
}

/// A file's text; a failure where it is longer.
pub fn read_at_most(path: &str, max_bytes: u32) -> Result<String, Failure> {
    into_text(call("fs", "read", Json::object([("path", path.into()), ("max_bytes", max_bytes.into())]))?)
}

/// A file's bytes.
pub fn read_bytes(path: &str) -> Result<Vec<u8>, Failure> {
    let args = Json::object([("path", path.into()), ("encoding", "base64".into())]);
    let text = into_text(call("fs", "read", args)?)?;
    base64::decode(&text).ok_or_else(|| "the host's answer is no base64".into())
}

/// Writes a text file, and its parent folders; what was there is replaced at once.
pub fn write(path: &str, content: &str) -> Result<(), Failure> {
    call("fs", "write", writing(path, content)).map(drop)
}

/// Writes a file, as `write` does.
pub fn write_bytes(path: &str, content: &[u8]) -> Result<(), Failure> {
    call("fs", "write", writing(path, &base64::encode(content)).with("encoding", "base64")).map(drop)
}

/// Writes behind what is there.
pub fn append(path: &str, content: &str) -> Result<(), Failure> {
    call("fs", "write", writing(path, content).with("append", true)).map(drop)
}

/// Writes a program, as `write_bytes` does.
pub fn write_executable(path: &str, content: &[u8]) -> Result<(), Failure> {
    let program = writing(path, &base64::encode(content)).with("encoding", "base64");
    call("fs", "write", program.with("executable", true)).map(drop)
}

fn writing(path: &str, content: &str) -> Json {
    Json::object([("path", path.into()), ("content", content.into())])
}

/// What is in a folder.
pub fn list(path: &str) -> Result<Vec<Entry>, Failure> {
    let answer = path_only("list", path)?;
    answer.as_list().unwrap_or_default().iter().map(Entry::of).collect()
}

/// A name in a folder, or what a path is. `kind` is `file`, `directory`, `symlink` or `other`.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub name: String,
    pub kind: String,
    pub bytes: f64,
}

impl Entry {
    fn of(entry: &Json) -> Result<Entry, Failure> {
        Ok(Entry {
            name: entry.text("name").unwrap_or_default().into(),
            kind: entry.text("type")?.into(),
            bytes: entry.number("bytes")?,
        })
    }
}

/// What a path is (without its name); None where nothing is there.
pub fn stat(path: &str) -> Result<Option<Entry>, Failure> {
    let answer = path_only("stat", path)?;
    if answer.is_null() {
        Ok(None)
    } else {
        Entry::of(&answer).map(Some)
    }
}

/// Makes a folder, and its parents.
pub fn mkdir(path: &str) -> Result<(), Failure> {
    path_only("mkdir", path).map(drop)
}

/// Removes a file, or a folder with all that is in it.
pub fn remove(path: &str) -> Result<(), Failure> {
    path_only("remove", path).map(drop)
}

/// Copies a file or a folder.
pub fn copy(from: &str, to: &str) -> Result<(), Failure> {
    from_to("copy", from, to).map(drop)
}

/// Moves a file or a folder.
pub fn rename(from: &str, to: &str) -> Result<(), Failure> {
    from_to("move", from, to).map(drop)
}

/// A file's SHA-256 in lower-case hex.
pub fn hash(path: &str) -> Result<String, Failure> {
    into_text(path_only("hash", path)?)
}

/// The files that match, sorted.
pub fn glob(pattern: &str) -> Result<Vec<String>, Failure> {
    let answer = call("fs", "glob", Json::object([("pattern", pattern.into())]))?;
    Ok(answer.as_list().unwrap_or_default().iter().filter_map(Json::as_text).map(String::from).collect())
}

/// Makes an archive of a folder; the name of `to` says which (.tar, .tar.gz, .tar.zst). Gives `bytes`, `entries`, `sha256`.
pub fn pack(from: &str, to: &str) -> Result<Json, Failure> {
    from_to("pack", from, to)
}

/// Unpacks an archive into a folder: all of it, or nothing. Gives `bytes` and `entries`.
pub fn unpack(from: &str, to: &str) -> Result<Json, Failure> {
    from_to("unpack", from, to)
}

arguments! {
    /// What of a folder goes into an archive.
    Pack() {
        /// `tar`, `tar.gz` or `tar.zst`; by the archive's name where it is left out.
        format: &str,
        /// Patterns of paths in the folder.
        include: &[&str],
        /// What lies below an excluded folder is excluded.
        exclude: &[&str],
    }
    /// What of an archive is unpacked.
    Unpack() {
        /// Names that fall away at the beginning of each path.
        strip: u32,
        /// Patterns of paths as they are in the folder.
        include: &[&str],
        /// What lies below an excluded folder is excluded.
        exclude: &[&str],
        /// Of all files together; default 4 GiB.
        max_bytes: u64,
        /// Default and most 100000.
        max_entries: u32,
    }
}

/// Makes an archive of a part of a folder, as `pack` does.
pub fn pack_with(from: &str, to: &str, what: Pack) -> Result<Json, Failure> {
    call("fs", "pack", both(Json::object([("from", from.into()), ("to", to.into())]), what))
}

/// Unpacks a part of an archive, as `unpack` does.
pub fn unpack_with(from: &str, to: &str, what: Unpack) -> Result<Json, Failure> {
    call("fs", "unpack", both(Json::object([("from", from.into()), ("to", to.into())]), what))
}
