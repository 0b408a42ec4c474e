//! The cluster: one for a process, private, on a local socket.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

/// A running server.
pub struct Cluster {
    url: String,
    own: Option<OwnServer>,
}

/// A server that this process has started.
struct OwnServer {
    binaries: PathBuf,
    folder: PathBuf,
    /// Stops the server and removes its files when the pipe to it is closed: at the end of this process, even by a kill.
    _undertaker: Child,
}

/// Returns the cluster of this process; starts one when `DATABASE_URL` names none.
///
/// # Panics
/// When there is no PostgreSQL to start, or it does not.
pub fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| match std::env::var("DATABASE_URL") {
        Ok(url) => Cluster { url, own: None },
        Err(_) => Cluster::start(),
    })
}

impl Cluster {
    /// Starts one more server, for a test that kills it.
    ///
    /// # Panics
    /// When there is no PostgreSQL to start, or it does not.
    pub fn start() -> Self {
        let binaries = binaries().expect(
            "these tests need PostgreSQL: install it (Debian: apt-get install postgresql), or set DATABASE_URL",
        );
        let folder = folder();
        let data = folder.join("data");
        let mut initdb = as_postgres(&binaries.join("initdb"));
        initdb.args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync", "--pgdata"]);
        run(initdb.arg(&data).stdout(Stdio::null()));
        // Each server has a socket folder of its own, so the port need not be free elsewhere.
        let settings = format!(
            "listen_addresses = ''\nunix_socket_directories = '{}'\nmax_connections = 200\n",
            folder.display()
        );
        fs::write(data.join("postgresql.auto.conf"), settings).expect("a new cluster can be configured");
        let own = OwnServer { _undertaker: undertaker(&binaries, &folder), binaries, folder };
        own.start();
        let host = own.folder.display().to_string().replace('/', "%2F");
        Self { url: format!("postgres://postgres@{host}/postgres"), own: Some(own) }
    }

    /// Returns the URL of a database that is always there.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the folder with the server's binaries, where it is this process's own.
    pub fn binaries(&self) -> Option<&Path> {
        self.own.as_ref().map(|own| own.binaries.as_path())
    }

    /// Kills the server as a power cut would, and starts it again.
    ///
    /// # Panics
    /// When the server is not this process's own.
    pub fn crash_and_restart(&self) {
        let own = self.own.as_ref().expect("only a private server is killed");
        own.stop_at_once();
        own.start();
    }
}

impl OwnServer {
    fn start(&self) {
        let log = self.folder.join("log");
        run(self.control().args(["-w", "-t", "60", "-l"]).arg(log).arg("start").stdout(Stdio::null()));
    }

    fn stop_at_once(&self) {
        run(self.control().args(["-w", "-m", "immediate", "stop"]).stdout(Stdio::null()));
    }

    fn control(&self) -> Command {
        let mut command = as_postgres(&self.binaries.join("pg_ctl"));
        command.arg("-D").arg(self.folder.join("data"));
        command
    }
}

/// Finds the newest server binaries: they are in a folder of their version, and not on the path.
fn binaries() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH")?;
    let mut folders: Vec<PathBuf> = std::env::split_paths(&on_path).collect();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let number = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let mut versions: Vec<_> = versions.map(|entry| entry.path()).collect();
    versions.sort_by_key(|path| std::cmp::Reverse(number(path)));
    folders.extend(versions.into_iter().map(|version| version.join("bin")));
    folders.into_iter().find(|folder| folder.join("initdb").exists() && folder.join("pg_ctl").exists())
}

/// Makes an empty folder of whoever runs the server.
pub(crate) fn folder() -> PathBuf {
    let base = std::env::temp_dir();
    let free = (0..).map(|number| base.join(format!("maestro-postgres-{}-{number}", std::process::id())));
    let folder = free.into_iter().find(|folder| fs::create_dir(folder).is_ok());
    let folder = folder.expect("a folder for temporary files can be made");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).expect("the folder is ours");
    if is_root() {
        let postgres = fs::metadata("/var/lib/postgresql").map(|home| (home.uid(), home.gid()));
        let (user, group) = postgres.expect("a server is not run by root: its package makes a user postgres");
        chown(&folder, Some(user), Some(group)).expect("root gives its folders away");
    }
    folder
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// Returns a command as a user who may run a server: root may not.
pub(crate) fn as_postgres(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program).current_dir("/");
    command
}

fn undertaker(binaries: &Path, folder: &Path) -> Child {
    let script = "cat; \"$1\"/pg_ctl -D \"$2\"/data -m immediate stop; rm -rf \"$2\"";
    let mut command = as_postgres(Path::new("/bin/sh"));
    command.args(["-c", script, "undertaker"]).arg(binaries).arg(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("a shell can be started")
}

fn run(command: &mut Command) {
    let ended = command.stdin(Stdio::null()).status();
    assert!(ended.as_ref().is_ok_and(|status| status.success()), "{command:?}: {ended:?}");
}
