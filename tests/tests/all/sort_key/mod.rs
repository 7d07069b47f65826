//! `sort_key`: sessions in tables that other programs made, and among items of other kinds.

mod bounds;
mod fixed_value;
mod foreign_keys;
mod same_value;
mod table;
