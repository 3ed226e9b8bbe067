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
    a_tag_that_nobody_can_read_is_unreadable,
];

/// A loop device with an image that mkfs made.
struct Loop {
    device: PathBuf,
    directory: TempDir,
}

impl Loop {
    /// `mkfs` makes the image; its last argument is the file.
    fn new(mebibytes: u64, mkfs: &[&str]) -> Result<Self, Skip> {
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

fn a_tag_that_nobody_can_read_is_unreadable() -> Outcome {
    let device = Loop::new(8, &["mkfs.ext4", "-q", "-L", "ns-hidden"])?;
    // udev or blkid(8) may have written its names down.
    let cache = std::fs::read_to_string("/run/blkid/blkid.tab").unwrap_or_default();
    let name = device
        .device
        .file_name()
        .and_then(|name| name.to_str())
        .expect("it is text");
    if cache.contains(&format!("/dev/{name}<")) || Path::new("/run/udev/data").exists() {
        return Err(Skip::Lacks(
            "needs a device that neither udev nor blkid knows".into(),
        ));
    }
    let user = User::ordinary()?;
    let table = std::fs::read(device.fstab()).expect("it is ours");
    let copy = tempfile::NamedTempFile::new().expect("a file can be made");
    std::fs::write(copy.path(), table).expect("it is ours");
    let input = || std::fs::File::open(copy.path()).expect("it is ours");
    let ran = user
        .program("ns-mounts")
        .stdin(input())
        .with("-F - -n -o UUID,PARTUUID");
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "?\n"), "{ran:?}");
    assert!(ran.stderr.contains("UUID: Permission denied"), "{}", ran.stderr);
    let json = user
        .program("ns-mounts")
        .stdin(input())
        .with("-F - -J -o UUID")
        .json();
    assert!(
        json["filesystems"][0]["uuid"].is_null() && !json["incomplete"].is_null(),
        "{json}"
    );
    let strict = user
        .program("ns-mounts")
        .stdin(input())
        .with("-F - --strict -o UUID");
    assert_eq!(strict.status, 1);
    // A search that finds nothing says that it could not look.
    let search = user
        .program("ns-mounts")
        .stdin(input())
        .with("-F - -S UUID=12")
        .fails(1);
    assert!(search.contains("UUID: Permission denied"), "{search}");
    Ok(())
}
