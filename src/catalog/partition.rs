//! Partitions and their regions.

use std::fmt;

use super::layout::{PartitionRecord, RegionRecord};
use super::nearest::nearest;
use super::{said, table};

/// A part of AWS with accounts and ARNs of its own: `aws`, `aws-cn`, `aws-us-gov`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Partition(u8);

/// A known region.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region(u16);

/// Every partition, `aws` first.
pub fn partitions() -> impl ExactSizeIterator<Item = Partition> + DoubleEndedIterator + Clone {
    (0..table::count::<PartitionRecord>()).map(Partition::at)
}

/// The partition of an id.
pub fn partition(id: &str) -> Option<Partition> {
    partitions().find(|it| it.id() == id)
}

/// Whether there is such a partition.
pub fn is_partition(id: &str) -> bool {
    partition(id).is_some()
}

/// Every known region, in the order of names.
pub fn regions() -> impl ExactSizeIterator<Item = Region> + DoubleEndedIterator + Clone {
    (0..table::count::<RegionRecord>()).map(Region::at)
}

/// The region of this name.
pub fn region(name: &str) -> Option<Region> {
    let at = table::find::<RegionRecord>(0, name)?;
    Some(Region::at(at)).filter(|it| it.name() == name)
}

/// The region that a misspelt name was meant to be.
pub fn nearest_region(name: &str) -> Option<Region> {
    nearest(name, regions().map(|it| (it, it.name())))
}

/// The partition that a region belongs to, told by its name; so regions that are not known yet have one too.
pub fn region_partition(name: &str) -> Option<Partition> {
    let known = region(name).map(Region::partition);
    known.or_else(|| partitions().find(|it| it.region_prefixes().any(|prefix| has_form(name, prefix))))
}

/// `<prefix><word>-<digits>`.
fn has_form(name: &str, prefix: &str) -> bool {
    let parts = name.strip_prefix(prefix).and_then(|rest| rest.split_once('-'));
    parts.is_some_and(|(word, number)| {
        !word.is_empty()
            && word.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')
            && !number.is_empty()
            && number.bytes().all(|it| it.is_ascii_digit())
    })
}

impl Partition {
    fn at(index: usize) -> Self {
        Self(u8::try_from(index).unwrap_or(u8::MAX))
    }

    fn record(self) -> PartitionRecord {
        table::record(usize::from(self.0))
    }

    /// `aws-cn`.
    pub fn id(self) -> &'static str {
        table::text(self.record().id)
    }

    /// `amazonaws.com.cn`.
    pub fn dns_suffix(self) -> &'static str {
        table::text(self.record().dns_suffix)
    }

    /// The suffix of endpoints that also speak IPv6, `api.aws`.
    pub fn dual_stack_dns_suffix(self) -> &'static str {
        table::text(self.record().dual_stack_dns_suffix)
    }

    /// The region that calls to global services are signed for, `us-east-1`.
    pub fn global_region(self) -> &'static str {
        table::text(self.record().global_region)
    }

    /// Its known regions.
    pub fn regions(self) -> impl Iterator<Item = Region> + Clone {
        regions().filter(move |it| it.partition() == self)
    }

    fn region_prefixes(self) -> impl Iterator<Item = &'static str> {
        table::list(self.record().region_prefixes).map(table::text)
    }
}

impl Region {
    fn at(index: usize) -> Self {
        Self(u16::try_from(index).unwrap_or(u16::MAX))
    }

    fn record(self) -> RegionRecord {
        table::record(usize::from(self.0))
    }

    /// `eu-central-1`.
    pub fn name(self) -> &'static str {
        table::text(self.record().name)
    }

    /// `Europe (Frankfurt)`.
    pub fn description(self) -> Option<&'static str> {
        said(table::text(self.record().description))
    }

    /// The partition.
    pub fn partition(self) -> Partition {
        Partition::at(self.record().partition as usize)
    }
}

impl fmt::Debug for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Partition({})", self.id())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Region({})", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_partition_of_a_region_is_in_its_name() {
        let partition_of = |it| region_partition(it).map(Partition::id);
        assert_eq!(partition_of("eu-central-1"), Some("aws"));
        assert_eq!(partition_of("us-gov-west-1"), Some("aws-us-gov"));
        assert_eq!(partition_of("cn-north-1"), Some("aws-cn"));
        assert_eq!(partition_of("us-iso-east-1"), Some("aws-iso"));
        assert_eq!(partition_of("eusc-de-east-1"), Some("aws-eusc"));
        assert_eq!(partition_of("eu-north-77"), Some("aws"));
        assert_eq!(partition_of("eu-north"), None);
        assert_eq!(partition_of(""), None);
    }

    #[test]
    fn every_region_agrees_with_the_form_of_its_partition() {
        for region in regions() {
            let partition = partitions().find(|it| it.region_prefixes().any(|prefix| has_form(region.name(), prefix)));
            assert_eq!(partition, Some(region.partition()), "{region:?}");
        }
    }

    #[test]
    fn a_misspelt_region_has_a_nearest_one() {
        assert_eq!(nearest_region("eu-cental-1"), region("eu-central-1"));
        assert_eq!(nearest_region("frankfurt"), None);
    }
}
