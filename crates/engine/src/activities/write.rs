//! Writing activities of several kinds in one request. Each record goes to its own module, as if it had been sent there,
//! and is answered in its place; the records of one kind are written together.

use std::collections::BTreeMap;
use std::pin::Pin;

use dealwright_wire::{ApiError, Code, Id};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::record::{of_ids, within};
use super::union;
use crate::cx::Cx;
use crate::error::Error;
use crate::metadata::activities::{Activity, KIND};
use crate::records;
use crate::records::body::{RECORDS, WriteBody};
use crate::records::insert::too_many;
use crate::records::outcome::{self, Outcome};
use crate::request::{Answer, Body, Params, Reply, Request};

/// Where a record of the request goes, or why it goes nowhere.
type Way = Result<Activity, ApiError>;
/// What its own module does with it.
type Run = for<'a> fn(&'a Cx, &'a Request) -> Pin<Box<dyn Future<Output = Result<Reply, Error>> + Send + 'a>>;

/// New activities, each of the kind that its `Activity_Type` names.
pub fn insert<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let Given { rest, records } = Given::read(&request.body)?;
        if records.len() > RECORDS {
            return Ok(outcome::reply(cx, 201, vec![Outcome::Failed(too_many())]));
        }
        let ways = records.iter().enumerate().map(|(at, record)| kind(record, at)).collect();
        bodies(cx, request, &rest, &records, ways, |cx, request| Box::pin(records::insert(cx, request))).await
    })
}

/// Changes of activities by their ids.
pub fn update_many<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let Given { rest, records } = Given::read(&request.body)?;
        if records.len() > RECORDS {
            return Ok(outcome::reply(cx, 200, vec![Outcome::Failed(too_many())]));
        }
        let ways = by_ids(cx, &records.iter().map(|record| id(record)).collect::<Vec<_>>()).await?;
        bodies(cx, request, &rest, &records, ways, |cx, request| Box::pin(records::update_many(cx, request)))
            .await
    })
}

/// Records with an id are changed; the others are of the kind that their `Activity_Type` names.
pub fn upsert<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let Given { rest, records } = Given::read(&request.body)?;
        if records.len() > RECORDS {
            return Ok(outcome::reply(cx, 200, vec![Outcome::Failed(too_many())]));
        }
        let ids: Vec<Option<Id>> = records.iter().map(|record| id(record)).collect();
        let known = by_ids(cx, &ids).await?;
        let way = |(at, (id, known)): (usize, (&Option<Id>, Way))| match id {
            Some(_) => known,
            None => kind(records[at], at),
        };
        let ways = ids.iter().zip(known).enumerate().map(way).collect();
        bodies(cx, request, &rest, &records, ways, |cx, request| Box::pin(records::upsert(cx, request))).await
    })
}

/// `DELETE /Activities?ids=…`: each id is answered in its place.
pub fn delete_many<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let Some(ids) = request.params.list("ids") else { return Err(ApiError::missing_param("ids").into()) };
        if ids.len() > RECORDS {
            return Err(ApiError::new(Code::LimitExceeded).detail("limit", RECORDS).param("ids").into());
        }
        let parsed: Vec<Option<Id>> = ids.iter().map(|id| id.parse().ok()).collect();
        if parsed.contains(&None) {
            let code = Code::UnableToParseDataType;
            return Err(ApiError::new(code).param("ids").into());
        }
        let ways = by_ids(cx, &parsed).await?;
        let request_of = |activity, places: &[usize]| {
            let mut own = within(request, activity);
            let others = request.params.iter().filter(|(name, _)| *name != "ids");
            let mut pairs: Vec<_> = others.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            let named: Vec<&str> = places.iter().map(|&at| ids[at]).collect();
            pairs.push(("ids".to_owned(), named.join(",")));
            own.params = Params::new(pairs);
            Ok(own)
        };
        apart(cx, ways, request_of, |cx, request| Box::pin(records::delete_many(cx, request))).await
    })
}

/// A body: its records, and the keys beside them.
struct Given<'a> {
    rest: BTreeMap<String, &'a RawValue>,
    records: Vec<&'a RawValue>,
}

impl<'a> Given<'a> {
    fn read(body: &'a [u8]) -> Result<Self, ApiError> {
        let records = WriteBody::parse(body)?.records()?;
        // It was read as an object just now.
        let text = std::str::from_utf8(body).unwrap_or_default().trim_start_matches('\u{feff}');
        let rest = serde_json::from_str(text).unwrap_or_default();
        Ok(Self { rest, records })
    }
}

/// The kind that a new record names.
fn kind(record: &RawValue, at: usize) -> Way {
    let place = |error: ApiError| error.field(KIND, format!("$.data[{at}].{KIND}"));
    let keys: Value = serde_json::from_str(record.get()).unwrap_or_default();
    match &keys[KIND] {
        Value::Null => Err(place(ApiError::new(Code::MandatoryNotFound))),
        given => given.as_str().and_then(Activity::named).ok_or_else(|| {
            let supported = Activity::ALL.map(Activity::module).to_vec();
            place(ApiError::new(Code::InvalidData).detail("supported_values", supported))
        }),
    }
}

fn id(record: &RawValue) -> Option<Id> {
    #[derive(Deserialize)]
    struct Named {
        id: Option<Id>,
    }
    serde_json::from_str::<Named>(record.get()).ok()?.id
}

/// The kinds of the activities with these ids. What is not there goes to the first module that the caller sees, which
/// answers so.
async fn by_ids(cx: &Cx, ids: &[Option<Id>]) -> Result<Vec<Way>, Error> {
    let parts = union::parts(cx)?;
    let first = parts.first().map_or(Activity::Tasks, |part| part.activity);
    let known: Vec<Id> = ids.iter().flatten().copied().collect();
    let mut found = of_ids(cx, &known).await?.into_iter();
    let way = |id: &Option<Id>| Ok(id.and_then(|_| found.next().flatten()).unwrap_or(first));
    Ok(ids.iter().map(way).collect())
}

async fn bodies(
    cx: &Cx,
    request: &Request,
    rest: &BTreeMap<String, &RawValue>,
    records: &[&RawValue],
    ways: Vec<Way>,
    run: Run,
) -> Result<Reply, Error> {
    let request_of = |activity, places: &[usize]| {
        let mut own = within(request, activity);
        let mine: Vec<&RawValue> = places.iter().map(|&at| records[at]).collect();
        let data = serde_json::value::to_raw_value(&mine);
        let data = data.map_err(Error::internal("putting records together"))?;
        let mut keys = rest.clone();
        keys.insert("data".to_owned(), &data);
        own.body = serde_json::to_vec(&keys).map_err(Error::internal("putting a body together"))?.into();
        Ok(own)
    };
    apart(cx, ways, request_of, run).await
}

/// Lets each module do its part, and puts the answers back into the order of the request.
async fn apart(
    cx: &Cx,
    ways: Vec<Way>,
    request_of: impl Fn(Activity, &[usize]) -> Result<Request, Error>,
    run: Run,
) -> Result<Reply, Error> {
    let of = |activity: Activity| -> Vec<usize> {
        let mine = ways.iter().enumerate().filter(|(_, way)| way.as_ref().is_ok_and(|way| *way == activity));
        mine.map(|(at, _)| at).collect()
    };
    let parts: Vec<_> = Activity::ALL.into_iter().map(|activity| (activity, of(activity))).collect();
    let mut answers: Vec<Box<RawValue>> = Vec::with_capacity(ways.len());
    for way in &ways {
        answers.push(match way {
            Ok(_) => RawValue::NULL.to_owned(),
            Err(error) => refused(cx, error.clone())?,
        });
    }
    let (mut good, mut failed) = (None, ways.iter().any(Result::is_err));
    for (activity, places) in parts.into_iter().filter(|(_, places)| !places.is_empty()) {
        let is_all = places.len() == ways.len();
        let reply = match run(cx, &request_of(activity, &places)?).await {
            Ok(reply) if is_all => return Ok(reply),
            Err(error) if is_all => return Err(error),
            Err(Error::Api(error)) => {
                failed = true;
                for at in places {
                    answers[at] = refused(cx, error.clone())?;
                }
                continue;
            }
            other => other?,
        };
        match reply.status {
            200 | 201 => good = Some(reply.status),
            207 => (good, failed) = (Some(reply.status), true),
            _ => failed = true,
        }
        for (at, answer) in places.into_iter().zip(read(&reply)?) {
            answers[at] = answer;
        }
    }
    let status = match (good, failed) {
        (Some(good), false) => good,
        (Some(_), true) => 207,
        (None, _) if cx.profile.accepts_failures => 202,
        (None, _) => 400,
    };
    Ok(Reply::value(status, &BTreeMap::from([("data", answers)])))
}

fn refused(cx: &Cx, error: ApiError) -> Result<Box<RawValue>, Error> {
    let mut out = Vec::new();
    outcome::write_error(cx, error, &mut out);
    let read = String::from_utf8(out).map(RawValue::from_string);
    read.map_err(Error::internal("writing a refusal"))?.map_err(Error::internal("writing a refusal"))
}

fn read(reply: &Reply) -> Result<Vec<Box<RawValue>>, Error> {
    #[derive(Deserialize)]
    struct Answer {
        data: Vec<Box<RawValue>>,
    }
    let Body::Json(text) = &reply.body else { return Ok(Vec::new()) };
    let answer: Answer = serde_json::from_slice(text).map_err(Error::internal("reading what was written"))?;
    Ok(answer.data)
}
