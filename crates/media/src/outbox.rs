//! Packets on their way out. They share one buffer that is emptied when all have been taken, so sending allocates
//! nothing once the buffer has grown to the largest burst.

use core::net::SocketAddr;

use crate::command::MediaId;

/// Packets that may wait between two drains; what is past it is dropped. A tick of 16,384 plays stays below.
pub(crate) const MAX_QUEUED: usize = 16_384;

/// A packet to send. The bytes are valid until the plane is asked for the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmit<'a> {
    /// From the socket of this leg.
    pub id: MediaId,
    /// Where to.
    pub to: SocketAddr,
    /// From its RTCP socket.
    pub rtcp: bool,
    /// What.
    pub bytes: &'a [u8],
}

#[derive(Debug, Default)]
pub(crate) struct Outbox {
    bytes: Vec<u8>,
    heads: Vec<Head>,
    taken: usize,
}

#[derive(Clone, Copy, Debug)]
struct Head {
    id: MediaId,
    to: SocketAddr,
    rtcp: bool,
    start: usize,
    end: usize,
}

impl Outbox {
    /// Queues what `write` appends; nothing when it says so by returning false.
    pub(crate) fn push(
        &mut self,
        id: MediaId,
        to: SocketAddr,
        rtcp: bool,
        write: impl FnOnce(&mut Vec<u8>) -> bool,
    ) -> bool {
        let start = self.bytes.len();
        let written = write(&mut self.bytes);
        if !written || self.heads.len() == MAX_QUEUED {
            self.bytes.truncate(start);
            return written;
        }
        self.heads.push(Head { id, to, rtcp, start, end: self.bytes.len() });
        true
    }

    pub(crate) fn pop(&mut self) -> Option<Transmit<'_>> {
        let Some(Head { id, to, rtcp, start, end }) = self.heads.get(self.taken).copied() else {
            self.heads.clear();
            self.bytes.clear();
            self.taken = 0;
            return None;
        };
        self.taken += 1;
        Some(Transmit { id, to, rtcp, bytes: &self.bytes[start..end] })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.taken == self.heads.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_order_and_forgets_what_was_not_written() {
        let to = "192.0.2.1:4000".parse().unwrap();
        let mut outbox = Outbox::default();
        for (number, written) in [(1, true), (2, false), (3, true)] {
            outbox.push(MediaId(number), to, false, |bytes| {
                bytes.extend_from_slice(&[9; 3]);
                written
            });
        }
        assert_eq!(outbox.pop().map(|packet| (packet.id, packet.bytes.len())), Some((MediaId(1), 3)));
        assert!(!outbox.is_empty());
        assert_eq!(outbox.pop().map(|packet| packet.id), Some(MediaId(3)));
        assert!(outbox.is_empty());
        assert_eq!(outbox.pop(), None);
    }

    #[test]
    fn has_a_limit() {
        let to = "192.0.2.1:4000".parse().unwrap();
        let mut outbox = Outbox::default();
        for _ in 0..MAX_QUEUED + 3 {
            outbox.push(MediaId(1), to, false, |bytes| {
                bytes.push(1);
                true
            });
        }
        let mut count = 0;
        while outbox.pop().is_some() {
            count += 1;
        }
        assert_eq!(count, MAX_QUEUED);
    }
}
