//! What a caller is told, and whether that is true.

use crate::handle::{Call, Handle, Phase};
use crate::promises::{Change, Violation};
use crate::world::{State, Stepped};

impl State {
    /// The call returns `Ok`, with what this run returned; none if it changed nothing.
    pub(crate) fn succeed(&mut self, index: usize, run: Option<u8>) -> Stepped {
        match self.conclude(index) {
            Some(change) if change.applied != run => Err(Violation::WrongSuccess),
            _ => Ok(()),
        }
    }

    /// The call returns an error that says that nothing was written.
    pub(crate) fn fail(&mut self, index: usize) -> Stepped {
        match self.conclude(index) {
            Some(change) if change.applied.is_some() => Err(Violation::WrongFailure),
            _ => Ok(()),
        }
    }

    /// The call returns `Gone`: certain only if each attempt was answered.
    pub(crate) fn gone(&mut self, index: usize) -> Stepped {
        let carried = self.handles[index].carried;
        let is_open = carried.is_some_and(|it| self.changes[usize::from(it.change)].unanswered);
        let result = if is_open { Ok(()) } else { self.fail(index) };
        self.handles[index] = Handle::new(Phase::Over);
        result
    }

    /// The call returns `OutcomeUnknown`.
    pub(crate) fn unknown(&mut self, index: usize) -> Stepped {
        let change = self.conclude(index);
        self.handles[index] = Handle::new(Phase::Over);
        match change {
            Some(change) if !change.unanswered => Err(Violation::UnknownThoughAnswered),
            _ => Ok(()),
        }
    }

    /// The call is over, and so is the change that it carried.
    fn conclude(&mut self, index: usize) -> Option<Change> {
        let handle = &mut self.handles[index];
        if let Call::Update(_) | Call::Run(_) = handle.call {
            handle.phase = Phase::Over;
        }
        handle.call = Call::Idle;
        let carried = handle.carried.take()?;
        let change = &mut self.changes[usize::from(carried.change)];
        change.settled = true;
        Some(*change)
    }
}
