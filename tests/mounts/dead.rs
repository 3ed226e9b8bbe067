//! Mounts whose server does not answer, and paths that the caller may not look at.

use std::fs::File;

use super::Room;
use super::fuse::Server;
use crate::support::case::{Skip, cases};
use crate::support::{Outcome, User, needs, path_of, tool};

cases!["mounts::dead":
    the_table_answers_for_a_mount_whose_server_does_not,
    a_size_that_nobody_tells_is_unreadable,
    a_path_that_cannot_be_followed_is_found_by_its_name,
    a_directory_that_is_closed_on_the_way_does_no_harm,
    a_search_asks_a_stopped_server_nothing,
    a_search_asks_the_server_of_another_user_nothing,
    a_source_that_leads_to_a_stopped_server_is_not_looked_at,
    an_fstab_with_paths_on_a_stopped_server_is_checked,
];

/// A room with a FUSE mount on `$d/f` that nobody serves.
pub struct Dead {
    pub room: Room,
    /// While it is open, requests wait for an answer.
    _connection: Box<dyn std::any::Any>,
}

impl Dead {
    pub fn new() -> Result<Self, Skip> {
        needs::root()?;
        let connection = File::options().read(true).write(true).open("/dev/fuse");
        let connection = connection.map_err(|error| Skip::Lacks(format!("no FUSE: {error}")))?;
        let stdin = connection.try_clone().expect("it can be");
        Self::with(stdin, Box::new(connection), 0)
    }

    /// The mount belongs to this user. Nobody else may look into it, and root may not either.
    fn with(stdin: File, connection: Box<dyn std::any::Any>, user: u32) -> Result<Self, Skip> {
        needs::tools("nsenter");
        let room = Room::new("mkdir $d/f $d/l")?;
        let target = room.text("f");
        let mounted = tool("nsenter")
            .args([
                "-t",
                &room.shell.pid.to_string(),
                "-m",
                "mount",
                "-i",
                "-t",
                "fuse.dead",
            ])
            .arg("-o")
            .arg(format!("fd=0,rootmode=40000,user_id={user},group_id={user}"))
            .args(["dead", &target])
            .stdin(stdin)
            .status()
            .expect("nsenter runs");
        assert!(mounted.success(), "{mounted}");
        Ok(Self {
            room,
            _connection: connection,
        })
    }

    /// The program inside. It is stopped if it waits for the server.
    #[track_caller]
    pub fn inside(&mut self, words: &str) -> String {
        let ours = path_of("ns-mounts").display().to_string();
        self.room.run(&format!("timeout -s KILL 60 {ours} {words}"))
    }
}

fn the_table_answers_for_a_mount_whose_server_does_not() -> Outcome {
    let mut dead = Dead::new()?;
    for search in SEARCHES {
        assert_eq!(
            dead.inside(&format!("-n -o SOURCE,FSTYPE {search}")),
            "dead fuse.dead\n",
            "{search}"
        );
    }
    assert!(dead.inside("-l").contains(" fuse.dead "));
    let pid = dead.room.shell.pid.to_string();
    assert_eq!(dead.room.lines("-M $d/f", "SOURCE"), ["dead"]);
    assert_eq!(dead.room.lines("-T $d/f", "SOURCE"), ["dead"]);
    // The path of another mount is followed, whatever else is mounted.
    assert_eq!(dead.inside("-n -r -o SOURCE -T $d/l"), "ours\n");
    assert_eq!(
        dead.inside(&format!("-n -r -o SOURCE -N {pid} -T /proc/self")),
        "proc\n"
    );
    assert_eq!(
        dead.inside("-T $d/no/such 2>&1 || true"),
        format!("ns-mounts: \"{}\" does not exist\n", dead.room.text("no/such"))
    );
    Ok(())
}

fn a_size_that_nobody_tells_is_unreadable() -> Outcome {
    let mut dead = Dead::new()?;
    assert_eq!(
        dead.inside("-n -r -o SOURCE,SIZE,USED,USE% -M $d/f 2>/dev/null"),
        "dead ? ? ?\n"
    );
    let all = dead.inside("-D 2>&1");
    assert!(all.contains("incomplete: "), "{all}");
    assert!(all.lines().any(|line| line.starts_with("ours ")), "{all}");
    let json = dead.inside("-J -o SIZE -M $d/f 2>/dev/null");
    let json: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert!(
        json["filesystems"][0]["size"].is_null() && !json["incomplete"].is_null(),
        "{json}"
    );
    let json = dead.inside("-J -y -o USE% -M $d/f 2>/dev/null");
    let json: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(
        json["incomplete"]["columns"],
        serde_json::json!(["use_pct"]),
        "{json}"
    );
    assert_eq!(
        dead.inside("--strict -n -o SIZE -M $d/f >/dev/null 2>&1 || echo failed"),
        "failed\n"
    );
    Ok(())
}

fn a_path_that_cannot_be_followed_is_found_by_its_name() -> Outcome {
    let mut dead = Dead::new()?;
    assert_eq!(dead.inside("-n -o SOURCE -T $d/f/x/y"), "dead\n");
    assert_eq!(dead.inside("-n -o SOURCE -M $d/f/x || echo none"), "none\n");
    dead.room.run("ln -s f/x $d/link");
    assert_eq!(dead.inside("-n -o SOURCE -T $d/link"), "ours\n");
    Ok(())
}

fn a_directory_that_is_closed_on_the_way_does_no_harm() -> Outcome {
    needs::tools("setpriv");
    let user = User::ordinary()?;
    let mut room = Room::new("chmod 755 $d; mkdir -p $d/p/q; chmod 700 $d/p; mount -t tmpfs inner $d/p/q")?;
    let ours = user.programs().join("ns-mounts").display().to_string();
    let mut inside = |words: &str| {
        room.run(&format!(
            "setpriv --reuid={0} --regid={0} --clear-groups {ours} -n -o SOURCE {words}",
            user.id
        ))
    };
    for search in ["-M $d/p/q", "-T $d/p/q", "$d/p/q", "-R $d/p/q", "-T $d/p/q/x"] {
        assert_eq!(inside(search), "inner\n", "{search}");
    }
    let place = room.text("p/q");
    for search in ["-M", "-T", "-R", ""] {
        let asked = format!("{ours} -N $$ -n -o SOURCE {search} {place}");
        let found = room.run(&format!(
            "setpriv --reuid={0} --regid={0} --clear-groups sh -c '{asked}'",
            user.id
        ));
        assert_eq!(found, "inner\n", "{search}");
    }
    Ok(())
}

/// The searches that the table answers. `$d/f` is the mount.
const SEARCHES: [&str; 9] = [
    "-M $d/f",
    "-T $d/f",
    "$d/f",
    "-R $d/f",
    "-S dead",
    "dead $d/f",
    "-M $d/./f/",
    "-t fuse.dead",
    "--submounts -T $d/f",
];

/// Asserts that each search finds the mount, inside and from outside, and that the server gets no request for it.
#[track_caller]
fn asks_nothing(dead: &mut Dead, server: &Server) {
    let pid = dead.room.shell.pid;
    let before = server.unanswered();
    for search in SEARCHES {
        for of_task in [String::new(), format!("-N {pid} ")] {
            assert_eq!(
                dead.inside(&format!("{of_task}-n -o SOURCE,FSTYPE {search}")),
                "dead fuse.dead\n",
                "{of_task}{search}"
            );
        }
        assert_eq!(dead.room.lines(search, "SOURCE"), ["dead"], "{search}");
    }
    assert!(dead.inside("-l").contains(" fuse.dead "));
    assert_eq!(server.unanswered(), before);
}

fn a_search_asks_a_stopped_server_nothing() -> Outcome {
    let server = Server::new()?;
    let mut dead = Dead::with(server.stdin(), Box::new(()), 0)?;
    server.serve();
    assert_eq!(dead.inside("-n -r -o SOURCE,SIZE -M $d/f"), "dead 8M\n");
    server.stop();
    asks_nothing(&mut dead, &server);
    assert_eq!(
        dead.inside("-n -r -o SOURCE,SIZE -M $d/f 2>/dev/null"),
        "dead ?\n"
    );
    assert!(server.unanswered() > 0, "a size is a question to the server");
    Ok(())
}

fn a_search_asks_the_server_of_another_user_nothing() -> Outcome {
    let server = Server::new()?;
    let mut dead = Dead::with(server.stdin(), Box::new(()), 65534)?;
    server.serve();
    // The kernel refuses every look before the server gets a request.
    dead.room.run("! ls $d/f/x 2>/dev/null");
    server.stop();
    asks_nothing(&mut dead, &server);
    let size = dead.inside("-n -r -o SOURCE,SIZE -M $d/f 2>&1");
    assert!(size.starts_with("dead ?\n"), "{size}");
    assert!(size.contains("SIZE: Permission denied"), "{size}");
    Ok(())
}

fn a_source_that_leads_to_a_stopped_server_is_not_looked_at() -> Outcome {
    let server = Server::new()?;
    let mut dead = Dead::with(server.stdin(), Box::new(()), 0)?;
    server.serve();
    // Every user can make such a mount in a user namespace.
    dead.room.run("mount -i -t tmpfs $d/f/source $d/l");
    let source = dead.room.text("f/source");
    server.stop();
    let shown = dead.inside("-n -r -o SOURCE,SOURCES,UUID,PARTLABEL -M $d/l");
    assert!(shown.starts_with(&source), "{shown}");
    assert_eq!(server.unanswered(), 0);
    Ok(())
}

fn an_fstab_with_paths_on_a_stopped_server_is_checked() -> Outcome {
    let mut dead = Dead::new()?;
    let tab = "printf 'a %s/x tmpfs defaults 0 0\n%s/image %s ext4 loop 0 0\n%s/y %s none bind 0 0\n'";
    let [f, l] = ["f", "l"].map(|name| dead.room.text(name));
    dead.room.run(&format!("{tab} {f} {f} {l} {f} {l} >$d/tab"));
    let tab = dead.room.text("tab");
    let text = dead.inside(&format!("-x -F {tab} 2>&1 || :"));
    assert_eq!(
        text.matches("cannot be checked: its file system does not answer")
            .count(),
        3,
        "{text}"
    );
    let text = dead.inside(&format!("-F {tab} -n -o FSTYPE -T {f}/x/below"));
    assert_eq!(text, "tmpfs\n");
    Ok(())
}
