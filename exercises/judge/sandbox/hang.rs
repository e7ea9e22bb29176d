//! Whether an answer hangs, and where. Time alone does not tell: on a slow or busy machine a
//! right answer takes long. So the judge looks several times a second at what the processes
//! do. An answer hangs if all of them have slept at ten seconds' worth of looks, or if they
//! have used ten seconds of CPU. Waiting for a CPU or a disk counts as neither.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::unistd::{Pid, SysconfVar, sysconf};

use crate::language::{Text, shown, text};
use crate::process::{ANSWER, status};
use crate::verdict::{Finding, unavailable, wrong};

/// The time between two looks.
const INTERVAL: Duration = Duration::from_millis(250);

/// How long an answer may sleep, all in all, and how much CPU time it may use.
const PATIENCE: Duration = Duration::from_secs(10);

/// After this time the judge gives up, and does not know whether the answer hangs.
const LONGEST: Duration = Duration::from_secs(600);

/// Watches the processes of a sandbox.
pub struct Watch {
    start: Instant,
    next_look: Instant,
    asleep: Duration,
}

impl Watch {
    pub fn new() -> Watch {
        let start = Instant::now();
        Watch { start, next_look: start + INTERVAL, asleep: Duration::ZERO }
    }

    /// The time until the next look.
    pub fn remaining(&self) -> Duration {
        self.next_look.saturating_duration_since(Instant::now())
    }

    /// Looks, if it is time to, at the sandbox whose first process this is. Returns a
    /// finding if it is to be ended.
    pub fn look(&mut self, first: Option<Pid>) -> Option<Finding> {
        if !self.remaining().is_zero() {
            return None;
        }
        self.next_look = Instant::now() + INTERVAL;
        let processes = first.map(descendants).unwrap_or_default();
        let again = || first.map(descendants).unwrap_or_default();
        if all_asleep(&processes) && are_the_same(&again(), &processes) {
            self.asleep += INTERVAL;
        }
        let seconds = PATIENCE.as_secs();
        let cpu: Duration = processes.iter().map(|it| it.cpu).sum();
        if self.asleep >= PATIENCE {
            return Some(wrong(
                text!("a function that returns", "반환하는 함수"),
                where_it_waits(&processes, seconds),
                text!(
                    "your function waits for something that never happens; the judge has killed it",
                    "함수가 일어나지 않을 일을 기다리고 있어서 채점 프로그램이 강제 종료했습니다",
                ),
            ));
        }
        if cpu >= PATIENCE {
            return Some(wrong(
                text!("a function that returns", "반환하는 함수"),
                text!(
                    "it was still running after {seconds} s of CPU time",
                    "CPU 시간을 {seconds}초 쓰고도 아직 실행 중이었습니다",
                ),
                text!(
                    "your function loops, or it never stops forking; the judge has killed it",
                    "함수가 무한히 반복하거나 끝없이 fork해서 채점 프로그램이 강제 종료했습니다",
                ),
            ));
        }
        (self.start.elapsed() >= LONGEST).then(|| {
            unavailable(
                text!(
                    "after {} s the answer has had {:.1} s of CPU time",
                    "{}초가 지나는 동안 답이 쓴 CPU 시간은 {:.1}초",
                    LONGEST.as_secs(),
                    cpu.as_secs_f64(),
                ),
                text!("it may still return", "아직 반환할 수도 있습니다"),
                text!(
                    "If this machine is busy, try again later; check: uptime",
                    "이 컴퓨터가 바쁘다면 나중에 다시 해 보세요. 확인하려면: uptime",
                ),
            )
        })
    }
}

/// A process as `/proc/PID/stat` shows it.
struct Process {
    pid: Pid,
    parent: Pid,
    name: String,
    state: String,
    /// The time of its children for which it has waited is included.
    cpu: Duration,
}

impl Process {
    fn read(pid: Pid) -> Option<Process> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name is in parentheses and may contain some (proc_pid_stat(5)).
        let (before, after) = stat.rsplit_once(')')?;
        let (_, name) = before.split_once('(')?;
        let fields: Vec<_> = after.split_whitespace().collect();
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        // utime, stime, cutime and cstime are the fields 14 to 17, the state is the third.
        let ticks: u64 = (11..15).filter_map(number).sum();
        let per_second = sysconf(SysconfVar::CLK_TCK).ok().flatten().unwrap_or(100) as u64;
        Some(Process {
            pid,
            parent: Pid::from_raw(fields.get(1)?.parse().ok()?),
            name: name.to_owned(),
            state: (*fields.first()?).to_owned(),
            cpu: Duration::from_millis(ticks * 1000 / per_second.max(1)),
        })
    }

    /// It neither runs nor waits for a CPU (R) or a disk (D).
    fn is_asleep(&self) -> bool {
        !["R", "D"].contains(&self.state.as_str())
    }

    /// What it does, in words.
    fn activity(&self) -> Text {
        let syscall = fs::read_to_string(format!("/proc/{}/syscall", self.pid));
        let number = syscall.ok().and_then(|text| text.split(' ').next()?.trim().parse().ok());
        match (self.state.as_str(), number) {
            ("T", _) => text!("stopped by a signal", "시그널로 멈춰 있습니다"),
            ("Z", _) => text!("a zombie", "좀비입니다"),
            (_, Some(number)) if number >= 0 => {
                text!("in {}", "{}에서 기다립니다", name_of(number))
            }
            (state, _) => text!("in state {state}", "{state} 상태입니다"),
        }
    }

    /// Its PID as the processes in the sandbox see it.
    fn inner_pid(&self) -> String {
        let pids = status(self.pid, "NSpid");
        pids.split(' ').nth(1).map_or_else(|| self.pid.to_string(), str::to_owned)
    }
}

/// This process and all below it.
fn descendants(first: Pid) -> Vec<Process> {
    let mut pids = vec![first];
    let mut index = 0;
    while let Some(&parent) = pids.get(index) {
        pids.extend(children(parent));
        index += 1;
    }
    pids.into_iter().filter_map(Process::read).collect()
}

/// The children of all threads of a process. A kernel without CONFIG_PROC_CHILDREN does not
/// list them, and all processes of the machine have to be read.
fn children(parent: Pid) -> Vec<Pid> {
    let pid = |text: &str| text.parse().ok().map(Pid::from_raw);
    if Path::new("/proc/thread-self/children").exists() {
        let threads = fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
        let lists = threads.filter_map(|it| fs::read_to_string(it.path().join("children")).ok());
        return lists
            .flat_map(|it| it.split_whitespace().filter_map(pid).collect::<Vec<_>>())
            .collect();
    }
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let all = entries.filter_map(|entry| pid(entry.file_name().to_str()?));
    all.filter_map(Process::read).filter(|it| it.parent == parent).map(|it| it.pid).collect()
}

fn all_asleep(processes: &[Process]) -> bool {
    !processes.is_empty() && processes.iter().all(Process::is_asleep)
}

/// Whether all processes still sleep, and no other has come. The kernel does not show all
/// of them at one moment: one that wakes up may have forked, and sleep again.
fn are_the_same(now: &[Process], before: &[Process]) -> bool {
    all_asleep(now) && now.iter().map(|it| it.pid).eq(before.iter().map(|it| it.pid))
}

/// The system call in which the answer's process waits, and those of its children.
fn where_it_waits(processes: &[Process], seconds: u64) -> Text {
    let is_child = |it: &&Process| processes.iter().any(|other| other.pid == it.parent);
    let judge = processes.iter().find(|it| !is_child(it)).map(|it| it.pid);
    let answers = processes.iter().filter(|it| it.name == ANSWER && Some(it.parent) == judge);
    let Some(answer) = answers.max_by_key(|it| it.pid) else {
        return text!(
            "it was still running after {seconds} s",
            "{seconds}초가 지나도 아직 실행 중이었습니다",
        );
    };
    let (pid, activity) = (answer.inner_pid(), answer.activity());
    let mut message = text!(
        "process {pid} is still {activity} after {seconds} s",
        "{seconds}초가 지나도 {pid}번 프로세스는 아직 {activity}",
    );
    for child in processes.iter().filter(|it| it.parent == answer.pid) {
        let (child, activity) = (child.inner_pid(), child.activity());
        message = text!(
            "{message}; its child {child} is {activity}",
            "{message}. 그 자식 {child}번은 {activity}",
        );
    }
    message
}

/// The name of a system call in which processes wait.
fn name_of(number: libc::c_long) -> Text {
    let mut calls = vec![
        (libc::SYS_read, "read"),
        (libc::SYS_write, "write"),
        (libc::SYS_openat, "openat"),
        (libc::SYS_wait4, "wait4"),
        (libc::SYS_waitid, "waitid"),
        (libc::SYS_futex, "futex"),
        (libc::SYS_ppoll, "ppoll"),
        (libc::SYS_pselect6, "pselect6"),
        (libc::SYS_epoll_pwait, "epoll_pwait"),
        (libc::SYS_nanosleep, "nanosleep"),
        (libc::SYS_clock_nanosleep, "clock_nanosleep"),
        (libc::SYS_rt_sigsuspend, "rt_sigsuspend"),
        (libc::SYS_rt_sigtimedwait, "rt_sigtimedwait"),
        (libc::SYS_flock, "flock"),
        (libc::SYS_connect, "connect"),
        (libc::SYS_accept4, "accept4"),
        (libc::SYS_recvfrom, "recvfrom"),
        (libc::SYS_recvmsg, "recvmsg"),
        (libc::SYS_clone, "clone"),
        (libc::SYS_unshare, "unshare"),
        (libc::SYS_setns, "setns"),
    ];
    #[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
    calls.extend([
        (libc::SYS_pause, "pause"),
        (libc::SYS_poll, "poll"),
        (libc::SYS_select, "select"),
        (libc::SYS_epoll_wait, "epoll_wait"),
        (libc::SYS_open, "open"),
        (libc::SYS_fork, "fork"),
        (libc::SYS_vfork, "vfork"),
    ]);
    #[cfg(not(target_arch = "x86"))]
    calls.push((libc::SYS_accept, "accept"));
    // The same on every architecture with 32 bits.
    #[cfg(target_pointer_width = "32")]
    calls.extend([
        (407, "clock_nanosleep"),
        (413, "pselect6"),
        (414, "ppoll"),
        (421, "rt_sigtimedwait"),
        (422, "futex"),
    ]);
    let call = calls.iter().find(|(call, _)| *call == number);
    match call {
        Some((_, name)) => shown!("{name}(2)"),
        None => text!("system call {number}", "시스템 콜 {number}"),
    }
}
