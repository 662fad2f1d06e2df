//! How the packed table is laid out: compiled into the build script, which writes it, and into the
//! library, which reads it in place.
//!
//! The table is a row of little-endian 32-bit words: a head with two words a section (where it
//! begins, how many records it has), then the sections. A record is as many words as it has fields.
//! Text is a number of a string, a list is where it begins in [`Section::Lists`]: its length, then
//! its items. String 0 and list 0 are empty. What is looked up by name lies in the order of its
//! first field, without regard to ASCII case, and is found by [`Section::Names`].

/// One kind of record.
pub(crate) trait Record: Copy {
    /// The section it lies in.
    const SECTION: Section;
    /// How many words it takes.
    const WIDTH: usize;

    /// Its fields in order.
    fn to_words(self) -> Vec<u32>;

    /// A record from its fields in order.
    fn from_words(word: impl FnMut() -> u32) -> Self;
}

/// What a name is found by among the records of one owner, such as the actions of one service; 0 where there are no
/// owners. Of one name it differs from owner to owner and from section to section, so that a record with the name and
/// the hash is the one.
pub(crate) fn name_hash(section: Section, owner: u16, name: &str) -> u32 {
    let seed = 0x811c_9dc5 ^ ((section as u32) << 16 | u32::from(owner));
    // The bit by which letters differ in case is set.
    name.bytes().fold(seed, |hash, byte| (hash ^ u32::from(byte | 0x20)).wrapping_mul(0x0100_0193))
}

macro_rules! records {
    ($($(#[$doc:meta])* $record:ident in $section:ident { $($(#[$field_doc:meta])* $field:ident,)+ })+) => {
        /// One array of the table.
        #[derive(Clone, Copy)]
        pub(crate) enum Section {
            $(
                #[doc = concat!("Every [`", stringify!($record), "`].")]
                $section,
            )+
            /// Where to find a record by its name: slots of two words, the hash and one more than the number of the
            /// record, or nothing. A name lies in the slot that the last bits of its hash say, or in the next free one.
            Names,
            /// Every list.
            Lists,
            /// Where in the text each string begins, and where the last one ends.
            Strings,
        }

        impl Section {
            /// How many sections there are.
            pub(crate) const COUNT: usize = Self::Strings as usize + 1;
        }

        $(
            $(#[$doc])*
            #[derive(Clone, Copy)]
            pub(crate) struct $record {
                $($(#[$field_doc])* pub(crate) $field: u32,)+
            }

            impl Record for $record {
                const SECTION: Section = Section::$section;
                const WIDTH: usize = [$(stringify!($field)),+].len();

                fn to_words(self) -> Vec<u32> {
                    vec![$(self.$field),+]
                }

                #[inline]
                fn from_words(mut word: impl FnMut() -> u32) -> Self {
                    Self { $($field: word()),+ }
                }
            }
        )+
    };
}

records! {
    /// What is there once.
    FactsRecord in Facts {
        /// The day of the service reference.
        reference_date,
        /// The day of the managed policies.
        managed_policies_date,
        /// The month of the SDK that API names come from.
        sdk_date,
        /// The block of the escalation paths.
        escalation_block,
    }

    /// A service.
    ServiceRecord in Services {
        /// `s3`.
        prefix,
        /// `Amazon S3`.
        name,
        /// `storage`, or nothing.
        category,
        /// Whether resource control policies cover it.
        supports_rcps,
        /// Its actions are `first_action..first_action + action_count`.
        first_action,
        /// How many actions it has.
        action_count,
        /// As with actions.
        first_resource_type,
        /// As with actions.
        resource_type_count,
        /// A list of the keys on its page.
        condition_keys,
    }

    /// An action; in the order of services, then of names.
    ActionRecord in Actions {
        /// `GetObject`.
        name,
        /// See [`action`].
        bits,
        /// A list of pairs: twice the resource type, plus one if it is required; a list of keys.
        resources,
        /// A list of the resource types of which a statement must name an ARN.
        needed,
        /// A list of keys.
        condition_keys,
        /// A list of actions.
        dependents,
    }

    /// A hand-written correction of an action, in the order of actions.
    OverrideRecord in Overrides {
        /// The action.
        action,
        /// Why.
        reason,
        /// The page that says so.
        link,
        /// The principal of the service that needs it; empty where whoever calls it may.
        service,
    }

    /// A resource type; in the order of services, then of names.
    ResourceTypeRecord in ResourceTypes {
        /// `object`.
        name,
        /// The service.
        service,
        /// A list of strings.
        arns,
        /// A list of keys.
        condition_keys,
        /// Whether some action takes it with `aws:ResourceTag/${TagKey}`.
        told_by_tags,
    }

    /// A condition key, global or not.
    ConditionKeyRecord in ConditionKeys {
        /// `aws:ResourceTag/${TagKey}`.
        name,
        /// See [`key`].
        bits,
        /// A list of the services whose page has it.
        services,
        /// A list of strings: the only service prefixes that set it; empty for no limit.
        set_by,
        /// A remark.
        note,
    }

    /// A condition key with a free part.
    KeyTemplateRecord in KeyTemplates {
        /// Its name.
        name,
        /// The key.
        key,
    }

    /// An AWS managed policy, in the order of names with regard to case.
    ManagedPolicyRecord in ManagedPolicies {
        /// `AdministratorAccess`.
        name,
        /// `/service-role/`.
        path,
        /// `v1`.
        version,
        /// The day of that version.
        updated,
        /// Whether AWS has taken it off its list.
        deprecated,
        /// Whether what it allows may hold an action by which one gives itself every other permission.
        may_lead_up,
        /// Whether what it allows may hold an action that gives permissions, or leads to more, on more than named resources.
        may_open,
        /// The block its document is in.
        block,
        /// Where in the unpacked block.
        start,
        /// How long.
        length,
    }

    /// A name that was a managed policy once.
    GonePolicyRecord in GonePolicies {
        /// The name.
        name,
    }

    /// A run of compressed text.
    BlockRecord in Blocks {
        /// Where in the file of blocks.
        start,
        /// How long it is there.
        packed_length,
        /// How long it is unpacked.
        length,
    }

    /// A partition, `aws` first.
    PartitionRecord in Partitions {
        /// `aws-cn`.
        id,
        /// `amazonaws.com.cn`.
        dns_suffix,
        /// `api.amazonwebservices.com.cn`.
        dual_stack_dns_suffix,
        /// The region that global services sign for.
        global_region,
        /// A list of strings: what regions of the partition begin with.
        region_prefixes,
    }

    /// A region.
    RegionRecord in Regions {
        /// `eu-central-1`.
        name,
        /// The partition.
        partition,
        /// `Europe (Frankfurt)`.
        description,
    }

    /// A service principal.
    ServicePrincipalRecord in ServicePrincipals {
        /// `lambda.amazonaws.com`.
        name,
        /// Whether it also has a form with a region.
        regional,
        /// A list of strings: where it was seen.
        seen,
    }

    /// A service that is no longer documented, or never was.
    RetiredServiceRecord in RetiredServices {
        /// The prefix.
        prefix,
        /// The name.
        name,
        /// The month of the last page that had it.
        last_seen,
    }

    /// An action that the reference does not have any more, or never had.
    RetiredActionRecord in RetiredActions {
        /// `service:Name`.
        name,
        /// Whether the reference never had it.
        unlisted,
        /// The month of the last page that had it.
        last_seen,
        /// How many managed policies name it.
        managed_policies,
    }

    /// A condition key that is no longer documented.
    RetiredKeyRecord in RetiredKeys {
        /// The key.
        name,
        /// The month of the last page that had it.
        last_seen,
    }

    /// What people write for a service prefix.
    PrefixAliasRecord in PrefixAliases {
        /// What they write.
        alias,
        /// The service they mean.
        service,
    }

    /// A service of the SDKs without a page in the reference.
    UnlistedServiceRecord in UnlistedServices {
        /// The signing name.
        name,
        /// Whether only an SDK newer than the reference has it.
        newer,
    }

    /// An API operation that is no action of the reference.
    OperationRecord in Operations {
        /// `service:Operation`.
        name,
        /// Whether only an SDK newer than the reference has it.
        newer,
        /// A list of the actions that authorise it, where known.
        authorised_by,
    }

    /// An issuer of federated identities.
    IssuerRecord in Issuers {
        /// `oidc.eks.${Region}.amazonaws.com/id/${ClusterId}`.
        template,
    }

    /// An account of AWS that writes logs into buckets.
    LogAccountRecord in LogAccounts {
        /// `arn:aws:iam::127311923021:root` without the partition: `127311923021:root`.
        principal,
        /// `Elastic Load Balancing`.
        service,
    }

    /// A claim that every issuer may have.
    ClaimRecord in Claims {
        /// `sub`.
        name,
    }
}

/// The bits of [`ActionRecord::bits`].
pub(crate) mod action {
    /// The service.
    pub(crate) const SERVICE: u32 = 0xffff;
    /// Where the access level stands, as an index of [`LEVELS`].
    pub(crate) const LEVEL: u32 = 16;
    /// Where the three bits of `star` stand: 0 as the table has it, else one more than the index of [`STARS`].
    pub(crate) const STAR: u32 = 19;
    /// Where the risks stand, one bit each in the order of [`RISKS`].
    pub(crate) const RISK: u32 = 22;
    /// Where the three bits of the worst that comes of it stand, as an index of [`POWERS`].
    pub(crate) const POWER: u32 = 27;
    /// Set where the keys of the resource's owner are never there.
    pub(crate) const NO_OWNER_KEYS: u32 = 1 << 30;
    /// Set where it alone, on everything, is a way to more permissions that mostly works.
    pub(crate) const LEADS_ON: u32 = 1 << 31;

    /// The access levels.
    pub(crate) const LEVELS: [&str; 5] = ["List", "Read", "Tagging", "Write", "Permissions management"];
    /// The worst that comes of an action; each is worse than those before it.
    pub(crate) const POWERS: [&str; 5] = ["sees", "reads data", "changes", "unlocks", "permits"];
    /// As many resource types as a statement may be asked to name for one action.
    pub(crate) const FEW: usize = 4;
    /// How an override speaks of `*`.
    pub(crate) const STARS: [&str; 2] = ["always", "sometimes"];
    /// The risk tags.
    pub(crate) const RISKS: [&str; 5] =
        ["CredentialExposure", "DataAccess", "PrivEsc", "ResourceExposure", "PermissionsManagement"];

    /// What buys, or binds the account to pay for a term, whoever calls it.
    /// <https://docs.aws.amazon.com/marketplace/latest/buyerguide/buyer-iam-users-groups-policies.html>
    /// <https://docs.aws.amazon.com/cost-management/latest/userguide/ce-access.html>
    /// <https://docs.aws.amazon.com/bedrock/latest/userguide/prov-throughput.html>: a month or six, where the caller says so.
    pub(crate) const PURCHASES: [&str; 34] = [
        "aws-marketplace:AcceptAgreementPaymentRequest",
        "aws-marketplace:AcceptAgreementRequest",
        "aws-marketplace:Subscribe",
        "bedrock:CreateProvisionedModelThroughput",
        "cloudfront:CreateSavingsPlan",
        "devicefarm:PurchaseOffering",
        "devicefarm:RenewOffering",
        "dynamodb:PurchaseReservedCapacityOfferings",
        "ec2:AcceptReservedInstancesExchangeQuote",
        "ec2:PurchaseCapacityBlock",
        "ec2:PurchaseCapacityBlockExtension",
        "ec2:PurchaseHostReservation",
        "ec2:PurchaseReservedInstancesOffering",
        "ec2:PurchaseScheduledInstances",
        "eks:CreateEksAnywhereSubscription",
        "elasticache:PurchaseReservedCacheNodesOffering",
        "es:PurchaseReservedElasticsearchInstanceOffering",
        "es:PurchaseReservedInstanceOffering",
        "glacier:PurchaseProvisionedCapacity",
        "mediaconnect:PurchaseOffering",
        "medialive:PurchaseOffering",
        "memorydb:PurchaseReservedNodesOffering",
        "outposts:CreateOrder",
        "quicksight:Subscribe",
        "rds:PurchaseReservedDBInstancesOffering",
        "redshift-serverless:CreateReservation",
        "redshift:AcceptReservedNodeExchange",
        "redshift:PurchaseReservedNodeOffering",
        "route53domains:RegisterDomain",
        "route53domains:RenewDomain",
        "route53domains:TransferDomain",
        "sagemaker:CreateTrainingPlan",
        "savingsplans:CreateSavingsPlan",
        "shield:CreateSubscription",
    ];

    /// Whether so many of all actions of a service that change a resource are most of them, or more than anybody calls.
    pub(crate) fn are_most(given: usize, all: usize) -> bool {
        const AT_LEAST: usize = 10;
        given >= AT_LEAST && given * 5 >= all * 4 || given >= 100
    }
}

/// The bits of [`ConditionKeyRecord::bits`].
pub(crate) mod key {
    /// Four bits: the type, as an index of [`TYPES`].
    pub(crate) const TYPE: u32 = 0;
    /// Four bits: another type it may be compared as, one more than its index.
    pub(crate) const ALSO: u32 = 4;
    /// Three bits: what is known of when it is there, one more than its index in [`PRESENCES`].
    pub(crate) const PRESENCE: u32 = 8;
    /// Three bits: what it tells about, one more than its index in [`GROUPS`].
    pub(crate) const GROUP: u32 = 11;
    /// Four bits: what its values look like, one more than its index in [`FORMS`].
    pub(crate) const FORM: u32 = 14;
    /// Two bits: where it comes from, an index of [`STANDINGS`].
    pub(crate) const STANDING: u32 = 18;
    /// Holds several values.
    pub(crate) const MULTI: u32 = 1 << 20;
    /// AWS calls any wildcard in its value a mistake.
    pub(crate) const SENSITIVE: u32 = 1 << 21;
    /// The caller says what it holds.
    pub(crate) const SPOOFABLE: u32 = 1 << 22;
    /// Only there for the actions and resource types that list it.
    pub(crate) const PER_ACTION: u32 = 1 << 23;
    /// Only there when a service principal calls.
    pub(crate) const SERVICE_PRINCIPAL_ONLY: u32 = 1 << 24;
    /// Says something about the call, nothing about the resource.
    pub(crate) const ABOUT_THE_CALL: u32 = 1 << 25;

    /// The types.
    pub(crate) const TYPES: [&str; 7] = ["String", "ARN", "Bool", "Numeric", "Date", "IPAddress", "Binary"];
    /// When a key is there.
    pub(crate) const PRESENCES: [&str; 3] = ["always", "signed", "sometimes"];
    /// What a key tells about.
    pub(crate) const GROUPS: [&str; 5] = ["principal", "session", "network", "resource", "request"];
    /// What values look like.
    pub(crate) const FORMS: [&str; 7] =
        ["account-id", "org-id", "org-path", "region", "service-principal", "vpc-id", "vpce-id"];
    /// Where a key comes from.
    pub(crate) const STANDINGS: [&str; 4] = ["service", "global", "cross_service", "legacy"];
}
