//! What the tests share: a session type with every role, a world to run it in, and a network that can fail.

mod network;
mod shop;
mod world;

pub use network::{Fault, Network, Sent};
pub use shop::{Payment, Preferences, Shop};
pub use world::World;
