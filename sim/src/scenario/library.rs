//! The scenarios that come with the simulator: every file of `scenarios/`.

use super::{Scenario, Unread, read};

macro_rules! library {
    ($($name:literal),+ $(,)?) => {
        /// All of them: name and text.
        pub const LIBRARY: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../scenarios/", $name, ".txt"))),)+
        ];
    };
}

library![
    "attempts-used",
    "busy",
    "cancelled",
    "censored",
    "drained",
    "expired",
    "failed-handover",
    "false-fail",
    "false-verdict",
    "halt",
    "jailed",
    "larger",
    "newcomer",
    "no-verdicts",
    "price-spike",
    "seats",
    "silent-prover",
    "sleeper",
    "split-vote",
    "split-vote-renewed",
    "stalling-prover",
    "two-announcements",
    "two-announcements-apart",
    "two-verdicts",
    "two-verdicts-apart",
    "unbonded",
    "untested",
    "vote",
    "withheld-proof",
    "wrong-proof",
];

/// The scenario with this name, if there is one.
#[must_use]
pub fn named(name: &str) -> Option<Result<Scenario, Unread>> {
    LIBRARY.iter().find(|(known, _)| *known == name).map(|(name, text)| read(name, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::BTreeSet, fs, path::Path};

    #[test]
    fn every_file_is_listed_and_understood() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        let files = fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").file_name());
        let files: BTreeSet<String> = files.map(|name| name.to_string_lossy().replace(".txt", "")).collect();
        let listed: BTreeSet<String> = LIBRARY.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(listed, files);
        for (name, text) in LIBRARY {
            let scenario = read(name, text).unwrap_or_else(|error| panic!("{error}"));
            assert!(!scenario.about.is_empty() && !scenario.claims.is_empty(), "{name}");
        }
    }
}
