//! Memory of the process that renders the page.

use std::collections::HashMap;
use std::path::Path;

/// Resident memory, in megabytes, of the largest rendering process of the browser with its profile in `folder`; NaN if the system does not provide
/// it.
pub fn memory_of_renderer(folder: &str) -> f64 {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    let mut commands: HashMap<u32, String> = HashMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // A process may end while its files are read.
        let read = |name: &str| std::fs::read_to_string(entry.path().join(name)).unwrap_or_default();
        let Some(parent) = parent_in(&read("stat")) else { continue };
        children.entry(parent).or_default().push(id);
        commands.insert(id, read("cmdline").replace('\0', " "));
    }
    let profile = format!("--user-data-dir={folder}");
    let browser = commands.iter().find(|(_, command)| command.contains(&profile) && !command.contains("--type="));
    let mut waiting: Vec<u32> = browser.map(|(id, _)| *id).into_iter().collect();
    let mut largest = f64::NAN;
    while let Some(id) = waiting.pop() {
        waiting.extend(children.get(&id).into_iter().flatten());
        if commands.get(&id).is_some_and(|command| command.contains("--type=renderer")) {
            let status = std::fs::read_to_string(Path::new("/proc").join(id.to_string()).join("status"));
            largest = status.ok().and_then(|status| resident_in(&status)).unwrap_or(f64::NAN).max(largest);
        }
    }
    largest
}

/// Parent in `/proc/ID/stat`. The second field of this file is a name in parentheses that may contain any characters.
fn parent_in(stat: &str) -> Option<u32> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// Resident memory in `/proc/ID/status`, in megabytes.
fn resident_in(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok().map(|kilobytes| kilobytes * 1024.0 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn process_memory_is_read() {
        assert_eq!(parent_in("31 (a (strange) name) S 17 31 31 0"), Some(17));
        assert_eq!(parent_in(""), None);
        assert_eq!(resident_in("Name:\tx\nVmRSS:\t  250000 kB\nThreads: 1\n"), Some(256.0));
        assert!(memory_of_renderer("/nowhere").is_nan());
    }
}
