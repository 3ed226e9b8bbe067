//! The program `ns-enter`.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    ns_enter::main()
}
