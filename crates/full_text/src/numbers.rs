//! Numbers in bytes: seven bits in each, the lowest first, the highest bit set where more follow.

/// Stored bytes that are not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a full text segment cannot be read: {0}")]
pub struct Corrupt(pub(crate) &'static str);

pub(crate) fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// How many bytes a number takes.
pub(crate) fn width(number: u32) -> usize {
    match number {
        0..0x80 => 1,
        0x80..0x4000 => 2,
        0x4000..0x20_0000 => 3,
        0x20_0000..0x1000_0000 => 4,
        _ => 5,
    }
}

/// Where one reads. It owns no bytes, so that it can be kept beside them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Reader {
    pub at: usize,
}

impl Reader {
    pub(crate) fn is_at_end(self, bytes: &[u8]) -> bool {
        self.at >= bytes.len()
    }

    pub(crate) fn byte(&mut self, bytes: &[u8]) -> Result<u8, Corrupt> {
        let byte = bytes.get(self.at).ok_or(Corrupt("it ends too early"))?;
        self.at += 1;
        Ok(*byte)
    }

    pub(crate) fn number(&mut self, bytes: &[u8]) -> Result<u64, Corrupt> {
        let first = self.byte(bytes)?;
        if first < 0x80 {
            return Ok(u64::from(first));
        }
        let mut number = u64::from(first & 0x7f);
        let mut shift = 7;
        loop {
            let byte = self.byte(bytes)?;
            if shift == 63 && byte > 1 {
                return Err(Corrupt("a number is too large"));
            }
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
            shift += 7;
        }
    }

    /// A number that is a count, a length or an ordinal.
    pub(crate) fn small(&mut self, bytes: &[u8]) -> Result<u32, Corrupt> {
        u32::try_from(self.number(bytes)?).map_err(|_| Corrupt("a number is too large"))
    }

    /// So many bytes.
    pub(crate) fn take<'a>(&mut self, bytes: &'a [u8], length: u32) -> Result<&'a [u8], Corrupt> {
        let rest = bytes.get(self.at..).unwrap_or_default();
        let taken = rest.get(..length as usize).ok_or(Corrupt("it ends too early"))?;
        self.at += taken.len();
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_they_were_written() {
        for number in [0, 1, 127, 128, 16_383, 16_384, u64::from(u32::MAX), 1 << 62, u64::MAX] {
            let mut bytes = Vec::new();
            put(&mut bytes, number);
            assert_eq!(Reader::default().number(&bytes), Ok(number));
            assert!(Reader::default().number(&bytes[..bytes.len() - 1]).is_err());
            if let Ok(small) = u32::try_from(number) {
                assert_eq!(width(small), bytes.len());
            }
        }
        assert!(Reader::default().number(&[0xff; 11]).is_err());
    }
}
