//! Dates. None of them holds a wildcard, so an unknown one is opaque.

use super::arguments::{Answer, Call};
use crate::policy::days_since_1970;
use crate::value::{Number, Text, Value};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const SECOND: i128 = 1_000_000_000;

/// A point in time as it is written: RFC 3339.
#[derive(Clone, Copy)]
pub(super) struct Time {
    /// Nanoseconds since 1970 in UTC.
    instant: i128,
    /// Minutes to the east of Greenwich.
    offset: i32,
}

/// A point in time as a calendar has it.
struct Calendar {
    year: i64,
    month: usize,
    day: i64,
    weekday: usize,
    hour: i64,
    minute: i64,
    second: i64,
}

impl Time {
    pub(super) fn parse(text: &str) -> Option<Self> {
        fn digits(text: &mut &str, count: usize) -> Option<i64> {
            let (digits, rest) = text.split_at_checked(count)?;
            *text = rest;
            digits.bytes().all(|it| it.is_ascii_digit()).then(|| digits.parse().ok())?
        }
        fn mark(text: &mut &str, marks: &[char]) -> Option<()> {
            *text = text.strip_prefix(marks)?;
            Some(())
        }
        let mut rest = text;
        let year = digits(&mut rest, 4)?;
        mark(&mut rest, &['-'])?;
        let month = digits(&mut rest, 2)?;
        mark(&mut rest, &['-'])?;
        let day = digits(&mut rest, 2)?;
        mark(&mut rest, &['T'])?;
        let hour = digits(&mut rest, 2)?;
        mark(&mut rest, &[':'])?;
        let minute = digits(&mut rest, 2)?;
        mark(&mut rest, &[':'])?;
        let second = digits(&mut rest, 2)?;
        let mut nanoseconds = 0;
        if mark(&mut rest, &['.']).is_some() {
            let count = rest.bytes().take_while(u8::is_ascii_digit).count();
            let fraction = &rest[..count];
            rest = &rest[count..];
            nanoseconds = format!("{fraction:0<9.9}").parse().ok().filter(|_| count > 0)?;
        }
        let offset = if rest == "Z" {
            0
        } else {
            let sign = if rest.starts_with('-') { -1 } else { 1 };
            mark(&mut rest, &['+', '-'])?;
            let hours = digits(&mut rest, 2)?;
            mark(&mut rest, &[':'])?;
            let minutes = digits(&mut rest, 2)?;
            if !rest.is_empty() || hours > 23 || minutes > 59 {
                return None;
            }
            sign * i32::try_from(hours * 60 + minutes).ok()?
        };
        let last = days_of(year, usize::try_from(month).ok()?)?;
        if !(1..=last).contains(&day) || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let seconds = (days_since_1970(year, month, day) * 24 + hour) * 3600 + minute * 60 + second;
        let instant = i128::from(seconds - i64::from(offset) * 60) * SECOND + nanoseconds;
        Some(Self { instant, offset })
    }

    fn calendar(self) -> Calendar {
        let seconds = self.instant.div_euclid(SECOND) + i128::from(self.offset) * 60;
        let seconds = i64::try_from(seconds).unwrap_or(0);
        let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = date(days);
        Calendar {
            year,
            month,
            day,
            // The first of January 1970 was a Thursday.
            weekday: usize::try_from((days + 4).rem_euclid(7)).unwrap_or(0),
            hour: of_day / 3600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
        }
    }

    /// Without fractions of a second, as Go's `time.RFC3339` has it.
    pub(super) fn shown(self) -> String {
        let Calendar { year, month, day, hour, minute, second, .. } = self.calendar();
        let zone = self.zone(":", "Z");
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{zone}")
    }

    fn zone(self, between: &str, utc: &str) -> String {
        if self.offset == 0 && !utc.is_empty() {
            return utc.to_owned();
        }
        let sign = if self.offset < 0 { '-' } else { '+' };
        format!("{sign}{:02}{between}{:02}", self.offset.abs() / 60, self.offset.abs() % 60)
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of(year: i64, month: usize) -> Option<i64> {
    match month {
        2 => Some(if is_leap(year) { 29 } else { 28 }),
        4 | 6 | 9 | 11 => Some(30),
        1..=12 => Some(31),
        _ => None,
    }
}

// The other way of `days_since_1970`.
fn date(days: i64) -> (i64, usize, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), usize::try_from(month).unwrap_or(1), day)
}

fn known(call: &Call<'_>, index: usize) -> Answer<String> {
    let text = call.text(index)?;
    text.as_known().map(str::to_owned).ok_or_else(|| call.opaque())
}

fn time(call: &Call<'_>, index: usize) -> Answer<Time> {
    Time::parse(&known(call, index)?).ok_or_else(|| call.fail(Some(index), "not a valid RFC3339 timestamp"))
}

fn made(call: &Call<'_>, index: usize, text: &str) -> Answer {
    let span = call.arguments[index].span;
    call.in_place_of(index, Value::Text(Text::known(text, span)))
}

pub(super) fn formatdate(call: &mut Call<'_>) -> Answer {
    let (format, time) = (known(call, 0)?, time(call, 1)?);
    let calendar = time.calendar();
    let mut out = String::new();
    let mut rest = format.as_str();
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            match literal(&rest[1..], &mut out) {
                Some(after) => rest = after,
                None => return Err(call.fail(Some(0), "unterminated literal")),
            }
            continue;
        }
        let length = if first.is_ascii_alphabetic() {
            rest.chars().take_while(|it| *it == first).count()
        } else {
            first.len_utf8()
        };
        let (verb, after) = rest.split_at(length);
        rest = after;
        if !first.is_ascii_alphabetic() {
            out.push(first);
            continue;
        }
        match part(verb, time, &calendar) {
            Some(part) => out.push_str(&part),
            None => return Err(call.fail(Some(0), format!("invalid date format verb `{verb}`"))),
        }
    }
    made(call, 1, &out)
}

/// Text in quotes, of which two stand for one; what follows it.
fn literal<'a>(mut rest: &'a str, out: &mut String) -> Option<&'a str> {
    loop {
        let (text, after) = rest.split_once('\'')?;
        out.push_str(text);
        match after.strip_prefix('\'') {
            Some(after) => {
                out.push('\'');
                rest = after;
            }
            None => return Some(after),
        }
    }
}

fn part(verb: &str, time: Time, calendar: &Calendar) -> Option<String> {
    let Calendar { year, month, day, weekday, hour, minute, second } = calendar;
    let of_twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
    Some(match verb {
        "YY" => format!("{:02}", year % 100),
        "YYYY" => format!("{year:04}"),
        "M" => month.to_string(),
        "MM" => format!("{month:02}"),
        "MMM" => MONTHS[month - 1][..3].to_owned(),
        "MMMM" => MONTHS[month - 1].to_owned(),
        "D" => day.to_string(),
        "DD" => format!("{day:02}"),
        "EEE" => DAYS[*weekday][..3].to_owned(),
        "EEEE" => DAYS[*weekday].to_owned(),
        "h" => hour.to_string(),
        "hh" => format!("{hour:02}"),
        "H" => of_twelve.to_string(),
        "HH" => format!("{of_twelve:02}"),
        "AA" => if *hour < 12 { "AM" } else { "PM" }.to_owned(),
        "aa" => if *hour < 12 { "am" } else { "pm" }.to_owned(),
        "m" => minute.to_string(),
        "mm" => format!("{minute:02}"),
        "s" => second.to_string(),
        "ss" => format!("{second:02}"),
        "Z" => time.zone(":", "Z"),
        "ZZZ" => time.zone("", "UTC"),
        "ZZZZ" => time.zone("", ""),
        "ZZZZZ" => time.zone(":", ""),
        _ => return None,
    })
}

pub(super) fn timeadd(call: &mut Call<'_>) -> Answer {
    let time = time(call, 0)?;
    let Some(duration) = duration(&known(call, 1)?) else {
        return Err(call.fail(Some(1), "invalid duration"));
    };
    let time = Time { instant: time.instant + duration, ..time };
    made(call, 0, &time.shown())
}

/// Nanoseconds of a duration as Go writes it: `-1h30m`.
fn duration(text: &str) -> Option<i128> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut sum = 0_i128;
    while !rest.is_empty() {
        let count = rest.bytes().take_while(|it| it.is_ascii_digit() || *it == b'.').count();
        let (number, after) = rest.split_at(count);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let length = after.bytes().take_while(|it| !it.is_ascii_digit() && *it != b'.').count();
        let (unit, after) = after.split_at(length);
        let unit: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => SECOND,
            "m" => 60 * SECOND,
            "h" => 3600 * SECOND,
            _ => return None,
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let part: i128 = format!("{fraction:0<12.12}").parse().ok()?;
        sum = sum.checked_add(whole.checked_mul(unit)?)?.checked_add(part * unit / 1_000_000_000_000)?;
        rest = after;
    }
    // As Go counts, in 64 bits.
    i64::try_from(sum).ok().map(|sum| sign * i128::from(sum))
}

pub(super) fn timecmp(call: &mut Call<'_>) -> Answer {
    let order = time(call, 0)?.instant.cmp(&time(call, 1)?.instant);
    Ok(call.made(Value::Number(Number(f64::from(order as i8)))))
}
