//! The command line.

fn main() -> std::process::ExitCode {
    conntext_server::cli::main()
}
