//! One activity: which module's record it is. Everything else is asked of that module.

use dealwright_wire::{ApiError, Code, Id};

use super::union;
use crate::cx::Cx;
use crate::error::Error;
use crate::metadata::activities::{Activity, KIND};
use crate::records::find;
use crate::records::get as records_get;
use crate::request::{Answer, Reply, Request};

/// Reads one activity as its own module shows it, with the kind that it is: 200, 204, 304.
pub fn get<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let Some(activity) = of_path(cx, request).await? else { return Ok(Reply::nothing()) };
        records_get::read_with(cx, &within(request, activity), Some((KIND, activity.module()))).await
    })
}

/// The same request of the module whose record the path names. `INVALID_DATA` when the caller sees no such activity.
pub async fn record(cx: &Cx, request: &Request) -> Result<Request, Error> {
    let activity = of_path(cx, request).await?.ok_or_else(|| {
        ApiError::new(Code::InvalidData)
            .message("the id given seems to be invalid")
            .detail("resource_path_index", 1)
    })?;
    Ok(within(request, activity))
}

async fn of_path(cx: &Cx, request: &Request) -> Result<Option<Activity>, Error> {
    let id = records_get::parse_id(request.segment(1))?;
    Ok(of_ids(cx, &[id]).await?.pop().flatten())
}

/// Which activity each of the ids is; `None` for what the caller does not see.
pub(super) async fn of_ids(cx: &Cx, ids: &[Id]) -> Result<Vec<Option<Activity>>, Error> {
    let mut found = vec![None; ids.len()];
    for part in union::parts(cx)? {
        let seen = find::seen(cx, &part.grant, ids).await?;
        for (place, id) in found.iter_mut().zip(ids) {
            if seen.contains(&id.get()) {
                *place = Some(part.activity);
            }
        }
    }
    Ok(found)
}

/// The request with the activity's own module in its path.
pub(super) fn within(request: &Request, activity: Activity) -> Request {
    let mut request = request.clone();
    if let Some(module) = request.path.first_mut() {
        activity.module().clone_into(module);
    }
    request
}
