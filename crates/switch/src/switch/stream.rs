//! Streams on their way between calls and whoever holds their sockets; how many there may be.

use media::StreamId;
use model::{Moment, StreamCounts, StreamEnd, StreamFailure};

use super::Switch;
use crate::order::{CallKey, Output, StreamOrder, StreamReport};

impl Switch {
    /// Takes what a stream's application did, as whoever holds the socket saw it.
    pub fn handle_stream(&mut self, id: StreamId, report: StreamReport, now: Moment) {
        if matches!(report, StreamReport::Ended(_)) {
            self.streaming.remove(&id);
        }
        self.with_call(call_of(id), now, |call| call.on_stream(id, report, now));
        self.settle(now);
    }

    /// How many streams there may be.
    pub fn streams_limit(&self) -> usize {
        self.config.limits.streams
    }

    pub(super) fn order_stream(&mut self, order: StreamOrder, now: Moment) {
        let limit = self.config.limits.streams;
        if let StreamOrder::Open { id, .. } = order {
            if self.streaming.len() >= limit {
                let end = StreamEnd::failed(StreamFailure::Throttled { limit }, StreamCounts::default());
                return self.with_call(call_of(id), now, |call| call.on_stream(id, StreamReport::Ended(end), now));
            }
            self.streaming.insert(id);
        }
        self.outputs.push_back(Output::Stream(order));
    }
}

pub(super) fn call_of(stream: StreamId) -> CallKey {
    CallKey(stream.0 >> 16)
}
