//! Side by side with `ip netns`: each program works on the names of the other.

use super::Room;
use crate::support::case::{Skip, cases};
use crate::support::{Held, Outcome, Run as _, needs, program, tool};

cases!["pins::side_by_side":
    ip_netns_works_on_our_names,
    we_work_on_the_names_of_ip_netns,
    the_directory_is_as_ip_netns_makes_it,
    a_name_of_the_machine_is_seen_by_all,
];

fn ip_netns_works_on_our_names() -> Outcome {
    needs::installed("ip")?;
    let room = Room::of_root()?;
    room.ok("ns-unshare --pin web -n -u; ns-unshare --pin db -n");
    assert_eq!(room.ok("ip netns list | sort"), "db\nweb\n");
    assert_eq!(
        room.ok("ip netns exec web readlink /proc/self/ns/net"),
        room.ok("ns-enter --net=web readlink /proc/self/ns/net"),
    );
    assert_eq!(room.ok("ns-enter --net=web ip netns identify"), "web\n");
    assert_eq!(
        room.ok("ns-enter --net=web sh -c 'ip netns pids web | grep -cx $$'"),
        "1\n"
    );
    assert_eq!(room.ok("ip -n web -o link show up | wc -l"), "1\n", "lo is up");
    room.ok("ip netns set web 12");
    assert_eq!(
        room.ok("ip netns list-id"),
        "nsid 12 (iproute2 netns name: web)\n"
    );
    let id = room.sh("ns-ls -n -r -t net -o NETNSID -Q 'NAME == \"web\"'");
    assert_eq!(id.stdout, "12\n");
    // Its directory has only network namespaces, because `ip netns` cannot list other ones.
    room.ok("ns-unshare --pin uts-only -u");
    assert_eq!(room.ok("ip netns list | sort"), "db\nweb (id: 12)\n");
    // The interface is moved like any other.
    room.ok("ns-enter --net=db sh -c 'ip link add moved type veth peer name stays && ip link set moved netns web'");
    assert_eq!(room.ok("ns-enter --net=web ip -o link | wc -l"), "2\n");
    room.ok("ip netns delete web");
    assert_eq!(room.names(), "net/db uts/uts-only uts/web");
    // Our program removes what it leaves of the name.
    room.ok("ns-unshare --unpin web --unpin db --unpin uts-only");
    assert_eq!((room.names().as_str(), room.mounts()), ("", 0));
    Ok(())
}

fn we_work_on_the_names_of_ip_netns() -> Outcome {
    needs::tools("umount");
    needs::installed("ip")?;
    let room = Room::of_root()?;
    room.ok("ip netns add blue; ip netns attach self $$");
    let inode = room.ok("stat -c %i /run/netns/blue");
    assert_eq!(
        room.ok("ns-enter --net=blue readlink /proc/self/ns/net"),
        format!("net:[{}]\n", inode.trim())
    );
    let list = room.sh("ns-ls -n -r -t net -o NS,NPROCS,NAME -Q 'NAME == \"blue\"'");
    assert_eq!(list.stdout, format!("{} 0 blue\n", inode.trim()));
    assert_eq!(
        room.sh("ns-ls -n -t net blue").stdout.trim(),
        "pin /run/netns/blue"
    );
    // A name that it created is taken. Other kinds can have the same name.
    room.sh("ns-unshare --pin blue -n true").fails(1);
    room.ok("ns-unshare --pin blue -u");
    assert_eq!(room.names(), "net/blue net/self uts/blue");
    room.ok("ns-unshare --unpin net:blue --unpin self");
    assert_eq!(room.ok("ip netns list"), "");
    assert_eq!((room.names().as_str(), room.mounts()), ("uts/blue", 1));
    // Each program can create a name again that the other has removed.
    room.ok("ip netns add blue; ns-unshare --unpin net:blue; ns-unshare --pin blue -n; ip netns delete blue");
    room.ok("ip netns add blue");
    // If it is killed between the file and the mount, it leaves a stale name. Our list still works.
    room.ok("ip netns add gone; umount /run/netns/gone");
    let error = room.sh("ns-enter --net=gone true").fails(1);
    assert!(
        error.contains("is stale") && error.contains("ns-unshare --unpin net:gone"),
        "{error}"
    );
    assert_eq!(room.sh("ns-ls -t net").status, 0);
    room.ok("ns-unshare --unpin gone --unpin net:blue");
    assert_eq!(room.ok("ip netns list"), "");
    Ok(())
}

fn the_directory_is_as_ip_netns_makes_it() -> Outcome {
    needs::tools("umount");
    needs::installed("ip")?;
    let made = |command: &str| -> Result<(String, String), Skip> {
        let room = Room::of_root()?;
        room.ok(command);
        let table = room.table();
        let shape = table.iter().map(|line| {
            let words: Vec<_> = line.split(' ').collect();
            // The lines without ids, device, inode and the number of the peer group.
            let shared = words[6].split(':').next().unwrap_or_default();
            format!("{} {} {shared} {}\n", words[4], words[5], words[8])
        });
        let modes =
            room.ok("stat -c '%a %U %F' /run/netns; umount /run/netns/x; stat -c '%a %U %F' /run/netns/x");
        Ok((shape.collect(), modes))
    };
    let ours = made("ns-unshare --pin x -n")?;
    assert_eq!(ours, made("ip netns add x")?);
    assert_eq!(ours.0.lines().count(), 2, "{}", ours.0);
    // It does not matter which program prepared the directory.
    assert_eq!(
        ours,
        made("ip netns add y; ip netns delete y; ns-unshare --pin x -n")?
    );
    assert_eq!(
        ours,
        made("ns-unshare --pin y -n; ns-unshare --unpin y; ip netns add x")?
    );
    // The program was killed after the first of the three mounts.
    let halfway = "mkdir /run/netns; mount --bind /run/netns /run/netns";
    assert_eq!(ours, made(&format!("{halfway}; ns-unshare --pin x -n"))?);
    // On most systems /run is shared. Its peers must not have the names a second time below the directory.
    let room = Room::of_root()?;
    room.ok("mount --make-shared /run; ns-unshare --pin x -n");
    assert_eq!(room.mounts(), 1);
    room.ok("ns-unshare --unpin x");
    // If they do, because of an older ip or a killed program, both mounts are removed.
    room.ok(&format!(
        "umount /run/netns; rmdir /run/netns; {halfway}; ns-unshare --pin x -n"
    ));
    room.ok("ns-unshare --unpin x");
    assert_eq!((room.names().as_str(), room.mounts()), ("", 0));
    Ok(())
}

/// A name that is removed again.
struct Name(String);

impl Drop for Name {
    fn drop(&mut self) {
        let _ = program("ns-unshare").args(["--unpin", &self.0]).output();
    }
}

/// This runs in the mount namespace of the machine. No note about visibility is needed there.
fn a_name_of_the_machine_is_seen_by_all() -> Outcome {
    needs::root()?;
    needs::installed("ip")?;
    let own = std::fs::read_link("/proc/self/ns/mnt").ok();
    let of_init = std::fs::read_to_string("/proc/1/mountinfo").unwrap_or_default();
    let here = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let first = |table: &str| table.split(' ').next().map(str::to_owned);
    if first(&of_init) != first(&here) {
        return Err(Skip::Lacks(format!(
            "the tests run in a mount namespace of their own: {own:?}"
        )));
    }
    let name = Name(format!("ns-utils-{}", std::process::id()));
    assert_eq!(
        program("ns-unshare").args(["--pin", &name.0, "-n"]).ran().ok(),
        ""
    );
    let list = tool("ip").args(["netns", "list"]).ran().ok();
    assert!(list.lines().any(|line| line == name.0), "{list}");
    // A mount namespace that is copied from now on also sees it disappear.
    let held = Held::new(program("ns-unshare").args(["-m", "--propagation", "slave"]), "");
    let inside = |what: &str| {
        program("ns-enter")
            .args([
                "-t",
                &held.pid.to_string(),
                "-m",
                "grep",
                "-c",
                what,
                "/proc/self/mountinfo",
            ])
            .ran()
            .stdout
    };
    assert_eq!(inside(&name.0), "1\n");
    program("ns-unshare").args(["--unpin", &name.0]).ran().ok();
    assert_eq!(inside(&name.0), "0\n");
    Ok(())
}
