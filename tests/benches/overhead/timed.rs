//! Operations that can be made many times, with the CPU time that they took.

use std::hint::black_box;
use std::rc::Rc;
use std::time::Duration;

use cpu_time::ThreadTime;
use tokio::runtime::Runtime;

/// How many operations one side makes before it is the other's turn.
pub(crate) const TURN: usize = 16;

/// Makes an operation this often and says how long it took.
pub(crate) type Timed = Box<dyn Fn(usize) -> Duration>;

/// Times an operation alone.
pub(crate) fn timed<T>(runtime: &Rc<Runtime>, operation: impl AsyncFn() -> T + 'static) -> Timed {
    let runtime = runtime.clone();
    Box::new(move |count| {
        runtime.block_on(async {
            let started = ThreadTime::now();
            for _ in 0..count {
                black_box(operation().await);
            }
            started.elapsed()
        })
    })
}

/// Times an operation on values that are made ready, and dropped, outside the measurement.
pub(crate) fn timed_on<T: 'static>(
    runtime: &Rc<Runtime>,
    prepare: impl AsyncFn() -> T + 'static,
    operation: impl AsyncFn(&mut T) + 'static,
) -> Timed {
    let runtime = runtime.clone();
    Box::new(move |count| {
        runtime.block_on(async {
            let mut elapsed = Duration::ZERO;
            let mut left = count;
            while left > 0 {
                let turn = left.min(TURN);
                let mut values = Vec::with_capacity(turn);
                for _ in 0..turn {
                    values.push(prepare().await);
                }
                let started = ThreadTime::now();
                for value in &mut values {
                    operation(value).await;
                }
                elapsed += started.elapsed();
                left -= turn;
            }
            elapsed
        })
    })
}
