//! JSON with a place for every key and value, duplicates kept.
