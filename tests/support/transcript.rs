//! Replaying the sessions in documents: the commands after `$` (an ordinary user) or `#` (root), and their output.
//!
//! Numbers of four digits or more are PIDs and inodes, which differ each time. Each stands for some number: equal
//! numbers for equal ones, different numbers for different ones. Several blanks count as one. A line `...` is any
//! number of lines.

use std::collections::HashMap;

use super::case::Skip;
use super::cgroup::Cgroup;
use super::{Terminal, User, needs, tool, tools};

/// One command and what it wrote.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    /// The command as typed, perhaps over several lines.
    pub command: String,
    /// The lines that it wrote.
    pub output: Vec<String>,
}

/// The commands and output of one shell, in order.
#[derive(Debug, PartialEq, Eq)]
pub struct Session {
    /// True if it is root's shell.
    pub of_root: bool,
    /// The commands.
    pub steps: Vec<Step>,
}

/// The mark at the end of each answer, which nothing else writes.
const PROMPT: &str = "\u{2400} ";

/// Tools that documents run, which a session that has their names declares.
const TOOLS: [&str; 18] = [
    "awk", "diff", "findmnt", "hostname", "ip", "ipcmk", "ipcs", "lsns", "mount", "nsenter", "ping", "ps",
    "setpriv", "strace", "umount", "unshare", "uptime", "python3",
];

/// The cgroups that documents make, and what a command has in it that moves a process to one.
const CGROUPS: (&str, &str) = ("shop/till", "cgroup.procs");

/// Names of this machine, each with the one that documents have for it.
type Names = Vec<(String, &'static str)>;

impl Session {
    /// Reads the lines of a session: commands after a prompt (`$ ` or `# `, `> ` where one goes on), and what they wrote.
    #[track_caller]
    pub fn parse<'a>(lines: impl IntoIterator<Item = &'a str>) -> Self {
        let mut session = Self {
            of_root: false,
            steps: Vec::new(),
        };
        for line in lines {
            if let Some(command) = line.strip_prefix("$ ").or(line.strip_prefix("# ")) {
                if session.steps.is_empty() {
                    session.of_root = line.starts_with('#');
                }
                session.steps.push(Step {
                    command: command.to_owned(),
                    output: Vec::new(),
                });
                continue;
            }
            let step = session.steps.last_mut().expect("a session starts with a prompt");
            match line.strip_prefix("> ") {
                Some(more) if step.output.is_empty() => {
                    step.command.push('\n');
                    step.command += more;
                }
                _ => step.output.push(line.to_owned()),
            }
        }
        session
    }

    /// Runs the session again, and compares.
    #[track_caller]
    pub fn replay(&self) -> Result<(), Skip> {
        for step in &self.steps {
            for word in step
                .command
                .split(|c: char| c.is_whitespace() || "|;&()'\"".contains(c))
            {
                if TOOLS.contains(&word) {
                    needs::installed(word)?;
                }
            }
            let makes_one = |option| step.command.split_whitespace().any(|word| word == option);
            if step.command.contains("unshare")
                && (!self.of_root || ["-U", "-r", "-a"].into_iter().any(makes_one))
            {
                needs::user_namespaces()?;
            }
            if step.command.contains("--map-auto") {
                needs::tools("newuidmap newgidmap");
            }
            if step.command.contains("--map-users") && !self.of_root {
                needs::installed("newuidmap")?;
            }
        }
        // A private machine (-a) can do without.
        needs::optional("newuidmap newgidmap");
        let (cgroups, moves) = CGROUPS;
        let uses_cgroups = self.of_root && self.steps.iter().any(|step| step.command.contains(moves));
        let _cgroups = uses_cgroups.then(|| Cgroup::vacant(cgroups)).transpose()?;
        let home = tempfile::tempdir().expect("a directory can be made");
        let (mut terminal, names) = self.start(home.path())?;
        terminal.expect(PROMPT);
        let mut bound = Bound::default();
        for step in &self.steps {
            terminal.type_keys(&format!("{}\r", step.command.replace('\n', "\r")));
            let mut written = without_continuations(&step.command, &terminal.expect(PROMPT));
            if step.command.replace("&&", "").contains('&') {
                terminal.settle();
            }
            for (ours, shown) in &names {
                written = in_words(&written, ours, shown);
            }
            let written: Vec<&str> = written.lines().map(str::trim_end).collect();
            let written = &written[..written.len() - usize::from(written.last() == Some(&""))];
            let expected: Vec<&str> = step.output.iter().map(String::as_str).collect();
            if let Err(why) = bound.matches(&expected, written) {
                panic!(
                    "{}\n-- {why}; the document has\n{}\n-- and it writes\n{}\n",
                    step.command,
                    step.output.join("\n"),
                    written.join("\n"),
                );
            }
        }
        Ok(())
    }

    /// The shell, and the names of this machine with those that documents have for them.
    fn start(&self, home: &std::path::Path) -> Result<(Terminal, Names), Skip> {
        let host = nix::unistd::gethostname().expect("there is a host name");
        let mut names = vec![(host.to_string_lossy().into_owned(), "host")];
        let mut shell = tool(needs::installed("bash")?);
        let prompt = format!("PS1='{PROMPT}' PS2='> '");
        shell
            .args(["--noprofile", "--norc", "--noediting", "-i"])
            .env("TERM", "dumb")
            // Programs write colours to every terminal if it is set.
            .env_remove("CI")
            .env("PS1", PROMPT)
            // A system file that the shell reads may set another one.
            .env("PROMPT_COMMAND", prompt)
            .env("SHELL", "/bin/bash")
            .env("HOME", home)
            .current_dir("/");
        let user = if self.of_root {
            needs::root()?;
            None
        } else {
            Some(User::ordinary()?)
        };
        let ours = super::ran::path_of("ns-ls").parent();
        let programs = user.map_or(ours.expect("it is in a directory"), User::programs);
        let path = tools::path_with(programs);
        // A login shell sets its own.
        std::fs::write(home.join(".profile"), format!("PATH='{}'\n", path.display())).expect("it is ours");
        if let Some(user) = user {
            names.push((user.name.clone(), "alice"));
            std::os::unix::fs::chown(home, Some(user.id), None).expect("it is ours");
        }
        let terminal = Terminal::silent(shell.env("PATH", path), user)?;
        Ok((terminal, names))
    }
}

/// The numbers so far, and the numbers that they stand for.
#[derive(Debug, Default)]
struct Bound {
    forth: HashMap<String, String>,
    back: HashMap<String, String>,
}

impl Bound {
    /// True if the output is as shown.
    fn matches(&mut self, expected: &[&str], written: &[&str]) -> Result<(), String> {
        let Some((first, rest)) = expected.split_first() else {
            return written
                .first()
                .map_or(Ok(()), |line| Err(format!("{line:?} is not in it")));
        };
        if first.trim() == "..." {
            // The next shown line is searched in the rest.
            let Some(next) = rest.first() else { return Ok(()) };
            for start in 0..written.len() {
                let mut attempt = Self {
                    forth: self.forth.clone(),
                    back: self.back.clone(),
                };
                if attempt.matches(rest, &written[start..]).is_ok() {
                    *self = attempt;
                    return Ok(());
                }
            }
            return Err(format!("{next:?} does not come"));
        }
        let Some((line, others)) = written.split_first() else {
            return Err(format!("{first:?} does not come"));
        };
        self.line(first, line)?;
        self.matches(rest, others)
    }

    /// True if the line is as shown.
    fn line(&mut self, expected: &str, written: &str) -> Result<(), String> {
        let (wanted, got) = (parts(expected), parts(written));
        let differs = || format!("{written:?} is not {expected:?}");
        if wanted.len() != got.len() {
            return Err(differs());
        }
        for (wanted, got) in wanted.iter().zip(&got) {
            if !(is_variable(wanted) && is_number(got)) {
                if wanted != got {
                    return Err(differs());
                }
                continue;
            }
            let forth = self.forth.entry(wanted.clone()).or_insert_with(|| got.clone());
            let back = self.back.entry(got.clone()).or_insert_with(|| wanted.clone());
            if forth != got || back != wanted {
                return Err(format!(
                    "{}: {wanted} was {forth} before, and {got} was {back}",
                    differs()
                ));
            }
        }
        Ok(())
    }
}

/// A line split into numbers and the text between; several blanks become one.
fn parts(line: &str) -> Vec<String> {
    // The number of the terminal varies like a PID.
    let line = line.replace("pts/", "pts/0000");
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut parts: Vec<String> = Vec::new();
    for c in line.chars() {
        match parts.last_mut() {
            Some(last) if last.ends_with(|l: char| l.is_ascii_digit()) == c.is_ascii_digit() => last.push(c),
            _ => parts.push(c.to_string()),
        }
    }
    parts
}

fn is_variable(part: &str) -> bool {
    part.len() >= 4 && is_number(part)
}

/// A number that can stand for a variable. A machine that has just started has PIDs of three digits.
fn is_number(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_digit())
}

/// The output without the shell's second prompt, once for each further line of the command.
fn without_continuations(command: &str, written: &str) -> String {
    written.replacen("> ", "", command.matches('\n').count())
}

/// The text with a name replaced, where it is a word of its own.
fn in_words(text: &str, name: &str, by: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(name) {
        let is_inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '/');
        let before = rest[..at].chars().next_back().or(out.chars().next_back());
        let whole = !is_inside(before) && !is_inside(rest[at + name.len()..].chars().next());
        out += &rest[..at];
        out += if whole { by } else { name };
        rest = &rest[at + name.len()..];
    }
    out + rest
}

/// The matcher itself, tried by the cases of `documents`.
#[track_caller]
pub fn assert_it_tells_apart() {
    let same = |expected: &[&str], written: &[&str]| Bound::default().matches(expected, written).is_ok();
    assert!(same(&["a  4711 x"], &["a 9001  x"]));
    assert!(same(&["4711", "...", "4711"], &["9001", "b", "c", "9001"]));
    assert!(
        same(&["[1] 4711"], &["[1] 605"]),
        "a machine that has just started"
    );
    assert!(!same(&["4711"], &["x"]) && !same(&["4711"], &["605 x"]));
    assert!(!same(&["4711", "4711"], &["9001", "9002"]), "the same is another");
    assert!(!same(&["4711", "4712"], &["9001", "9001"]), "another is the same");
    assert!(!same(&["1"], &["2"]), "small numbers are what they are");
    assert!(!same(&["a"], &["a", "b"]) && !same(&["a", "b"], &["a"]));
    assert_eq!(in_words("vm vmx a-vm vm", "vm", "host"), "host vmx a-vm host");
    assert_eq!(without_continuations("a \\\nb", "> x -> y"), "x -> y");
    assert_eq!(without_continuations("a", "x -> y"), "x -> y");
    let session = Session::parse(["# a \\", "> b", "x", "$ c"]);
    assert!(session.of_root && session.steps[0].command == "a \\\nb");
}
