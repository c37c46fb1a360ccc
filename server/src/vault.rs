//! Secrets at rest: XChaCha20-Poly1305, bound to the row they stand in.
//!
//! The key comes from `SEGUE_SECRET_KEY`, or from a file that only its owner can read, made
//! beside the database on first use. Without the key a copy of the database tells nothing.

use std::{io::Write as _, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use domain::{Error, Result};
use rand::RngCore;

/// Bytes of the nonce, which stands before the sealed text.
const NONCE: usize = 24;

/// Seals and opens.
pub struct Vault {
    cipher: XChaCha20Poly1305,
}

impl Vault {
    /// With a key of 32 bytes in base64.
    pub fn from_text(key: &str) -> Result<Self> {
        let bytes = STANDARD.decode(key.trim()).ok().filter(|bytes| bytes.len() == 32);
        let Some(bytes) = bytes else {
            return Err(Error::invalid(
                "SEGUE_SECRET_KEY",
                "give 32 bytes in base64, such as `openssl rand -base64 32` prints",
            ));
        };
        let cipher = XChaCha20Poly1305::new_from_slice(&bytes).map_err(Error::unexpected)?;
        Ok(Self { cipher })
    }

    /// With the key in a file, which is made if it isn't there.
    pub fn from_file(path: &Path, random: &mut dyn RngCore) -> Result<Self> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::from_text(&text).map_err(|_| {
                Error::invalid(
                    "SEGUE_SECRET_KEY_FILE",
                    format!("{} holds no key of 32 bytes in base64", path.display()),
                )
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let mut bytes = [0; 32];
                random.fill_bytes(&mut bytes);
                let text = STANDARD.encode(bytes);
                write_private(path, &text).map_err(|error| {
                    Error::invalid(
                        "SEGUE_SECRET_KEY_FILE",
                        format!("can't make {}: {error}", path.display()),
                    )
                })?;
                Self::from_text(&text)
            }
            Err(error) => Err(Error::invalid(
                "SEGUE_SECRET_KEY_FILE",
                format!("can't read {}: {error}", path.display()),
            )),
        }
    }

    /// Seals a text for the row of that name; it opens nowhere else.
    pub fn seal(&self, row: &str, text: &str, random: &mut dyn RngCore) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE];
        random.fill_bytes(&mut nonce);
        let payload = Payload { msg: text.as_bytes(), aad: row.as_bytes() };
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| Error::unexpected("sealing a secret failed"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed for that row.
    pub fn open(&self, row: &str, sealed: &[u8]) -> Result<String> {
        let wrong = || {
            Error::invalid(
                "SEGUE_SECRET_KEY",
                format!(
                    "the stored secret {row} was sealed with another key: set the key that was used, or enter the secret anew"
                ),
            )
        };
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or_else(wrong)?;
        let payload = Payload { msg: sealed, aad: row.as_bytes() };
        let text = self.cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| wrong())?;
        String::from_utf8(text).map_err(|_| wrong())
    }
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng as _, rngs::StdRng};
    use std::os::unix::fs::PermissionsExt as _;

    fn vault(byte: u8) -> Vault {
        Vault::from_text(&STANDARD.encode([byte; 32])).unwrap()
    }

    #[test]
    fn opens_only_in_its_row_with_its_key() {
        let mut random = StdRng::seed_from_u64(1);
        let sealed = vault(1).seal("twilio.write_key/0", "hush", &mut random).unwrap();
        assert_eq!(vault(1).open("twilio.write_key/0", &sealed).unwrap(), "hush");
        assert!(vault(1).open("twilio.write_key/1", &sealed).is_err());
        assert!(vault(2).open("twilio.write_key/0", &sealed).is_err());
        assert!(vault(1).open("twilio.write_key/0", &sealed[..10]).is_err());
        let again = vault(1).seal("twilio.write_key/0", "hush", &mut random).unwrap();
        assert_ne!(sealed, again);
    }

    #[test]
    fn makes_a_key_file_that_only_its_owner_reads() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("segue.key");
        let mut random = StdRng::seed_from_u64(1);
        let sealed = Vault::from_file(&path, &mut random).unwrap().seal("a", "b", &mut random);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let again = Vault::from_file(&path, &mut random).unwrap();
        assert_eq!(again.open("a", &sealed.unwrap()).unwrap(), "b");
    }
}
