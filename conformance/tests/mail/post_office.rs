//! A mail server of the tests' own: speaks as much SMTP as is needed, keeps what it gets, and refuses whom it is told to.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use dealwright_server::mail::{Mail, Security, Smtp};

/// A message that was accepted.
#[derive(Debug, Clone)]
pub(super) struct Delivered {
    pub(super) from: String,
    pub(super) to: Vec<String>,
    pub(super) text: String,
}

/// How the server answers.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// Nobody is let in.
    pub(super) closed: bool,
    /// Reply to `RCPT` by the part of the address before the `@`.
    pub(super) refused: Vec<(&'static str, &'static str)>,
    /// Reply to the whole message.
    pub(super) after_data: Option<String>,
    /// Wants `user` and `password` first.
    pub(super) locked: bool,
}

/// A server on a free port; it ends with the process.
#[derive(Clone)]
pub(super) struct PostOffice {
    port: u16,
    delivered: Arc<Mutex<Vec<Delivered>>>,
    pub(super) rules: Arc<Mutex<Rules>>,
}

impl PostOffice {
    pub(super) fn open(rules: Rules) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("the loopback address has a free port");
        let port = listener.local_addr().expect("a listener has an address").port();
        let office = Self { port, delivered: Arc::default(), rules: Arc::new(Mutex::new(rules)) };
        let at_the_counter = office.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let office = at_the_counter.clone();
                // A client that hangs up in the middle is no concern of the next one.
                std::thread::spawn(move || office.converse(stream).ok());
            }
        });
        office
    }

    /// The setting that sends mail here.
    pub(super) fn setting(&self, login: Option<(&str, &str)>) -> Mail {
        Mail::Smtp(Smtp {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            security: Security::None,
            login: login.map(|(user, password)| (user.to_owned(), password.to_owned())),
            org_address: None,
        })
    }

    pub(super) fn delivered(&self) -> Vec<Delivered> {
        self.delivered.lock().expect("nobody panics with it").clone()
    }

    fn converse(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut out = stream.try_clone()?;
        let mut say = move |line: &str| write!(out, "{line}\r\n");
        let mut lines = BufReader::new(stream).lines();
        let (closed, locked) = {
            let rules = self.rules.lock().expect("nobody panics with it");
            (rules.closed, rules.locked)
        };
        if closed {
            return say("421 closed for the day");
        }
        say("220 post office")?;
        let (mut from, mut to, mut is_in) = (String::new(), Vec::new(), !locked);
        while let Some(line) = lines.next().transpose()? {
            let upper = line.to_ascii_uppercase();
            let address =
                line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(a, _)| a.to_owned());
            if upper.starts_with("EHLO") {
                say("250-post office")?;
                say("250-AUTH PLAIN")?;
                say("250 8BITMIME")?;
            } else if upper.starts_with("AUTH") {
                // "\0user\0password"
                is_in = line.ends_with("AHVzZXIAcGFzc3dvcmQ=");
                say(if is_in { "235 come in" } else { "535 5.7.8 who are you" })?;
            } else if upper.starts_with("MAIL") {
                from = address.unwrap_or_default();
                say(if is_in { "250 ok" } else { "530 5.7.0 sign in first" })?;
            } else if upper.starts_with("RCPT") {
                let address = address.unwrap_or_default();
                let refused = self.rules.lock().expect("nobody panics with it").refused.clone();
                let refused = refused.iter().find(|(name, _)| address.starts_with(&format!("{name}@")));
                if let Some((_, reply)) = refused {
                    say(reply)?;
                } else {
                    to.push(address);
                    say("250 ok")?;
                }
            } else if upper.starts_with("DATA") {
                say("354 go on")?;
                let mut text = String::new();
                for line in lines.by_ref() {
                    let line = line?;
                    if line == "." {
                        break;
                    }
                    text.push_str(line.strip_prefix('.').unwrap_or(&line));
                    text.push('\n');
                }
                let reply = self.rules.lock().expect("nobody panics with it").after_data.clone();
                say(reply.as_deref().unwrap_or("250 taken"))?;
                if reply.is_none() {
                    let letter = Delivered { from: from.clone(), to: std::mem::take(&mut to), text };
                    self.delivered.lock().expect("nobody panics with it").push(letter);
                }
            } else if upper.starts_with("QUIT") {
                return say("221 bye");
            } else {
                say("250 ok")?;
            }
        }
        Ok(())
    }
}
