//! The packed catalogue says what the files in `data/` say, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use iamlint::catalog::{self, AccessLevel, KeyStanding, Power};
use serde_json::Value;

fn read(name: &str) -> Value {
    let path = format!("{}/data/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&fs::read_to_string(path).expect("the data is there")).expect("the data is JSON")
}

fn entries<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    value[field].as_object().into_iter().flatten()
}

fn lower_set(value: &Value) -> BTreeSet<String> {
    let items = value.as_array().into_iter().flatten();
    items.map(|it| it.as_str().expect("a list of strings").to_ascii_lowercase()).collect()
}

fn names(keys: impl Iterator<Item = catalog::ConditionKey>) -> BTreeSet<String> {
    keys.map(|it| it.name().to_ascii_lowercase()).collect()
}

/// `s3:GetObject` as `S3:gETOBJECT`.
fn other_case(name: &str) -> String {
    let swap = |it: char| if it.is_lowercase() { it.to_ascii_uppercase() } else { it.to_ascii_lowercase() };
    name.chars().map(swap).collect()
}

#[test]
fn counts_are_those_of_the_reference() {
    let counts = &read("service-authorization.json")["counts"];
    let is = |field: &str, count: usize| assert_eq!(counts[field], count, "{field}");
    is("services", catalog::services().len());
    is("actions", catalog::action_count());
    is("actions", catalog::services().map(|it| it.actions().len()).sum());
    is("resourceTypes", catalog::services().map(|it| it.resource_types().len()).sum());
    is("conditionKeys", catalog::services().map(|it| it.condition_keys().len()).sum());
    assert_eq!(read("managed-policies.json")["count"], catalog::managed_policies().len());
}

#[test]
fn every_action_says_what_the_reference_says_in_any_case() {
    let reference = read("service-authorization.json");
    let overrides = read("curated/action-overrides.json");
    let mut ids = BTreeSet::new();
    for (prefix, expected) in entries(&reference, "services") {
        let service = catalog::service(&other_case(prefix)).unwrap();
        assert_eq!((service.prefix(), service.name()), (prefix.as_str(), expected["name"].as_str().unwrap()));
        assert_eq!(service.supports_resource_control_policies(), expected["rcp"] == true, "{prefix}");
        assert_eq!(service.category(), expected["category"].as_str(), "{prefix}");
        for (name, expected) in entries(expected, "actions") {
            let full = format!("{prefix}:{name}");
            let action = catalog::action(&other_case(&full)).unwrap_or_else(|| panic!("{full}"));
            assert_eq!(action.full_name(), full);
            assert_eq!((action.service(), action.name()), (service, name.as_str()));
            assert_eq!(catalog::Action::from_id(action.id()), Some(action));
            ids.insert(action.id());
            let level = match expected["level"].as_str().unwrap() {
                "List" => AccessLevel::List,
                "Read" => AccessLevel::Read,
                "Write" => AccessLevel::Write,
                "Tagging" => AccessLevel::Tagging,
                _ => AccessLevel::PermissionsManagement,
            };
            assert_eq!(action.access_level(), level, "{full}");
            let completed = &overrides["actions"][&full];
            if completed["resources"].is_array() {
                let keys = if completed["conditions"].is_array() { completed } else { expected };
                assert_eq!(names(action.condition_keys()), lower_set(&keys["conditions"]), "{full}");
                let types: Vec<_> = action.resource_types().map(|it| it.resource_type().name()).collect();
                assert_eq!(completed["resources"], serde_json::json!(types), "{full}");
                continue;
            }
            assert_eq!(names(action.condition_keys()), lower_set(&expected["conditions"]), "{full}");
            let dependents: BTreeSet<_> = action.dependent_actions().map(|it| other_case(&it.full_name())).collect();
            let expected_dependents = expected["dependent"].as_array().into_iter().flatten();
            assert_eq!(dependents, expected_dependents.map(|it| other_case(it.as_str().unwrap())).collect(), "{full}");
            let resources: BTreeMap<_, _> = action
                .resource_types()
                .map(|it| (it.resource_type().name(), (it.is_required(), names(it.condition_keys()))))
                .collect();
            let required = entries(expected, "resources").filter(|(_, it)| it["required"] == true).count();
            // A request for tags names one of several.
            let is_one_of_several = level == AccessLevel::Tagging && required > 1;
            let is_required = |it: &Value| it["required"] == true && !is_one_of_several;
            let expected_resources: BTreeMap<_, _> = entries(expected, "resources")
                .map(|(name, it)| (name.as_str(), (is_required(it), lower_set(&it["conditions"]))))
                .collect();
            assert_eq!(resources, expected_resources, "{full}");
            assert!(action.resource_types().all(|it| it.resource_type().service() == service), "{full}");
        }
    }
    assert_eq!(ids.len(), catalog::action_count());
    assert_eq!(ids.last().map(|it| *it as usize + 1), Some(catalog::action_count()));
}

#[test]
fn every_resource_type_and_key_says_what_the_reference_says_in_any_case() {
    let reference = read("service-authorization.json");
    for (prefix, expected) in entries(&reference, "services") {
        let service = catalog::service(prefix).unwrap();
        for (name, expected) in entries(expected, "resources") {
            let resource_type = service.resource_type(&other_case(name)).unwrap();
            assert_eq!((resource_type.service(), resource_type.name()), (service, name.as_str()));
            // Whoever compares ARNs part by part relies on that.
            assert!(resource_type.arns().all(|it| it.starts_with("arn:") && it.splitn(6, ':').count() == 6), "{name}");
            assert!(
                resource_type.arns().eq(expected["arns"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()))
            );
            assert_eq!(names(resource_type.condition_keys()), lower_set(&expected["conditions"]), "{prefix} {name}");
        }
        let mut on_page = BTreeSet::new();
        for (name, expected) in entries(expected, "conditionKeys") {
            let key = catalog::condition_key(&other_case(name)).unwrap();
            assert!(key.name().eq_ignore_ascii_case(name));
            assert_eq!(key.key_type().to_string(), expected["type"].as_str().unwrap(), "{name}");
            assert_eq!(key.has_free_part(), expected["var"] == true, "{name}");
            // The one key of which pages say different things; the page of its own service counts.
            if name != "identitystore:UserId" {
                assert_eq!(key.is_multivalued(), expected["multi"] == true, "{name}");
            }
            assert!(key.services().any(|it| it == service), "{name}");
            on_page.insert(key);
        }
        assert_eq!(on_page, service.condition_keys().collect(), "{prefix}");
    }
}

#[test]
fn every_template_takes_its_cases() {
    for key in catalog::condition_keys().filter(|it| it.has_free_part()) {
        let mut case = key.name().to_owned();
        while let (Some(start), Some(end)) = (case.find("${"), case.find('}')) {
            case.replace_range(start..=end, "zz-9");
        }
        let found = catalog::condition_key(&other_case(&case)).map(|it| it.name());
        assert_eq!(found, Some(key.name()), "{case}");
    }
}

#[test]
fn every_hand_written_key_is_there() {
    let keys = read("condition-keys.json");
    let standings = [
        ("global", KeyStanding::Global),
        ("cross_service", KeyStanding::CrossService),
        ("legacy", KeyStanding::Legacy),
    ];
    for (field, standing) in standings {
        for expected in keys[field].as_array().unwrap() {
            let name = expected["key"].as_str().unwrap();
            let key = catalog::condition_key(&other_case(name)).unwrap();
            assert_eq!((key.name(), key.standing()), (name, standing));
            assert_eq!(key.key_type().to_string(), expected["type"].as_str().unwrap(), "{name}");
            assert_eq!(key.is_multivalued(), expected["multi"] == true, "{name}");
            assert_eq!(key.is_sensitive(), expected["sensitive"] == true, "{name}");
            assert_eq!(key.presence().is_some(), expected["presence"].is_string(), "{name}");
            assert_eq!(key.group().is_some(), expected["group"].is_string(), "{name}");
            assert_eq!(key.value_form().is_some(), expected["value"].is_string(), "{name}");
            assert_eq!(key.set_by().len() > 0, expected["supported_by"].is_string(), "{name}");
        }
    }
}

#[test]
fn patterns_cover_what_their_definition_says() {
    fn fits(pattern: &[u8], name: &[u8]) -> bool {
        match pattern.split_first() {
            None => name.is_empty(),
            Some((b'*', rest)) => (0..=name.len()).any(|it| fits(rest, &name[it..])),
            Some((byte, rest)) => name.split_first().is_some_and(|(first, others)| {
                (*byte == b'?' || byte.eq_ignore_ascii_case(first)) && fits(rest, others)
            }),
        }
    }
    let patterns = [
        "*",
        "*:*",
        "**",
        "?*",
        "s3:*",
        "S3:get*",
        "s3:GetObject",
        "s3:GetObject?",
        "s3:GetObject*",
        "s3:*Object*Acl",
        "s3:???Object",
        "s3*",
        "s3*get*",
        "*:Describe*",
        "*:*Tag*s",
        "ec?:Run*",
        "i*m:Pass*",
        "iam:*:*",
        "iam:",
        ":*",
        "",
        "nothing:*",
        "nothing*",
        "s3:*?",
        "*s3:GetObject",
        "s3:GET**object",
        "?3:GetObject",
        "*iam:PassRole",
        "s3",
        "s3-o*:*",
        "s3:x*",
        "zz*:*",
    ];
    let all: Vec<_> = catalog::actions().map(|it| (it, it.full_name())).collect();
    for pattern in patterns {
        let expected: Vec<_> =
            all.iter().filter(|it| fits(pattern.as_bytes(), it.1.as_bytes())).map(|it| it.0).collect();
        let found: Vec<_> = catalog::actions_matching(pattern).collect();
        assert_eq!(found, expected, "{pattern}");
    }
}

#[test]
fn a_set_of_actions_holds_what_it_was_made_of() {
    for pattern in ["*", "s3:*", "s3:Get*", "*:Describe*", "ec2:*Vpc*", "s3:GetObject", "nothing:AtAll"] {
        let actions: Vec<_> = catalog::actions_matching(pattern).collect();
        let set = catalog::ActionSet::matching(pattern);
        assert!(set.iter().eq(actions.iter().copied()), "{pattern}");
        assert_eq!((set.len(), set.is_empty()), (actions.len(), actions.is_empty()), "{pattern}");
        let wanted: BTreeSet<_> = actions.into_iter().collect();
        assert!(catalog::actions().all(|it| set.contains(it) == wanted.contains(&it)), "{pattern}");
    }
}

#[test]
fn very_long_patterns_cost_nothing() {
    for pattern in ["*a".repeat(500_000), format!("s3:{}", "?".repeat(1_000_000)), "*".repeat(1_000_000)] {
        let count = catalog::actions_matching(&pattern).count();
        assert!(count == 0 || count == catalog::action_count());
    }
}

#[test]
fn every_managed_policy_is_the_one_in_the_data() {
    let file = read("managed-policies.json");
    for (name, expected) in entries(&file, "policies") {
        let policy = catalog::managed_policy(name).unwrap();
        assert_eq!(policy.name(), name);
        assert_eq!(policy.path(), expected["path"]);
        assert_eq!(policy.version(), expected["version"]);
        assert_eq!(policy.updated(), expected["updated"]);
        assert_eq!(policy.is_deprecated(), expected["deprecated"] == true, "{name}");
        assert_eq!(serde_json::from_str::<Value>(policy.document()).unwrap(), expected["document"], "{name}");
        assert_eq!(catalog::managed_policy(&policy.arn()), Some(policy));
        assert!(!catalog::is_gone(name));
    }
    for name in file["goneNames"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()) {
        assert!(catalog::is_gone(name) && catalog::managed_policy(name).is_none(), "{name}");
    }
}

#[test]
fn names_that_are_no_actions_are_those_of_the_data() {
    let retired = read("retired.json");
    for (name, expected) in entries(&retired, "actions") {
        let action = catalog::retired_action(&other_case(name)).unwrap();
        assert_eq!((action.name, action.last_seen), (name.as_str(), expected["lastSeen"].as_str()));
        assert_eq!(catalog::action(name), None);
    }
    for (name, expected) in entries(&retired, "services") {
        assert_eq!(catalog::retired_service(name).unwrap().last_seen, expected["lastSeen"].as_str());
        assert_eq!(catalog::service(name), None);
    }
    for (name, expected) in entries(&retired, "conditionKeys") {
        assert_eq!(catalog::retired_condition_key(name).unwrap().last_seen, expected["lastSeen"].as_str());
    }
    let api = read("api-names.json");
    assert_eq!(catalog::sdk_date(), api["sdk"]);
    for (alias, prefix) in entries(&api, "prefixes") {
        assert_eq!(catalog::prefix_alias(alias).unwrap().prefix(), prefix.as_str().unwrap());
    }
    for (name, age) in entries(&api, "unlistedServices") {
        assert_eq!(catalog::unlisted_service(name).unwrap().is_newer, age == "newer");
    }
    for (name, expected) in entries(&api, "operations") {
        let operation = catalog::operation(&other_case(name)).unwrap();
        assert_eq!((operation.name, operation.is_newer), (name.as_str(), expected["kind"] == "newer"));
        let actions = operation.authorised_by().map(|it| it.full_name());
        assert!(actions.eq(expected["use"].as_array().into_iter().flatten().map(|it| it.as_str().unwrap())));
        assert_eq!(catalog::action(name), None);
    }
}

#[test]
fn partitions_and_principals_are_those_of_the_data() {
    let partitions = read("partitions.json");
    for expected in partitions["partitions"].as_array().unwrap() {
        let partition = catalog::partition(expected["id"].as_str().unwrap()).unwrap();
        assert_eq!(partition.dns_suffix(), expected["dnsSuffix"]);
        assert_eq!(partition.dual_stack_dns_suffix(), expected["dualStackDnsSuffix"]);
        assert_eq!(partition.global_region(), expected["globalRegion"]);
        assert!(partition.regions().map(|it| it.name()).eq(entries(expected, "regions").map(|it| it.0.as_str())));
    }
    let principals = read("service-principals.json");
    assert_eq!(catalog::service_principals().len(), entries(&principals, "principals").count());
    for (name, expected) in entries(&principals, "principals") {
        let principal = catalog::service_principal(name).unwrap();
        assert_eq!((principal.name(), principal.is_regional()), (name.as_str(), expected["regional"] == true));
    }
}

#[test]
fn risks_and_corrections_are_those_of_the_data() {
    let tagged = read("sensitive-actions.json");
    for (name, tags) in entries(&tagged, "actions") {
        let action = catalog::action(name).unwrap();
        assert_eq!(action.risks().count(), tags.as_object().unwrap().len(), "{name}");
    }
    let tagged_actions = catalog::actions().filter(|it| it.risks().next().is_some()).count();
    assert_eq!(tagged_actions, entries(&tagged, "actions").count());
    let overrides = read("curated/action-overrides.json");
    for (name, expected) in entries(&overrides, "actions") {
        let action = catalog::action(name).unwrap();
        let speaks_of_star = action.correction().map(|it| it.reason) == expected["reason"].as_str();
        assert_eq!(speaks_of_star, !expected["star"].is_null(), "{name}");
        assert_eq!(action.takes_only_star(), expected["star"] == "always", "{name}");
        assert_eq!(action.sometimes_needs_star().is_some(), expected["star"] == "sometimes", "{name}");
        assert!(expected["link"].as_str().unwrap().starts_with("https://docs.aws.amazon.com/"), "{name}");
    }
}

#[test]
fn actions_without_resource_types_take_only_a_star() {
    let star = |it| catalog::action(it).unwrap().takes_only_star();
    assert!(star("s3:ListAllMyBuckets") && star("sts:GetCallerIdentity") && star("logs:DescribeLogGroups"));
    assert!(!star("s3:GetObject") && !star("iam:PassRole"));
}

#[test]
fn keys_that_scope_an_action() {
    let keys = |it| names(catalog::action(it).unwrap().scope_keys().into_iter());
    assert!(keys("ec2:TerminateInstances").contains("aws:resourcetag/${tagkey}"));
    assert!(!keys("ec2:DescribeInstances").contains("ec2:region"));
    assert!(keys("iam:PassRole").contains("iam:passedtoservice"));
    assert!(!keys("s3:CreateBucket").contains("aws:requesttag/${tagkey}"));
    let accepts =
        |action, key| catalog::action(action).unwrap().accepts_condition_key(catalog::condition_key(key).unwrap());
    assert!(accepts("s3:GetObject", "aws:SourceIp") && accepts("s3:GetObject", "lambda:SourceFunctionArn"));
    assert!(accepts("iam:PassRole", "iam:PassedToService") && !accepts("s3:GetObject", "iam:PassedToService"));
    assert!(
        !accepts("s3:ListAllMyBuckets", "aws:RequestTag/team") && accepts("sqs:CreateQueue", "aws:RequestTag/team")
    );
    assert!(accepts("s3:GetObject", "aws:SourceVpcArn") && !accepts("sqs:SendMessage", "aws:SourceVpcArn"));
}

#[test]
fn keys_of_the_resource_owner_are_missing_for_some_actions() {
    let has = |it| catalog::action(it).unwrap().has_resource_owner_keys();
    assert!(has("s3:GetObject") && !has("ec2:CreateVpcPeeringConnection"));
    assert!(catalog::actions_matching("ebs:*").all(|it| !it.has_resource_owner_keys()));
}

#[test]
fn misspelt_names_have_a_nearest_one() {
    let near = |it| catalog::nearest_action(it).map(|it| it.full_name());
    assert_eq!(near("s3:GetObjct").as_deref(), Some("s3:GetObject"));
    assert_eq!(near("s3:GetObjects").as_deref(), Some("s3:GetObject"));
    assert_eq!(near("dynamobd:putitem").as_deref(), Some("dynamodb:PutItem"));
    assert_eq!(near("efs:ClientMount").as_deref(), Some("elasticfilesystem:ClientMount"));
    assert_eq!(near("s3:CompletelyDifferent"), None);
    assert_eq!(near("s3"), None);
    assert_eq!(catalog::nearest_service("lamda"), catalog::service("lambda"));
}

#[test]
fn the_date_is_the_one_in_the_provenance() {
    let provenance = fs::read_to_string(format!("{}/data/PROVENANCE.md", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let row = |file| provenance.lines().find(|it| it.starts_with(&format!("| {file} "))).unwrap();
    assert_eq!(catalog::reference_date(), "2026-09-26");
    assert!(row("service-authorization.json").contains(catalog::reference_date()));
    assert!(row("managed-policies.json").contains(catalog::managed_policies_date()));
    assert!(row("service-authorization.json").contains("22,091 actions"));
}

#[test]
fn the_power_of_an_action_is_the_worst_that_comes_of_it() {
    let power = |name| catalog::action(name).unwrap().power();
    assert_eq!(power("ec2:DescribeInstances"), Power::Sees);
    assert_eq!(power("s3:GetObject"), Power::ReadsData);
    assert_eq!(power("s3:PutObject"), Power::Changes);
    assert_eq!(power("secretsmanager:GetSecretValue"), Power::Unlocks);
    assert_eq!(power("s3:PutBucketPolicy"), Power::Permits);
    // AWS calls these three permissions management.
    assert_eq!(power("s3:DeleteBucketPolicy"), Power::Changes);
    assert_eq!(power("glue:ListEntities"), Power::Sees);
    assert_eq!(power("elasticloadbalancing:AllowVendedLogDeliveryForResource"), Power::Sees);
}

#[test]
fn a_statement_must_name_all_that_a_request_always_has_or_the_plainest_that_it_may_have() {
    let needed = |name| -> Vec<&str> {
        catalog::action(name).unwrap().needed_types().into_iter().flat_map(|it| it.arns().next()).collect()
    };
    assert_eq!(needed("s3:ListBucket"), ["arn:${Partition}:s3:::${BucketName}"]);
    assert_eq!(needed("s3:GetObject"), ["arn:${Partition}:s3:::${BucketName}/${ObjectName}"]);
    assert_eq!(needed("batch:SubmitJob").len(), 2);
    assert!(needed("glue:UpdateTable").len() > 2);
    assert!(needed("ec2:CreateTags").is_empty() && needed("s3:ListAllMyBuckets").is_empty());
    assert!(needed("ssm:StartSession").is_empty());
    let further = |name| -> Vec<&str> { catalog::action(name).unwrap().further_types().map(|it| it.name()).collect() };
    assert!(further("ssm:SendCommand").contains(&"instance") && !further("ssm:SendCommand").contains(&"document"));
    assert!(further("dynamodb:Query").is_empty() && further("s3:ListBucket").is_empty());
}

#[test]
fn what_is_being_made_has_no_tag_to_be_told_by() {
    let told = |name, of: &str| {
        let action = catalog::action(name).unwrap();
        action.tells_by_tag(action.service().resource_type(of).unwrap())
    };
    assert!(told("ec2:DeleteVolume", "volume") && told("secretsmanager:GetSecretValue", "Secret"));
    assert!(told("elasticfilesystem:CreateMountTarget", "file-system"));
    // The network that an interface is made in is there already.
    let subnet = told("ec2:CreateNetworkInterface", "subnet");
    assert!(subnet && !told("ec2:CreateNetworkInterface", "network-interface"));
    assert!(!told("ec2:CreateSecurityGroup", "security-group") && !told("ec2:RegisterImage", "image"));
    assert!(!told("glue:CreateSession", "session") && told("glue:RunStatement", "session"));
}

#[test]
fn who_lets_its_holder_in_decides_about_nobody_else() {
    let permits = |name| catalog::action(name).unwrap().power() == Power::Permits;
    assert!(
        !permits("opensearch:ApplicationAccessAll") && !permits("waf:UpdateWebACL") && !permits("glue:TestConnection")
    );
    assert!(
        permits("es:UpdateDomainConfig") && permits("waf:PutPermissionPolicy") && permits("glue:PutResourcePolicy")
    );
}

#[test]
fn what_has_no_name_can_not_be_limited() {
    let can = |name| catalog::action(name).unwrap().can_be_limited();
    assert!(can("s3:GetObject") && can("sqs:SendMessage"));
    assert!(!can("s3:ListAllMyBuckets") && !can("sns:Publish") && !can("s3:GetAccessGrantsInstance"));
    // Lambda alone needs it of the roles that it takes.
    assert!(can("ec2:DeleteNetworkInterface"));
    let needing = catalog::action("ec2:DeleteNetworkInterface").unwrap().needs_star_for();
    assert_eq!(needing, Some("lambda.amazonaws.com"));
}

#[test]
fn policies_name_a_log_group_with_all_behind_it_but_for_its_tags() {
    let takes = |name| -> Vec<&str> {
        let types = catalog::action(name).unwrap().resource_types();
        types.flat_map(|it| it.resource_type().arns()).filter(|it| it.contains("log-group")).collect()
    };
    let group = "arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroupName}";
    assert_eq!(takes("logs:PutRetentionPolicy"), [format!("{group}:*")]);
    assert_eq!(takes("logs:TagResource"), [group]);
}
