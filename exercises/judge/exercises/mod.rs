//! The exercises, a file each: what the learner reads, answers to it, and how it is judged.

use crate::exercise::Exercise;

mod cgroup1;
mod cgroup2;
mod cgroup3;
mod cgroup4;
mod cgroup5;
mod cgroup6;
mod cgroup7;
mod clone1;
mod clone2;
mod clone3;
mod clone4;
mod clone5;
mod container1;
mod container2;
mod container3;
mod container4;
mod container5;
mod container6;
mod container7;
mod container8;
mod image1;
mod image2;
mod intro1;
mod ipc1;
mod links1;
mod links2;
mod map1;
mod map2;
mod mount1;
mod mount2;
mod net1;
mod net2;
mod pid1;
mod pid2;
mod pid3;
mod privilege1;
mod privilege2;
mod privilege3;
mod resources1;
mod resources2;
mod setns1;
mod setns2;
mod setns3;
mod setns4;
mod setns5;
mod time1;
mod unshare1;
mod unshare2;
mod unshare3;
mod unshare4;
mod unshare5;
mod unshare6;
mod unshare7;
mod user1;
mod user2;
mod uts1;
mod uts2;
mod uts3;

pub use container8::AUDIT_ARCH;

/// Declares the order in which they are done, with the directory of each.
macro_rules! exercises {
    ($($dir:ident: $($name:ident),+;)+) => {
        $($(pub use $name::$name;)+)+

        /// All exercises, in the order in which they are done.
        pub const EXERCISES: &[Exercise] = &[$($(Exercise {
            name: stringify!($name),
            dir: stringify!($dir),
            ..$name::EXERCISE
        },)+)+];
    };
}

exercises! {
    step00_intro: intro1;
    step01_proc_ns: links1, links2;
    step02_clone: clone1, clone2, clone3, clone4, clone5;
    step03_uts: uts1, uts2, uts3;
    step04_setns: setns1, setns2, setns3, setns4, setns5;
    step05_unshare: unshare1, unshare2, unshare3, unshare4, unshare5, unshare6, unshare7;
    step06_cgroup: cgroup1, cgroup2, cgroup3, cgroup4, cgroup5, cgroup6, cgroup7;
    step07_user: user1, user2;
    step08_pid: pid1, pid2, pid3;
    step09_mount: mount1, mount2;
    step10_image: image1, image2;
    step11_net: net1, net2;
    step12_ipc_time_cgroup: ipc1, time1;
    step13_privilege: privilege1, privilege2, privilege3;
    step14_resources: resources1, resources2;
    step15_map: map1, map2;
    step16_container: container1, container2, container3, container4, container5, container6, container7, container8;
}
