//! Argon2id, off the threads that serve requests.

use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use async_trait::async_trait;
use domain::{Error, Result, access::port::PasswordHasher};
use rand::RngCore as _;
use tokio::sync::Semaphore;

use crate::random;

/// Memory in KiB, passes, lanes: what OWASP's password storage advice asks for.
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// Hashes at a time: each takes 19 MiB and a core.
const AT_ONCE: usize = 2;

/// Hashes with Argon2id.
pub struct Argon2id {
    permits: Semaphore,
    /// Of nothing that anybody can type: for accounts that aren't there.
    dummy: String,
}

impl Argon2id {
    /// With the cost that `COST` says.
    pub fn new() -> Self {
        // Salt and hash of zeros. Its cost must be the real one's; a test compares them.
        let (memory, passes, lanes) = COST;
        let dummy = format!(
            "$argon2id$v=19$m={memory},t={passes},p={lanes}${}${}",
            "A".repeat(22),
            "A".repeat(43)
        );
        Self { permits: Semaphore::new(AT_ONCE), dummy }
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(Argon2<'static>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let _permit = self.permits.acquire().await.map_err(Error::unexpected)?;
        let work = || {
            let (memory, passes, lanes) = COST;
            let params = Params::new(memory, passes, lanes, None).map_err(unexpected)?;
            work(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
        };
        tokio::task::spawn_blocking(work).await.map_err(Error::unexpected)?
    }
}

impl Default for Argon2id {
    fn default() -> Self {
        Self::new()
    }
}

fn unexpected(error: impl std::fmt::Display) -> Error {
    Error::unexpected(format!("argon2: {error}"))
}

#[async_trait]
impl PasswordHasher for Argon2id {
    async fn hash(&self, password: &str) -> Result<String> {
        let password = password.to_owned();
        let mut salt = [0; 16];
        random::secure().fill_bytes(&mut salt);
        self.work(move |argon2| {
            let hash =
                argon2.hash_password_with_salt(password.as_bytes(), &salt).map_err(unexpected)?;
            Ok(hash.to_string())
        })
        .await
    }

    async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool> {
        let exists = hash.is_some();
        let hash = hash.unwrap_or(&self.dummy).to_owned();
        let password = password.to_owned();
        self.work(move |argon2| match argon2.verify_password(password.as_bytes(), hash.as_str()) {
            Ok(()) => Ok(exists),
            Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(unexpected(error)),
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_right_password_and_no_other() {
        let argon2 = Argon2id::new();
        let password =
            "nul \0 and ünïcode, longer than seventy-two bytes, which old hashes cut off here";
        let hash = argon2.hash(password).await.unwrap();
        assert!(argon2.verify(password, Some(&hash)).await.unwrap());
        let longer = format!("{password}!");
        for wrong in [&longer, &password[..72], &password.to_uppercase(), "nul ", ""] {
            assert!(!argon2.verify(wrong, Some(&hash)).await.unwrap(), "{wrong}");
        }
        assert_ne!(hash, argon2.hash(password).await.unwrap(), "salted");
        assert!(argon2.verify(password, Some("no hash")).await.is_err());
    }

    #[tokio::test]
    async fn nobody_s_hash_costs_the_same_and_never_fits() {
        let argon2 = Argon2id::new();
        assert!(!argon2.verify("", None).await.unwrap());
        let real = argon2.hash("x").await.unwrap();
        let cost = |hash: &str| hash.rsplitn(3, '$').nth(2).map(str::to_owned);
        assert_eq!(cost(&real), cost(&argon2.dummy));
        assert_eq!(real.len(), argon2.dummy.len());
        assert!(real.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{real}");
    }
}
