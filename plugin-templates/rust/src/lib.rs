use waterflow::{fs, log, Failure, Json};

waterflow::plugin!(plugin);

/// From the inputs to the outputs, which plugin.yaml declares.
pub fn plugin(inputs: Json) -> Result<Json, Failure> {
    let path = inputs.text("path")?;
    let greeting = greet(inputs.text("name")?)?;
    fs::write(path, &format!("{greeting}\n"))?;
    log(&format!("wrote {path}"));
    Ok(Json::object([("greeting", greeting.into())]))
}

/// Keep what needs no host in functions of its own: they can be tested without one.
fn greet(name: &str) -> Result<String, Failure> {
    match name.trim() {
        "" => Err("name is empty".into()),
        name => Ok(format!("Hello, {name}!")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use waterflow::testing::{with_host, Call};

    #[test]
    fn greets_by_name() {
        assert_eq!(greet(" Ada "), Ok("Hello, Ada!".into()));
    }

    #[test]
    fn refuses_an_empty_name() {
        assert!(greet(" ").is_err());
    }

    fn inputs() -> Json {
        Json::object([("name", "Ada".into()), ("path", "greeting.txt".into())])
    }

    #[test]
    fn writes_the_greeting() {
        let (outputs, calls) = with_host(|_| Ok(Json::Null), || plugin(inputs()));
        assert_eq!(outputs.unwrap().text("greeting"), Ok("Hello, Ada!"));
        let written = r#"{"path":"greeting.txt","content":"Hello, Ada!\n"}"#;
        assert_eq!(calls[0], Call::new("fs", "write", Json::parse(written).unwrap()));
    }

    #[test]
    fn ends_with_the_denial() {
        let denied = Failure::denied("not granted", "manifest", "Request it.");
        let (outputs, _) = with_host(move |_| Err(denied.clone()), || plugin(inputs()));
        assert_eq!(outputs.unwrap_err().code(), "DENIED");
    }
}
