//! What is said between the server and PostgreSQL, heard by a proxy in between.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A message with the text of a query, and how many statements PostgreSQL found in it.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) text: String,
    /// `None` for a prepared statement: PostgreSQL refuses those that are several.
    pub(crate) statements: Option<usize>,
}

type Heard = Arc<Mutex<Vec<Message>>>;

/// Passes connections on to a PostgreSQL server. Its threads end with the process.
pub(crate) struct Wire {
    port: u16,
    heard: Heard,
}

/// What ends with the server being ready for the next query.
enum Asked {
    Query(String),
    Sync,
}

impl Wire {
    /// Listens for connections to the server of that URL.
    pub(crate) fn to(url: &str) -> Self {
        let rest = url.split_once('@').expect("the URL names a user").1;
        let server = rest.split_once('/').expect("the URL names a database").0.to_owned();
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("the loopback address has a free port");
        let port = listener.local_addr().expect("a listener has an address").port();
        let heard = Heard::default();
        let hears = Arc::clone(&heard);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let server = TcpStream::connect(&server).expect("PostgreSQL answers");
                pass(client, server, &hears);
            }
        });
        Self { port, heard }
    }

    /// The URL that leads through here.
    pub(crate) fn url(&self, url: &str) -> String {
        let (front, rest) = url.split_once('@').expect("the URL names a user");
        let database = rest.split_once('/').expect("the URL names a database").1;
        format!("{front}@127.0.0.1:{}/{database}", self.port)
    }

    /// What was said since the last time.
    pub(crate) fn heard(&self) -> Vec<Message> {
        std::mem::take(&mut *self.heard.lock().expect("nobody panics with it"))
    }
}

fn pass(client: TcpStream, server: TcpStream, heard: &Heard) {
    for socket in [&client, &server] {
        socket.set_nodelay(true).expect("a socket takes options");
    }
    let asked = Arc::new(Mutex::new(VecDeque::new()));
    let (client_too, server_too) = (client.try_clone(), server.try_clone());
    let (client_too, server_too) = (client_too.expect("a socket"), server_too.expect("a socket"));
    let (heard, hears, asks) = (Arc::clone(heard), Arc::clone(heard), Arc::clone(&asked));
    std::thread::spawn(move || {
        let _ends = forth(client, server_too, &asks, &hears);
    });
    std::thread::spawn(move || {
        let _ends = back(server, client_too, &asked, &heard);
    });
}

fn forth(
    mut client: TcpStream,
    mut server: TcpStream,
    asked: &Mutex<VecDeque<Asked>>,
    heard: &Heard,
) -> std::io::Result<()> {
    // The first message has no kind. What it is answered with ends like a query.
    let first = message(&mut client, false)?;
    asked.lock().expect("nobody panics with it").push_back(Asked::Sync);
    server.write_all(&first)?;
    loop {
        let bytes = message(&mut client, true)?;
        let texts: Vec<String> = bytes[5..]
            .split(|byte| *byte == 0)
            .map(|text| String::from_utf8_lossy(text).into_owned())
            .collect();
        let mut asked = asked.lock().expect("nobody panics with it");
        match bytes[0] {
            b'Q' => asked.push_back(Asked::Query(texts[0].clone())),
            b'S' => asked.push_back(Asked::Sync),
            b'P' => {
                let message = Message { text: texts[1].clone(), statements: None };
                heard.lock().expect("nobody panics with it").push(message);
            }
            _ => {}
        }
        drop(asked);
        server.write_all(&bytes)?;
    }
}

fn back(
    mut server: TcpStream,
    mut client: TcpStream,
    asked: &Mutex<VecDeque<Asked>>,
    heard: &Heard,
) -> std::io::Result<()> {
    let mut statements = 0;
    loop {
        let bytes = message(&mut server, true)?;
        match bytes[0] {
            // Completed, empty, or failed: each is the end of one statement.
            b'C' | b'I' | b'E' => statements += 1,
            b'Z' => {
                let ended = asked.lock().expect("nobody panics with it").pop_front();
                if let Some(Asked::Query(text)) = ended {
                    let message = Message { text, statements: Some(statements) };
                    heard.lock().expect("nobody panics with it").push(message);
                }
                statements = 0;
            }
            _ => {}
        }
        client.write_all(&bytes)?;
    }
}

/// One message with its length, and its kind if it has one.
fn message(from: &mut TcpStream, has_kind: bool) -> std::io::Result<Vec<u8>> {
    let begin = usize::from(has_kind);
    let mut bytes = vec![0; begin + 4];
    from.read_exact(&mut bytes)?;
    let length = u32::from_be_bytes(bytes[begin..].try_into().expect("four bytes")) as usize;
    let filled = bytes.len();
    bytes.resize(begin + length, 0);
    from.read_exact(&mut bytes[filled..])?;
    Ok(bytes)
}
