//! What hangs on a record, or belongs to its owner: notes, files, mails, views and so on.

use dealwright_testkit::{Answer, Api};
use reqwest::Method;
use serde_json::{Value, json};

use super::modules::digits;
use super::world::{MARK, Side, Slot, World};

/// Makes a thing of that kind for a record and gives its id; `None` where the module has no such things.
pub(super) async fn make(world: &World, slot: &Slot, kind: &str, detail: &str) -> Option<String> {
    let api = world.maker(slot.side);
    let record = format!("{}/{}", slot.module, slot.id);
    let text = slot.mark();
    match kind {
        "note" => {
            let body = json!({"data": [{"Note_Title": text, "Note_Content": text}]});
            api.post(&format!("{record}/Notes"), &body).await.ids().pop()
        }
        "attachment" => {
            let answer = api
                .upload(&format!("{record}/Attachments"), "file", &format!("{text}.txt"), text.as_bytes())
                .await;
            if answer.status < 300 { answer.ids().pop() } else { None }
        }
        "mail" => {
            let mail = json!({
                "from": {"user_name": text, "email": "x@example.com"}, "to": [{"email": email(slot.side)}],
                "subject": text, "content": text, "original_message_id": format!("{}@mail.example.com", slot.serial),
                "sent": false, "date_time": "2027-01-10T10:00:00Z",
            });
            let answer =
                api.post(&format!("{record}/actions/associate_email"), &json!({"Emails": [mail]})).await;
            inside(&answer, "Emails", "message_id")
        }
        "draft_mail" => {
            let draft = json!({"from": email(slot.side), "subject": text, "content": text});
            let answer =
                api.post(&format!("{record}/__email_drafts"), &json!({"__email_drafts": [draft]})).await;
            inside(&answer, "__email_drafts", "id")
        }
        "lock" => {
            let body = json!({"data": [{"Locked_Reason__s": text}]});
            let answer = api.post(&format!("{record}/Locking_Information__s"), &body).await;
            if answer.status == 201 { answer.ids().pop() } else { None }
        }
        "history" => {
            let answer = api.get(&format!("{record}/__history")).await;
            let all = answer.json();
            let first = all.as_object()?.values().find_map(Value::as_array)?.first()?.clone();
            first["id"].as_str().map(str::to_owned)
        }
        "deleted" => {
            let answer = api.delete(&record).await;
            (answer.status == 200).then(|| slot.id.clone())
        }
        "view" => {
            let name = world.module(&slot.module).name_field().to_owned();
            let view = json!({
                "name": slot.serial, "display_value": text, "fields": [{"api_name": name}],
                "criteria": {"comparator": "equal", "field": {"api_name": name}, "value": text},
            });
            let answer = api
                .post(
                    &format!("settings/custom_views?module={}", slot.module),
                    &json!({"custom_views": [view]}),
                )
                .await;
            inside(&answer, "custom_views", "id")
        }
        "job" => {
            let view = Box::pin(make(world, slot, "view", "")).await?;
            let owner = api.get(&record).await.rows().first()?["Owner"]["id"].clone();
            let body = json!({"owner": {"id": owner}, "cvid": view});
            let answer = api.post(&format!("{}/actions/mass_change_owner", slot.module), &body).await;
            answer.rows().first()?["details"]["job_id"].as_str().map(str::to_owned)
        }
        "file" => api.upload("files", "file", &format!("{text}.txt"), text.as_bytes()).await.ids().pop(),
        "field_file" => {
            let file = Box::pin(make(world, slot, "file", "")).await?;
            let body = json!({"data": [{"Papers": [{"File_Id__s": file}]}]});
            api.put(&record, &body).await;
            let row = api.get(&record).await.rows().first()?["Papers"][0].clone();
            row["id"].as_str().map(str::to_owned)
        }
        "row" => api.get(&record).await.rows().first()?[detail][0]["id"].as_str().map(str::to_owned),
        other => panic!("tests/access/things.rs does not know how to make <{other}>"),
    }
}

/// The address that a side's maker sends from.
fn email(side: Side) -> &'static str {
    if side == Side::Own { "actor@example.com" } else { "admin@dealwright.test" }
}

fn inside(answer: &Answer, key: &str, id: &str) -> Option<String> {
    if answer.status >= 300 {
        return None;
    }
    answer.json()[key][0]["details"][id].as_str().map(str::to_owned)
}

/// All that the administrator can see of a record and of what hangs on it, as one text.
pub(super) async fn picture(world: &World, slot: &Slot) -> String {
    let api = &world.admin;
    let record = format!("{}/{}", slot.module, slot.id);
    let mut paths = vec![record.clone(), format!("{record}/__timeline"), format!("{record}/actions/share")];
    for (kind, id) in &slot.things {
        paths.extend(match kind.split('.').next().unwrap_or_default() {
            "note" => vec![format!("Notes/{id}"), format!("Notes/{id}/__timeline")],
            "attachment" => vec![format!("{record}/Attachments?fields=id,File_Name,Owner,Parent_Id")],
            "mail" => vec![format!("{record}/Emails/{id}")],
            "draft_mail" => vec![format!("{record}/__email_drafts/{id}")],
            "lock" => vec![format!("{record}/Locking_Information__s")],
            "deleted" => vec![format!("settings/recycle_bin/{id}")],
            "view" => vec![format!("settings/custom_views/{id}?module={}", slot.module)],
            "file" => vec![format!("files?id={id}")],
            _ => Vec::new(),
        });
    }
    let mut seen = String::new();
    for path in paths {
        let answer = api.get(&path).await;
        seen.push_str(&format!("GET {path}: {} {}\n", answer.status, answer.text));
    }
    // What can be read may be named by others, who then stand in its lists.
    if slot.side == Side::Far {
        seen.push_str(&lists(world, api, slot).await);
    }
    seen
}

/// How many records each related list has.
async fn lists(world: &World, api: &Api, slot: &Slot) -> String {
    let lists: Vec<Value> = world
        .module(&slot.module)
        .related
        .iter()
        .take(20)
        .map(|(list, _)| json!({"related_list": {"api_name": list}}))
        .collect();
    if lists.is_empty() {
        return String::new();
    }
    let path = format!("{}/{}/actions/get_related_records_count", slot.module, slot.id);
    let body = json!({ "get_related_records_count": lists }).to_string().into_bytes();
    format!("lists: {}\n", api.send(Method::POST, &path, body).await.text)
}

/// What a text of a picture or an answer says with ids and serials told by what they are, so that two can be compared.
pub(super) fn normal(world: &World, text: &str, slot: &Slot) -> String {
    let mut text = text.replace(&slot.id, "<tried>");
    for id in slot.things.values() {
        text = text.replace(id.as_str(), "<thing>");
    }
    text = text.replace(&digits(&slot.mark()), "<phone>").replace(&slot.serial, "<serial>");
    for (id, name) in
        [(&world.actor.id, "<actor>"), (&world.beside.id, "<beside>"), (&world.open.id, "<open>")]
    {
        text = text.replace(id.as_str(), name);
    }
    numbered(&text)
}

/// A picture without what the server counts on from record to record.
pub(super) fn without_numbers(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("_Number\":\"") {
        let start = at + "_Number\":\"".len();
        out.push_str(&rest[..start]);
        rest = rest[start..].trim_start_matches(|c: char| c.is_ascii_digit());
    }
    out + rest
}

/// Ids by the order in which they come, serials as one word.
fn numbered(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut ids: Vec<&str> = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let hex = bytes[at..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        if hex >= 40 {
            out.push_str("[token]");
            at += hex;
        } else if digits >= 15 {
            let id = &text[at..at + digits];
            let place = ids.iter().position(|known| *known == id).unwrap_or_else(|| {
                ids.push(id);
                ids.len() - 1
            });
            out.push_str(&format!("[id {place}]"));
            at += digits;
        } else if digits > 0 {
            out.push_str(&text[at..at + digits]);
            at += digits;
        } else if bytes[at] == b'q' && is_serial(&bytes[at..]) {
            out.push_str("[serial]");
            at += 7;
        } else {
            let width = text[at..].chars().next().map_or(1, char::len_utf8);
            out.push_str(&text[at..at + width]);
            at += width;
        }
    }
    out.replace(MARK, "mark").replace(&MARK.to_lowercase(), "mark")
}

fn is_serial(bytes: &[u8]) -> bool {
    bytes.len() >= 7 && bytes[6] == b'q' && bytes[1..6].iter().all(u8::is_ascii_digit)
}
