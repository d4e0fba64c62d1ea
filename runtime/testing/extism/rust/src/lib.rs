//! Every part of Extism's kit for Rust, each in a function of its own, as its documentation says to use it.

use extism_pdk::*;
use std::collections::BTreeMap;

#[derive(serde::Serialize)]
struct Vowels {
    count: usize,
    total: usize,
}

/// The example that every kit has: counts, and adds to a variable.
#[plugin_fn]
pub fn count_vowels(input: String) -> FnResult<Json<Vowels>> {
    let count = input.chars().filter(|letter| "aeiouAEIOU".contains(*letter)).count();
    let total = var::get::<String>("total")?.and_then(|text| text.parse().ok()).unwrap_or(0) + count;
    var::set("total", total.to_string())?;
    Ok(Json(Vowels { count, total }))
}

#[plugin_fn]
pub fn echo(input: Vec<u8>) -> FnResult<Vec<u8>> {
    Ok(input)
}

#[plugin_fn]
pub fn setting(name: String) -> FnResult<String> {
    Ok(config::get(&name)?.unwrap_or_else(|| "(none)".into()))
}

/// Sets a variable, replaces it, sets others, removes it.
#[plugin_fn]
pub fn variables(_: ()) -> FnResult<Json<Vec<Option<String>>>> {
    let mut seen = vec![var::get("a")?];
    var::set("a", "one")?;
    seen.push(var::get("a")?);
    for index in 0..100 {
        var::set(format!("b{index}"), "x".repeat(index))?;
    }
    seen.push(var::get("a")?);
    var::set("a", "two, ü")?;
    seen.push(var::get("a")?);
    seen.push(var::get("b99")?.map(|text: String| text.len().to_string()));
    var::remove("a")?;
    seen.push(var::get("a")?);
    Ok(Json(seen))
}

/// Sets a variable of as many bytes as the input says.
#[plugin_fn]
pub fn large_variable(bytes: String) -> FnResult<String> {
    let bytes: usize = bytes.parse().map_err(Error::new)?;
    var::set("large", vec![7u8; bytes])?;
    Ok(var::get::<Vec<u8>>("large")?.map_or(0, |value| value.len()).to_string())
}

#[plugin_fn]
pub fn logs(_: ()) -> FnResult<()> {
    trace!("of {}", "trace");
    debug!("of {}", "debug");
    info!("of {}", "info");
    warn!("of {}", "warn");
    error!("of {}", "error");
    Ok(())
}

#[plugin_fn]
pub fn fails(input: String) -> FnResult<()> {
    Err(WithReturnCode::new(Error::msg(format!("it failed: {input}")), 7))
}

#[plugin_fn]
pub fn panics(_: ()) -> FnResult<()> {
    panic!("at the disco")
}

/// Says by its return value alone that it failed.
#[no_mangle]
pub extern "C" fn returns_seven() -> i32 {
    7
}

/// Asks for memory until there is none.
#[plugin_fn]
pub fn hoards(_: ()) -> FnResult<String> {
    let mut all: Vec<Vec<u8>> = Vec::new();
    loop {
        all.push(vec![1; 1 << 20]);
        if all.len() == usize::MAX {
            return Ok("never".into());
        }
    }
}

#[plugin_fn]
pub fn spins(_: ()) -> FnResult<()> {
    loop {
        std::hint::black_box(0);
    }
}

#[derive(serde::Deserialize)]
struct Asked {
    url: String,
    method: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<String>,
}

#[derive(serde::Serialize)]
struct Answered {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

#[plugin_fn]
pub fn request(Json(asked): Json<Asked>) -> FnResult<Json<Answered>> {
    let mut request = HttpRequest::new(asked.url);
    if let Some(method) = asked.method {
        request = request.with_method(method);
    }
    for (name, value) in asked.headers {
        request = request.with_header(name, value);
    }
    let response = http::request(&request, asked.body)?;
    Ok(Json(Answered {
        status: response.status_code(),
        headers: response.headers().clone().into_iter().collect(),
        body: String::from_utf8_lossy(&response.body()).into_owned(),
    }))
}

/// The length of a body alone, however large it is.
#[plugin_fn]
pub fn measure(url: String) -> FnResult<String> {
    let response = http::request::<()>(&HttpRequest::new(url), None)?;
    Ok(response.body().len().to_string())
}

/// Sends as many bytes as the configuration says.
#[plugin_fn]
pub fn upload(url: String) -> FnResult<String> {
    let bytes = config::get("bytes")?.and_then(|text| text.parse().ok()).unwrap_or(0);
    let request = HttpRequest::new(url).with_method("POST");
    let response = http::request(&request, Some(vec![b'x'; bytes]))?;
    Ok(String::from_utf8_lossy(&response.body()).into_owned())
}
