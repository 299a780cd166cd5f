//! What the command line calls once the configuration is sound.

use crate::{
    cli::{Failure, Proxy},
    config::Config,
    key_file::KeyFile,
};

pub async fn serve(_config: Config) -> Result<(), Failure> {
    Err(absent())
}

pub async fn demo(_port: u16, _product_port: u16) -> Result<(), Failure> {
    Err(absent())
}

pub async fn prepare_database(_config: &Config, _key: &KeyFile) -> Result<String, Failure> {
    Err(absent())
}

pub async fn setup_link(_config: &Config) -> Result<String, Failure> {
    Err(absent())
}

pub fn proxy_config(_config: &Config, _proxy: Proxy, _app: &str) -> Result<String, Failure> {
    Err(absent())
}

pub fn openapi() -> String {
    String::new()
}

fn absent() -> Failure {
    Failure::failed("This build has no server.")
}
