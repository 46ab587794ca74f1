//! The accounts server.

mod authorize;
mod console;
mod device;
mod revoke;
mod token;
