//! Content codings: answers made smaller for clients that ask for it, and requests that come so.
//!
//! An answer in JSON lies in memory as a whole, so it is coded in one go and keeps its length. Short answers are left
//! alone, because they fit into a packet anyway, and so are files, most of which are compressed already. All codings
//! run at their fastest level: on a local network sending a few bytes less does not pay for more.

use std::io::{self, Write};

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, header};
use dealwright_engine::request::Prepared;
use dealwright_wire::{ApiError, Code};
use flate2::Compression;
use flate2::write::{GzDecoder, GzEncoder};

/// Answers with fewer bytes are sent as they are.
const WORTH_IT: usize = 1_024;
/// Quality and window of brotli. Lower qualities are hardly faster.
const BROTLI: (i32, i32) = (1, 20);
const ZSTD: i32 = 1;

/// A coding that answers can come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    Brotli,
    Zstd,
}

impl Coding {
    /// In the order in which they are taken when a client likes them equally: the quickest first.
    const ALL: [Self; 3] = [Self::Zstd, Self::Brotli, Self::Gzip];

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }

    /// The coding that a client likes best; `None` when it wants none. Source: RFC 9110, 12.5.3.
    pub(crate) fn asked(headers: &HeaderMap) -> Option<Self> {
        let mut best: Option<(Self, f32)> = None;
        let mut identity = None;
        let mut named = Vec::new();
        let mut others = None;
        let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        for item in values.flat_map(|value| value.split(',')) {
            let mut parts = item.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default();
            let quality = parts
                .find_map(|part| part.strip_prefix(['q', 'Q'])?.strip_prefix('='))
                .map_or(Some(1.0), |q| q.parse().ok());
            let Some(quality) = quality else { continue };
            match name {
                "*" => others = Some(quality),
                "identity" => identity = Some(quality),
                _ => named.push((name, quality)),
            }
        }
        for coding in Self::ALL {
            let own = named.iter().find(|(name, _)| name.eq_ignore_ascii_case(coding.name()));
            // Any coding: the one that whoever names none is sure to know.
            let any = others.filter(|_| coding == Self::Gzip);
            let quality = own.map(|(_, quality)| *quality).or(any).unwrap_or(0.0);
            if quality > best.map_or(0.0, |(_, best)| best) {
                best = Some((coding, quality));
            }
        }
        best.filter(|(_, quality)| identity.is_none_or(|identity: f32| *quality >= identity))
            .map(|(coding, _)| coding)
    }

    fn tell(self, headers: &mut HeaderMap) {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(self.name()));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }

    fn try_code(self, bytes: &[u8]) -> Option<Vec<u8>> {
        let coded = self.code(bytes);
        coded
            .inspect_err(|error| tracing::warn!(%error, coding = self.name(), "coding an answer failed"))
            .ok()
    }

    fn code(self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let out = Vec::with_capacity(bytes.len() / 4);
        match self {
            Self::Gzip => {
                let mut encoder = GzEncoder::new(out, Compression::fast());
                encoder.write_all(bytes)?;
                encoder.finish()
            }
            Self::Brotli => {
                let (quality, window) = BROTLI;
                let params =
                    brotli::enc::BrotliEncoderParams { quality, lgwin: window, ..Default::default() };
                let mut out = out;
                brotli::BrotliCompress(&mut &bytes[..], &mut out, &params)?;
                Ok(out)
            }
            Self::Zstd => zstd::bulk::compress(bytes, ZSTD),
        }
    }
}

/// The bytes of an answer in the coding that was asked for, with the headers that say so.
pub(crate) fn coded(bytes: Vec<u8>, asked: Option<Coding>, headers: &mut HeaderMap) -> Vec<u8> {
    let Some(coding) = asked.filter(|_| bytes.len() >= WORTH_IT) else { return bytes };
    let Some(coded) = coding.try_code(&bytes) else { return bytes };
    coding.tell(headers);
    coded
}

/// [`coded`] for bytes that are coded once for all.
pub(crate) fn prepared(whole: &Prepared, asked: Option<Coding>, headers: &mut HeaderMap) -> Bytes {
    let coded = asked.and_then(|coding| {
        let coded = whole.coded(coding.name(), |bytes| coding.try_code(bytes))?;
        coding.tell(headers);
        Some(coded)
    });
    coded.unwrap_or_else(|| whole.json())
}

/// A body on its way in, decoded piece by piece, so that it never takes more memory than it may.
pub(crate) struct Decoder(GzDecoder<Room>);

/// Takes bytes up to a limit.
struct Room {
    bytes: Vec<u8>,
    limit: usize,
    is_over: bool,
}

impl Write for Room {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + piece.len() > self.limit {
            self.is_over = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Why a coded body was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    TooLarge,
    /// It is not in its coding, or ended early.
    Broken,
}

impl Decoder {
    /// What decodes the body of a request to at most `limit` bytes; `None` where bodies come as they are.
    ///
    /// `UNABLE_TO_PARSE_DATA_TYPE` for codings other than gzip.
    pub(crate) fn of(headers: &HeaderMap, limit: usize) -> Result<Option<Self>, ApiError> {
        let Some(value) = headers.get(header::CONTENT_ENCODING) else { return Ok(None) };
        match value.to_str().map(str::trim) {
            Ok("" | "identity") => Ok(None),
            Ok("gzip" | "x-gzip") => Ok(Some(Self::new(limit))),
            _ => Err(ApiError::new(Code::UnableToParseDataType)
                .message("the Content-Encoding of the body is not supported")
                .detail("supported_values", vec!["gzip"])),
        }
    }

    fn new(limit: usize) -> Self {
        Self(GzDecoder::new(Room { bytes: Vec::new(), limit, is_over: false }))
    }

    /// Takes the next piece.
    pub(crate) fn take(&mut self, piece: &[u8]) -> Result<(), Refused> {
        let taken = self.0.write_all(piece);
        self.check(taken)
    }

    /// The whole body.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>, Refused> {
        let ended = self.0.try_finish();
        self.check(ended)?;
        Ok(self.0.finish().map_err(|_| Refused::Broken)?.bytes)
    }

    fn check(&self, done: io::Result<()>) -> Result<(), Refused> {
        match done {
            Ok(()) => Ok(()),
            Err(_) if self.0.get_ref().is_over => Err(Refused::TooLarge),
            Err(_) => Err(Refused::Broken),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(accept: &'static str) -> Option<Coding> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accept));
        Coding::asked(&headers)
    }

    #[test]
    fn the_client_says_which_coding_it_likes() {
        for (accept, wanted) in [
            ("gzip", Some(Coding::Gzip)),
            ("gzip, deflate, br", Some(Coding::Brotli)),
            ("gzip, br, zstd", Some(Coding::Zstd)),
            ("gzip;q=1.0, zstd;q=0.5", Some(Coding::Gzip)),
            ("*", Some(Coding::Gzip)),
            ("*;q=0.5", Some(Coding::Gzip)),
            ("*;q=0", None),
            ("*, gzip;q=0", None),
            ("br, *;q=0.1", Some(Coding::Brotli)),
            ("GZIP", Some(Coding::Gzip)),
            ("gzip; Q=0", None),
            ("gzip;q=0", None),
            ("gzip;q=0.5, identity", None),
            ("deflate", None),
            ("identity", None),
            ("gzip;q=nonsense", None),
            ("", None),
        ] {
            assert_eq!(asked(accept), wanted, "{accept}");
        }
        assert_eq!(Coding::asked(&HeaderMap::new()), None);
    }

    #[test]
    fn short_answers_are_left_alone() {
        let mut headers = HeaderMap::new();
        assert_eq!(coded(vec![b'a'; 1_023], Some(Coding::Gzip), &mut headers).len(), 1_023);
        assert!(headers.is_empty());
        assert!(coded(vec![b'a'; 1_024], Some(Coding::Gzip), &mut headers).len() < 100);
        assert_eq!(headers["content-encoding"], "gzip");
    }

    #[test]
    fn every_coding_comes_back_as_it_was() {
        let text = "{\"data\":[1,2,3]}".repeat(200).into_bytes();
        let gzip = Coding::Gzip.code(&text).unwrap();
        let mut decoder = Decoder::new(10_000);
        for piece in gzip.chunks(7) {
            decoder.take(piece).unwrap();
        }
        assert_eq!(decoder.finish().unwrap(), text);
        let mut back = Vec::new();
        brotli::BrotliDecompress(&mut &Coding::Brotli.code(&text).unwrap()[..], &mut back).unwrap();
        assert_eq!(back, text);
        assert_eq!(zstd::bulk::decompress(&Coding::Zstd.code(&text).unwrap(), text.len()).unwrap(), text);
    }

    #[test]
    fn a_body_that_was_cut_is_refused() {
        let gzip = Coding::Gzip.code(&[b'a'; 5_000]).unwrap();
        let mut decoder = Decoder::new(10_000);
        decoder.take(&gzip[..gzip.len() - 4]).unwrap();
        assert!(decoder.finish().is_err());
        let mut decoder = Decoder::new(10_000);
        assert_eq!(decoder.take(b"no gzip at all, whatever the header says"), Err(Refused::Broken));
    }

    #[test]
    fn a_body_that_swells_beyond_its_limit_is_refused_at_once() {
        let bomb = Coding::Gzip.code(&vec![b'a'; 50_000_000]).unwrap();
        let mut decoder = Decoder::new(10_000);
        assert_eq!(decoder.take(&bomb), Err(Refused::TooLarge));
        assert!(decoder.0.get_ref().bytes.len() <= 10_000);
    }
}
