//! The comments in the programs that the learner reads, in Korean too. `// SAFETY:` and `// TODO:`
//! are words that tools look for.

use crate::language::Both;

/// Each comment that a starter or the first solution of an exercise has.
pub const COMMENTS: &[Both] = &[
    Both("Predict them.", "예측해 보세요."),
    Both("Guess::Same or Guess::Different?", "Guess::Same일까요, Guess::Different일까요?"),
    Both("Ask the kernel: std::process::id()", "커널에 물어보세요. std::process::id()"),
    Both("Read the link instead of a file.", "파일 대신 링크를 읽으세요."),
    Both(
        "Both are links. Compare what they lead to.",
        "둘 다 링크입니다. 링크가 가리키는 것을 비교하세요.",
    ),
    Both("Which flags, and which signal?", "어떤 플래그와 어떤 시그널이어야 할까요?"),
    Both("Which flags create the two namespaces?", "두 namespace를 만드는 플래그는 무엇일까요?"),
    Both(
        "This waits for any child, and handles only a child that exits.",
        "아무 자식이나 기다리고, 스스로 끝난 자식만 처리합니다.",
    ),
    Both(
        "Errno::ENOENT, EINVAL, EPERM, ENOSPC …?",
        "Errno::ENOENT, EINVAL, EPERM, ENOSPC … 가운데 무엇일까요?",
    ),
    Both(
        "In which namespace would the child have all capabilities?",
        "자식은 어느 namespace에서 모든 capability를 가질까요?",
    ),
    Both(
        "Which signal? And what if `parent` ends before this line, or after it?",
        "어떤 시그널일까요? `parent`가 이 줄보다 먼저, 또는 나중에 끝나면 어떻게 될까요?",
    ),
    Both("Whose hostname does this set?", "누구의 호스트 이름을 바꾸는 것일까요?"),
    Both(
        "Wait for a message from the child instead of a fixed time.",
        "정해진 시간 대신 자식의 메시지를 기다리세요.",
    ),
    Both("Which name does the child see?", "자식에게는 어떤 이름이 보일까요?"),
    Both("Which namespace is this?", "이것은 어느 namespace일까요?"),
    Both("Which namespaces of the process?", "그 프로세스의 어느 namespace들일까요?"),
    Both(
        "This directory disappears with the process. What does not?",
        "이 디렉터리는 프로세스와 함께 사라집니다. 사라지지 않는 것은 무엇일까요?",
    ),
    Both(
        "What makes the namespace appear at `file`?",
        "어떻게 해야 namespace가 `file`에 나타날까요?",
    ),
    Both("Which namespace do you have to join first?", "어느 namespace에 먼저 들어가야 할까요?"),
    Both(
        "Which ID does geteuid() return at this point?",
        "여기서 geteuid()는 어떤 ID를 반환할까요?",
    ),
    Both("What has to come before this?", "이보다 먼저 해야 할 일은 무엇일까요?"),
    Both("This mount still appears outside.", "이 마운트는 아직 바깥에도 나타납니다."),
    Both("Which flag creates a PID namespace?", "PID namespace를 만드는 플래그는 무엇일까요?"),
    Both(
        "What getpid(2) returns in the two processes.",
        "두 프로세스에서 getpid(2)가 반환하는 값입니다.",
    ),
    Both("In which PID namespace are they created?", "둘은 어느 PID namespace에 만들어질까요?"),
    Both(
        "In which PID namespace is the process that mounts?",
        "마운트하는 프로세스는 어느 PID namespace에 있을까요?",
    ),
    Both(
        "Which process is PID 1, and for how long?",
        "PID 1은 어느 프로세스이고, 언제까지 살아 있을까요?",
    ),
    Both("Move all of them. And where does the limit go?", "모두 옮기세요. 한도는 어디에 쓸까요?"),
    Both(
        "The unit is bytes. And may the cgroup still use swap?",
        "단위는 바이트입니다. 이 cgroup이 아직 스왑을 쓸 수 있을까요?",
    ),
    Both(
        "A kernel without swap, or with swapaccount=0, does not have this file.",
        "스왑이 없거나 swapaccount=0인 커널에는 이 파일이 없습니다.",
    ),
    Both(
        "Which file counts that, and which of its lines?",
        "그것을 세는 파일은 무엇이고, 그 안의 어느 줄일까요?",
    ),
    Both("How long is a period, and in which unit?", "period는 얼마나 길고, 단위는 무엇일까요?"),
    Both(
        "Who enables a controller, and in which order does the kernel allow it?",
        "컨트롤러는 누가 켜고, 커널은 어떤 순서를 허용할까요?",
    ),
    Both("Which flag, and a descriptor of what?", "어떤 플래그이고, 무엇의 파일 디스크립터일까요?"),
    Both(
        "As in `<linux/sched.h>`; libc has it as an int, which is too small for it.",
        "`<linux/sched.h>`의 값입니다. libc의 상수는 int인데, 이 값을 담기에는 작습니다.",
    ),
    Both(
        "Which processes are created while this loop runs?",
        "이 반복문이 실행되는 동안 어떤 프로세스가 만들어질까요?",
    ),
    Both("Can a process ignore this signal?", "프로세스가 이 시그널을 무시할 수 있을까요?"),
    Both(
        "Since Linux 5.14, writing 1 to cgroup.kill does the same.",
        "리눅스 5.14부터는 cgroup.kill에 1을 써도 같습니다.",
    ),
    Both(
        "Which of the two can own the other?",
        "둘 가운데 어느 것이 다른 것을 소유할 수 있을까요?",
    ),
    Both(
        "`_IO(NSIO, 1)` in <linux/nsfs.h>. Which call takes it, and what does it return?",
        "<linux/nsfs.h>의 `_IO(NSIO, 1)`입니다. 어느 시스템 콜에 주고, 무엇을 반환할까요?",
    ),
    Both("`_IO(NSIO, 1)` in <linux/nsfs.h>.", "<linux/nsfs.h>의 `_IO(NSIO, 1)`입니다."),
    Both(
        "In which PID namespace does the caller have this PID?",
        "호출한 프로세스가 이 PID를 가진 것은 어느 PID namespace에서일까요?",
    ),
    Both(
        "Who reaps the processes that the service has started?",
        "service가 시작한 프로세스들은 누가 거둘까요?",
    ),
    Both("one that PID 1 has adopted", "PID 1이 맡은 자식"),
    Both(
        "What does the kernel do with SIGTERM for PID 1?",
        "커널은 PID 1에게 온 SIGTERM을 어떻게 할까요?",
    ),
    Both(
        "The old mounts are still in the namespace.",
        "원래의 마운트가 아직 namespace 안에 있습니다.",
    ),
    Both("The kernel ignores one of these flags.", "커널은 이 플래그 가운데 하나를 무시합니다."),
    Both(
        "This shows an empty file. What says that there is none?",
        "이러면 빈 파일이 보입니다. 파일이 없다는 것은 무엇으로 나타낼까요?",
    ),
    Both(
        "Which end of `lowerdir` is the highest layer?",
        "`lowerdir`에서 가장 위 레이어는 어느 쪽 끝일까요?",
    ),
    Both(
        "Which user namespace owns the network namespace of this socket?",
        "이 소켓의 네트워크 namespace는 어느 user namespace가 소유할까요?",
    ),
    Both(
        "In which network namespace is the port not taken?",
        "아직 이 포트를 쓰지 않는 것은 어느 네트워크 namespace일까요?",
    ),
    Both("This finds the queue of the caller.", "이러면 호출한 프로세스의 큐를 찾습니다."),
    Both(
        "Why does the kernel refuse this now, and how many seconds are in a week?",
        "커널은 왜 지금 이것을 거부할까요? 그리고 일주일은 몇 초일까요?",
    ),
    Both(
        "From which set does execve(2) give everything back to root?",
        "execve(2)는 어느 집합에서 root에게 모두 되돌려 줄까요?",
    ),
    Both(
        "Which set does execve(2) keep when an ordinary user starts a program?",
        "일반 사용자가 프로그램을 시작할 때 execve(2)는 어느 집합을 그대로 둘까요?",
    ),
    Both(
        "If it is equal, skip so many instructions; if not, so many. How many?",
        "같으면 몇 개, 다르면 몇 개의 명령어를 건너뜁니다. 각각 몇 개일까요?",
    ),
    Both(
        "If it is equal, skip no instruction; if not, skip one.",
        "같으면 건너뛰지 않고, 다르면 하나 건너뜁니다.",
    ),
    Both("Reads the number of the call.", "시스템 콜의 번호를 읽습니다."),
    Both(
        "Changes the effective, the permitted and the inheritable set of the caller (capset(2)).",
        "호출한 프로세스의 유효, 허용, 상속 가능 집합을 바꿉니다(capset(2)).",
    ),
    Both(
        "Changes the effective and the permitted set, and empties the inheritable one (capset(2)).",
        "유효 집합과 허용 집합을 바꾸고 상속 가능 집합을 비웁니다(capset(2)).",
    ),
    Both(
        "Adds a capability to the ambient set of the caller (prctl(2)).",
        "호출한 프로세스의 ambient 집합에 capability를 더합니다(prctl(2)).",
    ),
    Both("The kernel has no capability of this number.", "커널에 이 번호의 capability가 없습니다."),
    Both("version 3, the caller", "버전 3, 호출한 프로세스"),
    Both("nix has no name for this flag.", "nix에는 이 플래그의 이름이 없습니다."),
    Both(
        "This is the number of which namespace? Which request opens its owner?",
        "이것은 어느 namespace의 번호일까요? 소유자를 여는 요청은 무엇일까요?",
    ),
    Both(
        "This user namespace has a process, the caller. How can the caller leave it?",
        "이 user namespace에는 호출한 프로세스가 있습니다. 어떻게 떠날 수 있을까요?",
    ),
    Both(
        "this process has one thread, and the child has its own copy of this memory.",
        "이 프로세스에는 스레드가 하나이고, 자식에게는 이 메모리의 복사본이 따로 있습니다.",
    ),
    Both("this process has one thread.", "이 프로세스에는 스레드가 하나입니다."),
    Both(
        "one thread; without CLONE_VM the child has a copy of this memory.",
        "스레드가 하나이고, CLONE_VM이 없으므로 자식에게는 이 메모리의 복사본이 있습니다.",
    ),
    Both(
        "header and sets have the size of version 3, and outlive the call.",
        "헤더와 집합은 버전 3의 크기이고, 호출이 끝날 때까지 살아 있습니다.",
    ),
    Both(
        "the kernel copies the program; it and its filter live until the call is over.",
        "커널이 프로그램을 복사하고, 프로그램과 필터는 호출이 끝날 때까지 살아 있습니다.",
    ),
    Both("the call takes two numbers.", "이 호출의 인자는 수 두 개입니다."),
    Both("the call takes numbers.", "이 호출의 인자는 모두 수입니다."),
    Both("the request takes no argument.", "이 요청에는 인자가 없습니다."),
    Both(
        "the kernel has just created this descriptor, and nobody else owns it.",
        "커널이 방금 만든 파일 디스크립터이고, 달리 소유한 곳이 없습니다.",
    ),
    Both(
        "the descriptor is new, and nothing else owns it.",
        "새 파일 디스크립터이고, 달리 소유한 곳이 없습니다.",
    ),
    Both(
        "the call takes a descriptor and touches no memory of ours.",
        "이 호출은 파일 디스크립터를 받고, 우리 메모리를 건드리지 않습니다.",
    ),
    Both(
        "Does `first` wait when it is alone? And who is the other quarter for?",
        "혼자일 때 `first`는 기다릴까요? 그리고 나머지 4분의 1은 누구의 몫일까요?",
    ),
    Both(
        "And then, what does cgroup.events of `own` say?",
        "그러고 나면 `own`의 cgroup.events는 어떻게 될까요?",
    ),
    Both(
        "What lets an ordinary user create this one? And who is the user in there?",
        "일반 사용자가 이것을 만들려면 무엇이 필요할까요? 그리고 그 안에서는 어떤 사용자일까요?",
    ),
    Both(
        "Makes a user and a group of the parent user namespace 0 in that of the caller.",
        "부모 user namespace의 사용자와 그룹을 호출한 프로세스의 user namespace에서 0으로 만듭니다.",
    ),
    Both(
        "Who may write where? And in which order do these calls work?",
        "어디에 쓸 수 있고 어디에 쓸 수 없어야 할까요? 그리고 어떤 순서로 호출해야 할까요?",
    ),
    Both(
        "Makes a mount read-only, and keeps what is locked.",
        "마운트를 읽기 전용으로 만들고, 잠긴 것은 그대로 둡니다.",
    ),
    Both(
        "Is this the moment for it? And then, /proc/sys can still be written.",
        "지금 해도 될까요? 그리고 /proc/sys에는 아직 쓸 수 있습니다.",
    ),
    Both(
        "Mounts proc for the PID namespace of the caller.",
        "호출한 프로세스의 PID namespace를 보여 주는 proc을 마운트합니다.",
    ),
    Both(
        "Who has such a file already? And where do the terminals come from?",
        "그런 파일을 이미 가진 것은 어디일까요? 그리고 터미널은 어디에서 올까요?",
    ),
    Both("Mounts a tmpfs with devices in it.", "tmpfs를 마운트하고 그 안에 장치를 둡니다."),
    Both(
        "Whose hostname is this? And then, who brings lo up?",
        "이것은 누구의 호스트 이름일까요? 그리고 lo는 누가 켤까요?",
    ),
    Both(
        "all zeros is a valid value of this structure.",
        "이 구조체는 모두 0이어도 올바른 값입니다.",
    ),
    Both(
        "the structure has a name that ends with NUL, and outlives the call.",
        "구조체의 이름은 NUL로 끝나고, 구조체는 호출이 끝날 때까지 남아 있습니다.",
    ),
    Both("For what else does PID 1 wait meanwhile?", "그동안 PID 1은 또 무엇을 기다려야 할까요?"),
    Both(
        "Reaps every child that has ended. Returns the status of one, if that is among them.",
        "끝난 자식을 모두 거둡니다. 그 가운데 찾는 자식이 있으면 그 상태를 반환합니다.",
    ),
    Both(
        "What else gives capabilities to a program of root, and what leads out by itself?",
        "root의 프로그램은 또 어디에서 capability를 얻을까요? 그리고 그 자체로 바깥과 이어지는 것은 무엇일까요?",
    ),
    Both(
        "nothing that this process goes on to use owns one of these descriptors.",
        "이 프로세스가 앞으로 쓰는 것 가운데 이 파일 디스크립터를 소유한 것은 없습니다.",
    ),
    Both(
        "Fails with EINVAL if the kernel does not know the capability (prctl(2)).",
        "커널이 그 capability를 모르면 EINVAL로 실패합니다(prctl(2)).",
    ),
    Both(
        "Other architectures, numbers above those, clone3(2), and calls with an argument.",
        "다른 아키텍처, 더 큰 번호, clone3(2), 그리고 인자를 보아야 하는 시스템 콜이 남았습니다.",
    ),
    Both("the number of the call", "시스템 콜 번호"),
    Both("the architecture", "아키텍처"),
    Both(
        "Loads 32 bits of struct seccomp_data. Argument 0 begins at 16, argument 1 at 24.",
        "struct seccomp_data의 32비트를 읽습니다. 인자 0은 16에서, 인자 1은 24에서 시작합니다.",
    ),
    Both(
        "Skips so many instructions unless the comparison (BPF_JEQ, BPF_JGE, BPF_JSET …) holds.",
        "비교(BPF_JEQ, BPF_JGE, BPF_JSET …)가 참이 아니면 명령어를 그만큼 건너뜁니다.",
    ),
];

/// A program with its comments in Korean.
pub fn in_korean(program: &str) -> String {
    let translate = |line| {
        let (code, mark, text) = comment(line)?;
        let Both(_, korean) = COMMENTS.iter().find(|it| it.0 == text)?;
        Some(format!("{code}{mark}{korean}"))
    };
    let lines = program.lines().map(|line| translate(line).unwrap_or(line.to_owned()));
    lines.map(|line| line + "\n").collect()
}

/// What is before the comment of a line, the mark that the comment begins with, and its text.
pub fn comment(line: &str) -> Option<(&str, &str, &str)> {
    let marks = ["// TODO: ", "// SAFETY: ", "/// ", "// "];
    let (start, mark) = marks.iter().find_map(|mark| Some((line.find(mark)?, mark)))?;
    let (code, rest) = line.split_at(start);
    let (mark, text) = rest.split_at(mark.len());
    Some((code, mark, text))
}
