//! Who is in which territory: `settings/territories/{id}/users` and `users/{id}/territories`, two views of one thing.

use std::sync::Arc;

use dealwright_wire::{ApiError, Code, Id};
use serde_json::{Value, json};

use super::entry::{self, Entry};
use super::resource::{ids_param, outcome as of};
use super::territories::MANAGE;
use super::users;
use crate::cx::Cx;
use crate::documents::{Keys, Territory, User};
use crate::error::Error;
use crate::metadata::{invalid_id, page, paging, path_id, user};
use crate::org::Change;
use crate::records::outcome;
use crate::request::{Answer, Reply, Request};

const GIVEN: &str = "Territory associated to the user successfully";
const TAKEN: &str = "Territory removed from the user successfully";
/// Users, or territories, that one call may name.
const MOST: usize = 100;

/// The users of a territory, or the one that the path names.
pub fn users_of<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let territory = cx.snapshot.territory(path_id(request, 0, 2)?).ok_or_else(|| invalid_id(2))?;
        let only = second(request, 4)?;
        let found: Vec<&Arc<User>> = territory
            .users
            .iter()
            .filter(|id| only.is_none_or(|only| **id == only))
            .filter_map(|id| cx.snapshot.user(*id))
            .collect();
        let (number, per_page) = paging(request)?;
        let (rows, info) = page(&found, number, per_page);
        if rows.is_empty() {
            return Ok(Reply::nothing());
        }
        let now = cx.org.clock.now();
        let shown: Vec<Value> = rows.into_iter().map(|found| user::write(&cx.snapshot, found, now)).collect();
        Ok(Reply::value(200, &json!({"users": shown, "info": info})))
    })
}

/// The territories of a user, or the one that the path names.
pub fn territories_of<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let user = cx.snapshot.user(path_id(request, 0, 1)?).ok_or_else(|| invalid_id(1))?;
        let only = second(request, 3)?;
        let found: Vec<&Arc<Territory>> = cx
            .snapshot
            .territories
            .iter()
            .filter(|one| one.users.contains(&user.id) && only.is_none_or(|only| one.id == only))
            .collect();
        let (number, per_page) = paging(request)?;
        let (rows, info) = page(&found, number, per_page);
        if rows.is_empty() {
            return Ok(Reply::nothing());
        }
        let shown: Vec<Value> = rows.into_iter().map(|one| show(cx, one)).collect();
        Ok(Reply::value(200, &json!({"territories": shown, "info": info})))
    })
}

fn show(cx: &Cx, territory: &Territory) -> Value {
    let superior = territory.reporting_to.and_then(|id| cx.snapshot.territory(id));
    let manager = territory.manager.and_then(|id| cx.snapshot.user(id));
    json!({
        "id": territory.id,
        "Name": territory.name,
        "Manager": manager.map(|user| json!({"Name": user.full_name(), "name": user.full_name(), "id": user.id})),
        "Reporting_To": superior.map(|one| json!({"Name": one.name, "id": one.id})),
    })
}

/// Puts users into a territory: those of the body, or the one of the path.
pub fn add_users<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let territory = path_id(request, 0, 2)?;
        let users = match second(request, 4)? {
            Some(user) => vec![Ok(user)],
            None => body(request, "users")?,
        };
        let pairs = users.into_iter().map(|user| user.map(|user| (territory, user)));
        change(cx, "users", Side::Users, pairs.collect(), give, GIVEN, territory_exists(territory)).await
    })
}

/// Takes users out of a territory: those of `ids`, or the one of the path.
pub fn remove_users<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let territory = path_id(request, 0, 2)?;
        let users = match second(request, 4)? {
            Some(user) => vec![user],
            None => ids_param(request, MOST)?,
        };
        let pairs = users.into_iter().map(|user| Ok((territory, user)));
        change(cx, "users", Side::Users, pairs.collect(), take, TAKEN, territory_exists(territory)).await
    })
}

/// Puts a user into the territories of the body.
pub fn add_territories<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let user = path_id(request, 0, 1)?;
        let territories = match second(request, 3)? {
            Some(territory) => vec![Ok(territory)],
            None => body(request, "territories")?,
        };
        let pairs = territories.into_iter().map(|territory| territory.map(|territory| (territory, user)));
        change(cx, "territories", Side::Territories, pairs.collect(), give, GIVEN, user_exists(user)).await
    })
}

/// Takes a user out of territories: those of `ids`, or the one of the path.
pub fn remove_territories<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let user = path_id(request, 0, 1)?;
        let territories = match second(request, 3)? {
            Some(territory) => vec![territory],
            None => ids_param(request, MOST)?,
        };
        let pairs = territories.into_iter().map(|territory| Ok((territory, user)));
        change(cx, "territories", Side::Territories, pairs.collect(), take, TAKEN, user_exists(user)).await
    })
}

/// Which id of a pair an answer is about.
#[derive(Clone, Copy)]
enum Side {
    Users,
    Territories,
}

type Pair = Result<(Id, Id), ApiError>;

fn second(request: &Request, position: u8) -> Result<Option<Id>, ApiError> {
    match request.segment(1) {
        "" => Ok(None),
        _ => path_id(request, 1, position).map(Some),
    }
}

/// The ids of a body's entries, each with its own fault.
fn body(request: &Request, key: &str) -> Result<Vec<Result<Id, ApiError>>, ApiError> {
    let entries: Vec<Keys> = entry::parse(request, key, MOST)?;
    let id = |(at, keys): (usize, &Keys)| {
        let entry = Entry::of_list(keys, key, at);
        entry.id("id")?.ok_or_else(|| entry.missing("id"))
    };
    Ok(entries.iter().enumerate().map(id).collect())
}

fn territory_exists(id: Id) -> impl Fn(&Change) -> Result<(), ApiError> {
    move |change| change.find::<Territory>(id).map(drop).ok_or_else(|| invalid_id(2))
}

fn user_exists(id: Id) -> impl Fn(&Change) -> Result<(), ApiError> {
    move |change| change.find::<User>(id).map(drop).ok_or_else(|| invalid_id(1))
}

async fn change(
    cx: &Cx,
    key: &str,
    side: Side,
    pairs: Vec<Pair>,
    work: fn(&Cx, &mut Change, Id, Id) -> Result<(), Error>,
    message: &'static str,
    exists: impl Fn(&Change) -> Result<(), ApiError>,
) -> Result<Reply, Error> {
    // Whoever manages users may do this as well as whoever manages territories.
    if cx.require_admin(users::MANAGE).is_err() {
        cx.require_admin(MANAGE)?;
    }
    let outcomes = cx.change(|change| {
        exists(change)?;
        let one = |pair: Pair| {
            let (territory, user) = pair?;
            change.attempt(|change| work(cx, change, territory, user))?;
            Ok(match side {
                Side::Users => user,
                Side::Territories => territory,
            })
        };
        let done: Vec<Result<Id, Error>> = pairs.into_iter().map(one).collect();
        done.into_iter().map(|result| of(result, message)).collect::<Result<Vec<_>, _>>()
    });
    Ok(outcome::reply_under(cx, key, 200, outcomes.await?))
}

fn both(change: &Change, territory: Id, user: Id) -> Result<Territory, ApiError> {
    let invalid =
        |id: Id| ApiError::new(Code::InvalidData).message("the id given seems to be invalid").id(id);
    change.find::<User>(user).filter(|user| user.is_active).ok_or_else(|| invalid(user))?;
    let found = change.find::<Territory>(territory).ok_or_else(|| invalid(territory))?;
    Ok(Territory::clone(&found))
}

/// In already: nothing changes.
fn give(_: &Cx, change: &mut Change, territory: Id, user: Id) -> Result<(), Error> {
    let mut territory = both(change, territory, user)?;
    if territory.users.contains(&user) {
        return Ok(());
    }
    territory.users.push(user);
    change.put(territory)
}

fn take(cx: &Cx, change: &mut Change, territory: Id, user: Id) -> Result<(), Error> {
    let mut territory = both(change, territory, user)?;
    if cx.user_id() == user && !is_admin(cx) {
        return Err(ApiError::new(Code::NotAllowedHere).id(user).into());
    }
    if territory.manager == Some(user) {
        let message = "This user cannot be removed as the user is a manager of the mentioned Territory.";
        return Err(ApiError::new(Code::InvalidData).message(message).id(user).into());
    }
    if !territory.users.contains(&user) {
        let message = "the id given seems to be invalid";
        return Err(ApiError::new(Code::InvalidData).message(message).id(user).into());
    }
    territory.users.retain(|&one| one != user);
    change.put(territory)
}

fn is_admin(cx: &Cx) -> bool {
    cx.snapshot.profile_of(&cx.actor.user).is_some_and(|profile| profile.is_admin)
}
