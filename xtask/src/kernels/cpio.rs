//! An archive in the form of an initial root file system (`newc`, see initramfs-buffer-format.rst of the kernel).

/// An archive that files are added to.
#[derive(Default)]
pub struct Archive {
    bytes: Vec<u8>,
    files: u32,
}

impl Archive {
    /// Adds a directory.
    pub fn directory(&mut self, name: &str) {
        self.add(name, 0o040_755, &[]);
    }

    /// Adds an executable file.
    pub fn program(&mut self, name: &str, contents: &[u8]) {
        self.add(name, 0o100_755, contents);
    }

    /// The finished archive.
    pub fn finish(mut self) -> Vec<u8> {
        self.add("TRAILER!!!", 0, &[]);
        self.bytes
    }

    fn add(&mut self, name: &str, mode: u32, contents: &[u8]) {
        self.files += 1;
        let lengths =
            [contents.len(), name.len() + 1].map(|length| u32::try_from(length).expect("it is short"));
        let fields = [
            self.files, mode, 0, 0, 1, 0, lengths[0], 0, 0, 0, 0, lengths[1], 0,
        ];
        self.bytes.extend_from_slice(b"070701");
        for field in fields {
            self.bytes.extend_from_slice(format!("{field:08x}").as_bytes());
        }
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend_from_slice(contents);
        self.pad();
    }

    /// Names and contents start at a multiple of four.
    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_starts_at_a_multiple_of_four() {
        let mut archive = Archive::default();
        archive.directory("bin");
        archive.program("bin/a", b"abc");
        let bytes = archive.finish();
        assert_eq!(bytes.len() % 4, 0);
        let places = |text: &[u8]| bytes.windows(text.len()).position(|part| part == text);
        assert_eq!(places(b"abc").map(|place| place % 4), Some(0));
        assert!(bytes.starts_with(b"070701") && places(b"TRAILER!!!\0").is_some());
    }
}
