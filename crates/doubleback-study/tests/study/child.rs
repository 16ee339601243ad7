//! A server in a process of its own, which can be killed: this test program, started again.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::server;

/// The study's folder; only the server's process has it in its environment.
const FOLDER: &str = "DOUBLEBACK_TEST_STUDY";
/// Where to listen.
const LISTEN: &str = "DOUBLEBACK_TEST_LISTEN";
/// What comes before the address on the server's standard output.
const READY: &str = "the study is at ";

pub struct Server {
    process: Child,
    pub address: SocketAddr,
}

impl Server {
    /// Starts a server of a study, at any free port if `listen` has none, and waits until it listens.
    pub fn start(folder: &Path, listen: SocketAddr) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "child::serves_for_the_load_tests",
                "--ignored",
                "--nocapture",
            ])
            .env(FOLDER, folder)
            .env(LISTEN, listen.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let mut lines = output.lines().map_while(Result::ok);
        let ready = lines.find_map(|line| Some(line.split_once(READY)?.1.parse().unwrap()));
        let address = ready.expect("the server says where it listens");
        // The harness of that program says more later, and ends if nobody hears it.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, address }
    }

    /// SIGKILL: nothing of it can finish what it has begun.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// The most memory that it ever had, in bytes: Linux's `VmHWM`. None elsewhere.
    pub fn peak_memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
#[ignore = "the server's process of the load tests, which start it themselves"]
fn serves_for_the_load_tests() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let listen = std::env::var(LISTEN).unwrap().parse().unwrap();
    // When the test that started it is gone, so is the other end of this.
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(1);
    });
    server::serve_until_killed(Path::new(&folder), listen, |address| println!("{READY}{address}"));
}
