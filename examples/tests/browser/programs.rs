//! The shop and the browser's driver, as programs, each stopped with its value.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Once, OnceLock};
use std::{env, thread};

use serde_json::Value;

/// Where the browser's driver is, if it is installed. A test that finds none passes, and says so.
pub(crate) fn driver() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let driver =
        env::split_paths(&path).map(|dir| dir.join("chromedriver")).find(|it| it.is_file());
    static SAID: Once = Once::new();
    if driver.is_none() {
        // Not by a macro, whose output nobody sees of a test that passes.
        let reason =
            "skipped: no `chromedriver`; on Debian, apt-get install chromium chromium-driver\n";
        SAID.call_once(|| io::stderr().write_all(reason.as_bytes()).unwrap());
    }
    driver
}

/// A program that listens on a port of its own choice.
pub(crate) struct Server {
    program: Child,
    pub(crate) port: u16,
}

impl Server {
    pub(crate) fn shop(example: &'static str) -> Self {
        let mut command = Command::new(program(example));
        command.args(["--port", "0"]).env("RUST_LOG", "off");
        Self::start(command, |line| line.strip_prefix("Shop:     http://localhost:"))
    }

    pub(crate) fn driver(driver: &Path) -> Self {
        let mut command = Command::new(driver);
        command.arg("--port=0").stderr(Stdio::null());
        Self::start(command, |line| {
            line.strip_prefix("ChromeDriver was started successfully on port ")?.strip_suffix('.')
        })
    }

    /// The answer to a visit of the first page with this cookie, past any browser.
    pub(crate) fn answer_to(&self, cookie: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let request = format!(
            "GET / HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn start(mut command: Command, port: impl Fn(&str) -> Option<&str>) -> Self {
        let mut program = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(program.stdout.take().unwrap()).lines().map(Result::unwrap);
        let port = lines.find_map(|line| port(&line).map(|port| port.parse().unwrap())).unwrap();
        // Read on, so that the program never waits for someone to read what it says.
        thread::spawn(move || lines.for_each(drop));
        Self { program, port }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// The shops that are built: that on actix-web is a feature.
pub(crate) const SHOPS: &[&str] =
    if cfg!(feature = "actix") { &["shop", "shop-actix"] } else { &["shop"] };

/// An example as it stands: Cargo tells a test where binaries are, but not where examples are.
fn program(example: &str) -> &'static Path {
    static PROGRAMS: OnceLock<Vec<(String, PathBuf)>> = OnceLock::new();
    let programs = PROGRAMS.get_or_init(|| {
        let mut build = Command::new(env!("CARGO"));
        // All of the workspace, so that its features, and with them what is built, are those of the tests.
        build.args(["build", "--quiet", "--workspace", "--message-format", "json"]);
        if cfg!(feature = "actix") {
            build.args(["--features", "actix"]);
        }
        for example in SHOPS {
            build.args(["--example", example]);
        }
        let built = build.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let messages = String::from_utf8(built.stdout).unwrap();
        let messages = messages.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let executables = messages.filter_map(|message| {
            let name = message["target"]["name"].as_str()?.to_owned();
            Some((name, message["executable"].as_str()?.into()))
        });
        executables.collect()
    });
    &programs.iter().find(|(name, _)| name == example).unwrap().1
}
