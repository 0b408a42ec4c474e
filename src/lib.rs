//! An embeddable engine for scheduled, durable automation.
