use std::fmt;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use dynamo_session::embedded::Engine;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

/// The choices of one run, and by [`advance`](Self::advance) those of every other: a depth-first search
/// through all runs of something that is deterministic but for what it chooses here.
#[derive(Debug, Default)]
pub struct Choices {
    path: Vec<(usize, usize)>,
    made: usize,
}

impl Choices {
    /// A number below `options`.
    fn choose(&mut self, options: usize) -> usize {
        if options == 1 {
            return 0;
        }
        if self.made == self.path.len() {
            self.path.push((0, options));
        }
        let (chosen, known) = self.path[self.made];
        assert_eq!(known, options, "a run with the same choices went another way");
        self.made += 1;
        chosen
    }

    /// Moves on to the next run; false if there is none.
    pub fn advance(&mut self) -> bool {
        self.made = 0;
        while let Some((chosen, options)) = self.path.pop() {
            if chosen + 1 < options {
                self.path.push((chosen + 1, options));
                return true;
            }
        }
        false
    }
}

/// What befalls one request of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// It never arrives.
    LostRequest,
    /// It is carried out, and its answer never comes back.
    LostResponse,
    /// It is carried out, and a copy of it arrives at some later time.
    Duplicate,
    /// The connection breaks, and it arrives at some later time.
    Late,
}

const MISHAPS: [Mishap; 4] =
    [Mishap::LostRequest, Mishap::LostResponse, Mishap::Duplicate, Mishap::Late];

/// Something that happened in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A task's request was carried out, and answered with this status.
    Carried {
        /// The number of the task.
        task: usize,
        /// The operation, such as `UpdateItem`.
        operation: String,
        /// The answer's HTTP status.
        status: u16,
    },
    /// A task's event took place.
    Event(usize),
    /// A task was held until the next event.
    Deferred(usize),
    /// This befell a task's request.
    Befell(usize, Mishap),
}

/// Holds the requests of several tasks, and lets one pass at a time, in an order of its choice.
///
/// A task that computes is told apart from one that waits, so a choice is made only when every task waits for
/// one. What a task computes between its requests depends on others only through the time; so it is placed
/// before or after each event, and not among the requests of others.
#[derive(Clone)]
pub struct Schedule {
    shared: Arc<Shared>,
}

struct Shared {
    engine: Engine,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    /// Empty while nothing is scheduled: requests pass.
    tasks: Vec<Task>,
    /// The task that has to begin before this one.
    waits_for: Vec<Option<usize>>,
    late: Option<(usize, HttpRequest)>,
    steps: Vec<Step>,
}

enum Task {
    Running,
    Waiting { gate: Gate, deferred: bool, go: oneshot::Sender<Option<Mishap>> },
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gate {
    Computation,
    Request,
    Event,
}

#[derive(Clone, Copy, Debug)]
enum Move {
    Release(usize),
    Defer(usize),
    DeliverLate,
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Schedule")
    }
}

impl Schedule {
    /// A schedule of requests to this engine.
    pub fn new(engine: Engine) -> Self {
        let shared = Shared { engine, state: Mutex::default(), changed: Notify::new() };
        Self { shared: Arc::new(shared) }
    }

    /// The way to the engine for the requests of one task.
    pub fn http_client(&self, task: usize) -> impl HttpClient + Clone + 'static {
        Turnstile { schedule: self.clone(), task }
    }

    /// From here on, one task for each of these is held.
    ///
    /// Tasks whose elements are equal do the same; of two such, the second never begins before the first,
    /// since the order with the two exchanged tells nothing new.
    pub fn begin(&self, tasks: &[impl PartialEq]) {
        let mut state = self.state();
        state.tasks = tasks.iter().map(|_| Task::Running).collect();
        let twin_before = |(place, task)| tasks[..place].iter().rposition(|other| other == task);
        state.waits_for = tasks.iter().enumerate().map(twin_before).collect();
        state.steps.clear();
    }

    /// Starts a task that makes requests.
    pub fn spawn<T: Send + 'static>(
        &self,
        task: usize,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.spawn_at(Gate::Computation, task, work)
    }

    /// Starts a task that is one event, which changes what the others compute.
    pub fn spawn_event<T: Send + 'static>(
        &self,
        task: usize,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.spawn_at(Gate::Event, task, work)
    }

    fn spawn_at<T: Send + 'static>(
        &self,
        gate: Gate,
        task: usize,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        let done = Done { schedule: self.clone(), task };
        tokio::spawn(async move {
            let done = done;
            done.schedule.pass(task, gate).await;
            work.await
        })
    }

    /// Lets the tasks run to their end in the order of these choices; with `mishaps`, at most one request of a
    /// run meets with one.
    pub async fn play(&self, choices: &mut Choices, mut mishaps: bool) -> Vec<Step> {
        loop {
            self.all_wait().await;
            let moves = self.state().moves();
            if moves.is_empty() {
                break;
            }
            match moves[choices.choose(moves.len())] {
                Move::Defer(task) => {
                    let mut state = self.state();
                    state.steps.push(Step::Deferred(task));
                    if let Task::Waiting { deferred, .. } = &mut state.tasks[task] {
                        *deferred = true;
                    }
                }
                Move::DeliverLate => {
                    let late = self.state().late.take();
                    if let Some((task, request)) = late {
                        // Nobody waits for the answer.
                        let _ = self.deliver(task, request).await;
                    }
                }
                Move::Release(task) => {
                    let mut mishap = None;
                    if mishaps && self.state().is_at(task, Gate::Request) {
                        mishap = choices.choose(1 + MISHAPS.len()).checked_sub(1);
                        mishaps = mishap.is_none();
                    }
                    self.release(task, mishap.map(|mishap| MISHAPS[mishap]));
                }
            }
        }
        let mut state = self.state();
        state.tasks.clear();
        std::mem::take(&mut state.steps)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn all_wait(&self) {
        while self.state().tasks.iter().any(|task| matches!(task, Task::Running)) {
            self.shared.changed.notified().await;
        }
    }

    fn release(&self, task: usize, mishap: Option<Mishap>) {
        let mut state = self.state();
        let Task::Waiting { gate, go, .. } =
            std::mem::replace(&mut state.tasks[task], Task::Running)
        else {
            panic!("only a task that waits is released");
        };
        if gate != Gate::Computation {
            for twin in &mut state.waits_for {
                twin.take_if(|twin| *twin == task);
            }
        }
        if let Some(mishap) = mishap {
            state.steps.push(Step::Befell(task, mishap));
        }
        if gate == Gate::Event {
            state.steps.push(Step::Event(task));
            for task in &mut state.tasks {
                if let Task::Waiting { deferred, .. } = task {
                    *deferred = false;
                }
            }
        }
        // A task that was cancelled has no use for it.
        let _ = go.send(mishap);
    }

    async fn pass(&self, task: usize, gate: Gate) -> Option<Mishap> {
        let released = {
            let mut state = self.state();
            let place = state.tasks.get_mut(task)?;
            let (go, released) = oneshot::channel();
            *place = Task::Waiting { gate, deferred: false, go };
            released
        };
        self.shared.changed.notify_one();
        released.await.ok().flatten()
    }

    async fn deliver(
        &self,
        task: usize,
        request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.split('.').next_back().unwrap_or_default().to_owned();
        let response = self.shared.engine.call(request).await?;
        let status = response.status().as_u16();
        self.state().steps.push(Step::Carried { task, operation, status });
        Ok(response)
    }

    async fn answer(
        &self,
        task: usize,
        request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        let keep = |request: Option<HttpRequest>| {
            self.state().late = request.map(|request| (task, request));
        };
        match self.pass(task, Gate::Request).await {
            None => self.deliver(task, request).await,
            Some(Mishap::LostRequest) => Err(broken()),
            Some(Mishap::LostResponse) => {
                self.deliver(task, request).await?;
                Err(broken())
            }
            Some(Mishap::Duplicate) => {
                keep(request.try_clone());
                self.deliver(task, request).await
            }
            Some(Mishap::Late) => {
                keep(Some(request));
                Err(broken())
            }
        }
    }
}

fn broken() -> ConnectorError {
    ConnectorError::io(io::Error::from(io::ErrorKind::ConnectionReset).into())
}

impl State {
    fn is_at(&self, task: usize, wanted: Gate) -> bool {
        matches!(self.tasks[task], Task::Waiting { gate, .. } if gate == wanted)
    }

    fn moves(&self) -> Vec<Move> {
        let all = || 0..self.tasks.len();
        let computing = all().find(|task| {
            let gate = Gate::Computation;
            self.is_at(*task, gate)
                && matches!(self.tasks[*task], Task::Waiting { deferred: false, .. })
        });
        if let Some(task) = computing {
            let event_to_come = all().any(|task| self.is_at(task, Gate::Event));
            return match event_to_come {
                true => vec![Move::Release(task), Move::Defer(task)],
                false => vec![Move::Release(task)],
            };
        }
        all()
            .filter(|task| self.is_at(*task, Gate::Request) || self.is_at(*task, Gate::Event))
            .filter(|task| self.waits_for[*task].is_none())
            .map(Move::Release)
            .chain(self.late.iter().map(|_| Move::DeliverLate))
            .collect()
    }
}

/// Tells the schedule that a task has ended, however it did.
struct Done {
    schedule: Schedule,
    task: usize,
}

impl Drop for Done {
    fn drop(&mut self) {
        if let Some(task) = self.schedule.state().tasks.get_mut(self.task) {
            *task = Task::Done;
        }
        self.schedule.shared.changed.notify_one();
    }
}

#[derive(Clone, Debug)]
struct Turnstile {
    schedule: Schedule,
    task: usize,
}

impl HttpClient for Turnstile {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Turnstile {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { schedule, task } = self.clone();
        let reads = request
            .headers()
            .get("x-amz-target")
            .is_some_and(|target| target.ends_with(".GetItem"));
        HttpConnectorFuture::new(async move {
            let answer = schedule.answer(task, request).await;
            // After a write that succeeded, nothing is computed that the time matters to.
            if reads || !matches!(&answer, Ok(response) if response.status().is_success()) {
                schedule.pass(task, Gate::Computation).await;
            }
            answer
        })
    }
}
