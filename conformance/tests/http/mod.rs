//! What all paths of the API share.

mod auth;
mod bad_line;
mod bodies;
mod coding;
mod connections;
mod database_away;
mod explain;
mod parameters;
mod production;
mod refusals;
mod routing;
mod security_txt;
mod versions;
