//! 200 page loads at once, half of them cut off by the reader, while the demo works: nothing
//! panics, and the server goes on.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Command, Stdio},
};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use reqwest::{StatusCode, header};

/// Every kind of page; those that need a name take the demo's.
const PAGES: [&str; 10] = [
    "/",
    "/mappings",
    "/mappings/cart-to-meta",
    "/mappings/cart-to-meta/edit",
    "/mappings/new",
    "/audiences",
    "/destinations",
    "/suppression",
    "/people?find=a3000001",
    "/settings/connections",
];

#[tokio::test(flavor = "multi_thread")]
async fn readers_who_leave_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_segue"))
        .args(["demo", "--addr", "127.0.0.1:0", "--people", "3000", "--file"])
        .arg(folder.path().join("demo.db"))
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    let link = said
        .find_map(|line| line.unwrap().strip_prefix("sign-in link: ").map(str::to_owned))
        .unwrap();
    let mut log = child.stderr.take().unwrap();
    let log = std::thread::spawn(move || {
        let mut text = String::new();
        log.read_to_string(&mut text).unwrap();
        text
    });
    let (base, token) = link.split_once("/link?").unwrap();
    let http =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = http
        .post(format!("{base}/fn/redeem_link"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .body(token.to_owned())
        .send()
        .await
        .unwrap();
    let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();

    let mut random = StdRng::seed_from_u64(31);
    let loads = (0..200).map(|number| {
        let patience = random.random_bool(0.5).then(|| random.random_range(1..80));
        let request = http
            .get(format!("{base}{}", PAGES[number % PAGES.len()]))
            .header(header::COOKIE, &cookie)
            .header(header::ACCEPT, "text/html");
        async move {
            let load = async {
                let answer = request.send().await.unwrap();
                let status = answer.status();
                assert!(!answer.text().await.unwrap().is_empty());
                status
            };
            match patience {
                // Dropping the future closes the connection in the middle of the page.
                Some(millis) => {
                    let patience = std::time::Duration::from_millis(millis);
                    tokio::time::timeout(patience, load).await.ok()
                }
                None => Some(load.await),
            }
        }
    });
    let statuses = futures::future::join_all(loads).await;
    let wrong: Vec<_> =
        statuses.iter().flatten().filter(|status| **status != StatusCode::OK).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(statuses.iter().flatten().count() >= 80, "most readers who waited were served");
    let alive = http.get(format!("{base}/readyz")).send().await.unwrap();
    assert_eq!(alive.status(), StatusCode::OK);

    child.kill().unwrap();
    child.wait().unwrap();
    let log = log.join().unwrap();
    let panics: Vec<&str> = log.lines().filter(|line| line.contains("panic")).collect();
    assert!(panics.is_empty(), "{panics:#?}");
    assert!(!log.contains(token), "a one-time link stands in the log");
}
