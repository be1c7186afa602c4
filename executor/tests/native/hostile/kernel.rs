//! Deeds against the kernel's own fences: privileges, namespaces, mounts, devices, the filter.

use std::fs;

use super::sys::{self, call, room, text};
use super::{Deed, of, refused};

const NEW_USER: i64 = 0x1000_0000;
const NEW_NS: i64 = 0x2_0000;
const NEW_PID: i64 = 0x2000_0000;
const NEW_NET: i64 = 0x4000_0000;
const SIGCHLD: i64 = 17;
const AT_FDCWD: i64 = -100;

pub fn attempt(name: &str, rest: &[&str]) -> Option<Deed> {
    Some(match name {
        "become-root" => become_root(),
        "take-capabilities" => take_capabilities(),
        "loosen-filter" => loosen_filter(),
        "new-namespaces" => new_namespaces(),
        "enter-namespaces" => enter_namespaces(),
        "mount" => mount(),
        "change-root" => change_root(),
        "make-devices" => make_devices(),
        "raw-devices" => raw_devices(),
        "kernel-settings" => kernel_settings(),
        "machine" => machine(),
        "other-tables" => other_tables(),
        "new-interfaces" => new_interfaces(),
        "keys" => keys(),
        "handles" => handles(),
        "raise-limits" => raise_limits(),
        "sockets" => sockets(),
        "connect" => connect(rest),
        "ipc" => ipc(),
        "terminal" => terminal(),
        "foreign-calls" => foreign_calls(),
        _ => return None,
    })
}

fn become_root() -> Deed {
    refused(&[
        ("setuid", call(sys::SETUID, &[0])),
        ("setgid", call(sys::SETGID, &[0])),
        ("setgroups", call(sys::SETGROUPS, &[0, 0])),
    ])
}

/// Asks for every capability in all three sets.
fn take_capabilities() -> Deed {
    let header: Box<[u32; 2]> = Box::new([0x2008_0522, 0]);
    let all: Box<[u32; 6]> = Box::new([u32::MAX; 6]);
    refused(&[
        ("capset", call(sys::CAPSET, &[Box::leak(header).as_ptr() as i64, Box::leak(all).as_ptr() as i64])),
        ("ambient", call(sys::PRCTL, &[47, 2, 21, 0, 0])),
        ("privileges again", call(sys::PRCTL, &[38, 0, 0, 0, 0])),
    ])
}

fn loosen_filter() -> Deed {
    refused(&[
        ("seccomp", call(sys::SECCOMP, &[1, 0, room(16)])),
        ("prctl off", call(sys::PRCTL, &[22, 0, 0, 0, 0])),
        ("personality", call(sys::PERSONALITY, &[0x40_0000])),
    ])
}

fn new_namespaces() -> Deed {
    let clone = |flags: i64| call(sys::CLONE, &[flags | SIGCHLD, 0, 0, 0, 0]).inspect(exit_if_child);
    let clone3 = |flags: u64| {
        let arguments = Box::leak(Box::new([flags, 0, 0, 0, SIGCHLD as u64, 0, 0, 0, 0, 0, 0]));
        call(sys::CLONE3, &[arguments.as_ptr() as i64, 88]).inspect(exit_if_child)
    };
    refused(&[
        ("unshare user", call(sys::UNSHARE, &[NEW_USER])),
        ("unshare mounts", call(sys::UNSHARE, &[NEW_NS])),
        ("clone user", clone(NEW_USER)),
        ("clone user and network", clone(NEW_USER | NEW_NET)),
        ("clone processes", clone(NEW_PID)),
        ("clone3 user", clone3(NEW_USER as u64)),
        ("clone3", clone3(0)),
    ])
}

fn exit_if_child(result: &i64) {
    if *result == 0 {
        let _ = call(sys::EXIT, &[0]);
    }
}

fn enter_namespaces() -> Deed {
    let own = fs::File::open("/proc/1/ns/mnt").or_else(|_| fs::File::open("/proc/self/ns/user"));
    let descriptor = own.map_or(-1, |file| i64::from(std::os::fd::IntoRawFd::into_raw_fd(file)));
    refused(&[("setns", call(sys::SETNS, &[descriptor, 0])), ("pidfd_open", call(sys::PIDFD_OPEN, &[1, 0]))])
}

fn mount() -> Deed {
    let (tmpfs, none) = (text("tmpfs"), text("none"));
    refused(&[
        ("tmpfs", call(sys::MOUNT, &[none, text("/tmp"), tmpfs, 0, 0])),
        ("remount writable", call(sys::MOUNT, &[none, text("/"), 0, 0x20, 0])),
        ("bind", call(sys::MOUNT, &[text("/"), text("/tmp"), 0, 0x1000, 0])),
        ("unmount inputs", call(sys::UMOUNT, &[text(concat!("/work", "/in")), 2])),
        ("unmount root", call(sys::UMOUNT, &[text("/"), 2])),
        ("open_tree", call(sys::OPEN_TREE, &[AT_FDCWD, text("/"), 1])),
        ("fsopen", call(sys::FSOPEN, &[tmpfs, 0])),
    ])
}

fn change_root() -> Deed {
    refused(&[
        ("chroot", call(sys::CHROOT, &[text("/tmp")])),
        ("pivot_root", call(sys::PIVOT_ROOT, &[text("/tmp"), text("/tmp")])),
    ])
}

fn make_devices() -> Deed {
    let (character, block, pipe) = (0o020_666, 0o060_666, 0o010_666);
    let node = |name: &str, mode: i64, device: i64| call(sys::MKNODAT, &[AT_FDCWD, text(name), mode, device]);
    refused(&[
        ("memory", node("/tmp/mem", character, 0x101)),
        ("disk", node("/tmp/sda", block, 0x800)),
        ("null", node("/tmp/null", character, 0x103)),
        ("pipe", node("/tmp/pipe", pipe, 0)),
    ])
}

fn raw_devices() -> Deed {
    let paths = ["/dev/mem", "/dev/kmem", "/dev/port", "/dev/kvm", "/dev/sda", "/dev/vda", "/dev/fuse", "/dev/net/tun"];
    let open = |path: &'static str| (path, of(fs::File::open(path)));
    refused(&paths.map(open))
}

fn kernel_settings() -> Deed {
    let paths = [
        "/proc/sys/kernel/core_pattern",
        "/proc/sys/vm/overcommit_memory",
        "/proc/sysrq-trigger",
        "/proc/self/oom_score_adj",
        "/proc/1/oom_score_adj",
        "/sys/kernel/uevent_helper",
        "/sys/fs/cgroup/cgroup.procs",
    ];
    let write = |path: &'static str| (path, of(fs::OpenOptions::new().write(true).open(path)));
    let read = |path: &'static str| (path, of(fs::File::open(path)));
    let secrets = ["/proc/kcore", "/proc/kmsg", "/proc/1/mem", "/proc/1/environ", "/proc/1/maps"];
    refused(&paths.map(write).into_iter().chain(secrets.map(read)).collect::<Vec<_>>())
}

fn machine() -> Deed {
    refused(&[
        ("reboot", call(sys::REBOOT, &[0xfee1_dead, 672_274_793, 0x0123_4567])),
        ("clock_settime", call(sys::CLOCK_SETTIME, &[0, room(16)])),
        ("sethostname", call(sys::SETHOSTNAME, &[text("evil"), 4])),
        ("swapon", call(sys::SWAPON, &[text("/tmp/swap"), 0])),
        ("init_module", call(sys::INIT_MODULE, &[room(16), 16, text("")])),
        ("kexec_load", call(sys::KEXEC_LOAD, &[0, 0, 0, 0])),
        ("acct", call(sys::ACCT, &[text("/tmp/acct")])),
        ("syslog", call(sys::SYSLOG, &[3, room(64), 64])),
        ("quotactl", call(sys::QUOTACTL, &[0, 0, 0, 0])),
        ("vhangup", call(sys::VHANGUP, &[])),
    ])
}

/// The numbers of the x32 table, and numbers that no kernel has.
fn other_tables() -> Deed {
    refused(&[
        ("x32 getpid", call(0x4000_0000 | sys::GETPID, &[])),
        ("x32 ptrace", call(0x4000_0000 | 521, &[0, 0, 0, 0])),
        ("number 511", call(511, &[])),
        ("number 100000", call(100_000, &[])),
    ])
}

fn new_interfaces() -> Deed {
    refused(&[
        ("io_uring", call(sys::IO_URING_SETUP, &[8, room(120)])),
        ("bpf", call(sys::BPF, &[0, room(128), 128])),
        ("perf", call(sys::PERF_EVENT_OPEN, &[room(128), 0, -1, -1, 0])),
        ("userfaultfd", call(sys::USERFAULTFD, &[1])),
        ("fanotify", call(sys::FANOTIFY_INIT, &[0, 0])),
        ("memfd_secret", call(sys::MEMFD_SECRET, &[0])),
    ])
}

fn keys() -> Deed {
    refused(&[
        ("add_key", call(sys::ADD_KEY, &[text("user"), text("x"), room(8), 8, -3])),
        ("request_key", call(sys::REQUEST_KEY, &[text("user"), text("x"), 0, 0])),
        ("keyctl", call(sys::KEYCTL, &[0, -3, 1])),
    ])
}

fn handles() -> Deed {
    let handle = room(160);
    refused(&[
        ("name_to_handle_at", call(sys::NAME_TO_HANDLE, &[AT_FDCWD, text("/"), handle, room(8), 0])),
        ("open_by_handle_at", call(sys::OPEN_BY_HANDLE, &[AT_FDCWD, handle, 0])),
    ])
}

/// Beyond what is set: processes, processors, priority.
fn raise_limits() -> Deed {
    let limit = |resource: i64| {
        let most = Box::leak(Box::new([u64::MAX, u64::MAX]));
        call(sys::PRLIMIT, &[0, resource, most.as_ptr() as i64, 0])
    };
    let processors = Box::leak(Box::new([u64::MAX; 16]));
    refused(&[
        ("core files", limit(4)),
        ("open files", limit(7)),
        ("locked memory", limit(8)),
        ("processors", call(sys::SCHED_SETAFFINITY, &[0, 128, processors.as_ptr() as i64])),
        ("priority", call(sys::SETPRIORITY, &[0, 0, -20])),
    ])
}

fn sockets() -> Deed {
    let socket = |family: i64, kind: i64| call(sys::SOCKET, &[family, kind, 0]);
    refused(&[
        ("tcp", socket(2, 1)),
        ("udp", socket(2, 2)),
        ("tcp6", socket(10, 1)),
        ("raw", socket(2, 3)),
        ("packet", socket(17, 3)),
        ("netlink", socket(16, 3)),
        ("unix", socket(1, 1)),
        ("vsock", socket(40, 1)),
        ("alg", socket(38, 5)),
        ("pair", call(sys::SOCKETPAIR, &[1, 1, 0, room(8)])),
    ])
}

fn connect(rest: &[&str]) -> Deed {
    let address = rest.first().copied().unwrap_or_default();
    refused(&[
        ("connect", of(std::net::TcpStream::connect(address))),
        ("listen", of(std::net::TcpListener::bind("0.0.0.0:0"))),
    ])
}

fn ipc() -> Deed {
    refused(&[
        ("shmget", call(sys::SHMGET, &[0, 4096, 0o1777])),
        ("msgget", call(sys::MSGGET, &[0, 0o1777])),
        ("mq_open", call(sys::MQ_OPEN, &[text("/evil"), 0o102, 0o777, 0])),
    ])
}

fn terminal() -> Deed {
    let typed = text("x");
    let push = |descriptor: i64| call(sys::IOCTL, &[descriptor, 0x5412, typed]);
    refused(&[
        ("TIOCSTI 0", push(0)),
        ("TIOCSTI 1", push(1)),
        ("TIOCSTI 2", push(2)),
        ("/dev/tty", of(fs::File::open("/dev/tty"))),
        ("/dev/ptmx", of(fs::File::open("/dev/ptmx"))),
    ])
}

/// A call by the 32-bit table: it ends the program at once.
fn foreign_calls() -> Deed {
    #[cfg(target_arch = "x86_64")]
    {
        let result: u32;
        #[expect(unsafe_code, reason = "the old way into the kernel")]
        // SAFETY: getpid by the 32-bit table changes nothing but the register it returns in.
        unsafe {
            std::arch::asm!("int 0x80", inlateout("eax") 20 => result, out("r8") _, out("r9") _, out("r10") _, out("r11") _)
        };
        Deed::Escaped(format!("getpid by the 32-bit table: {result}"))
    }
    #[cfg(not(target_arch = "x86_64"))]
    std::process::abort()
}
