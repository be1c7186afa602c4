//! A job's own directory on the host, and what the sandbox is told about it.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::{Mode, OFlags};

use super::image::Image;
use super::spec::{Isolation, Spec};
use super::{Means, NativeJob, Source, watch};
use crate::FailReason;

/// Users for programs, when the node is root, as first and count: far above those of people, services and containers;
/// or, where the node is root of a container that has none of these, the last ones that containers have.
const OUTER: [(u32, u32); 2] = [(0x7100_0000, 1 << 16), (64_000, 1 << 10)];
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const ARGUMENTS: &str = "arguments";
/// Room for what a user starts beside a program that shares its count.
const OTHERS_MORE: u64 = 256;

/// The directory of one job, removed when dropped.
///
/// With namespaces it holds what the sandbox mounts: `root`, a place for the new root, and the inputs that are not
/// files elsewhere. Without them the program runs in it and sees `prover`, `in` and `out`.
pub(super) struct Place {
    dir: PathBuf,
    inputs: Vec<(String, PathBuf)>,
    outer: Option<u32>,
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

impl Place {
    pub(super) fn make(jobs: &Path, means: &Means, job: &NativeJob<'_>, image: &Image) -> Result<Self, FailReason> {
        if means.isolation == Isolation::Landlock && !image.is_static {
            let text = "this machine has no namespaces, and only static programs run without a root of their own";
            return Err(FailReason::HostError(text.to_owned()));
        }
        if job.workload.contains('\0') {
            return Err(FailReason::HostError("the workload's name has a zero byte".to_owned()));
        }
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let outer = outer(number)?;
        let mut place = Self { dir: jobs.join(number.to_string()), inputs: Vec::new(), outer };
        let failed = |error: io::Error| FailReason::HostError(format!("the job's directory: {error}"));
        place.fill(means, job, image).map_err(failed)?;
        Ok(place)
    }

    fn fill(&mut self, means: &Means, job: &NativeJob<'_>, image: &Image) -> io::Result<()> {
        open_dir(&self.dir)?;
        open_dir(&self.dir.join("in"))?;
        open_dir(&self.dir.join("root"))?;
        self.input(means, ARGUMENTS.to_owned(), &Source::Bytes(job.arguments))?;
        for (number, source) in job.inputs.iter().enumerate() {
            self.input(means, number.to_string(), source)?;
        }
        if means.isolation == Isolation::Landlock {
            self.share(&image.root.join("prover"), &self.dir.join("prover"))?;
            open_dir(&self.dir.join("out"))?;
            for name in ["proof", "public"] {
                let path = self.dir.join("out").join(name);
                File::create_new(&path)?;
                if self.outer.is_some() {
                    chown(&path, self.outer, self.outer)?;
                }
            }
        }
        Ok(())
    }

    fn input(&mut self, means: &Means, name: String, source: &Source<'_>) -> io::Result<()> {
        let own = self.dir.join("in").join(&name);
        let path = match source {
            Source::Bytes(bytes) => {
                fs::write(&own, bytes)?;
                fs::set_permissions(&own, fs::Permissions::from_mode(0o444))?;
                own
            }
            Source::File(path) if means.isolation == Isolation::Namespaces && self.may_read(path)? => {
                path.canonicalize()?
            }
            Source::File(path) => {
                self.share(path, &own)?;
                own
            }
        };
        self.inputs.push((name, path));
        Ok(())
    }

    /// Makes a file of the host readable at `to`: as a second name if the program may read it, else as a copy.
    fn share(&self, from: &Path, to: &Path) -> io::Result<()> {
        if self.may_read(from)? && fs::hard_link(from.canonicalize()?, to).is_ok() {
            return Ok(());
        }
        let mode = if fs::metadata(from)?.permissions().mode() & 0o111 == 0 { 0o444 } else { 0o555 };
        fs::copy(from, to)?;
        fs::set_permissions(to, fs::Permissions::from_mode(mode))
    }

    /// Whether the program's user may read a file once it can get there.
    fn may_read(&self, path: &Path) -> io::Result<bool> {
        let metadata = fs::metadata(path)?;
        if !metadata.is_file() {
            return Err(io::Error::other(format!("{} is not a file", path.display())));
        }
        Ok(self.outer.is_none() || metadata.permissions().mode() & 0o004 != 0)
    }

    /// All that the sandbox must know.
    pub(super) fn spec(
        &self,
        means: &Means,
        job: &NativeJob<'_>,
        image: &Image,
        groups: Vec<PathBuf>,
        cpus: Vec<usize>,
    ) -> Spec {
        let watched = groups.is_empty();
        let command = match means.isolation {
            Isolation::Namespaces => image.command.clone(),
            Isolation::Landlock => vec!["./prover".to_owned()],
        };
        let working_dir = if image.working_dir.is_empty() { "/work" } else { &image.working_dir };
        Spec {
            parent: std::process::id(),
            isolation: means.isolation,
            outer: self.outer,
            landlock: means.landlock > 0,
            job_dir: self.dir.clone(),
            root: image.root.clone(),
            command,
            environment: environment(means, job, image, cpus.len()),
            working_dir: working_dir.to_owned(),
            inputs: self.inputs.clone(),
            groups,
            cpus,
            disk_bytes: job.disk_bytes,
            files_max: job.files_max(),
            processes_max: self.tasks_max(means, job),
            // The watch ends a program before it gets here, unless it is very fast.
            data_bytes_max: watched.then(|| job.limits.memory_bytes.saturating_mul(2).saturating_add(64 << 20)),
        }
    }

    /// Without namespaces and without a user of its own, the program shares the user's count with everything else that
    /// the user runs.
    fn tasks_max(&self, means: &Means, job: &NativeJob<'_>) -> u64 {
        match (means.isolation, self.outer) {
            (Isolation::Landlock, None) => {
                let others = watch::tasks_of(rustix::process::geteuid().as_raw());
                others.saturating_add(OTHERS_MORE).saturating_add(job.tasks())
            }
            _ => job.tasks(),
        }
    }

    /// The output directory, when it lies here.
    pub(super) fn output(&self) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(rustix::fs::open(self.dir.join("out"), flags, Mode::empty())?)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What stays is removed at the next start.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// The user of one job, if the node may choose one. A root that has no other users than itself runs nothing: no limit
/// of processes holds for root.
fn outer(number: u32) -> Result<Option<u32>, FailReason> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let maps = ["/proc/self/uid_map", "/proc/self/gid_map"].map(|path| fs::read_to_string(path).unwrap_or_default());
    let is_there = |(first, count): &(u32, u32)| maps.iter().all(|map| is_mapped(map, *first, *count));
    let chosen = OUTER.into_iter().find(is_there).map(|(first, count)| first + number % count);
    let missing =
        || FailReason::HostError("the node is root, and there is no user that programs could run as".to_owned());
    chosen.map(Some).ok_or_else(missing)
}

/// Whether one line of a map of users holds all of these.
fn is_mapped(map: &str, first: u32, count: u32) -> bool {
    map.lines().any(|line| {
        let mut numbers = line.split_ascii_whitespace().map(|word| word.parse::<u64>().unwrap_or(0));
        let (start, _, length) = (numbers.next(), numbers.next(), numbers.next());
        let (start, length) = (start.unwrap_or(0), length.unwrap_or(0));
        start <= u64::from(first) && u64::from(first) + u64::from(count) <= start + length
    })
}

/// A directory that other users may pass through, whatever the mask of this process.
fn open_dir(path: &Path) -> io::Result<()> {
    fs::create_dir(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

fn environment(means: &Means, job: &NativeJob<'_>, image: &Image, threads: usize) -> Vec<(String, String)> {
    let (home, input, output) = match means.isolation {
        Isolation::Namespaces => ("/work", concat!("/work", "/in"), concat!("/work", "/out")),
        // Relative, because the way there may be closed to the program.
        Isolation::Landlock => (".", "in", "out"),
    };
    let own = [
        ("LEMMA_WORKLOAD", job.workload.to_owned()),
        ("LEMMA_INPUT_DIR", input.to_owned()),
        ("LEMMA_OUTPUT_DIR", output.to_owned()),
        ("LEMMA_THREADS", threads.to_string()),
        ("LEMMA_MEMORY_BYTES", job.limits.memory_bytes.to_string()),
        ("LEMMA_DEADLINE_MS", job.limits.wall_ms.to_string()),
    ];
    let own = own.map(|(key, value)| (key.to_owned(), value));
    let defaults = [("PATH", PATH), ("HOME", home)].map(|(key, value)| (key.to_owned(), value.to_owned()));
    let is_set = |(key, _): &(String, String)| image.environment.iter().chain(&own).any(|(set, _)| set == key);
    let defaults = defaults.into_iter().filter(|one| !is_set(one));
    let of_image = image.environment.iter().filter(|(key, _)| own.iter().all(|(set, _)| set != key)).cloned();
    defaults.chain(of_image).chain(own.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_get_users_that_exist() {
        let on = |map: &str| OUTER.map(|(first, count)| is_mapped(map, first, count));
        assert_eq!(on("         0          0 4294967295\n"), [true, true]);
        assert_eq!(on("0 100000 65536\n"), [false, true]);
        assert_eq!(on("0 1000 1\n"), [false, false]);
        assert_eq!(on("0 1000 1\n1 100000 65536\n"), [false, true]);
        assert_eq!(on(""), [false, false]);
    }
}
