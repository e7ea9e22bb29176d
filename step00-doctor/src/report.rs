//! Prints facts and findings, for people or for programs.

use anyhow::Result;
use colored::{ColoredString, Colorize};
use nix::unistd::geteuid;
use step_support::{print, refusal};

use crate::Finding;
use crate::check::{Failure, RunAs};

/// Prints facts and findings for people.
pub fn table(facts: &[(&str, String)], findings: &[Finding]) -> Result<()> {
    for (name, value) in facts {
        print(&format!("{name:<46}{value}"))?;
    }
    print("")?;
    let ordinary = if geteuid().is_root() { "uid 65534" } else { "you" };
    let width = findings.iter().map(|it| it.part.len()).max().unwrap_or(0);
    for Finding { part, user, failed } in findings {
        let who = if *user == RunAs::Root { "root" } else { ordinary };
        let (verdict, why): (ColoredString, _) = match failed {
            None => ("works".green(), String::new()),
            Some(Failure { error, advice }) => {
                ("fails".red(), format!("\n    {error}\n    {advice}"))
            }
        };
        print(&format!("{part:<width$}  {who:<11}{verdict}{why}"))?;
    }
    if !geteuid().is_root() {
        let command = refusal::as_root("target/debug/step00-doctor");
        print(&format!("\nas root: not tried; that needs {command}"))?;
    }
    Ok(())
}

/// The same for programs.
pub fn in_json(facts: &[(&str, String)], findings: &[Finding]) -> String {
    let facts: Vec<_> = facts.iter().map(|(k, v)| format!("{}:{}", quoted(k), quoted(v))).collect();
    let findings = findings.iter().map(|Finding { part, user, failed }| {
        let user = if *user == RunAs::Root { "root" } else { "ordinary" };
        let failed = failed.as_ref().map_or("null".to_owned(), |Failure { error, advice }| {
            format!("{{\"error\":{},\"advice\":{}}}", quoted(error), quoted(advice))
        });
        format!("{{\"part\":{},\"user\":\"{user}\",\"failed\":{failed}}}", quoted(part))
    });
    let findings: Vec<_> = findings.collect();
    format!("{{\"facts\":{{{}}},\"findings\":[{}]}}", facts.join(","), findings.join(","))
}

/// A string of JSON. Control characters have been escaped already.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
