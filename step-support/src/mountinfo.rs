//! The list of mounts that a process sees (`/proc/PID/mountinfo`). The parser accepts any
//! bytes, never panics, and leaves out what it does not understand.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// A line: `71 27 0:53 / /tmp rw,relatime shared:9 - tmpfs none rw,mode=755`.
#[derive(Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// 71: the ID of the mount, which `/proc/PID/fdinfo` has for each open file, too.
    pub id: u64,
    /// `/`: what of the file system is visible at the mount point.
    pub root: PathBuf,
    /// `/tmp`: from the root directory of the process.
    pub mount_point: PathBuf,
    /// `rw,relatime`: what is allowed through this mount.
    pub options: &'a [u8],
    /// `shared:9`: any number of fields about propagation.
    pub propagation: Vec<&'a [u8]>,
    /// `tmpfs`.
    pub fs_type: &'a [u8],
    /// `rw,mode=755`: the options of the file system.
    pub super_options: &'a [u8],
}

/// The lines of the file.
pub fn lines(text: &[u8]) -> impl Iterator<Item = Line<'_>> {
    text.split(|&byte| byte == b'\n').filter_map(line)
}

fn line(line: &[u8]) -> Option<Line<'_>> {
    let fields: Vec<&[u8]> = line.split(|&byte| byte == b' ').collect();
    // A lone dash ends the fields about propagation.
    let dash = fields.iter().skip(6).position(|field| *field == b"-")? + 6;
    let [id, _parent, _device, root, mount_point, options, propagation @ ..] = &fields[..dash]
    else {
        return None;
    };
    let [fs_type, _source, super_options, ..] = fields[dash + 1..] else { return None };
    Some(Line {
        id: std::str::from_utf8(id).ok()?.parse().ok()?,
        root: unescape(root),
        mount_point: unescape(mount_point),
        options,
        propagation: propagation.to_vec(),
        fs_type,
        super_options,
    })
}

/// Turns each `\040` back into the byte that it stands for, which would end a field or a line.
fn unescape(field: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&first, after)) = rest.split_first() {
        let byte;
        (byte, rest) = match (first, after) {
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..]) => {
                ((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'), after)
            }
            _ => (first, after),
        };
        bytes.push(byte);
    }
    OsString::from_vec(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_any_number_of_fields_about_propagation() {
        for propagation in [&[][..], &["shared:9"], &["shared:9", "master:2", "propagate_from:1"]] {
            let fields: String = propagation.iter().map(|field| format!("{field} ")).collect();
            let text = format!("71 27 0:53 /a /tmp ro,nosuid {fields}- tmpfs none rw,mode=755\n");
            let found: Vec<_> = lines(text.as_bytes()).collect();
            let expected = Line {
                id: 71,
                root: "/a".into(),
                mount_point: "/tmp".into(),
                options: b"ro,nosuid",
                propagation: propagation.iter().map(|field| field.as_bytes()).collect(),
                fs_type: b"tmpfs",
                super_options: b"rw,mode=755",
            };
            assert_eq!(found, [expected]);
        }
    }

    #[test]
    fn what_is_no_line_is_left_out() {
        let text =
            b"\n-\n1 2 3 4 5 6 7\n1 2 3 4 5 - a b c\nx 2 3 4 5 6 - a b c\n1 2 3 4 5 6 - a b\n";
        assert_eq!(lines(text).count(), 0);
    }

    #[test]
    fn only_three_octal_digits_after_a_backslash_are_an_escape() {
        for (field, path) in [
            (r"/a\040b\134\011", "/a b\\\t"),
            (r"/a\", r"/a\"),
            (r"/a\04", r"/a\04"),
            (r"/\999", r"/\999"),
            (r"/\777", r"/\777"),
            (r"/\+17", r"/\+17"),
        ] {
            assert_eq!(unescape(field.as_bytes()).as_os_str(), path, "{field}");
        }
    }
}
