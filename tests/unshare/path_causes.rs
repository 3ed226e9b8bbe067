//! The messages when a path cannot be followed, or leads to a program that cannot be run: each cause is provoked for real.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use super::causes::says;
use super::{ordinary, unshare};
use crate::support::case::cases;
use crate::support::{Outcome, Run as _, Running, User, needs, tool};

cases!["unshare::path_causes":
    a_directory_that_is_closed_is_named,
    a_missing_part_of_a_path_is_named,
    a_program_with_a_flaw_is_explained,
    the_default_shell_is_explained,
    a_path_through_a_process_is_explained,
];

/// A directory that everyone may use.
fn open_directory() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("there is room in /tmp");
    fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).expect("it is ours");
    directory
}

/// An executable file with this content.
fn executable(directory: &Path, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let [written, file] = [format!("{name}.written"), name.to_owned()].map(|name| directory.join(name));
    fs::write(&written, content).expect("it is ours");
    // A child of another case may hold the written file open, which then cannot be executed.
    tool("cp").arg(written).arg(&file).ran().ok();
    fs::set_permissions(&file, Permissions::from_mode(0o755)).expect("it is ours");
    file
}

fn a_directory_that_is_closed_is_named() -> Outcome {
    needs::root()?;
    needs::user_namespaces()?;
    User::ordinary()?;
    let open = open_directory();
    let closed = open.path().join("closed");
    fs::create_dir_all(closed.join("inner")).expect("it is ours");
    fs::set_permissions(&closed, Permissions::from_mode(0o700)).expect("it is ours");
    symlink(closed.join("inner"), open.path().join("link")).expect("it is ours");
    let shell = executable(&closed, "sh", "");
    let one = executable(open.path(), "one", format!("#!{}\n", shell.display()));
    let closed = closed.display().to_string();
    let cause = format!("cause: the caller may not search \"{closed}\"\n");
    for options in [
        format!("-r -R {closed}/inner true"),
        format!("-r -m -R {closed}/inner true"),
        format!("-r -R {}/link true", open.path().display()),
        format!("-r -w {closed}/inner true"),
        format!("-r -R {closed} true"),
        format!("-r -w {closed} true"),
        format!("-r -p --mount-proc={closed}/inner true"),
        format!("-r --mount-binfmt={closed}/inner true"),
        format!("-r --pid-file {closed}/inner/pid true"),
        format!("-r --uts={closed}/inner/file true"),
    ] {
        says(ordinary().with(&options), 1, &["Permission denied\n", &cause]);
    }
    let interpreter = format!(
        "cause: its interpreter \"{}\" cannot be reached: the caller may not search \"{closed}\"\n",
        shell.display()
    );
    says(
        ordinary().args(["-U"]).arg(&one).ran(),
        126,
        &["Permission denied\n", &interpreter],
    );
    let directory = format!("-r --pid-file {}/pid true", open.path().display());
    let cause = format!(
        "cause: the caller may not create files in \"{}\"\n",
        open.path().display()
    );
    says(ordinary().with(&directory), 1, &["Permission denied\n", &cause]);
    Ok(())
}

fn a_missing_part_of_a_path_is_named() -> Outcome {
    needs::user_namespaces()?;
    let open = open_directory();
    let top = open.path().display();
    fs::write(open.path().join("file"), "").expect("it is ours");
    symlink("/no/such", open.path().join("dangling")).expect("it is ours");
    for (options, cause) in [
        ("-r -R TOP/no/such true", "\"TOP/no\" does not exist"),
        (
            "-r -w TOP/dangling true",
            "\"TOP/dangling\" is a link to \"/no/such\", which does not exist",
        ),
        ("-r -R TOP/file/below true", "\"TOP/file\" is not a directory"),
        ("-r --pid-file TOP/no/file true", "\"TOP/no\" does not exist"),
        ("-r --uts=TOP/no/file true", "\"TOP/no\" does not exist"),
        (
            "-r -p -m --mount-proc=TOP/no/proc true",
            "\"TOP/no\" does not exist",
        ),
    ] {
        let here = |text: &str| text.replace("TOP", &top.to_string());
        let cause = format!("  cause: {}\n", here(cause));
        says(unshare().with(&here(options)), 1, &[&cause]);
    }
    // The flaw is found before anything is made.
    let root = open_directory();
    fs::write(root.path().join("proc"), "").expect("it is ours");
    says(
        unshare().with(&format!("-a -R {} true", root.path().display())),
        1,
        &[
            "Not a directory\n",
            &format!("  cause: \"{}/proc\" is not a directory\n", root.path().display()),
        ],
    );
    Ok(())
}

fn a_program_with_a_flaw_is_explained() -> Outcome {
    needs::user_namespaces()?;
    let open = open_directory();
    let names_none = "names no interpreter after \"#!\"\n";
    let own = fs::read("/proc/self/exe").expect("it is readable");
    for (name, content, status, cause) in [
        ("bare", b"#!".to_vec(), 126, names_none),
        ("line", b"#!\n".to_vec(), 126, names_none),
        ("blanks", b"#! \t\necho\n".to_vec(), 126, names_none),
        (
            "cut",
            own[..100].to_vec(),
            126,
            "it is an ELF file that is cut off: it has 100 bytes, and by its header at least ",
        ),
        (
            "start",
            own[..30].to_vec(),
            126,
            "it is an ELF file with an invalid header\n",
        ),
    ] {
        let file = executable(open.path(), name, content);
        says(
            unshare().args(["-U"]).arg(file).ran(),
            status,
            &["\n  cause: ", cause],
        );
    }
    an_elf_header_is_explained(open.path(), &own);
    let dangling = open.path().join("dangling");
    symlink("/no/such", &dangling).expect("it is ours");
    let cause = format!(
        "\"{}\" is a link to \"/no/such\", which does not exist\n",
        dangling.display()
    );
    says(unshare().args(["-U"]).arg(&dangling).ran(), 127, &[&cause]);
    let mut command = unshare();
    command.env("PATH", open.path());
    says(command.with("-U dangling"), 127, &["was found: ", &cause]);
    needs::root()?;
    User::ordinary()?;
    let file = executable(open.path(), "of-root", "");
    fs::set_permissions(&file, Permissions::from_mode(0o744)).expect("it is ours");
    says(
        ordinary().args(["-U"]).arg(file).ran(),
        126,
        &["cause: it is not executable for the caller (mode 0744)\n"],
    );
    Ok(())
}

/// Each of these values is refused on every machine.
fn an_elf_header_is_explained(directory: &Path, own: &[u8]) {
    let with = |at: usize, value: u8| {
        let mut file = own.to_vec();
        file[at] = value;
        file
    };
    // A program of 32 bits for the i386 that does nothing, with a wrong e_phentsize.
    let mut small = [
        b"\x7fELF\x01\x01\x01".as_slice(),
        &[0; 9],
        &[2, 0, 3, 0, 1, 0, 0, 0],
    ]
    .concat();
    small.resize(52 + 32, 0);
    (small[28], small[40], small[42], small[44]) = (52, 52, 99, 1);
    let is_64 = own[4] == 2;
    let (entry_size, number) = if is_64 { (54, 56) } else { (42, 44) };
    let size = if is_64 { 56 } else { 32 };
    let wrong_size = format!("the size of its program headers (e_phentsize) is 99 instead of {size}\n");
    for (name, content, flaw) in [
        ("sized", with(entry_size, 99), &*wrong_size),
        (
            "small",
            small,
            "the size of its program headers (e_phentsize) is 99 instead of 32\n",
        ),
        (
            "empty",
            with(number, 0),
            "it has no program headers (e_phnum is 0)\n",
        ),
        (
            "object",
            with(16, 1),
            "it is of an object file, which must be linked first\n",
        ),
        (
            "core",
            with(16, 4),
            "its type (e_type) is 4, which is no program\n",
        ),
    ] {
        let file = executable(directory, name, content);
        says(
            unshare().args(["-U"]).arg(file).ran(),
            126,
            &[
                "Exec format error\n  cause: the kernel does not accept the ELF header of it: ",
                flaw,
            ],
        );
    }
}

fn the_default_shell_is_explained() -> Outcome {
    needs::user_namespaces()?;
    let help = "help:  name a program to run, or a shell in SHELL: SHELL=/bin/sh\n";
    for (shell, status, cause) in [
        (
            "/bin/nosuch",
            127,
            "cause: it does not exist; SHELL names it as the shell\n",
        ),
        (
            "/tmp",
            126,
            "cause: it is a directory; SHELL names it as the shell\n",
        ),
        ("nosuch", 127, "; SHELL names it as the shell\n"),
    ] {
        says(unshare().env("SHELL", shell).with("-U"), status, &[cause, help]);
    }
    // Nobody is told to use a shell that does not exist either.
    let root = tempfile::tempdir().expect("there is room in /tmp");
    let mut command = unshare();
    command.args(["-r", "-m", "-R"]).arg(root.path());
    let error = command.env("SHELL", "/bin/nosuch").ran().fails(127);
    assert!(error.ends_with("\n  help:  name a program to run\n"), "{error}");
    Ok(())
}

/// Root of a container usually lacks the capability to look into the processes of others.
fn a_path_through_a_process_is_explained() -> Outcome {
    needs::whole_root()?;
    let setpriv = needs::installed("setpriv")?;
    let mut other = tool(&setpriv);
    other.args([
        "--reuid=1",
        "--clear-groups",
        "--inh-caps=-all",
        "sh",
        "-c",
        "echo $$; read -r line",
    ]);
    let mut other = Running::start(&mut other);
    let pid = other.line();
    let cause =
        format!("cause: CAP_SYS_PTRACE is missing; process {pid} has uid 1, and the caller has uid 0\n");
    let enter = crate::support::path_of("ns-enter");
    for (program, options) in [
        (
            unshare().get_program().into(),
            format!("-m --root=/proc/{pid}/root true"),
        ),
        (
            unshare().get_program().into(),
            format!("-u -w /proc/{pid}/cwd true"),
        ),
        (
            unshare().get_program().into(),
            format!("-u /proc/{pid}/root/bin/true"),
        ),
        (
            enter.to_owned(),
            format!("-u=/proc/self/ns/uts --root=/proc/{pid}/root true"),
        ),
        (enter.to_owned(), format!("-t {pid} -N 0 true")),
    ] {
        let program: PathBuf = program;
        let mut command = tool(&setpriv);
        command
            .args(["--inh-caps=-sys_ptrace", "--bounding-set=-sys_ptrace"])
            .arg(program);
        let ran = command.with(&options);
        assert!(
            ran.status != 0 && ran.stderr.contains(&cause),
            "{options}: {ran:#?}"
        );
    }
    other.say("\n");
    assert_eq!(other.end().0, 0);
    Ok(())
}
