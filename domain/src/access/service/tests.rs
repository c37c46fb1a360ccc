//! The rules, against a store in memory.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering::SeqCst},
};

use async_trait::async_trait;
use futures::executor::block_on;
use uuid::Uuid;

use super::*;
use crate::{
    access::port::Account,
    time::{Instant, Span},
};

const GOOD: &str = "slow green kettle";

#[derive(Default)]
struct World {
    accounts: Mutex<Vec<Account>>,
    links: Mutex<Vec<OneTimeLink>>,
    notes: Mutex<Vec<(String, &'static str)>>,
    verified: AtomicUsize,
    tokens: AtomicU64,
    now: AtomicI64,
    tries_left: AtomicUsize,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Clock for World {
    fn now(&self) -> Instant {
        Instant(self.now.load(SeqCst))
    }
}

impl Tokens for World {
    fn next(&self) -> String {
        format!("token-{}", self.tokens.fetch_add(1, SeqCst))
    }
}

impl Throttle for World {
    fn admit(&self, _: &str, _: Option<IpAddr>) -> Result<(), Span> {
        self.tries_left
            .fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1))
            .map(|_| ())
            .map_err(|_| Span::from_seconds(20))
    }
}

#[async_trait]
impl PasswordHasher for World {
    async fn hash(&self, password: &str) -> Result<String> {
        Ok(format!("hash of {password}"))
    }

    async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool> {
        self.verified.fetch_add(1, SeqCst);
        Ok(hash == Some(&format!("hash of {password}")))
    }
}

impl World {
    fn works(&self, hash: TokenHash, purpose: Purpose, now: Instant) -> Option<Account> {
        let links = lock(&self.links);
        let link = links.iter().find(|l| l.hash == hash && l.purpose == purpose)?;
        let account = lock(&self.accounts).iter().find(|a| a.id == link.user).cloned()?;
        (link.expires_at > now && !account.disabled).then_some(account)
    }
}

#[async_trait]
impl AccessStore for World {
    async fn put_account(&self, email: &Email, role: Role, _: &str, _: Instant) -> Result<UserId> {
        let mut accounts = lock(&self.accounts);
        if let Some(account) = accounts.iter_mut().find(|account| account.email == *email) {
            account.role = role;
            return Ok(account.id);
        }
        let id = UserId(Uuid::from_u128(accounts.len() as u128));
        let email = email.clone();
        accounts.push(Account { id, email, role, password: None, disabled: false });
        Ok(id)
    }

    async fn account_of(&self, email: &Email) -> Result<Option<Account>> {
        Ok(lock(&self.accounts).iter().find(|account| account.email == *email).cloned())
    }

    async fn account(&self, user: UserId) -> Result<Option<Account>> {
        Ok(lock(&self.accounts).iter().find(|account| account.id == user).cloned())
    }

    async fn has_passwords(&self) -> Result<bool> {
        Ok(lock(&self.accounts).iter().any(|account| account.password.is_some()))
    }

    async fn put_link(&self, link: &OneTimeLink, _: &str, _: Instant) -> Result<()> {
        let mut links = lock(&self.links);
        links.retain(|old| (old.user, old.purpose) != (link.user, link.purpose));
        links.push(link.clone());
        Ok(())
    }

    async fn link_owner(
        &self,
        link: TokenHash,
        purpose: Purpose,
        now: Instant,
    ) -> Result<Option<Account>> {
        Ok(self.works(link, purpose, now))
    }

    async fn redeem(
        &self,
        link: TokenHash,
        purpose: Purpose,
        now: Instant,
    ) -> Result<Option<UserId>> {
        let owner = self.works(link, purpose, now);
        lock(&self.links).retain(|old| old.hash != link || owner.is_none());
        Ok(owner.map(|owner| owner.id))
    }

    async fn redeem_for_password(
        &self,
        link: TokenHash,
        password: &str,
        now: Instant,
    ) -> Result<Option<UserId>> {
        let Some(user) = self.redeem(link, Purpose::SetPassword, now).await? else {
            return Ok(None);
        };
        self.put_password(user, password, now).await?;
        Ok(Some(user))
    }

    async fn put_password(&self, user: UserId, password: &str, _: Instant) -> Result<()> {
        for account in lock(&self.accounts).iter_mut().filter(|account| account.id == user) {
            account.password = Some(password.to_owned());
        }
        Ok(())
    }

    async fn set_disabled(&self, user: UserId, to: bool, _: &str, _: Instant) -> Result<()> {
        for account in lock(&self.accounts).iter_mut().filter(|account| account.id == user) {
            account.disabled = to;
        }
        Ok(())
    }

    async fn note(&self, who: &str, action: &'static str, _: Instant) -> Result<()> {
        lock(&self.notes).push((who.to_owned(), action));
        Ok(())
    }
}

fn service() -> (Arc<World>, AccessService) {
    let world = Arc::new(World { tries_left: AtomicUsize::new(1_000), ..World::default() });
    let service = AccessService::new(
        world.clone(),
        world.clone(),
        world.clone(),
        world.clone(),
        world.clone(),
    );
    (world, service)
}

fn host() -> Actor {
    Actor::host("test")
}

fn ada() -> Email {
    Email::parse("ada@example.com").unwrap()
}

fn token(url: &str) -> &str {
    url.split_once("token=").unwrap().1
}

async fn add_with_password(service: &AccessService) -> UserId {
    let user = service.add_user(&host(), &ada(), Role::Operator).await.unwrap();
    let link = service.issue_link(&host(), user, Purpose::SetPassword, "http://s").await.unwrap();
    assert_eq!(service.set_password(token(&link), GOOD).await.unwrap(), user);
    user
}

fn message<T: std::fmt::Debug>(result: Result<T>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn a_link_works_once_for_a_day_and_for_its_purpose_only() {
    block_on(async {
        let (world, service) = service();
        let user = service.add_user(&host(), &ada(), Role::Viewer).await.unwrap();
        let host = host();
        let issue = || service.issue_link(&host, user, Purpose::SignIn, "https://s.example.com/");

        let link = issue().await.unwrap();
        assert!(link.starts_with("https://s.example.com/link?token="), "{link}");
        let wrong_purpose = service.set_password(token(&link), GOOD).await;
        assert!(message(wrong_purpose).contains("used"));
        assert_eq!(service.redeem_link(token(&link)).await.unwrap(), user);
        assert!(message(service.redeem_link(token(&link)).await).contains("used"));

        let older = issue().await.unwrap();
        let newer = issue().await.unwrap();
        assert!(service.redeem_link(token(&older)).await.is_err(), "replaced by a newer one");
        world.now.store(link::LIFETIME.0, SeqCst);
        assert!(service.redeem_link(token(&newer)).await.is_err(), "a day old");
    });
}

#[test]
fn only_the_hash_of_a_token_is_stored() {
    block_on(async {
        let (world, service) = service();
        let link = service.first_link("http://s").await.unwrap().unwrap();
        let stored = format!("{:?}", lock(&world.links));
        assert!(!stored.contains(token(&link)));
        assert_eq!(lock(&world.links)[0].hash, TokenHash::of(token(&link)));
    });
}

#[test]
fn a_refused_password_leaves_the_link_as_it_was() {
    block_on(async {
        let (_, service) = service();
        let user = service.add_user(&host(), &ada(), Role::Viewer).await.unwrap();
        let link =
            service.issue_link(&host(), user, Purpose::SetPassword, "http://s").await.unwrap();
        assert!(message(service.set_password(token(&link), "short").await).contains("too short"));
        service.set_password(token(&link), GOOD).await.unwrap();
        assert!(service.set_password(token(&link), GOOD).await.is_err());
    });
}

#[test]
fn every_way_to_fail_is_one_answer_after_the_same_work() {
    block_on(async {
        let (world, service) = service();
        let user = add_with_password(&service).await;
        let other = Email::parse("none@example.com").unwrap();
        service.add_user(&host(), &other, Role::Viewer).await.unwrap();
        let too_long = "x".repeat(password::LONGEST + 1);
        let mut said = std::collections::BTreeSet::new();
        let wrong = [
            ("ada@example.com", "wrong wrong wrong"),
            ("ada@example.com", ""),
            ("ada@example.com", too_long.as_str()),
            ("unknown@example.com", GOOD),
            ("none@example.com", GOOD),
            ("no address", GOOD),
        ];
        for (email, password) in wrong {
            said.insert(message(service.sign_in(email, password, None).await));
        }
        assert_eq!(service.sign_in(" ADA@example.com", GOOD, None).await.unwrap(), user);
        service.set_disabled(&host(), &ada(), true).await.unwrap();
        said.insert(message(service.sign_in("ada@example.com", GOOD, None).await));
        assert_eq!(said.len(), 1, "{said:?}");
        assert_eq!(world.verified.load(SeqCst), wrong.len() + 2);
        let notes = lock(&world.notes);
        assert_eq!(notes.len(), wrong.len() + 2);
        assert!(notes.contains(&("ada@example.com".to_owned(), "sign in")));
    });
}

#[test]
fn a_throttled_try_is_not_even_looked_at() {
    block_on(async {
        let (world, service) = service();
        add_with_password(&service).await;
        world.tries_left.store(1, SeqCst);
        assert!(service.sign_in("ada@example.com", "wrong", None).await.is_err());
        let said = message(service.sign_in("ada@example.com", GOOD, None).await);
        assert!(said.contains("wait 20s"), "{said}");
        assert_eq!(world.verified.load(SeqCst), 1);
    });
}

#[test]
fn whoever_is_locked_out_is_nobody() {
    block_on(async {
        let (_, service) = service();
        let user = add_with_password(&service).await;
        let actor = service.actor_of(user).await.unwrap().unwrap();
        assert_eq!((actor.name.as_str(), actor.role), ("ada@example.com", Role::Operator));
        let link = service.issue_link(&host(), user, Purpose::SignIn, "http://s").await.unwrap();
        service.set_disabled(&host(), &ada(), true).await.unwrap();
        assert_eq!(service.actor_of(user).await.unwrap(), None);
        assert!(service.redeem_link(token(&link)).await.is_err());
        assert!(service.issue_link(&host(), user, Purpose::SignIn, "http://s").await.is_err());
    });
}

#[test]
fn the_first_link_is_offered_until_somebody_has_a_password() {
    block_on(async {
        let (_, service) = service();
        let first = service.first_link("http://s").await.unwrap().unwrap();
        let again = service.first_link("http://s").await.unwrap().unwrap();
        assert!(service.redeem_link(token(&first)).await.is_err());
        let user = service.redeem_link(token(&again)).await.unwrap();
        assert_eq!(service.actor_of(user).await.unwrap().unwrap().role, Role::Admin);
        add_with_password(&service).await;
        assert_eq!(service.first_link("http://s").await.unwrap(), None);
    });
}

#[test]
fn a_new_password_needs_the_current_one_where_there_is_one() {
    const NEW: &str = "quick brown teapot";
    block_on(async {
        let (world, service) = service();
        let user = service.add_user(&host(), &ada(), Role::Viewer).await.unwrap();
        let actor = service.actor_of(user).await.unwrap().unwrap();
        let change = |current: &'static str, new: &'static str| {
            service.change_password(&actor, current, new, None)
        };
        assert!(message(change("", "short").await).contains("too short"));
        assert_eq!(change("", GOOD).await.unwrap(), user);
        assert!(message(change("", NEW).await).contains("current password is wrong"));
        assert_eq!(change(GOOD, NEW).await.unwrap(), user);
        assert!(service.sign_in("ada@example.com", GOOD, None).await.is_err());
        assert_eq!(service.sign_in("ada@example.com", NEW, None).await.unwrap(), user);
        world.tries_left.store(0, SeqCst);
        assert!(message(change(NEW, GOOD).await).contains("too many tries"));
        let gone = Actor::host("segue apply");
        assert!(service.change_password(&gone, "", GOOD, None).await.is_err());
    });
}

#[test]
fn only_an_admin_adds_people() {
    block_on(async {
        let (_, service) = service();
        let actor = Actor { name: "a@example.com".to_owned(), role: Role::Approver };
        assert!(matches!(
            service.add_user(&actor, &ada(), Role::Admin).await,
            Err(Error::Forbidden)
        ));
        assert!(matches!(service.set_disabled(&actor, &ada(), true).await, Err(Error::Forbidden)));
    });
}
