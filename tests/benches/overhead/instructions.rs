//! Instructions, as valgrind's callgrind counts them: those of many operations less those of fewer.

use std::env;
use std::process::Command;
use std::rc::Rc;

use tokio::runtime::Runtime;

use crate::contests::{SIZES, contests};
use crate::timed::TURN;

/// Makes this program run one operation of one side, and nothing else.
const COUNT: &str = "--count";
const OURS: &str = "dynamo-session";

/// One operation of one side, to be made this often.
pub(crate) struct Count {
    size: String,
    operation: String,
    side: String,
    times: usize,
}

pub(crate) fn asked() -> Option<Count> {
    let mut arguments = env::args().skip_while(|argument| argument != COUNT).skip(1);
    let mut next = || arguments.next();
    let (size, operation, side) = (next()?, next()?, next()?);
    Some(Count { size, operation, side, times: next()?.parse().unwrap() })
}

impl Count {
    pub(crate) fn run(&self, runtime: &Rc<Runtime>) {
        let (size, bytes) = SIZES.iter().find(|(size, _)| *size == self.size).unwrap();
        let contests = contests(runtime, size, *bytes);
        let contest = contests.iter().find(|contest| contest.operation == self.operation).unwrap();
        let mut others = contest.others.iter();
        let timed = match others.find(|(name, _)| *name == self.side) {
            Some((_, timed)) => timed,
            None => &contest.ours,
        };
        timed(self.times);
    }

    fn instructions(&self) -> u64 {
        let valgrind = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(env::current_exe().unwrap())
            .args([COUNT, &self.size, &self.operation, &self.side, &self.times.to_string()])
            .output()
            .unwrap();
        let report = String::from_utf8_lossy(&valgrind.stderr);
        let collected = report.lines().find_map(|line| line.split_once("Collected : "));
        let (_, count) = collected.unwrap_or_else(|| panic!("valgrind counts nothing: {report}"));
        count.trim().parse().unwrap()
    }
}

pub(crate) fn print() {
    let runtime = Rc::new(tokio::runtime::Builder::new_current_thread().build().unwrap());
    println!("instructions of one operation, what it needs to have loaded included");
    println!("{:<21}{:<20}{:<8}{:>10}{:>9}", "", "", "size", "in 1000", "of ours");
    for (size, _) in SIZES {
        for contest in contests(&runtime, size, 1) {
            let mut ours = None;
            let sides = contest.others.iter().map(|(name, _)| *name);
            for side in std::iter::once(OURS).chain(sides) {
                let of = |times| {
                    let (size, side) = (size.to_owned(), side.to_owned());
                    let operation = contest.operation.to_owned();
                    Count { size, operation, side, times }.instructions()
                };
                let each = (of(3 * TURN) - of(TURN)) as f64 / (2 * TURN) as f64;
                let ours = *ours.get_or_insert(each);
                let operation = contest.operation;
                let (thousands, ratio) = (each / 1000.0, ours / each);
                println!("{operation:<21}{side:<20}{size:<8}{thousands:>10.1}{ratio:>9.2}");
            }
        }
    }
}
