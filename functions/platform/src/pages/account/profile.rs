//! What the account says of its owner: names, language, picture, attributes.

use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode};
use shared::domain::{AttributeKey, AttributeText, Language, Name};
use shared::error::Error;
use shared::http::{Fault, Fields, answer_picture};
use shared::pages::{Notice, Problem, ProfilePage, Section, Why};
use shared::service::{AttributeName, Avatar, OwnerOfAvatar};

use super::super::State;
use super::{Member, PROFILE, Refused, done, notice_in, problem, refuse};

pub(super) fn router() -> Router<State> {
    Router::new()
        .route(PROFILE, get(show))
        .route("/account/profile", post(change_details))
        .route("/account/avatar", get(show_avatar).post(set_avatar))
        .route("/account/avatar/remove", post(remove_avatar))
        .route("/account/attributes", post(set_attribute))
        .route("/account/attributes/remove", post(remove_attribute))
}

async fn show(member: Member, request: Request) -> Response {
    let notice = notice_in(&request);
    member.reader.page(&ProfilePage {
        notice,
        ..member.profile(None)
    })
}

async fn change_details(
    Shared(state): Shared<State>,
    member: Member,
    request: Request,
) -> Response {
    let changed = async {
        let form = state.host.form(request).await?;
        let (first, last) = (name(&form, "first_name")?, name(&form, "last_name")?);
        let language = Language::parse(form.required("language")?);
        let language = language.ok_or(Error::InvalidField("language"))?;
        let (profiles, current) = (&state.profiles, &member.current);
        profiles
            .set_names(current, first.as_ref(), last.as_ref())
            .await?;
        profiles.set_language(current.clone(), &language).await?;
        Ok(())
    };
    member.after_profile(changed.await)
}

/// A name; an empty one is none.
fn name(form: &Fields, field: &'static str) -> Result<Option<Name>, Refused> {
    match form.optional(field)?.unwrap_or_default().trim() {
        "" => Ok(None),
        typed => Name::parse(typed)
            .map(Some)
            .ok_or_else(|| problem(Section::Details, Why::Name)),
    }
}

async fn show_avatar(Shared(state): Shared<State>, member: Member, headers: HeaderMap) -> Response {
    let user = member.current.user().id;
    match state.avatars.get(&member.current, user).await {
        Ok(Avatar { picture, tag }) => {
            let kind = picture.content_type();
            answer_picture(&headers, kind, &tag, picture.into_bytes())
        }
        Err(Error::NotFound) => StatusCode::NOT_FOUND.into_response(),
        Err(fault) => member.reader.refused(&fault.into()),
    }
}

async fn set_avatar(Shared(state): Shared<State>, member: Member, request: Request) -> Response {
    let bad = || problem(Section::Picture, Why::Picture);
    let set = async {
        let picture = match state.host.picture_form(request, "picture").await {
            Err(Fault::BodyTooLarge) => return Err(bad()),
            read => read?,
        };
        match state.avatars.put(member.own_avatar(&state)?, picture).await {
            Err(Error::RefusedPicture(_)) => Err(bad()),
            put => Ok(put.map(|_| ())?),
        }
    };
    member.after_profile(set.await)
}

async fn remove_avatar(Shared(state): Shared<State>, member: Member, request: Request) -> Response {
    let removed = async {
        state.host.form(request).await?;
        match state.avatars.delete(member.own_avatar(&state)?).await {
            // Removed in another window.
            Err(Error::NotFound) => Ok(()),
            removed => Ok(removed?),
        }
    };
    member.after_profile(removed.await)
}

async fn set_attribute(Shared(state): Shared<State>, member: Member, request: Request) -> Response {
    let set = async {
        let form = state.host.form(request).await?;
        let (key, text) = attribute(&form)?;
        let (current, read) = (&member.current, member.attributes.clone());
        match state.attributes.put(current, read, &key, &text).await {
            Err(Error::TooManyAttributes) => Err(problem(Section::Attributes, Why::AttributesFull)),
            put => Ok(put.map(|_| ())?),
        }
    };
    member.after_profile(set.await)
}

async fn remove_attribute(
    Shared(state): Shared<State>,
    member: Member,
    request: Request,
) -> Response {
    let removed = async {
        let form = state.host.form(request).await?;
        let name = AttributeName::Key(form.required("key")?.to_owned());
        let (current, read) = (&member.current, member.attributes.clone());
        state.attributes.remove(current, read, &name).await?;
        Ok(())
    };
    member.after_profile(removed.await)
}

fn attribute(form: &Fields) -> Result<(AttributeKey, AttributeText), Refused> {
    let bad = || problem(Section::Attributes, Why::Attribute);
    let key = AttributeKey::parse(form.required("key")?).ok_or_else(bad)?;
    let text = AttributeText::parse(form.optional("text")?.unwrap_or_default());
    Ok((key, text.ok_or_else(bad)?))
}

impl Member {
    fn profile(&self, problem: Option<Problem>) -> ProfilePage<'_> {
        ProfilePage {
            reader: &self.reader,
            user: self.current.user(),
            attributes: &self.attributes,
            notice: None,
            problem,
        }
    }

    fn own_avatar(&self, state: &State) -> Result<OwnerOfAvatar, Error> {
        let own = Some(self.current.user().id);
        state.avatars.changeable(&self.current, own)
    }

    fn after_profile(&self, changed: Result<(), Refused>) -> Response {
        match changed {
            Ok(()) => done(PROFILE, Notice::Saved),
            Err(Refused::Problem(problem)) => self.reader.failed(&self.profile(Some(problem))),
            Err(Refused::Fault(fault)) => refuse(&self.reader, &fault, PROFILE),
        }
    }
}
