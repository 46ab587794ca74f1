//! What all paths of the API share.

mod auth;
mod bodies;
mod routing;
mod versions;
