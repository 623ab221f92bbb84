//! Taking over: somebody who has an account at a project's user pool, and none here, signs in as there and has one here from then on.
//!
//! The pool is asked only for addresses without a credential, after the attempt was counted, and seldom for one client. Whatever it
//! answers but that the password is right is a wrong password, and so is no answer: nobody learns here whom the pool knows. It is
//! believed that an address is its owner's only if it has made sure of that.

use super::super::password_proof::{Claim, PasswordProof};
use super::super::registration::whole_milliseconds;
use super::super::{Context, SignIn, tell};
use crate::domain::{
    Attributes, EmailAddress, Language, Outcome, PasswordHash, User, UserId, UserNumber, UserPool,
};
use crate::error::{Error, Result, causes};
use crate::providers::{PoolSignIn, PoolUser, ProviderClient};
use crate::store::{NewAccount, Registered, Standing};

/// Takes users over from user pools.
#[derive(Debug, Clone)]
pub struct TakeOver {
    context: Context,
    proof: PasswordProof,
    client: ProviderClient,
    email_confirmation: bool,
}

/// Where somebody without an account here may have one.
#[derive(Debug)]
pub struct Elsewhere<'a> {
    /// Asks there.
    pub take_over: &'a TakeOver,
    /// The pool.
    pub pool: UserPool<'a>,
    /// The address, which the pool is asked for.
    pub email: &'a EmailAddress,
    /// The language of an account that is made.
    pub language: Language,
}

impl TakeOver {
    /// From pools that are asked by this client, for whom this signs in.
    pub fn new(sign_in: &SignIn, client: ProviderClient, email_confirmation: bool) -> Self {
        Self {
            context: sign_in.context.clone(),
            proof: sign_in.proof.clone(),
            client,
            email_confirmation,
        }
    }
}

impl Elsewhere<'_> {
    /// What the pool knows of whose address and password these are; nothing if they are not right there, or if it does not say. One
    /// write, then up to two calls.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if it cannot be counted.
    pub(in super::super) async fn ask(&self, claim: &Claim<'_>) -> Result<Option<PoolUser>> {
        let TakeOver { proof, client, .. } = self.take_over;
        match proof.limits.count_pool_sign_in(claim.client).await {
            Ok(()) => {}
            Err(Error::RateLimited { .. }) => {
                tracing::info!("the user pool was not asked: too many sign-ins of one client");
                return Ok(None);
            }
            Err(fault) => return Err(fault),
        }
        let answer = client.pool_sign_in(&self.pool, self.email, claim.password);
        Ok(match answer.await {
            Ok(PoolSignIn::Right(known)) => Some(known),
            Ok(PoolSignIn::Wrong) => None,
            Ok(PoolSignIn::Challenged) => {
                tracing::info!("the user pool asks for more than a password: nobody is taken over");
                None
            }
            Err(fault) => {
                tracing::warn!(
                    "the user pool did not say whether a password is right: {fault}{}",
                    causes(&fault)
                );
                None
            }
        })
    }

    /// Makes an account of what the pool knows, with the password that was right there, whatever our own rule; nothing if the address
    /// has one by now. Two round trips beside the hash.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub(in super::super) async fn take_over(
        &self,
        claim: &Claim<'_>,
        known: &PoolUser,
    ) -> Result<Option<User>> {
        let TakeOver { context, proof, .. } = self.take_over;
        let (hash, number) = tokio::join!(
            proof.passwords.hash(claim.password),
            context.store.next_user_number(),
        );
        let hash = hash?;
        let user = self.new_user(claim, known, number?);
        let registered = self.register(claim, (&user, &hash), known).await?;
        if registered != Registered::Done {
            return Ok(None);
        }
        tell(Outcome::TakenOver, user.id);
        Ok(Some(user))
    }

    async fn register(
        &self,
        claim: &Claim<'_>,
        (user, hash): (&User, &PasswordHash),
        known: &PoolUser,
    ) -> Result<Registered> {
        let TakeOver { context, proof, .. } = self.take_over;
        let attributes = Attributes::of_new_as_fit(user.number, &known.attributes);
        let left = known.attributes.len() - attributes.0.len();
        let key_version = proof.codes.current_version();
        let intent = context.activation_of(user, claim.dialect, key_version);
        let account = NewAccount {
            user,
            hash: Some(hash),
            intent: intent.as_ref(),
            session: None,
            standing: Standing::Ordinary,
            notes: &[],
            attributes,
        };
        let registered = context.store.register(&account).await?;
        if registered == Registered::Done && left > 0 {
            tracing::warn!(user.id = %user.id, "attributes in the user pool do not fit and are left there: {left}");
        }
        Ok(registered)
    }

    fn new_user(&self, claim: &Claim<'_>, known: &PoolUser, number: UserNumber) -> User {
        let TakeOver { context, .. } = self.take_over;
        let now = whole_milliseconds(context.now());
        User {
            first_name: known.first_name.clone(),
            last_name: known.last_name.clone(),
            nickname: known.nickname.clone(),
            confirmed: known.email_verified || !self.take_over.email_confirmation,
            email_proved_at: known.email_verified.then_some(now),
            ..User::new(
                UserId::new(&*context.random),
                number,
                claim.realm.clone(),
                self.email.clone(),
                self.language.clone(),
                now,
            )
        }
    }
}
