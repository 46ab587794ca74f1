//! The record that a related list belongs to.

use dealwright_schema::Cell;
use dealwright_store::{Row, Sql, Weight};
use dealwright_wire::{ApiError, Code, Id};

use crate::access::{Action, Grant, Level};
use crate::cx::Cx;
use crate::error::Error;
use crate::records::external;
use crate::records::guard::{self, Doing};
use crate::request::Request;

/// A record named by the beginning of a path, with the permission to see it or to change it.
pub(crate) struct Parent {
    pub grant: Grant,
    pub id: Id,
}

impl Parent {
    /// The parent of `/{module}/{id}/…`, by id or by the external field that the header names. Whether it exists is
    /// not asked yet.
    pub(crate) async fn of(cx: &Cx, request: &Request, action: Action) -> Result<Self, Error> {
        let module = cx.snapshot.module(request.segment(0))?;
        let grant = cx.grant(module, action)?;
        let id = match external::named(cx, &grant, request, request.segment(1)).await? {
            Some(id) => id,
            None => request.segment(1).parse().map_err(|_| unknown(1))?,
        };
        Ok(Self { grant, id })
    }

    /// True in SQL when the record bound to `?1` exists and the caller may reach it. What their reach is told is
    /// added to `args`.
    pub(crate) fn exists(&self, args: &mut Vec<Cell<'static>>) -> String {
        let table = self.grant.table();
        let scope = self.grant.and_rows("t", args);
        format!("EXISTS (SELECT 1 FROM {{{table}}} t WHERE t.id = ?1{scope})")
    }

    /// Fails when there is no such record. Lists ask only when they found nothing: their own condition holds
    /// [`Parent::exists`].
    pub(crate) async fn must_exist(&self, cx: &Cx) -> Result<(), Error> {
        let mut args = vec![self.id.into()];
        let sql = Sql::from(format!("SELECT 1 WHERE {}", self.exists(&mut args)));
        let found: Option<()> = cx
            .org
            .store
            .read(Weight::Point, move |conn| {
                Box::pin(async move { Ok::<_, Error>(conn.first(&sql, &args, |_: &Row<'_>| Ok(())).await?) })
            })
            .await?;
        found.ok_or_else(|| unknown(1).into())
    }

    /// Fails when the caller may not change the record: what hangs on it is changed by whoever may change it.
    pub(crate) async fn must_be_changeable(&self, cx: &Cx) -> Result<(), Error> {
        let module = &self.grant.module;
        let level = guard::level(cx, &self.grant.to_view(), self.id).await?.ok_or_else(|| unknown(1))?;
        if level < Level::Write || !cx.caller().has_permission(module, Action::Edit) {
            return Err(guard::forbidden(module, Doing::Act, self.id).into());
        }
        Ok(())
    }

    /// What page tokens of a list of this record are bound to.
    pub(crate) fn list_key(&self, list: &str) -> String {
        format!("{}/{list}", self.id)
    }
}

/// `INVALID_DATA` for a record in the path that is not there; `position` is its place after the version.
pub(crate) fn unknown(position: u8) -> ApiError {
    ApiError::new(Code::InvalidData)
        .message("the related id given seems to be invalid")
        .detail("resource_path_index", position)
}
