//! Compiles the migrations in, and makes sure that there is a web app to embed.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("..");
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?);
    migrations(&root, &out)?;
    pack_relocations();
    web_app(&root)
}

/// `NNNN_name.sql` files, in order, as one constant.
fn migrations(root: &std::path::Path, out: &std::path::Path) -> io::Result<()> {
    let folder = root.join("migrations");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)?
        .filter_map(Result::ok)
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|x| x == "sql"))
        .collect();
    files.sort();
    let mut text = String::from("const MIGRATIONS: &[Migration] = &[\n");
    let mut last = 0;
    for file in files {
        println!("cargo::rerun-if-changed={}", file.display());
        let stem = file.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
        let (number, name) = stem
            .split_once('_')
            .and_then(|(n, name)| Some((n.parse::<i64>().ok()?, name)))
            .ok_or_else(|| io::Error::other(format!("{}: migrations are named NNNN_name.sql", file.display())))?;
        if number <= last {
            return Err(io::Error::other(format!("{}: number used twice", file.display())));
        }
        last = number;
        let path = file.canonicalize()?;
        let _ = writeln!(
            text,
            "    Migration {{ number: {number}, name: {name:?}, sql: include_str!({:?}) }},",
            path.display().to_string()
        );
    }
    text.push_str("];\n");
    fs::write(out.join("migrations.rs"), text)
}

/// A table of 1.5 MiB that the loader reads at each start, and that then stays in memory, shrinks to some KiB. Loaders know
/// the short form from glibc 2.36 on; the program runs where it is built.
fn pack_relocations() {
    let of = |name: &str| env::var(name).unwrap_or_default();
    if of("CARGO_CFG_TARGET_ENV") != "gnu" || of("HOST") != of("TARGET") {
        return;
    }
    let said = Command::new("getconf").arg("GNU_LIBC_VERSION").output().map(|o| o.stdout).unwrap_or_default();
    let version =
        String::from_utf8_lossy(&said).trim().rsplit_once(" 2.").and_then(|(_, minor)| minor.parse::<u32>().ok());
    if version.is_some_and(|minor| minor >= 36) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// The server builds without the web app too, and then says so in the browser.
fn web_app(root: &std::path::Path) -> io::Result<()> {
    let dist = root.join("client-web/dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    let index = dist.join("index.html");
    if !index.exists() {
        fs::create_dir_all(&dist)?;
        fs::write(
            index,
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>ConnText</title></head>\n\
             <body><h1>ConnText is running</h1><p>This build has no web app in it. Build it with <code>npm run build</code>, \
             then build the server again.</p></body></html>\n",
        )?;
    }
    Ok(())
}
