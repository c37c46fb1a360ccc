//! The release binary carries the built front end: recompile when that changes.
//!
//! `cargo` reruns a script whose watched folder is missing on every build, so it is made.

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    // Made for debug builds too: they keep the folder's real path and read it while they run,
    // see `http::assets`; of a folder that isn't there yet they would keep another path.
    std::fs::create_dir_all("../target/site")?;
    if std::env::var_os("PROFILE").is_some_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed=../target/site");
    }
    Ok(())
}
