//! The release binary carries the built front end: recompile when that changes.
//!
//! `cargo` reruns a script whose watched folder is missing on every build, so it is made.

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    // A debug build reads the files from the folder while it runs, see `http::assets`.
    if std::env::var_os("PROFILE").is_some_and(|profile| profile == "release") {
        std::fs::create_dir_all("../target/site")?;
        println!("cargo::rerun-if-changed=../target/site");
    }
    Ok(())
}
