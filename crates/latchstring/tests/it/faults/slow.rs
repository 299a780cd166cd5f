//! Clients that say nothing, or hardly anything.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::support::process::Installed;

/// As many as the system lets a test hold, up to so many.
const MOST: usize = 10_000;
/// Files that the test and the server need besides.
const OTHERS: usize = 500;

/// How many connections one process can hold here.
fn room() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").expect("Linux");
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).expect("a limit");
    let soft = line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(MOST + OTHERS);
    MOST.min(soft.saturating_sub(OTHERS))
}

/// Opens a connection and says as much as its kind does.
async fn slow(address: &str, n: usize) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    match n % 4 {
        0 => {}
        1 => stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.expect("open"),
        2 => stream.write_all(b"G").await.expect("open"),
        _ => {
            let head = b"POST /api/v1/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{";
            stream.write_all(head).await.expect("open");
        }
    }
    stream
}

/// R9: ten thousand connections that say nothing, or hardly anything, hold nobody up, take little memory, and are cut.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn slow_clients_hold_nobody_up() {
    let installed = Installed::new().await;
    let text = std::fs::read_to_string(installed.config()).expect("the configuration");
    let roomy = text.replacen("[server]", "[server]\nmax_connections = 12000", 1);
    std::fs::write(installed.config(), roomy).expect("own file");
    let server = installed.serve().await;
    let address = format!("127.0.0.1:{}", installed.port);
    let nobody = installed.anonymous();
    nobody.get("/readyz").await.expect(200);
    let before = server.resident();

    let count = room();
    let mut held = Vec::with_capacity(count);
    for start in (0..count).step_by(500) {
        held.extend(join_all((start..count.min(start + 500)).map(|n| slow(&address, n))).await);
        timeout(Duration::from_secs(5), nobody.get("/readyz")).await.expect("not held up").expect(200);
    }
    for _ in 0..50 {
        timeout(Duration::from_secs(5), nobody.get("/readyz")).await.expect("not held up").expect(200);
    }
    let grown = server.resident().saturating_sub(before);
    // Of a build without optimisation, whose futures are large; what counts is that each costs little and no more.
    let allowed = u64::try_from(count).expect("a count") * 24 + 8 * 1024;
    assert!(grown < allowed, "{grown} KiB more for {count} connections");

    // A byte now and then does not count as progress of a head.
    let dripping = held.iter_mut().skip(1).step_by(4).take(50).map(|stream| async move {
        for _ in 0..100 {
            sleep(Duration::from_millis(100)).await;
            if stream.write_all(b"x").await.is_err() {
                return true;
            }
            let mut answer = [0; 512];
            if timeout(Duration::from_millis(1), stream.read(&mut answer)).await.is_ok() {
                return true;
            }
        }
        false
    });
    let (cut, ()) = tokio::join!(join_all(dripping), async {
        for _ in 0..20 {
            timeout(Duration::from_secs(5), nobody.get("/readyz")).await.expect("not held up").expect(200);
            sleep(Duration::from_millis(100)).await;
        }
    });
    let left = cut.iter().filter(|is_cut| !**is_cut).count();
    assert_eq!(left, 0, "{left} of {} were not cut", cut.len());
    assert!(server.stop().await, "and they do not keep it from stopping");
}
