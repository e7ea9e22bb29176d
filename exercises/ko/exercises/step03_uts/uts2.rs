//! 자식이 호스트 이름을 바꾸고, 그다음 부모가 읽습니다. 부모는 언제 읽어야 할지
//! 어떻게 알까요? sleep은 어떤 컴퓨터에서는 너무 길고 어떤 컴퓨터에서는 너무
//! 짧습니다.
//!
//! `set_name`을 호출하는 자식을 fork하세요. 부모에서는 자식이 이름을
//! 바꾸자마자, 그 전이 아니라, `get_name`을 한 번 호출하세요. 그것이 반환한
//! 값을 반환하세요.
//!
//! 매뉴얼: fork(2), pipe(2), read(2)

use std::process::exit;
use std::thread;
use std::time::Duration;

use nix::unistd::{ForkResult, fork, pipe, read, write};

fn set_then_get(set_name: fn(), get_name: fn() -> String) -> nix::Result<String> {
    let (reader, writer) = pipe()?;
    // SAFETY: 이 프로세스에는 스레드가 하나입니다.
    match unsafe { fork() }? {
        ForkResult::Child => {
            set_name();
            write(&writer, b".")?;
            exit(0)
        }
        ForkResult::Parent { .. } => {
            // TODO: 정해진 시간 대신 자식의 메시지를 기다리세요.
            thread::sleep(Duration::from_millis(100));
            let name = get_name();
            read(&reader, &mut [0])?;
            Ok(name)
        }
    }
}

fn main() -> ! {
    judge::uts2(set_then_get)
}
