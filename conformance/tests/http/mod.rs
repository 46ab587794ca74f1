//! What all paths of the API share.

mod auth;
mod bodies;
mod coding;
mod explain;
mod production;
mod routing;
mod versions;
