//! Rows of `ns-mounts` that differ because of a scene.

use serde_json::Value;

use super::honest::{is_difference, lines_of};
use super::scenes;

/// The rows of `ns-mounts` that differ are of mounts that the scene has changed: the mounts on `/proc` or `/run`, or those
/// of another root.
pub fn is_scenery(job: &Value, shown: (&str, &str)) -> bool {
    let Some(scene) = scenes::name(job).filter(|_| job["words"][0] == "ns-mounts") else {
        return false;
    };
    // Lines of a tree depend on the rows below.
    let row = |line: &str| line.trim_start_matches(['|', '`', '-', ' ']).to_owned() + "\n";
    let [whole, now] = [shown.0, shown.1].map(|text| text.lines().map(row).collect::<String>());
    let is_bracket = |line: &str| line.chars().all(|character| "{}[], `|-".contains(character));
    // The whole answer of a check is about the only line of the table, which is for /run.
    let is_check =
        job["words"][1] == "-x" && scene.starts_with("run-") && shown.1.lines().any(|line| line == "/run");
    let changed = match scene {
        "run-missing" | "run-is-a-file" | "run-is-a-link" => {
            let is_explained = |line: &str, is_new| is_bracket(line) || is_of_another_root(line, is_new);
            let (old, new) = (lines_of(&whole), lines_of(&now));
            let is_same = old.difference(&new).all(|line| is_explained(line, false))
                && new.difference(&old).all(|line| is_explained(line, true));
            return is_check || (!now.is_empty() && is_same);
        }
        "run-read-only" => "/run",
        _ => "/proc",
    };
    let is_changed = |line: &str| line.contains(changed) || is_bracket(line) || is_check;
    !now.is_empty() && is_difference((&whole, &now), is_changed)
}

/// The row is of a mount that only the old root has, or only the new one: a tmpfs with each directory of the old root
/// bound on it. It was built below `/mnt/root`, which `verdict` shows as `/mnt/0`. The rest of the tree came along.
fn is_of_another_root(row: &str, is_new: bool) -> bool {
    let mut words = row.split(|character: char| character.is_whitespace() || character == '"');
    let has = |wanted: &str| words.clone().any(|word| word == wanted);
    if !is_new {
        return ["/", "/proc", "/run"].iter().any(|place| has(place));
    }
    let is_bound_from = |name: &str| words.clone().any(|word| word.ends_with(&format!("/{name}]")));
    let is_place = |word: &str| match word.strip_prefix('/') {
        Some("") => has("own") && has("tmpfs"),
        Some(name) => name == "mnt/0" || name.starts_with("mnt/0/") || is_bound_from(name),
        None => false,
    };
    words.clone().any(is_place) && words.all(|word| !word.starts_with("/run"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn another_root_excuses_only_its_own_mounts() {
        let job = json!({ "words": ["ns-mounts"], "options": ["--scene=run-missing"] });
        let whole = "/ /dev/vda ext4 rw\n|-/dev dev devtmpfs rw\n`-/run own tmpfs rw";
        let now = "/ own tmpfs rw\n|-/usr /dev/vda[/usr] ext4 rw\n|-/mnt/0/usr /dev/vda[/usr] ext4 rw\n`-/dev dev devtmpfs rw";
        assert!(is_scenery(&job, (whole, now)));
        for (usual, other) in [
            ("/dev dev devtmpfs rw", "/dev dev devtmpfs ro"),
            ("`-/dev dev devtmpfs rw", ""),
            ("/ own tmpfs", "/ own ext4"),
            ("/usr /dev/vda[/usr]", "/usr /dev/vda[/var]"),
            ("/usr /dev/vda[/usr]", "/run/x /dev/vda[/x]"),
            ("/usr /dev/vda[/usr]", "/usr/lib own"),
        ] {
            let now = now.replacen(usual, other, 1);
            assert!(!is_scenery(&job, (whole, &now)), "{now}");
        }
        let same = "{\"target\":\"/usr\",\"source\":\"/dev/vda[/usr]\",\"fstype\":\"ext4\"}";
        assert!(is_of_another_root(same, true));
        assert!(!is_of_another_root(same, false));
    }
}
