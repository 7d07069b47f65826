//! Runs the model checker; see the library.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it reports to a terminal")]

use std::process::ExitCode;

use dynamo_session_model::{Extent, run};

const USAGE: &str = "usage: dynamo-session-model [--long] [--trace]

  --long   explore many more states: a quarter of an hour
  --trace  print the steps to every fault and limit that is found";

fn main() -> ExitCode {
    let (mut extent, mut shows_all) = (Extent::Short, false);
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--long" => extent = Extent::Long,
            "--trace" => shows_all = true,
            _ => {
                eprintln!("{USAGE}");
                return ExitCode::from(2);
            }
        }
    }
    let is_expected = run(extent, |report| {
        println!("{} {}", if report.is_expected { "ok  " } else { "FAIL" }, report.line);
        if shows_all || !report.is_expected {
            print!("{}", report.trace);
        }
    });
    if is_expected { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
