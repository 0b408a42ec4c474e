//! The text of every shape of the statement.

use maestro_core::domain::{OrchestraId, Trigger};

use super::*;
