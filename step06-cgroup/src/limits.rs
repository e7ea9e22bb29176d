//! What may be asked for: `--pids N`, `--memory SIZE`, `--cpu PERCENT`.

/// The limits of one run; `None` is no limit.
#[derive(Debug, Default)]
pub struct Limits {
    /// How many processes and threads.
    pub pids: Option<u64>,
    /// Bytes of memory.
    pub memory: Option<u64>,
    /// Percent of one CPU's time.
    pub cpu: Option<u64>,
}

impl Limits {
    /// The controllers without which these limits cannot be set.
    pub fn controllers(&self) -> Vec<&'static str> {
        let asked = [("pids", self.pids), ("memory", self.memory), ("cpu", self.cpu)];
        asked.into_iter().filter_map(|(name, limit)| limit.map(|_| name)).collect()
    }
}

/// As many processes as the kernel can number, on any machine: PID_MAX_LIMIT.
const MOST_PIDS: u64 = 4 * 1024 * 1024;

/// The kernel counts memory in pages; less than one is none at all.
const LEAST_MEMORY: u64 = 4096;

/// Ten thousand CPUs, more than the kernel can have.
const MOST_CPU: u64 = 1_000_000;

/// Parses a number of processes.
pub fn pids(text: &str) -> Result<u64, String> {
    match number(text)? {
        0 => Err("CMD itself is one process".to_owned()),
        pids if pids > MOST_PIDS => Err(format!("Linux has at most {MOST_PIDS} processes")),
        pids => Ok(pids),
    }
}

/// Parses a size: bytes, or with K, M, G or T so many times 1024 bytes.
pub fn size(text: &str) -> Result<u64, String> {
    let (digits, shift) = match text.trim_end_matches(|it: char| it.is_ascii_alphabetic()) {
        digits if digits.len() == text.len() => (digits, 0),
        digits => (digits, shift(&text[digits.len()..])?),
    };
    let bytes = number(digits)?.checked_mul(1 << shift).filter(|&bytes| bytes <= i64::MAX as u64);
    match bytes {
        None => Err("more bytes than the kernel can count".to_owned()),
        Some(bytes) if bytes < LEAST_MEMORY => {
            Err(format!("less than a page, {LEAST_MEMORY} bytes"))
        }
        Some(bytes) => Ok(bytes),
    }
}

fn shift(unit: &str) -> Result<u32, String> {
    match unit {
        "K" => Ok(10),
        "M" => Ok(20),
        "G" => Ok(30),
        "T" => Ok(40),
        _ => Err("sizes look like 65536, 64K, 64M or 1G".to_owned()),
    }
}

/// Parses a percentage of one CPU's time, with or without its sign.
pub fn percentage(text: &str) -> Result<u64, String> {
    match number(text.strip_suffix('%').unwrap_or(text))? {
        0 => Err("no CPU time at all".to_owned()),
        percent if percent > MOST_CPU => Err("Linux does not have that many CPUs".to_owned()),
        percent => Ok(percent),
    }
}

/// Digits and nothing else: `parse` alone would also take `+1`.
fn number(text: &str) -> Result<u64, String> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("not a whole number".to_owned());
    }
    text.parse().map_err(|_| "too large".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_binary() {
        for (text, bytes) in [
            ("4096", 4096),
            ("64K", 64 << 10),
            ("64M", 64 << 20),
            ("1G", 1 << 30),
            ("8388607T", 8388607 << 40),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in [
            "",
            "0",
            "0G",
            "4095",
            "3K",
            "-1",
            "+1G",
            "M",
            "64MB",
            "64m",
            "64 M",
            "1.5G",
            "0x10",
            "8388608T",
            "18446744073709551616",
            "99999999999999999999G",
            "٤٠٩٦",
            "1Gé",
            "é",
        ] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_percentage_may_be_of_several_cpus_and_has_a_sign_or_not() {
        assert_eq!(percentage("50"), Ok(50));
        assert_eq!(percentage("50%"), Ok(50));
        assert_eq!(percentage("250%"), Ok(250));
        for text in
            ["", "%", "0", "0%", "50%%", "-50", "12.5", "1e2", "1000001", "99999999999999999999"]
        {
            assert!(percentage(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_number_of_processes_is_one_to_four_million() {
        assert_eq!(pids("1"), Ok(1));
        assert_eq!(pids("4194304"), Ok(4_194_304));
        for text in ["", "0", "-1", "4194305", "max", "1K", "١"] {
            assert!(pids(text).is_err(), "{text}");
        }
    }
}
