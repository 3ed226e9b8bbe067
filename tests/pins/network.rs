//! Named network namespaces that are tied to each other.

use super::rooms;
use crate::support::case::cases;
use crate::support::{Outcome, Run as _, Running, needs, program, traffic};

cases!["pins::network":
    two_names_are_joined_and_gone_again,
    nobody_who_waits_keeps_the_other_end,
];

fn two_names_are_joined_and_gone_again() -> Outcome {
    let ping = needs::installed("ping");
    for room in rooms()? {
        // A third namespace shows what disappears with the first.
        room.ok("ns-unshare --pin witness -n; ns-unshare --pin one --veth up,peer=down,peer-netns=witness");
        room.ok("ns-unshare --pin two --veth \
             name=eth0,addr=10.7.0.2/24,addr=fd00:7::2/64,gw=10.7.0.1,gw=fd00:7::1,\
             peer=eth0,peer-addr=10.7.0.1/24,peer-addr=fd00:7::1/64,peer-netns=one");
        for (address, receiver, sender) in [
            ("10.7.0.2", "two", "one"),
            ("10.7.0.1", "one", "two"),
            ("[fd00:7::2]", "two", "one"),
            ("[fd00:7::1]", "one", "two"),
        ] {
            traffic::transfer(room.in_network(receiver), room.in_network(sender), address);
            if ping.is_ok() {
                let address = address.trim_matches(['[', ']']);
                room.ok(&format!("ns-enter --net={sender} ping -c 1 -W 5 {address}"));
            }
        }
        room.ok("ns-unshare --unpin two");
        traffic::await_end_of(room.in_network("one"), "eth0");
        room.ok("ns-unshare --unpin one");
        traffic::await_end_of(room.in_network("witness"), "down");
        room.ok("ns-unshare --unpin witness");
        assert_eq!((room.names().as_str(), room.mounts()), ("", 0));
    }
    ping.map(|_| ())
}

/// The parent of a program in a child does not hold the namespaces.
fn nobody_who_waits_keeps_the_other_end() -> Outcome {
    for room in rooms()? {
        room.ok("ns-unshare --pin other -n");
        let mut running = Running::start(
            &mut room
                .command("exec ns-unshare -f --veth eth0,peer-netns=other sh -c 'echo $$; read -r line'"),
        );
        let pid = running.line();
        let inside = || {
            let mut enter = program("ns-enter");
            enter.args(["-t", &pid, "-n"]);
            enter
        };
        assert!(
            inside()
                .args(["cat", "/proc/net/dev"])
                .ran()
                .ok()
                .contains("eth0:")
        );
        room.ok("ns-unshare --unpin other");
        traffic::await_end_of(inside(), "eth0");
        running.say("\n");
        assert_eq!(running.end().0, 0);
    }
    Ok(())
}
