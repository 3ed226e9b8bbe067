//! Names that other users can choose: names of cgroups and hosts. No such name ever means a process of another user.

use std::os::unix::fs::PermissionsExt;

use super::{hostname, member};
use crate::support::case::{Skip, cases};
use crate::support::{Cgroup, Held, Outcome, Ran, Run as _, User, needs, tool};

cases!["target::claimed":
    a_container_in_the_cgroups_of_a_user_is_not_one_of_the_system,
    a_container_in_the_cgroups_of_a_user_is_not_one_of_the_system_in_cgroup_v1,
    a_container_in_the_slice_of_a_user_is_that_users,
    a_container_that_a_user_can_join_is_not_one_of_the_system,
    a_container_that_a_user_can_join_is_not_one_of_the_system_in_cgroup_v1,
    a_container_that_a_group_can_join_is_named_by_its_path_alone,
    a_part_that_a_user_can_join_does_not_have_the_leader,
    a_container_in_another_is_named_with_it,
    a_container_in_a_machine_is_named_with_it,
    a_cgroup_that_a_group_can_write_to_is_named_by_its_path_alone,
    an_id_of_two_containers_of_the_system_names_none,
    a_user_names_its_own_containers_and_those_of_the_system,
    a_unit_in_the_cgroups_of_a_user_is_not_one_of_the_system,
    a_unit_that_a_user_can_join_is_not_one_of_the_system,
    a_host_name_in_the_namespace_of_a_user_is_not_one_of_the_system,
];

/// An id that no other case or run uses.
fn id(digit: char) -> String {
    let start = format!("{digit}{:07x}", std::process::id());
    format!("{start:0<64}")
}

/// The output of `ns-hostname` for a target, run by an ordinary user.
fn asked_by(user: &User, target: &str) -> Ran {
    user.program("ns-hostname").args(["-t", target]).ran()
}

/// An older process in cgroups of the user, and a younger one in cgroups of the system. Both cgroups have the name of a
/// container with this id; in that of the user, it stands for `ID`.
fn impersonated(make: impl Fn(&str) -> Result<Cgroup, Skip>, id: &str, name: &str) -> Outcome {
    let user = User::ordinary()?;
    let theirs = format!("ns-utils-{id}/{}", name.replace("ID", id));
    let (theirs_path, ours_path) = (
        format!("/{theirs}"),
        format!("docker-{id}.slice/docker-{id}.scope"),
    );
    let delegated = make(&theirs)?;
    delegated.give(user.id);
    let ours = make(&ours_path)?;
    let fake = member(&delegated, "fake");
    let real = member(&ours, "real");
    for target in [id, &id[..12]] {
        assert_eq!(hostname(&format!("container:{target}")).ok(), "real\n");
    }
    let of_user = [
        format!("{}/{id}", user.name),
        format!("{}/{}", user.id, &id[..12]),
        theirs_path,
    ];
    for target in &of_user {
        assert_eq!(hostname(&format!("container:{target}")).ok(), "fake\n");
    }
    drop(real);
    // The name of an ended container does not pass to another one.
    let error = hostname(&format!("container:{id}")).fails(1);
    let words = format!("ns-hostname: no process is in a container whose id starts with \"{id}\"\n");
    assert!(error.starts_with(&words), "{error}");
    let help = format!(
        "\n  help:  name its owner: container:{}/{}\n",
        user.name,
        &id[..12]
    );
    assert!(error.ends_with(&help), "{error}");
    drop(fake);
    Ok(())
}

fn a_container_in_the_cgroups_of_a_user_is_not_one_of_the_system() -> Outcome {
    for name in ["docker-ID.scope", "ID", "other-ID.scope", "a.slice:b:ID"] {
        impersonated(Cgroup::new, &id('1'), name)?;
    }
    Ok(())
}

fn a_container_in_the_cgroups_of_a_user_is_not_one_of_the_system_in_cgroup_v1() -> Outcome {
    impersonated(Cgroup::in_v1, &id('2'), "docker-ID.scope")
}

fn a_container_in_the_slice_of_a_user_is_that_users() -> Outcome {
    let user = User::ordinary()?;
    let id = id('3');
    // Every directory belongs to root, as for a session.
    let path = format!(
        "user.slice/user-{}.slice/session-1.scope/docker-{id}.scope",
        user.id
    );
    let cgroup = Cgroup::new(&path)?;
    let there = member(&cgroup, "in-a-slice");
    hostname(&format!("container:{id}")).fails(1);
    for target in [format!("{}/{id}", user.name), format!("/{path}")] {
        assert_eq!(hostname(&format!("container:{target}")).ok(), "in-a-slice\n");
    }
    drop(there);
    Ok(())
}

/// The container with this id is named with the user, and its host name is `there`.
fn is_of(user: &User, id: &str) {
    let error = hostname(&format!("container:{id}")).fails(1);
    let help = format!(
        "\n  help:  name its owner: container:{}/{}\n",
        user.name,
        &id[..12]
    );
    assert!(error.ends_with(&help), "{error}");
    let named = hostname(&format!("container:{}/{id}", user.name));
    assert_eq!(named.ok(), "there\n");
}

fn a_container_that_a_user_can_join_is_not_one_of_the_system() -> Outcome {
    let user = User::ordinary()?;
    let id = id('9');
    let cgroup = Cgroup::new(&format!("docker-{id}.slice/docker-{id}.scope"))?;
    let there = member(&cgroup, "there");
    // Nobody can move a process from a cgroup outside, which the user does not have.
    cgroup.open_to_processes_of(user.id);
    assert_eq!(hostname(&format!("container:{id}")).ok(), "there\n");
    cgroup.open_for_moves_of(user.id);
    is_of(user, &id);
    // Nor into this one.
    cgroup.open_to_processes_of(0);
    assert_eq!(hostname(&format!("container:{id}")).ok(), "there\n");
    drop(there);
    Ok(())
}

fn a_container_that_a_user_can_join_is_not_one_of_the_system_in_cgroup_v1() -> Outcome {
    let user = User::ordinary()?;
    let id = id('a');
    let cgroup = Cgroup::in_v1(&format!("docker-{id}.slice/docker-{id}.scope"))?;
    let there = member(&cgroup, "there");
    let tasks = cgroup.directory().join("tasks");
    for name in ["tasks", "cgroup.procs"] {
        let file = cgroup.directory().join(name);
        std::os::unix::fs::chown(&file, Some(user.id), None).expect("it was made by root");
        is_of(user, &id);
        std::os::unix::fs::chown(&file, Some(0), None).expect("it was made by root");
        assert_eq!(hostname(&format!("container:{id}")).ok(), "there\n");
    }
    std::fs::set_permissions(tasks, PermissionsExt::from_mode(0o666)).expect("it was made by root");
    hostname(&format!("container:{id}")).fails(1);
    drop(there);
    Ok(())
}

fn a_container_that_a_group_can_join_is_named_by_its_path_alone() -> Outcome {
    let user = User::ordinary()?;
    let id = id('b');
    let cgroup = Cgroup::new(&format!("docker-{id}.slice/docker-{id}.scope"))?;
    let there = member(&cgroup, "of-a-group");
    let path = format!("container:/docker-{id}.slice/docker-{id}.scope");
    let outer = cgroup.directory().parent().expect("it is below the top");
    for directory in [outer, cgroup.directory()] {
        assert_eq!(hostname(&format!("container:{id}")).ok(), "of-a-group\n");
        let file = directory.join("cgroup.procs");
        std::os::unix::fs::chown(&file, None, Some(user.id)).expect("it was made by root");
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o664)).expect("it was made by root");
    }
    let error = hostname(&format!("container:{id}")).fails(1);
    assert!(error.ends_with(&format!("name its owner: {path}\n")), "{error}");
    assert_eq!(hostname(&path).ok(), "of-a-group\n");
    drop(there);
    Ok(())
}

/// A container of the system may give a part of its cgroup to a user. The user's older process there is not its leader.
fn a_part_that_a_user_can_join_does_not_have_the_leader() -> Outcome {
    let user = User::ordinary()?;
    let id = id('c');
    let path = format!("docker-{id}.slice/docker-{id}.scope");
    let whole = Cgroup::in_v1(&path)?;
    let part = Cgroup::in_v1(&format!("{path}/theirs"))?;
    part.give(user.id);
    part.open_to_processes_of(user.id);
    let fake = member(&part, "fake");
    let real = member(&whole, "real");
    for target in [id.clone(), format!("/{path}")] {
        assert_eq!(hostname(&format!("container:{target}")).ok(), "real\n");
    }
    let theirs = format!("container:{}/{id}", user.name);
    assert_eq!(hostname(&theirs).ok(), "fake\n");
    drop(real);
    assert_eq!(hostname(&format!("container:/{path}")).ok(), "fake\n");
    let error = hostname(&format!("container:{id}")).fails(1);
    let cause = format!(
        "\n  cause: user {} could create the cgroup \"/{path}\", or put processes into it\n",
        user.name
    );
    assert!(error.contains(&cause), "{error}");
    drop((fake, part, whole));
    Ok(())
}

fn a_container_in_another_is_named_with_it() -> Outcome {
    let (outer, inner) = (id('4'), id('5'));
    let outside = Cgroup::new(&format!("docker-{outer}.slice/docker-{outer}.scope"))?;
    let inside = Cgroup::new(&format!(
        "docker-{outer}.slice/docker-{outer}.scope/docker-{inner}.scope"
    ))?;
    let there = member(&inside, "inner");
    let error = hostname(&format!("container:{inner}")).fails(1);
    let help = format!("name its owner: container:{}/{}\n", &outer[..12], &inner[..12]);
    assert!(error.ends_with(&help), "{error}");
    assert_eq!(
        hostname(&format!("container:{}/{inner}", &outer[..12])).ok(),
        "inner\n"
    );
    drop(there);
    drop(inside);
    drop(outside);
    Ok(())
}

fn a_container_in_a_machine_is_named_with_it() -> Outcome {
    let (outer, inner) = (format!("ns-utils-{}", std::process::id()), id('d'));
    for unit in [
        format!("machine-{outer}.scope"),
        format!("systemd-nspawn@{outer}.service"),
        format!("garden/{outer}"),
    ] {
        let cgroup = Cgroup::new(&format!("{outer}.slice/{unit}/payload/docker-{inner}.scope"))?;
        let there = member(&cgroup, "inner");
        hostname(&format!("container:{inner}")).fails(1);
        let target = format!("container:{outer}/{inner}");
        assert_eq!(hostname(&target).ok(), "inner\n", "{unit}");
        drop((there, cgroup));
    }
    // The slice of a user need not be at the top.
    let user = User::ordinary()?;
    let cgroup = Cgroup::new(&format!(
        "{outer}.slice/user.slice/user-{}.slice/docker-{inner}.scope",
        user.id
    ))?;
    let there = member(&cgroup, "there");
    is_of(user, &inner);
    drop((there, cgroup));
    Ok(())
}

fn a_cgroup_that_a_group_can_write_to_is_named_by_its_path_alone() -> Outcome {
    let user = User::ordinary()?;
    let id = id('6');
    let cgroup = Cgroup::new(&format!("ns-utils-{id}/docker-{id}.scope"))?;
    let there = member(&cgroup, "of-a-group");
    // The group alone can create nothing there, and neither can the group of root.
    cgroup.give_to_group(user.id);
    for owner in ["", "root/", "0/"] {
        let target = format!("container:{owner}{id}");
        assert_eq!(hostname(&target).ok(), "of-a-group\n", "{target}");
    }
    hostname(&format!("container:1/{id}")).fails(1);
    cgroup.open_to_group(0);
    assert_eq!(hostname(&format!("container:{id}")).ok(), "of-a-group\n");
    cgroup.open_to_group(user.id);
    let error = hostname(&format!("container:{id}")).fails(1);
    let target = format!("container:/ns-utils-{id}/docker-{id}.scope");
    assert!(error.ends_with(&format!("name its owner: {target}\n")), "{error}");
    assert_eq!(hostname(&target).ok(), "of-a-group\n");
    drop(there);
    Ok(())
}

fn an_id_of_two_containers_of_the_system_names_none() -> Outcome {
    let id = id('7');
    let paths = ["docker", "podman"].map(|name| format!("{name}-{id}.slice/docker-{id}.scope"));
    let cgroups = [Cgroup::new(&paths[0])?, Cgroup::new(&paths[1])?];
    let there = [member(&cgroups[0], "one"), member(&cgroups[1], "other")];
    let error = hostname(&format!("container:{id}")).fails(1);
    assert_eq!(
        error,
        format!(
            "ns-hostname: 2 containers have an id that starts with \"{id}\": {id} of root, {id} of root\n  \
             help:  name one by its cgroup: container:/{}, container:/{}\n",
            paths[0], paths[1]
        )
    );
    assert_eq!(hostname(&format!("container:/{}", paths[1])).ok(), "other\n");
    drop(there);
    Ok(())
}

fn a_user_names_its_own_containers_and_those_of_the_system() -> Outcome {
    needs::root()?;
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let id = id('8');
    let cgroup = Cgroup::new(&format!("ns-utils-{id}/docker-{id}.scope"))?;
    cgroup.give(user.id);
    let own = Held::new(
        user.program("ns-unshare").args(["-r", "-u", "--hostname", "own"]),
        "",
    );
    cgroup.take_in(own.pid);
    for target in [id.clone(), format!("{}/{id}", user.name)] {
        assert_eq!(asked_by(user, &format!("container:{target}")).ok(), "own\n");
    }
    let ours = Cgroup::new(&format!("docker-{id}.slice/docker-{id}.scope"))?;
    let there = Held::new(&mut tool("env"), &ours.join());
    let error = asked_by(user, &format!("container:{id}")).fails(1);
    let words = format!("2 containers have an id that starts with \"{id}\": {id} of ");
    assert!(error.contains(&words), "{error}");
    for owner in ["root".to_owned(), format!("user {}", user.name)] {
        assert!(error.contains(&format!("{id} of {owner}")), "{error}");
    }
    drop((there, own));
    Ok(())
}

fn a_unit_in_the_cgroups_of_a_user_is_not_one_of_the_system() -> Outcome {
    let user = User::ordinary()?;
    let unit = format!("ns-utils-claimed-{}", std::process::id());
    let theirs = Cgroup::new(&format!("{unit}-1.slice/{unit}.service"))?;
    theirs.give(user.id);
    let fake = member(&theirs, "fake");
    let error = hostname(&format!("unit:{unit}")).fails(1);
    let help = format!("name its owner: unit:{}/{unit}.service\n", user.name);
    assert!(error.ends_with(&help), "{error}");
    let ours = Cgroup::new(&format!("{unit}-2.slice/{unit}.service"))?;
    let real = member(&ours, "real");
    assert_eq!(hostname(&format!("unit:{unit}")).ok(), "real\n");
    for target in [
        format!("{}/{unit}", user.name),
        format!("/{unit}-1.slice/{unit}.service"),
    ] {
        assert_eq!(hostname(&format!("unit:{target}")).ok(), "fake\n");
    }
    let third = Cgroup::new(&format!("{unit}-3.slice/{unit}.service"))?;
    let another = member(&third, "another");
    let error = hostname(&format!("unit:{unit}")).fails(1);
    assert!(
        error.contains(&format!("2 units are called \"{unit}.service\": ")),
        "{error}"
    );
    drop((fake, real, another));
    Ok(())
}

fn a_unit_that_a_user_can_join_is_not_one_of_the_system() -> Outcome {
    let user = User::ordinary()?;
    let unit = format!("ns-utils-joined-{}", std::process::id());
    let cgroup = Cgroup::new(&format!("{unit}.slice/{unit}.service"))?;
    let there = member(&cgroup, "there");
    cgroup.open_to_processes_of(user.id);
    assert_eq!(hostname(&format!("unit:{unit}")).ok(), "there\n");
    cgroup.open_for_moves_of(user.id);
    let error = hostname(&format!("unit:{unit}")).fails(1);
    let help = format!("name its owner: unit:{}/{unit}.service\n", user.name);
    assert!(error.ends_with(&help), "{error}");
    assert_eq!(hostname(&format!("unit:{}/{unit}", user.name)).ok(), "there\n");
    drop(there);
    Ok(())
}

fn a_host_name_in_the_namespace_of_a_user_is_not_one_of_the_system() -> Outcome {
    needs::root()?;
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let host = format!("claimed-{}.of-ns-utils", std::process::id());
    let theirs = Held::new(
        user.program("ns-unshare").args(["-r", "-u", "--hostname", &host]),
        "",
    );
    let target = format!("host:{host}");
    assert_eq!(asked_by(user, &target).ok(), format!("{host}\n"));
    let error = hostname(&target).fails(1);
    let inode = theirs.inode("uts");
    let help = format!(
        "\n  help:  name it by its inode: uts:[{inode}] of user {}\n",
        user.name
    );
    assert!(error.ends_with(&help), "{error}");
    let ours = super::container(&host);
    let found = crate::support::program("ns-hostname")
        .args(["-J", "-t", &target])
        .ran()
        .json();
    assert_eq!(found["ns"], ours.inode("uts"));
    Ok(())
}
