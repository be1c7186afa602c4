//! The filters, run by a small interpreter over every system call number, for both architectures.

use std::collections::BTreeMap;

use seccompiler::sock_filter;

use super::super::syscalls::{ALLOWED, Architecture, DENIED};
use super::{ALONE, NAMESPACES, Strictness, programs};

const BOTH: [Architecture; 2] = [Architecture::X86_64, Architecture::Aarch64];
const OWN: u32 = 4242;
const ALL: [Strictness; 3] = [
    Strictness { alone: None, watched: false },
    Strictness { alone: None, watched: true },
    Strictness { alone: Some(OWN), watched: true },
];

/// What the kernel does with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Answer {
    Kill,
    Error(u32),
    Allow,
}

const EPERM: Answer = Answer::Error(1);
const ENOSYS: Answer = Answer::Error(38);

/// `struct seccomp_data`.
#[derive(Clone, Copy)]
struct Call {
    number: u32,
    architecture: u32,
    arguments: [u64; 6],
}

impl Call {
    fn word(&self, offset: u32) -> u32 {
        let argument = |index: u32| self.arguments[index as usize];
        match offset {
            0 => self.number,
            4 => self.architecture,
            16..64 if offset.is_multiple_of(8) => argument((offset - 16) / 8) as u32,
            16..64 if offset % 8 == 4 => (argument((offset - 20) / 8) >> 32) as u32,
            _ => panic!("a load at {offset}"),
        }
    }
}

/// Runs a program of classic BPF, as far as seccomp allows it.
fn interpret(program: &[sock_filter], call: &Call) -> Answer {
    let (mut at, mut accumulator) = (0_usize, 0_u32);
    loop {
        let sock_filter { code, jt, jf, k } = program[at];
        let jump = |yes: bool| usize::from(if yes { jt } else { jf });
        at += 1;
        match code {
            0x20 => accumulator = call.word(k),
            0x54 => accumulator &= k,
            0x05 => at += k as usize,
            0x15 => at += jump(accumulator == k),
            0x25 => at += jump(accumulator > k),
            0x35 => at += jump(accumulator >= k),
            0x06 => {
                return match k & 0xffff_0000 {
                    0x8000_0000 => Answer::Kill,
                    0x0005_0000 => Answer::Error(k & 0xffff),
                    0x7fff_0000 => Answer::Allow,
                    other => panic!("an answer {other:#x}"),
                };
            }
            other => panic!("an instruction {other:#x}"),
        }
    }
}

/// A machine with both filters. The kernel takes the stricter answer, and of two errors the one installed last.
struct Machine {
    programs: [Vec<sock_filter>; 2],
    architecture: Architecture,
}

impl Machine {
    fn new(architecture: Architecture, strictness: Strictness) -> Self {
        Self { programs: programs(architecture, strictness).unwrap(), architecture }
    }

    fn audit(&self) -> u32 {
        match self.architecture {
            Architecture::X86_64 => 0xc000_003e,
            Architecture::Aarch64 => 0xc000_00b7,
        }
    }

    fn answer(&self, call: &Call) -> Answer {
        let [first, second] = [0, 1].map(|at| interpret(&self.programs[at], call));
        match (first, second) {
            (Answer::Error(_), Answer::Error(_)) => second,
            _ => first.min(second),
        }
    }

    fn number(&self, number: u32, arguments: [u64; 6]) -> Answer {
        self.answer(&Call { number, architecture: self.audit(), arguments })
    }

    fn call(&self, name: &str, arguments: &[u64]) -> Option<Answer> {
        let table = ALLOWED.on(self.architecture).chain(DENIED.on(self.architecture));
        let number = table.filter(|(one, _)| *one == name).map(|(_, number)| number as u32).next()?;
        let mut all = [0; 6];
        all[..arguments.len()].copy_from_slice(arguments);
        Some(self.number(number, all))
    }
}

fn machines() -> impl Iterator<Item = (Machine, Strictness)> {
    BOTH.into_iter().flat_map(|one| ALL.map(|strictness| (Machine::new(one, strictness), strictness)))
}

#[test]
fn every_number_is_allowed_refused_or_unknown_as_the_tables_say() {
    for (machine, strictness) in machines() {
        let of = |table: &super::super::syscalls::Table| -> BTreeMap<u32, &str> {
            table.on(machine.architecture).map(|(name, number)| (number as u32, name)).collect()
        };
        let (allowed, denied) = (of(&ALLOWED), of(&DENIED));
        for number in 0..1024 {
            let answer = machine.number(number, [0; 6]);
            let expected = match (allowed.get(&number), denied.contains_key(&number)) {
                (Some(name), _) if strictness.alone.is_some() && ALONE.contains(name) => EPERM,
                (Some(&("kill" | "tgkill" | "clone")), _) if strictness.alone.is_some() => EPERM,
                (Some(&"memfd_create"), _) if strictness.watched => EPERM,
                (Some(_), _) => Answer::Allow,
                (None, true) => EPERM,
                (None, false) => ENOSYS,
            };
            assert_eq!(answer, expected, "{number} on {:?} with {strictness:?}", machine.architecture);
        }
    }
}

#[test]
fn what_is_known_to_be_dangerous_is_refused_everywhere() {
    let dangerous = [
        "socket",
        "socketpair",
        "connect",
        "bind",
        "ptrace",
        "process_vm_readv",
        "mount",
        "umount2",
        "pivot_root",
        "chroot",
        "unshare",
        "setns",
        "bpf",
        "io_uring_setup",
        "keyctl",
        "add_key",
        "userfaultfd",
        "perf_event_open",
        "mknodat",
        "open_by_handle_at",
        "init_module",
        "finit_module",
        "kexec_load",
        "reboot",
        "swapon",
        "seccomp",
        "memfd_secret",
        "pidfd_open",
        "pidfd_getfd",
        "pidfd_send_signal",
        "move_mount",
        "fsopen",
        "open_tree",
        "mount_setattr",
        "settimeofday",
        "clock_settime",
        "sethostname",
        "personality",
        "quotactl",
        "acct",
        "syslog",
        "shmget",
        "mq_open",
        "sched_setaffinity",
    ];
    for (machine, _) in machines() {
        for name in dangerous {
            assert_eq!(machine.call(name, &[]), Some(EPERM), "{name} on {:?}", machine.architecture);
        }
    }
}

#[test]
fn a_namespace_is_refused_by_any_of_its_flags_and_a_thread_or_process_is_not() {
    const THREAD: u64 = 0x3d_0f00;
    for (machine, strictness) in machines() {
        for flag in NAMESPACES {
            for with in [0, 17, THREAD] {
                assert_eq!(machine.call("clone", &[flag as u64 | with]), Some(EPERM), "{flag:#x}");
            }
        }
        assert_eq!(machine.call("clone", &[THREAD]), Some(Answer::Allow));
        let process = if strictness.alone.is_some() { EPERM } else { Answer::Allow };
        assert_eq!(machine.call("clone", &[17]), Some(process));
        assert_eq!(machine.number(435, [0; 6]), ENOSYS, "clone3");
    }
}

#[test]
fn arguments_that_reach_others_are_refused() {
    let (own, other) = (u64::from(OWN), 1);
    for (machine, strictness) in machines() {
        let (alone, watched) = (strictness.alone.is_some(), strictness.watched);
        let unless = |refused: bool| Some(if refused { EPERM } else { Answer::Allow });
        assert_eq!(machine.call("prlimit64", &[0, 7]), Some(Answer::Allow));
        assert_eq!(machine.call("prlimit64", &[other, 7]), Some(EPERM));
        // The upper half of the register does not reach the kernel.
        assert_eq!(machine.call("prlimit64", &[1 << 32, 7]), Some(Answer::Allow));
        for command in [8, 10, 15] {
            assert_eq!(machine.call("fcntl", &[0, command]), Some(EPERM));
            assert_eq!(machine.call("fcntl", &[0, command | 7 << 32]), Some(EPERM));
        }
        assert_eq!(machine.call("fcntl", &[0, 3]), Some(Answer::Allow));
        assert_eq!(machine.call("ioctl", &[0, 0x5412]), Some(EPERM));
        assert_eq!(machine.call("ioctl", &[0, 0x5401]), Some(Answer::Allow));
        for name in ["kill", "tgkill"] {
            assert_eq!(machine.call(name, &[own]), Some(Answer::Allow));
            assert_eq!(machine.call(name, &[other]), unless(alone));
            assert_eq!(machine.call(name, &[u64::MAX]), unless(alone), "everybody");
        }
        assert_eq!(machine.call("prctl", &[1, 0]), unless(alone), "PR_SET_PDEATHSIG");
        assert_eq!(machine.call("prctl", &[15, 0]), Some(Answer::Allow), "PR_SET_NAME");
        for shared in [0x21, 0x23] {
            assert_eq!(machine.call("mmap", &[0, 4096, 3, shared]), unless(watched));
        }
        assert_eq!(machine.call("mmap", &[0, 4096, 3, 0x22]), Some(Answer::Allow));
    }
}

#[test]
fn the_tables_of_other_architectures_do_not_exist() {
    for (machine, _) in machines() {
        for architecture in [0x4000_0003, 0xc000_003e, 0xc000_00b7, 0x4000_0028, 0] {
            let answer = machine.answer(&Call { number: 1, architecture, arguments: [0; 6] });
            assert_eq!(answer == Answer::Kill, architecture != machine.audit());
        }
        for number in (0..1024).map(|number| number | 0x4000_0000).chain([u32::MAX]) {
            assert_eq!(machine.number(number, [0; 6]), ENOSYS, "the x32 table");
        }
    }
}

/// The numbers against those that the C library of this machine was built with.
#[test]
fn the_numbers_are_those_of_the_c_library() {
    let Some(native) = super::native() else { return };
    let numbers: BTreeMap<&str, i64> = ALLOWED.on(native).chain(DENIED.on(native)).collect();
    let known = [
        ("read", libc::SYS_read),
        ("openat", libc::SYS_openat),
        ("clone", libc::SYS_clone),
        ("execve", libc::SYS_execve),
        ("socket", libc::SYS_socket),
        ("ptrace", libc::SYS_ptrace),
        ("mount", libc::SYS_mount),
        ("unshare", libc::SYS_unshare),
        ("setns", libc::SYS_setns),
        ("bpf", libc::SYS_bpf),
        ("keyctl", libc::SYS_keyctl),
        ("seccomp", libc::SYS_seccomp),
        ("mknodat", libc::SYS_mknodat),
        ("prlimit64", libc::SYS_prlimit64),
        ("fcntl", libc::SYS_fcntl),
        ("ioctl", libc::SYS_ioctl),
        ("mmap", libc::SYS_mmap),
        ("kill", libc::SYS_kill),
        ("tgkill", libc::SYS_tgkill),
        ("memfd_create", libc::SYS_memfd_create),
        ("io_uring_setup", libc::SYS_io_uring_setup),
        ("exit_group", libc::SYS_exit_group),
    ];
    for (name, number) in known {
        assert_eq!(numbers.get(name), Some(&number), "{name}");
    }
}

/// The numbers of aarch64 against the kernel's generic header, which comes with every C library's headers.
#[test]
fn the_numbers_of_aarch64_are_those_of_the_generic_header() {
    let header = std::fs::read_to_string("/usr/include/asm-generic/unistd.h").expect("the kernel's headers");
    let defined = header.lines().filter_map(|line| {
        let mut words = line.strip_prefix("#define __NR")?.split_ascii_whitespace();
        let name = words.next()?;
        let name = name.strip_prefix("3264_").or(name.strip_prefix('_'))?;
        Some((name, words.next()?.parse::<i64>().ok()?))
    });
    let defined: BTreeMap<&str, i64> = defined.collect();
    let ours: Vec<_> = ALLOWED.on(Architecture::Aarch64).chain(DENIED.on(Architecture::Aarch64)).collect();
    // The generic table calls one of them by a shorter name.
    let header_name = |name: &str| if name == "newfstatat" { "fstatat".to_owned() } else { name.to_owned() };
    let compared = ours.iter().filter(|(name, number)| match defined.get(header_name(name).as_str()) {
        Some(other) => {
            assert_eq!(number, other, "{name}");
            true
        }
        None => false,
    });
    assert!(compared.count() > 200, "an older header knows a few names less, not most of them");
}
