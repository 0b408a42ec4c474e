//! Maestro over HTTP: a JSON API, live updates and a dashboard, to be mounted in an axum application.
