//! Prints a hint for an exercise: `cargo run -q --bin hint clone1 2`.
//!
//! 1 is a question, 2 a direction, 3 the code.

use std::env;
use std::process::ExitCode;

use judge::EXERCISES;

fn main() -> ExitCode {
    let args: Vec<_> = env::args().skip(1).collect();
    let name = args.first().map_or("", String::as_str);
    let Some(exercise) = EXERCISES.iter().find(|it| it.name == name) else {
        let names: Vec<_> = EXERCISES.iter().map(|it| it.name).collect();
        eprintln!("Usage: cargo run -q --bin hint NAME [1|2|3]\nNames: {}", names.join(", "));
        return ExitCode::from(2);
    };
    let number = args.get(1).map_or(Ok(1), |it| it.parse::<usize>());
    let hint = number.ok().and_then(|it| exercise.hint(it));
    let Some(hint) = hint else {
        eprintln!("There are {} hints for {name}: 1 to {0}.", exercise.hints.len());
        return ExitCode::from(2);
    };
    println!("{hint}");
    ExitCode::SUCCESS
}
