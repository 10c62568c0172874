//! The mailtally program.

fn main() -> std::process::ExitCode {
    mailtally::cli::main()
}
