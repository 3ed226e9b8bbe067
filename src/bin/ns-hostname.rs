//! The program `ns-hostname`.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    ns_hostname::main()
}
