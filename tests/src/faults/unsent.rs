//! Flows that send a message before they answer, against every fault of the service that takes it.

use crate::harness::{MailFault, Platform, SmsFault, are_processes};

use super::{Flow, assert_whole};

/// Of mails and of text messages, those that are much the same.
const FAULTS: [(MailFault, SmsFault); 5] = [
    (MailFault::Lost, SmsFault::Lost),
    (MailFault::Throttled, SmsFault::Throttled),
    (MailFault::Rejected, SmsFault::OptedOut),
    (MailFault::BadRequest, SmsFault::Invalid),
    (MailFault::Silent, SmsFault::Silent),
];

/// Seconds between two messages of one code.
const PAUSE: i64 = 30;

impl Flow {
    /// Meets every fault: an outage is told, nothing opens, and doing it again ends well.
    pub(crate) async fn go_unsent(self) {
        for (mail, sms) in FAULTS {
            self.go_unsent_by(mail, sms).await;
        }
    }

    async fn go_unsent_by(&self, mail: MailFault, sms: SmsFault) {
        let platform = Platform::start().await;
        let prepared = (self.prepare)(&platform).await;
        let sessions = platform.items("sessions").await.len();
        platform.mail.refuse("", mail);
        platform.sms.refuse("", sms);
        let answer = hurried((self.act)(&platform, &prepared)).await;
        let what = format!("{mail:?}, {sms:?}: {}", answer.whole());
        assert_eq!(answer.status, 503, "{what}");
        assert!(answer.header("retry-after").is_some(), "{what}");
        assert_eq!(platform.items("sessions").await.len(), sessions, "{what}");
        assert_whole(&platform, &what).await;
        platform.mail.heal();
        platform.sms.heal();
        let mut answer = (self.act)(&platform, &prepared).await;
        if answer.status != self.success && answer.status == self.again {
            // What failed counts, too: the next comes after a pause.
            platform.clock.advance_seconds(PAUSE);
            answer = (self.act)(&platform, &prepared).await;
        }
        assert_eq!(answer.status, self.success, "{what}, {}", answer.whole());
        (self.check)(&platform, &prepared).await;
        assert_whole(&platform, &what).await;
    }
}

/// Skips the time for which nobody does anything, where all are in this process.
async fn hurried<T>(act: impl Future<Output = T>) -> T {
    if are_processes() {
        return act.await;
    }
    tokio::time::pause();
    let done = act.await;
    tokio::time::resume();
    done
}
