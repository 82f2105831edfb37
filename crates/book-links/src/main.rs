//! Edits the links of the book; mdBook starts it (docs/guide/book.toml).

use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, io};

use book_links::{Places, web};
use serde_json::Value;

fn main() -> ExitCode {
    // mdBook asks first whether a renderer is supported: all are.
    if env::args().nth(1).as_deref() == Some("supports") {
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rundown: no book from mdBook on the standard input: {error}");
            ExitCode::from(2)
        }
    }
}

/// Reads the context and the book, and writes the book.
fn run() -> serde_json::Result<()> {
    let (_, mut book): (Value, Value) = serde_json::from_reader(io::stdin())?;
    let checkout = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    Places { checkout, web: web(|name| env::var(name).ok()) }.edit_book(&mut book);
    serde_json::to_writer(io::stdout(), &book)
}
