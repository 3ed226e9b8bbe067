//! A whole table: its mounts, and its lines that are not mounts.

use super::fstab::is_comment;
use super::line::{Mount, Reason};

/// The form of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TableForm {
    /// `proc_pid_mountinfo(5)`.
    #[default]
    Mountinfo,
    /// `fstab(5)`, and `/proc/mounts`.
    Fstab,
}

/// The mounts of a table, in its order, borrowed from its bytes.
#[derive(Clone, Debug, Default)]
pub struct MountTable<'a> {
    mounts: Vec<Mount<'a>>,
    flaws: Vec<LineFlaw<'a>>,
    form: TableForm,
    /// The number of lines.
    lines: usize,
    /// True if lines end with carriage returns, as in a saved table that was copied from another system.
    carriage_returns: bool,
    /// True if the last line has a line break.
    ends_in_break: bool,
}

/// A line that is not a mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineFlaw<'a> {
    /// The number of the line, from 1.
    pub line: usize,
    /// The bytes of the line, without the line break.
    pub bytes: &'a [u8],
    /// The fault of the line; `None` if it is blank or a comment.
    pub reason: Option<&'static str>,
}

impl<'a> MountTable<'a> {
    /// Reads a table of mountinfo. No line stops the reading: a line that is not a mount is kept as a [`LineFlaw`].
    pub fn parse(bytes: &'a [u8]) -> Self {
        Self::parse_as(TableForm::Mountinfo, bytes)
    }

    /// Reads a table of either form, which its lines show. If no line shows it, the form is `or`.
    pub fn parse_any(bytes: &'a [u8], or: TableForm) -> Self {
        let mountinfo = Self::parse(bytes);
        if !mountinfo.mounts.is_empty() {
            return mountinfo;
        }
        let fstab = Self::parse_as(TableForm::Fstab, bytes);
        if fstab.mounts.is_empty() && or == TableForm::Mountinfo {
            return mountinfo;
        }
        fstab
    }

    fn parse_as(form: TableForm, bytes: &'a [u8]) -> Self {
        let first = bytes.iter().position(|byte| *byte == b'\n');
        let mut table = Self {
            // Most lines are shorter than this, and few tables need more room than they first get.
            mounts: Vec::with_capacity(bytes.len() / 96),
            carriage_returns: first.is_some_and(|end| bytes[..end].ends_with(b"\r")),
            ends_in_break: bytes.ends_with(b"\n"),
            form,
            ..Self::default()
        };
        let mut rest = bytes;
        while !rest.is_empty() {
            let end = rest.iter().position(|byte| *byte == b'\n');
            let line = &rest[..end.unwrap_or(rest.len())];
            rest = end.map_or(&[][..], |end| &rest[end + 1..]);
            table.lines += 1;
            table.add(line);
        }
        table
    }

    fn add(&mut self, line: &'a [u8]) {
        let number = u64::try_from(self.lines).unwrap_or(u64::MAX);
        let parse = |line| match self.form {
            TableForm::Mountinfo => Mount::parse(line),
            // People edit these files: each line may end as on another system.
            TableForm::Fstab => Mount::parse_fstab(line, number),
        };
        let mount: Result<_, Option<Reason>> = if is_comment(line) {
            Err(None)
        } else if self.carriage_returns && self.form == TableForm::Mountinfo {
            line.strip_suffix(b"\r")
                .ok_or("it has no carriage return at its end, as the other lines have")
                .and_then(parse)
                .map_err(Some)
        } else {
            parse(line).map_err(Some)
        };
        match mount {
            Ok(mount) => self.mounts.push(mount),
            Err(reason) => self.flaws.push(LineFlaw {
                line: self.lines,
                bytes: line,
                reason,
            }),
        }
    }

    /// The form of the table.
    pub fn form(&self) -> TableForm {
        self.form
    }

    /// The mounts, in the order of the table.
    pub fn mounts(&self) -> &[Mount<'a>] {
        &self.mounts
    }

    pub(super) fn mounts_mut(&mut self) -> &mut [Mount<'a>] {
        &mut self.mounts
    }

    /// The mount that a path is on: the mount with the longest target above the path. If several mounts have that
    /// target, the last one, which covers the others.
    pub fn mount_of(&self, path: &[u8]) -> Option<&Mount<'a>> {
        let leads = |target: &[u8]| {
            target == b"/"
                || path
                    .strip_prefix(target)
                    .is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
        };
        self.mounts
            .iter()
            .filter(|mount| leads(&mount.target.decoded()))
            .max_by_key(|mount| mount.target.decoded().len())
    }

    /// The lines that are not mounts, in the order of the table.
    pub fn flaws(&self) -> &[LineFlaw<'a>] {
        &self.flaws
    }

    /// The table as it was read, byte for byte.
    pub fn print(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut mounts = self.mounts.iter();
        let mut flaws = self.flaws.iter().peekable();
        for line in 1..=self.lines {
            if let Some(flaw) = flaws.next_if(|flaw| flaw.line == line) {
                out.extend(flaw.bytes);
            } else if let Some(mount) = mounts.next() {
                out.extend(mount.line());
                if self.carriage_returns && self.form == TableForm::Mountinfo {
                    out.push(b'\r');
                }
            }
            if line < self.lines || self.ends_in_break {
                out.push(b'\n');
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GOOD: &str = "1 0 0:2 / / rw shared:1 - tmpfs none rw\n2 1 0:3 / /a rw - proc  rw\n";

    #[test]
    fn the_mount_of_a_path_is_the_nearest_and_uppermost() {
        let table = b"1 0 8:1 / / rw shared:1 - ext4 a rw\n\
                      2 1 0:5 / /run rw - tmpfs b rw\n\
                      3 2 0:6 / /run rw shared:9 - tmpfs c rw\n\
                      4 1 0:7 / /runner rw - tmpfs d rw\n";
        let table = MountTable::parse(table);
        let source = |path: &[u8]| table.mount_of(path).unwrap().source.raw().to_vec();
        assert_eq!(source(b"/run/x"), b"c");
        assert_eq!(source(b"/run"), b"c");
        assert_eq!(source(b"/etc/x"), b"a");
    }

    #[test]
    fn garbage_is_kept_with_its_line_number_and_the_rest_is_read() {
        let bytes = format!("{GOOD}\x00\x01 garbage\n\n3 1 0:4 / /b rw - sysfs sysfs rw");
        let table = MountTable::parse(bytes.as_bytes());
        assert_eq!(table.mounts().len(), 3);
        let flaws = table.flaws();
        assert_eq!((flaws[0].line, flaws[0].bytes), (3, &b"\0\x01 garbage"[..]));
        assert_eq!(flaws[0].reason, Some("the mount id is not a number"));
        assert_eq!((flaws[1].line, flaws[1].reason), (4, None));
        assert_eq!(table.print(), bytes.as_bytes());
    }

    #[test]
    fn a_table_with_carriage_returns_is_read_without_them() {
        let bytes = GOOD.replace('\n', "\r\n");
        let table = MountTable::parse(bytes.as_bytes());
        assert_eq!(table.mounts()[1].fs_options.raw(), b"rw");
        assert_eq!(table.print(), bytes.as_bytes());
        // A single line does not prove such a table: its carriage return belongs to the file system.
        let bytes = format!("{GOOD}3 1 0:4 / /b rw - overlay none rw,upperdir=/x\r\n");
        let table = MountTable::parse(bytes.as_bytes());
        assert_eq!(table.mounts()[2].fs_options.raw(), b"rw,upperdir=/x\r");
    }

    #[test]
    fn an_optional_field_may_be_empty() {
        for fields in ["", " ", "  ", "shared:1 ", "shared:1  ", " shared:1 "] {
            let bytes = format!("1 0 0:2 / / rw {fields}- tmpfs none rw\n");
            let table = MountTable::parse(bytes.as_bytes());
            assert_eq!(table.mounts().len(), 1);
            assert_eq!(table.print(), bytes.as_bytes());
        }
    }

    /// Lines that are nearly those of a table.
    fn nearly() -> impl Strategy<Value = Vec<u8>> {
        let field = prop::sample::select(vec![
            "1",
            "2",
            "0",
            "0:1",
            "8:1",
            "/",
            r"/a\040b",
            "rw",
            "rw,size=4k",
            "shared:1",
            "master:2",
            "-",
            "tmpfs",
            "",
            "none",
            "\r",
            "\n",
            "\u{fffd}",
            " ",
            "\\",
        ]);
        prop::collection::vec(field, 0..60).prop_map(|fields| fields.join(" ").replace(" \n ", "\n").into())
    }

    /// A field that the kernel never leaves empty.
    fn text() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(any::<u8>(), 1..40)
    }

    #[test]
    fn the_lines_show_the_form() {
        let form = |bytes: &str| MountTable::parse_any(bytes.as_bytes(), TableForm::Mountinfo).form();
        assert_eq!(form(GOOD), TableForm::Mountinfo);
        assert_eq!(form("tmpfs / tmpfs rw 0 0\n"), TableForm::Fstab);
        assert_eq!(form("# a comment\n\nUUID=1-2 / ext4 rw 0 1\n"), TableForm::Fstab);
        assert_eq!(form("garbage\n"), TableForm::Mountinfo);
        let table = b"# a comment\n\none two\nproc /proc proc\n";
        let table = MountTable::parse_any(table, TableForm::Mountinfo);
        let reasons: Vec<_> = table
            .flaws()
            .iter()
            .map(|flaw| (flaw.line, flaw.reason))
            .collect();
        assert_eq!(reasons, [(1, None), (2, None), (3, Some("it has no type"))]);
        assert_eq!(table.print(), b"# a comment\n\none two\nproc /proc proc\n");
    }

    proptest! {
        #[test]
        fn what_was_read_is_printed_byte_for_byte(bytes in nearly()) {
            prop_assert_eq!(MountTable::parse(&bytes).print(), bytes);
        }

        #[test]
        fn any_bytes_are_read_and_printed(bytes: Vec<u8>) {
            prop_assert_eq!(MountTable::parse(&bytes).print(), bytes);
        }

        #[test]
        fn a_mount_is_read_as_it_was_written(
            id in 0_u64..1 << 40, target in text(), source: Vec<u8>, root in text(), tags in "( shared:[1-9])?( x)?",
        ) {
            let field = |bytes: &[u8]| super::super::Escaped::encode(bytes);
            let head = format!("{id} 1 0:7 ");
            let line = [
                head.as_bytes(), &field(&root), b" ", &field(&target), b" rw", tags.as_bytes(), b" - t ", &field(&source), b" rw\n",
            ]
            .concat();
            let table = MountTable::parse(&line);
            let [mount] = table.mounts() else { panic!("{table:?}") };
            prop_assert_eq!(mount.id.as_raw(), id);
            prop_assert_eq!(mount.target.decoded(), target);
            prop_assert_eq!(mount.source.decoded(), source);
            prop_assert_eq!(mount.root.decoded(), root);
            prop_assert_eq!(mount.optional(), tags.trim_start().as_bytes());
            prop_assert_eq!(table.print(), line);
        }
    }
}
