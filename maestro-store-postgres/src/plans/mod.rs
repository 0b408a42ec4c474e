//! Tests of plans: what the server does with our statements, whatever its statistics say.

mod explain;
mod history;
mod queue;
mod rows;
mod work;
