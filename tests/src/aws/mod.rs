//! Our adapters, over the clients that functions have, against moto's server, which `.ci/aws` starts: `GATEHOUSE_MOTO` is its
//! URL. Each test has names of its own there.

mod kms;
mod ses;
mod sns;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The URL of moto's server.
#[expect(clippy::disallowed_methods, reason = "where what is tested against is")]
fn moto() -> String {
    std::env::var("GATEHOUSE_MOTO").expect("GATEHOUSE_MOTO: .ci/aws sets it")
}

/// What moto has of this kind.
async fn kept(service: &str, kind: &str) -> Vec<Value> {
    let url = moto();
    let address = url.strip_prefix("http://").expect("plain http");
    let mut stream = TcpStream::connect(address.trim_end_matches('/'))
        .await
        .expect("moto's server");
    let request = b"GET /moto-api/data.json HTTP/1.0\r\n\r\n";
    stream.write_all(request).await.expect("it listens");
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer).await;
    read.expect("it answers");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    let data: Value = serde_json::from_str(body).expect("JSON");
    data[service][kind].as_array().expect("a list").clone()
}
