//! What the values of conditions say when they are no plain text: points in time, numbers, ranges of addresses.

use std::net::IpAddr;

/// Seconds since 1970 of a date as conditions write it: ISO 8601 from the year to the second, or that number itself.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date>
pub fn date(text: &str) -> Option<f64> {
    if text.len() > 4 && text.bytes().all(|it| it.is_ascii_digit()) {
        return text.parse().ok();
    }
    let (day, time) = text.split_once(['T', 't']).map_or((text, None), |(day, time)| (day, Some(time)));
    let mut fields = day.split('-');
    let year = digits(fields.next()?, 4)?;
    let month = fields.next().map_or(Some(1), |it| digits(it, 2)).filter(|it| (1..=12).contains(it))?;
    let of_month = fields.next().map_or(Some(1), |it| digits(it, 2)).filter(|it| (1..=31).contains(it))?;
    if fields.next().is_some() || time.is_some() && day.len() != "2026-01-31".len() {
        return None;
    }
    let seconds = time.map_or(Some(0.0), seconds_of_day)?;
    #[allow(clippy::cast_precision_loss, reason = "days are few")]
    Some(days_since_1970(year, month, of_month) as f64 * 86_400.0 + seconds)
}

fn digits(text: &str, count: usize) -> Option<i64> {
    (text.len() == count && text.bytes().all(|it| it.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// `hh:mm`, `hh:mm:ss`, `hh:mm:ss.s`, each with `Z` or an offset.
fn seconds_of_day(text: &str) -> Option<f64> {
    let (clock, offset) = match text.strip_suffix(['Z', 'z']) {
        Some(clock) => (clock, 0),
        None => {
            let at = text.rfind(['+', '-'])?;
            let (hours, minutes) = text[at + 1..].split_once(':')?;
            let minutes = digits(hours, 2)? * 60 + digits(minutes, 2)?;
            (&text[..at], if text[at..].starts_with('-') { -minutes } else { minutes })
        }
    };
    let mut fields = clock.splitn(3, ':');
    let hour = digits(fields.next()?, 2).filter(|it| *it < 24)?;
    let minute = digits(fields.next()?, 2).filter(|it| *it < 60)?;
    let second = fields.next().map_or(Some(0.0), |it| it.parse::<f64>().ok()).filter(|it| (0.0..61.0).contains(it))?;
    #[allow(clippy::cast_precision_loss, reason = "a day has few minutes")]
    Some((hour * 60 + minute - offset) as f64 * 60.0 + second)
}

/// The days from 1970-01-01 to a day of the Gregorian calendar. Years are counted from March, so that the leap day is the
/// last of its year. <https://howardhinnant.github.io/date_algorithms.html>
pub fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// A number as conditions write it.
pub fn number(text: &str) -> Option<f64> {
    let plain = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit() || matches!(it, b'.' | b'-' | b'+'));
    plain.then(|| text.parse().ok()).flatten()
}

/// A range of addresses: CIDR notation, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpRange {
    /// The address as it is written, of IPv4 in the upper 32 bits.
    bits: u128,
    length: u8,
    is_v6: bool,
}

impl IpRange {
    /// Reads `203.0.113.0/24`, `2001:db8::/32`, `203.0.113.7`.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
        let (bits, is_v6) = match address.parse().ok()? {
            IpAddr::V4(it) => (u128::from(it.to_bits()) << 96, false),
            IpAddr::V6(it) => (it.to_bits(), true),
        };
        let most = if is_v6 { 128 } else { 32 };
        let length = match length {
            None => most,
            Some(length) if length.bytes().all(|it| it.is_ascii_digit()) => length.parse().ok()?,
            Some(_) => return None,
        };
        (length <= most).then_some(Self { bits, length, is_v6 })
    }

    fn mask(self) -> u128 {
        u128::MAX.checked_shl(128 - u32::from(self.length)).unwrap_or(0)
    }

    /// Whether it holds every address of its family.
    pub fn is_everything(self) -> bool {
        self.length == 0
    }

    /// Whether ranges together hold every address of a family.
    pub fn are_everything(ranges: &[Self]) -> bool {
        [false, true].into_iter().any(|is_v6| {
            let mut bounds: Vec<_> = ranges.iter().filter(|it| it.is_v6 == is_v6).map(|it| it.bounds()).collect();
            bounds.sort_unstable();
            // The first address that none of them holds so far; none when the last one of all is held.
            let mut missing = Some(0);
            for (first, last) in bounds {
                missing = match missing {
                    Some(it) if first <= it && it <= last => last.checked_add(1),
                    _ => missing,
                };
            }
            missing.is_none()
        })
    }

    fn bounds(self) -> (u128, u128) {
        (self.bits & self.mask(), self.bits | !self.mask())
    }

    /// Whether the address has bits set where the range leaves them open, so that a smaller range was meant.
    pub fn has_host_bits(self) -> bool {
        self.bits & !self.mask() != 0
    }

    /// Whether all of another range lies in it.
    pub fn contains(self, other: Self) -> bool {
        self.is_v6 == other.is_v6 && self.length <= other.length && (self.bits ^ other.bits) & self.mask() == 0
    }

    /// Whether no request over the internet comes from it: private, shared, loopback and link-local addresses.
    /// <https://www.iana.org/assignments/iana-ipv4-special-registry/iana-ipv4-special-registry.xhtml>
    pub fn is_private(self) -> bool {
        const PRIVATE: [&str; 8] = [
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "fc00::/7",
            "fe80::/10",
        ];
        PRIVATE.iter().filter_map(|it| Self::parse(it)).any(|it| it.contains(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_iso_8601_or_seconds() {
        assert_eq!(date("1970-01-02"), Some(86_400.0));
        assert_eq!(date("1970-01-01T01:00:30+01:00"), Some(30.0));
        assert_eq!(date("2026-02-01T00:00Z"), date("2026-02"));
        assert_eq!(date("1700000000"), Some(1_700_000_000.0));
        assert_eq!(date("2000-02-29"), Some(951_782_400.0));
        for text in ["", "tomorrow", "01.02.2026", "2026-13-01", "2026-1-1", "2026-01-01 10:00", "2026-01T10:00Z"] {
            assert_eq!(date(text), None, "{text}");
        }
        // Without `Z` or an offset a time is no time.
        assert_eq!(date("2026-01-01T10:00:00"), None);
    }

    #[test]
    fn a_number_is_plain() {
        assert_eq!(number("-1.5"), Some(-1.5));
        assert_eq!(number("ten"), None);
        assert_eq!(number("inf"), None);
        assert_eq!(number(""), None);
    }

    #[test]
    fn ranges_hold_ranges_of_their_family() {
        let range = |it| IpRange::parse(it).unwrap();
        assert!(range("10.0.0.0/8").contains(range("10.1.2.3")));
        assert!(!range("10.0.0.0/8").contains(range("0.0.0.0/0")));
        assert!(!range("::/0").contains(range("10.1.2.3")));
        assert!(range("0.0.0.0/0").is_everything() && range("::/0").is_everything());
        let all = |them: &[&str]| {
            IpRange::are_everything(&them.iter().filter_map(|it| IpRange::parse(it)).collect::<Vec<_>>())
        };
        assert!(all(&["128.0.0.0/1", "10.0.0.0/8", "0.0.0.0/1"]) && all(&["::/1", "8000::/1"]) && all(&["0.0.0.0/0"]));
        assert!(!all(&["0.0.0.0/1", "128.0.0.0/2"]) && !all(&["128.0.0.0/1", "::/1"]) && !all(&[]));
        assert!(range("10.0.0.1/8").has_host_bits() && !range("10.0.0.1").has_host_bits());
        assert!(range("192.168.1.0/24").is_private() && !range("192.0.0.0/8").is_private());
        for text in ["10.0.0/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "*", "2001:db8::/129"] {
            assert_eq!(IpRange::parse(text), None, "{text}");
        }
    }
}
