//! When a thread has its turn if others compute on its core.
//!
//! With the usual turns a media thread that wakes can wait for a whole scheduler tick, 4 ms at 250 Hz, until the store's
//! writer has had its own: a packet that is late on the line.

use std::io;
use std::time::Duration;

/// What a thread can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Short turns, which Linux lets come soon (EEVDF, since 6.12; older kernels pass over the wish). Everybody may have them.
    Short,
    /// Before every thread that is not of this kind, for as long as it likes (`SCHED_RR`). Needs `CAP_SYS_NICE` or
    /// `RLIMIT_RTPRIO`.
    First,
}

/// The shortest turn that the kernel gives.
const SHORTEST: Duration = Duration::from_micros(100);

const SCHED_OTHER: u32 = 0;
const SCHED_RR: u32 = 2;
const SCHED_FLAG_RESET_ON_FORK: u64 = 1;

/// `struct sched_attr` of the kernel's interface, as its first version has it (sched_setattr(2)).
#[repr(C)]
#[derive(Debug, Default)]
struct Attributes {
    size: u32,
    policy: u32,
    flags: u64,
    nice: i32,
    priority: u32,
    /// For ordinary threads the length of a turn, in ns.
    runtime: u64,
    deadline: u64,
    period: u64,
}

const SIZE: u32 = size_of::<Attributes>() as u32;

/// Asks it for this thread; its nice value stays.
pub(crate) fn take(turn: Turn) -> io::Result<()> {
    let now = get()?;
    set(&match turn {
        Turn::Short => Attributes { policy: SCHED_OTHER, priority: 0, runtime: SHORTEST.as_nanos() as u64, ..now },
        Turn::First => Attributes { policy: SCHED_RR, flags: SCHED_FLAG_RESET_ON_FORK, priority: 1, runtime: 0, ..now },
    })
}

fn set(attributes: &Attributes) -> io::Result<()> {
    // SAFETY: 0 is the calling thread; the kernel reads `size` bytes, which is what there is.
    #[expect(unsafe_code, reason = "no crate wraps this call for ordinary threads")]
    check(unsafe { libc::syscall(libc::SYS_sched_setattr, 0, core::ptr::from_ref(attributes), 0) })
}

fn get() -> io::Result<Attributes> {
    let mut attributes = Attributes::default();
    // SAFETY: 0 is the calling thread; the kernel writes at most `SIZE` bytes, which is what there is.
    #[expect(unsafe_code, reason = "no crate wraps this call")]
    check(unsafe { libc::syscall(libc::SYS_sched_getattr, 0, core::ptr::from_mut(&mut attributes), SIZE, 0) })?;
    Ok(attributes)
}

fn check(answer: libc::c_long) -> io::Result<()> {
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> (u32, u64, i32) {
        let now = get().expect("a kernel since 3.14");
        (now.policy, now.runtime, now.nice)
    }

    /// Linux 6.12 tells the length of a turn; older ones tell 0, whatever was asked.
    #[test]
    fn short_turns_are_granted_or_unknown_to_the_kernel() {
        let (_, before, nice) = now();
        take(Turn::Short).expect("everybody may");
        let shortest = SHORTEST.as_nanos() as u64;
        assert!(
            [(SCHED_OTHER, shortest, nice), (SCHED_OTHER, 0, nice)].contains(&now()),
            "{before} ns, then {:?}",
            now()
        );
    }

    #[test]
    fn the_first_turn_is_granted_or_refused_and_given_back() {
        match take(Turn::First) {
            Ok(()) => assert_eq!(now().0, SCHED_RR),
            Err(error) => assert_eq!((error.kind(), now().0), (io::ErrorKind::PermissionDenied, SCHED_OTHER)),
        }
        take(Turn::Short).expect("everybody may");
        assert_eq!(now().0, SCHED_OTHER);
    }
}
