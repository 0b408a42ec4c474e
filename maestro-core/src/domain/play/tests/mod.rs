//! Tests of the interpreter: every rule of playing a score, by theme, and the law.

mod data;
mod delays;
mod edges;
mod ends;
mod failure;
mod finishing;
mod law;
mod limits;
mod maps;
mod names;
mod repeats;
mod retries;
mod score;
mod stage;
mod unknown;
