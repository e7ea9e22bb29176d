//! This exercise needs one small edit. Each time you save this file, the judge runs
//! your function and asks the kernel whether it did its task. It prints what the
//! task expects, what it found, and why that is not the same. For a hint press h.
//! When the answer is right, press n for the next exercise.
//!
//! Return the PID of the process that runs this function.
//!
//! Manual: getpid(2)

fn own_pid() -> u32 {
    std::process::id()
}

fn main() -> ! {
    judge::intro1(own_pid)
}
