//! Any stream is cut without a panic, and into the same messages however it is torn. The first byte says how.

use bytes::Bytes;
use sip::{Framer, MAX_MESSAGE, StreamError};

pub(crate) fn check(data: &[u8]) {
    let Some((piece, stream)) = data.split_first() else { return };
    let torn = cut(stream.chunks(usize::from(*piece).max(1)));
    assert_eq!(torn, cut([stream].into_iter()));
    let (messages, _) = torn;
    assert!(messages.iter().all(|message| message.len() <= MAX_MESSAGE));
    assert!(messages.iter().map(Bytes::len).sum::<usize>() <= stream.len());
}

fn cut<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Bytes>, Option<StreamError>) {
    let mut framer = Framer::new();
    let mut messages = Vec::new();
    for piece in pieces {
        framer.push(piece);
        while let Some(next) = framer.next() {
            match next {
                Ok(message) => messages.push(message),
                Err(error) => return (messages, Some(error)),
            }
        }
        while framer.poll_transmit().is_some() {}
    }
    (messages, None)
}
