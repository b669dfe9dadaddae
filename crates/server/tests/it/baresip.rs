//! baresip as registered phones with real audio: one sends a tone; the other calls it, and what it hears is recorded and
//! compared with that tone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::server::{DEADLINE, Server, free_port};

const DESK: &str = r#"
flow: desk
start: sales
nodes:
  sales: { applet: connect, to: "sip:sales", ring: 10s, on: { answered: bye, missed: bye, nobody: bye } }
  bye: { applet: hangup }
"#;

const USERS: &str = r#"
sip.trusted = []
[[user]]
name = "sales"
password = "s-secret"
[[user]]
name = "alice"
password = "a-secret"
"#;

/// A running baresip that records what it hears. Ends by itself after a while.
struct Phone {
    child: Child,
    folder: PathBuf,
}

impl Phone {
    /// `source` and `player` are its microphone and its loudspeaker, by baresip's names.
    fn start(server: &Server, user: &str, (source, player): (&str, &str), more: &[&str]) -> Self {
        let folder = server.folder().join(user);
        fs::create_dir_all(&folder).expect("a folder");
        let config = format!(
            "poll_method epoll\nsip_listen 127.0.0.1:{}\naudio_player {player}\naudio_source {source}\n\
             module_path {MODULES}\nmodule g711.so\nmodule aufile.so\nmodule aubridge.so\nmodule sndfile.so\n\
             snd_path {}\nmodule_tmp uuid.so\nmodule_tmp account.so\nmodule_app menu.so\n",
            free_port(),
            folder.display()
        );
        fs::write(folder.join("config"), config).expect("its configuration");
        fs::write(folder.join("contacts"), "").expect("its contacts");
        let account = format!(
            "<sip:{user}@{}>;auth_user={user};auth_pass={}-secret;regint=60;answermode=auto;audio_codecs=pcmu\n",
            server.sip,
            &user[..1]
        );
        fs::write(folder.join("accounts"), account).expect("its account");
        let mut command = Command::new("baresip");
        command.arg("-f").arg(&folder).args(["-t", "12"]).args(more).stdin(Stdio::null());
        let log = fs::File::create(folder.join("log")).expect("a log");
        let child = command.stdout(log.try_clone().expect("a second handle")).stderr(log).spawn();
        Self { child: child.expect("baresip is installed: scripts/install test"), folder }
    }

    /// Waits until it has ended; what it heard, in hertz.
    fn heard(mut self) -> f64 {
        self.child.wait().expect("it ends by itself");
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        let files = fs::read_dir(&self.folder).expect("its folder").filter_map(Result::ok).map(|entry| entry.path());
        let heard = |path: &PathBuf| path.to_string_lossy().ends_with("dec.wav");
        let recorded = files.into_iter().find(heard).unwrap_or_else(|| panic!("it heard nothing\n{log}"));
        pitch(&fs::read(recorded).expect("its recording"))
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Where Debian keeps baresip's modules.
const MODULES: &str = "/usr/lib/baresip/modules";

/// Ten seconds of a tone: 16-bit mono at 8 kHz.
fn wav(hertz: u32) -> Vec<u8> {
    let samples = (0..80_000).map(|n| {
        let phase = std::f64::consts::TAU * f64::from(hertz) * f64::from(n) / 8_000.0;
        #[expect(clippy::cast_possible_truncation, reason = "an amplitude of 8,000 fits")]
        let sample = (8_000.0 * phase.sin()) as i16;
        sample.to_le_bytes()
    });
    let mut wav = Vec::new();
    wav.extend(b"RIFF");
    wav.extend((36u32 + 160_000).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16u32.to_le_bytes());
    wav.extend([1, 0, 1, 0]);
    wav.extend(8_000u32.to_le_bytes());
    wav.extend(16_000u32.to_le_bytes());
    wav.extend([2, 0, 16, 0]);
    wav.extend(b"data");
    wav.extend(160_000u32.to_le_bytes());
    wav.extend(samples.flatten());
    wav
}

/// The pitch of the loudest second of a recording: 16-bit mono at 8 kHz behind a 44-byte header.
fn pitch(wav: &[u8]) -> f64 {
    let samples: Vec<i16> = wav[44..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
    let energy = |second: &&[i16]| second.iter().map(|sample| i64::from(*sample).pow(2)).sum::<i64>();
    let loudest = samples.chunks_exact(8_000).max_by_key(energy).expect("a second of sound");
    let crossings = loudest.windows(2).filter(|pair| (pair[0] < 0) != (pair[1] < 0)).count();
    f64::from(u32::try_from(crossings).expect("few")) / 2.0
}

/// Waits until the metrics say so many contacts are registered.
fn until_registered(server: &Server, contacts: usize) {
    let line = format!("passthru_sip_bindings {contacts}");
    let end = Instant::now() + DEADLINE;
    while !server.get("/metrics").1.lines().any(|metric| metric == line) {
        assert!(Instant::now() < end, "never {contacts} registered");
        std::thread::park_timeout(Duration::from_millis(100));
    }
}

#[test]
fn a_registered_phone_hears_the_tone_of_another() {
    assert!(Path::new(MODULES).is_dir(), "baresip-core is installed: scripts/install test");
    let server = Server::with_flows(&[("desk.yaml", DESK)], USERS);
    let tone = server.folder().join("tone.wav");
    fs::write(&tone, wav(440)).expect("a tone");
    let _sales = Phone::start(&server, "sales", (&format!("aufile,{}", tone.display()), "aubridge,nobody"), &[]);
    until_registered(&server, 1);
    let dial = format!("/dial sip:08011112222@{}", server.sip);
    let alice = Phone::start(&server, "alice", ("aubridge,loop", "aubridge,loop"), &["-e", &dial]);
    let heard = alice.heard();
    assert!((heard - 440.0).abs() < 10.0, "alice heard {heard} Hz");
}
