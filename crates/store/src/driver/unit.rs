//! A unit of work without its types: what starts, ends and waits for one is compiled once, not once for each unit that
//! the product has.

use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;

use crate::conn::Conn;

/// Does the work and puts its result aside. True when that is a good one.
pub(super) type Unit = Box<dyn for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, bool> + Send>;

/// Where a unit puts its result.
pub(super) struct Aside<T, E>(Arc<Mutex<Option<Result<T, E>>>>);

impl<T, E> Aside<T, E> {
    /// The result; `None` for a unit that has not come to its end.
    pub(super) fn take(self) -> Option<Result<T, E>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A unit, and where its result will be.
pub(super) fn unit<T, E, F>(work: F) -> (Unit, Aside<T, E>)
where
    T: Send + 'static,
    E: Send + 'static,
    F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
{
    let aside = Arc::new(Mutex::new(None));
    let place = Arc::clone(&aside);
    let unit: Unit = Box::new(move |conn| {
        Box::pin(async move {
            let result = work(conn).await;
            let is_good = result.is_ok();
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
            is_good
        })
    });
    (unit, Aside(aside))
}
