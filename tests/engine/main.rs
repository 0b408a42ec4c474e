//! What a user relies on, on the real store and in virtual time: nothing here sleeps, and every test repeats itself.

mod cancel;
mod house;
mod playing;
#[path = "../virtual_time/mod.rs"]
mod virtual_time;
