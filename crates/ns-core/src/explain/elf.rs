//! The header of an ELF file: its machine and its loader (`elf(5)`).

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use elf::abi::{EI_NIDENT, ET_DYN, ET_EXEC, ET_REL, PT_INTERP};
use elf::endian::AnyEndian;
use elf::file::{Class, FileHeader, parse_ident};
use elf::segment::SegmentTable;
use elf::to_str::e_machine_to_human_str;

use super::finding::Finding;

/// The bytes that every ELF file starts with.
pub(super) const MAGIC: &[u8] = b"\x7fELF";

/// The longest path of a loader that is read (`PATH_MAX`).
const LONGEST: usize = 4096;

/// The facts in the header.
pub(super) struct Elf {
    /// The number of the machine.
    pub(super) machine: u16,
    /// The path of the loader. `None` if the program is static, or the header has no valid one.
    pub(super) loader: Option<Vec<u8>>,
    /// The lowest size of the file by its header, if the file is smaller.
    pub(super) missing_size: Option<u64>,
    /// The field of the header that the kernel does not accept.
    pub(super) flaw: Option<String>,
}

impl Elf {
    /// Reads the header of a file that can be read without harm. `None` if it is invalid.
    pub(super) fn read(file: &File) -> Option<Self> {
        let mut start = [0; 64];
        let length = file.read_at(&mut start, 0).ok()?;
        let start = start.get(..length)?;
        let ident = parse_ident::<AnyEndian>(start.get(..EI_NIDENT)?).ok()?;
        let header = FileHeader::parse_tail(ident, start.get(EI_NIDENT..)?).ok()?;
        let table = u64::from(header.e_phentsize) * u64::from(header.e_phnum);
        let size = file.metadata().ok()?.len();
        let (loader, end) = loader(file, &header).unwrap_or_default();
        let least = header.e_phoff.saturating_add(table).max(end);
        Some(Self {
            machine: header.e_machine,
            loader,
            missing_size: (size < least).then_some(least),
            flaw: flaw(&header),
        })
    }

    /// The name of the machine.
    pub(super) fn machine_name(&self) -> String {
        e_machine_to_human_str(self.machine)
            .map_or_else(|| format!("machine {}", self.machine), str::to_owned)
    }
}

/// A field of the header with a value that the kernel accepts for no program.
fn flaw(header: &FileHeader<AnyEndian>) -> Option<String> {
    let entry = match header.class {
        Class::ELF32 => 32,
        Class::ELF64 => 56,
    };
    match header.e_type {
        ET_EXEC | ET_DYN => {}
        ET_REL => return Some("it is of an object file, which must be linked first".into()),
        other => return Some(format!("its type (e_type) is {other}, which is no program")),
    }
    if header.e_phentsize != entry {
        let size = header.e_phentsize;
        return Some(format!(
            "the size of its program headers (e_phentsize) is {size} instead of {entry}"
        ));
    }
    (header.e_phnum == 0).then(|| "it has no program headers (e_phnum is 0)".into())
}

/// The path of the loader, if it can be read, and the end of its place in the file.
fn loader(file: &File, header: &FileHeader<AnyEndian>) -> Option<(Option<Vec<u8>>, u64)> {
    let size = usize::from(header.e_phentsize) * usize::from(header.e_phnum);
    let mut table = vec![0; size];
    file.read_exact_at(&mut table, header.e_phoff).ok()?;
    let segments = SegmentTable::new(header.endianness, header.class, &table);
    let named = segments.iter().find(|segment| segment.p_type == PT_INTERP)?;
    let end = named.p_offset.saturating_add(named.p_filesz);
    let length = usize::try_from(named.p_filesz)
        .ok()
        .filter(|length| *length <= LONGEST)?;
    let mut path = vec![0; length];
    if file.read_exact_at(&mut path, named.p_offset).is_err() {
        return Some((None, end));
    }
    path.truncate(path.iter().position(|byte| *byte == 0)?);
    Some((Some(path), end))
}

/// The flaw in the header of an ELF file: it is invalid, for another machine, or for a longer file.
pub(super) fn flaw_of_header(file: &File, elf: Option<Elf>, words: &str) -> Option<Finding> {
    let Some(elf) = elf else {
        return Some(Finding::new(format!(
            "{words} is an ELF file with an invalid header"
        )));
    };
    if let Some(flaw) = elf.flaw {
        return Some(Finding::new(format!(
            "the kernel does not accept the ELF header of {words}: {flaw}"
        )));
    }
    if let Some(least) = elf.missing_size {
        let size = file.metadata().ok()?.len();
        return Some(Finding::new(format!(
            "{words} is an ELF file that is cut off: it has {size} bytes, and by its header at least {least}"
        )));
    }
    let own = File::open("/proc/self/exe")
        .ok()
        .and_then(|own| Elf::read(&own))?;
    if own.machine != elf.machine {
        let cause = format!(
            "{words} is a program for the {}, and this process runs on the {}",
            elf.machine_name(),
            own.machine_name()
        );
        return Some(Finding::new(cause).help(
            "register an interpreter, such as qemu-user: --load-interp of ns-unshare, or binfmt_misc",
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_of_this_program_is_read() {
        let own = Elf::read(&File::open("/proc/self/exe").unwrap()).unwrap();
        if cfg!(target_arch = "x86_64") {
            assert_eq!(own.machine_name(), "AMD x86-64 architecture");
        }
        if cfg!(target_env = "gnu") {
            let loader = String::from_utf8(own.loader.unwrap()).unwrap();
            assert!(loader.starts_with("/lib"), "{loader}");
        }
        assert!(Elf::read(&File::open("/dev/null").unwrap()).is_none());
    }
}
