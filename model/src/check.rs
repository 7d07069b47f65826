//! Whether what a request has done, and what a call has said, keeps the promises.

use crate::promises::Violation;
use crate::table::{Item, Key, Request, Slot, What};
use crate::world::State;

impl State {
    /// Checks what a request has just done, beside an item that was there before.
    pub(crate) fn check_applied(
        &mut self,
        request: &Request,
        before: &Slot,
    ) -> Result<(), Violation> {
        if let (What::Put(_), true) =
            (&request.what, self.lives[usize::from(request.key)].has_begun)
        {
            return Err(Violation::Resurrected);
        }
        if let Some(carried) = request.carried {
            let change = &mut self.changes[usize::from(carried.change)];
            match (change.applied, change.settled) {
                (Some(_), _) => return Err(Violation::AppliedTwice),
                (None, true) => return Err(Violation::AppliedAfterAnswer),
                (None, false) => change.applied = Some(carried.run),
            }
        }
        let here = usize::from(request.key);
        let after = self.slots[here].clone();
        match (&request.what, before, &after) {
            (What::Move { to, read, item }, Slot::Stored(old), _) => {
                if (old.known.sequence, old.value) != (*read, item.value) {
                    return Err(Violation::LostAtRenewal);
                }
                self.lives[here].has_ended = true;
                self.lives[here].successor = Some(*to);
                self.lives[usize::from(*to)].has_begun = true;
                self.check_revival(old, request)?;
            }
            (What::Put(_), ..) => self.lives[here].has_begun = true,
            // Whether or not its call says so.
            (What::Delete, ..) => self.lives[here].has_ended = true,
            (_, Slot::Stored(old), Slot::Stored(new)) => {
                if new.expires < old.expires {
                    return Err(Violation::MovedBack);
                }
                if new.expires > old.expires {
                    self.check_revival(old, request)?;
                }
            }
            _ => {}
        }
        self.check_ended()
    }

    /// A request that was made before the expiry is carried out, however late it is. That is a known limit.
    fn check_revival(&self, old: &Item, request: &Request) -> Result<(), Violation> {
        let is_excused = request.now < old.expires && !self.is_strict;
        match old.expires <= self.now && !is_excused {
            true => Err(Violation::ExpiredLives),
            false => Ok(()),
        }
    }

    /// A call has said that the session under this key is ended: so is what it went on as.
    pub(crate) fn end(&mut self, key: Key) -> Result<(), Violation> {
        let mut next = Some(key);
        while let Some(key) = next {
            let life = &mut self.lives[usize::from(key)];
            life.has_ended = true;
            next = life.successor;
        }
        self.check_ended()
    }

    fn check_ended(&self) -> Result<(), Violation> {
        let mut keys = self.lives.iter().zip(&self.slots);
        match keys.any(|(life, slot)| life.has_ended && matches!(slot, Slot::Stored(_))) {
            true => Err(Violation::Resurrected),
            false => Ok(()),
        }
    }
}
