//! Addresses and their prefixes. An address holds no wildcard, so an unknown one is opaque.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::arguments::{Answer, Call};
use crate::value::{Node, Text, Value};

/// A prefix: the bits of its first address, right-aligned, and how many of them are fixed.
#[derive(Clone, Copy)]
struct Prefix {
    first: u128,
    fixed: u32,
    /// 32 or 128.
    bits: u32,
}

impl Prefix {
    fn parse(text: &str) -> Option<Self> {
        let (address, fixed) = text.split_once('/')?;
        let (first, bits) = address_bits(address)?;
        if !fixed.bytes().all(|it| it.is_ascii_digit()) {
            return None;
        }
        let fixed: u32 = fixed.parse().ok().filter(|fixed| *fixed <= bits)?;
        // The IPv4 addresses in IPv6 are what they are for Go.
        let is_mapped = bits == 128 && fixed >= 96 && first >> 32 == 0xffff;
        let (first, fixed, bits) = if is_mapped { (first & ones(32), fixed - 96, 32) } else { (first, fixed, bits) };
        Some(Self { first, fixed, bits }.masked())
    }

    /// The last address' distance from the first.
    fn size(self) -> u128 {
        ones(self.bits - self.fixed)
    }

    fn masked(self) -> Self {
        Self { first: self.first & !self.size() & ones(self.bits), ..self }
    }

    fn contains(self, address: u128) -> bool {
        address & !self.size() == self.first
    }

    fn shown(self) -> String {
        format!("{}/{}", shown(self.first, self.bits), self.fixed)
    }
}

fn ones(count: u32) -> u128 {
    1_u128.checked_shl(count).map_or(u128::MAX, |it| it - 1)
}

fn shown(address: u128, bits: u32) -> String {
    if bits == 32 {
        return Ipv4Addr::from_bits(u32::try_from(address).unwrap_or(u32::MAX)).to_string();
    }
    Ipv6Addr::from_bits(address).to_string()
}

fn address_bits(text: &str) -> Option<(u128, u32)> {
    if text.contains(':') {
        return text.parse::<Ipv6Addr>().ok().map(|it| (it.to_bits(), 128));
    }
    // Terraform goes on taking octets with zeros in front.
    let octets: Option<Vec<String>> = text
        .split('.')
        .map(|octet| {
            let digits = octet.trim_start_matches('0');
            (!octet.is_empty()).then(|| if digits.is_empty() { "0".to_owned() } else { digits.to_owned() })
        })
        .collect();
    match octets?.join(".").parse() {
        Ok(IpAddr::V4(it)) => Some((u128::from(it.to_bits()), 32)),
        _ => None,
    }
}

fn known(call: &Call<'_>, index: usize) -> Answer<String> {
    let text = call.text(index)?;
    text.as_known().map(str::to_owned).ok_or_else(|| call.opaque())
}

fn prefix(call: &Call<'_>, index: usize) -> Answer<Prefix> {
    let text = known(call, index)?;
    Prefix::parse(&text).ok_or_else(|| call.fail(Some(index), format!("invalid CIDR expression: `{text}`")))
}

/// A whole number that may be as large as an address.
#[expect(clippy::cast_possible_truncation, reason = "the value is whole, and the bounds are those of an i128")]
fn whole(call: &Call<'_>, index: usize) -> Answer<i128> {
    let number = call.number(index)?;
    if number.fract() != 0.0 || number.abs() > 1.0e38 {
        return Err(call.fail(Some(index), "value must be a whole number"));
    }
    Ok(number as i128)
}

fn made(call: &Call<'_>, text: &str) -> Answer {
    let span = call.arguments[0].span;
    call.in_place_of(0, Value::Text(Text::known(text, span)))
}

pub(super) fn cidrhost(call: &mut Call<'_>) -> Answer {
    let prefix = prefix(call, 0)?;
    let number = whole(call, 1)?;
    let (distance, from_behind) = if number < 0 { (-(number + 1), true) } else { (number, false) };
    let distance = u128::try_from(distance).unwrap_or(u128::MAX);
    if distance > prefix.size() {
        let message = format!("prefix of {} does not accommodate a host numbered {number}", prefix.fixed);
        return Err(call.fail(Some(1), message));
    }
    let host = if from_behind { prefix.size() - distance } else { distance };
    made(call, &shown(prefix.first | host, prefix.bits))
}

pub(super) fn cidrnetmask(call: &mut Call<'_>) -> Answer {
    let prefix = prefix(call, 0)?;
    if prefix.bits != 32 {
        return Err(call.fail(Some(0), "IPv6 addresses cannot have a netmask"));
    }
    made(call, &shown(ones(32) & !prefix.size(), 32))
}

/// A prefix with more of its bits fixed.
fn longer(call: &Call<'_>, prefix: Prefix, bits: i128, argument: usize) -> Answer<Prefix> {
    let fixed = u32::try_from(bits).ok().and_then(|bits| bits.checked_add(prefix.fixed));
    match fixed.filter(|fixed| *fixed <= prefix.bits) {
        Some(fixed) => Ok(Prefix { fixed, ..prefix }),
        None => {
            let message = format!("insufficient address space to extend prefix of {} by {bits}", prefix.fixed);
            Err(call.fail(Some(argument), message))
        }
    }
}

pub(super) fn cidrsubnet(call: &mut Call<'_>) -> Answer {
    let prefix = prefix(call, 0)?;
    let (bits, number) = (whole(call, 1)?, whole(call, 2)?);
    let subnet = longer(call, prefix, bits, 1)?;
    let number = u128::try_from(number).ok().filter(|number| *number <= ones(subnet.fixed - prefix.fixed));
    let Some(number) = number else {
        let message = format!("prefix extension of {bits} does not accommodate that subnet number");
        return Err(call.fail(Some(2), message));
    };
    let first = prefix.first | number.checked_shl(subnet.bits - subnet.fixed).unwrap_or(0);
    made(call, &Prefix { first, ..subnet }.shown())
}

pub(super) fn cidrsubnets(call: &mut Call<'_>) -> Answer {
    let prefix = prefix(call, 0)?;
    let mut next = Some(prefix.first);
    let mut nodes = Vec::new();
    for index in 1..call.arguments.len() {
        let bits = whole(call, index)?;
        if bits < 1 {
            return Err(call.fail(Some(index), "must extend prefix by at least one bit"));
        }
        let subnet = longer(call, prefix, bits, index)?;
        // The next address on a boundary of the new length.
        let first = next.and_then(|next| next.checked_add(subnet.size())).map(|it| it & !subnet.size());
        let Some(first) = first.filter(|first| prefix.contains(*first)) else {
            let message = format!("not enough remaining address space for a subnet of {} bits", subnet.fixed);
            return Err(call.fail(Some(index), message));
        };
        next = (first | subnet.size()).checked_add(1);
        let span = call.arguments[0].span;
        let text = Text::known(&Prefix { first, ..subnet }.shown(), span);
        nodes.push(Node { value: Value::Text(text), span, origin: call.arguments[0].origin.clone() });
    }
    call.made_list(nodes)
}

/// OpenTofu's: whether an address or a prefix lies in another.
pub(super) fn cidrcontains(call: &mut Call<'_>) -> Answer {
    let outer = prefix(call, 0)?;
    let inner = known(call, 1)?;
    let inner = match Prefix::parse(&inner) {
        Some(inner) => inner,
        None => match address_bits(&inner) {
            Some((first, bits)) => Prefix { first, fixed: bits, bits },
            None => return Err(call.fail(Some(1), "invalid IP address or prefix")),
        },
    };
    if inner.bits != outer.bits {
        return Err(call.fail(None, "address family mismatch"));
    }
    call.made_bool(outer.fixed <= inner.fixed && outer.contains(inner.first))
}
