//! 컨테이너의 PID 1이 `set_up`을 호출합니다. 새 user, PID, 마운트 namespace의
//! root이고, 호스트 이름과 네트워크는 아직 바깥의 것입니다. 그것을 바꿀 권한은
//! 없습니다. 새 네트워크 namespace에는 장치가 lo 하나뿐이고, 꺼져 있어서
//! 127.0.0.1에도 연결할 수 없습니다. 장치의 플래그는 소켓에 ioctl(2)를 해서
//! 바꿉니다. 그 소켓이 만들어진 네트워크 namespace의 장치가 바뀝니다.
//!
//! 호출한 프로세스를 그 user namespace가 소유하는 UTS namespace와 네트워크
//! namespace로 옮기세요. 거기서 호스트 이름은 `name`입니다. 거기서 127.0.0.1의
//! 서버에 연결할 수 있어야 합니다.
//!
//! 매뉴얼: uts_namespaces(7), network_namespaces(7), netdevice(7)

use std::io;

use nix::unistd::sethostname;

fn set_up(name: &str) -> io::Result<()> {
    // TODO: 이것은 누구의 호스트 이름일까요? 그리고 lo는 누가 켤까요?
    sethostname(name)?;
    Ok(())
}

fn main() -> ! {
    judge::container5(set_up)
}
