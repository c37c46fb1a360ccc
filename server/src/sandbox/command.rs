//! `segue sandbox`: the stand-in as a process of its own.

use std::future::Future;
use std::io::{Error, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;
use domain::time::Clock;

use super::telling::Receiver;
use super::{RunningSandbox, SandboxConfig};

/// Arguments of `segue sandbox`.
#[derive(Args, Clone, Debug)]
pub struct SandboxArgs {
    /// Where to listen; loopback only
    #[arg(long, default_value = "127.0.0.1:4010")]
    pub addr: SocketAddr,
    /// How many people the simulated store knows
    #[arg(long, default_value_t = 50_000)]
    pub people: u32,
    /// The same seed makes the same store
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The App API's budget
    #[arg(long, default_value_t = 10)]
    pub customerio_requests_per_second: u32,
    /// The tracking API's budget
    #[arg(long, default_value_t = 1_000)]
    pub tracking_requests_per_second: u32,
    /// Nobody shops: people and segments change only through /sandbox
    #[arg(long)]
    pub still: bool,
    /// How many times as fast as the clock the store lives
    #[arg(long, default_value_t = 1, conflicts_with = "still")]
    pub speed: u32,
    /// A key of the App API, in place of the built-in one; may be given several times
    #[arg(long = "app-key")]
    pub app_keys: Vec<String>,
    /// A write key of a source, in place of the built-in one; may be given several times
    #[arg(long = "write-key")]
    pub write_keys: Vec<String>,
    /// Where Segue is, with its scheme and port: it is told what people do, as a shop and
    /// Customer.io's webhooks tell it
    #[arg(long, value_name = "URL")]
    pub tell: Option<String>,
}

impl SandboxArgs {
    /// The configuration that these arguments ask for.
    pub fn config(&self) -> SandboxConfig {
        let tells =
            self.tell.as_ref().map(|url| Receiver::at(url.trim_end_matches('/').to_owned()));
        let mut config = SandboxConfig {
            address: self.addr,
            tells,
            customerio_requests_per_second: self.customerio_requests_per_second,
            tracking_requests_per_second: self.tracking_requests_per_second,
            ..SandboxConfig::default()
        };
        if !self.app_keys.is_empty() {
            config.app_keys.clone_from(&self.app_keys);
        }
        if !self.write_keys.is_empty() {
            config.write_keys.clone_from(&self.write_keys);
        }
        config
    }
}

/// Runs the sandbox until `stop` is ready.
pub async fn run(
    args: SandboxArgs,
    clock: Arc<dyn Clock>,
    stop: impl Future<Output = ()>,
) -> Result<(), Error> {
    let config = args.config();
    let sandbox = RunningSandbox::start(config.clone(), clock).await?;
    sandbox.open_store(args.people, args.seed, if args.still { 0 } else { args.speed });
    let mut out = std::io::stdout();
    let key = |keys: &[String]| keys.first().cloned().unwrap_or_default();
    writeln!(
        out,
        "# Customer.io's App API and Segment's tracking API, simulated; inside: {url}/sandbox/status\n\
         # app_api_key = \"{app}\", write_key = \"{write}\", public_api_token = \"{public}\"\n\
         export SEGUE_CUSTOMERIO_URL={url}\n\
         export SEGUE_TWILIO_TRACKING_URL={tracking}\n\
         export SEGUE_TWILIO_PUBLIC_URL={tracking}",
        url = sandbox.customerio_url,
        tracking = sandbox.tracking_url,
        app = key(&config.app_keys),
        write = key(&config.write_keys),
        public = key(&config.public_tokens),
    )?;
    if let Some(Receiver { url, write_key, reporting_signing_key, campaign_signing_key, .. }) =
        &config.tells
    {
        writeln!(
            out,
            "# It tells {url} what people do: the [[source]] of the shop has write_key = \"{write_key}\";\n\
             # [customerio] reporting_signing_key = \"{reporting_signing_key}\", campaign_signing_key = \"{campaign_signing_key}\""
        )?;
    }
    out.flush()?;
    stop.await;
    sandbox.shutdown().await;
    Ok(())
}
