//! A child that dies with its parent.

use std::thread::yield_now;

use nix::errno::Errno;
use nix::sys::prctl::set_child_subreaper;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{SigSet, Signal, kill, raise};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpid, pause, pipe, read, write};

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, shown, text};
use crate::observe::calls::{Call, Calls, report};
use crate::observe::child::fork_child;
use crate::process::{Process, link, processes_in, run_answer, status};
use crate::sandbox::judge;
use crate::verdict::{Finding, ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
If a parent ends, its children live on with another parent, which is PID 1 or a
nearer subreaper. A child can ask the kernel to be killed instead. But its
parent may end at any moment, even before the child asks.",
        "
부모가 끝나도 자식은 다른 부모 밑에서 계속 실행됩니다. 새 부모는 PID 1이거나
더 가까운 subreaper입니다. 자식은 그 대신 강제 종료해 달라고 커널에 요청할
수 있습니다. 하지만 부모는 아무 때나, 자식이 요청하기 전에도 끝날 수
있습니다.",
    ),
    task: Both(
        "
A child calls this function first; `parent` created it. When `parent` ends, the
kernel must send the child SIGKILL. If `parent` has ended already, whichever
process is the child's parent now, do not return Ok.",
        "
이 함수는 자식이 맨 먼저 호출합니다. 자식을 만든 것은 `parent`입니다.
`parent`가 끝나면 커널이 자식에게 SIGKILL을 보내게 하세요. `parent`가 이미
끝났다면, 지금 자식의 부모가 누구이든 Ok를 반환하지 마세요.",
    ),
    manual: "PR_SET_PDEATHSIG(2const), prctl(2), getppid(2)",
    starter: "
use nix::errno::Errno;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::{Pid, getppid};

fn die_with_parent(parent: Pid) -> nix::Result<()> {
    // TODO: Which signal? And what if `parent` ends before this line, or after it?
    if getppid() != parent {
        return Err(Errno::ESRCH);
    }
    set_pdeathsig(Signal::SIGTERM)
}

fn main() -> ! {
    judge::clone5(die_with_parent)
}
",
    solutions: &[
        (
            "an error",
            "
use nix::errno::Errno;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::{Pid, getppid};

fn die_with_parent(parent: Pid) -> nix::Result<()> {
    set_pdeathsig(Signal::SIGKILL)?;
    if getppid() != parent {
        return Err(Errno::ESRCH);
    }
    Ok(())
}

fn main() -> ! {
    judge::clone5(die_with_parent)
}
",
        ),
        (
            "libc, and the child ends",
            "
use nix::errno::Errno;
use nix::unistd::Pid;

fn die_with_parent(parent: Pid) -> nix::Result<()> {
    // SAFETY: prctl(2) with these arguments touches no memory.
    Errno::result(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) })?;
    if std::os::unix::process::parent_id() != parent.as_raw() as u32 {
        std::process::exit(1);
    }
    Ok(())
}

fn main() -> ! {
    judge::clone5(die_with_parent)
}
",
        ),
        (
            "the child kills itself",
            "
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, raise};
use nix::unistd::{Pid, getppid};

fn die_with_parent(parent: Pid) -> nix::Result<()> {
    set_pdeathsig(Some(Signal::SIGKILL))?;
    if getppid() == parent { Ok(()) } else { raise(Signal::SIGKILL) }
}

fn main() -> ! {
    judge::clone5(die_with_parent)
}
",
        ),
    ],
    hints: [
        Both(
            "What does getppid(2) return after the parent has ended?",
            "부모가 끝난 다음 getppid(2)는 무엇을 반환하나요?",
        ),
        Both(
            "Ask with prctl(2) first, then compare getppid(2) with `parent`. In the other order \
             the parent may end between the two calls.",
            "먼저 prctl(2)로 요청하고, 그다음 getppid(2)를 `parent`와 비교합니다. 순서가 반대면 두 \
             호출 사이에 부모가 끝날 수 있습니다.",
        ),
        Both::same(
            "    set_pdeathsig(Signal::SIGKILL)?;
    if getppid() != parent {",
        ),
    ],
    errors: &[
        (
            "ESRCH",
            Both(
                "the parent was alive: compare getppid(2) with `parent`, not with another PID",
                "부모는 살아 있었습니다. getppid(2)는 다른 PID가 아니라 `parent`와 비교하세요",
            ),
        ),
        (
            "EINVAL",
            Both(
                "PR_SET_PDEATHSIG takes the number of a signal",
                "PR_SET_PDEATHSIG에는 시그널의 번호를 줍니다",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "the kernel must send the child SIGKILL",
            change: "    set_pdeathsig(Signal::SIGKILL)?;",
            to: "",
            says: "the kernel sent it nothing",
        },
        Wrong {
            clause: "SIGKILL",
            change: "Signal::SIGKILL",
            to: "Signal::SIGTERM",
            says: "the kernel sent it SIGTERM",
        },
        Wrong {
            clause: "the kernel must send",
            change: "    set_pdeathsig(Signal::SIGKILL)?;",
            to: "    std::thread::spawn(move || loop {
        if getppid() != parent { std::process::exit(1); }
    });",
            says: "the child has 2 threads",
        },
        Wrong {
            clause: "the kernel",
            change: "    set_pdeathsig(Signal::SIGKILL)?;",
            to: "    // SAFETY: there is one thread.
    if let nix::unistd::ForkResult::Child = unsafe { nix::unistd::fork() }? {
        let child = getppid();
        while std::path::Path::new(&format!(\"/proc/{parent}/ns/uts\")).exists() {}
        let _ = nix::sys::signal::kill(child, Signal::SIGKILL);
        std::process::exit(0);
    }",
            says: "there is another process",
        },
        Wrong {
            clause: "If `parent` has ended already",
            change: "    if getppid() != parent {
        return Err(Errno::ESRCH);
    }",
            to: "",
            says: "later ends alone",
        },
        Wrong {
            clause: "whichever process is the child's parent now",
            change: "getppid() != parent",
            to: "getppid() == Pid::from_raw(1)",
            says: "later ends alone",
        },
        Wrong {
            clause: "has ended already",
            change: "    set_pdeathsig(Signal::SIGKILL)?;
    if getppid() != parent {
        return Err(Errno::ESRCH);
    }
    Ok(())",
            to: "    if getppid() != parent {
        return Err(Errno::ESRCH);
    }
    set_pdeathsig(Signal::SIGKILL)",
            says: "between two system calls",
        },
        Wrong {
            clause: "A child calls this function first; `parent` created it",
            change: "getppid() != parent",
            to: "getppid() != Pid::this()",
            says: "the parent was alive",
        },
    ],
    ..Exercise::NEW
};

/// How often the child may stop before the function has returned.
const MAX_STOPS: usize = 100;

/// Checks that the answer makes its process die with its parent, whenever the parent ends.
///
/// The judge traces the child (`ptrace(2)`), which stops when it enters and when it leaves a
/// system call. First it ends the parent after the function has returned. Then it ends the
/// parent of another child at the first stop, of a third one at the second stop, and so on.
pub fn clone5(answer: fn(Pid) -> nix::Result<()>) -> ! {
    judge(|| {
        let mut calls = Calls::receive()?;
        let mut end_parent_at = |stop| {
            let family = Family::start(answer)?;
            let stops = family.end_parent_at(stop, &mut calls)?;
            family.end();
            Ok(stops)
        };
        let stops = end_parent_at(MAX_STOPS)?;
        ensure(stops < MAX_STOPS, || {
            wrong(
                text!("a function that returns", "반환하는 함수"),
                text!(
                    "it makes more than {} system calls",
                    "시스템 콜을 {}번 넘게 호출합니다",
                    MAX_STOPS / 2,
                ),
                text!(
                    "two are enough: the kernel does the waiting",
                    "두 번이면 충분합니다. 기다리는 일은 커널이 합니다",
                ),
            )
        })?;
        for stop in 0..stops {
            end_parent_at(stop)?;
        }
        let moments = stops + 1;
        Ok(text!(
            "the child died with its parent, which ended at {moments} different moments",
            "부모가 서로 다른 {moments}가지 순간에 끝났고, 그때마다 자식도 함께 끝났습니다",
        ))
    })
}

/// A process, its child, and the child's child, which runs the answer.
struct Family {
    process: Process,
    parent: Pid,
    child: Pid,
}

/// The child sends itself this before the answer, and if it lives on after it.
const BEGINS: Signal = Signal::SIGUSR1;
/// The child sends itself this when the answer has returned Ok.
const RETURNED: Signal = Signal::SIGUSR2;

impl Family {
    fn start(answer: fn(Pid) -> nix::Result<()>) -> Result<Family, Finding> {
        let process = run_answer(&EXERCISE, || {
            // Orphans come to this process and not to PID 1.
            set_child_subreaper(true)?;
            let (reader, writer) = pipe()?;
            let parent = fork_child(|| {
                let parent = getpid();
                let child = fork_child(|| run_child(answer, parent)).map_or(0, Pid::as_raw);
                let _ = write(&writer, &child.to_ne_bytes());
                loop {
                    pause();
                }
            })?;
            let mut child = [0; 4];
            read(&reader, &mut child)?;
            Ok::<_, Errno>(format!("{parent} {}", i32::from_ne_bytes(child)))
        })?;
        let pids =
            process.output.split(' ').map(|pid| pid.parse().map_or(Pid::this(), Pid::from_raw));
        let pids: Vec<_> = pids.collect();
        let [parent, child] = pids[..] else { unreachable!("two PIDs") };
        Ok(Family { process, parent, child })
    }

    /// Ends the parent when the child has made a number of stops, or has returned from the
    /// function before. Returns the number of stops.
    fn end_parent_at(&self, stop: usize, calls: &mut Calls) -> Result<usize, Finding> {
        self.trace()?;
        let (stops, returned) = self.run_to(stop, calls)?;
        let _ = kill(self.parent, Signal::SIGKILL);
        while status(self.child, "PPid") == self.parent.to_string() {
            yield_now();
        }
        self.expect_end(stops, returned)?;
        Ok(stops)
    }

    /// Traces the child (`ptrace(2)`), up to the beginning of the answer.
    fn trace(&self) -> Result<(), Finding> {
        while !status(self.child, "State").starts_with('T') {
            yield_now();
        }
        let options = Options::PTRACE_O_TRACESYSGOOD;
        let attached = ptrace::attach(self.child).and_then(|()| {
            self.wait()?;
            ptrace::setoptions(self.child, options)
        });
        attached.map_err(|errno| {
            let advice = text!(
                "Some machines forbid ptrace(2); check: sysctl kernel.yama.ptrace_scope",
                "ptrace(2)를 금지하는 컴퓨터도 있습니다. 확인하려면: sysctl \
                 kernel.yama.ptrace_scope",
            );
            unavailable("ptrace(PTRACE_ATTACH)", errno, advice)
        })?;
        loop {
            let _ = ptrace::cont(self.child, None);
            match self.wait() {
                Ok(WaitStatus::Stopped(_, BEGINS)) => return Ok(()),
                Ok(WaitStatus::Stopped(..)) => {}
                end => {
                    return Err(unavailable("ptrace(PTRACE_CONT)", shown!("{end:?}"), shown!("")));
                }
            }
        }
    }

    /// Runs the answer up to a stop. Returns the number of stops, and whether the function has
    /// returned.
    fn run_to(&self, stop: usize, calls: &mut Calls) -> Result<(usize, bool), Finding> {
        let (mut stops, mut signal) = (0, None);
        while stops < stop {
            let _ = ptrace::syscall(self.child, signal.take());
            match self.wait() {
                Ok(WaitStatus::PtraceSyscall(_)) => stops += 1,
                Ok(WaitStatus::Stopped(_, RETURNED)) => {
                    self.check_alone()?;
                    return Ok((stops, true));
                }
                Ok(WaitStatus::Stopped(_, received)) => signal = Some(received),
                end => return Err(self.ended_too_early(end, calls)),
            }
        }
        Ok((stops, false))
    }

    /// The child has ended before its parent.
    fn ended_too_early(&self, end: nix::Result<WaitStatus>, calls: &mut Calls) -> Finding {
        let error = calls.all().into_iter().find(|call| call.pid == self.child);
        let (found, reason) = match (error, end) {
            (Some(Call { report: error, .. }), _) => (
                text!(
                    "your function returned an error: {error}",
                    "함수가 오류를 반환했습니다: {error}",
                ),
                EXERCISE.explain(&error),
            ),
            (None, Ok(WaitStatus::Exited(_, 101))) => (
                text!("your function panicked", "함수가 패닉을 일으켰습니다"),
                text!(
                    "the panic's message is above; todo!() and unwrap() panic, too",
                    "패닉 메시지는 위에 있습니다. todo!()와 unwrap()도 패닉을 일으킵니다",
                ),
            ),
            (None, end) => (
                text!("the child has ended: {end:?}", "자식이 끝났습니다: {end:?}"),
                text!(
                    "it must live as long as its parent",
                    "부모가 살아 있는 동안은 자식도 살아 있어야 합니다",
                ),
            ),
        };
        wrong(
            text!(
                "Ok, as process {}, the parent, is alive",
                "부모인 {}번 프로세스가 살아 있으므로 Ok",
                self.parent,
            ),
            found,
            reason,
        )
    }

    /// Checks that nothing else watches the parent.
    fn check_alone(&self) -> Result<(), Finding> {
        let family = [Pid::this(), self.process.pid, self.parent, self.child];
        let mut processes = processes_in("pid", &link(Pid::this(), "pid"));
        processes.retain(|pid| !family.contains(pid));
        let threads = status(self.child, "Threads");
        ensure(threads == "1" && processes.is_empty(), || {
            let watcher = match processes[..] {
                [] => {
                    text!("the child has {threads} threads", "자식에 스레드가 {threads}개 있습니다")
                }
                [pid, ..] => {
                    text!("there is another process, {pid}", "{pid}번 프로세스가 더 있습니다")
                }
            };
            wrong(
                text!(
                    "the kernel sends the signal, and nobody else watches the parent",
                    "시그널은 커널이 보내고, 부모를 지켜보는 것은 따로 없음",
                ),
                watcher,
                text!(
                    "who watches the parent can be too late, or be killed; the kernel cannot",
                    "부모를 지켜보는 쪽은 늦을 수도 있고 강제 종료될 수도 있습니다. 커널은 그렇지 \
                     않습니다",
                ),
            )
        })
    }

    /// Ends the processes that are left.
    fn end(self) {
        self.process.end();
        // The judge, PID 1, is now the parent of the other two, and both have ended.
        let _ = waitpid(self.parent, None);
        let _ = waitpid(self.child, None);
    }

    /// Checks that the child does not live on after its parent has ended.
    fn expect_end(&self, stops: usize, returned: bool) -> Result<(), Finding> {
        let mut signal = None;
        loop {
            let _ = ptrace::cont(self.child, signal.take());
            let found = match self.wait() {
                Ok(WaitStatus::Signaled(_, Signal::SIGKILL, _)) => return Ok(()),
                Ok(WaitStatus::Exited(..) | WaitStatus::Signaled(..)) if !returned => return Ok(()),
                Ok(WaitStatus::Stopped(_, RETURNED)) => {
                    return Err(wrong(
                        text!(
                            "no Ok, as process {}, the parent, has ended",
                            "부모인 {}번 프로세스가 끝났으므로 Ok가 아님",
                            self.parent,
                        ),
                        text!(
                            "your function returned Ok, and the child lives on",
                            "함수가 Ok를 반환했고, 자식은 계속 살아 있습니다",
                        ),
                        match stops {
                            0 => {
                                text!(
                                    "the parent had ended before the call, and the kernel's signal \
                                     is for later ends alone; compare getppid(2) with `parent`",
                                    "부모는 호출하기 전에 이미 끝났고, 커널의 시그널은 그 뒤에 \
                                     끝나는 부모에게만 해당합니다. getppid(2)를 `parent`와 \
                                     비교하세요",
                                )
                            }
                            _ => {
                                text!(
                                    "the parent ended between two system calls: after your look at \
                                     it, and before the kernel knew that you want a signal",
                                    "부모는 두 시스템 콜 사이에 끝났습니다. 부모를 확인한 뒤였고, \
                                     시그널을 원한다는 것을 커널이 알기 전이었습니다",
                                )
                            }
                        },
                    ));
                }
                Ok(WaitStatus::Stopped(_, BEGINS)) => {
                    text!(
                        "the kernel sent it nothing, and it lives on",
                        "커널이 아무것도 보내지 않았고, 자식은 계속 살아 있습니다",
                    )
                }
                Ok(WaitStatus::Stopped(_, received)) if !returned => {
                    signal = Some(received);
                    continue;
                }
                Ok(WaitStatus::Stopped(_, received)) => {
                    text!("the kernel sent it {received}", "커널이 보낸 것은 {received}")
                }
                end => shown!("{end:?}"),
            };
            return Err(wrong(
                text!(
                    "process {} gets SIGKILL when its parent ends",
                    "{}번 프로세스는 부모가 끝날 때 SIGKILL을 받음",
                    self.child,
                ),
                found,
                text!(
                    "prctl(PR_SET_PDEATHSIG) says which signal; a process can ignore every signal \
                     but SIGKILL and SIGSTOP",
                    "어떤 시그널을 받을지는 prctl(PR_SET_PDEATHSIG)이 정합니다. SIGKILL과 \
                     SIGSTOP이 아닌 시그널은 프로세스가 무시할 수 있습니다",
                ),
            ));
        }
    }

    /// Waits until the child stops or ends.
    fn wait(&self) -> nix::Result<WaitStatus> {
        waitpid(self.child, Some(WaitPidFlag::__WALL))
    }
}

/// Runs in the child, which stops for the judge to trace it.
fn run_child(answer: fn(Pid) -> nix::Result<()>, parent: Pid) {
    let _ = SigSet::empty().thread_set_mask();
    let _ = raise(Signal::SIGSTOP);
    let _ = raise(BEGINS);
    if let Err(errno) = answer(parent) {
        report(errno);
        return;
    }
    let _ = raise(RETURNED);
    let _ = raise(BEGINS);
}
