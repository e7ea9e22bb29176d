//! What to type where this user has no cgroup for an exercise.

use std::env;
use std::path::Path;

use nix::unistd::geteuid;
use step_support::cgroup::Version;

use crate::language::{Both, Text, text};

/// The environment variable with which exercises pass that need a cgroup that is not there.
const SKIP: &str = "SKIP_CGROUP";

/// What to do about an error that has nothing to do with the answer or this user.
pub const TRY_AGAIN: Both = Both(
    "Somebody may have changed the cgroups meanwhile. Save the file to try again",
    "그사이에 누군가 cgroup을 바꾸었을 수 있습니다. 다시 채점하려면 파일을 저장합니다",
);

/// What to do if only cgroup v1 is mounted.
pub const WITH_V2: Both = Both(
    "cgroup v2 is not mounted. With systemd, add this to the kernel's command line: \
     systemd.unified_cgroup_hierarchy=1",
    "cgroup v2가 마운트되어 있지 않습니다. systemd를 쓴다면 커널 명령줄에 더할 것: \
     systemd.unified_cgroup_hierarchy=1",
);

/// What to do if v1 has the controllers.
pub const WITHOUT_V1: Both = Both(
    "cgroup v1 has the controllers here. For v2, add this to the kernel's command line: \
     cgroup_no_v1=all",
    "여기서는 cgroup v1이 컨트롤러를 갖고 있습니다. v2에서 쓰려면 커널 명령줄에 더할 것: \
     cgroup_no_v1=all",
);

/// What the kernel has to be told when it boots, or how to do without.
pub fn boot(how: Both) -> Text {
    or_without(how.into())
}

/// How this user gets a cgroup on this machine.
pub fn advice(version: Version) -> Text {
    let has_systemd = Path::new("/run/systemd/system").exists();
    let how = match (has_systemd && version == Version::V2, geteuid().is_root()) {
        (true, false) => text!(
            "Start it in one: systemd-run --user --scope -p Delegate=yes rustlings",
            "cgroup 안에서 시작하려면: systemd-run --user --scope -p Delegate=yes rustlings",
        ),
        (true, true) => text!(
            "Start it in one: systemd-run --scope -p Delegate=yes rustlings",
            "cgroup 안에서 시작하려면: systemd-run --scope -p Delegate=yes rustlings",
        ),
        (false, false) => text!(
            "Get one for this shell, and start rustlings again: sudo ./delegate $$",
            "이 셸에 cgroup을 마련한 다음 rustlings를 다시 시작하려면: sudo ./delegate $$",
        ),
        (false, true) => {
            text!(
                "Get one for this shell: ./delegate $$ (in Docker that needs docker run \
                 --privileged)",
                "이 셸에 cgroup을 마련하려면: ./delegate $$ (Docker에서는 docker run \
                 --privileged가 필요합니다)",
            )
        }
    };
    or_without(how)
}

/// What to type, or how to do without.
fn or_without(how: Text) -> Text {
    text!(
        "{how}\n  Or do without these exercises: {SKIP}=1 rustlings",
        "{how}\n  이 문제들을 건너뛰려면: {SKIP}=1 rustlings",
    )
}

/// The exit status of an exercise that this machine cannot check, if the user does without.
pub fn skip() -> Option<i32> {
    env::var_os(SKIP)?;
    let skipped = text!(
        "- Skipped, not solved: {SKIP} is set.",
        "- 풀지 않고 건너뛰었습니다. {SKIP}이 설정되어 있습니다.",
    );
    eprintln!("{skipped}");
    Some(0)
}
