//! The package that takes over the names of the relatives, after its installation.

use super::deb::lintian_accepts;
use super::root::Root;
use super::{compat_package, package};
use crate::support::Outcome;
use crate::support::case::{Skip, cases};

cases!["packages::compat":
    the_names_are_taken_over_and_given_back, no_name_is_ever_missing, a_diverted_file_is_updated_beside_its_replacement,
    lintian_finds_no_error_in_it,
];

/// The directory with the files of both packages, and a function that shows what the names refer to.
const NAMES: &str = "
    names='unshare nsenter lsns findmnt hostname domainname nisdomainname ypdomainname dnsdomainname'
    was() { for name in $names; do stat -c '%N %A %U %s' /bin/$name; md5sum /bin/$name; done; }
";

fn machine() -> Result<Root, Skip> {
    Root::new(
        &[&package()?, &compat_package()?],
        "dpkg --install /tmp/ns-utils_*.deb",
    )
}

fn the_names_are_taken_over_and_given_back() -> Outcome {
    let said = machine()?.says(&format!(
        "{NAMES}
        before=$(was)
        dpkg --install /tmp/ns-utils-compat_*.deb >/dev/null
        for name in $names; do
            $name --version
            for directory in /bin /usr/bin; do dpkg-divert --truename $directory/$name; done
        done
        unshare.distrib --version | head -c 7; echo
        # The system's own tools go on.
        dpkg --verify util-linux hostname ns-utils ns-utils-compat
        # A second time changes nothing.
        dpkg --install /tmp/ns-utils-compat_*.deb >/dev/null 2>&1; lsns --version
        dpkg --remove ns-utils-compat >/dev/null
        [ \"$(was)\" = \"$before\" ] && echo given back
        dpkg-divert --list | grep ns-utils || true
        ls /bin/ /usr/bin/ | grep -e '[.]distrib$' -e '[.]ns-utils$' || true
        lsns --version | head -c 9; echo
        dpkg --verify util-linux hostname ns-utils"
    ));
    let version = |name: &str, relative: &str| {
        format!(
            "{name} from ns-utils {} (compatible with {relative})\n",
            env!("CARGO_PKG_VERSION")
        )
    };
    let diverted = |name: &str| format!("/bin/{name}.distrib\n/usr/bin/{name}.distrib\n");
    let mut expected = String::new();
    for name in ["unshare", "nsenter", "lsns", "findmnt"] {
        expected += &(version(name, "util-linux 2.43") + &diverted(name));
    }
    for name in [
        "hostname",
        "domainname",
        "nisdomainname",
        "ypdomainname",
        "dnsdomainname",
    ] {
        expected += &(version(name, "hostname 3.25") + &diverted(name));
    }
    expected += "unshare\n";
    expected += &version("lsns", "util-linux 2.43");
    expected += "given back\nlsns from\n";
    assert_eq!(said, expected);
    Ok(())
}

/// Another process looks up the names all the time.
fn no_name_is_ever_missing() -> Outcome {
    let said = machine()?.says(&format!(
        "{NAMES}
        (while [ ! -e /tmp/done ]; do
            for name in $names; do [ -x /bin/$name ] || echo $name is missing; done
            [ -e /tmp/watches ] || : >/tmp/watches
        done) &
        while [ ! -e /tmp/watches ]; do :; done
        for round in 1 2 3; do
            dpkg --install /tmp/ns-utils-compat_*.deb /tmp/ns-utils_*.deb >/dev/null 2>&1
            dpkg --remove ns-utils-compat >/dev/null 2>&1
        done
        : >/tmp/done; wait; echo watched"
    ));
    assert_eq!(said, "watched\n");
    Ok(())
}

/// A package with a file of that name is a new version of the relative.
fn a_diverted_file_is_updated_beside_its_replacement() -> Outcome {
    let said = machine()?.says(
        "dpkg --install /tmp/ns-utils-compat_*.deb >/dev/null
        mkdir -p /tmp/new/DEBIAN /tmp/new/usr/bin; echo new >/tmp/new/usr/bin/lsns
        printf 'Package: newer\\nVersion: 1\\nArchitecture: all\\nMaintainer: a <a@b>\\nDescription: x\\n' \
            >/tmp/new/DEBIAN/control
        dpkg-deb --build --root-owner-group /tmp/new /tmp/newer.deb >/dev/null
        dpkg --install --force-overwrite /tmp/newer.deb >/dev/null 2>&1
        lsns --version | head -c 9; echo; cat /usr/bin/lsns.distrib
        dpkg --remove ns-utils-compat >/dev/null; cat /usr/bin/lsns",
    );
    assert_eq!(said, "lsns from\nnew\nnew\n");
    Ok(())
}

fn lintian_finds_no_error_in_it() -> Outcome {
    lintian_accepts(&compat_package()?)
}
