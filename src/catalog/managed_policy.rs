//! The policies that AWS writes. Their documents are compressed, and unpacked in small blocks when
//! the first document of a block is asked for.

use std::fmt;
use std::sync::{LazyLock, OnceLock};

use super::layout::{BlockRecord, FactsRecord, GonePolicyRecord, ManagedPolicyRecord};
use super::nearest::nearest;
use super::{partition, table};

static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/catalog.blocks"));

static BLOCKS: LazyLock<Box<[OnceLock<String>]>> =
    LazyLock::new(|| table::records::<BlockRecord>().map(|_| OnceLock::new()).collect());

/// The text of a block.
pub(super) fn block(number: u32) -> &'static str {
    BLOCKS[number as usize].get_or_init(|| {
        let record: BlockRecord = table::record(number as usize);
        let start = record.start as usize;
        let packed = &PACKED[start..start + record.packed_length as usize];
        let bytes = miniz_oxide::inflate::decompress_to_vec_with_limit(packed, record.length as usize)
            .expect("the build script packed every block");
        String::from_utf8(bytes).expect("the build script packs text")
    })
}

/// The day the managed policies were taken.
pub fn managed_policies_date() -> &'static str {
    table::text(table::record::<FactsRecord>(0).managed_policies_date)
}

/// An AWS managed policy.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ManagedPolicy(u16);

/// The policy of a name such as `AdministratorAccess`, or of an ARN in any partition. Case counts,
/// and in an ARN the path does too, as IAM has it.
pub fn managed_policy(name_or_arn: &str) -> Option<ManagedPolicy> {
    let Some(arn) = parse_arn(name_or_arn) else { return by_name(name_or_arn) };
    by_name(arn.name).filter(|it| partition::is_partition(arn.partition) && it.path() == arn.path)
}

/// Every managed policy, in the order of names.
pub fn managed_policies() -> impl ExactSizeIterator<Item = ManagedPolicy> + DoubleEndedIterator + Clone {
    (0..table::count::<ManagedPolicyRecord>()).map(ManagedPolicy::at)
}

/// Whether a policy of this name, or with this ARN, was there once and can no longer be attached.
pub fn is_gone(name_or_arn: &str) -> bool {
    let name = parse_arn(name_or_arn).map_or(name_or_arn, |it| it.name);
    table::records::<GonePolicyRecord>().any(|it| table::text(it.name) == name)
}

/// The policy that a misspelt name or ARN was meant to be: of another path, another case, or with
/// few mistakes in its name.
pub fn nearest_managed_policy(name_or_arn: &str) -> Option<ManagedPolicy> {
    let name = parse_arn(name_or_arn).map_or(name_or_arn, |it| it.name);
    by_name(name).or_else(|| nearest(name, managed_policies().map(|it| (it, it.name()))))
}

fn by_name(name: &str) -> Option<ManagedPolicy> {
    let at = table::find::<ManagedPolicyRecord>(0, name)?;
    Some(ManagedPolicy::at(at)).filter(|it| it.name() == name)
}

struct Arn<'a> {
    partition: &'a str,
    path: &'a str,
    name: &'a str,
}

/// `arn:<partition>:iam::aws:policy/<path>/<name>`.
fn parse_arn(arn: &str) -> Option<Arn<'_>> {
    let (partition, rest) = arn.strip_prefix("arn:")?.split_once(':')?;
    let rest = rest.strip_prefix("iam::aws:policy")?;
    let (path, name) = rest.split_at(rest.rfind('/')? + 1);
    Some(Arn { partition, path, name })
}

impl ManagedPolicy {
    fn at(index: usize) -> Self {
        Self(u16::try_from(index).unwrap_or(u16::MAX))
    }

    fn record(self) -> ManagedPolicyRecord {
        table::record(usize::from(self.0))
    }

    /// `AdministratorAccess`.
    pub fn name(self) -> &'static str {
        table::text(self.record().name)
    }

    /// `/`, `/service-role/`.
    pub fn path(self) -> &'static str {
        table::text(self.record().path)
    }

    /// The version of the document, `v3`.
    pub fn version(self) -> &'static str {
        table::text(self.record().version)
    }

    /// The day of that version.
    pub fn updated(self) -> &'static str {
        table::text(self.record().updated)
    }

    /// Whether AWS has taken it off its list: it works where it is attached, and cannot be attached anew.
    pub fn is_deprecated(self) -> bool {
        self.record().deprecated != 0
    }

    /// Whether what it allows may hold one of [`ways_up`](super::ways_up); of the others that is known without their
    /// documents.
    pub fn may_lead_up(self) -> bool {
        self.record().may_lead_up != 0
    }

    /// Whether it may allow what gives permissions, leads to more or buys, or all or most of a service, on more resources
    /// than it names; of the others that is known without their documents.
    pub fn may_open(self) -> bool {
        self.record().may_open != 0
    }

    /// Its ARN in the partition `aws`.
    pub fn arn(self) -> String {
        format!("arn:aws:iam::aws:policy{}{}", self.path(), self.name())
    }

    /// Its JSON.
    pub fn document(self) -> &'static str {
        let record = self.record();
        let start = record.start as usize;
        &block(record.block)[start..start + record.length as usize]
    }
}

impl fmt::Display for ManagedPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for ManagedPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ManagedPolicy({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_found_by_name_and_by_arn() {
        let policy = managed_policy("AWSLambdaBasicExecutionRole").unwrap();
        assert_eq!(policy.arn(), "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole");
        assert_eq!(managed_policy(&policy.arn()), Some(policy));
        assert_eq!(managed_policy(&policy.arn().replace("arn:aws:", "arn:aws-cn:")), Some(policy));
        assert_eq!(managed_policy(&policy.arn().replace("arn:aws:", "arn:moon:")), None);
        assert_eq!(managed_policy("arn:aws:iam::123456789012:policy/AdministratorAccess"), None);
    }

    #[test]
    fn a_wrong_path_or_case_is_no_policy_but_near_one() {
        let wrong = "arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole";
        assert_eq!(managed_policy(wrong), None);
        assert_eq!(nearest_managed_policy(wrong), managed_policy("AWSLambdaBasicExecutionRole"));
        assert_eq!(managed_policy("administratoraccess"), None);
        assert_eq!(nearest_managed_policy("administratoraccess"), managed_policy("AdministratorAccess"));
    }

    #[test]
    fn policies_that_are_gone_are_known() {
        assert!(is_gone("AWSLambdaFullAccess"));
        assert!(is_gone("arn:aws:iam::aws:policy/AWSLambdaFullAccess"));
        assert!(!is_gone("AdministratorAccess"));
    }
}
