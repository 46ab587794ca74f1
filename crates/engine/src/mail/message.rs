//! A mail as it travels: headers, a plain and an HTML body, files (RFC 5322, RFC 2045).

use std::time::{Duration, SystemTime};

use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};

use super::address::Address;
use super::files::MailFile;
use super::stored::Mail;

/// Type of a file that says none, or a wrong one.
const UNKNOWN: &str = "application/octet-stream";

/// The message of a mail. An error, for people, when it cannot be written down.
pub(super) fn build(mail: &Mail, content: &str, files: Vec<(MailFile, Vec<u8>)>) -> Result<Vec<u8>, String> {
    let people = &mail.people;
    let sent = SystemTime::UNIX_EPOCH + Duration::from_secs(mail.at.0.max(0).unsigned_abs());
    let mut message = lettre::Message::builder()
        .message_id(Some(format!("<{}>", mail.original_id)))
        .date(sent)
        .from(mailbox(&people.from)?)
        .subject(mail.subject.clone());
    for to in &people.to {
        message = message.to(mailbox(to)?);
    }
    for cc in &people.cc {
        message = message.cc(mailbox(cc)?);
    }
    // Blind copies stand in the envelope only.
    if let Some(reply_to) = &people.reply_to {
        message = message.reply_to(mailbox(reply_to)?);
    }
    if let Some(answered) = &mail.in_reply_to {
        message = message.in_reply_to(format!("<{answered}>")).references(format!("<{answered}>"));
    }
    let (inline, attached): (Vec<_>, Vec<_>) = files.into_iter().partition(|(file, _)| file.is_inline);
    let built = if mail.format == "html" {
        message.multipart(with_files(html(content, inline)?, attached)?)
    } else if attached.is_empty() {
        message.singlepart(SinglePart::plain(content.to_owned()))
    } else {
        let body = MultiPart::mixed().singlepart(SinglePart::plain(content.to_owned()));
        message.multipart(add_files(body, attached)?)
    };
    Ok(built.map_err(|error| error.to_string())?.formatted())
}

fn mailbox(address: &Address) -> Result<Mailbox, String> {
    let email = address.email.parse().map_err(|error| format!("{}: {error}", address.email))?;
    Ok(Mailbox::new(address.user_name.clone(), email))
}

/// HTML with its inline images, and the same as plain text for those who want it so.
fn html(content: &str, inline: Vec<(MailFile, Vec<u8>)>) -> Result<MultiPart, String> {
    let plain = SinglePart::plain(plain_text(content));
    let html = SinglePart::html(content.to_owned());
    if inline.is_empty() {
        return Ok(MultiPart::alternative().singlepart(plain).singlepart(html));
    }
    let mut related = MultiPart::related().singlepart(html);
    for (file, bytes) in inline {
        let kind = content_type(&file)?;
        let id = file.handle;
        related = related.singlepart(Attachment::new_inline_with_name(id, file.name).body(bytes, kind));
    }
    Ok(MultiPart::alternative().singlepart(plain).multipart(related))
}

fn with_files(body: MultiPart, attached: Vec<(MailFile, Vec<u8>)>) -> Result<MultiPart, String> {
    if attached.is_empty() {
        return Ok(body);
    }
    add_files(MultiPart::mixed().multipart(body), attached)
}

fn add_files(mut body: MultiPart, attached: Vec<(MailFile, Vec<u8>)>) -> Result<MultiPart, String> {
    for (file, bytes) in attached {
        let kind = content_type(&file)?;
        body = body.singlepart(Attachment::new(file.name).body(bytes, kind));
    }
    Ok(body)
}

fn content_type(file: &MailFile) -> Result<ContentType, String> {
    ContentType::parse(&file.content_type)
        .or_else(|_| ContentType::parse(UNKNOWN))
        .map_err(|error| error.to_string())
}

/// Elements whose content nobody reads.
const HIDDEN: [&str; 3] = ["script", "style", "title"];
/// Elements that end a line.
const BLOCKS: [&str; 12] = ["br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "ul", "ol", "table"];
/// Entities that are written out.
const ENTITIES: [(&str, &str); 6] =
    [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];

/// What a reader sees of an HTML text, without its looks.
pub(super) fn plain_text(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((text, after)) = rest.split_once('<') {
        out.push_str(text);
        let Some((tag, after)) = after.split_once('>') else {
            rest = "";
            break;
        };
        let name = tag.trim_start_matches('/').split(|c: char| !c.is_ascii_alphanumeric()).next();
        let name = name.unwrap_or_default().to_ascii_lowercase();
        rest = after;
        if HIDDEN.contains(&name.as_str()) && !tag.starts_with('/') {
            let end = rest.to_ascii_lowercase().find(&format!("</{name}"));
            rest = end.map_or("", |end| &rest[end..]);
        } else if BLOCKS.contains(&name.as_str()) && !out.ends_with('\n') {
            out.push('\n');
        }
    }
    out.push_str(rest);
    for (entity, character) in ENTITIES {
        out = out.replace(entity, character);
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::plain_text;

    #[test]
    fn html_is_read_without_its_looks() {
        for (html, text) in [
            ("<p>Dear <b>Ada</b>,</p><p>1 &lt; 2 &amp;lt;</p>", "Dear Ada,\n1 < 2 &lt;"),
            ("<style>p{color:red}</style>Hello<br/>there", "Hello\nthere"),
            ("<script>if (1<2) alert(1)</SCRIPT>x", "x"),
            ("no tags", "no tags"),
            ("half <a href=", "half"),
            ("", ""),
        ] {
            assert_eq!(plain_text(html), text, "{html}");
        }
    }
}
