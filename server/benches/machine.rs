//! The machine that the figures belong to.

use std::{
    fs,
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use crate::{Failure, process::number_after};

/// Its facts, one a line: name and value.
pub fn facts(folder: &Path) -> Result<Vec<(&'static str, String)>, Failure> {
    let processors = fs::read_to_string("/proc/cpuinfo")?;
    let model =
        processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let memory = number_after(&fs::read_to_string("/proc/meminfo")?, "MemTotal:") / 1_048_576;
    let load = fs::read_to_string("/proc/loadavg")?;
    Ok(vec![
        ("processor", model.map_or_else(String::new, |(_, name)| name.to_owned())),
        ("cores", std::thread::available_parallelism()?.to_string()),
        ("memory", format!("{memory} GiB")),
        ("kernel", format!("Linux {}", fs::read_to_string("/proc/sys/kernel/osrelease")?.trim())),
        ("file system", file_system(folder)?),
        ("fdatasync", format!("{:.0} a second (4 KiB appended each time)", syncs(folder)?)),
        ("load before", load.split_whitespace().next().unwrap_or_default().to_owned()),
    ])
}

fn file_system(folder: &Path) -> Result<String, Failure> {
    let folder = folder.canonicalize()?;
    let mounts = fs::read_to_string("/proc/mounts")?;
    let mounted = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((fields.next()?, fields.next()?))
    });
    let nearest =
        mounted.filter(|(place, _)| folder.starts_with(place)).max_by_key(|(place, _)| place.len());
    Ok(nearest.map_or_else(String::new, |(_, kind)| kind.to_owned()))
}

/// How often a second the disk can be told to keep something.
fn syncs(folder: &Path) -> Result<f64, Failure> {
    let name = folder.join("sync");
    let mut file = fs::File::create(&name)?;
    let (began, mut count) = (Instant::now(), 0.0);
    while began.elapsed() < Duration::from_secs(2) {
        file.write_all(&[0; 4_096])?;
        file.sync_data()?;
        count += 1.0;
    }
    let rate = count / began.elapsed().as_secs_f64();
    fs::remove_file(name)?;
    Ok(rate)
}
