//! Which addresses people may be sent back to with a code or token.
//!
//! Source: RFC 9700, section 2.1 and 4.1; RFC 8252, section 7 and 8.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::ClientKind;

const LONGEST: usize = 2000;

/// Schemes that a browser or system knows already and that lead to no app of the client's own.
const TAKEN: &[&str] = &[
    "about",
    "blob",
    "chrome",
    "content",
    "data",
    "file",
    "filesystem",
    "ftp",
    "ftps",
    "intent",
    "jar",
    "javascript",
    "mailto",
    "resource",
    "sms",
    "ssh",
    "tel",
    "urn",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

/// Checks a redirect URI; the reason it is refused is for a person and goes behind a colon.
///
/// `https` anywhere, `http` on the machine itself only, for apps and for development, and a scheme of its own for a
/// mobile client.
pub fn check(uri: &str, kind: ClientKind) -> Result<(), &'static str> {
    if uri.len() > LONGEST || !uri.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("it may have at most 2000 characters, all of them visible ASCII");
    }
    if uri.contains('#') {
        return Err("it must have no fragment (#)");
    }
    if uri.contains('\\') {
        return Err("it must have no backslash");
    }
    let (scheme, rest) = uri.split_once(':').ok_or("it must be a whole address that begins with https://")?;
    let scheme = scheme.to_ascii_lowercase();
    match scheme.as_str() {
        "https" | "http" => {
            let host = host(rest)?;
            if scheme == "http" && !is_loopback(host) {
                return Err("http:// is for localhost, 127.0.0.1 and [::1] only; others need https://");
            }
            Ok(())
        }
        _ if kind != ClientKind::Mobile => {
            Err("it must begin with https://; http:// is for this machine only")
        }
        _ => private(&scheme, rest),
    }
}

/// The host of what follows the scheme of a web address.
fn host(rest: &str) -> Result<&str, &'static str> {
    let rest = rest.strip_prefix("//").ok_or("it must have a host behind ://")?;
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err("it must have no user name (the part before @)");
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(inner) => {
            let (address, after) = inner.split_once(']').ok_or("its host cannot be read")?;
            address.parse::<Ipv6Addr>().map_err(|_| "its host cannot be read")?;
            (address, after.strip_prefix(':').or(after.is_empty().then_some("0")))
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, Some("0")),
        },
    };
    let is_name = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let is_host = host.contains(':') || host.strip_suffix('.').unwrap_or(host).split('.').all(is_name);
    if !is_host || port.is_none_or(|port| port.parse::<u16>().is_err()) {
        return Err("its host or port cannot be read");
    }
    Ok(host)
}

/// True for names and addresses that lead to the machine itself and nowhere else.
pub fn is_loopback(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || host.parse::<Ipv6Addr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

/// A scheme of the app's own (RFC 8252, section 7.1).
fn private(scheme: &str, rest: &str) -> Result<(), &'static str> {
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    if !is_scheme || rest.trim_matches('/').is_empty() {
        return Err("behind the app's own scheme something must follow, as in com.example.app:/callback");
    }
    if TAKEN.contains(&scheme) {
        return Err(
            "its scheme belongs to no app; use https:// or one of the app's own, such as com.example.app:/callback",
        );
    }
    if rest
        .strip_prefix("//")
        .is_some_and(|rest| rest.split(['/', '?']).next().unwrap_or_default().contains('@'))
    {
        return Err("it must have no user name (the part before @)");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_fits_the_kinds_it_is_made_for() {
        use ClientKind::{Mobile, Server, Web};
        let all = [Server, Web, Mobile];
        for (uri, fits) in [
            ("https://app.example.com/callback", &all[..]),
            ("https://app.example.com:8443/callback?from=crm", &all),
            ("HTTPS://app.example.com", &all),
            ("https://[2001:db8::1]:8443/cb", &all),
            ("http://localhost/cb", &all),
            ("http://LOCALHOST:3000/cb", &all),
            ("http://app.localhost:3000/cb", &all),
            ("http://127.0.0.1/cb", &all),
            ("http://127.3.2.1:1/cb", &all),
            ("http://[::1]:3000/cb", &all),
            ("com.example.app:/callback", &[Mobile]),
            ("dealwright://callback", &[Mobile]),
            ("http://app.example.com/cb", &[]),
            ("http://10.0.0.1/cb", &[]),
            ("http://0.0.0.0/cb", &[]),
            ("http://localhost.example.com/cb", &[]),
            ("http://127.0.0.1.example.com/cb", &[]),
            ("http://localhost@example.com/cb", &[]),
            ("https://user@app.example.com/cb", &[]),
            ("https://user:secret@app.example.com/cb", &[]),
            ("https://@app.example.com/cb", &[]),
            ("https://app.example.com/cb#part", &[]),
            ("https://app.example.com/cb#", &[]),
            ("https:\\\\app.example.com", &[]),
            ("https:///cb", &[]),
            ("https://", &[]),
            ("https:app.example.com", &[]),
            ("https://*.example.com/cb", &[]),
            ("https://app..example.com/cb", &[]),
            ("https://app%2eexample.com/cb", &[]),
            ("https://app.example.com:99999/cb", &[]),
            ("https://app.example.com:x/cb", &[]),
            ("https://[::1", &[]),
            ("https://[nonsense]/cb", &[]),
            ("https://app example.com/cb", &[]),
            ("/cb", &[]),
            ("cb", &[]),
            ("", &[]),
            ("javascript:alert(1)", &[]),
            ("JavaScript:alert(1)", &[]),
            ("data:text/html,x", &[]),
            ("urn:ietf:wg:oauth:2.0:oob", &[]),
            ("mailto:a@b.example", &[]),
            ("app://user@host/cb", &[]),
            ("app:", &[]),
            ("app://", &[]),
            ("1app://cb", &[]),
        ] {
            for kind in all {
                assert_eq!(
                    check(uri, kind).is_ok(),
                    fits.contains(&kind),
                    "{uri} for {kind:?}: {:?}",
                    check(uri, kind)
                );
            }
        }
    }
}
