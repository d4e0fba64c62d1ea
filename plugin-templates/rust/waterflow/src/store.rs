//! Small values that outlive the run: the plugin's own in this tenant, seen by no other.

use crate::arguments::{arguments, both};
use crate::{call, Failure, Json};
use alloc::string::String;
use alloc::vec::Vec;

fn key_only(key: &str) -> Json {
    Json::object([("key", key.into())])
}

/// `value`, `version` and `expires_at`; None where nothing is there.
pub fn get(key: &str) -> Result<Option<Json>, Failure> {
    let answer = call("store", "get", key_only(key))?;
    Ok(if answer.is_null() { None } else { Some(answer) })
}

/// Sets a value of at most 64 KiB as JSON, and gives its version.
pub fn set(key: &str, value: Json) -> Result<f64, Failure> {
    call("store", "set", key_only(key).with("value", value))?.number("version")
}

/// Sets a value that is gone after some milliseconds, as `set` does.
pub fn set_for(key: &str, value: Json, ttl_ms: u64) -> Result<f64, Failure> {
    let args = key_only(key).with("value", value).with("ttl_ms", ttl_ms as f64);
    call("store", "set", args)?.number("version")
}

/// Sets the value only if the one that is there has the expected version; None expects none. Whether it was set.
pub fn compare_and_set(key: &str, expected: Option<f64>, value: Json) -> Result<bool, Failure> {
    let expected = expected.map_or(Json::Null, Json::Number);
    call("store", "compare_and_set", key_only(key).with("expected", expected).with("value", value))?.flag("swapped")
}

/// Whether there was such a value.
pub fn delete(key: &str) -> Result<bool, Failure> {
    Ok(call("store", "delete", key_only(key))? == Json::Bool(true))
}

/// Whether there was such a value in the expected version, which is gone then.
pub fn delete_version(key: &str, expected: f64) -> Result<bool, Failure> {
    Ok(call("store", "delete", key_only(key).with("expected", expected))? == Json::Bool(true))
}

/// A page of the keys that begin with a prefix: `keys`, and `cursor` for the next page, null on the last.
pub fn list(prefix: &str, cursor: Option<&str>) -> Result<Json, Failure> {
    call("store", "list", Json::object([("prefix", prefix.into())]).with_some("cursor", cursor))
}

arguments! {
    /// A folder of the workspace that is to be kept as an archive.
    Folder(from: &str) {
        /// Patterns of paths in the folder.
        include: &[&str],
        /// What lies below an excluded folder is excluded.
        exclude: &[&str],
        /// False: what is there under the key stays as it is.
        replace: bool,
    }
}

/// An archive that is kept. `saved` is false where it was to stay as it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    pub saved: bool,
    pub bytes: f64,
    pub sha256: String,
    /// How many archives went because there was no more room, and why not all went that had to.
    pub evicted: f64,
    pub not_evicted: Option<String>,
}

/// Packs a folder of the workspace and keeps the archive under the key.
pub fn save(key: &str, folder: Folder) -> Result<Saved, Failure> {
    let answer = call("store", "save", both(folder, key_only(key)))?;
    Ok(Saved {
        saved: answer.flag("saved")?,
        bytes: answer.number("bytes")?,
        sha256: answer.text("sha256")?.into(),
        evicted: answer.number("evicted").unwrap_or_default(),
        not_evicted: answer.text("not_evicted").ok().map(String::from),
    })
}

/// What came of an archive that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Loaded {
    /// It is in the folder. `created_at` is RFC 3339.
    Found { entries: f64, bytes: f64, archive_bytes: f64, sha256: String, created_at: String },
    /// There was none, or it was damaged and has been removed.
    Missing { damaged: bool },
}

/// Unpacks what is kept under the key into a folder of the workspace: all of it, or nothing.
pub fn load(key: &str, to: &str) -> Result<Loaded, Failure> {
    let answer = call("store", "load", key_only(key).with("to", to))?;
    if !answer.flag("found")? {
        return Ok(Loaded::Missing { damaged: answer.flag("damaged")? });
    }
    Ok(Loaded::Found {
        entries: answer.number("entries")?,
        bytes: answer.number("bytes")?,
        archive_bytes: answer.number("archive_bytes")?,
        sha256: answer.text("sha256")?.into(),
        created_at: answer.text("created_at")?.into(),
    })
}

/// An archive as `saved` lists it.
#[derive(Clone, Debug, PartialEq)]
pub struct Archive {
    pub key: String,
    pub bytes: f64,
    pub sha256: String,
    /// RFC 3339.
    pub created_at: String,
}

impl Archive {
    fn of(archive: &Json) -> Result<Archive, Failure> {
        Ok(Archive {
            key: archive.text("key")?.into(),
            bytes: archive.number("bytes")?,
            sha256: archive.text("sha256")?.into(),
            created_at: archive.text("created_at")?.into(),
        })
    }
}

/// The archives whose keys begin with a prefix, the newest first; 100 of them unless a limit is given.
pub fn saved(prefix: &str, limit: Option<u32>) -> Result<Vec<Archive>, Failure> {
    let asked = Json::object([("prefix", prefix.into())]).with_some("limit", limit);
    call("store", "saved", asked)?.as_list().unwrap_or_default().iter().map(Archive::of).collect()
}
