//! `/proc/PID/cgroup` (`cgroups(7)`): the cgroup of a process, and the systemd unit and the container that its path
//! names. No daemon is asked.
//!
//! Names are bytes, because the creator of a cgroup can give it any name.

/// The cgroups that a process is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cgroups(Vec<u8>);

/// A cgroup in one hierarchy: what a line of `/proc/PID/cgroup` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cgroup<'a> {
    /// The controllers of the hierarchy, or its name (`name=systemd`); empty for cgroup v2.
    pub hierarchy: &'a [u8],
    /// The path of the cgroup in the hierarchy, as the reader's cgroup namespace shows it.
    pub path: &'a [u8],
}

/// A container, as the path of a cgroup names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container<'a> {
    /// Its id: 64 hexadecimal digits, `TASK-NUMBER` in ECS; the name of a container of LXC.
    pub id: &'a [u8],
    /// The cgroup that has this name.
    pub cgroup: Cgroup<'a>,
}

impl Cgroups {
    /// The text of the file.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The cgroups of the process, one for each line of the file: `4:memory:/a`, `0::/a/b`.
    pub fn all(&self) -> impl Iterator<Item = Cgroup<'_>> {
        self.0.split(|byte| *byte == b'\n').filter_map(|line| {
            let mut fields = line.splitn(3, |byte| *byte == b':').skip(1);
            Some(Cgroup {
                hierarchy: fields.next()?,
                path: fields.next()?,
            })
        })
    }

    /// True if the process is in this cgroup or below it.
    pub fn are_in(&self, cgroup: Cgroup<'_>) -> bool {
        self.all().any(|own| own.down().any(|above| above == cgroup))
    }

    /// True if they may belong to a thread that has exited: each hierarchy of cgroup v1 then shows its top. Cgroup v2
    /// still shows the cgroup of the thread.
    pub fn may_be_of_exited(&self) -> bool {
        let mut first = self
            .all()
            .filter(|cgroup| !cgroup.hierarchy.is_empty())
            .peekable();
        first.peek().is_some() && first.all(|cgroup| cgroup.path == b"/")
    }

    /// The path in the hierarchy of cgroup v2.
    pub fn unified(&self) -> Option<&[u8]> {
        self.of(b"").map(|cgroup| cgroup.path)
    }

    fn of(&self, hierarchy: &[u8]) -> Option<Cgroup<'_>> {
        self.all().find(|cgroup| cgroup.hierarchy == hierarchy)
    }

    /// The most informative cgroup: the one of cgroup v2. If the process is at the top of that hierarchy, the one of
    /// systemd, or of the first controller in which the process is below the top.
    pub fn main(&self) -> Option<Cgroup<'_>> {
        let below_top = |cgroup: &Cgroup<'_>| cgroup.path != b"/";
        self.of(b"")
            .filter(below_top)
            .or_else(|| self.of(b"name=systemd").filter(below_top))
            .or_else(|| self.all().find(below_top))
            .or_else(|| self.all().next())
    }

    /// The path of the most informative cgroup.
    pub fn path(&self) -> Option<&[u8]> {
        self.main().map(|cgroup| cgroup.path)
    }

    /// The systemd unit: the first part of the path that is not a slice, as in `sd_pid_get_unit(3)`.
    pub fn unit(&self) -> Option<&[u8]> {
        self.unit_and_cgroup().map(|(name, _)| name)
    }

    /// The systemd unit, and the cgroup that has its name.
    pub fn unit_and_cgroup(&self) -> Option<(&[u8], Cgroup<'_>)> {
        let is_slice = |cgroup: &Cgroup<'_>| cgroup.name().is_empty() || cgroup.name().ends_with(b".slice");
        let cgroup = self.main()?.down().find(|cgroup| !is_slice(cgroup))?;
        // systemd puts an underscore before names that could be files of the kernel.
        let name = cgroup.name().strip_prefix(b"_").unwrap_or(cgroup.name());
        is_unit(name).then_some((name, cgroup))
    }

    /// The container. If containers are nested, the innermost.
    pub fn container(&self) -> Option<Container<'_>> {
        self.containers().pop()
    }

    /// The containers that the process is in, from the outermost to the innermost. If the most informative cgroup names
    /// none, another hierarchy may: next to cgroup v2, some runtimes use only the older ones.
    pub fn containers(&self) -> Vec<Container<'_>> {
        let mut all = self.main().into_iter().chain(self.all());
        all.find_map(|cgroup| Some(cgroup.containers()).filter(|containers| !containers.is_empty()))
            .unwrap_or_default()
    }
}

impl<'a> Cgroup<'a> {
    /// The cgroups on the path, from the top of the hierarchy down to this one.
    pub fn down(self) -> impl Iterator<Item = Self> {
        let slashes = self.path.iter().enumerate().skip(1);
        let ends = slashes.filter_map(|(end, byte)| (*byte == b'/').then_some(end));
        let below = ends.chain([self.path.len()]).map(move |end| &self.path[..end]);
        let named = below.filter(|path| !path.ends_with(b"/"));
        let paths = std::iter::once(&b"/"[..]).chain(named);
        paths.map(move |path| Self { path, ..self })
    }

    /// The last part of its path; empty for the top of a hierarchy.
    pub fn name(self) -> &'a [u8] {
        self.path.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
    }

    /// The containers whose cgroup this one is or is below, from the outermost to the innermost.
    pub fn containers(self) -> Vec<Container<'a>> {
        let mut containers: Vec<Container<'_>> = Vec::new();
        let mut above: &[u8] = b"";
        for cgroup in self.down() {
            if let Some(id) = container(above, cgroup.name())
                && containers.last().is_none_or(|last| last.id != id)
            {
                containers.push(Container { id, cgroup });
            }
            above = cgroup.name();
        }
        containers
    }
}

/// The id of the container with this cgroup name, below a cgroup with the name `above`. The form of the id decides: the
/// names and parents that runtimes choose are many. Names of LXC have no form, so their parents decide.
fn container<'a>(above: &[u8], name: &'a [u8]) -> Option<&'a [u8]> {
    if let Some(id) = name.strip_prefix(b"lxc.payload.") {
        return Some(id);
    }
    let scope = name.strip_suffix(b".scope");
    let bare = scope.unwrap_or(name);
    let (before, end) = bare.split_at(bare.len().saturating_sub(ID));
    if is_id(end) && (before.is_empty() || is_prefix(before, scope.is_some())) {
        return Some(end);
    }
    (matches!(above, b"lxc" | b"lxc.payload") || is_of_ecs(name)).then_some(name)
}

/// The number of hexadecimal digits of an id.
const ID: usize = 64;

fn is_id(text: &[u8]) -> bool {
    text.len() == ID && text.iter().all(u8::is_ascii_hexdigit)
}

/// The prefixes of ids in the names of cgroups that are no scopes of systemd.
const PREFIXES: [&[u8]; 4] = [b"docker-", b"libpod-", b"cri-containerd-", b"crio-"];

/// True if the id of a container can follow: any word in the name of a scope, `kubepods-pod1.slice:cri-containerd:`.
/// conmon, which watches over a container of Podman or CRI-O, has its own cgroup with the id of the container.
fn is_prefix(text: &[u8], of_scope: bool) -> bool {
    let of_conmon = text.ends_with(b"conmon-");
    text.ends_with(b":") || PREFIXES.contains(&text) || of_scope && text.ends_with(b"-") && !of_conmon
}

/// True if this is the name of a container of ECS: the id of the task, with 32 hexadecimal digits, and a number.
fn is_of_ecs(name: &[u8]) -> bool {
    let mut parts = name.splitn(2, |byte| *byte == b'-');
    let [task, number] = [(); 2].map(|()| parts.next().unwrap_or_default());
    task.len() == 32
        && task.iter().all(u8::is_ascii_hexdigit)
        && !number.is_empty()
        && number.iter().all(u8::is_ascii_digit)
}

/// True if this is the name of a unit that has processes: `systemd.unit(5)`.
fn is_unit(name: &[u8]) -> bool {
    const TYPES: [&[u8]; 5] = [b".service", b".scope", b".socket", b".mount", b".swap"];
    TYPES
        .iter()
        .any(|suffix| name.len() > suffix.len() && name.ends_with(suffix))
        && name
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b":-_.\\@".contains(byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "3f2a0c5d8e9b1a2c3f2a0c5d8e9b1a2c3f2a0c5d8e9b1a2c3f2a0c5d8e9b1a2c";

    fn of(path: &str) -> Cgroups {
        Cgroups::new(format!("0::{}\n", path.replace("ID", ID)).into_bytes())
    }

    #[test]
    fn the_container_is_found_by_the_form_of_its_id() {
        for path in [
            "/docker/ID",
            "/ID",
            "/a/b/ID/c",
            "/system.slice/docker-ID.scope",
            "/docker/ID/init.scope",
            "/machine.slice/libpod-ID.scope/container",
            "/machine.slice/nerdctl-ID.scope",
            "/libpod_parent/libpod-ID",
            "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-ID.scope",
            "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1.slice/cri-containerd-ID.scope",
            "/kubepods/besteffort/pod7c1f7d6e-8a5b-4a1e-9d2e-0b6f3c1d2e3f/ID",
            "/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:ID",
            "/kubepods.slice/kubepods-pod1.slice/crio-ID.scope",
            "/actions_job/ID",
            "/ecs/55091c13-b8cf-4801-b527-f4601742204d/ID",
        ] {
            let cgroups = of(path);
            let container = cgroups.container().unwrap_or_else(|| panic!("{path}"));
            assert_eq!(container.id, ID.as_bytes(), "{path}");
        }
        for path in ["/lxc/web", "/lxc.payload.web", "/lxc.payload/web/system.slice"] {
            let container = of(path);
            let container = container.container().unwrap_or_else(|| panic!("{path}"));
            assert_eq!(container.id, b"web");
        }
        let task = "34dc0b5e626f2c5c4c5170e34b10e765-1234567890";
        let cgroups = of(&format!("/ecs/34dc0b5e626f2c5c4c5170e34b10e765/{task}"));
        assert_eq!(cgroups.container().unwrap().id, task.as_bytes());
    }

    #[test]
    fn a_container_is_found_in_any_hierarchy() {
        let hybrid =
            format!("3:cpu,cpuacct:/\n1:name=systemd:/docker/{ID}\n0::/system.slice/containerd.service\n");
        let cgroups = Cgroups::new(hybrid.into_bytes());
        let container = cgroups.container().unwrap();
        assert_eq!(container.id, ID.as_bytes());
        assert_eq!(container.cgroup.hierarchy, b"name=systemd");
        assert_eq!(cgroups.path(), Some(&b"/system.slice/containerd.service"[..]));
    }

    #[test]
    fn what_is_no_container_is_none() {
        for path in [
            "/",
            "/docker",
            "/docker/buildx",
            "/system.slice/docker.service",
            "/machine.slice/libpod-conmon-ID.scope",
            "/system.slice/crio-conmon-ID.scope",
            "/lxc.monitor.web",
            "/docker-ID.slice",
            "/build-ID",
            "/system.slice/var-lib-docker-overlay2-ID-merged.mount",
            "/system.slice/aID.scope",
            "/ID0",
            "/34dc0b5e626f2c5c4c5170e34b10e765-",
            "/34dc0b5e626f2c5c4c5170e34b10e765-1a",
            "/34dc0b5e626f2c5c4c5170e34b10e765",
        ] {
            assert_eq!(of(path).container(), None, "{path}");
        }
    }

    #[test]
    fn of_containers_in_each_other_all_are_known() {
        let other = ID.replace('3', "4");
        let cgroups = of(&format!("/docker/ID/docker/{other}"));
        let ids: Vec<_> = cgroups
            .containers()
            .iter()
            .map(|container| container.id)
            .collect();
        assert_eq!(ids, [ID.as_bytes(), other.as_bytes()]);
        assert_eq!(cgroups.container().unwrap().id, other.as_bytes());
    }

    #[test]
    fn a_cgroup_is_below_itself_and_those_around_it() {
        let hierarchy = b"";
        let cgroup = |path: &'static str| Cgroup {
            hierarchy,
            path: path.as_bytes(),
        };
        let down: Vec<_> = cgroup("/a/bc/d").down().collect();
        assert_eq!(down, ["/", "/a", "/a/bc", "/a/bc/d"].map(cgroup));
        assert_eq!(cgroup("/").down().collect::<Vec<_>>(), [cgroup("/")]);
        let cgroups = of("/a/bc");
        assert!(
            ["/", "/a", "/a/bc"]
                .iter()
                .all(|path| cgroups.are_in(cgroup(path)))
        );
        assert!(
            !["/a/b", "/a/bc/d", "/b"]
                .iter()
                .any(|path| cgroups.are_in(cgroup(path)))
        );
        let other = Cgroup {
            hierarchy: b"memory",
            path: b"/a",
        };
        assert!(!cgroups.are_in(other));
    }

    #[test]
    fn the_unit_is_the_first_below_the_slices() {
        for (path, unit) in [
            ("/system.slice/nginx.service", Some("nginx.service")),
            ("/system.slice/nginx.service/worker", Some("nginx.service")),
            (
                "/system.slice/system-getty.slice/getty@tty1.service",
                Some("getty@tty1.service"),
            ),
            (
                "/user.slice/user-1000.slice/user@1000.service/app.slice/x.service",
                Some("user@1000.service"),
            ),
            (
                "/user.slice/user-1000.slice/session-3.scope",
                Some("session-3.scope"),
            ),
            ("/init.scope", Some("init.scope")),
            ("/system.slice/_cpu.service", Some("cpu.service")),
            ("/user.slice", None),
            ("/docker/x.service", None),
            ("/", None),
            ("/a b.service", None),
            ("/.service", None),
        ] {
            let cgroups = of(path);
            assert_eq!(cgroups.unit(), unit.map(str::as_bytes), "{path}");
        }
    }

    #[test]
    fn the_hierarchy_that_tells_most_is_taken() {
        let path = |text: &str| Cgroups::new(text.into()).path().map(<[u8]>::to_vec);
        assert_eq!(path("4:memory:/m\n1:name=systemd:/s\n0::/v2\n").unwrap(), b"/v2");
        assert_eq!(path("4:memory:/m\n1:name=systemd:/s:t\n0::/\n").unwrap(), b"/s:t");
        assert_eq!(
            path("5:cpu:/\n4:memory:/m\n1:name=systemd:/\n0::/\n").unwrap(),
            b"/m"
        );
        assert_eq!(path("1:cpu:/\n0::/\n").unwrap(), b"/");
        assert_eq!(Cgroups::new(b"0::/\xff\n".to_vec()).path(), Some(&b"/\xff"[..]));
        assert_eq!(path(""), None);
        assert_eq!(
            Cgroups::new(b"4:memory:/m\n0::/v2\n".to_vec()).unified(),
            Some(&b"/v2"[..])
        );
        assert_eq!(Cgroups::new(b"4:memory:/m\n".to_vec()).unified(), None);
    }

    #[test]
    fn a_thread_that_has_exited_is_at_the_top_of_each_hierarchy_of_cgroup_v1() {
        let may_be = |text: &str| Cgroups::new(text.into()).may_be_of_exited();
        assert!(may_be("4:memory:/\n1:name=systemd:/\n0::/a.service\n"));
        for text in [
            "0::/\n",
            "0::/a.service\n",
            "4:memory:/\n1:name=systemd:/a.service\n0::/\n",
        ] {
            assert!(!may_be(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let cgroups = Cgroups::new(bytes);
            let _ = (cgroups.path(), cgroups.unit(), cgroups.containers());
        }
    }
}
