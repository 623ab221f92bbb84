//! What a request uses of AWS, and how often it hashes a password: counted where it happens, told where the request ends.

use std::cell::Cell;
use std::ops::AddAssign;

tokio::task_local! {
    static USED: Cell<Counted>;
}

/// What was used.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Usage {
    /// Calls that were sent, each try of its own, those side by side included.
    pub calls: u32,
    /// How often nothing was to be done but to wait for calls: those side by side are one.
    pub round_trips: u32,
    /// Capacity that reading took, in DynamoDB's units.
    pub read_units: f64,
    /// Capacity that writing took, in DynamoDB's units.
    pub write_units: f64,
    /// Passwords that were hashed, to keep or to compare: they take longer than all else.
    pub hashes: u32,
    /// Tokens that were signed.
    pub signatures: u32,
    /// Mails that were handed over, each recipient's of its own.
    pub mails: u32,
    /// Text messages that were handed over.
    pub text_messages: u32,
}

/// What was used, and how many calls are on their way.
#[derive(Debug, Clone, Copy, Default)]
struct Counted {
    usage: Usage,
    on_their_way: u32,
}

/// Does this work, and counts what it uses, also for whoever counts around it. What a task of its own would use is not counted,
/// nor what nobody asked to count.
pub async fn measured<T>(work: impl Future<Output = T>) -> (T, Usage) {
    let counted = async { (work.await, USED.with(Cell::get).usage) };
    let (done, used) = USED.scope(Cell::default(), counted).await;
    add(used);
    (done, used)
}

/// A call is sent.
pub(crate) fn call_begins() {
    count(|counted| {
        counted.usage.calls += 1;
        counted.usage.round_trips += u32::from(counted.on_their_way == 0);
        counted.on_their_way += 1;
    });
}

/// It is answered, or given up.
pub(crate) fn call_ends() {
    count(|counted| counted.on_their_way = counted.on_their_way.saturating_sub(1));
}

/// One more hash.
pub(crate) fn count_hash() {
    count(|counted| counted.usage.hashes += 1);
}

/// One more signature.
pub(crate) fn count_signature() {
    count(|counted| counted.usage.signatures += 1);
}

/// A mail to so many recipients.
pub fn count_mail(recipients: usize) {
    let recipients = u32::try_from(recipients).unwrap_or(u32::MAX);
    count(|counted| counted.usage.mails = counted.usage.mails.saturating_add(recipients));
}

/// A text message.
pub fn count_text_message() {
    count(|counted| counted.usage.text_messages += 1);
}

/// This much more.
pub(crate) fn add(more: Usage) {
    count(|counted| counted.usage += more);
}

fn count(change: impl FnOnce(&mut Counted)) {
    // Outside of a request nobody wants to know.
    let _ = USED.try_with(|used| {
        let mut counted = used.get();
        change(&mut counted);
        used.set(counted);
    });
}

impl AddAssign for Usage {
    fn add_assign(&mut self, more: Self) {
        self.calls += more.calls;
        self.round_trips += more.round_trips;
        self.read_units += more.read_units;
        self.write_units += more.write_units;
        self.hashes += more.hashes;
        self.signatures += more.signatures;
        self.mails += more.mails;
        self.text_messages += more.text_messages;
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join;

    use super::{Usage, add, call_begins, call_ends, count_hash, measured};

    #[tokio::test]
    async fn each_counts_its_own() {
        let one = measured(async {
            call_begins();
            call_ends();
            tokio::task::yield_now().await;
            call_begins();
        });
        let other = measured(async {
            tokio::task::yield_now().await;
            add(Usage {
                read_units: 0.5,
                ..Usage::default()
            });
        });
        call_begins();
        let (((), one), ((), other)) = join(one, other).await;
        assert_eq!((one.calls, one.read_units), (2, 0.0));
        assert_eq!((other.calls, other.read_units), (0, 0.5));
    }

    #[tokio::test]
    async fn what_is_counted_within_counts_around_it() {
        let (((), within), around) = measured(async {
            call_begins();
            measured(async { count_hash() }).await
        })
        .await;
        assert_eq!((within.calls, within.hashes), (0, 1));
        assert_eq!((around.calls, around.hashes), (1, 1));
    }

    #[tokio::test]
    async fn calls_side_by_side_are_one_round_trip() {
        let ((), used) = measured(async {
            call_begins();
            call_begins();
            call_ends();
            call_begins();
            call_ends();
            call_ends();
            call_begins();
            call_ends();
        })
        .await;
        assert_eq!((used.calls, used.round_trips), (4, 2));
    }
}
