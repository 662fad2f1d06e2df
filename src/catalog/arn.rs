//! What ARNs look like, by the service they name: `kafka` in an ARN holds what `kafka-cluster:Connect` asks for, so
//! this is not the prefix of actions.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::reference::{ResourceType, Service, services};

/// One documented form of ARN, `arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}`.
#[derive(Clone, Copy, Debug)]
pub struct ArnForm {
    /// All of it.
    pub text: &'static str,
    /// What follows `arn`: partition, service, region, account, resource.
    pub parts: [&'static str; 5],
    /// The type of resource that has it.
    pub resource_type: ResourceType,
}

impl ArnForm {
    /// Takes a form apart; none when it has fewer than six parts.
    pub fn of(text: &'static str, resource_type: ResourceType) -> Option<Self> {
        // No `${…}` of a form holds a colon.
        let mut parts = text.splitn(6, ':').skip(1);
        let mut next = || parts.next();
        Some(Self { text, parts: [next()?, next()?, next()?, next()?, next()?], resource_type })
    }

    /// Whether AWS itself may own such a resource, which then stands in no account, although the reference shows one:
    /// public parameters and documents, the views that services make.
    /// <https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters.html>
    pub fn may_be_of_aws(&self) -> bool {
        matches!(self.parts[1], "ssm" | "resource-explorer-2")
    }

    /// Every form of a resource type.
    pub fn of_type(resource_type: ResourceType) -> &'static [Self] {
        // In the order of resource types, which is that of their numbers.
        static FORMS: LazyLock<Vec<Vec<ArnForm>>> = LazyLock::new(|| {
            let forms = |it: ResourceType| it.arns().filter_map(|form| ArnForm::of(form, it)).collect();
            services().flat_map(Service::resource_types).map(forms).collect()
        });
        FORMS.get(resource_type.id()).map_or(&[], Vec::as_slice)
    }
}

/// The forms of the ARNs that name a service, in the order of the reference. Made when first asked for.
pub fn arn_forms(service: &str) -> &'static [ArnForm] {
    static FORMS: LazyLock<FxHashMap<&'static str, Vec<ArnForm>>> = LazyLock::new(|| {
        let mut forms: FxHashMap<&'static str, Vec<ArnForm>> = FxHashMap::default();
        for form in services().flat_map(Service::resource_types).flat_map(ArnForm::of_type) {
            forms.entry(form.parts[1]).or_default().push(*form);
        }
        forms
    });
    FORMS.get(service).map_or(&[], Vec::as_slice)
}

/// The same, with those forms that leave it open which service they name.
pub fn arn_forms_naming(service: &str) -> impl Iterator<Item = &'static ArnForm> {
    const OPEN: &str = "${Vendor}";
    arn_forms(service).iter().chain(arn_forms(OPEN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_found_by_the_service_of_the_arn() {
        assert!(arn_forms("kms").iter().any(|it| it.parts[4] == "key/${KeyId}"));
        assert!(arn_forms("kafka").iter().any(|it| it.resource_type.name() == "cluster"));
        assert!(arn_forms("KMS").is_empty());
        let open = services().flat_map(Service::resource_types).flat_map(ArnForm::of_type);
        let open: Vec<_> = open.filter(|it| it.parts[1].contains("${")).map(|it| it.text).collect();
        let found: Vec<_> = arn_forms_naming("no-service").map(|it| it.text).collect();
        assert_eq!(found, open);
    }

    #[test]
    fn every_documented_arn_has_six_parts() {
        for resource_type in services().flat_map(|it| it.resource_types()) {
            assert_eq!(ArnForm::of_type(resource_type).len(), resource_type.arns().len(), "{resource_type:?}");
            // They are compared byte by byte.
            assert!(resource_type.arns().all(str::is_ascii), "{resource_type:?}");
        }
    }
}
