//! As much of S3 as the server uses: a bucket in memory, behind plain HTTP on the loopback address.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const PAUSE: Duration = Duration::from_millis(10);
const TRIES: usize = 1_000;

/// A service with a bucket. Its thread ends with the process.
pub(super) struct FakeS3 {
    pub(super) url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Vec<u8>>,
    /// Parts by upload and number.
    uploads: HashMap<String, BTreeMap<usize, Vec<u8>>>,
    started: usize,
    refuses: bool,
}

impl FakeS3 {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("the loopback address has a free port");
        let url = format!("http://{}", listener.local_addr().expect("a listener has an address"));
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &state));
            }
        });
        Self { url, state }
    }

    /// Names of the objects, with the bucket before them.
    pub(super) fn keys(&self) -> Vec<String> {
        self.state.lock().unwrap().objects.keys().cloned().collect()
    }

    /// From now on every call is forbidden.
    pub(super) fn refuse(&self) {
        self.state.lock().unwrap().refuses = true;
    }

    pub(super) async fn wait_for(&self, objects: usize) {
        self.wait_until(|state| state.objects.len() == objects).await;
    }

    /// Waits until that many uploads are under way.
    pub(super) async fn wait_for_parts(&self, uploads: usize) {
        self.wait_until(|state| state.uploads.len() == uploads).await;
    }

    async fn wait_until(&self, holds: impl Fn(&State) -> bool) {
        for _ in 0..TRIES {
            if holds(&self.state.lock().unwrap()) {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("the bucket holds {:?}", self.keys());
    }
}

/// Answers the requests of one connection.
fn serve(stream: TcpStream, state: &Mutex<State>) {
    let mut writer = stream.try_clone().expect("a connection can be shared");
    let mut reader = BufReader::new(stream);
    while let Some((method, target, body)) = read(&mut reader) {
        let (status, body) = state.lock().unwrap().answer(&method, &target, body);
        let head = format!(
            "HTTP/1.1 {status} x\r\nContent-Length: {}\r\nETag: \"e\"\r\nLast-Modified: Fri, 15 Jan 2027 08:00:00 GMT\r\n\r\n",
            body.len()
        );
        if writer.write_all(head.as_bytes()).and_then(|()| writer.write_all(&body)).is_err() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<(String, String, Vec<u8>)> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|&read| read > 0)?;
    let mut words = first.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((method, target, body))
}

impl State {
    fn answer(&mut self, method: &str, target: &str, body: Vec<u8>) -> (u16, Vec<u8>) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let key = path.trim_start_matches('/').to_owned();
        let param = |name: &str| {
            let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
            pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
        };
        if self.refuses {
            return (403, b"<Error><Code>AccessDenied</Code></Error>".to_vec());
        }
        match (method, param("uploadId")) {
            ("POST", None) if param("uploads").is_some() => {
                self.started += 1;
                let id = self.started.to_string();
                self.uploads.insert(id.clone(), BTreeMap::new());
                let xml = "<InitiateMultipartUploadResult><UploadId>";
                (200, format!("{xml}{id}</UploadId></InitiateMultipartUploadResult>").into_bytes())
            }
            ("PUT", Some(id)) => {
                let number = param("partNumber").and_then(|number| number.parse().ok()).expect("a number");
                self.uploads.get_mut(&id).expect("an upload under way").insert(number, body);
                (200, Vec::new())
            }
            ("POST", Some(id)) => {
                let parts = self.uploads.remove(&id).expect("an upload under way");
                self.objects.insert(key, parts.into_values().flatten().collect());
                let xml = "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>";
                (200, xml.as_bytes().to_vec())
            }
            ("DELETE", Some(id)) => {
                self.uploads.remove(&id);
                (204, Vec::new())
            }
            ("PUT", None) => {
                self.objects.insert(key, body);
                (200, Vec::new())
            }
            ("DELETE", None) => {
                self.objects.remove(&key);
                (204, Vec::new())
            }
            ("GET", None) if param("list-type").is_some() => {
                let below = format!("{}/{}", key, param("prefix").unwrap_or_default().replace("%2F", "/"));
                let listed = self.objects.iter().filter(|(name, _)| name.starts_with(&below));
                let listed = listed.fold(String::new(), |list, (name, bytes)| {
                    let name = &name[key.len() + 1..];
                    list + &format!(
                        "<Contents><Key>{name}</Key><LastModified>2027-01-15T08:00:00.000Z</LastModified>\
                         <ETag>e</ETag><Size>{}</Size></Contents>",
                        bytes.len()
                    )
                });
                (200, format!("<ListBucketResult>{listed}</ListBucketResult>").into_bytes())
            }
            ("GET", None) => match self.objects.get(&key) {
                Some(bytes) => (200, bytes.clone()),
                None => (404, b"<Error><Code>NoSuchKey</Code></Error>".to_vec()),
            },
            _ => (400, Vec::new()),
        }
    }
}
