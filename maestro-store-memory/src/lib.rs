//! Maestro's store in memory, as strict as the durable ones.
