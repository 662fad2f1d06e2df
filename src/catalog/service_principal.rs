//! Service principals: the names under which services call, `lambda.amazonaws.com`.
//!
//! AWS publishes no list, so a name that is not here may be right.

use std::fmt;

use super::layout::{LogAccountRecord, ServicePrincipalRecord};
use super::nearest::nearest;
use super::{partition, reference, superseded, table};
use crate::value::HOLE;

/// A service principal that was seen somewhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServicePrincipal(u16);

/// The principal of a name, also in its form with a region or with the suffix of another partition.
pub fn service_principal(name: &str) -> Option<ServicePrincipal> {
    let Some(stem) = stem(name) else { return find(name) };
    let without_suffix = |stem: &str| find(&format!("{stem}.amazonaws.com"));
    let regional = || {
        let (stem, region) = stem.rsplit_once('.')?;
        // What is not known in this place can only be a region.
        let is_region = region.chars().eq([HOLE]) || partition::region(region).is_some();
        is_region.then_some(())?;
        let of_no_region = without_suffix(stem).filter(|it| it.is_regional());
        of_no_region.or_else(|| without_suffix(&format!("{stem}.${{Region}}")))
    };
    find(name).or_else(|| without_suffix(stem)).or_else(regional)
}

/// The service of AWS that writes logs into buckets from the account of an ARN, `arn:aws:iam::127311923021:root`, or by
/// the id of that account.
pub fn writer_of_logs(principal: &str) -> Option<&'static str> {
    let is_it = |it: &LogAccountRecord| {
        let known = table::text(it.principal);
        let (id, _) = known.split_once(':').unwrap_or_default();
        principal == id || principal.strip_suffix(known).is_some_and(|it| it.ends_with(":iam::"))
    };
    table::records::<LogAccountRecord>().find(is_it).map(|it| table::text(it.service))
}

/// Every known principal, in the order of names.
pub fn service_principals() -> impl ExactSizeIterator<Item = ServicePrincipal> + DoubleEndedIterator + Clone {
    (0..table::count::<ServicePrincipalRecord>()).map(ServicePrincipal::at)
}

/// Whether the name is known, or made from the prefix of a known service, with a subservice before
/// it or a region behind.
pub fn is_plausible_service_principal(name: &str) -> bool {
    let is_service = |it: &str| reference::service(it).is_some() || superseded::prefix_alias(it).is_some();
    service_principal(name).is_some()
        || stem(name).is_some_and(|stem| {
            let stem = stem.rsplit_once('.').filter(|it| partition::region(it.1).is_some()).map_or(stem, |it| it.0);
            is_service(stem.rsplit_once('.').map_or(stem, |it| it.1))
        })
}

/// The principal that a misspelt name was meant to be, also where only the suffix is wrong.
pub fn nearest_service_principal(name: &str) -> Option<ServicePrincipal> {
    service_principal(name)
        .or_else(|| find(&format!("{name}.amazonaws.com")))
        .or_else(|| nearest(name, service_principals().map(|it| (it, it.name()))))
}

/// What stands before `.amazonaws.com`, or before the suffix of another partition or of one that is not known.
fn stem(name: &str) -> Option<&str> {
    let known = || partition::partitions().find_map(|it| name.strip_suffix(it.dns_suffix()));
    name.strip_suffix(HOLE).or_else(known)?.strip_suffix('.')
}

fn find(name: &str) -> Option<ServicePrincipal> {
    let at = table::find::<ServicePrincipalRecord>(0, name)?;
    Some(ServicePrincipal::at(at)).filter(|it| it.name() == name)
}

impl ServicePrincipal {
    fn at(index: usize) -> Self {
        Self(u16::try_from(index).unwrap_or(u16::MAX))
    }

    fn record(self) -> ServicePrincipalRecord {
        table::record(usize::from(self.0))
    }

    /// `logs.amazonaws.com`.
    pub fn name(self) -> &'static str {
        table::text(self.record().name)
    }

    /// Whether it also has a form with a region, `logs.eu-west-1.amazonaws.com`.
    pub fn is_regional(self) -> bool {
        self.record().regional != 0
    }

    /// Where it was seen.
    pub fn seen(self) -> impl ExactSizeIterator<Item = &'static str> + DoubleEndedIterator + Clone {
        table::list(self.record().seen).map(table::text)
    }
}

impl fmt::Debug for ServicePrincipal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServicePrincipal({})", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_principal_may_carry_a_region_or_another_suffix() {
        let logs = service_principal("logs.amazonaws.com");
        assert!(logs.is_some());
        assert_eq!(service_principal("logs.eu-west-1.amazonaws.com"), logs);
        assert_eq!(service_principal("logs.moon-1.amazonaws.com"), None);
        assert!(service_principal("lambda.amazonaws.com.cn").is_some());
        assert!(service_principal("cks.kms.eu-west-1.amazonaws.com").is_some());
        assert_eq!(service_principal("lambda"), None);
        assert_eq!(service_principal(&format!("logs.{HOLE}.amazonaws.com")), logs);
        assert_eq!(service_principal(&format!("logs.{HOLE}.{HOLE}")), logs);
        assert_eq!(service_principal(&format!("{HOLE}.amazonaws.com")), None);
    }

    #[test]
    fn a_name_made_from_a_service_prefix_is_plausible() {
        assert!(is_plausible_service_principal("a4b.amazonaws.com"));
        assert!(is_plausible_service_principal("new-thing.s3.amazonaws.com"));
        assert!(!is_plausible_service_principal("lamda.amazonaws.com"));
        assert!(!is_plausible_service_principal("lambda.amazon.com"));
    }

    #[test]
    fn accounts_that_write_logs_are_known_in_each_form() {
        for principal in ["127311923021", "arn:aws:iam::127311923021:root"] {
            assert_eq!(writer_of_logs(principal), Some("Elastic Load Balancing"));
        }
        assert_eq!(writer_of_logs("arn:aws:iam::210876761215:user/logs"), Some("Amazon Redshift"));
        assert_eq!(writer_of_logs("arn:aws-us-gov:iam::048591011584:root"), Some("Elastic Load Balancing"));
        assert_eq!(writer_of_logs("arn:aws:iam::210876761215:root"), None);
        assert_eq!(writer_of_logs("arn:aws:iam::111122223333:root"), None);
    }

    #[test]
    fn a_misspelt_principal_has_a_nearest_one() {
        let near = |it| nearest_service_principal(it).map(ServicePrincipal::name);
        assert_eq!(near("lamda.amazonaws.com"), Some("lambda.amazonaws.com"));
        assert_eq!(near("lambda.amazon.com"), Some("lambda.amazonaws.com"));
        assert_eq!(near("lambda"), Some("lambda.amazonaws.com"));
        assert_eq!(near("example.com"), None);
    }
}
