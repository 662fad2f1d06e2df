//! Days, for suppressions that end.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::policy::days_since_1970;

/// A day of the calendar; the default comes before every other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u32,
    month: u32,
    day: u32,
}

impl Date {
    /// Reads `2027-01-31`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-').map(|part| {
            let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse::<u32>().ok().filter(|_| is_number && (part.len() == 2 || part.len() == 4))
        });
        let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (text.len() == 10 && parts.next().is_none() && (1..=days).contains(&day)).then_some(Self { year, month, day })
    }

    /// How many days another one is later.
    pub fn days_until(self, other: Self) -> i64 {
        let days = |it: Self| days_since_1970(it.year.into(), it.month.into(), it.day.into());
        days(other) - days(self)
    }

    /// The day it is, in UTC.
    pub fn today() -> Self {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs());
        Self::of_days(seconds / 86_400)
    }

    /// The day that comes so many days after the first of January 1970.
    /// The method is that of <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>.
    fn of_days(days: u64) -> Self {
        let days = days + 719_468;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153; // months from March
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Self { year: small(year), month: small(month), day: small(day_of_year - (153 * shifted + 2) / 5 + 1) }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_follow_the_calendar() {
        assert_eq!(Date::of_days(0).to_string(), "1970-01-01");
        assert_eq!(Date::of_days(11_016).to_string(), "2000-02-29");
        assert_eq!(Date::of_days(20_818).to_string(), "2026-12-31");
        assert!(Date::parse("2026-12-31") < Date::parse("2027-01-01"));
        let day = |text: &str| Date::parse(text).unwrap_or_default();
        assert_eq!(day("2024-02-28").days_until(day("2024-03-01")), 2);
        assert_eq!(day("2027-01-01").days_until(day("2026-12-31")), -1);
        for wrong in ["2026-13-01", "2026-1-01", "26-01-01", "2026-01-00", "2026-01-01-01", "+026-01-01", ""] {
            assert_eq!(Date::parse(wrong), None, "{wrong}");
        }
    }
}
