//! The mailtally program. What it does is described in the library; how it is spoken to, in `cli`.

fn main() -> std::process::ExitCode {
    mailtally::cli::main()
}
