//! System calls by number, and the numbers.

#![expect(unsafe_code, reason = "a program that means harm does not ask politely")]

use std::io;

unsafe extern "C" {
    fn syscall(number: i64, ...) -> i64;
}

/// Calls the kernel.
pub fn call(number: i64, arguments: &[i64]) -> io::Result<i64> {
    let at = |index: usize| arguments.get(index).copied().unwrap_or(0);
    // SAFETY: whatever the kernel does with these numbers is the experiment; pointers among them are valid or null.
    let result = unsafe { syscall(number, at(0), at(1), at(2), at(3), at(4), at(5)) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Ends this program with a code.
pub fn leave(code: i32) -> ! {
    let _ = call(EXIT_GROUP, &[i64::from(code)]);
    std::process::abort()
}

/// A path or a name as an argument. Leaks: the program ends soon.
pub fn text(text: &str) -> i64 {
    std::ffi::CString::new(text).map_or(0, |text| text.into_raw() as i64)
}

/// Room for the kernel to write to. Leaks as well.
pub fn room(bytes: usize) -> i64 {
    vec![0_u8; bytes].leak().as_mut_ptr() as i64
}

macro_rules! numbers {
    ($($name:ident $x86_64:literal $aarch64:literal,)*) => {
        $(#[cfg(target_arch = "x86_64")] pub const $name: i64 = $x86_64;
          #[cfg(not(target_arch = "x86_64"))] pub const $name: i64 = $aarch64;)*
    };
}

numbers! {
    MMAP 9 222, MADVISE 28 233, SOCKET 41 198, SOCKETPAIR 53 199, CLONE 56 220, KILL 62 129, FCNTL 72 25, PTRACE 101 117,
    SETGID 106 144, SETUID 105 146, SETGROUPS 116 159, CAPSET 126 91, SETPRIORITY 141 140, MKNODAT 259 33,
    PIVOT_ROOT 155 41, PRCTL 157 167, CHROOT 161 51, MOUNT 165 40, UMOUNT 166 39, SWAPON 167 224, REBOOT 169 142,
    SETHOSTNAME 170 161, INIT_MODULE 175 105, SCHED_SETAFFINITY 203 122, CLOCK_SETTIME 227 112, ADD_KEY 248 217,
    REQUEST_KEY 249 218, KEYCTL 250 219, UNSHARE 272 97, PERF_EVENT_OPEN 298 241, NAME_TO_HANDLE 303 264,
    OPEN_BY_HANDLE 304 265, PRLIMIT 302 261, SETNS 308 268, VM_READV 310 270, SECCOMP 317 277, MEMFD_CREATE 319 279,
    BPF 321 280, USERFAULTFD 323 282, IO_URING_SETUP 425 425, PIDFD_OPEN 434 434, OPEN_TREE 428 428, FSOPEN 430 430,
    CLONE3 435 435, MEMFD_SECRET 447 447, MSGGET 68 186, SHMGET 29 194, MQ_OPEN 240 180, IOCTL 16 29, KEXEC_LOAD 246 104,
    EXIT 60 93, FANOTIFY_INIT 300 262, PERSONALITY 135 92, SYSLOG 103 116, ACCT 163 89, QUOTACTL 179 60, VHANGUP 153 58,
    TGKILL 234 131, GETPID 39 172, WRITE 1 64, EXIT_GROUP 231 94,
}
