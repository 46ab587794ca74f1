//! The commands of `docs/operations.md` for setting up, backup and restore, run as they stand there.
//!
//! Blocks marked `sh` are run in the order of the page, in one shell; those marked `sh postgres` only with PostgreSQL. Only
//! places are others: paths, the database's address, the port. `dealwright serve` goes into the background, and ends when
//! another one begins.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use dealwright_testkit::Engine;
use dealwright_testkit::postgres::free_port;
use dealwright_testkit::process::binary;

use crate::on_each;

const PAGE: &str = include_str!("../../../docs/operations.md");
const SECTIONS: [&str; 3] = ["Setting up", "Backup", "Restore"];

/// Stands in for the binary in the shell's path.
const DEALWRIGHT: &str = r#"#!/bin/bash
set -eu
if [ "$1" != serve ]; then exec BINARY "$@"; fi
if [ -e FOLDER/server.pid ]; then
  kill "$(cat FOLDER/server.pid)"
  while kill -0 "$(cat FOLDER/server.pid)" 2>/dev/null; do sleep 0.05; done
fi
BINARY "$@" --listen 127.0.0.1:PORT >FOLDER/server.log 2>&1 &
echo $! >FOLDER/server.pid
for _ in $(seq 600); do
  if grep -q 'listening on' FOLDER/server.log; then exit 0; fi
  kill -0 "$(cat FOLDER/server.pid)" || { cat FOLDER/server.log; exit 1; }
  sleep 0.05
done
cat FOLDER/server.log
exit 1
"#;
const CREATEDB: &str = "#!/bin/bash\nset -eu\npsql --quiet 'URL' -c \"CREATE DATABASE $1\"\n";

/// The blocks of the sections, and what stands behind their opening fence.
fn blocks(page: &str) -> Vec<(String, String)> {
    let (mut section, mut open, mut found) = ("", None::<(String, String)>, Vec::new());
    for line in page.lines() {
        if let Some((kind, text)) = &mut open {
            if line == "```" {
                found.push((kind.clone(), std::mem::take(text)));
                open = None;
            } else {
                let _infallible = writeln!(text, "{line}");
            }
        } else if let Some(heading) = line.strip_prefix('#') {
            section = heading.trim_start_matches('#').trim();
        } else if let Some(kind) = line.strip_prefix("```") {
            if SECTIONS.contains(&section) {
                open = Some((kind.to_owned(), String::new()));
            } else {
                open = None;
            }
        }
    }
    found
}

fn executable(path: &Path, text: &str) {
    std::fs::write(path, text).expect("a program");
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("a mode");
}

fn run_page(engine: Engine) {
    on_each(engine, async |database| {
        let folder = tempfile::tempdir().expect("a folder");
        let programs = folder.path().join("bin");
        std::fs::create_dir(&programs).expect("a folder");
        std::fs::create_dir(folder.path().join("backup")).expect("a folder");
        let here = folder.path().to_string_lossy().into_owned();
        let stand_in = DEALWRIGHT
            .replace("BINARY", &binary().to_string_lossy())
            .replace("FOLDER", &here)
            .replace("PORT", &free_port().to_string());
        executable(&programs.join("dealwright"), &stand_in);
        let mut script = String::from("set -eu\n");
        let blocks = blocks(PAGE);
        for (kind, text) in &blocks {
            assert!(kind == "sh" || kind == "sh postgres", "a block that nobody runs: {kind} {text}");
            if kind == "sh" || engine == Engine::Postgres {
                script.push_str(text);
            }
        }
        for wanted in ["admin create", "serve", "admin backup", "admin verify", "admin restore"] {
            assert!(script.contains(&format!("dealwright {wanted}")), "the page shows {wanted}: {script}");
        }
        let mut script = script
            .replace("/var/lib/", &format!("{here}/lib/"))
            .replace("/backup/", &format!("{here}/backup/"));
        if let Some(url) = database.place().postgres {
            let (base, name) = url.rsplit_once('/').expect("a URL names a database");
            executable(&programs.join("createdb"), &CREATEDB.replace("URL", &url));
            script = script
                .replace(
                    "postgres://dealwright:secret@localhost/dealwright_new",
                    &format!("{base}/{name}_new"),
                )
                .replace("postgres://dealwright:secret@localhost/dealwright'", &format!("{base}/{name}'"))
                .replace("createdb dealwright_new", &format!("createdb {name}_new"))
                .replace("createdb dealwright\n", "");
            assert!(!script.contains("secret@localhost"), "{script}");
        }
        script.push_str("dealwright admin user list\nkill \"$(cat ");
        let _infallible = writeln!(script, "{here}/server.pid)\"");
        let mut shell = Command::new("bash");
        shell.arg("-c").arg(&script).env_clear();
        shell.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", programs.display())).env("HOME", &here);
        let output = shell.output().expect("a shell can be run");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{script}\n{out}\n{err}");
        assert!(out.contains("you@example.com is the administrator"), "{out}");
        assert!(out.contains("you@example.com\tAdmin\tactive"), "{out}");
        assert_eq!(out.matches("whole: 2 databases").count(), 2, "{out}");
        if let Some(url) = database.place().postgres {
            let name = url.rsplit_once('/').expect("a name").1.to_owned();
            let drop = format!("DROP DATABASE IF EXISTS {name}_new WITH (FORCE)");
            let _stays_otherwise = Command::new("psql").args(["--quiet", &url, "-c", &drop]).output();
        }
    });
}

#[test]
fn the_commands_of_the_page_work_on_sqlite() {
    run_page(Engine::Sqlite);
}

#[test]
fn the_commands_of_the_page_work_on_postgres() {
    run_page(Engine::Postgres);
}
