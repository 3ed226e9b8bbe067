//! Characters that move the cursor, break a line, turn text or hide in it: no program ever writes one.

use std::fmt::Write as _;

use serde_json::json;

use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, needs, program, unshare};

cases!["characters":
    no_listing_of_mounts_shows_one,
    no_listing_of_namespaces_shows_one,
    no_listing_of_host_names_shows_one,
    no_message_shows_one,
    no_usage_error_shows_one,
    no_plan_shows_one,
];

/// The characters by their effect, with their names in the Unicode Standard. No name has a NUL.
const CLASSES: [(&str, &[(char, char)]); 12] = [
    ("controls", &[('\u{1}', '\u{1f}'), ('\u{7f}', '\u{9f}')]),
    ("line and paragraph separators", &[('\u{2028}', '\u{2029}')]),
    (
        "what turns text",
        &[
            ('\u{61c}', '\u{61c}'),
            ('\u{200e}', '\u{200f}'),
            ('\u{202a}', '\u{202e}'),
            ('\u{2066}', '\u{2069}'),
        ],
    ),
    (
        "joiners, spaces without width and invisible operators",
        &[
            ('\u{34f}', '\u{34f}'),
            ('\u{200b}', '\u{200d}'),
            ('\u{2060}', '\u{2065}'),
            ('\u{feff}', '\u{feff}'),
        ],
    ),
    (
        "soft hyphen and Mongolian separators",
        &[('\u{ad}', '\u{ad}'), ('\u{180b}', '\u{180f}')],
    ),
    (
        "deprecated format characters and annotations",
        &[('\u{206a}', '\u{206f}'), ('\u{fff0}', '\u{fffb}')],
    ),
    (
        "fillers",
        &[
            ('\u{115f}', '\u{1160}'),
            ('\u{17b4}', '\u{17b5}'),
            ('\u{3164}', '\u{3164}'),
            ('\u{ffa0}', '\u{ffa0}'),
        ],
    ),
    (
        "variation selectors",
        &[('\u{fe00}', '\u{fe0f}'), ('\u{e0100}', '\u{e01ef}')],
    ),
    (
        "tags, and what is kept free beside them",
        &[('\u{e0000}', '\u{e00ff}'), ('\u{e01f0}', '\u{e0fff}')],
    ),
    (
        "format characters of single scripts",
        &[
            ('\u{600}', '\u{605}'),
            ('\u{6dd}', '\u{6dd}'),
            ('\u{70f}', '\u{70f}'),
            ('\u{890}', '\u{891}'),
            ('\u{8e2}', '\u{8e2}'),
            ('\u{110bd}', '\u{110bd}'),
            ('\u{110cd}', '\u{110cd}'),
            ('\u{13430}', '\u{1343f}'),
            ('\u{1bca0}', '\u{1bca3}'),
            ('\u{1d173}', '\u{1d17a}'),
        ],
    ),
    (
        "the Braille pattern that looks like a blank",
        &[('\u{2800}', '\u{2800}')],
    ),
    (
        "code points that are no characters",
        &[
            ('\u{fdd0}', '\u{fdef}'),
            ('\u{fffe}', '\u{ffff}'),
            ('\u{1fffe}', '\u{1ffff}'),
            ('\u{2fffe}', '\u{2ffff}'),
            ('\u{3fffe}', '\u{3ffff}'),
            ('\u{4fffe}', '\u{4ffff}'),
            ('\u{5fffe}', '\u{5ffff}'),
            ('\u{6fffe}', '\u{6ffff}'),
            ('\u{7fffe}', '\u{7ffff}'),
            ('\u{8fffe}', '\u{8ffff}'),
            ('\u{9fffe}', '\u{9ffff}'),
            ('\u{afffe}', '\u{affff}'),
            ('\u{bfffe}', '\u{bffff}'),
            ('\u{cfffe}', '\u{cffff}'),
            ('\u{dfffe}', '\u{dffff}'),
            ('\u{efffe}', '\u{effff}'),
            ('\u{ffffe}', '\u{fffff}'),
            ('\u{10fffe}', '\u{10ffff}'),
        ],
    ),
];

fn ranges() -> impl Iterator<Item = (char, char)> {
    CLASSES.iter().flat_map(|(_, ranges)| ranges.iter().copied())
}

/// All the characters.
fn all() -> String {
    ranges().flat_map(|(first, last)| first..=last).collect()
}

/// The text in parts of at most this many bytes.
fn parts(text: &str, most: usize) -> Vec<String> {
    let mut parts = vec![String::new()];
    for character in text.chars() {
        if parts[parts.len() - 1].len() + character.len_utf8() > most {
            parts.push(String::new());
        }
        let last = parts.len() - 1;
        parts[last].push(character);
    }
    parts
}

/// Each byte as `\xNN`, which is how such characters are shown.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        let _ = write!(escaped, "\\x{byte:02x}");
        escaped
    })
}

/// Fails if an output has one of the characters, except a line feed.
#[track_caller]
fn assert_harmless(output: &str, of: &str) {
    for shown in output.chars().filter(|shown| !matches!(shown, ' '..='~' | '\n')) {
        for (class, ranges) in CLASSES {
            let is_one = ranges
                .iter()
                .any(|(first, last)| (*first..=*last).contains(&shown));
            assert!(!is_one, "{of}: {} of the {class}", shown.escape_unicode());
        }
    }
}

/// Fails if an output of lines lacks one of the texts, or has it unescaped.
#[track_caller]
fn assert_written_out(output: &str, texts: &[impl AsRef<str>], of: &str) {
    assert_harmless(output, of);
    for text in texts {
        let expected = escaped(text.as_ref());
        assert!(output.contains(&expected), "{of}: no {expected} in {output}");
    }
}

/// Fails if a text is not a value in an output of JSON, or is there unescaped.
#[track_caller]
fn assert_in_json(output: &str, texts: &[String], of: &str) {
    assert_harmless(output, of);
    let value = serde_json::from_str(output).unwrap_or_else(|error| panic!("{of}: {error}: {output}"));
    for text in texts {
        assert!(has(&value, text), "{of}: no {} in {output}", escaped(text));
    }
}

/// True if a string in a value contains the text.
fn has(value: &serde_json::Value, text: &str) -> bool {
    match value {
        serde_json::Value::String(string) => string.contains(text),
        serde_json::Value::Array(items) => items.iter().any(|item| has(item, text)),
        serde_json::Value::Object(entries) => entries.values().any(|item| has(item, text)),
        _ => false,
    }
}

fn no_listing_of_mounts_shows_one() -> Outcome {
    let names = parts(&all(), 200);
    let mut table = String::new();
    for (id, name) in names.iter().enumerate() {
        // As the kernel writes it.
        let name = name.replace('\t', "\\011").replace('\n', "\\012");
        let _ = writeln!(
            table,
            "{} 1 0:9 /{name} /{name} rw - fs{name} {name} rw,x={name}",
            id + 20
        );
    }
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("mountinfo");
    std::fs::write(&file, table).expect("it is written");
    for shape in [
        "",
        "--list",
        "--raw",
        "--pairs",
        "--json",
        "--json --list",
        "--ascii",
    ] {
        let words = format!("{shape} --output TARGET,SOURCE,FSTYPE,OPTIONS,FSROOT");
        let output = program("ns-mounts")
            .arg("--tab-file")
            .arg(&file)
            .with(&words)
            .ok();
        if shape.contains("json") {
            assert_in_json(&output, &names, shape);
        } else {
            assert_written_out(&output, &names, shape);
        }
    }
    Ok(())
}

fn no_listing_of_namespaces_shows_one() -> Outcome {
    let names = parts(&all(), 200);
    let rows = names.iter().zip(1_u64..);
    let rows: Vec<_> = rows
        .map(|(name, ns)| json!({"ns": ns, "type": "net", "pid": ns, "command": name, "name": [name]}))
        .collect();
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("namespaces");
    std::fs::write(&file, json!({"namespaces": rows}).to_string()).expect("it is written");
    for shape in ["", "--list", "--raw", "--json", "--tree=process"] {
        let words = format!("{shape} --output NS,PID,COMMAND,NAME");
        let output = program("ns-ls").arg("--input").arg(&file).with(&words).ok();
        if shape.contains("json") {
            assert_in_json(&output, &names, shape);
        } else {
            assert_written_out(&output, &names, shape);
        }
    }
    Ok(())
}

fn no_listing_of_host_names_shows_one() -> Outcome {
    // The kernel has room for 64 bytes, so only the ends of each range are used.
    let ends: String = ranges().flat_map(|(first, last)| [first, last]).collect();
    let there = Held::new(unshare().arg("--uts"), "");
    let target = there.pid.to_string();
    for name in parts(&ends.replace('\n', ""), 64) {
        let set = program("ns-hostname")
            .args(["-t", &target, "--force", "--", &name])
            .ran();
        assert_eq!(set.ok(), "");
        for shape in ["--list", "--list --raw", "--list --pairs", "--list --json"] {
            let output = program("ns-hostname")
                .with(&format!("{shape} --output NS,HOSTNAME"))
                .stdout;
            if shape.contains("json") {
                assert_in_json(&output, std::slice::from_ref(&name), shape);
            } else {
                assert_written_out(&output, &[&name], shape);
            }
        }
        let output = program("ns-hostname").args(["-t", &target, "--json"]).ran().ok();
        assert_in_json(&output, std::slice::from_ref(&name), "--json");
    }
    Ok(())
}

/// Runs a program with arguments in which `{}` is the text, and checks its error.
#[track_caller]
fn fails_harmlessly(words: &[&str], text: &str) {
    let [name, arguments @ ..] = words else {
        panic!("no program");
    };
    let arguments = arguments.iter().map(|word| word.replace("{}", text));
    let ran = program(name).args(arguments).ran();
    assert!(ran.status != 0 && ran.stdout.is_empty(), "{words:?}: {ran:?}");
    assert_written_out(&ran.stderr, &[text], &words.join(" "));
}

fn no_message_shows_one() -> Outcome {
    needs::user_namespaces()?;
    let text = all();
    for words in [
        &["ns-unshare", "--", "/{}"][..],
        &["ns-unshare", "--", "{}"],
        &["ns-unshare", "--root", "/{}", "true"],
        &["ns-unshare", "--wd", "/{}", "true"],
        &["ns-enter", "--net=/{}", "true"],
        &["ns-enter", "--net=name:{}", "true"],
        &["ns-enter", "--target", "host:{}", "true"],
        &["ns-enter", "--target", "container:{}", "true"],
        &["ns-ls", "/{}"],
        &["ns-ls", "name:{}"],
        &["ns-ls", "--input", "/{}"],
        &["ns-hostname", "--target", "/{}"],
        &["ns-hostname", "--target", "host:{}"],
        &["ns-hostname", "--file", "/{}"],
        &["ns-mounts", "--task", "/{}"],
        &["ns-mounts", "--tab-file", "/{}"],
        &["ns-mounts", "--diff", "/{}", "/{}"],
    ] {
        fails_harmlessly(words, &text);
    }
    // Messages from inside the namespaces.
    for part in parts(&text, 200) {
        fails_harmlessly(&["ns-unshare", "--user", "--map-root-user", "--", "/{}"], &part);
    }
    // The error about a host name shows one character of it.
    for (first, last) in ranges() {
        for character in [first, last].map(String::from) {
            let said = program("ns-hostname").args(["--check", &*character]).ran().stderr;
            assert_written_out(&said, &[character], "--check");
        }
    }
    Ok(())
}

fn no_usage_error_shows_one() -> Outcome {
    let text = all();
    for name in ["ns-unshare", "ns-enter", "ns-ls", "ns-hostname", "ns-mounts"] {
        fails_harmlessly(&[name, "--{}"], &text);
        fails_harmlessly(&[name, "--{}=1"], &text);
    }
    for words in [
        &["ns-unshare", "--veth", "name={}", "true"][..],
        &["ns-unshare", "--veth", "{}=eth0", "true"],
        &["ns-unshare", "--veth", "name=eth0,addr={}", "true"],
        &["ns-unshare", "--veth", "{}", "true"],
        &["ns-unshare", "--hostname", "{}", "true"],
        &["ns-unshare", "--domainname", "{}", "true"],
        &["ns-unshare", "--map-users", "{}", "true"],
        &["ns-unshare", "--owner", "{}", "true"],
        &["ns-unshare", "--setgroups", "{}", "true"],
        &["ns-unshare", "--setuid", "{}", "true"],
        &["ns-unshare", "--propagation", "{}", "true"],
        &["ns-unshare", "--kill-child={}", "true"],
        &["ns-unshare", "--monotonic", "{}", "true"],
        &["ns-unshare", "--pin", "{}", "true"],
        &["ns-unshare", "--unpin", "{}"],
        &["ns-enter", "--target", "unit:{}", "true"],
        &["ns-enter", "--target", "1:{}", "true"],
        &["ns-enter", "--setuid", "{}", "true"],
        &["ns-enter", "--net-socket", "{}", "true"],
        &["ns-ls", "--type", "{}"],
        &["ns-ls", "--type", "unit:{}"],
        &["ns-ls", "--task", "unit:{}"],
        &["ns-ls", "--output", "{}"],
        &["ns-ls", "--filter", "{}"],
        &["ns-ls", "--filter", "\"{}"],
        &["ns-ls", "--filter", "COMMAND =~ \"[{}\""],
        &["ns-ls", "--look", "{}"],
        &["ns-ls", "--tree={}"],
        &["ns-ls", "--watch={}"],
        &["ns-hostname", "one", "{}"],
        &["ns-hostname", "--target", "unit:{}"],
        &["ns-hostname", "--list", "--output", "{}"],
        &["ns-mounts", "--task", "unit:{}"],
        &["ns-mounts", "--output", "{}"],
        &["ns-mounts", "--filter", "\"{}"],
        &["ns-mounts", "--watch={}"],
    ] {
        fails_harmlessly(words, &text);
    }
    Ok(())
}

fn no_plan_shows_one() -> Outcome {
    let text = all();
    let path = format!("/{text}");
    let own = std::process::id().to_string();
    let lines: [&[&str]; 2] = [
        &[
            "ns-unshare",
            "--user",
            "--mount",
            "--root",
            &path,
            "--wd",
            &path,
            "--",
            &path,
            &text,
        ],
        &["ns-enter", "--target", &own, "--net", "--", &path, &text],
    ];
    for line in lines {
        let plan = |json: &[&str]| {
            let mut command = program(line[0]);
            command.arg("--dry-run").args(json).args(&line[1..]).ran().ok()
        };
        assert_written_out(&plan(&[]), &[&text], line[0]);
        // The sentence of a step is the same in JSON and in text.
        let output = plan(&["--json"]);
        assert_harmless(&output, line[0]);
        let value: serde_json::Value = serde_json::from_str(&output).expect("it is JSON");
        assert!(has(&value, &escaped(&text)), "{output}");
    }
    Ok(())
}
