//! Fixed-point numbers: an `i64` of units of 10^-scale, exact in both databases.

use rust_decimal::prelude::*;

/// Powers of ten up to the largest scale a field can have.
const POWERS: [i64; 19] = {
    let mut powers = [1; 19];
    let mut at = 1;
    while at < 19 {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// Units of 10^-`scale` in a numeral (`24000`, `-0.25`, `1e3`), rounded half away from zero.
/// `None` when it is no number or does not fit.
pub fn parse(text: &str, scale: u8) -> Option<i64> {
    if let Some(whole) = parse_plain(text, scale) {
        return Some(whole);
    }
    let text = text.trim();
    let number = Decimal::from_str(text).or_else(|_| Decimal::from_scientific(text)).ok()?;
    to_units(number, scale)
}

/// The common case, digits with at most `scale` decimals, without the general parser.
fn parse_plain(text: &str, scale: u8) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.is_empty() || bytes.len() > 17 {
        return None;
    }
    let mut units: i64 = 0;
    let mut decimals: Option<u8> = None;
    for &byte in bytes {
        match byte {
            b'0'..=b'9' => {
                units = units * 10 + i64::from(byte - b'0');
                if let Some(count) = &mut decimals {
                    *count += 1;
                }
            }
            b'.' if decimals.is_none() => decimals = Some(0),
            _ => return None,
        }
    }
    let decimals = match decimals {
        Some(0) => return None,
        other => other.unwrap_or(0),
    };
    units.checked_mul(*POWERS.get(usize::from(scale.checked_sub(decimals)?))?)
}

/// Rounds a decimal to `scale` and gives its units; `None` when it does not fit.
pub fn to_units(number: Decimal, scale: u8) -> Option<i64> {
    let rounded = number.round_dp_with_strategy(u32::from(scale), RoundingStrategy::MidpointAwayFromZero);
    let factor = Decimal::from(*POWERS.get(usize::from(scale))?);
    rounded.checked_mul(factor)?.to_i64()
}

/// The decimal that `units` of 10^-`scale` stand for.
pub fn from_units(units: i64, scale: u8) -> Decimal {
    Decimal::new(units, u32::from(scale))
}

/// Writes the number as JSON: no trailing zeros, no point when whole (`24000`, `5.5`).
pub fn write(out: &mut Vec<u8>, units: i64, scale: u8) {
    let Some(&factor) = POWERS.get(usize::from(scale)).filter(|&&f| f > 1) else {
        return crate::json::int(out, units);
    };
    if units < 0 {
        out.push(b'-');
    }
    let size = units.unsigned_abs();
    let (whole, mut rest) = (size / factor as u64, size % factor as u64);
    out.extend_from_slice(itoa::Buffer::new().format(whole).as_bytes());
    if rest == 0 {
        return;
    }
    out.push(b'.');
    let mut place = factor as u64 / 10;
    while rest > 0 {
        out.push(b'0' + (rest / place) as u8);
        rest %= place;
        place /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(units: i64, scale: u8) -> String {
        let mut out = Vec::new();
        write(&mut out, units, scale);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numerals_become_units_and_back() {
        for (numeral, scale, units, back) in [
            ("24000", 2, 2_400_000, "24000"),
            ("5.5", 2, 550, "5.5"),
            ("-0.25", 2, -25, "-0.25"),
            ("1e3", 2, 100_000, "1000"),
            ("0.005", 2, 1, "0.01"),
            ("-0.005", 2, -1, "-0.01"),
            ("125000.50", 2, 12_500_050, "125000.5"),
            ("7", 0, 7, "7"),
            ("1.000000001", 9, 1_000_000_001, "1.000000001"),
        ] {
            assert_eq!(parse(numeral, scale), Some(units), "{numeral}");
            assert_eq!(text(units, scale), back);
        }
    }

    #[test]
    fn what_is_no_number_or_too_large_is_none() {
        for bad in ["", "x", "1.2.3", "--1", "99999999999999999999", "1e30", ".", "5."] {
            assert_eq!(parse(bad, 2), if bad == "5." { Some(500) } else { None }, "{bad}");
        }
    }
}
