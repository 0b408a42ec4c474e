//! Tests of the interpreter: every rule of playing a score, by theme, and the law.

mod anew;
mod approvals;
mod cancels;
mod data;
mod delays;
mod edges;
mod failure;
mod finishing;
mod interrupted;
mod law;
mod limits;
mod maps;
mod names;
mod plans;
mod repeats;
mod retries;
mod score;
mod size;
mod stage;
mod stops;
mod talks;
mod unknown;
