//! Small values that outlive the run: the plugin's own in this tenant, seen by no other.

use crate::{call, Failure, Json};

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

/// Sets the value only if the one that is there has the expected version; None expects none. Whether it was set.
pub fn compare_and_set(key: &str, expected: Option<f64>, value: Json) -> Result<bool, Failure> {
    let expected = expected.map_or(Json::Null, Json::Number);
    call("store", "compare_and_set", key_only(key).with("expected", expected).with("value", value))?.flag("swapped")
}

/// Whether there was such a value.
pub fn delete(key: &str) -> Result<bool, Failure> {
    Ok(call("store", "delete", key_only(key))? == Json::Bool(true))
}

/// A page of the keys that begin with a prefix: `keys`, and `cursor` for the next page, null on the last.
pub fn list(prefix: &str, cursor: Option<&str>) -> Result<Json, Failure> {
    call("store", "list", Json::object([("prefix", prefix.into())]).with_some("cursor", cursor))
}
