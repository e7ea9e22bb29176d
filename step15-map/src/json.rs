//! The map as JSON. It is written by hand: a few lines, for which a library would take longer
//! to compile than the whole step.

use std::ffi::OsStr;
use std::fmt::{Display, Write};

use crate::{Id, Map, Namespace};

/// The namespaces, and what is not among them.
pub fn text(map: &Map, unseen: &[String]) -> String {
    let namespaces = map.0.iter().map(|(id, namespace)| object(*id, namespace));
    let unseen = unseen.iter().map(string);
    format!(
        "{{\"namespaces\": [\n{}\n],\n\"unseen\": {}}}",
        namespaces.collect::<Vec<_>>().join(",\n"),
        array(unseen)
    )
}

fn object(id: Id, namespace: &Namespace) -> String {
    let descriptor = |(pid, number): &_| format!("{{\"pid\": {pid}, \"fd\": {number}}}");
    let mount = |(id, (place, point)): (&u64, &(Id, _))| {
        let (place, point) = (place.inode, string(point));
        format!("{{\"id\": {id}, \"mount_namespace\": {place}, \"mount_point\": {point}}}")
    };
    let fields = [
        ("kind", string(id.kind)),
        ("inode", id.inode.to_string()),
        ("owner", inode(namespace.owner)),
        ("parent", inode(namespace.parent)),
        ("processes", array(&namespace.processes)),
        ("for_children_of", array(&namespace.for_children)),
        ("descriptors", array(namespace.descriptors.iter().map(descriptor))),
        ("mounts", array(namespace.mounts.iter().map(mount))),
        ("below", array(namespace.below.iter().map(|id| id.inode))),
    ];
    let fields = fields.map(|(name, value)| format!("{}: {value}", string(name)));
    format!("{{{}}}", fields.join(", "))
}

fn inode(id: Option<Id>) -> String {
    id.map_or("null".to_owned(), |id| id.inode.to_string())
}

fn array(values: impl IntoIterator<Item = impl Display>) -> String {
    let values: Vec<_> = values.into_iter().map(|value| value.to_string()).collect();
    format!("[{}]", values.join(", "))
}

/// A string in ASCII alone, so that no name can drive a terminal. What is not UTF-8 in it
/// becomes U+FFFD.
fn string(text: impl AsRef<OsStr>) -> String {
    let mut quoted = "\"".to_owned();
    for unit in text.as_ref().to_string_lossy().encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte @ (b'"' | b'\\')) => quoted.extend(['\\', byte.into()]),
            Ok(byte @ b' '..=b'~') => quoted.push(byte.into()),
            _ => _ = write!(quoted, "\\u{unit:04x}"),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_has_only_printable_ascii_and_its_quotes_are_escaped() {
        for (text, quoted) in [
            ("/run/netns/blue", r#""/run/netns/blue""#),
            ("a\"b\\c", r#""a\"b\\c""#),
            ("\x1b[31m\n\x7f", r#""\u001b[31m\u000a\u007f""#),
            ("골 \u{202e}", r#""\uace8 \u202e""#),
            ("\u{1f980}", r#""\ud83e\udd80""#),
        ] {
            assert_eq!(string(text), quoted);
        }
    }
}
