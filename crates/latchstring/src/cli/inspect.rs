//! Commands that only look.

use std::path::Path;

use serde_json::json;

use super::{Common, Failure, VERSION};
use crate::{
    config::{self, Config, Sources},
    health,
};

/// `latchstring config show`: what it prints. A configuration with errors is shown too, without its defaults.
pub fn config_show(common: &Common, effective: bool) -> Result<String, Failure> {
    let sources = Sources::gather(common.config.as_deref());
    let config = if effective { Some(judge_again(common)?) } else { None };
    Ok(if common.json {
        format!("{:#}\n", config::show_json(&sources, config.as_ref()))
    } else {
        config::show(&sources, config.as_ref())
    })
}

fn judge_again(common: &Common) -> Result<Config, Failure> {
    Ok(Sources::gather(common.config.as_deref()).judge()?)
}

/// `latchstring config explain`.
pub fn config_explain(common: &Common, key: &str) -> Result<String, Failure> {
    let sources = Sources::gather(common.config.as_deref());
    config::explain(&sources, key).ok_or_else(|| {
        let failure = Failure::not_found(format!("There is no key {key:?}."));
        match config::keys::nearest(key) {
            Some(near) => {
                failure.with_hint(format!("Did you mean `latchstring config explain {}`?", near.name))
            }
            None => failure.with_hint("`latchstring config show --effective` lists all keys."),
        }
    })
}

/// `latchstring version`.
pub fn version(common: &Common) -> String {
    if common.json {
        format!("{}\n", json!({ "name": "latchstring", "version": VERSION }))
    } else {
        format!("latchstring {VERSION}\n")
    }
}

/// `latchstring healthcheck`: asks the server that listens where the configuration says.
pub async fn healthcheck(file: Option<&Path>) -> Result<(), Failure> {
    let config = Sources::gather(file).judge()?;
    health::ask_ready(config.server.listen).await.map_err(|why| {
        Failure::failed(format!("The server at {} is not ready: {why}.", config.server.listen))
            .with_hint("Start it with `latchstring serve`; its log says what it waits for.")
    })
}
