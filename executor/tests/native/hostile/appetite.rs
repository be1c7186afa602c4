//! Deeds of appetite: time, memory, disk, processes, log.

use std::fs::File;
use std::io::Write;

use super::sys::{self, call};
use super::{Deed, name_of};

const MIB: usize = 1 << 20;

pub fn attempt(name: &str, rest: &[&str]) -> Option<Deed> {
    Some(match name {
        "loop" => forever(),
        "deaf-loop" => deaf(),
        "eat-memory" => eat_memory(),
        "eat-shared-memory" => eat_shared(0x21, -1),
        "eat-hidden-memory" => eat_hidden(),
        "eat-memory-files" => eat_memory_files(),
        "eat-memory-in-children" => eat_in_children(),
        "fork-bomb" => fork_bomb(),
        "thread-bomb" => thread_bomb(),
        "orphans" => orphans(),
        "fill-disk" => fill_disk(rest.first().copied().unwrap_or("/tmp"), true),
        "fill-disk-unseen" => fill_disk(rest.first().copied().unwrap_or("/tmp"), false),
        "many-files" => many_files(),
        "log-forever" => log_forever(),
        "progress-forever" => progress_forever(),
        "crash" => crash(),
        "abort" => std::process::abort(),
        "kill-itself" => kill_itself(),
        "exit" => sys::leave(rest.first().and_then(|code| code.parse().ok()).unwrap_or(1)),
        "work" => work(rest),
        _ => return None,
    })
}

fn forever() -> ! {
    eprintln!("looping");
    loop {
        std::hint::spin_loop();
    }
}

/// Ignores every signal that can be ignored, and the death of its parent.
fn deaf() -> ! {
    #[cfg(target_arch = "x86_64")]
    const SIGACTION: i64 = 13;
    #[cfg(not(target_arch = "x86_64"))]
    const SIGACTION: i64 = 134;
    let ignore = Box::leak(Box::new([1_u64, 0, 0, 0]));
    for signal in 1..=64 {
        let _ = call(SIGACTION, &[signal, ignore.as_ptr() as i64, 0, 8]);
    }
    let _ = call(sys::PRCTL, &[1, 0, 0, 0, 0]);
    forever()
}

/// Writes to every page, so that it is really there.
fn touch(bytes: &mut [u8]) {
    bytes.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
}

fn eat_memory() -> ! {
    loop {
        let mut piece = Vec::<u8>::with_capacity(8 * MIB);
        piece.resize(8 * MIB, 1);
        touch(piece.leak());
    }
}

/// Shared memory, dropped from the page tables as soon as it is filled, so that no resident set shows it.
fn eat_shared(flags: i64, descriptor: i64) -> Deed {
    for piece in 0.. {
        let size = 8 * MIB;
        let address = match call(sys::MMAP, &[0, size as i64, 3, flags, descriptor, 0]) {
            Ok(address) => address,
            Err(error) => return Deed::Held(format!("mmap {} after {} MiB", name_of(&error), piece * 8)),
        };
        #[expect(unsafe_code, reason = "memory as the kernel gave it")]
        // SAFETY: the kernel just mapped these bytes, readable and writable, for nobody else.
        touch(unsafe { std::slice::from_raw_parts_mut(address as *mut u8, size) });
        let _ = call(sys::MADVISE, &[address, size as i64, 4]);
    }
    Deed::Escaped("shared memory without end".to_owned())
}

/// The same through /dev/zero.
fn eat_hidden() -> Deed {
    match std::fs::OpenOptions::new().read(true).write(true).open("/dev/zero") {
        Ok(zero) => eat_shared(1, i64::from(std::os::fd::IntoRawFd::into_raw_fd(zero))),
        Err(error) => Deed::Held(format!("/dev/zero {}", name_of(&error))),
    }
}

/// Files in memory that are nowhere mapped.
fn eat_memory_files() -> Deed {
    let piece = vec![1_u8; 8 * MIB];
    loop {
        let descriptor = match call(sys::MEMFD_CREATE, &[sys::text("x"), 0]) {
            Ok(descriptor) => descriptor,
            Err(error) => return Deed::Held(format!("memfd_create {}", name_of(&error))),
        };
        let mut file = match File::options().write(true).open(format!("/proc/self/fd/{descriptor}")) {
            Ok(file) => file,
            Err(error) => return Deed::Held(format!("open {}", name_of(&error))),
        };
        for _ in 0..64 {
            if file.write_all(&piece).is_err() {
                break;
            }
        }
    }
}

/// Many processes, each with a little.
fn eat_in_children() -> Deed {
    for count in 0..64 {
        match call(sys::CLONE, &[17, 0, 0, 0, 0]) {
            Ok(0) => {
                let mut piece = vec![1_u8; 32 * MIB];
                touch(&mut piece);
                loop {
                    std::thread::park();
                }
            }
            Ok(_) => {}
            Err(error) => return Deed::Held(format!("fork {} after {count}", name_of(&error))),
        }
    }
    loop {
        std::thread::park();
    }
}

fn fork_bomb() -> Deed {
    for _ in 0..100_000 {
        match call(sys::CLONE, &[17, 0, 0, 0, 0]) {
            Ok(0) => loop {
                // Each child does the same; at the limit they wait to be killed.
                if call(sys::CLONE, &[17, 0, 0, 0, 0]).is_err() {
                    std::thread::park();
                }
            },
            Ok(_) => {}
            Err(error) => return Deed::Held(format!("fork {}", name_of(&error))),
        }
    }
    Deed::Escaped("100000 forks".to_owned())
}

fn thread_bomb() -> Deed {
    for count in 0..20_000 {
        let wait = || loop {
            std::thread::park();
        };
        if let Err(error) = std::thread::Builder::new().stack_size(16 << 10).spawn(wait) {
            return Deed::Held(format!("{} after {count} threads", name_of(&error)));
        }
    }
    Deed::Escaped("20000 threads".to_owned())
}

/// A child in a session of its own, which would go on when the program is done.
fn orphans() -> Deed {
    match call(sys::CLONE, &[17, 0, 0, 0, 0]) {
        Ok(0) => {
            #[cfg(target_arch = "x86_64")]
            let _ = call(112, &[]);
            // Until the run ends it may write what it likes. After that it would be found, still holding the output directory.
            loop {
                std::hint::spin_loop();
            }
        }
        Ok(_) => Deed::Held("left an orphan".to_owned()),
        Err(error) => Deed::Held(format!("fork {}", name_of(&error))),
    }
}

/// Fails like an honest program would when there is no more room.
fn fill_disk(dir: &str, seen: bool) -> Deed {
    let piece = vec![1_u8; MIB];
    let mut file = match File::create(format!("{dir}/fill")) {
        Ok(file) => file,
        Err(error) => return Deed::Held(format!("create {}", name_of(&error))),
    };
    if !seen {
        // Without a name its size shows nowhere but in the file system itself.
        let _ = std::fs::remove_file(format!("{dir}/fill"));
    }
    for written in 0..1_000_000 {
        if let Err(error) = file.write_all(&piece) {
            eprintln!("{written} MiB: {error}");
            sys::leave(28);
        }
    }
    Deed::Escaped("a terabyte".to_owned())
}

fn many_files() -> Deed {
    for number in 0..10_000_000 {
        if let Err(error) = File::create(format!("/tmp/{number}")) {
            eprintln!("{number} files: {error}");
            sys::leave(28);
        }
    }
    Deed::Escaped("ten million files".to_owned())
}

fn log_forever() -> ! {
    let line = [b'x'; 4096];
    loop {
        let _ = std::io::stderr().write_all(&line);
        let _ = std::io::stdout().write_all(&line);
    }
}

fn progress_forever() -> ! {
    let text = "{\"progress\": 1}\n{\"progress\": 999999999999}\n{{{{{{{{\n";
    let at = sys::text(text);
    loop {
        let _ = call(sys::WRITE, &[3, at, text.len() as i64]);
    }
}

fn crash() -> ! {
    #[expect(unsafe_code, reason = "a crash is wanted")]
    // SAFETY: not safe at all: the program ends here, which is what it is for.
    unsafe {
        std::ptr::null_mut::<u8>().write_volatile(1)
    };
    std::process::abort()
}

fn kill_itself() -> ! {
    let _ = call(sys::KILL, &[i64::from(std::process::id()), 9]);
    std::process::abort()
}

/// Honest work on several threads: `rounds` of arithmetic on each. Says how long it took, in microseconds.
fn work(rest: &[&str]) -> Deed {
    let number = |at: usize| rest.get(at).and_then(|word| word.parse::<u64>().ok()).unwrap_or(1);
    let (threads, rounds) = (number(0), number(1));
    let begun = std::time::Instant::now();
    let turn = |seed: u64| {
        let mut state = seed | 1;
        for _ in 0..rounds {
            state =
                state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407).rotate_left(17);
        }
        std::hint::black_box(state)
    };
    std::thread::scope(|scope| (0..threads).for_each(|seed| drop(scope.spawn(move || turn(seed)))));
    Deed::Held(begun.elapsed().as_micros().to_string())
}
