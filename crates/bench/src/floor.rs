//! The least that a server can do that is asked who somebody is: parse the request, read one cookie, answer.

use std::{hint::black_box, net::SocketAddr};

use axum::{
    Router,
    extract::Request,
    http::{StatusCode, header},
    serve::ListenerExt as _,
};
use tokio::net::TcpListener;

use crate::{Outcome, children};

pub fn run(listen: SocketAddr) -> Outcome {
    children::end_with_parent();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        // As the product's listener does.
        let listener = TcpListener::bind(listen).await?.tap_io(|stream| drop(stream.set_nodelay(true)));
        axum::serve(listener, Router::new().fallback(answer)).await?;
        Ok(())
    })
}

/// Takes the request as it is: an extractor of headers would copy them.
async fn answer(request: Request) -> StatusCode {
    let cookies = request.headers().get(header::COOKIE).and_then(|line| line.to_str().ok());
    let found = cookies.and_then(|line| {
        line.split(';').find_map(|pair| pair.trim_start().strip_prefix("__Host-latchstring_app="))
    });
    black_box(found);
    StatusCode::NO_CONTENT
}
