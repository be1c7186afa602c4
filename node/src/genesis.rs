//! The genesis file: read within bounds, checked, and what is wrong told with its line.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};
use types::{Genesis, GenesisError};

/// The longest genesis file, in bytes.
const FILE_MAX: u64 = 16 << 20;

/// Why a file is no genesis.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct GenesisFileError {
    /// The file.
    pub path: PathBuf,
    /// The line that is to blame, counted from 1, as far as that can be said.
    pub line: Option<usize>,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for GenesisFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.line {
            Some(line) => write!(f, "{path}:{line}: {}", self.reason),
            None => write!(f, "{path}: {}", self.reason),
        }
    }
}

/// Reads and checks a genesis file.
///
/// # Errors
/// Names the file and the line that is wrong.
pub fn read_genesis(path: &Path) -> Result<Genesis, GenesisFileError> {
    let wrong = |line: Option<usize>, reason: String| GenesisFileError { path: path.to_owned(), line, reason };
    let size = fs::metadata(path).map_err(|error| wrong(None, error.to_string()))?.len();
    if size > FILE_MAX {
        return Err(wrong(None, format!("it has {size} bytes, where at most {FILE_MAX} are expected")));
    }
    let text = fs::read_to_string(path).map_err(|error| wrong(None, error.to_string()))?;
    let genesis: Genesis = serde_json::from_str(&text).map_err(|error| {
        let reason = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        wrong(Some(error.line()).filter(|line| *line > 0), reason.trim_end_matches(&place).to_owned())
    })?;
    genesis.check().map_err(|error| wrong(line_of(&text, &error), error.to_string()))?;
    Ok(genesis)
}

/// The line that an error is about. A parameter that the file does not name has its default, and depends on others.
fn line_of(text: &str, error: &GenesisError) -> Option<usize> {
    let at = match error {
        GenesisError::Param { name, .. } => {
            let (from, to) = object(text, "params")?;
            let inside = text.get(from..to)?;
            field(inside, name).map_or(from, |at| from + at)
        }
        GenesisError::Order(list) => field(text, list)?,
        GenesisError::Account(account) => {
            let validators = field(text, "validators")?;
            text.get(validators..)?.find(&account.to_string()).map_or(validators, |at| validators + at)
        }
        GenesisError::Possession(account) | GenesisError::Capacity(account) => {
            let provers = field(text, "provers")?;
            text.get(provers..)?.find(&account.to_string()).map_or(provers, |at| provers + at)
        }
        GenesisError::Test(_) => field(text, "capacity_test")?,
        GenesisError::Supply => field(text, "accounts")?,
    };
    Some(text.get(..at)?.bytes().filter(|byte| *byte == b'\n').count() + 1)
}

/// Where a field's name stands: its first place that a colon follows.
fn field(text: &str, name: &str) -> Option<usize> {
    let quoted = format!("\"{name}\"");
    let mut places = text.match_indices(&quoted).map(|(at, _)| at);
    places.find(|at| text.get(at + quoted.len()..).is_some_and(|rest| rest.trim_start().starts_with(':')))
}

/// Where the fields of an object without objects in it begin and end.
fn object(text: &str, name: &str) -> Option<(usize, usize)> {
    let at = field(text, name)?;
    let from = at + text.get(at..)?.find('{')?;
    Some((from, from + text.get(from..)?.find('}')?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::{
        AccountId, Amount, Artifact, BlobId, ChainTime, Data, List, Millis, Params, Program, Resources, Runtime, Text,
        VerdictSecret,
        beacon::GroupKey,
        genesis::{CapacityTest, Ceremony, GenesisAccount, GenesisProver, GenesisValidator, PeerId},
        verdict::VerdictSignature,
    };

    fn program() -> Program {
        let artifact = Artifact { blob: BlobId([4; 32]), size: 1000 };
        Program {
            name: Text::default(),
            proof_system: Text::default(),
            runtime: Runtime::Wasm,
            prover: artifact,
            verifier: artifact,
            fuel_limit: 1_000,
        }
    }

    fn genesis() -> Genesis {
        let (account, secret) = (AccountId([1; 32]), VerdictSecret::derive(&[1; 32]).expect("key"));
        let (peer, bond) = (PeerId([9; 32]), Amount(5));
        let validator = GenesisValidator { peer, account, address: Text::default(), bond };
        let capacity = Resources { cpus: 2, ..Resources::default() };
        let possession = VerdictSignature([0; 48]);
        let prover = GenesisProver { account, key: secret.public(), possession, capacity, address: Text::default() };
        let mut genesis = Genesis {
            name: Text::truncated("test"),
            time: ChainTime(0),
            params: Params::default(),
            capacity_test: CapacityTest { program: program(), compute_max: Millis(1_000) },
            validators: List::truncated(vec![validator]),
            provers: List::truncated(vec![prover]),
            accounts: List::truncated(vec![GenesisAccount { account, balance: Amount(1) }]),
            ceremony: Ceremony::Dealt,
            group_key: GroupKey([3; 96]),
            output: Data::default(),
            verifier: Text::default(),
        };
        prove(&mut genesis);
        genesis
    }

    fn prove(genesis: &mut Genesis) {
        let (chain, secret) = (genesis.chain(), VerdictSecret::derive(&[1; 32]).expect("key"));
        genesis.provers.iter_mut().for_each(|it| it.possession = secret.prove_possession(chain, it.account));
    }

    /// What reading this text gives, and the line in which `mark` stands.
    fn read(text: &str, mark: &str) -> (Result<Genesis, GenesisFileError>, Option<usize>) {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("genesis.json");
        fs::write(&path, text).expect("written");
        (read_genesis(&path), text.lines().position(|line| line.contains(mark)).map(|line| line + 1))
    }

    fn text(genesis: &Genesis) -> String {
        serde_json::to_string_pretty(genesis).expect("json")
    }

    #[test]
    fn a_genesis_is_read_as_it_was_written() {
        assert_eq!(read(&text(&genesis()), "").0, Ok(genesis()));
    }

    #[test]
    fn a_parameter_out_of_bounds_is_named_with_its_line() {
        for (name, value) in [("slash", 1001), ("compute_max", 0), ("jail_users", 17), ("unbond_delay", 2_000)] {
            let mut genesis = genesis();
            assert!(genesis.params.set(name, value));
            prove(&mut genesis);
            let (result, line) = read(&text(&genesis), &format!("\"{name}\": {value}"));
            let error = result.expect_err("out of bounds");
            assert_eq!((error.line, error.line.is_some()), (line, true), "{error}");
            assert!(error.to_string().contains(&format!("params.{name} is {value}, where")), "{error}");
        }
    }

    #[test]
    fn a_parameter_that_the_file_does_not_name_is_told_at_its_object() {
        let mut value = serde_json::to_value(genesis()).expect("json");
        value["params"] = serde_json::json!({ "evidence_window": 700_000_000 });
        let (result, line) = read(&serde_json::to_string_pretty(&value).expect("json"), "\"params\"");
        let error = result.expect_err("a bond is paid back too early");
        assert!(error.to_string().contains("unbond_delay"), "{error}");
        assert_eq!(error.line, line);
    }

    #[test]
    fn what_is_no_genesis_is_told_with_its_line() {
        let whole = text(&genesis());
        let unknown = whole.replacen("\"slash\"", "\"slahs\"", 1);
        let (result, line) = read(&unknown, "\"slahs\"");
        let error = result.expect_err("unknown");
        assert_eq!(error.line, line);
        assert!(error.reason.contains("slahs") && !error.reason.contains(" at line "), "{error}");
        let (result, _) = read(whole.get(..whole.len() / 2).expect("half"), "");
        assert!(result.expect_err("cut").line.is_some());
        assert!(read_genesis(Path::new("/nowhere/genesis.json")).expect_err("no file").line.is_none());
    }

    #[test]
    fn other_faults_have_their_lines_too() {
        let mut stranger = genesis();
        stranger.provers.iter_mut().for_each(|it| it.possession = VerdictSignature([1; 48]));
        let account = AccountId([1; 32]).to_string();
        let (result, _) = read(&text(&stranger), "");
        let line = result.expect_err("no possession").line.expect("a line");
        assert!(text(&stranger).lines().nth(line - 1).expect("there").contains(&account));
        let mut large = genesis();
        large.capacity_test.compute_max = Millis(u64::MAX);
        prove(&mut large);
        let (result, line) = read(&text(&large), "\"capacity_test\"");
        assert_eq!(result.expect_err("too long").line, line);
        let mut empty = genesis();
        empty.accounts = List::default();
        prove(&mut empty);
        let (result, line) = read(&text(&empty), "\"accounts\"");
        assert_eq!(result.expect_err("nobody").line, line);
    }
}
