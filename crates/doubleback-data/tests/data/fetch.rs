//! A download gives the right file or none, whatever the server does, and says what the server did.

use crate::support;
use crate::support::server;

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use doubleback_data::fetch::{FetchError, FetchEvent, FetchOptions, Fetched, Outcome, RemoteFile, download, fetch};
use doubleback_data::{LoadOptions, load};
use server::{Server, cut, ranged, reply, whole};
use sha2::{Digest, Sha256};
use support::real_data;

/// The file that is to be fetched: larger than what one read gives.
fn content() -> Vec<u8> {
    (0..200_000_u32)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn remote(servers: &[&Server]) -> RemoteFile {
    RemoteFile {
        name: "file.bin".to_owned(),
        urls: servers
            .iter()
            .map(|server| format!("{}/file.bin", server.url))
            .collect(),
        sha256: Some(sha256(&content())),
        unpacked_sha256: None,
        bytes: Some(200_000),
    }
}

fn quick() -> FetchOptions {
    FetchOptions {
        timeout: Duration::from_millis(300),
        backoff: Duration::from_millis(1),
        tries: 3,
        proxy: false,
        ..FetchOptions::default()
    }
}

fn get(remote: &RemoteFile, folder: &Path) -> Result<Fetched, FetchError> {
    download(remote, folder, &quick(), &mut |_| ControlFlow::Continue(()))
}

/// Names in a folder, sorted.
fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn assert_whole(folder: &Path) {
    assert_eq!(files(folder), ["file.bin"]);
    assert!(fs::read(folder.join("file.bin")).unwrap() == content());
}

/// The message of a download that fails, with what changes from run to run taken out.
fn failure(remote: &RemoteFile, folder: &Path, servers: &[&Server]) -> String {
    let mut text = get(remote, folder).unwrap_err().to_string();
    for (number, server) in servers.iter().enumerate() {
        text = text.replace(&server.url, &format!("http://server{number}"));
    }
    text.replace(&folder.display().to_string(), "DIR")
}

#[test]
fn a_file_appears_whole_and_is_not_fetched_twice() {
    let server = Server::start(|_, _| whole(&content()));
    let folder = tempfile::tempdir().unwrap();
    let first = get(&remote(&[&server]), folder.path()).unwrap();
    assert_eq!((first.outcome, first.checked), (Outcome::Fetched, true));
    assert_whole(folder.path());
    let second = get(&remote(&[&server]), folder.path()).unwrap();
    assert_eq!((second.outcome, server.requests().len()), (Outcome::AlreadyHere, 1));
}

#[test]
fn a_connection_that_breaks_off_is_resumed_where_it_broke() {
    let server = Server::start(|number, request| match number {
        0..3 => cut(ranged(&content(), request), 100_000 - 30_000 * number),
        _ => ranged(&content(), request),
    });
    let folder = tempfile::tempdir().unwrap();
    get(&remote(&[&server]), folder.path()).unwrap();
    assert_whole(folder.path());
    let starts: Vec<_> = server.requests().iter().map(|request| request.start()).collect();
    // Each try brought something, so that there may be more of them than tries that bring nothing.
    assert_eq!(starts, [None, Some(100_000), Some(130_000), Some(160_000)]);
    assert_eq!(server.requests()[1].header("if-range"), Some("\"1\""));
}

#[test]
fn a_server_that_falls_silent_is_asked_again() {
    let server = Server::start(|number, request| {
        let mut reply = ranged(&content(), request);
        if number == 0 {
            reply = cut(reply, 50_000);
            reply.stall = true;
        }
        reply
    });
    let folder = tempfile::tempdir().unwrap();
    get(&remote(&[&server]), folder.path()).unwrap();
    assert_whole(folder.path());
    assert_eq!(server.requests()[1].start(), Some(150_000));
}

#[test]
fn a_server_that_says_nothing_at_all_is_given_up() {
    let server = Server::start(|_, _| server::Reply {
        bytes: Vec::new(),
        stall: true,
    });
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        failure(&remote(&[&server]), folder.path(), &[&server]),
        "file.bin: http://server0/file.bin failed 3 times in a row, the last time so: it does not answer. Run the same command \
         again to go on, name another server with `--mirror URL`, or put the file into DIR yourself"
    );
    assert_eq!(files(folder.path()), [""; 0]);
}

#[test]
fn an_overloaded_server_is_asked_again_and_then_given_up() {
    let busy = || {
        reply(
            "503 Service Unavailable",
            &[("Content-Length", "0"), ("Retry-After", "0")],
            b"",
        )
    };
    let recovers = Server::start(move |number, _| if number < 2 { busy() } else { whole(&content()) });
    let folder = tempfile::tempdir().unwrap();
    get(&remote(&[&recovers]), folder.path()).unwrap();
    assert_whole(folder.path());

    let never = Server::start(move |_, _| busy());
    let folder = tempfile::tempdir().unwrap();
    let text = failure(&remote(&[&never]), folder.path(), &[&never]);
    assert!(
        text.contains("failed 3 times in a row, the last time so: it answered with status 503."),
        "{text}"
    );
    assert_eq!(never.requests().len(), 3);
}

#[test]
fn a_server_without_the_file_is_passed_over_at_once() {
    let without = Server::start(|_, _| reply("404 Not Found", &[("Content-Length", "0")], b""));
    let with = Server::start(|_, _| whole(&content()));
    let folder = tempfile::tempdir().unwrap();
    get(&remote(&[&without, &with]), folder.path()).unwrap();
    assert_whole(folder.path());
    assert_eq!(without.requests().len(), 1);
}

#[test]
fn a_wrong_file_never_gets_the_name() {
    let mut wrong = content();
    wrong[100] ^= 1;
    let page = [b"<html>".to_vec(), vec![b' '; 199_994]].concat();
    let wrong = Server::start(move |_, _| whole(&wrong));
    let page = Server::start(move |_, _| whole(&page));
    let short = Server::start(|_, _| whole(&content()[..100]));
    let folder = tempfile::tempdir().unwrap();
    let servers = [&wrong, &page, &short];
    let text = failure(&remote(&servers), folder.path(), &servers);
    assert!(
        text.contains("http://server0/file.bin gave another file (SHA-256 "),
        "{text}"
    );
    assert!(
        text.contains("), a web page. http://server2/file.bin has 100 bytes, expected 200,000."),
        "{text}"
    );
    assert_eq!(files(folder.path()), [""; 0]);

    let right = Server::start(|_, request| ranged(&content(), request));
    get(&remote(&[&wrong, &page, &short, &right]), folder.path()).unwrap();
    assert_whole(folder.path());
}

#[test]
fn a_length_that_is_a_lie_is_found_out() {
    // More than there is, by a server that does not even know the size.
    let long = Server::start(|_, _| reply("200 OK", &[("Content-Length", "300000")], &content()));
    let folder = tempfile::tempdir().unwrap();
    let mut unknown = remote(&[&long]);
    unknown.bytes = None;
    let text = failure(&unknown, folder.path(), &[&long]);
    assert!(
        text.contains("the connection was closed after 200,000 of 300,000 bytes"),
        "{text}"
    );
    assert!(!folder.path().join("file.bin").exists());

    // Less than there is: what came is a part, and a part is not the file.
    let short = Server::start(|_, _| reply("200 OK", &[("Content-Length", "100")], &content()));
    let mut unknown = remote(&[&short]);
    unknown.bytes = None;
    let folder = tempfile::tempdir().unwrap();
    let text = failure(&unknown, folder.path(), &[&short]);
    assert!(text.contains("gave another file"), "{text}");
    assert_eq!(files(folder.path()), [""; 0]);

    // Without a length, more than the published size is not stored.
    let endless = Server::start(|_, _| reply("200 OK", &[], &[content(), content()].concat()));
    let text = failure(&remote(&[&endless]), folder.path(), &[&endless]);
    assert!(text.contains(" bytes, expected 200,000"), "{text}");
}

#[test]
fn a_server_that_ignores_ranges_is_taken_from_the_start() {
    let server = Server::start(|number, request| match number {
        0 => cut(ranged(&content(), request), 50_000),
        _ => whole(&content()),
    });
    let folder = tempfile::tempdir().unwrap();
    get(&remote(&[&server]), folder.path()).unwrap();
    assert_whole(folder.path());
    assert_eq!(server.requests()[1].start(), Some(150_000));
}

#[test]
fn another_range_than_was_asked_for_is_not_appended() {
    let server = Server::start(|number, request| match number {
        0 => cut(ranged(&content(), request), 50_000),
        1 => {
            let headers = [
                ("Content-Range", "bytes 100000-199999/200000"),
                ("Content-Length", "100000"),
            ];
            reply("206 Partial Content", &headers, &content()[100_000..])
        }
        _ => ranged(&content(), request),
    });
    let folder = tempfile::tempdir().unwrap();
    get(&remote(&[&server]), folder.path()).unwrap();
    assert_whole(folder.path());
}

#[test]
fn what_another_run_left_is_used_if_it_fits_and_dropped_if_not() {
    let server = Server::start(|_, request| ranged(&content(), request));
    for (left, start) in [
        (content()[..120_000].to_vec(), Some(120_000)),
        (vec![7; 120_000], Some(120_000)),
        (vec![7; 200_001], None),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file.bin.part"), left).unwrap();
        let before = server.requests().len();
        get(&remote(&[&server]), folder.path()).unwrap();
        assert_whole(folder.path());
        assert_eq!(server.requests()[before].start(), start);
    }
    // A whole file that only lacks its name needs no server.
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file.bin.part"), content()).unwrap();
    let before = server.requests().len();
    get(&remote(&[&server]), folder.path()).unwrap();
    assert_whole(folder.path());
    assert_eq!(server.requests().len(), before);
}

#[test]
fn without_a_checksum_only_the_same_version_is_resumed() {
    let server = Server::start(|_, request| ranged(&content(), request));
    let folder = tempfile::tempdir().unwrap();
    let mut unchecked = remote(&[&server]);
    unchecked.sha256 = None;
    // Nobody knows of which version this is a part.
    fs::write(folder.path().join("file.bin.part"), [7; 1_000]).unwrap();
    let fetched = get(&unchecked, folder.path()).unwrap();
    assert!(!fetched.checked);
    assert_whole(folder.path());
    assert_eq!(server.requests()[0].start(), None);
}

#[test]
fn redirects_are_followed_with_the_range_but_not_for_ever() {
    let server = Server::start(|number, request| match request.path.as_str() {
        "/file.bin" => reply("302 Found", &[("Location", "/elsewhere"), ("Content-Length", "0")], b""),
        _ if number < 2 => cut(ranged(&content(), request), 50_000),
        _ => ranged(&content(), request),
    });
    let folder = tempfile::tempdir().unwrap();
    get(&remote(&[&server]), folder.path()).unwrap();
    assert_whole(folder.path());
    assert_eq!(server.requests().last().unwrap().start(), Some(150_000));

    let circle = Server::start(|_, _| reply("302 Found", &[("Location", "/file.bin"), ("Content-Length", "0")], b""));
    let folder = tempfile::tempdir().unwrap();
    let text = failure(&remote(&[&circle]), folder.path(), &[&circle]);
    assert!(text.contains("cannot be used: too many redirects"), "{text}");
}

#[test]
fn a_stopped_download_is_kept_and_gone_on_with() {
    let server = Server::start(|_, request| ranged(&content(), request));
    let folder = tempfile::tempdir().unwrap();
    let remote = remote(&[&server]);
    let stopped = download(&remote, folder.path(), &quick(), &mut |event| match event {
        FetchEvent::Received { bytes, .. } if bytes > 50_000 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    assert!(matches!(stopped, Err(FetchError::Interrupted)));
    assert_eq!(files(folder.path()), ["file.bin.part", "file.bin.part.from"]);
    get(&remote, folder.path()).unwrap();
    assert_whole(folder.path());
    assert!(server.requests()[1].start().unwrap() > 50_000);
}

#[test]
fn another_file_of_the_name_is_replaced_only_when_asked() {
    let server = Server::start(|_, _| whole(&content()));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.bin");
    fs::write(&path, "mine").unwrap();
    let error = get(&remote(&[&server]), folder.path()).unwrap_err();
    assert!(matches!(error, FetchError::Different { .. }), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"mine");
    let mut replace = quick();
    replace.replace = true;
    download(&remote(&[&server]), folder.path(), &replace, &mut |_| {
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_whole(folder.path());
}

#[test]
fn two_downloads_of_one_file_do_not_mix() {
    let server = Server::start(|_, _| whole(&content()));
    let folder = tempfile::tempdir().unwrap();
    let other = fs::File::create(folder.path().join("file.bin.part")).unwrap();
    other.lock().unwrap();
    let error = get(&remote(&[&server]), folder.path()).unwrap_err();
    assert!(matches!(error, FetchError::Busy { .. }), "{error}");
}

#[test]
fn mnist_is_fetched_from_a_mirror_as_it_is() {
    let Some(data) = real_data("mnist_is_fetched_from_a_mirror_as_it_is", "mnist") else {
        return;
    };
    let server = Server::start(move |number, request| {
        let file = fs::read(data.join("mnist").join(request.path.trim_start_matches("/mirror/"))).unwrap();
        let reply = ranged(&file, request);
        if number == 0 { cut(reply, 1_000_000) } else { reply }
    });
    let folder = tempfile::tempdir().unwrap();
    let options = LoadOptions::in_dir(folder.path());
    let mut how = quick();
    how.mirror = Some(format!("{}/mirror", server.url));
    let fetched = fetch("mnist", &options, &how, &mut |_| ControlFlow::Continue(())).unwrap();
    assert!(fetched.len() == 4 && fetched.iter().all(|file| file.checked));
    let mnist = load("mnist", &options).unwrap();
    assert!(mnist.sources.iter().all(|source| source.official));
}

#[test]
fn notmnist_is_unpacked_from_its_archive() {
    let archive = small_archive(8_458_043);
    let server = Server::start(move |_, _| whole(&archive));
    let folder = tempfile::tempdir().unwrap();
    // This one is here already.
    let large = folder.path().join("notmnist/notMNIST_large");
    fs::create_dir_all(&large).unwrap();
    let options = LoadOptions::in_dir(folder.path());
    let mut how = quick();
    how.mirror = Some(server.url.clone());
    let fetched = fetch("notmnist", &options, &how, &mut |_| ControlFlow::Continue(())).unwrap();
    let outcomes: Vec<_> = fetched.iter().map(|file| (file.outcome, file.checked)).collect();
    assert_eq!(outcomes, [(Outcome::Fetched, false), (Outcome::AlreadyHere, false)]);
    assert_eq!(
        files(&folder.path().join("notmnist")),
        ["notMNIST_large", "notMNIST_small"]
    );

    fs::remove_dir(large).unwrap();
    let notmnist = load("notmnist", &options).unwrap();
    let sizes = [notmnist.train.len(), notmnist.validation.len(), notmnist.test.len()];
    assert_eq!(sizes, [160, 20, 30]);
    assert!(
        notmnist.notes[0].contains("1 image file could not be used"),
        "{:?}",
        notmnist.notes
    );
}

/// `notMNIST_small/` of 22 images a class, two of them equal, and a file that is no image; as an archive of so many bytes.
fn small_archive(bytes: usize) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut add = |name: String, content: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, content).unwrap();
    };
    for (number, class) in ('A'..='J').enumerate() {
        for image in 0..22 {
            let pixel = (number * 21 + image.min(20)) as u8;
            let name = format!("notMNIST_small/{class}/{}{image}.png", "long".repeat(30));
            add(name, &support::png(28, 28, |_, _| pixel));
        }
    }
    add("notMNIST_small/A/broken.png".to_owned(), b"no image");
    let mut packed = support::gzip(&tar.into_inner().unwrap());
    // After its end a tar archive may go on with anything; what is not packed well fills it up to the size.
    let zeros = |count: usize| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
        std::io::Write::write_all(&mut encoder, &vec![0; count]).unwrap();
        encoder.finish().unwrap()
    };
    let wanted = bytes - packed.len();
    let mut count = wanted - zeros(wanted).len().abs_diff(wanted);
    let mut filler = zeros(count);
    while filler.len() != wanted {
        count = if filler.len() < wanted { count + 1 } else { count - 1 };
        filler = zeros(count);
    }
    packed.extend(filler);
    packed
}
