//! The command line.

pub(crate) const USAGE: &str = "\
Usage: cargo run --release --example storm -- [OPTIONS]

Plays many clients on few sessions over a network that loses, repeats, delays and refuses requests, and
compares what is stored with what each client was told.

  --clients N        clients at work at the same time (default: 32)
  --sessions N       sessions that they share (default: 8)
  --operations N     operations in all (default: 20000)
  --faults PERCENT   share of requests that the network harms (default: 10)
  --seed N           seed of the clients' and the network's choices (default: 1); the order in
                     which they meet is up to the scheduler
  --compare blob     play it once more through a store that reads and writes whole items, the usual
                     design, and print both side by side
  --endpoint URL     play on the engine at this address instead of the embedded one, in a table of its own
  --table NAME       play in this DynamoDB table of the AWS environment, or at the endpoint; it is
                     created if it is missing, and the storm's items are deleted at the end
  --help             print this

The exit code is 1 if dynamo-session lost an update, revived a session or counted twice. What the other store
of a comparison does, does not affect it.
";

#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) clients: u64,
    pub(crate) sessions: u64,
    pub(crate) operations: u64,
    pub(crate) faults: u64,
    pub(crate) seed: u64,
    pub(crate) compare: bool,
    pub(crate) endpoint: Option<String>,
    pub(crate) table: Option<String>,
    pub(crate) help: bool,
}

impl Options {
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            clients: 32,
            sessions: 8,
            operations: 20_000,
            faults: 10,
            seed: 1,
            compare: false,
            endpoint: None,
            table: None,
            help: false,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            match &*argument {
                "--clients" => options.clients = number(&argument, &value()?, 1..=10_000)?,
                "--sessions" => options.sessions = number(&argument, &value()?, 1..=100_000)?,
                "--operations" => {
                    options.operations = number(&argument, &value()?, 1..=1_000_000_000)?;
                }
                "--faults" => options.faults = number(&argument, &value()?, 0..=90)?,
                "--seed" => options.seed = number(&argument, &value()?, 0..=u64::MAX)?,
                "--compare" => match &*value()? {
                    "blob" => options.compare = true,
                    other => return Err(format!("--compare takes `blob`, not {other:?}")),
                },
                "--endpoint" => options.endpoint = Some(value()?),
                "--table" => options.table = Some(value()?),
                "--help" | "-h" => options.help = true,
                unknown => return Err(format!("{unknown:?} is no option")),
            }
        }
        Ok(options)
    }
}

fn number(option: &str, text: &str, range: std::ops::RangeInclusive<u64>) -> Result<u64, String> {
    match text.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(format!("{option} takes {} to {}, not {text:?}", range.start(), range.end())),
    }
}
