//! The contract of storage: every method of every port, on SQLite and on PostgreSQL.
//!
//! One file a vertical. A case takes `#[values(Sqlite, Postgres)] engine: Engine` and opens a
//! database of its own with it; [`worker`] plays the part of delivery.

mod attributes;
mod canary;
mod cancel;
mod closing;
mod configuration;
mod contract;
mod contract_model;
mod coverage;
mod delivery;
mod doubt;
mod entries;
mod environment;
mod erasure;
mod events;
mod exclusivity;
mod fast;
mod fast_model;
mod fields;
mod first_version;
mod forgetting;
mod forgetting_model;
mod gates;
mod harness;
mod holds;
mod imports;
mod leases;
mod ledger;
mod leftovers;
mod letters;
mod listings;
mod migrations;
mod mirrors;
mod model;
mod monitoring;
mod needs;
mod notices;
mod onward;
mod orders;
mod outages;
mod plans;
mod proposals;
mod reads;
mod retention;
mod standing;
mod stops;
mod timeline;
mod trail;
mod trials;
mod worker;
mod workspace;
