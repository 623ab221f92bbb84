//! What a service that sends messages does not take, until it is healed.

use std::sync::Mutex;

/// Faults by a part of the recipient.
#[derive(Debug)]
pub(super) struct Refusals<F>(Mutex<Vec<(String, F)>>);

impl<F: Copy> Refusals<F> {
    pub(super) fn add(&self, part: &str, fault: F) {
        let mut refusals = self.0.lock().expect("no panic inside");
        refusals.push((part.to_owned(), fault));
    }

    pub(super) fn clear(&self) {
        self.0.lock().expect("no panic inside").clear();
    }

    /// The first that any of the recipients meets.
    pub(super) fn fault_for<'a>(
        &self,
        recipients: impl IntoIterator<Item = &'a str>,
    ) -> Option<(String, F)> {
        let refusals = self.0.lock().expect("no panic inside");
        recipients.into_iter().find_map(|recipient| {
            let refusal = refusals.iter().find(|(part, _)| recipient.contains(part));
            refusal.map(|(_, fault)| (recipient.to_owned(), *fault))
        })
    }
}

impl<F> Default for Refusals<F> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}
