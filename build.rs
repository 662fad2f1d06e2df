//! Packs `data/*.json` into what `src/catalog` embeds: `catalog.bin`, the table; `catalog.txt`, the
//! text it points into; `catalog.blocks`, compressed documents. `src/catalog/layout.rs` says how.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::{env, fs, mem};

use serde_json::{Map, Value};

#[path = "src/catalog/layout.rs"]
#[allow(dead_code, reason = "the library uses the rest")]
mod layout;

use layout::*;

/// Documents are compressed in runs of about this size: small enough that one policy is unpacked in
/// a moment, large enough that its likes are beside it.
const BLOCK: usize = 64 * 1024;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/catalog/layout.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let mut packer = Packer::default();
    let facts = Names::new();
    packer.services(&facts);
    packer.condition_keys(&facts);
    packer.managed_policies();
    packer.partitions();
    packer.service_principals();
    packer.log_accounts();
    packer.retired();
    packer.api_names(&facts);
    packer.facts();
    packer.write(&out);
}

/// A file of `data/`.
fn read(name: &str) -> Value {
    let path = format!("data/{name}");
    println!("cargo::rerun-if-changed={path}");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn object<'a>(value: &'a Value, field: &str) -> &'a Map<String, Value> {
    value[field].as_object().unwrap_or_else(|| panic!("`{field}` is no object in {value:.200}"))
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

fn flag(value: &Value, field: &str) -> u32 {
    u32::from(value[field].as_bool().unwrap_or_default())
}

fn strings<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a str> {
    let items = value[field].as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().map(|it| it.as_str().expect("a list of strings"))
}

/// Adds to the reference what it lacks by `curated/action-overrides.json`: resource types and keys of an action.
fn complete(reference: &mut Value) {
    for (name, entry) in object(&read("curated/action-overrides.json"), "actions") {
        let (prefix, action) = name.split_once(':').expect("a full action name");
        let action = &mut reference["services"][prefix]["actions"][action];
        for resource_type in strings(entry, "resources") {
            action["resources"][resource_type] = Value::Object(Map::new());
        }
        if let Some(keys) = entry.get("conditions") {
            action["conditions"] = keys.clone();
        }
    }
}

fn number(value: usize) -> u32 {
    u32::try_from(value).expect("the table is far smaller than 4 GiB")
}

/// Where `word` stands in `words`, which are all there are.
fn index(words: &[&str], word: &str) -> u32 {
    number(words.iter().position(|it| *it == word).unwrap_or_else(|| panic!("`{word}` is new: name it in layout.rs")))
}

/// The same, plus one; nothing is 0.
fn index_or_none(words: &[&str], word: &str) -> u32 {
    if word.is_empty() { 0 } else { index(words, word) + 1 }
}

fn ignoring_case(a: &str, b: &str) -> Ordering {
    a.to_ascii_lowercase().cmp(&b.to_ascii_lowercase())
}

/// A map's entries in the order the table has them.
fn sorted(map: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by(|a, b| ignoring_case(a.0, b.0));
    for pair in entries.windows(2) {
        assert_ne!(ignoring_case(pair[0].0, pair[1].0), Ordering::Equal, "{} is there twice", pair[0].0);
    }
    entries
}

/// What the numbers of services, actions, resource types and condition keys will be, known before
/// any of them is written since they point at each other.
struct Names {
    reference: Value,
    keys: Value,
    services: HashMap<String, u32>,
    actions: HashMap<String, u32>,
    resource_types: HashMap<String, u32>,
    condition_keys: HashMap<String, u32>,
    /// The condition keys as they are spelled, in order.
    spelled: Vec<String>,
}

impl Names {
    fn new() -> Self {
        let mut reference = read("service-authorization.json");
        complete(&mut reference);
        let keys = read("condition-keys.json");
        let (mut services, mut actions, mut resource_types) = (HashMap::new(), HashMap::new(), HashMap::new());
        let mut spelled = BTreeMap::new();
        for (prefix, service) in sorted(object(&reference, "services")) {
            services.insert(prefix.clone(), number(services.len()));
            for (name, _) in sorted(object(service, "actions")) {
                actions.insert(format!("{prefix}:{name}"), number(actions.len()));
            }
            for (name, _) in sorted(object(service, "resources")) {
                resource_types.insert(format!("{prefix}:{name}"), number(resource_types.len()));
            }
            for key in object(service, "conditionKeys").keys() {
                spelled.insert(key.to_ascii_lowercase(), key.clone());
            }
        }
        for part in ["global", "cross_service", "legacy"] {
            for key in keys[part].as_array().expect("a list of keys") {
                spelled.insert(text(key, "key").to_ascii_lowercase(), text(key, "key").to_owned());
            }
        }
        let condition_keys = spelled.keys().enumerate().map(|(at, key)| (key.clone(), number(at))).collect();
        let spelled = spelled.into_values().collect();
        Self { reference, keys, services, actions, resource_types, condition_keys, spelled }
    }

    fn action(&self, name: &str) -> u32 {
        *self.actions.get(name).unwrap_or_else(|| panic!("no action `{name}` in the reference"))
    }

    fn keys<'a>(&self, keys: impl Iterator<Item = &'a str>) -> Vec<u32> {
        let mut keys: Vec<_> = keys.map(|key| self.condition_keys[&key.to_ascii_lowercase()]).collect();
        keys.sort_unstable();
        keys
    }
}

struct Packer {
    sections: Vec<Vec<u32>>,
    counts: Vec<u32>,
    text: String,
    strings: HashMap<String, u32>,
    lists: HashMap<Vec<u32>, u32>,
    blocks: Vec<u8>,
    /// By what each named record is found, and its number.
    names: Vec<(u32, u32)>,
    /// The actions that give permissions, lead to more or buy, in lower case.
    dangerous: BTreeSet<String>,
    /// The actions that change a resource, in lower case.
    changing: BTreeSet<String>,
    reference_date: u32,
    managed_policies_date: u32,
    sdk_date: u32,
}

impl Default for Packer {
    fn default() -> Self {
        let mut packer = Self {
            sections: vec![Vec::new(); Section::COUNT],
            counts: vec![0; Section::COUNT],
            text: String::new(),
            strings: HashMap::new(),
            lists: HashMap::new(),
            blocks: Vec::new(),
            names: Vec::new(),
            dangerous: action::PURCHASES.iter().map(|it| it.to_ascii_lowercase()).collect(),
            changing: BTreeSet::new(),
            reference_date: 0,
            managed_policies_date: 0,
            sdk_date: 0,
        };
        packer.sections[Section::Strings as usize].push(0);
        assert_eq!((packer.string(""), packer.list(Vec::new())), (0, 0), "nothing is 0");
        packer
    }
}

impl Packer {
    fn string(&mut self, text: &str) -> u32 {
        if let Some(string) = self.strings.get(text) {
            return *string;
        }
        let string = number(self.strings.len());
        self.strings.insert(text.to_owned(), string);
        self.text.push_str(text);
        self.sections[Section::Strings as usize].push(number(self.text.len()));
        string
    }

    fn list(&mut self, items: Vec<u32>) -> u32 {
        let lists = &mut self.sections[Section::Lists as usize];
        *self.lists.entry(items).or_insert_with_key(|items| {
            let at = number(lists.len());
            lists.push(number(items.len()));
            lists.extend(items);
            at
        })
    }

    fn list_of_strings<'a>(&mut self, items: impl Iterator<Item = &'a str>) -> u32 {
        let items = items.map(|it| self.string(it)).collect();
        self.list(items)
    }

    fn push<R: Record>(&mut self, record: R) {
        let section = R::SECTION as usize;
        self.sections[section].extend(record.to_words());
        self.counts[section] += 1;
    }

    /// A record that is found by its name, the first field, among those of its owner.
    fn push_named<R: Record>(&mut self, owner: u32, name: &str, record: R) {
        let owner = u16::try_from(owner).expect("owners are services, of which there are some hundreds");
        self.names.push((name_hash(R::SECTION, owner, name), self.counts[R::SECTION as usize]));
        self.push(record);
    }

    /// Compresses `text`; the number of the block.
    fn block(&mut self, text: &str) -> u32 {
        let packed = miniz_oxide::deflate::compress_to_vec(text.as_bytes(), 9);
        let block = self.counts[Section::Blocks as usize];
        let start = number(self.blocks.len());
        self.push(BlockRecord { start, packed_length: number(packed.len()), length: number(text.len()) });
        self.blocks.extend(packed);
        block
    }

    fn services(&mut self, names: &Names) {
        let date = object(&names.reference, "sources").values().filter_map(Value::as_str).max();
        self.reference_date = self.string(date.expect("the reference has a date"));
        let bits = ActionBits::new(names);
        let (mut action_number, mut resource_type_number) = (0, 0);
        for (prefix, service) in sorted(object(&names.reference, "services")) {
            let (actions, resource_types) = (object(service, "actions"), object(service, "resources"));
            let condition_keys = names.keys(object(service, "conditionKeys").keys().map(String::as_str));
            let record = ServiceRecord {
                prefix: self.string(prefix),
                name: self.string(text(service, "name")),
                category: self.string(text(service, "category")),
                supports_rcps: flag(service, "rcp"),
                first_action: action_number,
                action_count: number(actions.len()),
                first_resource_type: resource_type_number,
                resource_type_count: number(resource_types.len()),
                condition_keys: self.list(condition_keys),
            };
            self.push_named(0, prefix, record);
            action_number += record.action_count;
            resource_type_number += record.resource_type_count;
            for (name, action) in sorted(actions) {
                self.action(names, &bits, prefix, name, action, resource_types);
            }
            let rows = actions.values().filter_map(|it| it["resources"].as_object()).flatten();
            let told = rows.filter(|(_, row)| strings(row, "conditions").any(|it| it == "aws:ResourceTag/${TagKey}"));
            let told: BTreeSet<_> = told.map(|(name, _)| name).collect();
            for (name, resource_type) in sorted(resource_types) {
                let record = ResourceTypeRecord {
                    name: self.string(name),
                    service: names.services[prefix],
                    arns: self.list_of_strings(strings(resource_type, "arns")),
                    condition_keys: self.list(names.keys(strings(resource_type, "conditions"))),
                    told_by_tags: u32::from(told.contains(name)),
                };
                self.push_named(names.services[prefix], name, record);
            }
        }
        for (number, [reason, link, service]) in &bits.overrides {
            let record = OverrideRecord {
                action: *number,
                reason: self.string(reason),
                link: self.string(link),
                service: self.string(service),
            };
            self.push(record);
        }
    }

    fn action(
        &mut self,
        names: &Names,
        bits: &ActionBits,
        prefix: &str,
        name: &str,
        action: &Value,
        resource_types: &Map<String, Value>,
    ) {
        let mut resources = Vec::new();
        let entries = action["resources"].as_object();
        let number_of = |resource_type: &str| names.resource_types[&format!("{prefix}:{resource_type}")];
        for (resource_type, entry) in entries.into_iter().flatten() {
            resources.push((number_of(resource_type) << 1) | u32::from(is_required(action, entry)));
            resources.push(self.list(names.keys(strings(entry, "conditions"))));
        }
        let full = format!("{prefix}:{name}");
        let level = text(action, "level");
        let service = names.services[prefix];
        let said = bits.of(names.action(&full));
        let power = power(name, level, said);
        if action::POWERS[power as usize] == "permits" || said & action::LEADS_ON != 0 {
            self.dangerous.insert(full.to_ascii_lowercase());
        }
        if ["Write", "Permissions management"].contains(&level) && !resources.is_empty() {
            self.changing.insert(full.to_ascii_lowercase());
        }
        let record = ActionRecord {
            name: self.string(name),
            bits: (service & action::SERVICE)
                | (index(&action::LEVELS, level) << action::LEVEL)
                | (power << action::POWER)
                | said,
            resources: self.list(resources),
            needed: self.list(needed(action, resource_types).into_iter().map(number_of).collect()),
            condition_keys: self.list(names.keys(strings(action, "conditions"))),
            dependents: self.list(strings(action, "dependent").map(|it| names.action(it)).collect()),
        };
        self.push_named(service, name, record);
    }

    fn condition_keys(&mut self, names: &Names) {
        let mut services: Vec<Vec<u32>> = vec![Vec::new(); names.spelled.len()];
        let mut bits = vec![0; names.spelled.len()];
        for (prefix, service) in sorted(object(&names.reference, "services")) {
            for (key, entry) in object(service, "conditionKeys") {
                let at = names.condition_keys[&key.to_ascii_lowercase()] as usize;
                services[at].push(names.services[prefix]);
                // Pages differ in a few words about keys that are not theirs; the owner's page counts.
                let is_owner = key.to_ascii_lowercase().starts_with(&format!("{prefix}:"));
                if is_owner || bits[at] == 0 {
                    bits[at] = key_bits(entry);
                }
            }
        }
        let mut extra: HashMap<usize, (Vec<&str>, &str)> = HashMap::new();
        for standing in &key::STANDINGS[1..] {
            for entry in names.keys[standing].as_array().expect("a list of keys") {
                let at = names.condition_keys[&text(entry, "key").to_ascii_lowercase()] as usize;
                bits[at] = key_bits(entry) | (index(&key::STANDINGS, standing) << key::STANDING);
                let set_by = strings(&names.keys["supported_by"], text(entry, "supported_by")).collect();
                extra.insert(at, (set_by, text(entry, "note")));
            }
        }
        for name in strings(&read("curated/action-overrides.json"), "keysAboutTheCall") {
            bits[names.condition_keys[&name.to_ascii_lowercase()] as usize] |= key::ABOUT_THE_CALL;
        }
        for (at, name) in names.spelled.iter().enumerate() {
            let (set_by, note) = extra.remove(&at).unwrap_or_default();
            let record = ConditionKeyRecord {
                name: self.string(name),
                bits: bits[at],
                services: self.list(services[at].clone()),
                set_by: self.list_of_strings(set_by.into_iter()),
                note: self.string(note),
            };
            self.push_named(0, name, record);
            if name.contains("${") {
                self.push(KeyTemplateRecord { name: record.name, key: number(at) });
            }
        }
        let federation = &names.keys["federation"];
        for template in strings(federation, "known_issuers") {
            let record = IssuerRecord { template: self.string(template) };
            self.push(record);
        }
        let claims: BTreeSet<_> = strings(federation, "always_accept_claims").collect();
        for claim in claims {
            let record = ClaimRecord { name: self.string(claim) };
            self.push(record);
        }
    }

    fn managed_policies(&mut self) {
        let file = read("managed-policies.json");
        let date = object(&file, "source").values().filter_map(Value::as_str).max();
        self.managed_policies_date = self.string(date.expect("the managed policies have a date"));
        let policies: BTreeMap<_, _> = object(&file, "policies").iter().collect();
        let ways_up = ways_up();
        let mut waiting = String::new();
        for (name, policy) in policies {
            let document = policy["document"].to_string();
            let record = ManagedPolicyRecord {
                name: self.string(name),
                path: self.string(text(policy, "path")),
                version: self.string(text(policy, "version")),
                updated: self.string(text(policy, "updated")),
                deprecated: flag(policy, "deprecated"),
                may_lead_up: u32::from(may_hold(&policy["document"], &ways_up, |_| true)),
                may_open: u32::from(
                    may_hold(&policy["document"], &self.dangerous, is_open)
                        || holds_service(&policy["document"])
                        || may_hold_most(&policy["document"], &self.changing),
                ),
                block: self.counts[Section::Blocks as usize],
                start: number(waiting.len()),
                length: number(document.len()),
            };
            self.push_named(0, name, record);
            waiting.push_str(&document);
            if waiting.len() >= BLOCK {
                self.block(&waiting);
                waiting.clear();
            }
        }
        self.block(&waiting);
        let gone: BTreeSet<_> = strings(&file, "goneNames").collect();
        for name in gone {
            let record = GonePolicyRecord { name: self.string(name) };
            self.push(record);
        }
    }

    fn partitions(&mut self) {
        let file = read("partitions.json");
        let mut regions = BTreeMap::new();
        for (at, partition) in file["partitions"].as_array().expect("a list of partitions").iter().enumerate() {
            let prefixes = region_prefixes(text(partition, "regionRegex"));
            let record = PartitionRecord {
                id: self.string(text(partition, "id")),
                dns_suffix: self.string(text(partition, "dnsSuffix")),
                dual_stack_dns_suffix: self.string(text(partition, "dualStackDnsSuffix")),
                global_region: self.string(text(partition, "globalRegion")),
                region_prefixes: self.list_of_strings(prefixes.iter().map(String::as_str)),
            };
            self.push(record);
            for (name, description) in object(partition, "regions") {
                regions.insert(name, (number(at), description.as_str().unwrap_or_default()));
            }
        }
        for (name, (partition, description)) in regions {
            let record = RegionRecord { name: self.string(name), partition, description: self.string(description) };
            self.push_named(0, name, record);
        }
    }

    fn service_principals(&mut self) {
        let file = read("service-principals.json");
        for (name, principal) in sorted(object(&file, "principals")) {
            let record = ServicePrincipalRecord {
                name: self.string(name),
                regional: flag(principal, "regional"),
                seen: self.list_of_strings(strings(principal, "seen")),
            };
            self.push_named(0, name, record);
        }
    }

    fn log_accounts(&mut self) {
        let file = read("curated/log-delivery-accounts.json");
        for (name, service) in sorted(object(&file, "services")) {
            for id in object(service, "accounts").values().filter_map(Value::as_str) {
                let principal = format!("{id}:{}", text(service, "principal"));
                let record = LogAccountRecord { principal: self.string(&principal), service: self.string(name) };
                self.push(record);
            }
        }
    }

    fn retired(&mut self) {
        let file = read("retired.json");
        for (prefix, service) in sorted(object(&file, "services")) {
            let record = RetiredServiceRecord {
                prefix: self.string(prefix),
                name: self.string(text(service, "name")),
                last_seen: self.string(text(service, "lastSeen")),
            };
            self.push_named(0, prefix, record);
        }
        for (name, action) in sorted(object(&file, "actions")) {
            let record = RetiredActionRecord {
                name: self.string(name),
                unlisted: u32::from(text(action, "status") != "retired"),
                last_seen: self.string(text(action, "lastSeen")),
                managed_policies: number(action["managedPolicies"].as_u64().unwrap_or_default() as usize),
            };
            self.push_named(0, name, record);
        }
        for (name, key) in sorted(object(&file, "conditionKeys")) {
            let record = RetiredKeyRecord { name: self.string(name), last_seen: self.string(text(key, "lastSeen")) };
            self.push_named(0, name, record);
        }
    }

    fn api_names(&mut self, names: &Names) {
        let file = read("api-names.json");
        self.sdk_date = self.string(text(&file, "sdk"));
        for (alias, service) in sorted(object(&file, "prefixes")) {
            let service = names.services[service.as_str().expect("a service prefix")];
            let record = PrefixAliasRecord { alias: self.string(alias), service };
            self.push_named(0, alias, record);
        }
        for (name, age) in sorted(object(&file, "unlistedServices")) {
            let record = UnlistedServiceRecord { name: self.string(name), newer: u32::from(age == "newer") };
            self.push_named(0, name, record);
        }
        for (name, operation) in sorted(object(&file, "operations")) {
            let record = OperationRecord {
                name: self.string(name),
                newer: u32::from(text(operation, "kind") == "newer"),
                authorised_by: self.list(strings(operation, "use").map(|it| names.action(it)).collect()),
            };
            self.push_named(0, name, record);
        }
    }

    fn facts(&mut self) {
        let paths = Value::from(escalation_paths()).to_string();
        let record = FactsRecord {
            reference_date: self.reference_date,
            managed_policies_date: self.managed_policies_date,
            sdk_date: self.sdk_date,
            escalation_block: self.block(&paths),
        };
        self.push(record);
    }

    /// The slots in which names are found: about twice as many as there are names, so that few are not in their own.
    fn slots(&self) -> Vec<u32> {
        let count = (2 * self.names.len()).next_power_of_two();
        let mut slots = vec![0; 2 * count];
        for (hash, record) in &self.names {
            let at = (*hash as usize..).map(|it| 2 * (it & (count - 1))).find(|it| slots[it + 1] == 0);
            let at = at.expect("there are more slots than names");
            (slots[at], slots[at + 1]) = (*hash, record + 1);
        }
        slots
    }

    fn write(mut self, out: &Path) {
        self.sections[Section::Names as usize] = self.slots();
        self.counts[Section::Names as usize] = number(self.sections[Section::Names as usize].len() / 2);
        for section in [Section::Lists, Section::Strings] {
            self.counts[section as usize] = number(self.sections[section as usize].len());
        }
        let mut words = Vec::new();
        let mut start = number(2 * Section::COUNT);
        for (section, count) in self.sections.iter().zip(&self.counts) {
            words.extend([start, *count]);
            start += number(section.len());
        }
        words.extend(self.sections.iter().flatten());
        let bytes: Vec<u8> = words.into_iter().flat_map(u32::to_le_bytes).collect();
        let files = [("catalog.bin", bytes), ("catalog.txt", self.text.into_bytes()), ("catalog.blocks", self.blocks)];
        for (name, bytes) in files {
            let path = out.join(name);
            fs::write(&path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
    }
}

/// The resource types of which a statement must name an ARN for a request to pass: all that a request always has, else
/// the plainer of two that it may have. Nothing where they are too many to be named or to choose from.
fn needed<'a>(action: &'a Value, resource_types: &Map<String, Value>) -> Vec<&'a str> {
    let types: Vec<_> = action["resources"].as_object().into_iter().flatten().collect();
    let required: Vec<_> =
        types.iter().filter(|(_, it)| is_required(action, it)).map(|(name, _)| name.as_str()).collect();
    match required.len() {
        0 if types.len() <= 2 => {
            let first = |name: &str| strings(&resource_types[name], "arns").next();
            let weight = |name: &&str| first(name).map(|arn| (arn.matches("${").count(), arn.len()));
            types.iter().map(|(name, _)| name.as_str()).min_by_key(weight).into_iter().collect()
        }
        1..=action::FEW => required,
        _ => Vec::new(),
    }
}

/// Whether every request for an action names a resource of a type. One for tags names one resource, whatever kinds the
/// reference calls required. <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeTagsForResource.html>
fn is_required(action: &Value, of: &Value) -> bool {
    let is_one_of_several = || {
        let types = action["resources"].as_object().into_iter().flatten();
        text(action, "level") == "Tagging" && types.filter(|(_, it)| flag(it, "required") != 0).count() > 1
    };
    flag(of, "required") != 0 && !is_one_of_several()
}

/// The worst that comes of an action, as an index of [`action::POWERS`].
fn power(name: &str, level: &str, bits: u32) -> u32 {
    let begins = |heads: &[&str]| heads.iter().any(|it| name.starts_with(it));
    let has_risk = |risk| bits & 1 << (action::RISK + index(&action::RISKS, risk)) != 0;
    let level = match level {
        // AWS lists dozens of plain reads of Glue as permissions management, and that logs may be delivered.
        "Permissions management"
            if begins(&["Get", "List", "Describe", "BatchGet", "View", "AllowVendedLogDelivery"]) =>
        {
            "Read"
        }
        // To take permissions away breaks things, but leads nowhere.
        "Permissions management" if begins(&["Delete", "Detach", "Remove", "Revoke", "Disassociate"]) => "Write",
        // It is called a write by some services, and permissions management by others.
        "Write" if name == "PutResourcePolicy" => "Permissions management",
        level => level,
    };
    let power = match level {
        "Permissions management" => "permits",
        _ if has_risk("CredentialExposure") => "unlocks",
        "Tagging" | "Write" => "changes",
        _ if has_risk("DataAccess") => "reads data",
        _ => "sees",
    };
    index(&action::POWERS, power)
}

/// The known ways from some permissions to more.
fn escalation_paths() -> Vec<Value> {
    let mut file = read("curated/privesc-paths.json");
    mem::take(file["paths"].as_array_mut().expect("a list of paths"))
}

/// The actions each of which alone lets its caller give itself any permission, in lower case.
fn ways_up() -> BTreeSet<String> {
    let mut paths = escalation_paths();
    paths.retain(|it| it["category"] == "self-escalation" && strings(it, "requires").next().is_none());
    paths.iter().flat_map(|it| strings(it, "actions")).map(str::to_ascii_lowercase).collect()
}

/// Whether what such a statement of a document allows may hold one of these actions: a pattern may that begins as one of
/// them does.
fn may_hold(document: &Value, actions: &BTreeSet<String>, is_such: impl Fn(&Value) -> bool) -> bool {
    let holds = |pattern: &Value| {
        let pattern = pattern.as_str().unwrap_or_default().to_ascii_lowercase();
        match pattern.split_once(['*', '?']) {
            Some((fixed, _)) => actions.range(fixed.to_owned()..).next().is_some_and(|it| it.starts_with(fixed)),
            None => actions.contains(&pattern),
        }
    };
    let allows = |it: &Value| {
        it["Effect"] == "Allow" && (it.get("NotAction").is_some() || each(&it["Action"]).iter().any(holds))
    };
    each(&document["Statement"]).iter().any(|it| is_such(it) && allows(it))
}

/// Whether a policy allows all of a service, on more than it names.
fn holds_service(document: &Value) -> bool {
    let is_whole = |it: &Value| it.as_str().is_some_and(|it| it.ends_with(":*"));
    each(&document["Statement"])
        .iter()
        .any(|it| it["Effect"] == "Allow" && is_open(it) && each(&it["Action"]).iter().any(is_whole))
}

/// Whether a policy may allow most of what changes something in a service, on more than it names. Of a pattern all
/// counts that begins as it does.
fn may_hold_most(document: &Value, changing: &BTreeSet<String>) -> bool {
    let of_service = |service: &str| changing.range(format!("{service}:")..format!("{service};"));
    let mut given: BTreeMap<&str, BTreeSet<&String>> = BTreeMap::new();
    let statements = each(&document["Statement"]);
    for statement in statements.iter().filter(|it| it["Effect"] == "Allow" && is_open(it)) {
        for pattern in each(&statement["Action"]) {
            let pattern = pattern.as_str().unwrap_or_default().to_ascii_lowercase();
            let (fixed, is_pattern) = pattern.split_once(['*', '?']).map_or((&*pattern, false), |(it, _)| (it, true));
            let held = |it: &&String| if is_pattern { it.starts_with(fixed) } else { *it == fixed };
            for action in changing.range(fixed.to_owned()..).take_while(|it| it.starts_with(fixed)).filter(held) {
                let service = action.split(':').next().unwrap_or_default();
                given.entry(service).or_default().insert(action);
            }
        }
    }
    given.iter().any(|(service, it)| action::are_most(it.len(), of_service(service).count()))
}

/// The elements of a list, or the one that stands in its place.
fn each(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_else(|| vec![value.clone()])
}

/// Whether a statement is about more than the resources that it names.
fn is_open(statement: &Value) -> bool {
    statement.get("NotResource").is_some() || statement["Resource"].to_string().contains('*')
}

/// What is said of actions outside of the reference, as bits of [`ActionRecord::bits`].
struct ActionBits {
    bits: HashMap<u32, u32>,
    /// Action, reason, link.
    overrides: BTreeSet<(u32, [String; 3])>,
}

impl ActionBits {
    fn new(names: &Names) -> Self {
        let mut bits: HashMap<u32, u32> = HashMap::new();
        for (name, tags) in object(&read("sensitive-actions.json"), "actions") {
            for tag in tags.as_object().expect("tags of an action").keys() {
                *bits.entry(names.action(name)).or_default() |= 1 << (action::RISK + index(&action::RISKS, tag));
            }
        }
        for path in escalation_paths() {
            let mostly_works = ["high", "critical"].contains(&text(&path, "severity"));
            let mut actions = strings(&path, "actions");
            if let (Some(only), None, None) = (actions.next(), actions.next(), strings(&path, "any_of").next())
                && mostly_works
            {
                *bits.entry(names.action(only)).or_default() |= action::LEADS_ON;
            }
        }
        let mut overrides = BTreeSet::new();
        for (name, entry) in object(&read("curated/action-overrides.json"), "actions") {
            let number = names.action(name);
            *bits.entry(number).or_default() |= index_or_none(&action::STARS, text(entry, "star")) << action::STAR;
            overrides.insert((number, ["reason", "link", "service"].map(|it| text(entry, it).to_owned())));
        }
        for name in strings(&names.keys["resource_owner_keys_unsupported"], "actions") {
            let (prefix, rest) = name.split_once(':').expect("a full action name");
            let all: Vec<_> = match rest {
                "*" => names.actions.keys().filter(|it| it.starts_with(&format!("{prefix}:"))).cloned().collect(),
                _ => names.actions.keys().filter(|it| it.eq_ignore_ascii_case(name)).cloned().collect(),
            };
            assert!(!all.is_empty(), "no action `{name}` in the reference");
            for name in all {
                *bits.entry(names.action(&name)).or_default() |= action::NO_OWNER_KEYS;
            }
        }
        Self { bits, overrides }
    }

    fn of(&self, action: u32) -> u32 {
        self.bits.get(&action).copied().unwrap_or_default()
    }
}

/// The bits of a key, as far as its entry goes.
fn key_bits(entry: &Value) -> u32 {
    let bit = |field, bit| if flag(entry, field) != 0 { bit } else { 0 };
    let parts = [
        index(&key::TYPES, text(entry, "type")) << key::TYPE,
        index_or_none(&key::TYPES, strings(entry, "also").next().unwrap_or_default()) << key::ALSO,
        index_or_none(&key::PRESENCES, text(entry, "presence")) << key::PRESENCE,
        index_or_none(&key::GROUPS, text(entry, "group")) << key::GROUP,
        index_or_none(&key::FORMS, text(entry, "value")) << key::FORM,
        bit("multi", key::MULTI),
        bit("sensitive", key::SENSITIVE),
        bit("spoofable", key::SPOOFABLE),
        bit("per_action", key::PER_ACTION),
        bit("service_principal_only", key::SERVICE_PRINCIPAL_ONLY),
    ];
    parts.into_iter().fold(0, |bits, part| bits | part)
}

/// `^(us|eu)\-\w+\-\d+$` says `us-` and `eu-`; the rest is the same for every partition.
fn region_prefixes(regex: &str) -> Vec<String> {
    let plain = regex.replace("\\-", "-");
    let head = plain.strip_prefix('^').and_then(|it| it.strip_suffix("\\w+-\\d+$"));
    let head = head.unwrap_or_else(|| panic!("a region pattern of a new shape: {regex}"));
    match head.split_once('(').and_then(|(before, rest)| Some((before, rest.split_once(')')?))) {
        Some((before, (choices, after))) => choices.split('|').map(|it| format!("{before}{it}{after}")).collect(),
        None => vec![head.to_owned()],
    }
}
