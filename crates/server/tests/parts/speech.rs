//! Text to speech by the real program, and by programs that fail in its place.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use server::clock;
use server::prompt::{self, Decoded};
use server::speech::{Cache, Espeak, Speech, SpeechError, TEXT_MAX};

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("speech").join(name);
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A program that does what this shell script says.
fn script(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("program");
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn espeak_says_a_text() {
    let espeak = Espeak::default();
    let short = espeak.render("Welcome.").unwrap();
    assert_eq!(short.rate, 8000);
    let seconds = short.samples.len() as f64 / 8000.0;
    assert!((0.3..3.0).contains(&seconds), "{seconds} s");
    let loudest = short.samples.iter().map(|sample| sample.unsigned_abs()).max();
    assert!(loudest > Some(2000), "{loudest:?}");
    let long = espeak.render("Welcome. Press 1 for sales, 2 for support.").unwrap();
    assert!(long.samples.len() > short.samples.len() * 2);
    let fast = Espeak { words_per_minute: 300, ..Espeak::default() };
    assert!(fast.render("Welcome. Press 1 for sales, 2 for support.").unwrap().samples.len() < long.samples.len());
}

#[test]
fn espeak_takes_the_longest_text_and_no_longer() {
    let espeak = Espeak::default();
    let words: String = "seven ".chars().cycle().take(TEXT_MAX).collect();
    assert!(espeak.render(&words).unwrap().samples.len() > 8000 * 60);
    let over = format!("{words}s");
    assert_eq!(espeak.render(&over), Err(SpeechError::TooLong(TEXT_MAX + 1)));
    let accents = "é".repeat(TEXT_MAX + 1);
    assert_eq!(espeak.render(&accents), Err(SpeechError::TooLong(TEXT_MAX + 1)), "characters, not bytes");
    assert_eq!(espeak.render(" \n "), Err(SpeechError::Empty));
}

#[test]
fn a_text_is_never_an_option() {
    let folder = folder("stdin");
    let heard = folder.join("heard");
    let program = script(&folder, &format!("echo \"$@\" > {0}; cat >> {0}; exit 1", heard.display()));
    let espeak = Espeak { program, ..Espeak::default() };
    assert!(espeak.render("--version").is_err());
    assert_eq!(fs::read_to_string(heard).unwrap(), "--stdin --stdout -b 1 -v en -s 150\n--version");
}

#[test]
fn a_missing_program_is_told_with_the_line_that_installs_it() {
    let espeak = Espeak { program: "/nonexistent/espeak-ng".into(), ..Espeak::default() };
    let text = espeak.render("Welcome.").unwrap_err().to_string();
    assert!(text.contains("apt-get install espeak-ng"), "{text}");
}

#[test]
fn a_failing_program_is_quoted() {
    let unknown = Espeak { voice: "nowhere".into(), ..Espeak::default() };
    let Err(SpeechError::Failed(_, why)) = unknown.render("Welcome.") else { panic!("an unknown voice spoke") };
    assert!(why.contains("voice"), "{why}");
    let folder = folder("failing");
    let silent = Espeak { program: script(&folder, "exit 3"), ..Espeak::default() };
    let Err(SpeechError::Failed(_, why)) = silent.render("Welcome.") else { panic!("it failed in silence") };
    assert!(why.contains('3'), "{why}");
    let wrong = Espeak { program: script(&folder, "echo this is no sound at all"), ..Espeak::default() };
    assert!(matches!(wrong.render("Welcome."), Err(SpeechError::Sound(_))));
}

#[test]
fn a_program_that_hangs_or_never_stops_talking_is_stopped() {
    let folder = folder("hanging");
    let pid = folder.join("pid");
    for (does, timeout) in
        [("exec sleep 600", Duration::from_millis(200)), ("exec cat /dev/zero", Duration::from_secs(60))]
    {
        let program = script(&folder, &format!("echo $$ > {}; {does}", pid.display()));
        let start = clock::now().at;
        let error = Espeak { program, timeout, ..Espeak::default() }.render("Welcome.").unwrap_err();
        assert!(matches!(error, SpeechError::TimedOut(..) | SpeechError::Failed(..)), "{error}");
        assert!(clock::now().since(start) < Duration::from_secs(30), "{does}");
        let process = Path::new("/proc").join(fs::read_to_string(&pid).unwrap().trim());
        assert!(!process.exists(), "{does} lives on");
    }
}

/// Says the number of its times, and counts them.
struct Counter(AtomicUsize, &'static str);

impl Speech for &Counter {
    fn render(&self, _text: &str) -> Result<Decoded, SpeechError> {
        let times = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        Ok(Decoded { rate: 8000, samples: vec![-12_345, 0, i16::MIN, i16::MAX, times as i16] })
    }

    fn voice(&self) -> String {
        self.1.to_owned()
    }
}

#[test]
fn a_text_is_said_once_for_each_voice() {
    let data = folder("cache");
    let (first, second) = (Counter(AtomicUsize::new(0), "a"), Counter(AtomicUsize::new(0), "b"));
    let once = Cache::new(&first, &data).render("Welcome.").unwrap();
    assert_eq!(once.samples, [-12_345, 0, i16::MIN, i16::MAX, 1]);
    assert_eq!(Cache::new(&first, &data).render("Welcome.").unwrap(), once, "read back, bit by bit");
    Cache::new(&second, &data).render("Welcome.").unwrap();
    Cache::new(&first, &data).render("Goodbye.").unwrap();
    assert_eq!((first.0.load(Ordering::SeqCst), second.0.load(Ordering::SeqCst)), (2, 1));
    let files =
        fs::read_dir(data.join("prompts")).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let files: Vec<String> = files.collect();
    assert!(files.len() == 3 && files.iter().all(|name| name.len() == 68 && name.ends_with(".wav")), "{files:?}");
}

#[test]
fn a_kept_file_that_broke_is_said_anew() {
    let data = folder("broken");
    let counter = Counter(AtomicUsize::new(0), "a");
    let cache = Cache::new(&counter, &data);
    cache.render("Welcome.").unwrap();
    fs::write(cache.path("Welcome."), "half a fi").unwrap();
    assert_eq!(cache.render("Welcome.").unwrap().samples[4], 2);
    let kept = fs::read(cache.path("Welcome.")).unwrap();
    assert_eq!(prompt::decode(&kept, "kept").unwrap().samples[4], 2);
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let data = folder("no-folder");
    fs::write(data.join("prompts"), "in the way").unwrap();
    let counter = Counter(AtomicUsize::new(0), "a");
    let error = Cache::new(&counter, &data).render("Welcome.").unwrap_err();
    assert!(matches!(&error, SpeechError::Store(path, _) if path.contains("prompts")), "{error}");
}
