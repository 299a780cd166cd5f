//! The ticker once more, as a WebSocket (RFC 6455). It sends short texts and reads no more than it must: a ping is
//! answered, a goodbye is returned, anything long ends it.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use hyper_util::rt::TokioIo;
use ring::digest;
use tokio::{
    io::{self, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    sync::mpsc,
};

use super::{
    Product, Visitor,
    streams::{End, Stream},
};

/// What the protocol adds to the client's key to show that it was understood.
const UNDERSTOOD: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;
/// Policy violation: the access is over.
const NOT_ALLOWED: u16 = 1008;
/// The other side may try again.
const TRY_AGAIN: u16 = 1013;
/// The longest message with a length of one byte.
const LONGEST: usize = 125;

pub async fn open(
    State(product): State<Arc<Product>>,
    Visitor(visitor): Visitor,
    mut request: Request,
) -> Response {
    let Some(accept) = accept(request.headers()) else {
        return (StatusCode::BAD_REQUEST, "This address speaks WebSocket, version 13.").into_response();
    };
    // A browser opens a WebSocket for any page; cookies would let another site's page listen.
    if !is_same_origin(request.headers()) {
        return (StatusCode::FORBIDDEN, "This stream is for Aurora Ledger's own pages.").into_response();
    }
    let upgrade = hyper::upgrade::on(&mut request);
    let stream = product.streams.open(&visitor.claims);
    operation::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let (reader, writer) = io::split(TokioIo::new(upgraded));
        if let Err(error) = converse(reader, writer, stream).await {
            tracing::debug!(%error, "a socket broke off");
        }
    });
    let answer = [
        (header::CONNECTION, HeaderValue::from_static("upgrade")),
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, answer, Body::empty()).into_response()
}

fn accept(headers: &HeaderMap) -> Option<HeaderValue> {
    let is = |name, wanted: &str| {
        let value = headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        value.is_some_and(|value| value.eq_ignore_ascii_case(wanted))
    };
    if !is(header::UPGRADE, "websocket") || !is(header::SEC_WEBSOCKET_VERSION, "13") {
        return None;
    }
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?.to_str().ok()?;
    STANDARD.decode(key).ok().filter(|key| key.len() == 16)?;
    let understood =
        digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, format!("{key}{UNDERSTOOD}").as_bytes());
    HeaderValue::from_str(&STANDARD.encode(understood)).ok()
}

fn is_same_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let authority = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    authority.map(|(_, authority)| authority) == host
}

async fn converse(
    reader: impl AsyncRead + Unpin,
    mut writer: impl AsyncWrite + Unpin,
    mut stream: Stream,
) -> io::Result<()> {
    let (ask, mut pings) = mpsc::channel(4);
    let mut goodbye = std::pin::pin!(read_until_goodbye(reader, ask));
    loop {
        tokio::select! {
            said = &mut goodbye => {
                said?;
                send(&mut writer, CLOSE, &[]).await?;
                return writer.shutdown().await;
            }
            Some(ping) = pings.recv() => send(&mut writer, PONG, &ping).await?,
            tick = stream.next_tick() => match tick {
                Ok(tick) => send(&mut writer, TEXT, tick.to_string().as_bytes()).await?,
                Err(why) => {
                    send(&mut writer, CLOSE, &farewell(why)).await?;
                    return writer.shutdown().await;
                }
            },
        }
    }
}

fn farewell(why: End) -> Vec<u8> {
    let code = match why {
        End::Revoked | End::Expired | End::SignedOut => NOT_ALLOWED,
        End::Unheard | End::Closing => TRY_AGAIN,
    };
    [&code.to_be_bytes(), why.sentence().as_bytes()].concat()
}

async fn send(writer: &mut (impl AsyncWrite + Unpin), kind: u8, message: &[u8]) -> io::Result<()> {
    let length = u8::try_from(message.len()).ok().filter(|length| usize::from(*length) <= LONGEST);
    let length = length.ok_or(io::ErrorKind::InvalidInput)?;
    let frame = [&[kind, length], message].concat();
    writer.write_all(&frame).await?;
    writer.flush().await
}

/// Returns after the client's goodbye; what the client says otherwise is of no interest here.
async fn read_until_goodbye(
    mut reader: impl AsyncRead + Unpin,
    pings: mpsc::Sender<Vec<u8>>,
) -> io::Result<()> {
    loop {
        let kind = reader.read_u8().await?;
        let length = reader.read_u8().await?;
        let (is_masked, length) = (length & 0x80 != 0, usize::from(length & 0x7f));
        if !is_masked || length > LONGEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut mask = [0; 4];
        reader.read_exact(&mut mask).await?;
        let mut message = vec![0; length];
        reader.read_exact(&mut message).await?;
        for (byte, mask) in message.iter_mut().zip(mask.iter().cycle()) {
            *byte ^= mask;
        }
        match kind {
            CLOSE => return Ok(()),
            // Full means that more pings wait than anyone needs answered.
            PING => drop(pings.try_send(message)),
            _ => {}
        }
    }
}
