//! The program `ns-unshare`.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    ns_unshare::main()
}
