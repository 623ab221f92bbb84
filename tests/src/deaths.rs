//! A function that is killed between any two of its calls: the next try, by another process, ends well, and nothing is left half
//! done.
//!
//! Functions are processes here, whichever way the tests run. What comes before and after the death is done in this process.

use futures::stream::{self, StreamExt as _};

use crate::faults::{Flow, assert_whole, is_write};
use crate::harness::{Engine, Fault, Platform, TestClock, keys};
use crate::{faults, federation, identify, pages, rbac, security, session};

impl Flow {
    /// Dies before every call, and after every one that writes. Reading changes nothing: to die after it is to die before the next.
    #[expect(clippy::print_stdout, reason = "a figure for whoever asks")]
    async fn die(&self) {
        let calls = self.run().await;
        let mut deaths = Vec::new();
        for (index, call) in calls.iter().enumerate() {
            deaths.push((index, Fault::Held));
            if is_write(call) {
                deaths.push((index, Fault::HeldReply));
            }
        }
        println!("{} deaths at {} calls", deaths.len(), calls.len());
        let deaths = deaths.into_iter();
        let deaths = stream::iter(deaths.map(|(call, moment)| self.die_at(call, moment)));
        deaths.buffer_unordered(4).collect::<Vec<()>>().await;
    }

    async fn die_at(&self, call: usize, moment: Fault) {
        let clock = TestClock::of_processes();
        let mut platform = Platform::build(&[], clock, keys(), Engine::fresh()).await;
        let prepared = (self.prepare)(&platform).await;
        platform.turn_to_processes().await;
        platform.connector.forget();
        platform.connector.inject_after(call, "", moment, 1);
        tokio::select! {
            answer = (self.act)(&platform, &prepared) => panic!("{}", answer.whole()),
            () = platform.connector.holding() => {}
        }
        let calls = platform.connector.round_trips().concat();
        let what = format!("{moment:?} at {call} of {calls:?}");
        platform.turn_to_processes().await;
        platform.connector.idle().await;
        platform.connector.heal();
        assert_whole(&platform, &what).await;
        let answer = (self.act)(&platform, &prepared).await;
        let is_well = [self.success, self.again].contains(&answer.status);
        assert!(is_well, "{what}, then {}", answer.whole());
        platform.turn_to_this_process();
        assert_whole(&platform, &what).await;
        (self.check)(&platform, &prepared).await;
        assert_whole(&platform, &what).await;
    }
}

#[tokio::test]
async fn registering() {
    faults::registration().die().await;
}

#[tokio::test]
async fn activating() {
    faults::activation().die().await;
}

#[tokio::test]
async fn delivering() {
    faults::delivery().die().await;
}

#[tokio::test]
async fn signing_in() {
    faults::sign_in().die().await;
}

#[tokio::test]
async fn signing_in_with_a_cookie() {
    session::faults::sign_in().die().await;
}

#[tokio::test]
async fn signing_in_by_a_mailed_code() {
    security::faults::mailed_code().die().await;
}

#[tokio::test]
async fn binding_an_authenticator() {
    security::faults::binding().die().await;
}

#[tokio::test]
async fn refreshing() {
    identify::faults::refresh().die().await;
}

#[tokio::test]
async fn changing_a_password() {
    identify::faults::change_of_password().die().await;
}

#[tokio::test]
async fn setting_a_password_by_link() {
    faults::reset().die().await;
}

#[tokio::test]
async fn setting_an_attribute() {
    faults::first_attribute().die().await;
}

#[tokio::test]
async fn deleting_an_account() {
    faults::deletion().die().await;
}

#[tokio::test]
async fn changing_an_address() {
    pages::faults::change_of_address().die().await;
}

#[tokio::test]
async fn granting_a_role() {
    rbac::faults::granting_a_role().die().await;
}

#[tokio::test]
async fn revoking_the_role_admin() {
    rbac::faults::revocation_of_admin().die().await;
}

#[tokio::test]
async fn deleting_a_role() {
    rbac::faults::deletion_of_a_role().die().await;
}

#[tokio::test]
async fn signing_in_by_a_provider_for_the_first_time() {
    federation::faults::first_sight().die().await;
}

#[tokio::test]
async fn linking_an_account_to_a_provider() {
    federation::faults::link().die().await;
}
