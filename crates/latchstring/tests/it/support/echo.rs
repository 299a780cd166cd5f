//! A product that tells what reached it: what arrives is what counts, not what a proxy answered.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{Router, extract::Request, response::IntoResponse};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The product, and everything that reached it.
#[derive(Clone)]
pub struct Echo {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Value>>>,
}

impl Echo {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let app = Router::new().fallback(move |request: Request| {
            let log = Arc::clone(&log);
            async move {
                let (request, body) = request.into_parts();
                let body = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default();
                let headers: Vec<(String, String)> = request
                    .headers
                    .iter()
                    .map(|(name, value)| {
                        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
                    })
                    .collect();
                let told = json!({
                    "method": request.method.as_str(),
                    "path": request.uri.to_string(),
                    "headers": headers,
                    "body": String::from_utf8_lossy(&body),
                });
                log.lock().expect("unpoisoned").push(told.clone());
                ([("content-type", "application/json")], told.to_string()).into_response()
            }
        });
        operation::spawn(async move { axum::serve(listener, app).await });
        Self { address, seen }
    }

    /// How many requests reached the product.
    pub fn count(&self) -> usize {
        self.seen.lock().expect("unpoisoned").len()
    }

    /// The last request that reached it.
    pub fn last(&self) -> Value {
        self.seen.lock().expect("unpoisoned").last().cloned().unwrap_or(Value::Null)
    }
}

/// All values of a header in what the product was told, whatever the spelling: `remote-user` finds `Remote_User` too.
pub fn values(told: &Value, name: &str) -> Vec<String> {
    let fold = |text: &str| text.to_ascii_lowercase().replace('_', "-");
    told["headers"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|pair| pair[0].as_str().is_some_and(|key| fold(key) == fold(name)))
        .map(|pair| pair[1].as_str().unwrap_or_default().to_owned())
        .collect()
}
