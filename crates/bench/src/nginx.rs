//! The real nginx with the product's own recipe, in front of whoever is to be asked.

use std::{fs, net::SocketAddr, path::Path};

use applications::{
    model::{Application, HeaderSet},
    proxy_config,
};
use kernel::{ApplicationId, Timestamp};

use crate::{
    Outcome,
    children::{self, Server},
};

/// Starts nginx on `address` in a folder of its own. It is one process, so that its processor time is one number.
pub fn start(folder: &Path, address: SocketAddr, asked: SocketAddr, product: SocketAddr) -> Outcome<Server> {
    fs::create_dir_all(folder)?;
    let at = folder.display();
    let recipe = recipe(address, asked, product);
    let configuration = format!(
        "daemon off; master_process off; worker_processes 1; pid {at}/pid; error_log {at}/error.log error;\n\
         events {{ worker_connections 4096; }}\n\
         http {{ access_log off; keepalive_requests 100000000; client_body_temp_path {at}/b; proxy_temp_path {at}/p; \
         fastcgi_temp_path {at}/f; uwsgi_temp_path {at}/u; scgi_temp_path {at}/s;\n{recipe}\n}}\n"
    );
    let file = folder.join("nginx.conf");
    fs::write(&file, configuration)?;
    let mut command = children::pinned(Path::new("nginx"));
    command.arg("-c").arg(&file).arg("-p").arg(folder).arg("-e").arg(folder.join("error.log"));
    // Debian keeps servers where users' paths do not look.
    command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    Server::start(command, address, &folder.join("output.log"))
}

/// What `latchstring proxy-config nginx` prints, on the loopback interface only.
fn recipe(address: SocketAddr, asked: SocketAddr, product: SocketAddr) -> String {
    let application = Application {
        id: ApplicationId::from_bytes([1; 16]),
        name: "Product".to_owned(),
        origin: format!("http://{address}"),
        header_set: HeaderSet::default(),
        created_at: Timestamp::from_seconds(0),
    };
    let printed = proxy_config::nginx(
        &application,
        "https://access.example.com",
        &asked.to_string(),
        &product.to_string(),
        true,
    );
    let port = address.port();
    printed
        .replace(&format!("    listen {port};\n"), &format!("    listen {address};\n"))
        .replace(&format!("    listen [::]:{port};\n"), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_loopback_interface_is_listened_on() {
        let address = SocketAddr::from(([127, 0, 0, 1], 8081));
        let recipe = recipe(address, address, address);
        let listens: Vec<&str> =
            recipe.lines().map(str::trim).filter(|line| line.starts_with("listen ")).collect();
        assert_eq!(listens, ["listen 127.0.0.1:8081;"]);
    }
}
