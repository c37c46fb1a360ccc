//! All integration tests are one binary: one link, one set of helpers.
//!
//! Each `mod` says `#[cfg(test)]`, so that its helpers may unwrap.

#[cfg(test)]
mod access;
#[cfg(test)]
mod arrows;
#[cfg(test)]
mod databases;
#[cfg(test)]
mod hooks;
#[cfg(test)]
mod house;
#[cfg(test)]
mod http;
#[cfg(test)]
mod live;
#[cfg(test)]
mod rest;
#[cfg(test)]
mod sandbox;
#[cfg(test)]
mod soak;
#[cfg(test)]
mod storage;
#[cfg(test)]
mod sync;
