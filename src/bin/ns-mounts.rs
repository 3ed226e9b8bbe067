//! The program `ns-mounts`.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    ns_mounts::main()
}
