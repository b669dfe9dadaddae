//! baresip as phone with real audio: registered or calling, it plays a sound and records what it hears, and that is
//! compared with what the other side played.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::server::{DEADLINE, Server, free_port};
use crate::sound::{pitch, tones, wav};

const DESK: &str = r#"
flow: desk
start: sales
nodes:
  sales: { applet: connect, to: "sip:sales", ring: 60s, on: { answered: bye, missed: bye, nobody: bye } }
  bye: { applet: hangup }
"#;

/// Plays a sound for as long as the caller stays.
const PROMPT: &str = r#"
flow: prompt
start: play
nodes:
  play: { applet: gather, play: tone.wav, timeout: 60s, on: { digits: bye, none: bye } }
  bye: { applet: hangup }
"#;

pub(crate) const USERS: &str = r#"
sip.trusted = []
[[user]]
name = "sales"
password = "s-secret"
[[user]]
name = "alice"
password = "a-secret"
"#;

/// Where Debian keeps baresip's modules.
const MODULES: &str = "/usr/lib/baresip/modules";

/// How far a pitch may be off, in hertz: the sound may begin anywhere, and G.711 is coarse.
pub(crate) const OFF: f64 = 5.0;

/// A running baresip that records what it hears.
pub(crate) struct Phone {
    child: Child,
    folder: PathBuf,
}

impl Phone {
    /// A phone that answers.
    pub(crate) fn registers(server: &Server, user: &str, codec: &str, sound: &[i16]) -> Self {
        Self::start(server, user, codec, sound, &[])
    }

    /// A phone that calls.
    pub(crate) fn calls(server: &Server, user: &str, codec: &str, sound: &[i16]) -> Self {
        Self::start(server, user, codec, sound, &["-e", &format!("/dial sip:08011112222@{}", server.sip)])
    }

    fn start(server: &Server, user: &str, codec: &str, sound: &[i16], more: &[&str]) -> Self {
        assert!(Path::new(MODULES).is_dir(), "baresip-core is installed: scripts/install test");
        let folder = server.folder().join(user);
        fs::create_dir_all(&folder).expect("a folder");
        let voice = folder.join("voice.wav");
        fs::write(&voice, wav(sound)).expect("its voice");
        let config = format!(
            "poll_method epoll\nsip_listen 127.0.0.1:{}\naudio_player aubridge,nobody\naudio_source aufile,{}\n\
             module_path {MODULES}\nmodule g711.so\nmodule aufile.so\nmodule aubridge.so\nmodule sndfile.so\n\
             snd_path {}\nmodule_tmp uuid.so\nmodule_tmp account.so\nmodule_app menu.so\n",
            free_port(),
            voice.display(),
            folder.display()
        );
        fs::write(folder.join("config"), config).expect("its configuration");
        fs::write(folder.join("contacts"), "").expect("its contacts");
        let account = format!(
            "<sip:{user}@{}>;auth_user={user};auth_pass={}-secret;regint=60;answermode=auto;audio_codecs={codec}\n",
            server.sip,
            &user[..1]
        );
        fs::write(folder.join("accounts"), account).expect("its account");
        let mut command = Command::new("baresip");
        command.arg("-f").arg(&folder).args(["-t", "90"]).args(more).stdin(Stdio::null());
        let log = fs::File::create(folder.join("log")).expect("a log");
        let child = command.stdout(log.try_clone().expect("a second handle")).stderr(log).spawn();
        Self { child: child.expect("baresip is installed: scripts/install test"), folder }
    }

    /// Waits until it hears a tone; its pitch, in hertz.
    pub(crate) fn hears(&mut self) -> f64 {
        self.until_heard(pitch)
    }

    /// Waits until what it heard is as wanted.
    pub(crate) fn until_heard<T>(&mut self, wanted: impl Fn(&[u8]) -> Option<T>) -> T {
        let end = Instant::now() + DEADLINE;
        loop {
            if let Some(found) = self.recording().and_then(|recording| wanted(&recording)) {
                return found;
            }
            let log = || fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            let runs = self.child.try_wait().is_ok_and(|status| status.is_none());
            assert!(runs && Instant::now() < end, "it did not hear it\n{}", log());
            std::thread::park_timeout(Duration::from_millis(100));
        }
    }

    /// Hangs up, and goes.
    pub(crate) fn hangs_up(mut self) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().expect("kill is there");
        assert!(told.success());
        self.child.wait().expect("it ended");
    }

    fn recording(&self) -> Option<Vec<u8>> {
        let mut files = fs::read_dir(&self.folder).ok()?.filter_map(Result::ok).map(|entry| entry.path());
        let path = files.find(|path| path.to_string_lossy().ends_with("dec.wav"))?;
        fs::read(path).ok()
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Waits until the metrics say so many contacts are registered.
pub(crate) fn until_registered(server: &Server, contacts: usize) {
    let line = format!("passthru_sip_bindings {contacts}");
    let end = Instant::now() + DEADLINE;
    while !server.get("/metrics").1.lines().any(|metric| metric == line) {
        assert!(Instant::now() < end, "never {contacts} registered");
        std::thread::park_timeout(Duration::from_millis(100));
    }
}

/// A call from alice to sales, each with a tone and a codec: they hear each other.
fn talk(alice: &str, sales: &str) {
    let server = Server::with_flows(&[("desk.yaml", DESK)], USERS);
    let mut sales = Phone::registers(&server, "sales", sales, &tones(&[440], 60_000));
    until_registered(&server, 1);
    let mut alice = Phone::calls(&server, "alice", alice, &tones(&[700], 60_000));
    let (alice, sales) = (alice.hears(), sales.hears());
    assert!((alice - 440.0).abs() < OFF, "alice heard {alice} Hz");
    assert!((sales - 700.0).abs() < OFF, "sales heard {sales} Hz");
}

#[test]
fn two_phones_hear_each_other_in_pcmu() {
    talk("pcmu", "pcmu");
}

#[test]
fn two_phones_hear_each_other_in_pcma() {
    talk("pcma", "pcma");
}

#[test]
fn two_phones_hear_each_other_across_codecs() {
    talk("pcma", "pcmu");
}

#[test]
fn a_prompt_is_heard_as_it_was_recorded() {
    let tone = wav(&tones(&[523], 30_000));
    let server = Server::with_flows(&[("prompt.yaml", PROMPT.as_bytes()), ("tone.wav", &tone)], USERS);
    let mut alice = Phone::calls(&server, "alice", "pcmu", &tones(&[], 60_000));
    let heard = alice.hears();
    assert!((heard - 523.0).abs() < OFF, "alice heard {heard} Hz");
}
