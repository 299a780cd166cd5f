//! The command line: what can be typed, and the commands that need nothing but the configuration.
//!
//! Data goes to standard output, messages to standard error. No secret is ever taken from a flag.

mod failure;
pub mod init;
mod inspect;

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use failure::{Exit, Failure};
pub use inspect::{config_explain, config_show, healthcheck, version};

/// What `latchstring version` says.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Your customers open their accounts to your support, see who is in, and revoke.
#[derive(Debug, Parser)]
#[command(
    name = "latchstring",
    version,
    before_help = "Examples:
  latchstring demo                                             look around; nothing is kept
  latchstring init --public-url https://access.example.com     make configuration, key and database
  latchstring serve                                            run the server
  latchstring admin setup-link                                 a link for the first administrator
  latchstring proxy-config nginx --app https://erp.example.com what to put into nginx",
    disable_help_subcommand = true,
    infer_subcommands = false,
    max_term_width = 100
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub common: Common,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// The configuration file
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print data as JSON where there is data
    #[arg(long, global = true)]
    pub json: bool,
    /// Do not use colours (as with the variable NO_COLOR)
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Only errors and data, no messages about what was done
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Look around: sample people and a sample product, on this machine only, gone with the program
    #[command(before_help = "Example:\n  latchstring demo --port 9000 --product-port 9001")]
    Demo(Demo),
    /// Make the configuration file, the key and the database
    #[command(before_help = "Examples:
  latchstring init --public-url https://access.example.com
  latchstring init --public-url https://access.example.com --database-url-file /run/secrets/database-url")]
    Init(Init),
    /// Run the server
    #[command(
        before_help = "Examples:\n  latchstring serve\n  latchstring serve --listen 127.0.0.1:9000 --config /etc/latchstring/latchstring.toml"
    )]
    Serve(Serve),
    /// Administration from the machine itself
    #[command(subcommand)]
    Admin(Admin),
    /// The keys that seal what the database keeps
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Print the configuration for a reverse proxy in front of an application
    #[command(
        before_help = "Example:\n  latchstring proxy-config nginx --app https://erp.example.com > latchstring.conf"
    )]
    ProxyConfig(ProxyConfig),
    /// Show or explain the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Ask the running server whether it is ready: exit code 0 if so, 1 if not
    Healthcheck,
    /// Print the version
    Version,
    /// Print the description of the API
    #[command(hide = true)]
    Openapi,
}

#[derive(Debug, Args)]
pub struct Demo {
    /// The port of Latchstring
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// The port of the sample product
    #[arg(long, default_value_t = 8081)]
    pub product_port: u16,
}

#[derive(Debug, Args)]
pub struct Init {
    /// The address under which people will open Latchstring
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// The folder to make it in
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
    /// A file that holds the address of a PostgreSQL database, instead of SQLite
    #[arg(long, value_name = "FILE")]
    pub database_url_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen, instead of server.listen
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// The public address, instead of server.public_url
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// How much to log, instead of log.level
    #[arg(long, value_name = "LEVEL")]
    pub log_level: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Admin {
    /// Print a link with which the first administrator sets a password; it works once, and a new one ends the old
    #[command(before_help = "Example:\n  latchstring admin setup-link")]
    SetupLink,
}

#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Put a new key in the place of the old one, while the server stands still; run it again if it was interrupted
    #[command(before_help = "Example:\n  systemctl stop latchstring && latchstring keys rotate")]
    Rotate,
    /// Print the names of the keys in the key file and how old they are, without the keys
    Show,
}

#[derive(Debug, Args)]
pub struct ProxyConfig {
    pub proxy: Proxy,
    /// The address under which people open the application
    #[arg(long, value_name = "URL")]
    pub app: String,
    /// How the paths of an old interface begin, such as /soap/: there integration logins are asked for
    #[arg(long, value_name = "PATH")]
    pub legacy: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Proxy {
    Nginx,
    Caddy,
}

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print what is set, and where; secrets are masked
    #[command(before_help = "Example:\n  latchstring config show --effective")]
    Show {
        /// Also what holds because nobody set it
        #[arg(long)]
        effective: bool,
    },
    /// Print what a key means, its default, an example, and where its value comes from
    #[command(before_help = "Example:\n  latchstring config explain server.public_url")]
    Explain { key: String },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_leads_with_examples_and_hides_what_is_for_the_build() {
        let help = Cli::command().render_help().to_string();
        assert!(help.starts_with("Examples:"), "{help}");
        assert!(!help.contains("openapi"), "{help}");
    }

    #[test]
    fn abbreviations_are_refused() {
        Cli::try_parse_from(["latchstring", "ser"]).expect_err("not a command");
        Cli::try_parse_from(["latchstring"]).expect_err("no command");
        Cli::try_parse_from(["latchstring", "serve", "--config", "x.toml"]).expect("known");
    }
}
