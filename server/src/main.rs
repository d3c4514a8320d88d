//! The command line.

/// The work of an instance is many small allocations on several threads: there the system's allocator costs a tenth of
/// the processor time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    conntext_server::cli::main()
}
