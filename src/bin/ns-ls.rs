//! The program `ns-ls`.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    ns_ls::main()
}
