//! The bounded queue in front of the writer: pushing never waits, taking waits for at least one and takes a group.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::StoreError;

/// Jobs that may wait for the writer; the next one is refused.
pub const QUEUE_JOBS: usize = 8192;

/// A job that the writer did not take; its callback is not called.
pub struct Refused<J> {
    /// The job, given back.
    pub job: Box<J>,
    /// Why.
    pub reason: RefusalReason,
}

/// Why the writer did not take a job.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefusalReason {
    /// [`QUEUE_JOBS`] jobs are waiting: the disk does not keep up. Try again later.
    #[error("{QUEUE_JOBS} jobs wait for the disk")]
    Full,
    /// The writer has ended and takes nothing any more.
    #[error(transparent)]
    Stopped(Box<StoreError>),
}

impl<J> fmt::Debug for Refused<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused").field("reason", &self.reason).finish_non_exhaustive()
    }
}

pub(crate) struct Queue<T> {
    inner: Mutex<Inner<T>>,
    pushed: Condvar,
    capacity: usize,
}

struct Inner<T> {
    waiting: VecDeque<T>,
    closed: Option<StoreError>,
    /// What the taker waits for with jobs in its hands.
    hindrance: Option<StoreError>,
    /// Jobs that the taker sleeps for; nobody is woken for fewer, or while it is at work.
    wanted: Option<usize>,
}

impl<T> Queue<T> {
    pub(crate) fn new(capacity: usize) -> Self {
        let inner = Inner { waiting: VecDeque::new(), closed: None, hindrance: None, wanted: None };
        Self { inner: Mutex::new(inner), pushed: Condvar::new(), capacity }
    }

    /// Queues what `make` builds of the job, or gives the job back.
    pub(crate) fn push<J>(&self, job: J, make: impl FnOnce(J) -> T) -> Result<(), Refused<J>> {
        let mut inner = self.lock();
        if let Some(error) = &inner.closed {
            return Err(Refused { job: Box::new(job), reason: RefusalReason::Stopped(Box::new(error.clone())) });
        }
        if inner.waiting.len() >= self.capacity {
            return Err(Refused { job: Box::new(job), reason: RefusalReason::Full });
        }
        inner.waiting.push_back(make(job));
        let waiting = inner.waiting.len();
        let enough = inner.wanted.take_if(|wanted| waiting >= *wanted).is_some();
        drop(inner);
        if enough {
            self.pushed.notify_one();
        }
        Ok(())
    }

    /// Waits for jobs and takes at most `limit`, oldest first. `None` once the queue is closed and empty.
    pub(crate) fn take(&self, limit: usize) -> Option<Vec<T>> {
        let mut inner = self.lock();
        while inner.waiting.is_empty() {
            if inner.closed.is_some() {
                return None;
            }
            inner.wanted = Some(1);
            inner = self.pushed.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
        let count = inner.waiting.len().min(limit);
        Some(inner.waiting.drain(..count).collect())
    }

    /// Waits until that many jobs wait, but no longer than `patience`.
    pub(crate) fn gather(&self, jobs: usize, patience: Duration) {
        let mut inner = self.lock();
        inner.wanted = Some(jobs);
        let few = |inner: &mut Inner<T>| inner.closed.is_none() && inner.waiting.len() < jobs;
        let (mut inner, _) =
            self.pushed.wait_timeout_while(inner, patience, few).unwrap_or_else(PoisonError::into_inner);
        inner.wanted = None;
    }

    /// Takes no more jobs; those that wait may still be taken. The first reason stays.
    pub(crate) fn close(&self, reason: StoreError) {
        self.lock().closed.get_or_insert(reason);
        self.pushed.notify_all();
    }

    pub(crate) fn closed(&self) -> Option<StoreError> {
        self.lock().closed.clone()
    }

    /// Notes what the taker waits for, or that it works again.
    pub(crate) fn hinder(&self, by: Option<StoreError>) {
        self.lock().hindrance = by;
    }

    pub(crate) fn hindrance(&self) -> Option<StoreError> {
        self.lock().hindrance.clone()
    }

    /// Waits that long, or until the queue is closed.
    pub(crate) fn rest(&self, time: Duration) {
        let is_open = |inner: &mut Inner<T>| inner.closed.is_none();
        drop(self.pushed.wait_timeout_while(self.lock(), time, is_open));
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().waiting.len()
    }

    /// A list is whole between any two steps, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_gives_the_job_back_and_takes_again_after_a_group_left() {
        let queue = Queue::new(3);
        for job in 0..3 {
            queue.push(job, |job| job).unwrap();
        }
        let refused = queue.push(3, |job| job).unwrap_err();
        assert_eq!((*refused.job, refused.reason), (3, RefusalReason::Full));
        assert_eq!(queue.take(2), Some(vec![0, 1]));
        queue.push(3, |job| job).unwrap();
        assert_eq!(queue.take(9), Some(vec![2, 3]));
    }

    #[test]
    fn gathering_ends_with_enough_jobs_with_the_end_of_patience_and_with_the_queue() {
        const FOREVER: Duration = Duration::from_secs(3600);
        let queue = Queue::new(3);
        queue.gather(1, Duration::ZERO);
        std::thread::scope(|scope| {
            scope.spawn(|| queue.gather(2, FOREVER));
            queue.push(0, |job| job).unwrap();
            queue.push(1, |job| job).unwrap();
        });
        assert_eq!(queue.take(9), Some(vec![0, 1]));
        std::thread::scope(|scope| {
            scope.spawn(|| queue.gather(2, FOREVER));
            queue.close(StoreError::Stopped("closed".into()));
        });
        assert_eq!(queue.take(9), None);
    }

    #[test]
    fn a_closed_queue_refuses_and_can_still_be_emptied() {
        let queue = Queue::new(3);
        queue.push(0, |job| job).unwrap();
        queue.close(StoreError::Stopped("first".into()));
        queue.close(StoreError::Stopped("second".into()));
        let stopped = RefusalReason::Stopped(Box::new(StoreError::Stopped("first".into())));
        assert_eq!(queue.push(1, |job| job).unwrap_err().reason, stopped);
        assert_eq!((queue.take(9), queue.take(9)), (Some(vec![0]), None));
    }
}
