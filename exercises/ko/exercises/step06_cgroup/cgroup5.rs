//! cgroup v2의 컨트롤러는 위에서 아래로 내려갑니다. cgroup에는 부모가
//! cgroup.subtree_control에서 켠 컨트롤러만 있습니다. 컨트롤러를 하나라도 켠
//! cgroup에는 프로세스가 직접 들어 있을 수 없습니다. 자식들과 자원을 다투게
//! 되기 때문입니다. (루트 cgroup만 예외입니다.) 이 문제는 hybrid 시스템에서도
//! v2에 관한 것입니다.
//!
//! cgroup `dir`에는 프로세스 `pids`와 컨트롤러 하나가 있습니다. `dir/child`를
//! 만들고 이 프로세스들을 모두 그리로 옮기세요. `dir/child`에도 이 컨트롤러가
//! 있게 하세요.
//!
//! 매뉴얼: cgroups(7): Cgroups v2

use std::fs;
use std::io;
use std::path::Path;

use nix::unistd::Pid;

fn pass_down(dir: &Path, pids: &[Pid], controller: &str) -> io::Result<()> {
    let child = dir.join("child");
    fs::create_dir(&child)?;
    // TODO: 컨트롤러는 누가 켜고, 커널은 어떤 순서를 허용할까요?
    fs::write(child.join("cgroup.procs"), pids[0].to_string())?;
    fs::write(dir.join("cgroup.subtree_control"), controller)
}

fn main() -> ! {
    judge::cgroup5(pass_down)
}
