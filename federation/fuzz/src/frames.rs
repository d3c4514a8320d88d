//! Frames that clients send over the gateway.

use conntext_server::gateway::ClientFrame;

/// No panic; whatever is taken is one JSON object that names what it is.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some(frame) = ClientFrame::parse(text) else { return };
    let op = match frame {
        ClientFrame::Identify { .. } => "identify",
        ClientFrame::Ping { .. } => "ping",
        ClientFrame::Presence { .. } => "presence",
        ClientFrame::Watch { .. } => "watch",
    };
    let value: serde_json::Value = serde_json::from_str(text).expect("what was taken is JSON");
    assert_eq!(value["op"], op);
}
