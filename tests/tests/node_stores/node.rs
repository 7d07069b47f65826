//! The servers of Node.js in `tests/node-stores`, each stopped with its value.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Once;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const SERVERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/node-stores");

/// Whether the stores are installed. A test that finds none passes, and says so.
pub(crate) fn is_installed() -> bool {
    let installed = Path::new(SERVERS).join("node_modules").is_dir();
    static SAID: Once = Once::new();
    if !installed {
        // Not by a macro, whose output nobody sees of a test that passes.
        let reason =
            "skipped: the stores of Node.js are not installed; `tests/node-stores/run` does it\n";
        SAID.call_once(|| io::stderr().write_all(reason.as_bytes()).unwrap());
    }
    installed
}

/// One system: a framework with a store.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    // Its standard input is a pipe, and it ends when that does.
    _process: Child,
}

impl Server {
    pub(crate) async fn start(system: &str, table: &str, endpoint: &str) -> Self {
        let mut process = Command::new("node")
            .args(["server.js", system, table])
            .current_dir(SERVERS)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE", "1")
            .env("DYNAMODB_ENDPOINT", endpoint)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = process.stdout.as_mut().unwrap();
        BufReader::new(stdout).read_line(&mut line).await.unwrap();
        let port = line.trim().parse().unwrap_or_else(|_| panic!("{system} printed {line:?}"));
        Self { address: SocketAddr::from(([127, 0, 0, 1], port)), _process: process }
    }
}
