//! UUIDs and labels of devices where nobody made links in `/dev/disk`.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::Room;
use crate::support::case::{Skip, cases};
use crate::support::{Outcome, Run as _, User, needs, program, tool};

cases!["mounts::tags":
    ext4_tells_its_uuid_and_label,
    swap_space_tells_its_uuid_and_label,
    xfs_tells_its_uuid_and_label,
    btrfs_tells_its_uuid_and_label,
    fat_tells_its_serial_number_and_label,
    exfat_tells_its_serial_number_and_label,
    f2fs_tells_its_uuid_and_label,
    erofs_tells_its_uuid,
    ntfs_tells_its_serial_number_and_label,
    a_mounted_device_is_asked,
    each_device_of_a_file_system_is_a_source,
    each_device_with_the_tag_is_a_source,
    a_source_is_shown_as_findmnt_shows_it,
    a_tag_that_no_device_has_is_evaluated_to_nothing,
    other_devices_that_cannot_be_read_are_reported,
    a_tag_that_nobody_can_read_is_unreadable,
];

/// A loop device with an image that mkfs made.
pub(super) struct Loop {
    pub device: PathBuf,
    directory: TempDir,
}

impl Loop {
    /// `mkfs` makes the image; its last argument is the file.
    pub fn new(mebibytes: u64, mkfs: &[&str]) -> Result<Self, Skip> {
        needs::root()?;
        needs::tools("losetup");
        let mkfs_tool = needs::installed(mkfs[0])?;
        let directory = tempfile::tempdir().expect("a directory can be made");
        let image = directory.path().join("image");
        let file = std::fs::File::create(&image).expect("it is ours");
        file.set_len(mebibytes << 20).expect("it is sparse");
        let made = tool(mkfs_tool).args(&mkfs[1..]).arg(&image).ran();
        assert_eq!(made.status, 0, "{made:?}");
        let attached = tool("losetup").args(["-f", "--show"]).arg(&image).ran();
        if attached.status != 0 {
            return Err(Skip::Lacks("no loop devices".into()));
        }
        let device = PathBuf::from(attached.stdout.trim());
        std::fs::write(
            directory.path().join("fstab"),
            format!("{} /x auto rw 0 0\n", device.display()),
        )
        .expect("it is ours");
        Ok(Self { device, directory })
    }

    fn fstab(&self) -> PathBuf {
        self.directory.path().join("fstab")
    }

    /// The value that blkid(8) reads from the device.
    fn told(&self, tag: &str) -> Result<String, Skip> {
        let blkid = needs::installed("blkid")?;
        let ran = tool(blkid)
            .args(["-p", "-o", "value", "-s", tag])
            .arg(&self.device)
            .ran();
        Ok(ran.stdout.trim_end().to_owned())
    }

    /// Asserts that ns-mounts prints the same values, and finds the device by them.
    #[track_caller]
    fn is_told(&self, tags: &[&str]) -> Outcome {
        for tag in tags {
            let told = self.told(tag)?;
            let ours = |words: &[&str]| program("ns-mounts").arg("-F").arg(self.fstab()).args(words).ran();
            assert!(!told.is_empty(), "{tag}");
            assert_eq!(ours(&["-n", "-o", tag]).ok(), format!("{told}\n"), "{tag}");
            let search = format!("{tag}={told}");
            assert_eq!(
                ours(&["-n", "-o", "TARGET", "-S", &search]).ok(),
                "/x\n",
                "{search}"
            );
            assert_eq!(
                device_of(&search),
                format!("{}\n", self.device.display()),
                "{search}"
            );
        }
        Ok(())
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        let _ = std::process::Command::new("losetup")
            .arg("-d")
            .arg(&self.device)
            .status();
    }
}

/// The device that a tag is evaluated to.
#[track_caller]
fn device_of(source: &str) -> String {
    let fstab = tempfile::NamedTempFile::new().expect("a file can be made");
    let source = source.replace(' ', "\\040");
    std::fs::write(fstab.path(), format!("{source} /x auto rw 0 0\n")).expect("it is ours");
    let ran = program("ns-mounts")
        .arg("-F")
        .arg(fstab.path())
        .with("-e -n -o SOURCE");
    ran.ok()
}

fn ext4_tells_its_uuid_and_label() -> Outcome {
    Loop::new(8, &["mkfs.ext4", "-q", "-L", "ns ext4"])?.is_told(&["UUID", "LABEL"])
}

fn swap_space_tells_its_uuid_and_label() -> Outcome {
    Loop::new(8, &["mkswap", "-L", "ns-swap"])?.is_told(&["UUID", "LABEL"])
}

fn xfs_tells_its_uuid_and_label() -> Outcome {
    Loop::new(320, &["mkfs.xfs", "-q", "-L", "ns-xfs"])?.is_told(&["UUID", "LABEL"])
}

fn btrfs_tells_its_uuid_and_label() -> Outcome {
    Loop::new(128, &["mkfs.btrfs", "-q", "-L", "ns-btrfs"])?.is_told(&["UUID", "LABEL"])
}

fn fat_tells_its_serial_number_and_label() -> Outcome {
    Loop::new(8, &["mkfs.vfat", "-n", "NSFAT"])?.is_told(&["UUID", "LABEL"])?;
    Loop::new(64, &["mkfs.vfat", "-F", "32", "-n", "NSFAT32"])?.is_told(&["UUID", "LABEL"])
}

fn exfat_tells_its_serial_number_and_label() -> Outcome {
    Loop::new(8, &["mkfs.exfat", "-L", "ns-exfat"])?.is_told(&["UUID", "LABEL"])
}

fn f2fs_tells_its_uuid_and_label() -> Outcome {
    Loop::new(64, &["mkfs.f2fs", "-q", "-l", "ns-f2fs"])?.is_told(&["UUID", "LABEL"])
}

fn erofs_tells_its_uuid() -> Outcome {
    needs::root()?;
    let source = tempfile::tempdir().expect("a directory can be made");
    let script = format!("mkfs.erofs \"$1\" {} >/dev/null", source.path().display());
    needs::tools("mkfs.erofs");
    Loop::new(8, &["sh", "-c", &script, "sh"])?.is_told(&["UUID"])
}

fn ntfs_tells_its_serial_number_and_label() -> Outcome {
    for label in ["ns-ntfs", "ns ntfs with a long \u{e4}\u{20ac} label"] {
        Loop::new(8, &["mkntfs", "-F", "-Q", "-q", "-L", label])?.is_told(&["UUID", "LABEL"])?;
    }
    Ok(())
}

fn a_mounted_device_is_asked() -> Outcome {
    let device = Loop::new(8, &["mkfs.ext4", "-q", "-L", "ns-mounted"])?;
    let room = Room::new(&format!("mkdir $d/m; mount {} $d/m", device.device.display()))?;
    let uuid = device.told("UUID")?;
    assert_eq!(
        room.lines("-M $d/m", "UUID,LABEL,PARTUUID"),
        [format!("{uuid} ns-mounted ")]
    );
    assert_eq!(room.lines(&format!("UUID={uuid}"), "TARGET"), [room.text("m")]);
    assert_eq!(room.lines("-S LABEL=ns-mounted", "TARGET"), [room.text("m")]);
    // No device, no UUID.
    assert_eq!(room.lines("-M $d", "UUID,LABEL"), [" "]);
    Ok(())
}

/// An ordinary user who knows nothing about a device: neither udev nor blkid(8) has written its names down.
struct Closed {
    room: Room,
    program: String,
    device: Loop,
}

impl Closed {
    fn new() -> Result<Self, Skip> {
        needs::tools("setpriv");
        let device = Loop::new(8, &["mkfs.ext4", "-q", "-L", "ns-hidden"])?;
        let hide = "for place in /run/udev /run/blkid /dev/disk; do [ ! -d $place ] || mount -t tmpfs x $place; done";
        let room = Room::new(&format!("chmod 755 $d; {hide}"))?;
        let user = User::ordinary()?;
        let program = format!(
            "setpriv --reuid={0} --regid={0} --clear-groups {1}",
            user.id,
            user.programs().join("ns-mounts").display()
        );
        Ok(Self {
            room,
            program,
            device,
        })
    }

    /// The status, the output and the messages of the program for this source in an fstab.
    #[track_caller]
    fn asked(&mut self, source: &str, words: &str) -> (i32, String, String) {
        let ours = &self.program;
        let text = self.room.run(&format!(
            "echo '{source} /x ext4 rw' >$d/fstab; status=0; {ours} -F $d/fstab {words} >$d/out 2>$d/err || status=$?\n\
             echo $status; cat $d/err; echo; cat $d/out"
        ));
        let (status, rest) = text.split_once('\n').expect("it has a status");
        let (messages, output) = rest
            .split_once("\n\n")
            .unwrap_or(("", rest.trim_start_matches('\n')));
        let status = status.parse().expect("it is a number");
        (status, output.to_owned(), messages.to_owned())
    }
}

fn a_tag_that_nobody_can_read_is_unreadable() -> Outcome {
    let mut closed = Closed::new()?;
    let source = closed.device.device.display().to_string();
    let (status, output, messages) = closed.asked(&source, "-n -o UUID,PARTUUID");
    assert_eq!((status, output.as_str()), (0, "?\n"), "{messages}");
    assert!(messages.contains("UUID: Permission denied"), "{messages}");
    let (_, json, _) = closed.asked(&source, "-J -o UUID");
    let json: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert!(
        json["filesystems"][0]["uuid"].is_null() && !json["incomplete"].is_null(),
        "{json}"
    );
    assert_eq!(closed.asked(&source, "--strict -o UUID").0, 1);
    // A search that finds nothing says that it could not look.
    let (status, _, messages) = closed.asked(&source, "-S UUID=12");
    assert_eq!(status, 1);
    assert!(messages.contains("UUID: Permission denied"), "{messages}");
    Ok(())
}

fn other_devices_that_cannot_be_read_are_reported() -> Outcome {
    let mut closed = Closed::new()?;
    let source = closed.device.device.display().to_string();
    let (status, output, messages) = closed.asked(&source, "-n -r -o SOURCES");
    assert_eq!((status, output), (0, format!("{source}\n")));
    assert!(messages.contains("(SOURCES: Permission denied)"), "{messages}");
    // Another device may have the tag.
    let (status, output, messages) = closed.asked("UUID=ns-none", "-e -n -o SOURCE");
    assert_eq!((status, output.as_str()), (0, "?\n"), "{messages}");
    assert!(messages.contains("(SOURCE: Permission denied)"), "{messages}");
    Ok(())
}

/// Two devices with one btrfs.
fn two_devices() -> Result<[Loop; 2], Skip> {
    let both = [Loop::new(128, &["true"])?, Loop::new(128, &["true"])?];
    let mkfs = needs::installed("mkfs.btrfs")?;
    let devices = both.each_ref().map(|it| &it.device);
    let made = tool(mkfs).args(["-q", "-L", "ns-two"]).args(devices).ran();
    assert_eq!(made.status, 0, "{made:?}");
    Ok(both)
}

/// The paths of devices, in the order of their numbers.
fn in_order(devices: &[Loop]) -> Vec<String> {
    let mut devices: Vec<_> = devices.iter().map(|it| it.device.display().to_string()).collect();
    devices.sort_by_key(|path| path.trim_start_matches("/dev/loop").parse::<u32>().ok());
    devices
}

fn each_device_of_a_file_system_is_a_source() -> Outcome {
    let both = two_devices()?;
    let [first, second] = &in_order(&both)[..] else {
        unreachable!("there are two")
    };
    let mut room = Room::new(&format!(
        "mkdir $d/m $d/n; mount -o device={second} {first} $d/m; mkdir $d/m/s; mount --bind $d/m/s $d/n"
    ))?;
    for place in ["$d/m", "$d/n"] {
        assert_eq!(
            room.lines(&format!("-M {place}"), "SOURCES"),
            [format!("{first}\\x0a{second}")]
        );
    }
    let json = room.asked("-J -M $d/m -o SOURCES").json();
    assert_eq!(
        json["filesystems"][0]["sources"],
        serde_json::json!([first, second])
    );
    let table = room.asked("-l -n -M $d/m -o SOURCE,SOURCES").ok();
    let words: Vec<_> = table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .collect();
    // The kernel calls it by one of them.
    assert_eq!((words[0][1], &words[1][..]), (&first[..], &[&second[..]][..]));
    // The second device leads to the mounts as well.
    for device in [first, second] {
        assert_eq!(
            room.lines(&format!("-S {device}"), "TARGET"),
            [room.text("m"), room.text("n")],
            "{device}"
        );
    }
    // The kernel tells the devices of a mounted btrfs to everybody.
    needs::tools("setpriv");
    let user = User::ordinary()?;
    let ours = user.programs().join("ns-mounts").display().to_string();
    let asked = format!(
        "chmod 755 $d; setpriv --reuid={0} --regid={0} --clear-groups {ours} --strict -r -n -M $d/m -o SOURCES 2>&1",
        user.id
    );
    assert_eq!(room.run(&asked), format!("{first}\\x0a{second}\n"));
    Ok(())
}

/// A label with a blank that no other case has.
fn label_of(uuid: &str) -> String {
    format!("ns {}", &uuid[..8])
}

/// Two devices with the same UUID and label, as after a copy.
fn a_copy() -> Result<([Loop; 2], String), Skip> {
    let uuid = std::fs::read_to_string("/proc/sys/kernel/random/uuid").expect("it is in /proc");
    let uuid = uuid.trim().to_owned();
    let label = label_of(&uuid);
    let mkfs = ["mkfs.ext4", "-q", "-L", &label, "-U", &uuid];
    Ok(([Loop::new(8, &mkfs)?, Loop::new(8, &mkfs)?], uuid))
}

fn each_device_with_the_tag_is_a_source() -> Outcome {
    let (both, uuid) = a_copy()?;
    let devices = in_order(&both);
    let fstab = format!(
        "UUID={uuid} /a ext4 rw\nLABEL={} /b ext4 rw\n{} /c ext4 rw\nLABEL=ns-none /d ext4 rw\n",
        label_of(&uuid).replace(' ', "\\040"),
        devices[1]
    );
    let file = tempfile::NamedTempFile::new().expect("a file can be made");
    std::fs::write(file.path(), fstab).expect("it is ours");
    let ours = |words: &str| program("ns-mounts").arg("-F").arg(file.path()).with(words).stdout;
    let sources = devices.join("\\x0a");
    assert_eq!(
        ours("-e -r -n -o SOURCE,SOURCES"),
        format!(
            "{0} {sources}\n{0} {sources}\n{1} {sources}\n{2} {2}\n",
            devices[0],
            devices[1],
            none()
        )
    );
    // A tag that is not evaluated is one source.
    let label = label_of(&uuid).replace(' ', "\\x20");
    let tags = format!("UUID={uuid}\nLABEL={label}\n{sources}\nLABEL=ns-none\n");
    assert_eq!(ours("-r -n -o SOURCES"), tags);
    for device in &devices {
        let found = ours(&format!("-n -o TARGET -S {device}"));
        let own = if *device == devices[1] { "/c\n" } else { "" };
        assert_eq!(found, format!("/a\n/b\n{own}"), "{device}");
    }
    let filter = format!("SOURCES == '{}'", devices[0]);
    let copy = program("ns-mounts")
        .arg("-F")
        .arg(file.path())
        .args(["-n", "-o", "TARGET", "-Q", &filter])
        .ran();
    assert_eq!(copy.stdout, "/c\n");
    Ok(())
}

fn a_source_is_shown_as_findmnt_shows_it() -> Outcome {
    let theirs = needs::installed("findmnt")?;
    let (both, uuid) = a_copy()?;
    let table = tempfile::NamedTempFile::new().expect("a file can be made");
    let label = label_of(&uuid).replace(' ', "\\040");
    let text = format!(
        "UUID={uuid} /a ext4 rw\nLABEL={label} /b ext4 rw\nLABEL=\"{label}\" /b ext4 rw\n\
         LABEL=ns-none /c ext4 rw\nPARTUUID=ns-none /c ext4 rw\nsrv:/x /d nfs rw\ntmpfs /e tmpfs rw\n\
         {} /f ext4 rw\n/etc /g none bind\n",
        both[0].device.display()
    );
    std::fs::write(table.path(), text).expect("it is ours");
    for words in ["", "-e", "-c", "-C", "-v"] {
        let asked = |mut command: std::process::Command| {
            // blkid(8) is not to write down what devices of tests had.
            let command =
                command
                    .env("BLKID_FILE", "/dev/null")
                    .args(["-J", "-o", "TARGET,SOURCE,SOURCES", "-F"]);
            command.arg(table.path()).with(words).json()
        };
        let [mut theirs, mut ours] = [asked(tool(&theirs)), asked(program("ns-mounts"))];
        for answer in [&mut theirs, &mut ours] {
            for row in answer["filesystems"].as_array_mut().expect("it is one") {
                // blkid(8) gives the devices in an order of its own, and an empty list has one null there.
                let mut sources: Vec<_> = row["sources"].as_array().into_iter().flatten().collect();
                sources.retain(|source| !source.is_null());
                sources.sort_by_key(ToString::to_string);
                let has_two = sources.len() == 2;
                row["sources"] = sources.into_iter().cloned().collect();
                if has_two && words == "-e" {
                    row["source"] = true.into();
                }
            }
        }
        assert_eq!(ours["filesystems"], theirs["filesystems"], "{words}");
    }
    Ok(())
}

/// The value that stands for no device: a device of the machine can be closed to a container.
pub(super) fn none() -> &'static str {
    let devices = std::fs::read_dir("/sys/class/block")
        .into_iter()
        .flatten()
        .flatten();
    let mut paths = devices.map(|device| Path::new("/dev").join(device.file_name()));
    let is_closed = |path: PathBuf| {
        std::fs::File::open(path).is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
    };
    if paths.any(is_closed) { "?" } else { "" }
}

fn a_tag_that_no_device_has_is_evaluated_to_nothing() -> Outcome {
    needs::root()?;
    let table = tempfile::NamedTempFile::new().expect("a file can be made");
    std::fs::write(table.path(), "UUID=ns-none /x ext4 rw\n").expect("it is ours");
    let ours = |words: &str| program("ns-mounts").arg("-F").arg(table.path()).with(words);
    assert_eq!(
        ours("-e -n -r -o SOURCE,TARGET").stdout,
        format!("{} /x\n", none())
    );
    let json = ours("-e -J -o SOURCE").json();
    assert!(json["filesystems"][0]["source"].is_null(), "{json}");
    assert_eq!(json["incomplete"].is_null(), none().is_empty(), "{json}");
    Ok(())
}
