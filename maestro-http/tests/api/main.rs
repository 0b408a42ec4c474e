//! What those who call the API rely on, asked of the router as a service, without a socket.

mod house;

mod roles;
