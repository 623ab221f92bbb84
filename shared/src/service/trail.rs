//! The audit trail: what befell an account, kept for whoever has to look into it.
//!
//! Services tell what a request came to, once it is done: [`tell`]. The log's line of the request shows it; what is kept is
//! written before the answer, since nothing runs behind it. An event that cannot be written changes nothing of what is done: an
//! error in the log is the second copy.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use futures::future::join_all;
use jiff::SignedDuration;
use tokio::time::timeout;
use uuid::Uuid;

use super::{Context, CurrentUser};
use crate::domain::{
    AuditEvent, AuditPosition, Intent, Outcome, Session, SessionId, UserId, UserRole,
};
use crate::error::{Error, Result, causes};
use crate::store::StoreError;

/// How long an answer may wait for the trail: what is left of 29 seconds after a request's deadline.
const PATIENCE: Duration = Duration::from_secs(3);

/// Who reads a trail gets at most so many events at once.
pub const MAX_EVENTS: usize = 100;

/// Keeps what the requests of one origin tell.
#[derive(Debug, Clone)]
pub struct Trail {
    context: Context,
    origin: &'static str,
    days: u32,
}

/// What one piece of work has told so far.
struct Told {
    trail: Trail,
    source: Source,
    /// How many events have been given a place.
    placed: Cell<usize>,
    outcomes: RefCell<Vec<&'static str>>,
    pending: RefCell<Vec<AuditEvent>>,
}

/// What events come of.
enum Source {
    /// A request of this name, or a command, which has none.
    Request(Option<String>),
    /// An intent, whose events have the same places whenever it is done again.
    Intent(AuditPosition),
}

/// Something that happened to a user.
#[derive(Debug, Clone, Copy)]
pub(super) struct Happening {
    outcome: Outcome,
    user: UserId,
    by: Option<UserId>,
    session: Option<SessionId>,
}

tokio::task_local! {
    /// Of the work that is done, for as long as it is.
    static TOLD: Told;
}

impl Happening {
    /// This, to this user.
    pub(super) fn new(outcome: Outcome, user: UserId) -> Self {
        Self {
            outcome,
            user,
            by: None,
            session: None,
        }
    }

    /// Done by this one, who may be the user.
    pub(super) fn by(self, who: UserId) -> Self {
        Self {
            by: Some(who).filter(|who| *who != self.user),
            ..self
        }
    }

    /// About this session.
    pub(super) fn in_session(self, session: SessionId) -> Self {
        Self {
            session: Some(session),
            ..self
        }
    }

    /// Tells it.
    pub(super) fn tell(self) {
        self.log();
        // Where nobody listens, nothing is kept: work that is no request's.
        let _ = TOLD.try_with(|told| {
            if let Some(event) = told.event(self) {
                told.pending.borrow_mut().push(event);
            }
        });
    }

    /// Shows it on the request's one line, behind what it has shown before.
    fn log(self) {
        let all = TOLD.try_with(|told| {
            told.outcomes.borrow_mut().push(self.outcome.as_str());
            told.outcomes.borrow().join(",")
        });
        let request = tracing::Span::current();
        request.record("outcome", all.as_deref().unwrap_or(self.outcome.as_str()));
        request.record("user.id", tracing::field::display(self.user));
    }
}

/// Tells the request's one log line and the audit trail what became of it, and of whom.
pub(super) fn tell(outcome: Outcome, user: UserId) {
    Happening::new(outcome, user).tell();
}

/// Makes the writes of a sign-in and keeps beside them that it was made, so that it takes no longer. If they come to nothing, a
/// second event takes that back.
///
/// # Errors
/// Those of the writes.
pub(super) async fn signing_in(
    session: &Session,
    writes: impl Future<Output = Result<bool>>,
) -> Result<bool> {
    let of_session = |outcome| Happening::new(outcome, session.user).in_session(session.id);
    let kept = keep_now(of_session(Outcome::SignedIn));
    let (done, is_kept) = tokio::join!(writes, kept);
    if let Ok(true) = done {
        of_session(Outcome::SignedIn).log();
    } else if is_kept {
        of_session(Outcome::SignInWithdrawn).tell();
    }
    done
}

/// Writes what was told so far. Where that is nothing, makes the same call all the same: how long a refusal takes does not tell
/// whether there is such an account.
pub(super) async fn keep_alike() {
    let Some((trail, mut pending)) = pending() else {
        return;
    };
    if let Some(event) = pending.pop() {
        pending.push(event);
        return trail.write_all(pending).await;
    }
    if trail.days == 0 {
        return;
    }
    let nobody = UserId::new(&*trail.context.random);
    let decoy = TOLD.try_with(|told| told.event(Happening::new(Outcome::WrongPassword, nobody)));
    if let Ok(Some(decoy)) = decoy {
        // It keeps nothing, so nothing is lacking either where it fails.
        let _ = timeout(PATIENCE, trail.context.store.put_no_audit_event(&decoy)).await;
    }
}

/// Whether the event was written.
async fn keep_now(happening: Happening) -> bool {
    let event = TOLD.try_with(|told| Some((told.trail.clone(), told.event(happening)?)));
    match event {
        Ok(Some((trail, event))) => trail.write(&event).await,
        _ => false,
    }
}

/// What was told and not written yet, and by which trail it is to be.
fn pending() -> Option<(Trail, Vec<AuditEvent>)> {
    let taken = TOLD.try_with(|told| (told.trail.clone(), told.pending.take()));
    taken.ok()
}

impl Trail {
    /// The trail of what comes in here, kept for so many days; none if that is 0.
    pub fn new(context: Context, origin: &'static str, days: u32) -> Self {
        Self {
            context,
            origin,
            days,
        }
    }

    /// Does a request's work, and keeps what it told.
    pub async fn keep<T>(&self, request: &str, work: impl Future<Output = T>) -> T {
        let source = Source::Request(Some(request.to_owned()));
        self.clone().listen(source, work).await
    }

    /// Does what an operator asks for, and keeps what that told.
    pub async fn keep_of_command<T>(&self, work: impl Future<Output = T>) -> T {
        self.clone().listen(Source::Request(None), work).await
    }

    /// Does an intent, and keeps what that told: once, however often it is done.
    pub(super) async fn keep_of<T>(&self, intent: &Intent, work: impl Future<Output = T>) -> T {
        let trail = Self {
            origin: intent.dialect.as_str(),
            ..self.clone()
        };
        let id = Uuid::from_bytes(intent.id.0);
        let source = Source::Intent(AuditPosition::new(intent.issued_at, 0, id));
        trail.listen(source, work).await
    }

    async fn listen<T>(self, source: Source, work: impl Future<Output = T>) -> T {
        let told = Told {
            trail: self,
            source,
            placed: Cell::default(),
            outcomes: RefCell::default(),
            pending: RefCell::default(),
        };
        let work = async {
            let done = work.await;
            if let Some((trail, pending)) = pending() {
                trail.write_all(pending).await;
            }
            done
        };
        TOLD.scope(told, Box::pin(work)).await
    }

    async fn write_all(&self, events: Vec<AuditEvent>) {
        join_all(events.iter().map(|event| self.write(event))).await;
    }

    async fn write(&self, event: &AuditEvent) -> bool {
        let days = SignedDuration::from_hours(24 * i64::from(self.days));
        let until = self.context.now() + days;
        let put = Box::pin(self.context.store.put_audit_event(event, until));
        let written = timeout(PATIENCE, put).await;
        let written = written.unwrap_or_else(|late| Err(StoreError::Unavailable(late.into())));
        if let Err(fault) = &written {
            tracing::error!(
                outcome = "failed",
                event = event.event,
                user.id = %event.user,
                "the audit trail lacks an event: {fault}{}",
                causes(fault)
            );
        }
        written.is_ok()
    }
}

impl Told {
    /// The event as it is kept, if it is.
    fn event(&self, happening: Happening) -> Option<AuditEvent> {
        if !happening.outcome.is_kept() || self.trail.days == 0 {
            return None;
        }
        let Context { clock, random, .. } = &self.trail.context;
        let (position, request) = match &self.source {
            Source::Intent(position) => (position.clone(), None),
            Source::Request(request) => {
                let index = self.placed.replace(self.placed.get() + 1);
                let position = AuditPosition::new(clock.now(), index, random.uuid());
                (position, request.clone())
            }
        };
        Some(AuditEvent {
            user: happening.user,
            position,
            event: happening.outcome.as_str().to_owned(),
            origin: self.trail.origin.to_owned(),
            request,
            by: happening.by,
            session: happening.session,
        })
    }
}

/// Events of a user, and where those before them begin.
#[derive(Debug)]
pub struct AuditPage {
    /// Newest first.
    pub events: Vec<AuditEvent>,
    /// The last of them, if there are more.
    pub next: Option<AuditPosition>,
}

/// Reads the trail.
#[derive(Debug, Clone)]
pub struct AuditReading {
    context: Context,
}

impl AuditReading {
    /// Of this store.
    pub fn new(context: Context) -> Self {
        Self { context }
    }

    /// Events of a user before a position, newest first: at most so many, and at most [`MAX_EVENTS`]. Who is root or another service
    /// reads those of anybody, also of an account that is gone, everybody else their own. One read.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Unavailable`].
    pub async fn read(
        &self,
        caller: &CurrentUser,
        user: UserId,
        before: Option<&AuditPosition>,
        count: usize,
    ) -> Result<AuditPage> {
        let role = caller.user().user_role;
        if caller.user().id != user && ![UserRole::Root, UserRole::System].contains(&role) {
            return Err(Error::Forbidden);
        }
        self.page(user, before, count).await
    }

    /// The newest events of a user, for an operator. One read.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn newest(&self, user: UserId) -> Result<AuditPage> {
        self.page(user, None, MAX_EVENTS).await
    }

    async fn page(
        &self,
        user: UserId,
        before: Option<&AuditPosition>,
        count: usize,
    ) -> Result<AuditPage> {
        let count = count.min(MAX_EVENTS);
        let store = &self.context.store;
        let mut events = store.find_audit_events(user, before, count + 1).await?;
        let goes_on = events.len() > count;
        events.truncate(count);
        let last = events.last().map(|event| event.position.clone());
        Ok(AuditPage {
            next: last.filter(|_| goes_on),
            events,
        })
    }
}
