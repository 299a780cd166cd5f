//! The executable: reads the command line, calls the command, and says how it ended.

use std::{
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use clap::{ColorChoice, CommandFactory as _, FromArgMatches as _};
use kernel::Clock as _;
use latchstring::{
    cli::{self, Admin, Cli, Command, ConfigCommand, Failure, KeysCommand},
    clock::SystemClock,
    commands,
    config::Sources,
    logs,
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Before clap has parsed anything, because its errors are coloured too.
    let wants_no_colour = std::env::args_os().any(|argument| argument == "--no-color");
    let colour = if wants_no_colour { ColorChoice::Never } else { ColorChoice::Auto };
    let cli = match Cli::command()
        .color(colour)
        .try_get_matches()
        .and_then(|matches| Cli::from_arg_matches(&matches))
    {
        Ok(cli) => cli,
        // Help and the version are data, everything else is the caller's mistake: clap knows which.
        Err(error) => error.exit(),
    };
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "latchstring: {failure}");
            failure.into()
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    // One provider of TLS for mail and database; the library panics at its first use without one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("Cannot start: {error}")))?;
    let ended = runtime.block_on(dispatch(cli));
    // What still runs has had its time to finish.
    runtime.shutdown_background();
    ended
}

async fn dispatch(cli: Cli) -> Result<(), Failure> {
    let Cli { command, common } = cli;
    let gather = || Sources::gather(common.config.as_deref());
    match command {
        Command::Serve(args) => {
            let mut sources = gather();
            sources.add_flag("listen", "server.listen", args.listen.map(|listen| listen.to_string()));
            sources.add_flag("public-url", "server.public_url", args.public_url);
            sources.add_flag("log-level", "log.level", args.log_level);
            let config = sources.judge()?;
            logs::start(config.log, logs::Output::Stdout, common.no_color);
            commands::serve(config).await
        }
        Command::Demo(args) => {
            logs::start_quietly(common.no_color);
            commands::demo(args.port, args.product_port).await
        }
        Command::Init(args) => {
            logs::start_quietly(common.no_color);
            let made = cli::init::make_files(&args, &kernel::entropy::SystemEntropy, SystemClock.now())?;
            let link = commands::prepare_database(&made.config, &made.key).await?;
            for file in &made.files {
                say(common.quiet, &format!("Wrote {}", file.display()));
            }
            say(
                common.quiet,
                "The database is ready.\nOpen this link once, after `latchstring serve`, to make the first administrator:",
            );
            print(&format!("{link}\n"))
        }
        Command::Admin(Admin::SetupLink) => {
            let config = gather().judge()?;
            logs::start_quietly(common.no_color);
            let link = commands::setup_link(&config).await?;
            say(common.quiet, "This link works once and ends the one before it:");
            print(&format!("{link}\n"))
        }
        Command::Keys(KeysCommand::Rotate) => {
            let config = gather().judge()?;
            logs::start_quietly(common.no_color);
            commands::rotate_keys(&config, |step| say(common.quiet, step)).await
        }
        Command::Keys(KeysCommand::Show) => print(&commands::show_keys(&gather().judge()?, common.json)?),
        Command::ProxyConfig(args) => {
            let config = gather().judge()?;
            print(&commands::proxy_config(&config, &args).await?)
        }
        Command::Config(ConfigCommand::Show { effective }) => print(&cli::config_show(&common, effective)?),
        Command::Config(ConfigCommand::Explain { key }) => print(&cli::config_explain(&common, &key)?),
        Command::Healthcheck => {
            cli::healthcheck(common.config.as_deref()).await?;
            say(common.quiet || !io::stderr().is_terminal(), "ready");
            Ok(())
        }
        Command::Version => print(&cli::version(&common)),
        Command::Openapi => print(&commands::openapi()),
    }
}

/// Data: to standard output. A reader that went away, as `head` does, is no failure.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::failed(format!("Cannot write: {error}")))
        }
        _ => Ok(()),
    }
}

/// A message for whoever typed the command: to standard error.
fn say(is_quiet: bool, text: &str) {
    if !is_quiet {
        let _ = writeln!(io::stderr(), "{text}");
    }
}
