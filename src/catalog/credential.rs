//! What the credentials of AWS look like.

use std::ops::Range;

/// A part of an access key, as it stands in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// Its id, long-lived or of a session.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>
    AccessKeyId,
    /// What signs requests: forty characters of base64.
    SecretAccessKey,
}

/// The credentials in a text, in order; none of those that AWS shows in its documentation.
pub fn credentials(text: &str) -> impl Iterator<Item = (Range<usize>, Credential)> {
    let mut at = 0;
    text.split(|it: char| !it.is_ascii_alphanumeric() && !matches!(it, '/' | '+')).flat_map(move |run| {
        let start = at;
        at += run.len();
        at += text[at..].chars().next().map_or(0, char::len_utf8);
        let secret = is_secret(run).then_some((start..start + run.len(), Credential::SecretAccessKey));
        let mut word_at = start;
        let words = run.split(['/', '+']).filter_map(move |word| {
            let start = word_at;
            word_at += word.len() + 1;
            is_id(word).then_some((start..start + word.len(), Credential::AccessKeyId))
        });
        secret.into_iter().chain(words)
    })
}

fn is_id(word: &str) -> bool {
    word.len() == 20
        && (word.starts_with("AKIA") || word.starts_with("ASIA"))
        && word.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit())
        && word.bytes().any(|it| it.is_ascii_digit())
        && !word.ends_with("EXAMPLE")
}

/// Names of forty letters are not rare; hashes in hexadecimal digits have one case only.
fn is_secret(run: &str) -> bool {
    run.len() == 40
        && run.bytes().any(|it| it.is_ascii_uppercase())
        && run.bytes().any(|it| it.is_ascii_lowercase())
        && run.bytes().any(|it| it.is_ascii_digit())
        && !run.ends_with("EXAMPLEKEY")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_told_from_names_and_hashes() {
        let (id, secret) = ("AKIAZ7QKX2M4N6P8R3T5", "wJ4lrXUtnFEMIK7MDENGbPxRfiCYzKq8vT2hN5s/");
        let text = format!("é{id}/x:{secret}\n{secret}=\"{id}\"");
        let found: Vec<_> = credentials(&text).map(|(range, kind)| (&text[range], kind)).collect();
        let id = (id, Credential::AccessKeyId);
        let secret = (secret, Credential::SecretAccessKey);
        assert_eq!(found, [id, secret, secret, id]);
        for innocent in [
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "AWSServiceRoleForAmazonOpenSearchService",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "AKIAABCDEFGHIJKLMNOP",
            "AKIAZ7QKX2M4N6P8R3T5X",
            "wJ4lrXUtnFEMIK7MDENGbPxRfiCYzKq8vT2hN5s",
            "",
        ] {
            assert_eq!(credentials(innocent).count(), 0, "{innocent}");
        }
    }
}
