//! What a request uses of AWS, and how often it hashes a password: counted where it happens, told where the request ends.

use std::cell::Cell;

tokio::task_local! {
    static USED: Cell<Usage>;
}

/// What was used.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Usage {
    /// Calls that were sent, each try of its own, those side by side included.
    pub calls: u32,
    /// Capacity that reading took, in DynamoDB's units.
    pub read_units: f64,
    /// Capacity that writing took, in DynamoDB's units.
    pub write_units: f64,
    /// Passwords that were hashed, to keep or to compare: they take longer than all else.
    pub hashes: u32,
}

/// Does this work, and counts what it uses, also for whoever counts around it. What a task of its own would use is not counted,
/// nor what nobody asked to count.
pub async fn measured<T>(work: impl Future<Output = T>) -> (T, Usage) {
    let counted = async { (work.await, USED.with(Cell::get)) };
    let (done, used) = USED.scope(Cell::default(), counted).await;
    add(used);
    (done, used)
}

/// One more call.
pub(crate) fn count_call() {
    add(Usage {
        calls: 1,
        ..Usage::default()
    });
}

/// One more hash.
pub(crate) fn count_hash() {
    add(Usage {
        hashes: 1,
        ..Usage::default()
    });
}

/// This much more.
pub(crate) fn add(more: Usage) {
    // Outside of a request nobody wants to know.
    let _ = USED.try_with(|used| {
        let before = used.get();
        used.set(Usage {
            calls: before.calls + more.calls,
            read_units: before.read_units + more.read_units,
            write_units: before.write_units + more.write_units,
            hashes: before.hashes + more.hashes,
        });
    });
}

#[cfg(test)]
mod tests {
    use futures::future::join;

    use super::{Usage, add, count_call, count_hash, measured};

    #[tokio::test]
    async fn each_counts_its_own() {
        let one = measured(async {
            count_call();
            tokio::task::yield_now().await;
            count_call();
        });
        let other = measured(async {
            tokio::task::yield_now().await;
            add(Usage {
                read_units: 0.5,
                ..Usage::default()
            });
        });
        count_call();
        let (((), one), ((), other)) = join(one, other).await;
        assert_eq!((one.calls, one.read_units), (2, 0.0));
        assert_eq!((other.calls, other.read_units), (0, 0.5));
    }

    #[tokio::test]
    async fn what_is_counted_within_counts_around_it() {
        let (((), within), around) = measured(async {
            count_call();
            measured(async { count_hash() }).await
        })
        .await;
        assert_eq!((within.calls, within.hashes), (0, 1));
        assert_eq!((around.calls, around.hashes), (1, 1));
    }
}
