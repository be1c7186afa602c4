//! What a run asks for: on the command line, in a file, or in both.

use super::input::InputText;
use crate::{
    commands::quote::Needs,
    exit::Failure,
    trial::read_within,
    units::{Mebibytes, Span},
};
use clap::Args;
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    str::FromStr,
};
use types::ProgramId;

/// Bytes of a request. Inputs that are large are files.
const REQUEST_BYTES_MAX: u64 = 1 << 20;

/// What a run asks for, on the command line.
#[derive(Clone, Debug, Args)]
pub struct Job {
    /// An input, in order: statement (prover and verifier see it) or witness (the prover alone; not confidential), then hex:…,
    /// file:…, blob:ID, blob:ID:SIZE or proof:WORKLOAD. A file of more than 4 KiB is uploaded as a blob. An earlier workload is
    /// waited for, its receipt checked, and the bundle of proof and public values taken that it names
    #[arg(long = "input", value_name = "ROLE:SOURCE")]
    pub inputs: Vec<InputText>,
    /// Arguments for the prover, as text or as hex:…
    #[arg(long, value_name = "TEXT")]
    pub args: Option<String>,
    /// A file with all that is not given here, as `lemma run --local --save` writes it
    #[arg(long, value_name = "FILE")]
    pub request: Option<PathBuf>,
    #[command(flatten)]
    pub needs: Needs,
}

/// What a run asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The program.
    pub program: Option<ProgramId>,
    /// Inputs, in order.
    pub inputs: Vec<InputText>,
    /// Arguments, as text or as hex.
    pub args: String,
    /// Resources and time.
    pub needs: Needs,
}

/// The same in a file. Its keys are the options of the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Request {
    /// The program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<ProgramId>,
    /// Arguments.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub args: String,
    /// Inputs, in order; paths begin at the file's folder.
    #[serde(default)]
    pub inputs: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cpus: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    memory: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    disk: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gpus: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gpu_class: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_time: Option<String>,
}

impl Job {
    /// Puts command line and file together. What the command line says holds; inputs come from one of them.
    pub fn wanted(&self, program: Option<ProgramId>) -> anyhow::Result<Wanted> {
        let file = self.request.as_deref().map(Request::read).transpose()?;
        let Some(file) = file else {
            let args = self.args.clone().unwrap_or_default();
            return Ok(Wanted { program, inputs: self.inputs.clone(), args, needs: self.needs });
        };
        let inputs = if self.inputs.is_empty() { file.inputs } else { self.inputs.clone() };
        let args = self.args.clone().unwrap_or(file.args);
        Ok(Wanted { program: program.or(file.program), inputs, args, needs: self.needs.or(file.needs) })
    }
}

impl Request {
    /// A request for this.
    pub fn of(wanted: &Wanted) -> anyhow::Result<Self> {
        let mut inputs = Vec::with_capacity(wanted.inputs.len());
        for input in &wanted.inputs {
            inputs.push(input.clone().within(&std::env::current_dir()?).to_string());
        }
        let needs = &wanted.needs;
        let size = |size: Option<Mebibytes>| size.map(|size| format!("{}MiB", size.0));
        Ok(Self {
            program: wanted.program,
            args: wanted.args.clone(),
            inputs,
            cpus: needs.cpus,
            memory: size(needs.memory),
            disk: size(needs.disk),
            gpus: needs.gpus,
            gpu_class: needs.gpu_class,
            max_time: needs.max_time.map(|time| format!("{}ms", time.0.0)),
        })
    }

    /// Reads what a file asks for.
    pub fn read(path: &Path) -> anyhow::Result<Wanted> {
        let bytes = read_within(path, REQUEST_BYTES_MAX)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let wrong = |error: String| {
            let hint = "its keys are program, args, inputs, cpus, memory, disk, gpus, gpu-class and max-time";
            Failure::usage(format!("{} is no request: {error}", path.display()), hint)
        };
        let text = String::from_utf8(bytes).map_err(|error| wrong(error.to_string()))?;
        let request: Self = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        Ok(request.wanted(folder).map_err(wrong)?)
    }

    fn wanted(self, folder: &Path) -> Result<Wanted, String> {
        let inputs = self.inputs.iter().map(|text| text.parse::<InputText>().map(|input| input.within(folder)));
        let needs = Needs {
            cpus: self.cpus,
            memory: read(self.memory.as_deref())?,
            disk: read(self.disk.as_deref())?,
            gpus: self.gpus,
            gpu_class: self.gpu_class,
            max_time: read::<Span>(self.max_time.as_deref())?,
        };
        let inputs = inputs.collect::<Result<_, String>>()?;
        Ok(Wanted { program: self.program, inputs, args: self.args, needs })
    }
}

fn read<T: FromStr>(text: Option<&str>) -> Result<Option<T>, String>
where
    T::Err: ToString,
{
    text.map(|text| text.parse().map_err(|error: T::Err| error.to_string())).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn job(request: &Path) -> Job {
        Job { inputs: Vec::new(), args: None, request: Some(request.to_owned()), needs: Needs::default() }
    }

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("request.toml");
        fs::write(&path, text).expect("written");
        (dir, path)
    }

    #[test]
    fn what_is_written_is_read_again() {
        let needs = Needs {
            cpus: Some(2),
            memory: Some(Mebibytes(65)),
            disk: Some(Mebibytes(0)),
            max_time: "1.5s".parse().ok(),
            ..Needs::default()
        };
        let inputs = vec!["statement:hex:00ff".parse().expect("input"), "witness:file:/x".parse().expect("input")];
        let wanted = Wanted { program: Some(ProgramId([7; 32])), inputs, args: "fast".to_owned(), needs };
        let (_dir, path) = file(&toml::to_string(&Request::of(&wanted).expect("request")).expect("text"));
        assert_eq!(Request::read(&path).expect("read"), wanted);
    }

    #[test]
    fn the_command_line_holds_where_both_speak() {
        let (dir, path) = file("inputs = [\"witness:file:data/w\"]\nargs = \"slow\"\nmemory = \"1GiB\"\ncpus = 2\n");
        let of_file = job(&path).wanted(None).expect("read");
        assert_eq!(of_file.inputs[0].to_string(), format!("witness:file:{}", dir.path().join("data/w").display()));
        assert_eq!((of_file.args.as_str(), of_file.needs.memory), ("slow", Some(Mebibytes(1024))));
        let mut job = job(&path);
        job.inputs = vec!["statement:hex:".parse().expect("input")];
        job.args = Some("fast".to_owned());
        job.needs.memory = Some(Mebibytes(1));
        let both = job.wanted(Some(ProgramId([1; 32]))).expect("read");
        assert_eq!((both.inputs.len(), both.args.as_str(), both.needs.cpus), (1, "fast", Some(2)));
        assert_eq!((both.needs.memory, both.program), (Some(Mebibytes(1)), Some(ProgramId([1; 32]))));
    }

    #[test]
    fn a_file_that_is_no_request_is_refused_with_the_place() {
        for (text, place) in [
            ("cpus = -1", "cpus"),
            ("memory = \"much\"", "512MiB"),
            ("max-time = \"soon\"", "90s"),
            ("inputs = [\"secret:hex:00\"]", "statement:"),
            ("max_time = \"1s\"", "max_time"),
            ("no toml", "line 1"),
        ] {
            let (_dir, path) = file(text);
            let error = format!("{:#}", job(&path).wanted(None).expect_err("wrong"));
            assert!(error.contains("is no request") && error.contains(place), "{error}");
        }
        assert!(job(Path::new("/nowhere/request.toml")).wanted(None).is_err());
    }
}
