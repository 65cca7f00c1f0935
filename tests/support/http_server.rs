//! A server on this machine that answers as it is told, the last answer again and again, and remembers what it was asked.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What it answers.
#[derive(Clone)]
pub(crate) enum Reply {
    /// HTTP, with these faults.
    Http(Http),
    /// These bytes, then the connection is closed.
    Raw(Vec<u8>),
    /// The connection is closed at once.
    Close,
}

#[derive(Clone, Default)]
pub(crate) struct Http {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    sent: Option<usize>,
    chunked: bool,
    after: Duration,
    between: Duration,
}

impl Reply {
    /// This status and body.
    pub(crate) fn json(status: u16, body: &[u8]) -> Self {
        Self::Http(Http { status, body: body.to_vec(), ..Http::default() })
    }

    fn edit(mut self, edit: impl FnOnce(&mut Http)) -> Self {
        if let Self::Http(http) = &mut self {
            edit(http);
        }
        self
    }

    /// With this header.
    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        self.edit(|http| http.headers.push((name.to_owned(), value.to_owned())))
    }

    /// Closes the connection after so many bytes of the body.
    pub(crate) fn cut(self, sent: usize) -> Self {
        self.edit(|http| http.sent = Some(sent))
    }

    /// Without a length: in chunks.
    pub(crate) fn chunked(self) -> Self {
        self.edit(|http| http.chunked = true)
    }

    /// Waits before it answers.
    pub(crate) fn after(self, wait: Duration) -> Self {
        self.edit(|http| http.after = wait)
    }

    /// Waits before each byte of the body.
    pub(crate) fn dripping(self, wait: Duration) -> Self {
        self.edit(|http| http.between = wait)
    }
}

/// What was asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) pairs: Vec<(String, String)>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    /// A value of the query, decoded.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }

    /// A header's value; the name is in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

pub(crate) struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    pub(crate) fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (replies, log): (Vec<Reply>, _) = (replies.into_iter().collect(), seen.clone());
        // The thread waits for connections until the process ends.
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (replies, log) = (replies.clone(), log.clone());
                std::thread::spawn(move || {
                    // Whoever hangs up early has what it wanted.
                    let _ = answer(stream, &replies, &log);
                });
            }
        });
        Self { address, seen }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All that was asked so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("no panic").clone()
    }
}

fn answer(mut stream: TcpStream, replies: &[Reply], log: &Mutex<Vec<Seen>>) -> std::io::Result<()> {
    let request = read(&mut stream)?;
    let count = {
        let mut log = log.lock().expect("no panic");
        log.push(request);
        log.len()
    };
    match &replies[(count - 1).min(replies.len() - 1)] {
        Reply::Close => Ok(()),
        Reply::Raw(bytes) => stream.write_all(bytes),
        Reply::Http(http) => send(&mut stream, http),
    }
}

fn send(stream: &mut TcpStream, http: &Http) -> std::io::Result<()> {
    std::thread::sleep(http.after);
    let length = if http.chunked {
        "Transfer-Encoding: chunked".to_owned()
    } else {
        format!("Content-Length: {}", http.body.len())
    };
    write!(
        stream,
        "HTTP/1.1 {} Said\r\nContent-Type: application/json\r\nConnection: close\r\n{length}\r\n",
        http.status
    )?;
    for (name, value) in &http.headers {
        write!(stream, "{name}: {value}\r\n")?;
    }
    stream.write_all(b"\r\n")?;
    let body = &http.body[..http.sent.unwrap_or(http.body.len())];
    if http.chunked {
        for part in body.chunks(5000) {
            write!(stream, "{:x}\r\n", part.len())?;
            stream.write_all(part)?;
            stream.write_all(b"\r\n")?;
        }
        return stream.write_all(b"0\r\n\r\n");
    }
    if http.between.is_zero() {
        return stream.write_all(body);
    }
    for byte in body {
        std::thread::sleep(http.between);
        stream.write_all(&[*byte])?;
    }
    Ok(())
}

fn read(stream: &mut TcpStream) -> std::io::Result<Seen> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let mut seen = parse(&head);
            let length = seen.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                seen.body = bytes[end + 4..].to_vec();
                return Ok(seen);
            }
        }
        let count = stream.read(&mut part)?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&part[..count]);
    }
}

fn parse(head: &str) -> Seen {
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().split(' ');
    let method = first.next().unwrap_or_default().to_owned();
    let target = first.next().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    });
    let headers =
        lines.filter_map(|line| line.split_once(": ")).map(|(n, v)| (n.to_lowercase(), v.to_owned()));
    Seen {
        method,
        path: path.to_owned(),
        pairs: pairs.collect(),
        headers: headers.collect(),
        body: Vec::new(),
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if first == b'%' && tail.len() >= 2 {
            let hex = std::str::from_utf8(&tail[..2]).expect("hexadecimal digits");
            bytes.push(u8::from_str_radix(hex, 16).expect("hexadecimal digits"));
            rest = &tail[2..];
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}
